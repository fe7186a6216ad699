"""What stands in the register, for whoever may see it: files with filters, one household, one person, merges that wait. Read only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..actors import Actor
from ..errors import NotFound
from ..language.identity import mask
from ..privacy import vault
from ..records import Case, HardshipFile, Household, HouseholdMember, MergeProposal, Organisation, Person
from ..scope import visible
from .households import PLACE
from .keeping import people_within, within

_ESCAPE = "\\"
_WITHOUT: tuple[Any, ...] = (Household.id, Person.name, Organisation.name.label("unit"), Household.created_at)
_MEMBER: tuple[Any, ...] = (HouseholdMember.person_id, Person.name, Person.born_on, Person.id_no_sealed, Person.merged_into, HouseholdMember.relation,
                            HouseholdMember.since_on, HouseholdMember.until_on)
_CASE: tuple[Any, ...] = (Case.id, Case.number, Case.definition_digest, Case.state, Case.submitted_at, Case.outcome)


@dataclass(frozen=True, slots=True)
class FileRow:
    """One hardship file in a list. `name` is masked."""

    file: HardshipFile
    name: str
    unit: str
    overdue: bool


@dataclass(frozen=True, slots=True)
class HouseholdView:
    """One household: its row, union, members with their names masked (former ones last), files newest first, cases in scope."""

    row: Household
    head: str
    unit: str
    members: tuple[Row[Any], ...]    # person_id, name, born_on, relation, since_on, until_on, masked_id
    files: tuple[HardshipFile, ...]
    cases: tuple[Row[Any], ...]      # id, number, definition_digest, state, submitted_at


def a_year_before(today: date) -> date:
    """Return the last day of review that is a whole year ago: a file older than this is due for its yearly review."""
    return today.replace(year=today.year - 1, day=28 if (today.month, today.day) == (2, 29) else today.day)


def files(session: Session, actor: Actor, today: date, *, status: str = "", category: str = "", unit: str = "", overdue: bool = False, text: str = "",
          after: str | None = None, limit: int = 50) -> tuple[list[FileRow], str | None]:
    """Return the files in scope, latest first, and the id to go on after. `unit`: part of the union's name or its code; `text`: number or name."""
    due = a_year_before(today)
    tests: list[ColumnElement[bool]] = [within(actor, HardshipFile.path)]
    if status:
        tests.append(HardshipFile.status == status)
    if category:
        tests.append(HardshipFile.category == category)
    if overdue:
        tests += [HardshipFile.status == "on_file", HardshipFile.reviewed_on <= due]
    if unit.strip():
        tests.append(or_(Organisation.code == unit.strip(), Organisation.name.like(f"%{_like(unit)}%", escape=_ESCAPE)))
    if text.strip():
        tests.append(or_(HardshipFile.number.like(f"%{_like(text)}%", escape=_ESCAPE), Person.name.like(f"{_like(text)}%", escape=_ESCAPE)))
    if after:
        tests.append(HardshipFile.id < after)
    rows = session.execute(select(HardshipFile, Person.name, Organisation.name).join(Person, Person.id == HardshipFile.head_id).join(
        Organisation, Organisation.id == HardshipFile.unit_id).where(*tests).order_by(HardshipFile.id.desc()).limit(limit + 1)).all()
    found = [FileRow(file, mask("name", name), union, file.status == "on_file" and file.reviewed_on <= due) for file, name, union in rows[:limit]]
    return found, found[-1].file.id if len(rows) > limit else None


def households_without(session: Session, actor: Actor, *, after: str | None = None, limit: int = 50) -> tuple[list[Row[Any]], str | None]:
    """Return the households in scope in which somebody lives and that have no file, open or ended: (id, name masked by the page, unit, opened_at)."""
    tests = [within(actor, Household.path), ~exists().where(HardshipFile.household_id == Household.id),
             exists().where(HouseholdMember.household_id == Household.id, HouseholdMember.until_on.is_(None))]
    if after:
        tests.append(Household.id < after)
    rows = session.execute(select(*_WITHOUT).join(
        Person, Person.id == Household.head_id).join(Organisation, Organisation.id == Household.unit_id).where(*tests)
        .order_by(Household.id.desc()).limit(limit + 1)).all()
    return list(rows[:limit]), rows[limit - 1].id if len(rows) > limit else None


