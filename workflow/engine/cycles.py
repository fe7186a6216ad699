"""Which cycle and which intake window a day belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ..language import lunar
from ..language.definition import Definition, Intake


def cycle_of(definition: Definition, day: date, *, later: int = 0) -> str:
    """Return the cycle's name: `2026`, `2026-2027`, or the name the definition gives.

    An academic year runs from 1 July, because study aid is applied for in the summer before the term begins
    (domain.md B5: opens in July, closes in late August). `later` asks for a following cycle.
    """
    cycle = definition.cycle
    if cycle.kind == "named":
        return cycle.name
    if cycle.kind == "academic_year":
        start = day.year + later - (day.month < 7)
        return f"{start}-{start + 1}"
    return str(day.year + later)


def intake_open(definition: Definition, day: date) -> bool:
    """Return whether applications are taken on `day`; a window given as month and day comes back every year."""
    intake = definition.intake
    return intake is None or within(intake.start, intake.end, day)


def window(intake: Intake, day: date) -> tuple[str, str]:
    """Return the window as people are told it: as it is written, and real days where it hangs on a feast: those of the
    window that `day` lies in, otherwise of the next to come."""
    if not (lunar.is_anchor(intake.start) or lunar.is_anchor(intake.end)):
        return intake.start, intake.end
    ahead = next((found for found in _windows(intake.start, intake.end, day.year) if day <= found[1]), None)
    return (ahead[0].isoformat(), ahead[1].isoformat()) if ahead else (intake.start, intake.end)


def within(start: str, end: str, day: date) -> bool:
    """Return whether `day` lies between two days inclusive, each `MM-DD`, `YYYY-MM-DD` or `春节-30d`; 11-01..02-28 wraps."""
    if lunar.is_anchor(start) or lunar.is_anchor(end):
        return any(first <= day <= last for first, last in _windows(start, end, day.year))
    if len(start) > 5 or len(end) > 5:
        return start <= day.isoformat() <= end
    today = day.strftime("%m-%d")
    return start <= today <= end if start <= end else today >= start or today <= end


def _windows(start: str, end: str, year: int) -> Iterator[tuple[date, date]]:
    """Yield the windows that begin around `year`, earliest first; none beyond the years whose feasts are known."""
    for each in range(max(year - 2, lunar.FIRST), min(year + 2, lunar.LAST)):
        first, last = lunar.day_of(start, each), lunar.day_of(end, each)
        yield first, last if first <= last else lunar.day_of(end, each + 1)


def effective(definition: Definition, day: date) -> bool:
    """Return whether submissions on `day` fall under this version."""
    return ((definition.effective_from is None or definition.effective_from <= day)
            and (definition.effective_to is None or day <= definition.effective_to))
