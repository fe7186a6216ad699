"""Reading public notices: what hangs now, for everybody; and for officers theirs, with photos, objections and records.

The public sees running notices only and of each nothing but its frozen, masked lines: no case, no number that opens one.
Lists go on by keyset, the first to end first; those that are over, the last first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, literal, literal_column, select, tuple_
from sqlalchemy.orm import Session

from . import history
from .actors import Actor
from .engine.objecting import Objected, opened
from .engine.posting import PHOTO
from .errors import NotFound
from .language.definition import Definition, Label
from .programmes import by_digest
from .queries.pages import CAP, Page, cursor, position
from .records import Attachment, Case, CaseIdentity, Event, Notice, Objection, Organisation, Person, Task
from .scope import BELOW, visible

_notices, _objections, _cases, _units = (m.__table__ for m in (Notice, Objection, Case, Organisation))
_files, _tasks, _events, _identities, _people = (m.__table__ for m in (Attachment, Task, Event, CaseIdentity, Person))
# Written out, not bound: only then do both databases see that the partial index covers the query.
_UP: ColumnElement[bool] = literal_column("notices.status IN ('running','held')")
_RUNNING = _notices.c.status == "running"


@dataclass(frozen=True, slots=True)
class Posted:
    """One notice as it hangs. `content` is [{"label": {"zh", "en"}, "value": masked text}]."""

    id: str
    programme: str
    title: Label
    basis: Label | None              # the document the programme rests on
    union_id: int | None             # who posts it
    union: str
    phone: str
    starts_on: date
    ends_on: date
    ends_at: datetime
    content: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Kept:
    """One notice as an officer sees it. `mine`: it stands with the reader now, who may add photos and settle objections."""

    posted: Posted
    case_id: str
    number: str | None
    state: Label
    status: str                      # running, held (over, an objection is open), ended, withdrawn
    ended_at: datetime | None
    where: tuple[str, ...]
    photos: tuple[str, ...]          # ids of the files
    objections: tuple[Objected, ...]
    opinions: Mapping[str, str]      # by objection: what was found
    mine: bool
    uploads: bool                    # this step takes photos
    erased: bool                     # contents were removed at the end of the retention period

    @property
    def photo_missing(self) -> bool:
        """The sheet has to hang on the unit's board, and nobody has shown yet that it does."""
        return "unit_board" in self.where and not self.photos and not self.erased

    @property
    def open(self) -> tuple[Objected, ...]:
        return tuple(one for one in self.objections if one.status == "open")


def posted(session: Session, now: datetime, *, union: int | None = None, programme: str | None = None, limit: int = 20,
           after: str | None = None) -> Page[Posted]:
    """Return what hangs now, the first to end first; `union` is who posts it."""
    wanted: list[ColumnElement[bool]] = [_RUNNING, _notices.c.ends_at > now]
    if union is not None:
        wanted.append(_notices.c.organisation_id == union)
    if programme:
        wanted.append(_notices.c.definition_key == programme)
    total = session.scalar(select(func.count()).select_from(select(_notices.c.id).where(*wanted).limit(CAP + 1).subquery())) or 0
    rows = session.execute(_after(_SHOWN.where(*wanted), after).order_by(_notices.c.ends_at, _notices.c.id).limit(limit + 1)).all()
    made = tuple(_posted(session, row) for row in rows[:limit])
    return Page(made, total, cursor(made[-1].ends_at, made[-1].id) if len(rows) > limit else None)


def one(session: Session, notice_id: str, now: datetime) -> Posted:
    """Return one notice that hangs now. Raises `NotFound` for any other."""
    row = session.execute(_SHOWN.where(_notices.c.id == notice_id, _RUNNING, _notices.c.ends_at > now)).one_or_none()
    if row is None:
        raise NotFound("notice")
    return _posted(session, row)


def choices(session: Session, now: datetime) -> tuple[list[tuple[int, str]], list[tuple[str, Label]]]:
    """Return the unions and the programmes of which something hangs now."""
    rows = session.execute(
        select(_notices.c.organisation_id, _units.c.name, _notices.c.definition_key, func.max(_cases.c.definition_digest).label("digest"))
        .join(_units, _units.c.id == _notices.c.organisation_id).join(_cases, _cases.c.id == _notices.c.case_id)
        .where(_RUNNING, _notices.c.ends_at > now)
        .group_by(_notices.c.organisation_id, _units.c.name, _notices.c.definition_key).order_by(_notices.c.organisation_id)).all()
    unions = {row.organisation_id: row.name for row in rows}
    titles = {row.definition_key: by_digest(session, row.digest).title for row in rows}
    return list(unions.items()), sorted(titles.items())