def household(session: Session, household_id: str, actor: Actor) -> HouseholdView:
    """Return one household. Raises `NotFound` out of scope."""
    found = session.execute(select(Household, Person.name, Organisation.name).join(Person, Person.id == Household.head_id).join(
        Organisation, Organisation.id == Household.unit_id).where(Household.id == household_id, within(actor, Household.path))).one_or_none()
    if found is None:
        raise NotFound("household")
    row, head, unit = found
    members = session.execute(
        select(*_MEMBER)
        .join(Person, Person.id == HouseholdMember.person_id).where(HouseholdMember.household_id == household_id)
        .order_by(HouseholdMember.until_on.is_not(None), HouseholdMember.relation != "head", HouseholdMember.id)).all()
    kept = session.scalars(select(HardshipFile).where(HardshipFile.household_id == household_id).order_by(HardshipFile.id.desc())).all()
    return HouseholdView(row, head, unit, tuple(members), tuple(kept), _cases(session, [one.person_id for one in members], actor))


def address_of(session: Session, row: Household) -> str:
    return vault(session).open(PLACE, row.id, row.address_sealed).decode() if row.address_sealed else ""


def person(session: Session, person_id: str, actor: Actor) -> tuple[Person, str, tuple[Row[Any], ...]]:
    """Return somebody in scope, the name of their union, and their cases in scope. Raises `NotFound`.

    An entry that was merged is shown through the one that stays.
    """
    known = session.get(Person, person_id)
    stays = known.merged_into or person_id if known is not None else person_id
    row = session.scalar(select(Person).where(Person.id == stays, people_within(actor)))
    if row is None:
        raise NotFound("person")
    unit = session.scalar(select(Organisation.name).where(Organisation.id == row.union_id)) or ""
    everyone = [stays, *session.scalars(select(Person.id).where(Person.merged_into == stays))]
    return row, unit, _cases(session, everyone, actor)


def member_places(session: Session, person_id: str) -> Sequence[Row[Any]]:
    """Return the households somebody has lived in, now first: (household_id, head, relation, since_on, until_on)."""
    head = Person.__table__.alias("head")
    return session.execute(select(HouseholdMember.household_id, head.c.name.label("head"), HouseholdMember.relation, HouseholdMember.since_on,
                                  HouseholdMember.until_on)
                           .join(Household, Household.id == HouseholdMember.household_id).join(head, head.c.id == Household.head_id)
                           .where(HouseholdMember.person_id == person_id)
                           .order_by(HouseholdMember.until_on.is_not(None), HouseholdMember.id.desc())).all()


def proposals(session: Session, actor: Actor) -> Sequence[Row[Any]]:
    """Return the merges in scope that wait for a second officer, oldest first, with the names of both entries and of who proposed."""
    stays, goes, by = (Person.__table__.alias(name) for name in ("stays", "goes", "proposer"))
    table = MergeProposal.__table__
    seen = select(Person.id).where(people_within(actor))
    return session.execute(select(table, stays.c.name.label("stays_name"), goes.c.name.label("goes_name"), by.c.name.label("proposer"))
                           .join(stays, stays.c.id == table.c.stays_id).join(goes, goes.c.id == table.c.goes_id).join(by, by.c.id == table.c.proposed_by)
                           .where(table.c.status == "open", table.c.stays_id.in_(seen), table.c.goes_id.in_(seen)).order_by(table.c.id)).all()


def proposal(session: Session, proposal_id: str, actor: Actor) -> Row[Any]:
    """Return one merge that waits. Raises `NotFound` out of scope."""
    for row in proposals(session, actor):
        if row.id == proposal_id:
            return row
    raise NotFound("proposal")


def _cases(session: Session, people: Sequence[str], actor: Actor) -> tuple[Row[Any], ...]:
    rows = session.execute(select(*_CASE).where(
        Case.applicant_id.in_(people), Case.submitted_at.is_not(None), visible(actor)).order_by(Case.submitted_at.desc()).limit(50)).all()
    return tuple(rows)


def _like(text: str) -> str:
    return text.strip()[:60].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
