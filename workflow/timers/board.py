"""What fires next, what was set aside and how the clock stands: for a page, a command and whoever watches the machine. Read only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, false, func, literal_column, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..errors import NotFound
from ..language.definition import Label
from ..programmes import by_digest
from ..records import Case, Clock, Timer
from .clock import NAME, Trouble, trouble

_cases, _clocks, _timers = Case.__table__, Clock.__table__, Timer.__table__
_OF: dict[str, ColumnElement[bool]] = {status: literal_column(f"timers.status = '{status}'") for status in ("due", "parked", "held")}


@dataclass(frozen=True, slots=True)
class Line:
    """One timer in words. `what` is the step a `fire` takes; `at` is when it is tried, `due_at` when it was promised."""

    id: str
    number: str | None
    title: Label
    state: Label
    kind: Literal["remind", "escalate", "fire"]
    what: Label | None
    run: int
    due_at: datetime
    at: datetime
    attempts: int
    error: str | None


@dataclass(frozen=True, slots=True)
class Board:
    """`due` counts all that wait, `next` are the first of them. `trouble` is why timers stand still, `paused_at` since when."""

    next: tuple[Line, ...]
    parked: tuple[Line, ...]
    due: int
    held: int
    swept_at: datetime | None
    fired: int
    paused_at: datetime | None
    trouble: Trouble | None


@dataclass(frozen=True, slots=True)
class Health:
    """Seconds since the last sweep (None: never) and since the longest due timer was due (0: none is); how many are parked."""

    last_sweep: float | None
    oldest_due: float
    parked: int
    stands_still: bool


def board(session: Session, now: datetime, *, within: Sequence[str] | None = None, limit: int = 50) -> Board:
    """Return the first `limit` timers that wait and those set aside, of the unions below the paths `within` (None: of all)."""
    scope = _scope(within)
    clock = session.connection().execute(select(_clocks).where(_clocks.c.name == NAME)).one_or_none()
    return Board(
        _lines(session, and_(_OF["due"], scope), limit), _lines(session, and_(_OF["parked"], scope), limit),
        _count(session, and_(_OF["due"], scope)), _count(session, and_(_OF["held"], scope)),
        clock.swept_at if clock else None, clock.fired if clock else 0, clock.paused_at if clock else None,
        trouble(clock.reason) if clock else None)


def path_of(session: Session, timer_id: str) -> str:
    """Return the path of the union a timer's case belongs to. Raises `NotFound`."""
    found = session.connection().execute(
        select(_cases.c.path).join(_timers, _timers.c.case_id == _cases.c.id).where(_timers.c.id == timer_id)).scalar()
    if found is None:
        raise NotFound("timer")
    return str(found)


def health(session: Session, now: datetime) -> Health:
    connection = session.connection()
    clock = connection.execute(select(_clocks).where(_clocks.c.name == NAME)).one_or_none()
    oldest = connection.execute(select(func.min(_timers.c.at)).where(_OF["due"])).scalar()
    parked = connection.execute(select(func.count()).select_from(_timers).where(_OF["parked"])).scalar_one()
    swept = clock.swept_at if clock else None
    return Health((now - swept).total_seconds() if swept else None, max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
                  parked, bool(clock and clock.reason))


def _scope(within: Sequence[str] | None) -> ColumnElement[bool]:
    if within is None:
        return literal_column("1 = 1")
    return or_(false(), *(_cases.c.path.like(path + "%") for path in within))


def _lines(session: Session, which: ColumnElement[bool], limit: int) -> tuple[Line, ...]:
    rows = session.connection().execute(
        select(_timers, _cases.c.number, _cases.c.definition_digest).join(_cases, _cases.c.id == _timers.c.case_id)
        .where(which).order_by(_timers.c.at, _timers.c.id).limit(limit))
    return tuple(_line(session, row) for row in rows.all())


def _line(session: Session, row: Row[Any]) -> Line:
    definition = by_digest(session, row.definition_digest)
    state = definition.states.get(row.state)
    rule = state.timers[row.place] if state is not None and row.place < len(state.timers) else None
    what = next((way.label for way in definition.ways(row.state) if rule is not None and way.trigger == rule.trigger), None)
    return Line(row.id, row.number, definition.title, state.label if state else Label(row.state), row.kind,
                what if row.kind == "fire" else None, row.run, row.due_at, row.at, row.attempts, row.error)


def _count(session: Session, which: ColumnElement[bool]) -> int:
    return session.connection().execute(
        select(func.count()).select_from(_timers.join(_cases, _cases.c.id == _timers.c.case_id)).where(which)).scalar_one()
