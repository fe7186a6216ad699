"""The demo county 云岭县: invented unions, people and cases, made by the product's own public functions.

Everything happens in one transaction, in the order of the time it tells of, so a load is there whole or not at all;
a second one finds the county and changes nothing. Nothing here is used outside `flask demo load` and the tests.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from workflow import history, programmes
from workflow.actors import COMMAND
from workflow.attachments import Store
from workflow.db import reading, writing
from workflow.errors import Refused, one
from workflow.records import Case, Event, Organisation
from workflow.timers import sweep_within

from . import affairs, places, register, rooms
from .accounts import DEMO_ACCOUNTS, PASSWORD, listing
from .answers import answers
from .calendar_days import DAY, ZONE
from .pictures import Drawer
from .plans import MEDICAL, MODEL, STUDY, plans
from .playing import Player
from .rooms import LATER
from .tales import ACCIDENT, AUTUMN, tales
from .telling import Teller, applicants

__all__ = ["DEMO_ACCOUNTS", "PASSWORD", "Loaded", "listing", "load"]

FOUNDED = datetime(2022, 1, 5, 1, 30, tzinfo=UTC)
PROGRAMMES = tuple(f"{key}.v1." for key in (MEDICAL, STUDY, MODEL, ACCIDENT, AUTUMN, *LATER)) + (f"{MEDICAL}.v2.",)
ORIGIN = "bangfu.localhost"          # names the log in its seals where no address is set


class Bar(Protocol):
    """What `click.progressbar` gives."""

    def update(self, n_steps: int) -> None: ...


Progress = Callable[[str, int], AbstractContextManager[Bar]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What stands in the database now. `fresh` is False where it was there before."""

    fresh: bool
    cases: Counter[str]              # how many stand in each state
    events: int


def load(sessions: sessionmaker[Session], store: Store, now: datetime, progress: Progress, *, cases: int = 110,
         workers: int = 400, origin: str = ORIGIN, definitions: Path = programmes.DEFINITIONS) -> Loaded:
    """Make the demo county as it stands at `now`. `progress(label, length)` is like `click.progressbar`.

    Raises `Refused` where the database holds a real county already.
    """
    with reading(sessions) as session:
        if _there(session):
            return _loaded(session, fresh=False)
    hashes = register.hashes()       # before the transaction: it takes its time on purpose
    with writing(sessions) as session:
        if _there(session):          # somebody else was faster
            return _loaded(session, fresh=False)
        dice = random.Random("云岭县")
        with progress("单位和职工 unions and workers", workers + 80) as bar:
            county = places.found(session, FOUNDED)
            people = register.enter(session, county, hashes, workers, FOUNDED + timedelta(hours=1), dice, bar.update)
        for path in (path for path in programmes.files(definitions) if path.name.startswith(PROGRAMMES)):
            programmes.publish(session, path.read_text(encoding="utf-8"), path.name, COMMAND, FOUNDED + timedelta(days=7),
                               flows=definitions / "flows")
        drawer = Drawer(store)
        players = [Player(session, people, drawer, plan, answers(plan, number, dice), dice, now,
                          programmes.definition(session, plan.key, 1).separation.distinct)
                   for number, plan in enumerate(plans(people, cases, now, dice), 1)]
        told = tales(now.astimezone(ZONE).date())
        tellers = [Teller(session, people, drawer, tale, worker, number, dice)
                   for number, (tale, worker) in enumerate(zip(told, applicants(people), strict=False))]
        taken = {player.plan.worker.row.id for player in players} | {teller.worker.row.id for teller in tellers}
        others, first, length = rooms.told(session, people, drawer, taken, now)
        first = min(first, *(tale.start for tale in told))
        length += sum(len(player.plan.beats) + 1 for player in players) + sum(len(tale.steps()) + 1 for tale in told)
        with progress("申请 cases", length) as bar:
            _in_order([*(player.play() for player in players), *(teller.tell() for teller in tellers), *others, *affairs.told(session, people, now),
                       _clock(session, first, now), _seals(session, now, origin)], bar)
    with reading(sessions) as session:
        return _loaded(session, fresh=True)


def _in_order(stories: list[Iterator[datetime]], bar: Bar) -> None:
    """Resume the stories in the order of the times they wait for."""
    waiting: list[tuple[datetime, int, Iterator[datetime]]] = []
    for number, story in enumerate(stories):
        waiting.append((next(story), number, story))
    heapq.heapify(waiting)
    while waiting:
        _, number, story = heapq.heappop(waiting)
        at = next(story, None)
        bar.update(1)
        if at is not None:
            heapq.heappush(waiting, (at, number, story))


def _seals(session: Session, now: datetime, origin: str) -> Iterator[datetime]:
    """Seal the log at the end of every year and in the night before `now`, as the timer would."""
    for year in range(FOUNDED.year, now.astimezone(ZONE).year):
        at = datetime(year, 12, 31, 23, 30, tzinfo=ZONE)
        yield at
        history.seal(session, at, origin)
    last = now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    yield last
    history.seal(session, last, origin)


def _clock(session: Session, first: date, now: datetime) -> Iterator[datetime]:
    """Look every night at what is due, as the timers would, as long as there are cases that wait for the clock."""
    at = datetime.combine(first, time(0, 1), ZONE)
    while at < now:
        yield at
        sweep_within(session, at)
        at += DAY


def _there(session: Session) -> bool:
    county = session.scalar(select(Organisation).where(Organisation.code == places.COUNTY_CODE))
    if county is None and session.scalar(select(func.count()).select_from(Organisation)):
        raise Refused(one("DEMO_NOT_EMPTY", "数据库里已有其他单位，演示数据只能装入空库；请用 BANGFU_DATABASE_URL 另指一个库",
                          "This database holds other unions; the demo goes into an empty one: name one in BANGFU_DATABASE_URL"))
    return county is not None


def _loaded(session: Session, *, fresh: bool) -> Loaded:
    counted: Any = session.execute(select(Case.state, func.count()).group_by(Case.state).order_by(Case.state)).all()
    events = session.scalar(select(func.count()).select_from(Event)) or 0
    return Loaded(fresh, Counter(dict(counted)), events)
