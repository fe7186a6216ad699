"""The yearly files of days off and make-up days: read with every fault by its line, kept, and noticed when they change.

One file a year, as the State Council announces it. Those that come with the release are in `definitions/calendar`; what
the administrator uploads stands in a directory of the installation and takes the place of the shipped file of that year.
Nothing here is about counting days: that is `workflow.calendar`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import Message, Refused

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from .actors import Actor
    from .language.faults import Fault
    from .language.scalars import Node

STREAM = "system"                    # the stream of what concerns the installation as a whole
LARGEST = 64 * 1024
_DAY = timedelta(days=1)
_LONGEST = 31                        # days in one span; anything longer is a slip of the pen


@dataclass(frozen=True, slots=True)
class Year:
    """The exceptions of one year: named days off, and weekend days worked in return."""

    year: int
    source: str
    off: tuple[tuple[str, tuple[date, ...]], ...]
    work: tuple[date, ...]
    digest: str

    @property
    def days_off(self) -> frozenset[date]:
        return frozenset(day for _, days in self.off for day in days)


def read(data: bytes, name: str) -> tuple[Year | None, tuple[Fault, ...]]:
    """Return the year that a file describes and every fault in it; None where there is any."""
    from .language import scalars
    from .language.faults import in_order

    root, faults = scalars.parse(data, name)
    if root is None or faults:
        return None, in_order(faults)
    reader = _Reader(root, list(faults))
    year = reader.year()
    return (None if reader.faults else year(sha256(data).hexdigest())), in_order(reader.faults)


class _Reader:
    """One file on its way from nodes to days; every fault knows its line."""

    def __init__(self, root: Node, faults: list[Fault]) -> None:
        self.root, self.faults = root, faults

    def year(self) -> Any:
        """Return a function of the file's digest that makes the year; of use only where there are no faults."""
        node = self.root.get("year")
        number = node.value if node is not None else None
        if not isinstance(number, int) or isinstance(number, bool) or not 2000 <= number <= 2100:
            self._fault(("year",), "CALENDAR_YEAR", "缺少年份，请写 year: 2027", "The year is missing; write year: 2027")
            number = None
        if isinstance(self.root.value, dict):
            for word in self.root.value.keys() - {"year", "source", "off", "work"}:
                self._fault((word,), "CALENDAR_WORD", f"不认识“{word}”，只有 year、source、off、work",
                            f"There is no word '{word}' here; known: year, source, off, work")
        off = tuple(self._off(number))
        days_off = {day for _, days in off for day in days}
        work = tuple(self._work(number, days_off))
        if number is not None and not days_off and not self.faults:
            self._fault(("off",), "CALENDAR_EMPTY", "一个放假日也没有，请检查文件", "The file has no day off at all")
        source = self.root.get("source")
        return lambda digest: Year(number or 0, str(source.value) if source is not None else "", off, work, digest)

    def _off(self, year: int | None) -> Iterator[tuple[str, tuple[date, ...]]]:
        node, seen = self.root.get("off"), dict[date, str]()
        if node is None or not isinstance(node.value, dict):
            self._fault(("off",), "CALENDAR_OFF", "缺少 off：每个节日一行，如“国庆节: 2027-10-01 - 2027-10-07”",
                        "'off' is missing: one line a holiday, such as '国庆节: 2027-10-01 - 2027-10-07'")
            return
        for name, held in node.value.items():
            days = self._span(("off", name), str(held.value), year)
            for day in days:
                if day in seen:
                    self._fault(("off", name), "CALENDAR_TWICE", f"{day} 在“{seen[day]}”里已经写过", f"{day} stands under '{seen[day]}' already")
                seen[day] = name
            yield name, days

    def _work(self, year: int | None, off: set[date]) -> Iterator[date]:
        node = self.root.get("work")
        if node is None or not isinstance(node.value, list):
            self._fault(("work",), "CALENDAR_WORK", "缺少 work：补班的周末一行一天；没有就写 work: []",
                        "'work' is missing: one weekend day worked a line; write work: [] where there is none")
            return
        seen = set[date]()
        for place, held in enumerate(node.value):
            day = self._day(("work", place), str(held.value), year)
            if day is None:
                continue
            if day in off:
                self._fault(("work", place), "CALENDAR_BOTH", f"{day} 既放假又补班", f"{day} is both a day off and a day worked")
            elif day.weekday() < 5:
                self._fault(("work", place), "CALENDAR_WEEKDAY", f"{day} 不是周末，本来就上班，不能写作补班",
                            f"{day} is no weekend: it is worked anyway")
            elif day in seen:
                self._fault(("work", place), "CALENDAR_TWICE", f"{day} 写了两次", f"{day} is written twice")
            seen.add(day)
            yield day

    def _span(self, path: tuple[str | int, ...], text: str, year: int | None) -> tuple[date, ...]:
        """The days of `2025-01-28 - 2025-02-04`, both included, or of a single date."""
        first, dash, last = text.partition(" - ")
        start = self._day(path, first, year)
        end = self._day(path, last, year) if dash else start
        if start is None or end is None:
            return ()
        count = (end - start).days + 1
        if not 1 <= count <= _LONGEST:
            self._fault(path, "CALENDAR_SPAN", f"“{text}”：起止日期颠倒或超过 {_LONGEST} 天", f"'{text}' runs backwards or is longer than {_LONGEST} days")
            return ()
        return tuple(start + _DAY * n for n in range(count))

    def _day(self, path: tuple[str | int, ...], text: str, year: int | None) -> date | None:
        try:
            day = date.fromisoformat(text.strip())
        except ValueError:
            self._fault(path, "CALENDAR_DATE", f"“{text}”不是日期，请写作 2027-10-01", f"'{text}' is no date; write 2027-10-01")
            return None
        if year is not None and day.year != year:
            self._fault(path, "CALENDAR_OTHER_YEAR", f"{day} 不在 {year} 年内", f"{day} does not lie in {year}")
            return None
        return day

    def _fault(self, path: tuple[str | int, ...], code: str, zh: str, en: str) -> None:
        from .language.faults import fault

        self.faults.append(fault(self.root.at(*path), code, zh, en))


