"""How often an import asks the database: so often a slice, however many rows are in it. 20,000 rows are bearable because of that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from tests.covers.conftest import NOVEMBER, Mutual, line
from tests.imports.conftest import Office, id_no, sheet
from tests.world import World
from workflow import history
from workflow.db import reading, writing
from workflow.imports import SLICE, confirm

A_SLICE = 40                         # statements of a slice of new rows; a long list of values is asked for 500 at a time
A_ROW = 0                            # and none more for a row
A_STEP = 60                          # statements of a step of a case with a roster
CHANGED = 2                          # for a row that changes: its stream may have to be looked up, and its columns differ from its neighbour's
HEAD = "档案编号,姓名,身份证号,与户主关系,所属工会,困难类别,建档日期,家庭人口,家庭月人均收入,手机号,会员号,入会日期"


@contextmanager
def counted(office: Office | World) -> Iterator[Counter[str]]:
    """Count the statements sent meanwhile; one for many rows, by whatever means, is one."""
    found: Counter[str] = Counter()
    engine = office.sessions.kw["bind"]

    def one(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        found[" ".join(statement.split())[:60]] += 1

    event.listen(engine, "before_cursor_execute", one)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", one)


def families(count: int, phone: str = "138", first: int = 0) -> bytes:
    lines = []
    for n in range(first, first + count):
        lines += [f"困{n:04d},户{n},{id_no(2 * n + 1)},户主,县医院工会,深度困难,2020-03-01,2,{300 + n},{phone}{n:08d},E{n},2015-06-01",
                  f"困{n:04d},亲{n},{id_no(2 * n + 2)},配偶,,,,,,,,"]
    return sheet(HEAD, *lines)


def members(count: int, phone: str = "139", first: int = 0) -> bytes:
    return sheet("姓名,身份证号,手机号,所属工会,会员号,入会日期", *(f"职{n},{id_no(n)},{phone}{n:08d},二建公司工会,M{n},2019-01-02" for n in range(first, first + count)))


def written(office: Office, kind: str, data: bytes) -> int:
    """Return how many statements one slice that holds the whole sheet took."""
    import_id = office.look_over(kind, data)
    with writing(office.sessions) as session:
        confirm(session, import_id, office.world.actor("clerk"), office.now)
    with counted(office) as found:
        assert not office.slice(import_id, size=SLICE)
    assert set(office.counts(import_id)) <= {"new", "changed"}
    return found.total()


@pytest.mark.parametrize("make, kind", [(families, "files"), (members, "people")])
def test_a_slice_of_new_rows_takes_no_more_statements_for_more_rows(office: Office, make: Callable[..., bytes], kind: str) -> None:
    few = written(office, kind, make(4))
    many = written(office, kind, make(40, first=4))
    assert few <= A_SLICE and many <= few + 40 * A_ROW, (few, many)
    with reading(office.sessions) as session:
        assert not history.verify(session).items


@pytest.mark.parametrize("make, kind", [(families, "files"), (members, "people")])
def test_rows_that_change_take_few_statements_each(office: Office, make: Callable[..., bytes], kind: str) -> None:
    office.run(kind, make(24), size=SLICE)
    assert written(office, kind, make(24, "137")) <= A_SLICE + 24 * CHANGED
    with reading(office.sessions) as session:
        assert not history.verify(session).items


def test_the_same_sheet_again_writes_nothing_but_what_was_looked_over(office: Office) -> None:
    office.run("files", families(12), size=SLICE)
    with counted(office) as found:
        again = office.look_over("files", families(12))
    assert office.counts(again) == {"same": 24} and found.total() <= A_SLICE
    assert not any("events" in statement for statement in found)


def test_a_step_of_an_enrolment_takes_no_more_statements_for_a_longer_roster(sessions: sessionmaker[Session]) -> None:
    mutual = Mutual(World(sessions, NOVEMBER))
    few, many = (enrolled(mutual, range(first, first + count)) for first, count in ((1, 3), (4, 40)))
    assert max(few) <= A_STEP and all(more <= less + 40 * A_ROW for less, more in zip(few, many, strict=True)), (few, many)
    mutual.clean()


def enrolled(mutual: Mutual, numbers: range) -> list[int]:
    """Return how many statements each step took: kept, handed in, checked, paid, and covered."""
    world, rows = mutual.world, [line(id_no(n), 2026 - int(id_no(n)[6:10]) + (id_no(n)[10:14] == "0101"), renewed="true") for n in numbers]
    case_id = world.start("basic", "mutual_enrolment")
    steps: list[tuple[Any, ...]] = [
        ("basic", "submit", {}), ("clerk", "approve", {"form": {"check_note": "属实"}, "comment": "已对照上期名册"}),
        ("basic", "pay_in", {"form": {"paid_on": world.now.date().isoformat(), "receipt_no": "P1"}}), ("finance", "approve", {})]
    with counted(world) as found:
        world.save("basic", case_id, {"union_name": "二建公司工会", "contact": "0879-1234567", "workers": "5000", "roster": rows})
    totals = [found.total()]
    for who, trigger, more in steps:
        with counted(world) as found:
            world.act(who, case_id, trigger, **more)
        totals.append(found.total())
    return totals