def contacts(session: Session, notice_id: str) -> list[tuple[str, str]]:
    """Return (union, phone) of whom one may call about it: who posts it first, then the county above; () where none has one."""
    row = session.execute(select(_notices.c.organisation_id, _notices.c.path).where(_notices.c.id == notice_id)).one_or_none()
    if row is None:
        return []
    above = [int(part) for part in row.path.split("/") if part]
    found = session.execute(select(_units.c.id, _units.c.name, _units.c.phone, _units.c.level).where(
        _units.c.id.in_([*above, row.organisation_id]), _units.c.phone != "")).all()
    near = [unit for unit in found if unit.id == row.organisation_id or unit.level == "county"]
    return [(unit.name, unit.phone) for unit in sorted(near, key=lambda unit: unit.id != row.organisation_id)]


def kept(session: Session, actor: Actor, *, over: bool = False, limit: int = 20, after: str | None = None,
         ids: Sequence[str] | None = None, union: int | None = None, programme: str | None = None) -> Page[Kept]:
    """Return the notices in the officer's scope: those that are up, or with `over` those that are not any more.

    Scope is that of the posts held today; a case of one's own is not among them.
    """
    if not actor.posts:
        return Page((), 0, None)
    own = (actor.person_id or "", *sorted(actor.stands_for))
    # As somebody who holds these posts and has no case of their own.
    wanted: list[ColumnElement[bool]] = [
        _notices.c.case_id.in_(select(Case.id).where(visible(replace(actor, person_id=None)))),
        _cases.c.applicant_id.not_in(own), _cases.c.filed_by.not_in(own)]
    if ids is not None:
        wanted.append(_notices.c.id.in_(ids))
    if union is not None:
        wanted.append(_notices.c.organisation_id == union)
    if programme:
        wanted.append(_notices.c.definition_key == programme)
    key = _notices.c.ended_at if over else _notices.c.ends_at
    query = _SHOWN.add_columns(
        _notices.c.case_id, _notices.c.state, _notices.c.status, _notices.c.ended_at, _notices.c.entry, _cases.c.number, _cases.c.erased_at,
        _tasks.c.role, _tasks.c.organisation_id.label("task_union"), _tasks.c.person_id, _tasks.c.owner_id).outerjoin(
        _tasks, (_tasks.c.case_id == _cases.c.id) & (_tasks.c.status == "open") & (_tasks.c.kind == "work"))
    query = query.where(*wanted, _notices.c.status.in_(("ended", "withdrawn")) if over else _UP)
    total = session.scalar(select(func.count()).select_from(query.with_only_columns(_notices.c.id).limit(CAP + 1).subquery())) or 0
    order = (key.desc(), _notices.c.id.desc()) if over else (key, _notices.c.id)
    rows = session.execute(_after(query, after, key=key, backward=over).order_by(*order).limit(limit + 1)).all()
    made = _kept(session, actor, rows[:limit], over)
    last = made[-1] if made else None
    end = last and ((last.ended_at if over else None) or last.posted.ends_at)
    return Page(made, total, cursor(end, last.posted.id) if last and end and len(rows) > limit else None)


_SHOWN = (select(_notices.c.id, _notices.c.definition_key, _notices.c.organisation_id, _notices.c.starts_on, _notices.c.ends_on,
                 _notices.c.ends_at, _notices.c.content, _units.c.name.label("union_name"), _units.c.phone,
                 _cases.c.definition_digest)
          .join(_cases, _cases.c.id == _notices.c.case_id)
          .outerjoin(_units, _units.c.id == _notices.c.organisation_id))


def _posted(session: Session, row: Any) -> Posted:
    definition = by_digest(session, row.definition_digest)
    return Posted(row.id, row.definition_key, definition.title, definition.basis[0].title if definition.basis else None,
                  row.organisation_id, row.union_name or "", row.phone or "", row.starts_on, row.ends_on, row.ends_at, row.content)


