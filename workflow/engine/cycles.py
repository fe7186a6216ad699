"""Which cycle and which intake window a day belongs to."""

from __future__ import annotations

from datetime import date

from ..language.definition import Definition


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


def within(start: str, end: str, day: date) -> bool:
    """Return whether `day` lies between two days inclusive, each `MM-DD` or `YYYY-MM-DD`; 11-01..02-28 wraps."""
    if len(start) > 5 or len(end) > 5:
        return start <= day.isoformat() <= end
    today = day.strftime("%m-%d")
    return start <= today <= end if start <= end else today >= start or today <= end


def effective(definition: Definition, day: date) -> bool:
    """Return whether submissions on `day` fall under this version."""
    return ((definition.effective_from is None or definition.effective_from <= day)
            and (definition.effective_to is None or day <= definition.effective_to))
