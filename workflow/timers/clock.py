"""The time timers go by. One row keeps the latest time any process has seen, and why all of them stand still if they do.

Time never runs backwards here: a clock a little behind waits at the latest time seen, one far behind fires nothing until
it has caught up. A clock that runs away from the machine's own count of seconds stops every process until an administrator
has looked. What citizens lost while nobody watched is given back to them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import bindparam, literal_column, or_, select, text, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from .. import history, notifications
from ..actors import SYSTEM, Actor
from ..engine.dossier import local_day
from ..errors import Impossible, one
from ..language.definition import Definition
from ..programmes import by_digest
from ..records import Appointment, Case, Clock, Timer
from ..records.base import utc_text

NAME, STREAM = "timers", "system"
BACK = timedelta(minutes=2)              # behind the latest time seen: less is two machines' disagreement
AHEAD = timedelta(minutes=5)             # gained on the machine's count of seconds between two sweeps
AWAY = timedelta(hours=1)                # without a sweep: from here on it counts as downtime

_clocks, _timers, _cases, _posts = (m.__table__ for m in (Clock, Timer, Case, Appointment))
_MADE = text("INSERT INTO clocks (name, seen_at, fired) VALUES (:name, :at, 0) ON CONFLICT (name) DO NOTHING").bindparams(
    bindparam("at", type_=_clocks.c.seen_at.type))
_ROW = select(_clocks).where(_clocks.c.name == NAME)
_LATER = update(_timers).where(_timers.c.id == bindparam("timer"), literal_column("status IN ('due','held')")).values(
    at=bindparam("later", type_=_timers.c.at.type))


class Trouble(NamedTuple):
    """Why timers stand still: the clock went `back`, or jumped `ahead`; the time seen before, and the one that came then."""

    kind: Literal["back", "ahead"]
    seen: datetime
    came: datetime


def look(session: Session, now: datetime, ahead: timedelta) -> datetime | None:
    """Note that a sweep begins and return the time it goes by, or None where nothing may fire.

    `ahead` is how far the wall clock gained on the machine's own count of seconds since the caller's last sweep.
    """
    row = _locked(session, now)
    if row.paused_at is not None:
        return None
    if ahead > AHEAD:
        _alarm(session, Trouble("ahead", row.seen_at, now), now, paused_at=now)
        return None
    if now < row.seen_at - BACK:
        if row.reason is None:
            _alarm(session, Trouble("back", row.seen_at, now), now)
        return None
    if row.reason is not None:
        _system(session, "clock_caught_up", now, seen=utc_text(row.seen_at))
    going: datetime = max(now, row.seen_at)
    if row.swept_at is not None and going - row.swept_at > AWAY:
        _downtime(session, row.swept_at, going)
    session.connection().execute(update(_clocks).where(_clocks.c.name == NAME).values(
        seen_at=going, swept_at=going, fired=0, reason=None))
    return going


def swept(session: Session, fired: int) -> None:
    """Note how many timers the sweep that ends has fired; `look` noted none."""
    session.connection().execute(update(_clocks).where(_clocks.c.name == NAME).values(fired=fired))


def confirm(session: Session, actor: Actor, now: datetime) -> None:
    """Let timers go on by the clock as it is now, after an administrator has looked at it. Raises `Impossible` where none stand still."""
    row = session.connection().execute(_ROW.with_for_update()).one_or_none()
    if row is None or row.reason is None:
        raise Impossible(one("NOT_PAUSED", "定时任务没有暂停，不需要确认", "Timers are not standing still; there is nothing to confirm"))
    _system(session, "timers_confirmed", now, actor, seen=utc_text(row.seen_at))
    # The time swept stays, but for one that has not come yet: how long timers stood still is downtime, and the next sweep sees it.
    session.connection().execute(update(_clocks).where(_clocks.c.name == NAME).values(
        seen_at=now, swept_at=min(row.swept_at, now) if row.swept_at else None, paused_at=None, reason=None))


def trouble(reason: str | None) -> Trouble | None:
    """Return what a row of `clocks` says of why it stands still."""
    if not reason:
        return None
    kind, seen, came = reason.split()
    return Trouble("back" if kind == "back" else "ahead", datetime.fromisoformat(seen), datetime.fromisoformat(came))


def administrators(session: Session, now: datetime) -> list[str]:
    """Return everybody who is an administrator today, wherever."""
    today = local_day(now)
    return list(session.connection().execute(select(_posts.c.person_id).where(
        _posts.c.role == "admin", _posts.c.starts_on <= today, or_(_posts.c.ends_on.is_(None), _posts.c.ends_on >= today))
        .order_by(_posts.c.id)).scalars())


def _locked(session: Session, now: datetime) -> Row[Any]:
    connection = session.connection()
    row = connection.execute(_ROW.with_for_update()).one_or_none()
    if row is None:
        connection.execute(_MADE, {"name": NAME, "at": now})
        row = connection.execute(_ROW.with_for_update()).one()
    return row


def _alarm(session: Session, what: Trouble, now: datetime, paused_at: datetime | None = None) -> None:
    """Write down why timers stand still and tell every administrator, once."""
    kind = "clock_back" if what.kind == "back" else "timers_paused"
    seq = _system(session, kind, now, seen=utc_text(what.seen), came=utc_text(what.came))
    notifications.tell(session, administrators(session, now), kind, now, stream=STREAM, seq=seq)
    session.connection().execute(update(_clocks).where(_clocks.c.name == NAME).values(
        paused_at=paused_at, reason=f"{what.kind} {utc_text(what.seen)} {utc_text(what.came)}"))


def _downtime(session: Session, since: datetime, until: datetime) -> None:
    """Give applicants the time back in which nobody watched: what would have fired over their heads fires as much later.

    Only what an applicant has in hand and only what ends it: a reminder that comes late harms nobody. Who got their case
    during the downtime lost only the rest of it.
    """
    rows = session.connection().execute(
        select(_timers.c.id, _timers.c.at, _timers.c.state, _cases.c.definition_digest, _cases.c.entered_at)
        .join(_cases, _cases.c.id == _timers.c.case_id)
        .where(_timers.c.kind == "fire", _timers.c.status.in_(("due", "held")), _timers.c.at > since).order_by(_timers.c.id)).all()
    later = [{"timer": row.id, "later": row.at + (until - max(since, row.entered_at))} for row in rows
             if until > row.entered_at and with_the_applicant(by_digest(session, row.definition_digest), row.state)]
    if later:
        session.connection().execute(_LATER, later)
    _system(session, "downtime", until, since=utc_text(since), until=utc_text(until), count=len(later))


def with_the_applicant(definition: Definition, state: str) -> bool:
    """Return whether a case in this state waits for its applicant."""
    found = definition.states.get(state)
    rule = definition.actors.get(found.actor or "") if found else None
    return found is not None and (found.kind == "draft" or rule is not None and rule.who == "applicant")


def _system(session: Session, kind: str, now: datetime, actor: Actor = SYSTEM, **extra: str | int) -> int:
    role = "admin" if actor.person_id else "system"
    return history.append_to(session, STREAM, kind=kind, at=now, actor=actor, role=role, extra=extra).seq
