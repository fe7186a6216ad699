"""A hundred workers killed in the middle of their work: nothing acknowledged is lost, nothing is done twice.

Eight processes, two of them after every case, decide through `engine.act`; one is killed with SIGKILL whenever another
hundredth of the work is done, and started again (reliability.md F01). It needs no repair by hand afterwards.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from bench.county import Mould
from tests.engine.conftest import AID, FORM
from tests.slow import deciding
from tests.slow.deciding import Answer, Step
from tests.world import World
from workflow import history
from workflow.db import make_engine, make_sessions, reading, writing
from workflow.privacy import Vault
from workflow.records import Case, Decision, Event, Task

WORKERS, KILLS, CASES = 8, 100, 2000
PATIENCE = 600                               # seconds for the whole storm


@pytest.mark.slow
def test_a_hundred_killed_workers_lose_and_double_nothing(database: str, tmp_path: Path) -> None:
    desks = _desks(database)
    journals = [tmp_path / f"{n}.journal" for n in range(WORKERS)]
    kills = _storm(database, desks, journals)
    answers = [answer for journal in journals for answer in deciding.read(journal)]
    # Nobody has the database open any more, so what is read now is what survived.
    sessions = make_sessions(make_engine(database), Vault(b"k" * 32))
    with reading(sessions) as session:
        events = {row.idem_key: row for row in session.execute(
            select(Event.idem_key, Event.stream, Event.seq).where(Event.idem_key.is_not(None)))}
        twice = session.execute(select(Decision.case_id, Decision.state).where(Decision.actor_id.is_not(None))
                                .group_by(Decision.case_id, Decision.state).having(func.count() > 1)).all()
        states = Counter(session.scalars(select(Case.state)))
        waiting = session.scalar(select(func.count()).select_from(Task).where(Task.status == "open"))
    words = Counter(answer.word for answer in answers)
    acknowledged = [answer for answer in answers if answer.word != "OVERTAKEN"]
    lost = [answer for answer in acknowledged if not _stands(answer, events)]
    decided = len(events)
    print(f"\n{make_engine(database).dialect.name}: {kills} kills, {decided:,} decisions; {words['ACK']:,} acknowledged, "
          f"{words['AGAIN']} found again by their key, {words['OVERTAKEN']:,} duplicates refused; "
          f"{len(lost)} lost, {len(twice)} doubled")
    assert kills >= KILLS
    assert not lost and not twice
    assert states == {"paid": CASES + 1} and not waiting
    assert decided == len(acknowledged) == 2 * (CASES + 1)       # all that was committed was told to somebody in the end
    assert len(answers) == 2 * decided                       # every step was asked for by two workers
    _verify(sessions)


def _stands(answer: Answer, events: dict[str, object]) -> bool:
    event = events.get(answer.key)
    return event is not None and (event.stream, event.seq) == (answer.case_id, answer.seq)  # type: ignore[attr-defined]


def _verify(sessions: sessionmaker[Session]) -> None:
    """The log gets its leaves without a gap, the verifier finds nothing, and SQLite finds its own file whole."""
    with writing(sessions) as session:
        while history.sequence(session, 5000):
            pass
    with reading(sessions) as session:
        leaves = session.execute(select(func.count(), func.count(Event.leaf_index), func.count(Event.leaf_index.distinct()),
                                        func.min(Event.leaf_index), func.max(Event.leaf_index))).one()
        assert leaves == (leaves[0], leaves[0], leaves[0], 0, leaves[0] - 1)
        findings = history.verify(session)
        assert not findings.items, findings.items[:5]
        if session.get_bind().dialect.name == "sqlite":
            assert session.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"


def _desks(url: str) -> list[list[Step]]:
    """Put the cases on the leader's desk and return each worker's steps; every case is given to two workers."""
    engine = make_engine(url)
    sessions = make_sessions(engine, Vault(b"k" * 32))
    world = World(sessions)
    world.publish(AID)
    case_id = world.submitted("worker", "aid", FORM | {"cost": "10400.02"})
    world.act("basic", case_id, "approve", form={"opinion": "属实"})
    world.act("clerk", case_id, "approve", comment="票据齐全")
    with reading(sessions) as session:
        mould = Mould(session, case_id)
    cases = [case_id]
    with writing(sessions) as session:
        cases += [step.case_id for step in mould.cast(session, CASES, 0)]
    leader, cashier, revision = world.actor("leader"), world.actor("cashier"), world.row(case_id).revision
    engine.dispose()
    desks: list[list[Step]] = [[] for _ in range(WORKERS)]
    for n, name in enumerate(cases):
        # Two workers side by side in the same order, so that they really meet at the same case.
        pair = n % (WORKERS // 2) * 2
        for desk in desks[pair:pair + 2]:
            desk += [Step(name, "approve", revision, leader), Step(name, "pay", revision + 1, cashier)]
    return desks


def _storm(url: str, desks: list[list[Step]], journals: list[Path]) -> int:
    """Run all workers until their steps are done, killing one of them at every hundredth; return how many were killed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([deciding.__name__])
    choice = random.Random(20260615)

    def begun(n: int) -> ForkServerProcess:
        process = context.Process(target=deciding.work, args=(url, f"w{n}", desks[n], journals[n]))
        process.start()
        return process

    team = [begun(n) for n in range(WORKERS)]
    total, kills, until = sum(map(len, desks)), 0, time.monotonic() + PATIENCE
    while any(process.is_alive() for process in team):
        assert time.monotonic() < until, f"{kills} kills after {PATIENCE} seconds"
        done = sum(journal.read_bytes().count(b"\n") for journal in journals if journal.exists())
        if done * (KILLS + 5) >= (kills + 1) * total:
            time.sleep(choice.random() * 0.02)               # anywhere within a transaction
            n = choice.choice([n for n, process in enumerate(team) if process.is_alive()] or [0])
            if team[n].is_alive():
                os.kill(team[n].pid or 0, signal.SIGKILL)
                team[n].join()
                kills += team[n].exitcode == -signal.SIGKILL
                team[n] = begun(n)
        time.sleep(0.01)
    assert [process.exitcode for process in team] == [0] * WORKERS
    return kills
