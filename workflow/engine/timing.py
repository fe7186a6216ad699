"""The timers of one stay in one state: planned on entering it, cancelled on leaving it. Firing them is `workflow.timers`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, literal_column, update
from sqlalchemy.orm import Session

from .. import ids
from ..calendar import working_calendar
from ..language.definition import State
from ..records import Timer
from ..statements import Prepared

_timers = Timer.__table__

PLAN = Prepared(insert(_timers), tuple(_timers.c.keys()))
CANCEL = Prepared(update(_timers).where(
    _timers.c.case_id == bindparam("in_case"), literal_column("status IN ('due','held','parked')")).values(
    status=literal_column("'cancelled'")))
_RELEASE = update(_timers).where(_timers.c.case_id == bindparam("in_case"), _timers.c.status == "held").values(
    status="due", at=bindparam("now", type_=_timers.c.at.type))


def release(session: Session, case_id: str, now: datetime) -> None:
    """Let the clocks of a case run again that an objection has held; what was due meanwhile is tried at once."""
    session.connection().execute(_RELEASE, {"in_case": case_id, "now": now})


def plan(state: State, case_id: str, entry: int, now: datetime) -> list[dict[str, Any]]:
    """Return the rows of the first run of every timer of `state`, counted from `now` in its own unit."""
    return [planned(state, place, case_id, entry, working_calendar().due(now, timer.after), now)
            for place, timer in enumerate(state.timers)]


def planned(state: State, place: int, case_id: str, entry: int, due_at: datetime, now: datetime, run: int = 1) -> dict[str, Any]:
    """Return the row of one run of the timer at `place`."""
    return {"id": ids.new(now), "case_id": case_id, "entry": entry, "state": state.name, "place": place, "run": run,
            "kind": state.timers[place].do, "due_at": due_at, "at": due_at, "status": "due", "attempts": 0, "error": None,
            "fired_at": None, "fired_seq": None}
