"""Eight writers at once, and thousands of steps in random order with duplicates and crashes: the books always balance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session, sessionmaker

from tests.engine.test_racing import acting, at_once
from tests.money.conftest import Funds
from tests.world import World
from workflow import engine, money
from workflow.actors import COMMAND, Actor
from workflow.db import reading, writing
from workflow.engine.dossier import open_dossier
from workflow.engine.files import note
from workflow.errors import BangfuError, Refused
from workflow.history import books
from workflow.history.findings import Report
from workflow.records import Case, Hold, LedgerEntry, Pool

SHUFFLE = """
schema: 1
key: KEY
version: 1
title: 试算
initial: draft
number: "{key}-{org.code}-{year}-{seq:04d}"
form:
  cost: {label: 费用, type: money, required: true, min: 0}
amount: {value: form.cost, adjustable_in: [desk], max: form.cost, reason_required: false}
budget: {pool: "{org.county}/{year}/{key}", hold_in: [waiting, paying], commit: paying.pay}
actors:
  applicant: {who: applicant}
  county: {role: county_handler, scope: ancestor(county)}
separation: {applicant_may_not_decide: true}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*]}
  - {name: desk, label: 经办, kind: task, actor: county, due: 5wd}
  - {name: waiting, label: 等待, kind: task, actor: county, due: 5wd}
  - {name: paying, label: 拨付, kind: task, actor: county, due: 5wd}
  - {name: sent, label: 已汇出, kind: task, actor: county, due: 5wd}
  - {name: paid, label: 已付, final: true, outcome: approved}
  - {name: rejected, label: 不批, final: true, outcome: rejected}
transitions:
  - {trigger: submit, label: 提交, source: draft, dest: desk, require: [form]}
  - {trigger: hold, label: 预留, source: desk, dest: waiting}
  - {trigger: back, label: 放回, source: [waiting, paying, sent], dest: desk}
  - {trigger: on, label: 去拨付, source: [desk, waiting], dest: paying}
  - {trigger: wait, label: 再等, source: paying, dest: waiting}
  - {trigger: pay, label: 汇出, source: paying, dest: sent}
  - {trigger: done, label: 办结, source: sent, dest: paid}
  - {trigger: reject, label: 不批, source: [desk, waiting, paying], dest: rejected}
