"""The process around the sweep: it ends when told to, does the other jobs as well, and never sleeps through a clock put back."""

import threading
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.orm import Session, sessionmaker

from workflow import timers
from workflow.db import reading
from workflow.errors import Busy
from workflow.records import Clock
from workflow.timers.running import _watch


def now() -> datetime:
    return datetime.now(UTC)


def test_it_sweeps_does_the_other_jobs_and_ends_when_told_to(sessions: sessionmaker[Session]) -> None:
    stopped, done = threading.Event(), list[datetime]()

    def busy(_: datetime) -> None:
        raise Busy

    def other(at: datetime) -> None:
        done.append(at)
        if len(done) == 2:
            stopped.set()

    guard = threading.Timer(30, stopped.set)
    guard.start()
    begun = now()
    timers.run(sessions, [timers.Job("busy", 1, busy), timers.Job("other", 1, other)], now, stopped=stopped)
    guard.cancel()
    assert len(done) >= 2 and begun <= done[0] and now() - begun < timedelta(seconds=25)
    with reading(sessions) as session:
        assert session.query(Clock).one().swept_at >= begun


def test_a_clock_put_back_by_hours_does_not_put_it_to_sleep_for_hours() -> None:
    scheduler, stopped, rang = BlockingScheduler(timezone=UTC), threading.Event(), threading.Event()
    scheduler.add_job(rang.set, IntervalTrigger(seconds=5, timezone=UTC), next_run_time=now() + timedelta(hours=2))
    runner = threading.Thread(target=scheduler.start)
    watcher = threading.Thread(target=_watch, args=(scheduler, now, stopped, 0.05))
    runner.start()
    watcher.start()
    assert rang.wait(10)
    stopped.set()
    watcher.join(10)
    runner.join(10)
    assert not scheduler.running and not runner.is_alive()
