"""Lists as long as a county's: 11,832 hardship files with their families, 20,000 members, and an enrolment of 20,000 workers in one case.

The baseline is the minute they may take; the figures beside it are seconds, from the bytes of the sheet to the last row written.
Printed beside them: the seconds of processor time this process and its parsers took, which the rest of the machine changes less.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from time import perf_counter
from typing import Any

from sqlalchemy import func, select

from tests.covers.conftest import NOVEMBER, Mutual
from tests.imports.conftest import Office, id_no, sheet
from tests.world import World
from workflow import imports, programmes
from workflow.calendar import ZONE
from workflow.db import reading
from workflow.records import Cover, Event

from .county import sessions_of
from .databases import Databases
from .measure import Ratio

FILES, MEMBERS, MINUTE = 11_832, 20_000, 60.0
HEAD = "档案编号,姓名,身份证号,与户主关系,工作单位,困难类别,建档日期,家庭人口,家庭月人均收入,档案状态,家庭住址,手机号,银行卡号,会员号,入会日期"
ROSTER = "姓名,身份证号,保障期第一天的周岁,参加基本医保,上期已参保,份数"


def hardship(files: int) -> bytes:
    """Return a sheet of this many files, two and a half people each."""
    dice, person, lines = random.Random(4), 0, []
    for n in range(files):
        person += 1
        size = dice.choice((1, 2, 3, 4))
        lines.append(f"云岭困〔2020〕{n:05d},户{n},{id_no(person)},户主,{dice.choice(('二建公司工会', '县医院工会'))},{dice.choice(('深度困难', '相对困难', '低保户'))},"
                     f"2020-03-01,{size},{dice.randrange(300, 1500)},在档,城关街道{n}号,138{n:08d},6217{n:015d},E{n},2015-06-01")
        for kin in ("配偶", "长子", "母亲")[:size - 1]:
            person += 1
            lines.append(f"云岭困〔2020〕{n:05d},亲{person},{id_no(person)},{kin},,,,,,,,,,,")
    return sheet(HEAD, *lines)


def members(count: int) -> bytes:
    return sheet("姓名,身份证号,手机号,所属工会,会员号,入会日期,农民工", *(f"职{n},{id_no(n)},139{n:08d},二建公司工会,M{n},2019-01-02,是" for n in range(1, count + 1)))


def roster(count: int, wrong: frozenset[int] = frozenset()) -> bytes:
    """Return a sheet of this many workers to enrol from 1 January 2027; the rows in `wrong` have a check digit that does not fit."""
    lines = []
    for n in range(1, count + 1):
        number = id_no(n)
        age = 2026 - int(number[6:10]) + (number[10:14] == "0101")
        lines.append(f"职{n},{number[:-1] + 'X1'[number[-1] == 'X'] if n in wrong else number},{age},是,是,1")
    return sheet(ROSTER, *lines)


def run(databases: Databases) -> list[Ratio]:
    found = []
    for kind in ("sqlite", "postgresql"):
        for name, what, make in ((f"{FILES:,} hardship files with families", "files", lambda: hardship(FILES)),
                                 (f"{MEMBERS:,} members", "people", lambda: members(MEMBERS))):
            taken, again = import_twice(databases.new(kind), what, make)
            found += [_against(kind, name, taken), _against(kind, f"{name}, the same sheet again", again)]
        taken, again, decided = enrol(databases.new(kind), MEMBERS)
        found += [_against(kind, f"{MEMBERS:,} rows of a roster, faults told, into one case", taken), _against(kind, "that roster, the same sheet again", again),
                  _against(kind, "that roster, from handing in to the covers", decided)]
    return found


def import_twice(url: str, kind: str, make: Callable[[], bytes]) -> tuple[float, float]:
    """Return the seconds of the first import and of the second, which must change nothing."""
    office, data = Office(World(sessions_of(url))), make()
    started, busy = perf_counter(), _busy()
    import_id = office.run(kind, data, size=imports.SLICE)
    taken, busy = perf_counter() - started, _busy() - busy
    counts, before = office.counts(import_id), _events_of(office.world)
    assert set(counts) == {"new"}, counts
    started = perf_counter()
    again = office.run(kind, data)
    over = perf_counter() - started
    assert set(office.counts(again)) == {"same"} and _events_of(office.world) == before
    rows = sum(counts.values())
    print(f"    {kind}: {rows:,} rows in {taken:.1f} s, {rows / taken:,.0f} rows/s, {busy:.1f} s of processor; again in {over:.1f} s; "
          f"load {os.getloadavg()[0]:.1f}", flush=True)
    return taken, over


def enrol(url: str, count: int) -> tuple[float, float, float]:
    """Return the seconds of looking over a faulty roster, its error sheet and keeping the corrected one; of keeping that again; of deciding."""
    mutual = Mutual(World(sessions_of(url), NOVEMBER))
    world, today = mutual.world, NOVEMBER.astimezone(ZONE).date()
    case_id = world.start("basic", "mutual_enrolment")
    world.save("basic", case_id, {"union_name": "二建公司工会", "contact": "0879-1234567", "workers": str(count)})
    with reading(world.sessions) as session:
        spec: Any = programmes.in_force(session, "mutual_enrolment", today).form["roster"]
    faulty, right = roster(count, frozenset({5, 77, count - 1})), roster(count)
    started, busy = perf_counter(), _busy()
    _rows, wrong = imports.read_roster(spec, faulty, today)
    assert [line.n for line in wrong] == [6, 78, count] and imports.faulty_roster(spec, faulty, today)
    rows, wrong = imports.read_roster(spec, right, today)
    assert not wrong and not world.save("basic", case_id, {"roster": rows})
    taken, busy = perf_counter() - started, _busy() - busy
    before, form = _events_of(world), world.look("basic", case_id).form
    started = perf_counter()
    rows, _wrong = imports.read_roster(spec, right, today)
    world.save("basic", case_id, {"roster": rows})
    over = perf_counter() - started
    assert world.look("basic", case_id).form == form and _events_of(world) == before
    started, worked = perf_counter(), _busy()
    world.act("basic", case_id, "submit")
    world.act("clerk", case_id, "approve", form={"check_note": "属实"}, comment="已对照上期名册")
    world.act("basic", case_id, "pay_in", form={"paid_on": today.isoformat(), "receipt_no": "P1"})
    world.act("finance", case_id, "approve")
    decided, worked = perf_counter() - started, _busy() - worked
    with reading(world.sessions) as session:
        assert session.scalar(select(func.count()).select_from(Cover)) == count
    mutual.clean()
    print(f"    roster: {count:,} rows kept in {taken:.1f} s, {busy:.1f} s of processor; again in {over:.1f} s; four steps to the covers in {decided:.1f} s, "
          f"{worked:.1f} s of processor; load {os.getloadavg()[0]:.1f}", flush=True)
    return taken, over, decided


def _busy() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _events_of(world: World) -> int:
    with reading(world.sessions) as session:
        return session.scalar(select(func.count()).select_from(Event)) or 0


def _against(kind: str, name: str, taken: float) -> Ratio:
    return Ratio(f"imports, {kind}", name, (round(taken / MINUTE, 3),), taken, MINUTE, "s", 0.0, "< 1")


