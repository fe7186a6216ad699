"""Eight writers on one pool that can pay two thirds of what is asked for, killed at any moment: the books always balance.

10,000 steps in any order: reserve, release, pay, give back, move between two pools, each request now and then sent twice. No
pool is below zero at any commit, each hold is resolved at most once, the totals equal the ledger.
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
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from tests.money.test_overspending import SHUFFLE
from tests.slow import reserving
from tests.slow.reserving import People
from tests.world import World
from workflow import engine, history, money
from workflow.actors import COMMAND
from workflow.db import make_engine, make_sessions, reading, writing
from workflow.history import books
from workflow.history.findings import Report
from workflow.privacy import Vault
from workflow.records import Case, Event, Hold, LedgerEntry, Pool

WRITERS, STEPS, KILLS, CASES = 8, int(os.environ.get("FUND_STORM_STEPS", "10000")), 60, 24
PATIENCE = 3600                              # seconds for the whole storm
ASKED = CASES * 100_000                      # 分: every case asks for up to 1,000 yuan
TOTAL = ASKED * 2 // 3


@pytest.mark.slow
def test_eight_killed_writers_never_overspend(database: str, tmp_path: Path) -> None:
    cases, pools, people = _county(database)
    journals = [tmp_path / f"{n}.journal" for n in range(WRITERS)]
    kills, looks, seconds = _storm(database, cases, pools, people, journals)
    tried, answers = [], {}
    for journal in journals:
        mine, got = reserving.read(journal)
        tried += mine
        answers |= got
    sessions = make_sessions(make_engine(database), Vault(b"k" * 32))
    words = Counter(answers.values())
    with reading(sessions) as session:
        known = {row.idem_key: row.stream for row in session.execute(select(Event.idem_key, Event.stream).where(Event.idem_key.is_not(None)))}
        kinds = Counter({row.kind: row.n for row in session.execute(select(LedgerEntry.kind, func.count().label("n")).group_by(LedgerEntry.kind))})
    lost = [one for one in tried if one.what != "transfer" and answers.get(one.key) in ("ACK", "AGAIN") and known.get(one.key) != one.case_id]
    print(f"\n{make_engine(database).dialect.name}: {len(answers):,} steps of {WRITERS} writers in {seconds:.0f} s, {kills} kills, {looks} looks meanwhile; "
          f"{words['ACK']:,} done, {words['AGAIN']} found again by their key, {words['BUDGET_SHORT']:,} short, {words['OVERTAKEN']:,} overtaken; "
          f"entries: {dict(sorted(kinds.items()))}; {len(lost)} lost")
    assert len(answers) >= STEPS and not lost
    assert all(kinds[kind] for kind in ("hold", "release", "spend", "return", "transfer")) and words["BUDGET_SHORT"] and kills
    _books(sessions, cases)


def _books(sessions: sessionmaker[Session], cases: list[str]) -> None:
    """Hold every entry, every hold and every case against each other, and let the verifier do the same its own way."""
    with reading(sessions) as session:
        for pool in session.scalars(select(Pool)):
            total = held = spent = 0
            for place, entry in enumerate(session.scalars(select(LedgerEntry).where(LedgerEntry.pool_id == pool.id).order_by(LedgerEntry.n)), 1):
                signs = {account: (entry.to_account == account) - (entry.from_account == account) for account in ("source", "held", "spent")}
                total, held, spent = (total - signs["source"] * entry.amount, held + signs["held"] * entry.amount, spent + signs["spent"] * entry.amount)
                assert (entry.n, entry.total, entry.held, entry.spent) == (place, total, held, spent)
                assert held >= 0 and spent >= 0 and held + spent <= total               # after this very commit
            assert (pool.total, pool.held, pool.spent, pool.entries) == (total, held, spent, place)
        assert session.scalar(select(func.sum(Pool.total))) == TOTAL                     # moved to and fro, none made or lost
        often = session.scalars(select(func.count()).select_from(LedgerEntry).where(LedgerEntry.kind.in_(("release", "spend"))).group_by(LedgerEntry.hold_id))
        assert set(often) == {1}
        open_holds = Counter(session.scalars(select(Hold.case_id).where(Hold.status == "open")))
        standing = {row.id for row in session.execute(select(Case.id, Case.state)) if row.state in ("waiting", "paying")}
        assert open_holds == dict.fromkeys(standing, 1) and standing <= set(cases)
    with writing(sessions) as session:
        while history.sequence(session, 5000):
            pass
    with reading(sessions) as session:
        findings = history.verify(session)
        assert not findings.items, findings.items[:5]


def _county(url: str) -> tuple[list[str], tuple[int, int], People]:
    db = make_engine(url)
    world = World(make_sessions(db, Vault(b"k" * 32)))
    world.publish(SHUFFLE.replace("KEY", "storm"), "storm.v1.yaml")
    with writing(world.sessions) as session:
        pools = (money.open_pool(session, "539921/2026/storm", TOTAL * 3 // 4, COMMAND, world.now),
                 money.open_pool(session, "539921/2026/reserve", TOTAL // 4, COMMAND, world.now))
    worker, cases = world.actor("worker"), []
    for _ in range(CASES):
        with writing(world.sessions) as session:
            cases.append(engine.start(session, "storm", worker, world.now))
            engine.act(session, cases[-1], "submit", worker, world.now, revision=1, form={"cost": "1000"})
    people = People(world.actor("clerk"), world.actor("finance"), world.actor("leader"))
    db.dispose()
    return cases, pools, people


def _storm(url: str, cases: list[str], pools: tuple[int, int], people: People, journals: list[Path]) -> tuple[int, int, float]:
    """Run all writers until their steps are done, killing one now and then; return kills, looks at the books, and seconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([reserving.__name__])
    choice, each = random.Random(20260615), -(-STEPS // WRITERS)
    db = make_engine(url)
    sessions = make_sessions(db, Vault(b"k" * 32))

    def begun(n: int) -> ForkServerProcess:
        process = context.Process(target=reserving.work, args=(url, f"w{n}", cases, pools, people, each, journals[n]))
        process.start()
        return process

    begin = time.monotonic()
    team = [begun(n) for n in range(WRITERS)]
    kills = looks = 0
    while any(process.is_alive() for process in team):
        assert time.monotonic() < begin + PATIENCE, f"{kills} kills after {PATIENCE} seconds"
        done = sum(journal.read_bytes().count(b'["GOT"') for journal in journals if journal.exists())
        if done * (KILLS + 3) >= (kills + 1) * STEPS:
            time.sleep(choice.random() * 0.02)               # anywhere within a transaction
            alive = [n for n, process in enumerate(team) if process.is_alive()]
            n = choice.choice(alive or [0])
            if team[n].is_alive():
                os.kill(team[n].pid or 0, signal.SIGKILL)
                team[n].join()
                kills += team[n].exitcode == -signal.SIGKILL
                team[n] = begun(n)
        with reading(sessions) as session:                   # as everybody else sees it at this moment
            assert session.execute(select(Pool.key).where((Pool.held < 0) | (Pool.spent < 0) | (Pool.held + Pool.spent > Pool.total))).all() == []
            if looks % 20 == 0 and db.dialect.name == "sqlite":      # one snapshot for all queries
                report = Report()
                books.check(session.connection(), report, {})
                assert report.raised == []
        looks += 1
        time.sleep(0.1)
    db.dispose()
    assert [process.exitcode for process in team] == [0] * WRITERS
    return kills, looks, time.monotonic() - begin
