"""The process that keeps sweeping: APScheduler as an alarm clock, and as nothing else. Its only import.

It holds no deadline: its jobs live in memory, look into the database every few seconds and do what they find there. Any number
of these processes may run, and any may be killed; what one has not done, the next sweep of another does.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from ..errors import BangfuError
from .sweep import sweep

log = logging.getLogger("bangfu.timers")
EVERY = 5                                # seconds between two sweeps
WATCH = 20                               # seconds between two looks at the alarm clock itself


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done every so many seconds, at the time it is given; several processes may do it at once."""

    name: str
    every: int
    do: Callable[[datetime], object]


def run(sessions: sessionmaker[Session], jobs: Sequence[Job], clock: Callable[[], datetime], *,
        stopped: threading.Event | None = None) -> None:
    """Sweep, and do the other `jobs`, until SIGTERM, SIGINT or `stopped`; what has begun is finished first.

    To be called from the main thread. `clock` returns the time on the wall, aware.
    """
    stopped = stopped or threading.Event()
    scheduler = BlockingScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})
    for job in (Job("sweep", EVERY, Pace(sessions, clock).sweep), *jobs):
        scheduler.add_job(_carefully, IntervalTrigger(seconds=job.every, timezone=UTC), (job, clock), id=job.name, next_run_time=clock())
    before = {number: signal.signal(number, lambda *_: stopped.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    # Shut down from another thread: a signal handler would do it in the middle of what the scheduler is just doing.
    watcher = threading.Thread(target=_watch, args=(scheduler, clock, stopped), daemon=True)
    watcher.start()
    try:
        scheduler.start()
    finally:
        stopped.set()
        for number, handler in before.items():
            signal.signal(number, handler)


class Pace:
    """Sweeps, and compares the wall clock with the machine's own count of seconds from one sweep to the next."""

    def __init__(self, sessions: sessionmaker[Session], clock: Callable[[], datetime], seconds: Callable[[], float] | None = None) -> None:
        self.sessions, self.clock, self.seconds = sessions, clock, seconds or _seconds
        self.last = (clock(), self.seconds())

    def sweep(self, now: datetime) -> None:
        count = self.seconds()
        ahead = now - self.last[0] - timedelta(seconds=count - self.last[1])
        done = sweep(self.sessions, now, ahead=ahead)
        # Only now: a jump that could not be written down is seen again by the next sweep.
        self.last = (now, count)
        if done.paused:
            log.warning("timers stand still: the clock has to be confirmed, see flask timers list")
        if done.fired or done.failed or done.parked or done.held:
            log.info("fired %d, held %d, failed %d, set aside %d", len(done.fired), len(done.held), len(done.failed), len(done.parked))


def _seconds() -> float:
    """Seconds that no clock on the wall moves, those of a sleeping laptop included where the system counts them."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(boottime) if boottime is not None else time.monotonic()


def _carefully(job: Job, clock: Callable[[], datetime]) -> None:
    """A database that is away for a while is one line in the log, and the job is tried again at its next turn."""
    try:
        job.do(clock())
    except (BangfuError, SQLAlchemyError) as error:
        log.warning("%s did not get through: %s", job.name, type(error).__name__)


def _watch(scheduler: BlockingScheduler, clock: Callable[[], datetime], stopped: threading.Event, every: float = WATCH) -> None:
    """End the scheduler when asked to; wake it where the wall clock was put back, or it would sleep until that time comes again."""
    while not scheduler.running:
        time.sleep(0.05)
    while not stopped.wait(every):
        now = clock()
        for job in scheduler.get_jobs():
            if job.next_run_time is not None and job.next_run_time > now + job.trigger.interval + timedelta(seconds=WATCH):
                job.modify(next_run_time=now)
    scheduler.shutdown(wait=True)