def years_in(directory: Path) -> dict[int, Year]:
    """Return the sound files of a directory by year. Raises ValueError, naming the file, for one that contradicts itself."""
    found: dict[int, Year] = {}
    for path in sorted(directory.glob("*.yaml")):
        year, faults = read(path.read_bytes(), path.name)
        if year is None:
            raise ValueError(str(faults[0]))
        if str(year.year) != path.stem:
            raise ValueError(f"{path.name}: every day must lie in the year the file is named after")
        found[year.year] = year
    return found


def uploaded(directory: Path) -> tuple[dict[int, Year], tuple[Message, ...]]:
    """Return what was uploaded, by year, and a sentence for every file that is not fit for use and is passed over."""
    found: dict[int, Year] = {}
    bad: list[Message] = []
    for path in sorted(directory.glob("*.yaml")):
        try:
            year, faults = read(path.read_bytes()[:LARGEST + 1], path.name)
        except OSError as error:
            bad.append(Message("CALENDAR_FILE", f"{path.name} 读不出来（{error.strerror}），没有采用", f"{path.name} cannot be read and is not used"))
            continue
        if year is not None and str(year.year) == path.stem:
            found[year.year] = year
            continue
        told = faults[0] if faults else None
        bad.append(Message("CALENDAR_FILE", f"{path.name} 没有采用：{told.zh if told else '文件名与年份不符'}",
                           f"{path.name} is not used: {told.en if told else 'it is not named after its year'}"))
    return found, tuple(bad)


def keep(session: Session, directory: Path, data: bytes, name: str, actor: Actor, now: datetime) -> Year:
    """Take a checked file into use and leave an event with its digest. Dates that were promised before stay as they are.

    Raises `Refused` with every fault as `file:line: words`.
    """
    from . import history

    if len(data) > LARGEST:
        raise Refused([Message("CALENDAR_LARGE", "日历文件不能超过 64 KB", "A calendar file may not exceed 64 KB", "file")])
    year, faults = read(data, name)
    if year is None:
        raise Refused([Message(f.code, f"{f.file}:{f.line}: {f.zh}", f"{f.file}:{f.line}: {f.en}", "file") for f in faults])
    history.append_to(session, STREAM, kind="calendar", at=now, actor=actor, role="admin" if actor.person_id else "system",
                      extra={"year": year.year, "sha256": year.digest, "off": len(year.days_off), "work": len(year.work)})
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = directory / f".{year.year}.{os.getpid()}.new"
    fresh.write_bytes(data)
    os.replace(fresh, directory / f"{year.year}.yaml")     # whole or not at all, for whoever reads it in between
    return year


def stamp(directory: Path) -> tuple[tuple[str, int, int], ...]:
    """Return what changes whenever a file of the directory does; empty where there is no such directory."""
    try:
        with os.scandir(directory) as entries:
            return tuple(sorted((e.name, e.stat().st_mtime_ns, e.stat().st_size) for e in entries if e.name.endswith(".yaml")))
    except OSError:
        return ()


def merged(*layers: Mapping[int, Year]) -> dict[int, Year]:
    """Return one year of each number; the later layer wins."""
    return {number: year for layer in layers for number, year in layer.items()}
