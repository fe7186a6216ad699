"""The queue: what the posts held today can be asked to decide, first due first.

One limited SELECT per post on the partial index `ix_tasks_queue`, and one per person for what is theirs alone, joined by
UNION ALL: each reads no more rows than the page shows, so the list takes the same time with ten thousand cases and with
a million.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from ..actors import Actor, Post
from ..calendar import ZONE, working_calendar
from ..language.called import called
from ..language.definition import Definition, Label
from ..programmes import by_digest
from ..records import Case, CaseIdentity, Decision, Organisation, Person, Task
from ..scope import visible
from .pages import CAP, Page, cursor, like, position

Due = Literal["soon", "overdue"]
NOT_ASKED = frozenset({"admin", "auditor", "applicant", "agent"})
"""Roles no task of this list is ever addressed to."""

_tasks, _cases, _people, _units = Task.__table__, Case.__table__, Person.__table__, Organisation.__table__
_decisions, _identities = Decision.__table__, CaseIdentity.__table__

# Written out, not bound: only then do both databases see that the partial index covers the query.
_OPEN = _tasks.c.status == literal_column("'open'")


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One row of the queue. `name` is masked; `due_at` lies in the far future where nothing is promised.

    `others_only`: the case stands in the list, but this reader may not decide it (their own, or separated duties).
    """

    task_id: str
    case_id: str
    revision: int
    number: str | None
    name: str
    amount_fen: int | None
    definition: Definition
    unit: str
    state: str
    due_at: datetime
    opened_at: datetime
    flags: tuple[str, ...]
    resubmitted: bool
    others_only: bool
    kind: str = "work"               # work, ballot, branch or consult
    personal: bool = False           # theirs alone: claimed, handed on, a ballot, a consultation
    delegated: bool = False          # to give an opinion on and hand back
    behalf: str = ""                 # the name of who is away, where the reader stands in for them

    @property
    def clean(self) -> bool:
        """Nothing is left to judge: may be agreed to at once, or together with others."""
        return not self.flags and not self.others_only and self.decides

    @property
    def decides(self) -> bool:
        """The reader is asked for a decision, not for an opinion."""
        return self.kind != "consult" and not self.delegated

    @property
    def cursor(self) -> str:
        return cursor(self.due_at, self.task_id)


@dataclass(frozen=True, slots=True)
class Chips:
    """Counts beside the filters, each to CAP + 1 and no further. `programmes` are (key, a definition, count)."""

    total: int
    soon: int
    overdue: int
    resubmitted: int
    programmes: tuple[tuple[str, Definition, int], ...]


def tasks(session: Session, actor: Actor, now: datetime, *, limit: int = 50, after: str | None = None,
          programme: str | None = None, due: Due | None = None, resubmitted: bool | None = None,
          q: str | None = None) -> Page[TaskRow]:
    """Return open tasks addressed to the actor's posts, first due first.

    `due="soon"` is up to the end of the next working day, `"overdue"` past it; `q` looks in number, name and unit.
    """
    posts = _seats(actor)
    if not posts:
        return Page((), 0, None)
    wanted = _wanted(now, programme, due, resubmitted)
    rows = session.execute(_listed(posts, wanted, q, position(after), limit + 1, actor)).all()
    made = tuple(_made(session, row, actor) for row in rows[:limit])
    return Page(made, _count(session, posts, wanted, q), made[-1].cursor if len(rows) > limit else None)


def chips(session: Session, actor: Actor, now: datetime) -> Chips:
    """Return how many tasks each filter of the queue would show; beyond the cap only of the first due."""
    posts = _seats(actor)
    if not posts:
        return Chips(0, 0, 0, 0, ())
    window = union_all(*(_branch(post, (), None, None, CAP + 1) for post in posts)).subquery("window")
    # One case a programme names its rules; to look up all five hundred would grow with the archive.
    kinds = select(
        window.c.definition_key, func.max(window.c.case_id).label("example"), func.count().label("n"),
        func.count().filter(and_(window.c.due_at > now, window.c.due_at <= soon_until(now))).label("soon"),
        func.count().filter(window.c.due_at <= now).label("overdue"),
        func.count().filter(window.c.resubmitted).label("resubmitted")).group_by(window.c.definition_key).subquery("kinds")
    counted = session.execute(
        select(kinds, _cases.c.definition_digest.label("digest")).join(_cases, _cases.c.id == kinds.c.example)
        .order_by(kinds.c.n.desc(), kinds.c.definition_key)).all()
    return Chips(
        min(sum(row.n for row in counted), CAP + 1), sum(row.soon for row in counted),
        sum(row.overdue for row in counted), sum(row.resubmitted for row in counted),
        tuple((row.definition_key, by_digest(session, row.digest), row.n) for row in counted))