def _after(query: Any, after: str | None, *, key: Any = _notices.c.ends_at, backward: bool = False) -> Any:
    start = position(after)
    if start is None:
        return query
    here, there = tuple_(key, _notices.c.id), tuple_(literal(start[0], key.type), literal(start[1], _notices.c.id.type))
    return query.where(here < there if backward else here > there)


def _kept(session: Session, actor: Actor, rows: Sequence[Any], over: bool) -> tuple[Kept, ...]:
    cases = [row.case_id for row in rows]
    photos, objections, begun = _photos(session, cases), _said(session, cases), _begun(session, rows)
    related = set(session.scalars(select(_identities.c.case_id).join(_people, _identities.c.digest.in_(
        (_people.c.id_no_index, _people.c.phone_index, _people.c.bank_card_index))).where(
        _identities.c.case_id.in_(cases), _people.c.id == actor.person_id))) if cases else set()
    made = []
    for row in rows:
        definition = by_digest(session, row.definition_digest)
        here = not over and _holds(actor, row) and row.case_id not in related
        reads = row.case_id not in related and any(post.role in BELOW for post in actor.posts)
        mine = [(one, found) for one, found in objections if one.notice_id == row.id]
        made.append(Kept(
            _posted(session, row), row.case_id, row.number, definition.states[row.state].label, row.status, row.ended_at,
            _where(definition, row.state),
            tuple(file.id for file in photos if file.case_id == row.case_id and file.added_at >= begun[row.id]
                  and (row.ended_at is None or file.added_at <= row.ended_at)),
            tuple(_readable(session, one, actor, here=here, reads=reads) for one, _found in mine),
            {one.id: found for one, found in mine if found and reads}, here,
            here and f"attachments.{PHOTO}" in definition.states[row.state].edit, row.erased_at is not None))
    return tuple(made)


def _holds(actor: Actor, row: Any) -> bool:
    """Return whether the open task stands with this reader; the engine judges again when they act."""
    return row.owner_id is None and any(
        (post.role, post.organisation_id) == (row.role, row.task_union) and row.person_id in (None, post.behalf or actor.person_id)
        for post in actor.posts)


def _where(definition: Definition, state: str) -> tuple[str, ...]:
    rule = definition.states[state].notice
    return rule.where if rule else ()


def _readable(session: Session, row: Any, actor: Actor, *, here: bool, reads: bool) -> Objected:
    """Open the words for officers; who objected only for whoever looks into it, or did."""
    if not reads and not here:
        return Objected(row.id, row.notice_id, row.case_id, row.at, row.named, "", "", "", row.status, row.settled_at, row.settled_seq)
    found = opened(session, row)
    return found if here or row.settled_by == actor.person_id else replace(found, name="", phone="")


def _photos(session: Session, cases: Sequence[str]) -> Sequence[Any]:
    return session.execute(select(_files.c.id, _files.c.case_id, _files.c.added_at).where(
        _files.c.case_id.in_(cases), _files.c.kind == PHOTO, _files.c.removed_at.is_(None),
        exists().where(_cases.c.id == _files.c.case_id, _cases.c.erased_at.is_(None))).order_by(_files.c.id)).all() if cases else ()


def _begun(session: Session, rows: Sequence[Any]) -> dict[str, datetime]:
    """When each of these notices began."""
    found = session.execute(select(_notices.c.id, _events.c.at).join(
        _events, (_events.c.stream == _notices.c.case_id) & (_events.c.seq == _notices.c.entry))
        .where(_notices.c.id.in_([row.id for row in rows]))).all() if rows else ()
    return {row.id: row.at for row in found}


def _said(session: Session, cases: Sequence[str]) -> list[tuple[Any, str]]:
    """Return (objection, what was found), oldest first."""
    if not cases:
        return []
    rows = session.execute(select(_objections).where(_objections.c.case_id.in_(cases)).order_by(_objections.c.case_id, _objections.c.seq)).all()
    settled = [row for row in rows if row.settled_seq is not None]
    events = {(event.stream, event.seq): event for event in session.scalars(
        select(Event).where(tuple_(Event.stream, Event.seq).in_([(row.case_id, row.settled_seq) for row in settled])))} if settled else {}
    return [(row, str(history.details(session, events[row.case_id, row.settled_seq])["comment"])
             if (row.case_id, row.settled_seq) in events else "") for row in rows]


__all__ = ["Kept", "Posted", "choices", "contacts", "kept", "one", "posted"]
