"""The list of files: within scope, by state, category, union, overdue review, number and name."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.register.conftest import Keeping
from tests.world import World
from workflow import register
from workflow.actors import COMMAND
from workflow.db import writing
from workflow.errors import Refused
from workflow.records import HardshipFile

TODAY = date(2026, 6, 15)


def filed(world: World, keeping: Keeping, short: str, number: str, category: str, opened: date) -> str:
    home = keeping.household(short)
    with writing(world.sessions) as session:
        return register.open_file(session, home, number, COMMAND, world.now, role="system", category=category, size=2, per_capita_fen=50_000, opened_on=opened)


def numbers(world: World, keeping: Keeping, who: str = "clerk", **asked: Any) -> list[str]:
    rows, _after = keeping.see(register.files, world.actor(who), TODAY, **asked)
    return sorted(row.file.number for row in rows)


@pytest.fixture
def three(world: World, keeping: Keeping) -> dict[str, str]:
    return {"KD-1": filed(world, keeping, "worker", "KD-1", "deep", date(2025, 6, 15)), "KD-2": filed(world, keeping, "nurse", "KD-2", "relative", date(2025, 6, 16)),
            "KD-3": filed(world, keeping, "town", "KD-3", "accident", date(2024, 1, 1))}


def test_everybody_reads_their_own_scope(world: World, keeping: Keeping, three: dict[str, str]) -> None:
    assert numbers(world, keeping) == numbers(world, keeping, "auditor") == numbers(world, keeping, "leader") == ["KD-1", "KD-2", "KD-3"]
    assert numbers(world, keeping, "basic") == ["KD-1"] and numbers(world, keeping, "hospital") == ["KD-2"]
    assert numbers(world, keeping, "town") == ["KD-1", "KD-3"]
    for nobody in ("outsider", "worker", "admin", "cashier"):
        assert numbers(world, keeping, nobody) == []


def test_filters(world: World, keeping: Keeping, three: dict[str, str]) -> None:
    assert numbers(world, keeping, category="deep") == ["KD-1"]
    assert numbers(world, keeping, unit="医院") == ["KD-2"] == numbers(world, keeping, unit="539921-02")
    assert numbers(world, keeping, text="KD-3") == ["KD-3"] and numbers(world, keeping, text="和桂") == ["KD-2"] and numbers(world, keeping, text="%") == []
    assert numbers(world, keeping, overdue=True) == ["KD-1", "KD-3"]            # a year to the day is due
    with writing(world.sessions) as session:
        file = session.get_one(HardshipFile, three["KD-3"])
        register.end(session, file, "exited", "收入提高", COMMAND, world.now, role="system", on=TODAY)
    assert numbers(world, keeping, overdue=True) == ["KD-1"] and numbers(world, keeping, status="exited") == ["KD-3"]
    keeping.clean()


def test_a_household_has_one_open_file(world: World, keeping: Keeping, three: dict[str, str]) -> None:
    rows, _ = keeping.see(register.files, world.actor("clerk"), TODAY, text="KD-1")
    with pytest.raises(Refused, match="已在档，档案编号 KD-1，不重复建档"), writing(world.sessions) as session:
        register.open_file(session, rows[0].file.household_id, "KD-9", COMMAND, world.now, role="system", category="deep", size=2, per_capita_fen=None, opened_on=TODAY)
    assert numbers(world, keeping) == ["KD-1", "KD-2", "KD-3"]


def test_a_page_goes_on_where_it_ended(world: World, keeping: Keeping, three: dict[str, str]) -> None:
    first, after = keeping.see(register.files, world.actor("clerk"), TODAY, limit=2)
    rest, end = keeping.see(register.files, world.actor("clerk"), TODAY, limit=2, after=after)
    assert len(first) == 2 and len(rest) == 1 and end is None
    assert {row.file.number for row in (*first, *rest)} == {"KD-1", "KD-2", "KD-3"}


def test_households_without_a_file(world: World, keeping: Keeping, three: dict[str, str]) -> None:
    assert keeping.see(register.households_without, world.actor("clerk"))[0] == []
    home = keeping.household("far_worker", who="outsider")
    assert [row.id for row in keeping.see(register.households_without, world.actor("outsider"))[0]] == [home]
    assert keeping.see(register.households_without, world.actor("clerk"))[0] == []
