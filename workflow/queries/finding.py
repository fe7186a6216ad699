"""Cases by number, name, unit or identity number; one's own; and what an officer has decided."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from ..actors import Actor
from ..language.called import called
from ..language.definition import Definition
from ..language.identity import normalise
from ..privacy import vault
from ..programmes import by_digest
from ..records import Case, CaseIdentity, Decision, Organisation, Person
from ..scope import visible
from .pages import CAP, Page, cursor, like, position

Identity = Literal["idcard", "phone", "bankcard"]


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case in a list. `name` is masked."""

    case_id: str
    number: str | None
    name: str
    definition: Definition
    unit: str
    state: str
    outcome: str | None
    amount_fen: int | None
    due_at: datetime | None
    submitted_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class DecidedRow:
    """One decision the reader took: `state` is where, `case.state` where the case stands now."""

    case: CaseRow
    seq: int
    state: str
    trigger: str
    at: datetime
    amount_fen: int | None
    definition: Definition           # as it was then


_COLUMNS: tuple[Any, ...] = (Case.id, Case.number, Person.name, Case.definition_digest, Organisation.name.label("unit"), Case.state, Case.outcome,
            Case.amount_fen, Case.due_at, Case.submitted_at, Case.updated_at)


def search(session: Session, actor: Actor, text: str, *, limit: int = 50, after: str | None = None) -> Page[CaseRow]:
    """Return the visible cases whose number, applicant or union matches, latest first; none for an empty text.

    A number matches anywhere, a name from its beginning, a union's name anywhere. Identity numbers are never searched
    here: the text may come from an address.
    """
    wanted = like(text.strip()[:60])
    if not wanted:
        return Page((), 0, None)
    return _page(session, actor, [or_(
        Case.number.like(f"%{wanted}%", escape="\\"), Person.name.like(f"{wanted}%", escape="\\"),
        Organisation.name.like(f"%{wanted}%", escape="\\"))], limit, after)


def identity_kind(text: str) -> Identity | None:
    """Return what kind of number was typed, by its shape alone: 18 signs an ID, 11 digits a phone, 12–19 a card."""
    plain = normalise("idcard", text)
    if re.fullmatch(r"[0-9]{17}[0-9X]", plain):
        return "idcard"
    digits = normalise("phone", text)
    if re.fullmatch(r"1[0-9]{10}", digits):
        return "phone"
    return "bankcard" if re.fullmatch(r"[0-9]{12,19}", normalise("bankcard", text)) else None


def search_identity(session: Session, actor: Actor, text: str, *, limit: int = 50) -> Page[CaseRow]:
    """Return the visible cases in which this ID number, phone or card stands, exactly. An 18-digit card counts too."""
    kind = identity_kind(text)
    if kind is None:
        return Page((), 0, None)
    box = vault(session)
    digests = [box.blind(kind, text)]
    if kind == "idcard" and text.strip()[-1:].isdigit():
        digests.append(box.blind("bankcard", text))
    holds = select(CaseIdentity.case_id).where(CaseIdentity.digest.in_(digests))
    theirs = select(Person.id).where(or_(Person.id_no_index.in_(digests), Person.phone_index.in_(digests),
                                         Person.bank_card_index.in_(digests)))
    return _page(session, actor, [or_(Case.id.in_(holds), Case.applicant_id.in_(theirs))], limit, None)


def my_cases(session: Session, actor: Actor, *, limit: int = 50, after: str | None = None) -> Page[CaseRow]:
    """Return what the actor applied for or filed for others, drafts included, latest first."""
    return _page(session, actor, [or_(Case.applicant_id == actor.person_id, Case.filed_by == actor.person_id)], limit, after)


def cases(session: Session, actor: Actor, ids: Sequence[str]) -> dict[str, CaseRow]:
    """Return those of the named cases that the actor may see, by id."""
    rows = session.execute(
        select(*_COLUMNS).join(Person, Person.id == Case.applicant_id).join(Organisation, Organisation.id == Case.unit_id)
        .where(Case.id.in_(ids), visible(actor)))
    return {row.id: _made(session, row) for row in rows}


def decided(session: Session, actor: Actor, *, limit: int = 50, after: str | None = None) -> Page[DecidedRow]:
    """Return the actor's own decisions as an officer, latest first; what they did as applicant is not one."""
    mine = (Decision.actor_id == actor.person_id, Decision.role.not_in(("applicant", "agent")))
    query: Select[Any] = (
        select(*_COLUMNS, Decision.seq, Decision.state.label("at_state"), Decision.trigger, Decision.at,
               Decision.amount_fen.label("decided_fen"), Decision.definition_digest.label("digest_then"))
        .select_from(Decision).join(Case, Case.id == Decision.case_id).join(Person, Person.id == Case.applicant_id)
        .join(Organisation, Organisation.id == Case.unit_id).where(*mine))
    place = position(after)
    if place is not None:
        query = query.where(tuple_(Decision.at, Decision.case_id) < tuple_(literal(place[0], Decision.at.type), literal(place[1])))
    rows = session.execute(query.order_by(Decision.at.desc(), Decision.case_id.desc()).limit(limit + 1)).all()
    made = tuple(DecidedRow(_made(session, row), row.seq, row.at_state, row.trigger, row.at, row.decided_fen, by_digest(session, row.digest_then))
                 for row in rows[:limit])
    some = select(Decision.seq).where(*mine).limit(CAP + 1).subquery()
    total = session.scalar(select(func.count()).select_from(some)) or 0
    return Page(made, total, cursor(made[-1].at, made[-1].case.case_id) if len(rows) > limit else None)


def _page(session: Session, actor: Actor, conditions: Sequence[ColumnElement[bool]], limit: int,
          after: str | None) -> Page[CaseRow]:
    query = (select(*_COLUMNS).join(Person, Person.id == Case.applicant_id)
             .join(Organisation, Organisation.id == Case.unit_id).where(visible(actor), *conditions))
    some = query.with_only_columns(Case.id).limit(CAP + 1).subquery()
    place = position(after)
    if place is not None:
        query = query.where(tuple_(Case.updated_at, Case.id) < tuple_(literal(place[0], Case.updated_at.type), literal(place[1])))
    rows = session.execute(query.order_by(Case.updated_at.desc(), Case.id.desc()).limit(limit + 1)).all()
    made = tuple(_made(session, row) for row in rows[:limit])
    total = session.scalar(select(func.count()).select_from(some)) or 0
    return Page(made, total, cursor(made[-1].updated_at, made[-1].case_id) if len(rows) > limit else None)


def _made(session: Session, row: Any) -> CaseRow:
    definition = by_digest(session, row.definition_digest)
    return CaseRow(row.id, row.number, called(definition, row.name, row.unit), definition, row.unit, row.state,
                   row.outcome, row.amount_fen, row.due_at, row.submitted_at, row.updated_at)
