"""Hardship files as rows: opened, renewed at the yearly review, ended. What leads there is a case; its effects call this.

Every change is an event of the stream `household:<id>`. One household has one open file at most, and so has every person.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from .. import ids
from ..actors import Actor
from ..errors import Refused, one
from ..language.identity import mask
from ..records import HardshipFile, Household, HouseholdMember, Person
from ..records.register import CATEGORIES
from .households import open_file_of
from .keeping import told

__all__ = ["CATEGORIES", "end", "number_elsewhere", "open_file", "renew"]


def number_elsewhere(session: Session, person_ids: Collection[str], indexes: Collection[bytes] = (), *, but_case: str | None = None) -> list[tuple[str, str]]:
    """Return (masked name, number of the file) of those who live in a household with an open file, that of `but_case` aside.

    Whoever is not in the register by id is looked for by the blind index of their identity number.
    """
    who = or_(Person.id.in_(sorted(person_ids)), Person.id_no_index.in_(sorted(indexes)))
    query = (select(Person.name, HardshipFile.number).join(HouseholdMember, HouseholdMember.person_id == Person.id)
             .join(HardshipFile, HardshipFile.household_id == HouseholdMember.household_id)
             .where(who, HouseholdMember.until_on.is_(None), HardshipFile.status == "on_file"))
    if but_case is not None:
        query = query.where(or_(HardshipFile.case_id.is_(None), HardshipFile.case_id != but_case))
    return [(mask("name", name), number) for name, number in session.execute(query.order_by(Person.id))]


def open_file(session: Session, household_id: str, number: str, actor: Actor, now: datetime, *, role: str, category: str, size: int,
              per_capita_fen: int | None, opened_on: date, case_id: str | None = None, head_id: str | None = None, unit_id: int | None = None,
              path: str | None = None) -> str:
    """Open the household's file and return its id. Raises `Refused` where it has one.

    It is in the name of the household's head and belongs to that union, unless another member applied at theirs.
    """
    household = session.get_one(Household, household_id, with_for_update=True)
    there = open_file_of(session, household_id)
    if there is not None:
        raise Refused(one("FILE_OPEN", f"这一户已在档，档案编号 {there.number}，不重复建档", f"This household has a file already, {there.number}; none is opened twice"))
    row = HardshipFile(id=ids.new(now), number=number, household_id=household.id, head_id=head_id or household.head_id,
                       unit_id=unit_id or household.unit_id, path=path or household.path, case_id=case_id, category=category, status="on_file", size=size,
                       monthly_per_capita_fen=per_capita_fen, opened_on=opened_on, reviewed_on=opened_on, created_at=now, updated_at=now)
    session.add(row)
    session.flush()
    _tell(session, row, "file_open", actor, role, now, {"category": category, "size": size, "on": opened_on.isoformat(), "case": case_id},
          {"per_capita": (None, per_capita_fen)})
    return row.id


def renew(session: Session, row: HardshipFile, actor: Actor, now: datetime, *, role: str, category: str, size: int, per_capita_fen: int | None,
          on: date) -> None:
    """Keep a file for another year with what the review has found."""
    before = row.monthly_per_capita_fen
    extra = {"on": on.isoformat(), "category": category, "was": row.category, "size": size}
    row.category, row.size, row.monthly_per_capita_fen, row.reviewed_on, row.updated_at = category, size, per_capita_fen, on, now
    session.flush()
    _tell(session, row, "file_renew", actor, role, now, extra, {"per_capita": (before, per_capita_fen)})


def end(session: Session, row: HardshipFile, status: str, reason: str, actor: Actor, now: datetime, *, role: str, on: date) -> None:
    """End a file: `exited` when the household no longer needs it, `cancelled` for what should not go on. The row stays."""
    row.status, row.ended_on, row.end_reason, row.updated_at = status, on, reason[:200], now
    session.flush()
    _tell(session, row, "file_end", actor, role, now, {"status": status, "on": on.isoformat()}, {}, reason)


def _tell(session: Session, row: HardshipFile, kind: str, actor: Actor, role: str, now: datetime, extra: dict[str, Any],
          changes: dict[str, tuple[Any, Any]], comment: str = "") -> None:
    told(session, f"household:{row.household_id}", kind, actor, role, row.unit_id, now, {"file": row.id, "number": row.number, **extra}, changes, comment)
