"""Messages as they are read: somebody's inbox, what was sent for one case, and what is on its way out of the house."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, literal_column, or_, select, tuple_
from sqlalchemy.orm import Session

from ..actors import Actor
from ..language.definition import Definition
from ..programmes import by_digest
from ..records import Case, Message, Organisation, Outbox, Person
from ..scope import visible
from .pages import Page, cursor, position

MANY = 99                            # beyond this the navigation says "99+"
_m, _o, _cases, _people, _units = (table.__table__ for table in (Message, Outbox, Case, Person, Organisation))


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One line of an inbox. `case_id` is None where the reader may not see the case (any more)."""

    id: str
    kind: str
    params: Mapping[str, Any]
    definition: Definition | None
    case_id: str | None
    own: bool                        # their own application, or one they filed
    at: datetime
    read: bool


@dataclass(frozen=True, slots=True)
class SentRow:
    """One message about a case: what, to whom, by which way, and what came of it. `name` is in full: mask it on a page."""

    kind: str
    params: Mapping[str, Any]
    name: str
    role: str                        # applicant, agent, or nothing for an officer
    at: datetime
    read_at: datetime | None
    channel: str | None              # None: the inbox alone
    status: str | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One message on its way out, or that did not get out."""

    message_id: str
    channel: str
    status: str
    kind: str
    number: str | None
    name: str | None
    due_at: datetime
    attempts: int
    error: str | None


@dataclass(frozen=True, slots=True)
class OutboxBoard:
    """Counts by channel, and the rows that matter: undelivered first. `sent` counts the last seven days."""

    counts: tuple[tuple[str, int, int, int, int], ...]       # channel, waiting, sent, skipped, dead
    dead: tuple[OutboxRow, ...]
    waiting: tuple[OutboxRow, ...]


def unread(session: Session, person_id: str) -> int:
    """Return how many messages somebody has not read, to MANY + 1 and no further."""
    found = select(_m.c.id).where(_m.c.person_id == person_id, literal_column("messages.read_at IS NULL")).limit(MANY + 1)
    return session.execute(select(func.count()).select_from(found.subquery())).scalar_one()


def inbox(session: Session, actor: Actor, *, limit: int = 50, after: str | None = None) -> Page[InboxRow]:
    """Return a page of somebody's inbox, latest first."""
    query = (select(_m, Case.definition_digest, Case.applicant_id, Case.filed_by, Case.id.label("seen"))
             .outerjoin(Case, and_(Case.id == _m.c.case_id, visible(actor))).where(_m.c.person_id == actor.person_id))
    if (place := position(after)) is not None:
        query = query.where(tuple_(_m.c.created_at, _m.c.id) < tuple_(literal(place[0], _m.c.created_at.type), literal(place[1], _m.c.id.type)))
    rows = session.execute(query.order_by(_m.c.created_at.desc(), _m.c.id.desc()).limit(limit + 1)).all()
    made = tuple(InboxRow(
        row.id, row.kind, row.params, _definition(session, row.case_id, row.definition_digest), row.seen,
        actor.person_id in (row.applicant_id, row.filed_by), row.created_at, row.read_at is not None) for row in rows[:limit])
    return Page(made, len(made), cursor(rows[limit - 1].created_at, rows[limit - 1].id) if len(rows) > limit else None)


def sent_for(session: Session, case_id: str) -> list[SentRow]:
    """Return every message of this case and every way it took, oldest first."""
    rows = session.execute(
        select(_m.c.id, _m.c.kind, _m.c.params, _people.c.name, _m.c.person_id, _cases.c.applicant_id, _cases.c.filed_by, _m.c.created_at, _m.c.read_at,
               _o.c.channel, _o.c.status, _o.c.sent_at)
        .join(_cases, _cases.c.id == _m.c.case_id).join(_people, _people.c.id == _m.c.person_id)
        .outerjoin(_o, _o.c.message_id == _m.c.id).where(_m.c.stream == case_id, _m.c.case_id == case_id)
        .order_by(_m.c.created_at, _m.c.id, _o.c.channel)).all()
    told: list[SentRow] = []
    last = None
    for row in rows:
        role = "applicant" if row.person_id == row.applicant_id else "agent" if row.person_id == row.filed_by else ""
        ways = [(None, None, None)] if row.id != last else []          # the inbox comes first and once
        ways += [(row.channel, row.status, row.sent_at)] if row.channel else []
        told += [SentRow(row.kind, row.params, row.name, role, row.created_at, row.read_at, *way) for way in ways]
        last = row.id
    return told


def outbox(session: Session, now: datetime, within: tuple[str, ...] | None = None, *, limit: int = 100) -> OutboxBoard:
    """Return what is on its way and what did not arrive, of people and cases at these paths; None: everywhere."""
    mine = reach(within)
    base = (select(_o, _m.c.kind, _cases.c.number, _people.c.name).join(_m, _m.c.id == _o.c.message_id)
            .outerjoin(_cases, _cases.c.id == _m.c.case_id).outerjoin(_people, _people.c.id == _m.c.person_id)
            .outerjoin(_units, _units.c.id == _people.c.union_id).where(*mine))
    counted = session.execute(
        select(_o.c.channel, *(func.count().filter(condition).label(name) for name, condition in (
            ("waiting", _o.c.status == "due"), ("sent", and_(_o.c.status == "sent", _o.c.sent_at > now - timedelta(days=7))),
            ("skipped", and_(_o.c.status == "skipped", _o.c.due_at > now - timedelta(days=7))), ("dead", _o.c.status == "dead"))))
        .join(_m, _m.c.id == _o.c.message_id).outerjoin(_cases, _cases.c.id == _m.c.case_id).outerjoin(_people, _people.c.id == _m.c.person_id)
        .outerjoin(_units, _units.c.id == _people.c.union_id).where(*mine).group_by(_o.c.channel).order_by(_o.c.channel)).all()
    dead = session.execute(base.where(_o.c.status == "dead").order_by(_o.c.due_at.desc(), _o.c.message_id).limit(limit)).all()
    waiting = session.execute(base.where(_o.c.status == "due").order_by(_o.c.due_at, _o.c.message_id).limit(limit)).all()
    return OutboxBoard(tuple((row.channel, row.waiting, row.sent, row.skipped, row.dead) for row in counted),
                       tuple(map(_made, dead)), tuple(map(_made, waiting)))


def reach(within: tuple[str, ...] | None) -> tuple[ColumnElement[bool], ...]:
    """The condition on messages that an administrator of these unions looks after: of their people, or to a group."""
    if within is None:
        return ()
    return (or_(_m.c.person_id.is_(None), *(_units.c.path.like(path + "%") for path in within)),)


def _made(row: Any) -> OutboxRow:
    return OutboxRow(row.message_id, row.channel, row.status, row.kind, row.number, row.name, row.due_at, row.attempts, row.error)


def _definition(session: Session, case_id: str | None, digest: str | None) -> Definition | None:
    """The words of a programme are no secret: they stay when the case can no longer be opened."""
    if case_id is None:
        return None
    digest = digest or session.execute(select(_cases.c.definition_digest).where(_cases.c.id == case_id)).scalar()
    return by_digest(session, digest) if digest else None