"""


# --- eight writers -----------------------------------------------------------------------------------


def test_eight_writers_never_reserve_more_than_there_is(world: World, funds: Funds) -> None:
    """24 cases of 1,000 yuan and a pool that can pay 16 of them: exactly 16 are held, and the others are told why."""
    funds.open(1_600_000)
    cases = [funds.reviewed() for _ in range(24)]
    clerks = [world.actor("clerk"), world.actor("clerk2")]
    calls = [acting(world, clerks[n % 2], case_id, "approve", 2) for n, case_id in enumerate(cases)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(_answer, calls))
    won = [case_id for case_id, answer in zip(cases, answers, strict=True) if isinstance(answer, engine.Done)]
    lost = [answer for answer in answers if not isinstance(answer, engine.Done)]
    assert len(won) == 16 and all(isinstance(answer, Refused) and answer.messages[0].code == "BUDGET_SHORT" for answer in lost), lost
    assert funds.stands() == (1_600_000, 1_600_000, 0)
    leader = world.actor("leader")
    at_once([acting(world, leader, case_id, "reject", 3, comment="不符合") for case_id in won[:8]])
    assert funds.stands() == (1_600_000, 800_000, 0)
    funds.clean()


def test_one_click_sent_eight_times_reserves_once(world: World, funds: Funds) -> None:
    funds.open(900_000)
    case_id, clerk = funds.reviewed(), world.actor("clerk")
    answers = at_once([acting(world, clerk, case_id, "approve", 2, idem_key="one") for _ in range(8)])
    assert all(isinstance(answer, engine.Done) for answer in answers), answers
    assert funds.stands() == (900_000, 100_000, 0) and len(funds.holds(case_id)) == 1
    funds.clean()


def _answer(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except BangfuError as refusal:
        return refusal


# --- random order ------------------------------------------------------------------------------------


class Crash(Exception):
    """The process died here."""


@contextmanager
def crashing(sessions: sessionmaker[Session], at: int) -> Iterator[None]:
    """Die before the `at`-th statement that goes to the database."""
    left = [at]

    def count(*_: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Crash
    bind = sessions.kw["bind"]
    event.listen(bind, "before_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(bind, "before_cursor_execute", count)


WAYS = {("desk", "hold"): "waiting", ("desk", "on"): "paying", ("waiting", "on"): "paying", ("waiting", "back"): "desk",
        ("paying", "back"): "desk", ("sent", "back"): "desk", ("paying", "wait"): "waiting", ("paying", "pay"): "sent"}
TRIGGERS = ("hold", "back", "on", "wait", "pay")


AMOUNTS = (100, 2_500, 4_000, 6_000)
CASES = st.integers(0, 3)
SUMS = st.sampled_from(AMOUNTS)
CRASHES = st.one_of(st.just(0), st.just(0), st.integers(1, 40))      # before which statement the process dies; 0: it lives
OWN, CENTRAL, FUND = 0, 1, 2


class Till:
    """Four cases that ask for up to 60 yuan each, and two pools that can pay two thirds of it, one filled from a fund.

    The model keeps what each case holds and has been paid, and from where; the books must say the same after every step.
    """

    def __init__(self, world: World, people: dict[str, Actor], seen: Counter[str]) -> None:
        self.world, self.people, self.seen, key = world, people, seen, "a" + uuid4().hex[:10]
        world.publish(SHUFFLE.replace("initial: draft", "initial: draft\nsources: [own_union, central_hardship]").replace("KEY", key), f"{key}.v1.yaml")
        with writing(world.sessions) as session:
            self.pools = [money.open_pool(session, f"539921/2026/{name}", total, COMMAND, world.now) for name, total in (
                (f"{key}@own_union", 6_000), (f"{key}@central_hardship", 10_000), (f"{key}/fund@own_union", 4_000))]
            self.cases = [engine.start(session, key, people["worker"], world.now) for _ in range(4)]
            for case_id in self.cases:
                engine.act(session, case_id, "submit", people["worker"], world.now, revision=1, form={"cost": "60"})
        self.state = dict.fromkeys(self.cases, "desk")
        self.revision = dict.fromkeys(self.cases, 2)
        self.amount = dict.fromkeys(self.cases, 6_000)
        self.total = [6_000, 10_000, 4_000]
        self.held: dict[str, tuple[int, int]] = {}                   # of a case: which pool, how much
        self.paid: dict[str, tuple[int, int]] = {}
        self.last: dict[str, tuple[str, dict[str, Any]]] = {}

    def act(self, case: int, way: int, amount: int, crash: int) -> None:
        case_id = self.cases[case]
        here = [trigger for state, trigger in WAYS if state == self.state[case_id]]
        trigger = TRIGGERS[amount % 5] if way == 9 else here[way % len(here)]        # now and then one that cannot be
        words: dict[str, Any] = {"revision": self.revision[case_id], "idem_key": uuid4().hex, "comment": "办"}
        if self.state[case_id] == "desk" and trigger in ("hold", "on"):
            words["amount"] = Decimal(amount) / 100
        self._fire(case_id, trigger, words, crash)

    def _fire(self, case_id: str, trigger: str, words: dict[str, Any], crash: int) -> None:
        state = self.state[case_id]
        dest, was = WAYS.get((state, trigger)), self._rows()
        amount = int(words["amount"] * 100) if "amount" in words else self.amount[case_id]
        enters = dest in ("waiting", "paying") and state == "desk"
        payer = next((pool for pool in (OWN, CENTRAL) if amount <= self._left(pool)), None)      # never split
        fits = dest is not None and not (enters and (case_id in self.paid or payer is None))
        try:
            with crashing(self.world.sessions, crash or 10**6), writing(self.world.sessions) as session:
                engine.act(session, case_id, trigger, self.people["clerk"], self.world.now, **words)
        except Crash:
            assert self._rows() == was               # as if it had never been tried
            self.seen["crash"] += 1
            return
        except BangfuError as refusal:
            assert not fits, (state, trigger, refusal)
            assert self._rows() == was
            self.seen["refused"] += 1
            return
        assert fits and dest is not None, (state, trigger)
        self.last[case_id] = (trigger, words)
        self.seen[trigger] += 1
        self.state[case_id], self.amount[case_id] = dest, amount
        self.revision[case_id] += 1
        if enters:
            assert payer is not None
            self.held[case_id] = (payer, amount)
        elif dest == "sent":
            self.paid[case_id] = self.held.pop(case_id)
        elif dest == "desk":
            self.held.pop(case_id, None)

    def again(self, case: int) -> None:
        """The browser sends the last request once more."""
        case_id = self.cases[case]
        if case_id not in self.last:
            return
        trigger, words = self.last[case_id]
        was = self._rows()
        with writing(self.world.sessions) as session:
            assert engine.act(session, case_id, trigger, self.people["clerk"], self.world.now, **words).replayed
        assert self._rows() == was
        self.seen["again"] += 1

    def give_back(self, case: int, share: int, crash: int) -> None:
        """Money comes back from the bank, in parts or whole; never more than went out."""
        case_id = self.cases[case]
        pool, spent = self.paid.get(case_id, (OWN, 0))
        amount, was = min(share, spent or 1), self._rows()
        with reading(self.world.sessions) as session:
            hold = session.scalars(select(Hold.id).where(Hold.case_id == case_id, Hold.status == "spent", Hold.returned < Hold.amount)).first()
        try:
            with crashing(self.world.sessions, crash or 10**6), writing(self.world.sessions) as session:
                dossier = open_dossier(session, case_id, self.people["clerk"], lock=True)
                note(session, dossier, "refund", self.people["clerk"], "county_handler", self.world.now, {})
                money.give_back(session, hold or "none", amount, case_id, dossier.row.last_seq + 1, self.world.now)
        except Crash:
            assert self._rows() == was
            return
        except Refused:
            assert hold is None and self._rows() == was
            return
        self.paid[case_id] = (pool, spent - amount)
        if spent == amount:
            del self.paid[case_id]
        self.seen["return"] += 1

    def adjust(self, pool: int, amount: int) -> None:
        try:
            with writing(self.world.sessions) as session:
                proposal = money.adjust(session, self.pools[pool], amount, "调整", self.people["finance"], self.world.now)
                money.confirm(session, proposal, self.people["leader"], self.world.now)
        except Refused:
            assert self._left(pool) + amount < 0
            return
        self.total[pool] += amount

    def transfer(self, giver: int, taker: int, amount: int, crash: int) -> None:
        was = self._rows()
        try:
            with crashing(self.world.sessions, crash or 10**6), writing(self.world.sessions) as session:
                proposal = money.transfer(session, self.pools[giver], self.pools[taker], amount, "划转", self.people["finance"], self.world.now)
                money.confirm(session, proposal, self.people["leader"], self.world.now)
        except Crash:
            assert self._rows() == was
            return
        except Refused:
            assert (amount > self._left(giver) or CENTRAL in (giver, taker)) and self._rows() == was      # money keeps its source
            return
        self.total[giver] -= amount
        self.total[taker] += amount
        self.seen["transfer"] += 1

    def balances(self) -> None:
        with reading(self.world.sessions) as session:
            rows = {row.id: row for row in session.execute(select(Pool.id, Pool.total, Pool.held, Pool.spent).where(Pool.id.in_(self.pools)))}
        for pool, pool_id in enumerate(self.pools):
            row = rows[pool_id]
            assert (row.total, row.held, row.spent) == (self.total[pool], _in(self.held, pool), _in(self.paid, pool))
            assert row.held >= 0 and row.spent >= 0 and row.held + row.spent <= row.total

    def fit(self) -> None:
        """Every pool of every example so far is what its entries say, and every hold was resolved at most once."""
        with reading(self.world.sessions) as session:
            report = Report()
            books.check(session.connection(), report, {})
            assert report.raised == []
            resolved = select(func.count()).where(LedgerEntry.kind.in_(("release", "spend"))).group_by(LedgerEntry.hold_id)
            assert set(session.scalars(resolved)) <= {1}

    def _left(self, pool: int) -> int:
        return self.total[pool] - _in(self.held, pool) - _in(self.paid, pool)

    def _rows(self) -> list[Any]:
        """What stands in the tables that a step may change."""
        with reading(self.world.sessions) as session:
            return [session.execute(select(Pool.id, Pool.total, Pool.held, Pool.spent, Pool.entries).where(Pool.id.in_(self.pools)).order_by(Pool.id)).all(),
                    session.execute(select(Case.state, Case.revision, Case.last_seq).where(Case.id.in_(self.cases)).order_by(Case.id)).all(),
                    session.execute(select(Hold.id, Hold.status, Hold.returned).where(Hold.case_id.in_(self.cases)).order_by(Hold.id)).all()]


def _in(of: dict[str, tuple[int, int]], pool: int) -> int:
    return sum(amount for place, amount in of.values() if place == pool)


def _run(world: World, examples: int) -> Counter[str]:
    """Let hypothesis choose steps and return how often each thing was brought about."""
    people = {short: world.actor(short) for short in ("worker", "clerk", "finance", "leader")}
    seen = Counter[str]()

    class Walk(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.till = Till(world, people, seen)

        @rule(case=CASES, way=st.integers(0, 9), amount=SUMS, crash=CRASHES)
        def act(self, case: int, way: int, amount: int, crash: int) -> None:
            self.till.act(case, way, amount, crash)

        @rule(case=CASES, way=st.integers(0, 8), amount=SUMS)            # mostly things go on
        def go_on(self, case: int, way: int, amount: int) -> None:
            self.till.act(case, way, amount, 0)

        @rule(case=CASES, way=st.integers(0, 8), amount=SUMS)
        def go_on_too(self, case: int, way: int, amount: int) -> None:
            self.till.act(case, way, amount, 0)

        @rule(case=CASES)
        def again(self, case: int) -> None:
            self.till.again(case)

        @rule(case=CASES, share=SUMS, crash=CRASHES)
        def give_back(self, case: int, share: int, crash: int) -> None:
            self.till.give_back(case, share, crash)

        @rule(pool=st.sampled_from((OWN, CENTRAL)), amount=SUMS, sign=st.sampled_from((1, -1)))
        def adjust(self, pool: int, amount: int, sign: int) -> None:
            self.till.adjust(pool, sign * amount)

        @rule(ways=st.sampled_from(((FUND, OWN), (OWN, FUND), (FUND, OWN), (FUND, CENTRAL))), amount=SUMS, crash=CRASHES)
        def transfer(self, ways: tuple[int, int], amount: int, crash: int) -> None:
            self.till.transfer(*ways, amount, crash)

        @invariant()
        def balances(self) -> None:
            seen["steps"] += 1
            self.till.balances()

        def teardown(self) -> None:
            self.till.fit()

    # Tracing every line to explain a failure takes ten times as long as the walk; a failure is printed with its steps.
    run_state_machine_as_test(Walk, settings=settings(  # type: ignore[no-untyped-call]
        phases=(Phase.generate,), max_examples=examples, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None))
    return seen


def test_in_any_order_with_duplicates_and_crashes_the_books_balance(world: World) -> None:
    seen = _run(world, 8)
    assert seen["steps"] >= 350 and all(seen[what] for what in (*TRIGGERS, "crash", "refused", "return", "again", "transfer")), seen


@pytest.mark.slow
def test_ten_thousand_steps_balance(world: World) -> None:
    seen = _run(world, 220)
    print(f"\n{world.sessions.kw['bind'].dialect.name}: {dict(sorted(seen.items()))}")
    assert seen["steps"] >= 10_000, seen