@dataclass(frozen=True, slots=True)
class Workload:
    """How many tasks wait for somebody, how many of them until the end of today, how many are past their time; each to CAP + 1."""

    count: int
    due: int
    late: int


def workload(session: Session, actor: Actor, now: datetime) -> Workload:
    """Return what the actor's queue holds, in one SELECT."""
    posts = _seats(actor)
    if not posts:
        return Workload(0, 0, 0)
    tomorrow = datetime.combine(now.astimezone(ZONE).date() + timedelta(days=1), time(), ZONE)
    window = union_all(*(_branch(post, (), None, None, CAP + 1) for post in posts)).subquery("window")
    row = session.execute(select(func.count().label("n"), func.count().filter(and_(window.c.due_at > now, window.c.due_at <= tomorrow)).label("due"),
                                 func.count().filter(window.c.due_at <= now).label("late"))).one()
    return Workload(row.n, row.due, row.late)


def soon_until(now: datetime) -> datetime:
    """Return the end of the next working day: what is due by then is due soon."""
    last = working_calendar().add_working_days(now, 1)
    return datetime.combine(last + timedelta(days=1), time(), ZONE)


def _seats(actor: Actor) -> list[tuple[str, int] | str]:
    """Return what tasks are addressed to: (role, union) of each post, then each person whose own tasks this actor sees."""
    posts = [(post.role, post.organisation_id) for post in actor.posts if post.role not in NOT_ASKED]
    people = [actor.person_id, *sorted(actor.stands_for)] if posts and actor.person_id else []
    return [*dict.fromkeys(posts), *(person for person in people if person)]


def _wanted(now: datetime, programme: str | None, due: Due | None, resubmitted: bool | None) -> tuple[ColumnElement[bool], ...]:
    conditions: list[ColumnElement[bool]] = []
    if programme:
        conditions.append(_tasks.c.definition_key == programme)
    if due == "soon":
        conditions.append(and_(_tasks.c.due_at > now, _tasks.c.due_at <= soon_until(now)))
    elif due == "overdue":
        conditions.append(_tasks.c.due_at <= now)
    if resubmitted is not None:
        conditions.append(_tasks.c.resubmitted.is_(resubmitted))
    return tuple(conditions)


def _branch(seat: tuple[str, int] | str, wanted: Sequence[ColumnElement[bool]], q: str | None, after: tuple[datetime, str] | None,
            limit: int) -> Select[Any]:
    """The first `limit` tasks of one seat after a position, in the order of its index."""
    query = select(_tasks.c.id, _tasks.c.case_id, _tasks.c.state, _tasks.c.definition_key, _tasks.c.due_at,
                   _tasks.c.opened_at, _tasks.c.flags, _tasks.c.resubmitted, _tasks.c.kind, _tasks.c.person_id,
                   _tasks.c.owner_id, _tasks.c.role, _tasks.c.organisation_id).where(
        _OPEN, *_of(seat), *wanted)
    if q and q.strip():
        text = like(q.strip())
        query = (query.join(_cases, _cases.c.id == _tasks.c.case_id).join(_people, _people.c.id == _cases.c.applicant_id)
                 .join(_units, _units.c.id == _cases.c.unit_id).where(or_(
                     _cases.c.number.like(f"%{text}%", escape="\\"), _people.c.name.like(f"{text}%", escape="\\"),
                     _units.c.name.like(f"%{text}%", escape="\\"))))
    if after is not None:
        moment, last = after
        query = query.where(tuple_(_tasks.c.due_at, _tasks.c.id) > tuple_(
            literal(moment, _tasks.c.due_at.type), literal(last, _tasks.c.id.type)))
    return select(query.order_by(_tasks.c.due_at, _tasks.c.id).limit(limit).subquery())


