"""Short lists beside the queue: copies to read, what was escalated to my post, what I gave to others and wait for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, tuple_
from sqlalchemy.orm import Session

from ..actors import Actor
from ..language.called import called
from ..language.definition import Definition
from ..programmes import by_digest
from ..records import Case, Organisation, Person, Task
from ..scope import visible
from .pages import Page, cursor, position

_tasks, _applicants, _holders, _askers = Task.__table__, Person.__table__.alias("applicant"), Person.__table__.alias("holder"), Person.__table__.alias("asker")


@dataclass(frozen=True, slots=True)
class HandedRow:
    """One task in words: `who` has it (empty: the role), `by` whom it came from. `name` is masked."""

    task_id: str
    case_id: str
    number: str | None
    name: str
    definition: Definition
    unit: str
    state: str
    kind: str
    role: str
    who: str
    by: str
    opened_at: datetime
    due_at: datetime
    open: bool


@dataclass(frozen=True, slots=True)
class Hand:
    """In whose hand an open task of a case is: `who` alone has it, `owner` delegated it, `by` asked; names, empty for none."""

    task_id: str
    kind: str
    role: str
    who: str
    who_id: str | None
    owner: str
    by: str
    claimed_at: datetime | None
    escalated_role: str | None
    escalated_to: str                # the union


def hands(session: Session, case_id: str) -> list[Hand]:
    """Return the open tasks of a case; callers looked at it first."""
    owners, units = Person.__table__.alias("owner"), Organisation.__table__
    rows = session.execute(
        select(_tasks.c.id, _tasks.c.kind, _tasks.c.role, _holders.c.name, _tasks.c.person_id, owners.c.name.label("owner"), _askers.c.name.label("by"),
               _tasks.c.claimed_at, _tasks.c.escalated_role, units.c.name.label("escalated_to"))
        .outerjoin(_holders, _holders.c.id == _tasks.c.person_id).outerjoin(owners, owners.c.id == _tasks.c.owner_id)
        .outerjoin(_askers, _askers.c.id == _tasks.c.asked_by).outerjoin(units, units.c.id == _tasks.c.escalated_organisation_id)
        .where(_tasks.c.case_id == case_id, _tasks.c.status == "open").order_by(_tasks.c.id))
    return [Hand(row.id, row.kind, row.role, row.name or "", row.person_id, row.owner or "", row.by or "", row.claimed_at, row.escalated_role,
                 row.escalated_to or "") for row in rows]


def copies(session: Session, actor: Actor, *, limit: int = 50, after: str | None = None) -> Page[HandedRow]:
    """Return what was copied to the actor, latest first, read or not; `Page.total` counts this page's unread."""
    wanted = [Task.kind == "cc", Task.person_id == actor.person_id]
    place = position(after)
    if place is not None:
        wanted.append(tuple_(Task.opened_at, Task.id) < tuple_(place[0], place[1]))
    rows = _rows(session, actor, wanted, limit + 1, latest=True)
    shown = tuple(rows[:limit])
    return Page(shown, sum(row.open for row in shown), cursor(shown[-1].opened_at, shown[-1].task_id) if len(rows) > limit else None)


def escalated(session: Session, actor: Actor, *, limit: int = 200) -> list[HandedRow]:
    """Return the open tasks that were escalated to a post of the actor's, first due first."""
    seats = {(post.role, post.organisation_id) for post in actor.posts}
    mine = [and_(Task.escalated_role == role, Task.escalated_organisation_id == place) for role, place in sorted(seats)]
    return _rows(session, actor, [Task.status == "open", Task.escalated_role.is_not(None), or_(*mine) if mine else false()], limit)


def given(session: Session, actor: Actor, *, limit: int = 200) -> list[HandedRow]:
    """Return what the actor has delegated or asked others and still waits for, first due first."""
    return _rows(session, actor, [Task.status == "open", or_(
        Task.owner_id == actor.person_id, and_(Task.kind == "consult", Task.asked_by == actor.person_id))], limit)


def _rows(session: Session, actor: Actor, wanted: Sequence[ColumnElement[bool]], limit: int, *, latest: bool = False) -> list[HandedRow]:
    order = (_tasks.c.opened_at.desc(), _tasks.c.id.desc()) if latest else (_tasks.c.due_at, _tasks.c.id)
    rows = session.execute(
        select(_tasks.c.id, _tasks.c.case_id, _tasks.c.kind, _tasks.c.role, _tasks.c.opened_at, _tasks.c.due_at, _tasks.c.status,
               Case.number, Case.definition_digest, Case.state, Organisation.name.label("unit"), _applicants.c.name,
               _holders.c.name.label("who"), _askers.c.name.label("by"))
        .join(Case, Case.id == _tasks.c.case_id).join(Organisation, Organisation.id == Case.unit_id)
        .join(_applicants, _applicants.c.id == Case.applicant_id)
        .outerjoin(_holders, _holders.c.id == _tasks.c.person_id)
        .outerjoin(_askers, _askers.c.id == _tasks.c.asked_by)
        .where(*wanted, visible(actor)).order_by(*order).limit(limit)).all()
    return [_made(session, row) for row in rows]


def _made(session: Session, row: Any) -> HandedRow:
    definition = by_digest(session, row.definition_digest)
    return HandedRow(row.id, row.case_id, row.number, called(definition, row.name, row.unit), definition, row.unit, row.state, row.kind,
                     row.role, row.who or "", row.by or "", row.opened_at, row.due_at, row.status == "open")
