"""Lists that must not grow with the archive: the queue's page and one case's history at 10k, 100k and 1M cases."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sqlalchemy.orm import Session

from workflow import queries
from workflow.db import reading

from .county import County
from .databases import Databases
from .filling import fill
from .measure import ROUNDS, Ratio, ratio, seconds

SIZES = (10_000, 100_000, 1_000_000)
GROUP = "A list with more cases, to the same list with 10,000 (milliseconds; times, so less is better)"
CALLS = 20


def run(databases: Databases, sizes: tuple[int, ...] = SIZES) -> list[Ratio]:
    found = []
    for kind in ("postgresql", "sqlite"):
        counties = [_filled(databases, kind, size) for size in sizes]
        for name in ("queue page", "next page", "queue filters", "trace"):
            found += _compared(kind, name, counties, sizes)
        for county, *_ in counties:
            county.sessions.kw["bind"].dispose()
    return found


def _filled(databases: Databases, kind: str, size: int) -> tuple[County, list[str], str | None]:
    """Return the county, real cases to trace, and where the second page of the queue begins."""
    county = County(databases.new(kind))
    traced = [step.case_id for step in county.copy(county.before_the_leader(), 50)]
    fill(county, size)
    clerk, after = county.world.actor("clerk"), None
    with reading(county.sessions) as session:
        # At the smallest size the county's queue holds 100 rows: begin at row 50 there, at the same place elsewhere.
        after = queries.tasks(session, clerk, county.world.now, limit=49).next
    return county, traced, after


def _compared(kind: str, name: str, counties: list[tuple[County, list[str], str | None]], sizes: tuple[int, ...]) -> list[Ratio]:
    times: list[list[float]] = [[] for _ in sizes]
    for turn in range(ROUNDS + 1):
        for place, (county, traced, after) in enumerate(counties):
            with reading(county.sessions) as session:
                taken = 1000 * seconds(_call(name, session, county, traced[turn], after), CALLS)
            if turn:                     # the first round warms every cache
                times[place].append(taken)
    return [ratio(GROUP, f"{kind}, {name}, {size:,} cases", times[place], times[0], "ms", "≤ 2")
            for place, size in enumerate(sizes) if place]


def _call(name: str, session: Session, county: County, case_id: str, after: str | None) -> Callable[[], object]:
    clerk, now = county.world.actor("clerk"), county.world.now
    return {
        "queue page": partial(queries.tasks, session, clerk, now, limit=50),
        "next page": partial(queries.tasks, session, clerk, now, limit=50, after=after),
        "queue filters": partial(queries.chips, session, clerk, now),
        "trace": partial(queries.events, session, case_id),
    }[name]
