"""Public notices as the engine sees them: begun on entering a notice state, ended on leaving it, never shortened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from .. import ids
from ..calendar import working_calendar
from ..errors import Refused, one
from ..language.definition import State
from ..records import Notice
from .dossier import Dossier, local_day

_notices = Notice.__table__


def begin(session: Session, dossier: Dossier, state: State, entry: int, now: datetime, facts: Mapping[str, Any],
          organisation_id: int | None) -> None:
    """Post the case: the masked lines as they are now, until 24:00 of the last day."""
    assert state.notice is not None
    ends_at = working_calendar().due(now, state.notice.days)
    session.connection().execute(insert(_notices), {
        "id": ids.new(now), "case_id": dossier.id, "entry": entry, "state": state.name,
        "definition_key": dossier.row.definition_key, "organisation_id": organisation_id, "path": dossier.row.path,
        "starts_on": local_day(now), "ends_on": local_day(ends_at - timedelta(microseconds=1)), "ends_at": ends_at,
        "content": [], "status": "running", "ended_at": None})


def end(session: Session, dossier: Dossier, now: datetime) -> None:
    """Take the notice of this stay down: over when its time has passed, withdrawn when the case left before."""
    row = _running(session, dossier)
    if row is not None:
        session.connection().execute(update(_notices).where(_notices.c.id == row.id).values(
            status="ended" if now >= row.ends_at else "withdrawn", ended_at=now))


def refuse_early(session: Session, dossier: Dossier, now: datetime) -> None:
    """Raise `Refused` where the clock would end a notice whose time is not over. Nobody shortens it, the system neither."""
    row = _running(session, dossier)
    if row is None or now < row.ends_at:
        raise Refused(one("NOTICE_RUNNING", "公示期还没有结束，任何人都不能提前结束公示",
                          "The notice is still running; nobody can end it early"))


def _running(session: Session, dossier: Dossier) -> Any:
    return session.connection().execute(select(_notices.c.id, _notices.c.ends_at).where(
        _notices.c.case_id == dossier.id, _notices.c.entry == dossier.row.entry)).one_or_none()
