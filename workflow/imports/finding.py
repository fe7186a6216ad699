"""What the register has beside the rows of a list of hardship files: files by number, and who lives where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select

from ..records import HardshipFile, Household, HouseholdMember
from .kinds import Desk

_PAGE = 500
One = TypeVar("One")


@dataclass(frozen=True, slots=True)
class Neighbours:
    files: dict[str, HardshipFile]                           # by number
    home: dict[str, str]                                     # person → household today
    households: dict[str, Household]
    open: dict[str, HardshipFile]                            # household → its open file


def neighbours(desk: Desk, numbers: Sequence[str], people: Sequence[str]) -> Neighbours:
    session = desk.session
    files = {row.number: row for some in _pages(numbers) for row in session.scalars(select(HardshipFile).where(HardshipFile.number.in_(some)))}
    home: dict[str, str] = {}
    for some in _pages(people):
        home |= {row.person_id: row.household_id for row in session.execute(select(HouseholdMember.person_id, HouseholdMember.household_id).where(
            HouseholdMember.person_id.in_(some), HouseholdMember.until_on.is_(None)))}
    wanted = sorted({*home.values(), *(file.household_id for file in files.values())})
    households = {row.id: row for some in _pages(wanted) for row in session.scalars(select(Household).where(Household.id.in_(some)))}
    there = {row.household_id: row for some in _pages(wanted) for row in session.scalars(
        select(HardshipFile).where(HardshipFile.household_id.in_(some), HardshipFile.status == "on_file"))}
    desk.held += [*files.values(), *households.values(), *there.values()]
    return Neighbours(files, home, households, there)


def _pages(wanted: Sequence[One]) -> Iterator[Sequence[One]]:
    for start in range(0, len(wanted), _PAGE):
        yield wanted[start:start + _PAGE]
