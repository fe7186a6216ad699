"""What happened to one case, and who looked at whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from .. import history
from ..actors import Actor
from ..errors import NotFound
from ..language.called import called
from ..language.definition import Definition
from ..programmes import by_digest
from ..records import Attachment, Case, Event, Organisation, Person
from ..scope import visible
from .pages import Page, cursor, position

READS = ("reveal", "view_file", "print", "export")
"""Kinds of events that say somebody looked closely or carried something away."""

HANDED_ON = ("claim", "transfer", "delegate", "hand_back", "recall", "add_signer", "consult", "reply", "cc", "hand_over")
"""Kinds of events that name in `extra.to` whom the work went to."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event with its people in words and its sealed part opened: `changes` is {full field name: [old, new]}."""

    seq: int
    kind: str
    at: datetime
    who: str                         # empty for the system
    actor_id: str | None
    role: str
    organisation: str
    organisation_id: int | None
    behalf: str
    trigger: str | None
    from_state: str | None
    to_state: str | None
    amount_fen: int | None
    hash: bytes
    leaf_index: int | None
    via: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    comment: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    definition: Definition | None = None     # the version it happened under, which a later move does not change
    to: str = ""                     # the name of who was given the work, where it was handed on


@dataclass(frozen=True, slots=True)
class ReadRow:
    """Who looked at whom: `name` is the masked applicant's, `reason` what the reader gave."""

    id: int
    kind: str
    at: datetime
    who: str
    role: str
    organisation: str
    case_id: str
    number: str | None
    name: str
    reason: str
    fields: tuple[str, ...]
    definition_digest: str


def events(session: Session, case_id: str, *, opened: bool = True) -> list[EventRow]:
    """Return the whole history of a case, oldest first, without asking who may see it: callers looked at the case first.

    `opened=False` leaves comments and values sealed, which is faster. Raises `Damaged` where a sealed part is not what
    was committed to.
    """
    behalf = Person.__table__.alias("behalf")
    found = session.execute(
        select(Event, Person.name, Organisation.name, behalf.c.name)
        .outerjoin(Person, Person.id == Event.actor_id)
        .outerjoin(Organisation, Organisation.id == Event.organisation_id)
        .outerjoin(behalf, behalf.c.id == Event.on_behalf_of)
        .where(Event.stream == case_id).order_by(Event.seq))
    told = [_event(session, event, who or "", place or "", for_whom or "", opened) for event, who, place, for_whom in found]
    handed = {row.extra["to"] for row in told if row.kind in HANDED_ON and "to" in row.extra}
    if not handed:
        return told
    names = dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(handed))).all())
    return [replace(row, to=names.get(row.extra.get("to", ""), "")) if row.kind in HANDED_ON else row for row in told]


def _event(session: Session, event: Event, who: str, place: str, behalf: str, opened: bool) -> EventRow:
    body = orjson.loads(event.body)
    inside: dict[str, Any] = {"comment": "", "changes": {}}
    if opened and event.details is not None:
        inside = history.details(session, event)
    return EventRow(
        event.seq, event.kind, event.at, who, event.actor_id, event.role, place, event.organisation_id, behalf, event.trigger,
        event.from_state, event.to_state, event.amount_fen, event.hash, event.leaf_index, body.get("via", ""),
        body.get("extra", {}), inside["comment"], inside["changes"],
        _then(session, event.definition_digest))


def _then(session: Session, digest: str | None) -> Definition | None:
    """The version an event happened under; None where the column was tampered with, which the verifier tells."""
    try:
        return None if digest is None else by_digest(session, digest)
    except NotFound:
        return None


def reads(session: Session, actor: Actor, *, limit: int = 50, after: str | None = None, who: str = "") -> Page[ReadRow]:
    """Return who looked closely at the cases the actor may see, latest first; the actor's own readings included.

    `who` narrows it to readers whose name begins so. `Page.total` is only this page's.
    """
    query = (
        select(Event, Person.name.label("reader"), Organisation.name.label("place"), Case.number, Case.applicant_id,
               Case.definition_digest)
        .join(Case, Case.id == Event.stream)
        .outerjoin(Person, Person.id == Event.actor_id)
        .outerjoin(Organisation, Organisation.id == Event.organisation_id)
        .where(Event.kind.in_(READS), visible(actor)))
    if who.strip():
        query = query.where(Person.name.startswith(who.strip(), autoescape=True))
    place = position(after)
    if place is not None and place[1].isdigit():
        query = query.where(Event.id < int(place[1]))
    rows = session.execute(query.order_by(Event.id.desc()).limit(limit + 1)).all()
    names = {row.id: (row.name, row.unit) for row in session.execute(
        select(Case.id, Person.name, Organisation.name.label("unit")).join(Person, Person.id == Case.applicant_id)
        .join(Organisation, Organisation.id == Case.unit_id).where(Case.id.in_([row.Event.stream for row in rows])))}
    made = tuple(_read(session, row, names) for row in rows[:limit])
    return Page(made, len(made), cursor(made[-1].at, str(made[-1].id)) if len(rows) > limit else None)


def _read(session: Session, row: Any, names: Mapping[str, tuple[str, str]]) -> ReadRow:
    event: Event = row.Event
    inside = history.details(session, event) if event.details is not None else {"comment": ""}
    fields = orjson.loads(event.body).get("extra", {}).get("fields", ())
    return ReadRow(event.id, event.kind, event.at, row.reader or "", event.role, row.place or "", event.stream, row.number,
                   called(by_digest(session, row.definition_digest), *names.get(event.stream, ("", ""))), inside["comment"], tuple(fields), row.definition_digest)


def files_ever(session: Session, case_id: str) -> list[Row[Any]]:
    """Return every file the case ever had, removed ones included, in the order they came."""
    files = Attachment.__table__
    return list(session.execute(select(files).where(files.c.case_id == case_id).order_by(files.c.added_at, files.c.id)))
