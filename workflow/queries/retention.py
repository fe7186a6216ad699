"""Which ended cases have been kept for long enough: in the administrator's organisation and below, the longest due first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, false, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from ..actors import Actor
from ..calendar import working_calendar
from ..engine.dossier import local_day
from ..engine.erasing import hindrances, kept_until
from ..errors import Message
from ..language.definition import Definition, Duration
from ..programmes import by_digest
from ..records import Case, HardshipFile, Release
from .pages import CAP, Page, cursor, position

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """One case whose time is over since `since`; `blocked` says what stands in the way all the same."""

    case_id: str
    number: str | None
    definition: Definition
    ended_at: datetime
    since: datetime
    blocked: Message | None


def due(session: Session, actor: Actor, now: datetime, *, limit: int = 50, after: str | None = None) -> Page[Due]:
    """Return what may be erased now, the earliest ended first. For anybody but an administrator or a command it is empty."""
    over = _over(session, actor, now)
    total = session.scalar(select(func.count()).select_from(select(Case.id).where(over).limit(CAP + 1).subquery())) or 0
    query, start = select(Case.id, Case.number, Case.definition_digest, Case.ended_at).where(over), position(after)
    if start is not None:
        query = query.where(tuple_(Case.ended_at, Case.id) > tuple_(literal(start[0], Case.__table__.c.ended_at.type), literal(start[1])))
    rows = session.execute(query.order_by(Case.ended_at, Case.id).limit(limit + 1)).all()
    blocked = hindrances(session, [row.id for row in rows[:limit]])
    made = []
    for row in rows[:limit]:
        definition = by_digest(session, row.definition_digest)
        since = kept_until(definition, row.ended_at)
        assert since is not None
        made.append(Due(row.id, row.number, definition, row.ended_at, since, blocked.get(row.id)))
    return Page(tuple(made), total, cursor(made[-1].ended_at, made[-1].case_id) if len(rows) > limit else None)


def due_by_programme(session: Session, actor: Actor, now: datetime) -> list[tuple[Definition, int, datetime]]:
    """Return (definition, how many cases are due, when the first of them ended), a version a line."""
    rows = session.execute(select(Case.definition_digest, func.count(), func.min(Case.ended_at, type_=Case.__table__.c.ended_at.type))
                           .where(_over(session, actor, now)).group_by(Case.definition_digest)).all()
    found = [(by_digest(session, digest), count, first) for digest, count, first in rows if first is not None]
    return sorted(found, key=lambda one: (one[0].key, one[0].version))


def _over(session: Session, actor: Actor, now: datetime) -> ColumnElement[bool]:
    """The condition on `cases`: ended, not erased, in scope, and kept for as long as its own version says."""
    ways = []
    for digest in session.scalars(select(Release.digest).where(Release.document.like('%"retention"%'))):
        kept = by_digest(session, digest).retention
        if kept is not None:
            limit = _ended_before(kept, now)
            filed = exists().where(HardshipFile.case_id == Case.id, or_(HardshipFile.status == "on_file", HardshipFile.ended_on >= local_day(limit)))
            ways.append(and_(Case.definition_digest == digest, Case.ended_at < limit, ~filed))
    return and_(_scope(actor), Case.erased_at.is_(None), or_(*ways)) if ways else false()


def _scope(actor: Actor) -> ColumnElement[bool]:
    if actor.via == "command" and actor.person_id is None:
        return Case.id.is_not(None)
    paths = sorted({post.path for post in actor.posts if post.role == "admin" and post.behalf is None})
    return or_(*(Case.path.like(path + "%") for path in paths)) if paths else false()


def _ended_before(kept: Duration, now: datetime) -> datetime:
    """Return the midnight before which a case must have ended for its time to be over now; months are of unequal length."""
    calendar = working_calendar()
    months = kept.count * (12 if kept.unit == "years" else 1)
    noon = now - timedelta(days=months * 30.4369 - 5)
    while calendar.due(noon, kept) > now:
        noon -= DAY
    return calendar.due(noon, Duration(0, "d"))
