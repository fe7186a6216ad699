"""Lists as long as a county's: 11,832 hardship files with their families, and 20,000 rows of an enrolment roster.

The baseline is the minute they may take; the figures beside it are seconds, from the bytes of the sheet to the last row written.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from time import perf_counter

from sqlalchemy import func, select

from tests.imports.conftest import Office, id_no, sheet
from tests.world import World
from workflow import imports
from workflow.db import reading
from workflow.records import Event

from .county import sessions_of
from .databases import Databases
from .measure import Ratio

FILES, MEMBERS, MINUTE = 11_832, 20_000, 60.0
HEAD = "档案编号,姓名,身份证号,与户主关系,工作单位,困难类别,建档日期,家庭人口,家庭月人均收入,档案状态,家庭住址,手机号,银行卡号,会员号,入会日期"


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


def run(databases: Databases) -> list[Ratio]:
    found = []
    for kind in ("sqlite", "postgresql"):
        for name, what, make in ((f"{FILES:,} hardship files with families", "files", lambda: hardship(FILES)),
                                 (f"{MEMBERS:,} members", "people", lambda: members(MEMBERS))):
            taken, again = import_twice(databases.new(kind), what, make)
            found += [_against(kind, name, taken), _against(kind, f"{name}, the same sheet again", again)]
    return found


def import_twice(url: str, kind: str, make: Callable[[], bytes]) -> tuple[float, float]:
    """Return the seconds of the first import and of the second, which must change nothing."""
    office, data = Office(World(sessions_of(url))), make()
    started = perf_counter()
    import_id = office.run(kind, data, size=imports.SLICE)
    taken = perf_counter() - started
    counts, before = office.counts(import_id), events(office)
    assert set(counts) == {"new"}, counts
    started = perf_counter()
    again = office.run(kind, data)
    over = perf_counter() - started
    assert set(office.counts(again)) == {"same"} and events(office) == before
    rows = sum(counts.values())
    print(f"    {kind}: {rows:,} rows in {taken:.1f} s, {rows / taken:,.0f} rows/s; again in {over:.1f} s", flush=True)
    return taken, over


def events(office: Office) -> int:
    with reading(office.sessions) as session:
        return session.scalar(select(func.count()).select_from(Event)) or 0


def _against(kind: str, name: str, taken: float) -> Ratio:
    return Ratio(f"imports, {kind}", name, (round(taken / MINUTE, 3),), taken, MINUTE, "s", 0.0, "< 1")


