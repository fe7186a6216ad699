"""What a person and a household have been granted: every line held or paid, newest first.

Six kinds of value are never added together: whoever adds, adds within one kind.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from ..actors import Actor
from ..language.identity import mask
from ..privacy import vault
from ..programmes import by_digest
from ..records import Case, GrantLine, HouseholdMember, Person
from ..scope import visible
from .merging import same_person

MOST = 200
_lines = GrantLine.__table__


@dataclass(frozen=True, slots=True)
class Aid:
    """One grant. `who` is masked; `case_id` None where the reader may not open the case. 分 and a number of an item apart."""

    line_id: str
    programme: Any                   # the title, a Label
    value: str
    who: str
    on: date | None
    status: str                      # held | paid
    amount_fen: int
    returned_fen: int
    item: str | None
    quantity: int | None
    number: str | None
    case_id: str | None


def aid_of_person(session: Session, person_id: str, actor: Actor) -> list[Aid]:
    """Return what one person has had, under every entry of the register that was found to be them."""
    return _aid(session, same_person(session, person_id), [], actor)


def aid_of_household(session: Session, household_id: str, actor: Actor) -> list[Aid]:
    """Return what everybody who lives there has had, wherever they lived then, and what was granted to the household."""
    members = session.scalars(select(HouseholdMember.person_id).where(HouseholdMember.household_id == household_id)).all()
    everyone = {entry for person_id in members for entry in same_person(session, person_id)}
    return _aid(session, sorted(everyone), [_lines.c.household_id == household_id], actor)


def _aid(session: Session, people: Collection[str], more: Sequence[ColumnElement[bool]], actor: Actor) -> list[Aid]:
    indexes = [one for one in session.scalars(select(Person.id_no_index).where(Person.id.in_(people))) if one is not None]
    whose = or_(_lines.c.person_id.in_(people), *([_lines.c.id_index.in_(indexes)] if indexes else []), *more)
    day = func.coalesce(_lines.c.settled_on, _lines.c.granted_on)
    rows = session.execute(
        select(_lines, Case.number, Case.definition_digest, Person.name, day.label("day"))
        .join(Case, Case.id == _lines.c.case_id).outerjoin(Person, Person.id == _lines.c.person_id)
        .where(whose, _lines.c.status.in_(("held", "paid"))).order_by(day.desc(), _lines.c.id.desc()).limit(MOST)).all()
    open_to_me = set(session.scalars(select(Case.id).where(Case.id.in_({row.case_id for row in rows}), visible(actor)))) if rows else set()
    return [Aid(row.id, by_digest(session, row.definition_digest).title, row.value, mask("name", row.name or _said(session, row)), row.day,
                row.status, row.amount_fen, row.returned_fen, row.item, row.quantity, row.number,
                row.case_id if row.case_id in open_to_me else None) for row in rows]


def _said(session: Session, row: Any) -> str:
    """Return the name on a roster of somebody whom the register does not know."""
    if row.sealed is None:
        return ""
    return str(vault(session).open_json("grant_lines.sealed", row.id, row.sealed).get("name") or "")
