"""Thousands of random steps through programmes nobody has thought of. What must never happen, never does.

Every rule is one step: somebody acts, somebody tries what is not theirs, an officer hands work on, days pass. After
each: every open case has somebody (or a clock) it waits for, nobody has two decisions open in one case, and the
history alone gives the state the row shows. At the end of a walk the verifier reads everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, sessionmaker

from tests.walks.inventing import programme
from tests.world import NOW, PEOPLE, World
from workflow import engine, history, timers
from workflow.db import reading, writing
from workflow.errors import BangfuError
from workflow.records import Case, Clock, Event, Task, Timer

EXAMPLES, STEPS = 100, 50            # on each of two databases: 10,000 steps
APPLICANTS = ("worker", "nurse")
OPERATIONS = ("transfer", "delegate", "hand_back", "recall", "claim", "release", "consult", "reply", "cc", "add_signer",
              "remove_signer", "urge")
_numbers = count(1)


def machine(world: World) -> type[RuleBasedStateMachine]:
    """Return a machine whose walks all take place in this county."""
    holders = {(role, world.orgs[code]): [] for _, _, posts in PEOPLE.values() for role, code in posts}
    for short, (_, _, posts) in PEOPLE.items():
        for role, code in posts:
            holders[role, world.orgs[code]].append(short)
    shorts = {person: short for short, person in world.ids.items()}

    class Walk(RuleBasedStateMachine):
        @initialize(data=st.data())
        def invent(self, data: Any) -> None:
            world.now = NOW          # every walk begins on the same morning, and no clock remembers the walk before
            with writing(world.sessions) as session:
                session.execute(delete(Clock))
                session.execute(update(Timer).where(Timer.status == "due").values(status="cancelled"))
            self.key = f"walk{next(_numbers)}"
            self.cases: list[str] = []
            world.publish(programme(data.draw, self.key), f"{self.key}.v1.yaml")
            self.begin(data)

        @rule(data=st.data())
        def begin(self, data: Any) -> None:
            if len(self.cases) < 3:
                who = data.draw(st.sampled_from(APPLICANTS))
                case_id = world.start(who, self.key)
                self.cases.append(case_id)
                self.submit(who, case_id, data)

        def submit(self, who: str, case_id: str, data: Any) -> None:
            self.attempt(who, case_id, "submit", form={"cost": data.draw(st.sampled_from(("100", "900", "9000")))})

        def attempt(self, who: str, case_id: str, trigger: str, **more: Any) -> None:
            try:
                world.act(who, case_id, trigger, **more)
            except BangfuError:
                return               # refusals are said elsewhere; here only what stands afterwards counts

        def one(self, data: Any) -> str:
            """One of the walk's cases, by its place: ids differ from run to run."""
            return pick(data, self.cases)

        def candidates(self, case_id: str) -> list[str]:
            """Whoever an open task is addressed to."""
            with reading(world.sessions) as session:
                found = []
                for task in session.scalars(select(Task).where(Task.case_id == case_id, Task.status == "open", Task.kind != "cc")):
                    found += ([shorts[task.person_id]] if task.person_id else holders.get((task.role, task.organisation_id), []))
            return sorted(set(found))

        @precondition(lambda self: self.cases)
        @rule(data=st.data())
        def act(self, data: Any) -> None:
            self.step(data)

        @precondition(lambda self: self.cases)
        @rule(data=st.data())
        def act_again(self, data: Any) -> None:
            self.step(data)

        @precondition(lambda self: self.cases)
        @rule(data=st.data())
        def act_once_more(self, data: Any) -> None:
            self.step(data)

        def step(self, data: Any) -> None:
            case_id = self.one(data)
            who = pick(data, self.candidates(case_id) or ["clerk"])
            try:
                actions = [action for action in world.look(who, case_id).actions if not action.blocked]
            except BangfuError:
                return
            if not actions:
                return
            onward = [action for action in actions if action.forward]
            offered = onward if onward and data.draw(st.integers(0, 3)) else actions
            action = pick(data, offered)
            if action.trigger == "submit":
                self.submit(who, case_id, data)
                return
            dest = pick(data, action.dests)[0] if action.dests else None
            world.act(who, case_id, action.trigger, dest=dest, comment="理由")

        @precondition(lambda self: self.cases)
        @rule(data=st.data())
        def try_what_is_not_theirs(self, data: Any) -> None:
            case_id = self.one(data)
            who = data.draw(st.sampled_from(sorted(PEOPLE)))
            trigger = data.draw(st.sampled_from(("approve", "reject", "pay", "notice_passed", "resume", "return_to", "route", "lapse")))
            self.attempt(who, case_id, trigger, comment="试一试")

        @precondition(lambda self: self.cases)
        @rule(data=st.data())
        def hand_work_on(self, data: Any) -> None:
            case_id = self.one(data)
            who = pick(data, self.candidates(case_id) or ["clerk"])
            if who == "admin":
                return               # asked to call voters together, and sees nothing of the case
            actor = world.actor(who)
            with reading(world.sessions) as session:
                offers = engine.operations_for(session, case_id, actor, world.now)
            if not offers:
                return
            offer = pick(data, offers)
            chosen = pick(data, offer.candidates).id if offer.candidates else None
            with writing(world.sessions) as session:
                engine.operate(session, case_id, offer.operation, actor, world.now, to=chosen, comment="请协助",
                               task_id=offer.task_id or None)

        @precondition(lambda self: self.cases)
        @rule(data=st.data())
        def hand_on_what_is_not_theirs(self, data: Any) -> None:
            case_id = self.one(data)
            who, to = data.draw(st.sampled_from(sorted(PEOPLE))), data.draw(st.sampled_from(sorted(PEOPLE)))
            try:
                with writing(world.sessions) as session:
                    engine.operate(session, case_id, data.draw(st.sampled_from(OPERATIONS)), world.actor(who), world.now,
                                   to=world.ids[to], comment="请协助")
            except BangfuError:
                return

        @rule(hours=st.sampled_from((3, 24, 72, 240)))
        def days_pass(self, hours: int) -> None:
            world.now += timedelta(hours=hours)
            timers.sweep(world.sessions, world.now)

        @invariant()
        def every_case_has_a_next_actor_and_nobody_two_decisions(self) -> None:
            if not getattr(self, "cases", None):
                return
            with reading(world.sessions) as session:
                for row in session.scalars(select(Case).where(Case.id.in_(self.cases))):
                    told = session.scalars(select(Event).where(Event.stream == row.id).order_by(Event.seq)).all()
                    replayed(row, told)
                    open_tasks = session.scalars(select(Task).where(
                        Task.case_id == row.id, Task.status.in_(("open", "waiting")), Task.kind.in_(("work", "ballot", "branch")))).all()
                    clocks = session.scalars(select(Timer.status).where(Timer.case_id == row.id, Timer.status.in_(("due", "held", "parked")))).all()
                    if row.ended_at is not None:
                        assert not open_tasks and not clocks, f"{row.state} is an end, and something still waits"
                        continue
                    assert open_tasks, f"nobody is asked at {row.state}"
                    assert all(task.entry == row.entry and task.state == row.state for task in open_tasks)
                    kinds = Counter(task.kind for task in open_tasks)
                    assert kinds["work"] <= 1 and not (kinds["work"] and len(kinds) > 1)
                    mine = Counter(task.person_id for task in open_tasks if task.person_id)
                    assert max(mine.values(), default=0) <= 1, "somebody has two decisions open in one case"
                    assert "parked" not in clocks

        def teardown(self) -> None:
            if not getattr(self, "cases", None):
                return
            for case_id in self.cases:                   # everything open can still be decided by somebody, or ends by itself
                row = world.row(case_id)
                if row.ended_at is None and not any(self.can_act(who, case_id) for who in self.candidates(case_id)):
                    with reading(world.sessions) as session:
                        assert session.scalars(select(Timer.id).where(Timer.case_id == case_id, Timer.kind == "fire",
                                                                      Timer.status == "due")).all(), f"stuck at {row.state}: {self.candidates(case_id)}"

        def can_act(self, who: str, case_id: str) -> bool:
            if who == "admin":       # a vote that too few can take part in waits for an administrator to call people
                return True
            if world.look(who, case_id).actions:
                return True
            with reading(world.sessions) as session:     # whoever was asked to help gives the case back
                return "hand_back" in {offer.operation for offer in engine.operations_for(session, case_id, world.actor(who), world.now)}

    return Walk


def pick(data: Any, among: Sequence[Any]) -> Any:
    """One of them by its place, so that a walk is drawn alike whatever ids it meets."""
    return among[data.draw(st.integers(0, 999)) % len(among)]


def replayed(row: Case, told: Any) -> None:
    """The events alone say where the case stands."""
    state, revision = None, 0
    for number, event in enumerate(told, 1):
        assert event.seq == number
        assert event.from_state == state or event.kind == "start"
        assert event.kind in ("start", "act") or event.to_state == event.from_state
        assert event.revision in (revision, revision + 1)
        state, revision = event.to_state, event.revision
    assert (state, revision, told[-1].seq, told[-1].hash) == (row.state, row.revision, row.last_seq, row.last_hash)


def test_random_walks_leave_no_case_without_a_next_actor(sessions: sessionmaker[Session]) -> None:
    world = World(sessions)
    world.open_accounts()
    run_state_machine_as_test(machine(world), settings=settings(
        max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck)))
    with writing(sessions) as session:
        history.sequence(session, 100_000)
    with reading(sessions) as session:
        assert history.verify(session).items == ()
