"""抽查复核: the files of the year drawn by a lot that anybody can draw again, and what the re-check of each found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import orjson
import pytest
from sqlalchemy import Engine, select, text

from tests.register.conftest import Keeping
from tests.world import World
from workflow import people, register
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.errors import NotFound, NotYours, Refused
from workflow.records import Event, FileSample, HardshipFile, SampledFile

SEED = "ab" * 32


@pytest.fixture
def files(world: World, keeping: Keeping) -> Sequence[str]:
    """Eleven households on file in two unions of the county, and one that has left."""
    found = []
    with writing(world.sessions) as session:
        for n in range(12):
            head = people.add_person(session, world.now, COMMAND, f"户主{n}", union_id=world.orgs["539921-01-01" if n % 2 else "539921-02"]).id
            home = register.open_household(session, head, COMMAND, world.now)
            found.append(register.open_file(session, home, f"KN-{n:02d}", COMMAND, world.now, role="system", category="deep", size=1, per_capita_fen=1,
                                            opened_on=date(2026, 1, 1)))
        register.end(session, session.get_one(HardshipFile, found[11]), "exited", "好转", COMMAND, world.now, role="system", on=date(2026, 6, 1))
    return sorted(found[:11])


def draw(world: World, keeping: Keeping, percent: int = 30, who: str = "clerk", place: str = "539921") -> str:
    made: str = keeping.do(lambda session, actor, now: register.draw(session, world.orgs[place], percent, actor, now, seed=SEED), who)
    return made


def test_the_seed_in_the_event_draws_the_same_files_again(world: World, keeping: Keeping, files: Sequence[str]) -> None:
    sample = draw(world, keeping)
    with reading(world.sessions) as session:
        there = session.scalars(select(SampledFile.file_id).where(SampledFile.sample_id == sample).order_by(SampledFile.n)).all()
        event = session.scalars(select(Event).where(Event.stream == f"sample:{sample}")).one()
        said = orjson.loads(event.body)["extra"]
        assert (said["seed"], said["percent"], said["population"], said["drawn"]) == (SEED, 30, 11, 4)
        assert register.drawn_from(SEED, files, 30) == there and len(set(there)) == 4 and set(there) <= set(files)
        assert register.redrawn(session, sample) and session.get_one(FileSample, sample).population == files
        assert register.drawn_from("cd" * 32, files, 30) != there and register.drawn_from(SEED, files, 100)[:4] == there
    keeping.clean()


@pytest.mark.parametrize("sql", ["UPDATE sampled_files SET file_id = '{other}' WHERE n = 1", "DELETE FROM sampled_files WHERE n = 4",
                                 "UPDATE file_samples SET seed = 'cd'", "UPDATE file_samples SET population = '[]'"])
def test_a_list_put_together_by_hand_is_found(world: World, keeping: Keeping, files: Sequence[str], engine: Engine, sql: str) -> None:
    sample = draw(world, keeping)
    other = next(file for file in files if file not in register.drawn_from(SEED, files, 30))
    with engine.begin() as connection:
        connection.execute(text(sql.format(other=other)))
    assert not keeping.see(register.redrawn, sample)


def test_what_is_refused(world: World, keeping: Keeping, files: Sequence[str]) -> None:
    for percent in (0, 29, 101):
        with pytest.raises(Refused, match="抽查比例"):
            draw(world, keeping, percent)
    for who, error in (("basic", NotFound), ("town", NotFound), ("leader", NotYours), ("auditor", NotYours), ("outsider", NotFound), ("worker", NotFound)):
        with pytest.raises(error):
            draw(world, keeping, who=who)
    draw(world, keeping, 50)
    with pytest.raises(Refused, match="一年只抽一次"):
        draw(world, keeping)


def test_each_finding_is_written_down_with_its_event(world: World, keeping: Keeping, files: Sequence[str]) -> None:
    sample = draw(world, keeping)
    keeping.do(register.check, "clerk2", sample, 1, "right", "")
    with pytest.raises(Refused, match="写明复核发现"):
        keeping.do(register.check, "clerk2", sample, 2, "wrong", "")
    keeping.do(register.check, "clerk2", sample, 2, "wrong", "名下有两套商品房")
    with pytest.raises(Refused, match="选择复核结果"):
        keeping.do(register.check, "clerk", sample, 3, "fine", "")
    for who, error in (("leader", NotYours), ("auditor", NotYours), ("outsider", NotFound)):
        with pytest.raises(error):
            keeping.do(register.check, who, sample, 3, "right", "")
    with pytest.raises(NotFound):
        keeping.do(register.check, "clerk", sample, 99, "right", "")
    rows, following = keeping.see(register.drawn, sample, world.actor("auditor"))
    assert [(row.n, row.result, row.note) for row in rows] == [(1, "right", ""), (2, "wrong", "名下有两套商品房"), (3, "", ""), (4, "", "")] and following is None
    assert all(row.name.startswith("户") and "主" not in row.name[1:2] for row in rows)
    first, following = keeping.see(register.drawn, sample, world.actor("clerk"), result="", limit=1)
    assert [row.n for row in first] == [3] == [following]
    assert [(one.drawn, one.checked, one.percent) for one in keeping.see(register.samples, world.actor("leader"))] == [(4, 2, 30)]
    assert keeping.see(register.samples, world.actor("outsider")) == [] == keeping.see(register.samples, world.actor("basic"))
    with pytest.raises(NotFound):
        keeping.see(register.sample, sample, world.actor("outsider"))
    assert keeping.events(f"sample:{sample}") == ["draw", "check", "check"]
    with reading(world.sessions) as session:
        assert "商品房".encode() not in b"".join(session.scalars(select(Event.body).where(Event.stream == f"sample:{sample}")))
    keeping.clean()
