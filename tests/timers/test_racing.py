"""A person and the clock at the same case, and several sweeps at once: one of them has it, and the other finds it done."""

import threading
import time

import pytest
from sqlalchemy import text

from tests.timers.storming import once
from tests.timers.ward import Ward
from workflow import engine, timers
from workflow.db import writing
from workflow.errors import BangfuError


def test_whoever_holds_the_case_keeps_its_timer_waiting_and_not_the_others(ward: Ward) -> None:
    held, free = ward.cooling(), ward.cooling()
    ward.later(days=3)
    actor, revision = ward.actor("clerk"), ward.row(held).revision
    begun, go_on = threading.Event(), threading.Event()
    swept: list[timers.Swept] = []

    def person() -> None:
        with writing(ward.sessions) as session:
            engine.act(session, held, "approve", actor, ward.now, revision=revision)
            begun.set()
            go_on.wait(10)

    def clock() -> None:
        swept.append(ward.sweep())

    hands, sweeper = threading.Thread(target=person), threading.Thread(target=clock)
    hands.start()
    begun.wait(10)
    sweeper.start()
    if ward.sessions.kw["bind"].dialect.name == "postgresql":
        sweeper.join(10)                                   # it does not wait for the person
        assert [f.case_id for f in swept[0].fired] == [free] and not swept[0].failed
    else:
        time.sleep(0.2)
    go_on.set()
    hands.join()
    sweeper.join()
    assert [f.case_id for f in swept[0].fired] == [free] and not swept[0].failed
    assert ward.row(held).state == ward.row(free).state == "paying"
    assert [row.status for row in ward.timers(held)][-1] == "cancelled"


def test_a_person_who_comes_while_the_clock_fires_reads_that_it_is_done(ward: Ward) -> None:
    cases = [ward.cooling() for _ in range(6)]
    ward.later(days=3)
    actor, refused = ward.actor("clerk"), []
    revisions = {case_id: ward.row(case_id).revision for case_id in cases}

    def person() -> None:
        for case_id in reversed(cases):
            try:
                with writing(ward.sessions) as session:
                    engine.act(session, case_id, "approve", actor, ward.now, revision=revisions[case_id])
            except BangfuError as error:
                refused.append(type(error).__name__)

    hands = threading.Thread(target=person)
    hands.start()
    fired = [f.case_id for _ in range(3) for f in ward.sweep().fired]
    hands.join()
    assert len(fired) + len(cases) - len(refused) == len(cases) and set(refused) <= {"Stale", "NotYours", "Impossible"}
    for case_id in cases:
        assert ward.row(case_id).state == "paying"
        assert [event.kind for event in ward.events(case_id)] == ["start", "act", "act", "act"]


def test_sweeps_at_once_fire_each_timer_once(ward: Ward) -> None:
    cases = [ward.reviewed() for _ in range(12)]
    ward.later(days=12)
    done: list[timers.Swept] = []
    team = [threading.Thread(target=lambda: done.append(ward.sweep())) for _ in range(4)]
    for member in team:
        member.start()
    for member in team:
        member.join()
    done.append(ward.sweep())
    assert sum(len(swept.fired) for swept in done) == 2 * len(cases) and not any(swept.failed for swept in done)
    assert once(ward.sessions) == 2 * len(cases)


@pytest.mark.parametrize("database", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_finding_what_is_due_reads_the_partial_index(ward: Ward) -> None:
    ward.reviewed()
    with writing(ward.sessions) as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(session.execute(text(
            "EXPLAIN SELECT id FROM timers WHERE timers.status = 'due' AND at <= now() ORDER BY at, id LIMIT 1")).scalars())
    assert "ix_timers_due" in plan
