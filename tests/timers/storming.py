"""Many timers due at once, and the processes that fire them: for the storm in which they are killed."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from datetime import datetime, timedelta
from multiprocessing.context import ForkServerProcess

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session, sessionmaker

from bench.county import Mould
from tests.timers.ward import Ward
from tests.world import NOW
from workflow import ids, timers
from workflow.db import make_engine, make_sessions, reading, writing
from workflow.errors import BangfuError
from workflow.privacy import Vault
from workflow.records import Event, Timer

AT = NOW + timedelta(days=3)
PATIENCE = 900                               # seconds for a whole storm


def sessions_of(url: str) -> sessionmaker[Session]:
    return make_sessions(make_engine(url, pool_size=1), Vault(b"k" * 32))


def due(url: str, count: int) -> None:
    """Make `count` timers due, each of a case of its own: ends of waits, reminders and escalations."""
    engine = make_engine(url)
    sessions = make_sessions(engine, Vault(b"k" * 32))
    ward = Ward(sessions)
    waiting, reviewed = ward.cooling(), ward.reviewed()
    already = 0
    for case_id, share in ((waiting, count // 3), (reviewed, count - count // 3)):
        with reading(sessions) as session:
            mould = Mould(session, case_id)
            rows = [dict(row) for row in session.execute(select(Timer.__table__).where(
                Timer.case_id == case_id, Timer.status == "due")).mappings()]
        with writing(sessions) as session:
            cases = [step.case_id for step in mould.cast(session, share, already)]
            copied = [rows[n % len(rows)] | {"id": ids.new(NOW), "case_id": case, "at": AT - timedelta(seconds=n % 600)}
                      for n, case in enumerate(cases)]
            session.execute(insert(Timer.__table__), copied)
        already += share
    with writing(sessions) as session:       # the two they were copied from wait for nothing
        session.execute(update(Timer).where(Timer.case_id.in_((waiting, reviewed)), Timer.status == "due").values(status="cancelled"))
    engine.dispose()


def work(url: str, until: datetime, few: int) -> None:
    """Sweep until nothing is due any more, a few at a time."""
    sessions = sessions_of(url)
    while True:
        try:
            timers.sweep(sessions, until, limit=few, watched=False)
            with reading(sessions) as session:
                if left(session) == 0:
                    return
        except BangfuError:
            continue


def left(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Timer).where(Timer.status == "due", Timer.at <= AT)) or 0


def storm(url: str, workers: int, kills: int, *, few: int = 50) -> tuple[int, float]:
    """Let `workers` processes fire everything, killing one whenever another share is done; return how many, and the seconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    choice, watching = random.Random(20261121), sessions_of(url)

    def begun() -> ForkServerProcess:
        process = context.Process(target=work, args=(url, AT, few))
        process.start()
        return process

    with reading(watching) as session:
        count = left(session)
    started = time.monotonic()
    team = [begun() for _ in range(workers)]
    killed = 0
    while any(process.is_alive() for process in team):
        assert time.monotonic() - started < PATIENCE, f"{killed} kills, {count} timers not done in {PATIENCE} seconds"
        with reading(watching) as session:
            done = count - left(session)
        if killed < kills and done * (kills + 2) >= (killed + 1) * count:
            time.sleep(choice.random() * 0.02)               # anywhere within a transaction
            n = choice.choice([n for n, process in enumerate(team) if process.is_alive()] or [0])
            if team[n].is_alive():
                os.kill(team[n].pid or 0, signal.SIGKILL)
                team[n].join()
                killed += team[n].exitcode == -signal.SIGKILL
                team[n] = begun()
        time.sleep(0.01)
    assert [process.exitcode for process in team] == [0] * workers
    watching.kw["bind"].dispose()
    return killed, time.monotonic() - started


def once(sessions: sessionmaker[Session]) -> int:
    """Return how many timers have fired, each by exactly one event that names it."""
    with reading(sessions) as session:
        fired = session.execute(select(Timer.id, Timer.case_id, Timer.fired_seq).where(Timer.status == "fired")).all()
        named = session.execute(select(Event.stream, Event.seq, Event.body).where(Event.actor_id.is_(None), Event.stream != timers.STREAM)).all()
        assert session.scalar(select(func.count()).select_from(Timer).where(Timer.status.in_(("parked", "held")))) == 0
    by_timer: dict[str, list[tuple[str, int]]] = {}
    for stream, seq, body in named:
        found = bytes(body).partition(b'"timer":"')[2].partition(b'"')[0].decode()
        by_timer.setdefault(found, []).append((stream, seq))
    by_timer.pop("", None)
    assert {row.id: [(row.case_id, row.fired_seq)] for row in fired} == by_timer
    return len(fired)