def _of(seat: tuple[str, int] | str) -> tuple[ColumnElement[bool], ...]:
    if isinstance(seat, str):
        return (_tasks.c.person_id == seat, _tasks.c.role.not_in(("applicant", "agent")), _tasks.c.kind != "cc")
    return (_tasks.c.role == seat[0], _tasks.c.organisation_id == seat[1], _tasks.c.person_id.is_(None))


def _listed(posts: Sequence[tuple[str, int] | str], wanted: Sequence[ColumnElement[bool]], q: str | None,
            after: tuple[datetime, str] | None, limit: int, actor: Actor) -> Select[Any]:
    window = union_all(*(_branch(post, wanted, q, after, limit) for post in posts)).subquery("window")
    me = _people.alias("me")
    people = [actor.person_id, *sorted(actor.stands_for)]
    decided = (select(func.aggregate_strings(_decisions.c.actor_id + ":" + _decisions.c.state, ",")).where(
        _decisions.c.case_id == window.c.case_id, _decisions.c.actor_id.in_(people)).scalar_subquery())
    related = exists().where(
        _identities.c.case_id == window.c.case_id, me.c.id.in_(people),
        _identities.c.digest.in_((me.c.id_no_index, me.c.phone_index, me.c.bank_card_index)))
    return (
        select(window, _cases.c.revision, _cases.c.number, _cases.c.amount_fen, _cases.c.definition_digest,
               _cases.c.applicant_id, _cases.c.filed_by, _people.c.name, _units.c.name.label("unit"),
               decided.label("decided"), related.label("related"))
        .join(_cases, _cases.c.id == window.c.case_id)
        .join(_people, _people.c.id == _cases.c.applicant_id)
        .join(_units, _units.c.id == _cases.c.unit_id)
        .order_by(window.c.due_at, window.c.id).limit(limit))


def _count(session: Session, posts: Sequence[tuple[str, int] | str], wanted: Sequence[ColumnElement[bool]], q: str | None) -> int:
    window = union_all(*(_branch(post, wanted, q, None, CAP + 1) for post in posts)).subquery("window")
    return min(session.scalar(select(func.count()).select_from(window)) or 0, CAP + 1)


def _made(session: Session, row: Any, actor: Actor) -> TaskRow:
    definition = by_digest(session, row.definition_digest)
    behalf = _behalf(row, actor)
    return TaskRow(
        row.id, row.case_id, row.revision, row.number, called(definition, row.name, row.unit), row.amount_fen, definition, row.unit,
        row.state, row.due_at, row.opened_at, tuple(row.flags), row.resubmitted,
        any(_objections(definition, row, actor, behalf.behalf if behalf else None)), row.kind, row.person_id is not None, row.owner_id is not None,
        behalf.behalf_name if behalf else "")


def _behalf(row: Any, actor: Actor) -> Post | None:
    """Return the post of somebody who is away in which the actor would act on this row; None in their own."""
    if row.person_id is not None:
        return None if row.person_id == actor.person_id else next((post for post in actor.posts if post.behalf == row.person_id), None)
    posts = [post for post in actor.posts if (post.role, post.organisation_id) == (row.role, row.organisation_id)]
    found = min(posts, default=None, key=lambda post: post.behalf is not None)
    return found if found is not None and found.behalf else None


def _objections(definition: Definition, row: Any, actor: Actor, behalf: str | None) -> Iterator[bool]:
    """As `engine.duties.conflicts`, from columns of the list; the engine judges again when somebody acts."""
    separation, both = definition.separation, {actor.person_id, behalf or actor.person_id}
    yield actor.holds("auditor")
    if separation.applicant_may_not_decide:
        yield bool(both & {row.applicant_id, row.filed_by})
        yield bool(row.related)
    if row.state in separation.distinct and row.decided:
        before = (pair.partition(":") for pair in row.decided.split(","))
        yield any(who in both and state != row.state and state in separation.distinct for who, _, state in before)


def batch_triggers(session: Session, actor: Actor, case_ids: Sequence[str]) -> list[tuple[str, Label]]:
    """Return the steps (trigger, its words) that may be taken for many of these cases at once, in the rules' order."""
    found: dict[str, Label] = {}
    rows = session.execute(select(Case.definition_digest, Case.state).where(Case.id.in_(case_ids), visible(actor)).distinct())
    for digest, state in rows:
        definition = by_digest(session, digest)
        for way in definition.ways(state):
            if way.trigger in definition.states[state].batch:
                found.setdefault(way.trigger, way.label)
    return list(found.items())
