"""Sixteen things that systems like this one got wrong (design/pitfalls.md), each with the test that would have told them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session, sessionmaker

from tests.engine.test_racing import at_once
from tests.world import World
from workflow import engine, golden, history, language, notifications, queries, timers
from workflow.db import reading, writing
from workflow.engine.dossier import open_dossier
from workflow.engine.facts import facts_of
from workflow.errors import NotYours, Refused
from workflow.records import Case, Decision, Event, Message, Person, Task, Timer

AID = """
schema: 1
key: peer_aid
version: 1
title: 同行教训
initial: draft
number: "TH-{org.code}-{year}-{seq:04d}"
params: {rate: {type: decimal, value: 0.5, label: 比例}}
form:
  cost: {label: 费用, type: money, required: true, min: 0}
  household: {label: 家庭人口, type: int, required: true, min: 1}
  bank_card: {label: 银行卡, type: bankcard, sensitive: true}
  opinion: {label: 意见, type: text}
calc:
  amount: round2(min(form.cost * param.rate, region.dibao * 12))
amount: {value: calc.amount}
actors:
  applicant: {who: applicant}
  grassroots: {role: grassroots, scope: applicant.union}
  county: {role: county_handler, scope: ancestor(county)}
  leader: {role: county_leader, scope: ancestor(county)}
  committee: {role: county_committee, scope: ancestor(county)}
  cashier: {role: cashier, scope: ancestor(county)}
separation: {distinct: [first, check, approval, paying]}
defaults: {return: {resubmit: direct, max: 3}, comment: {return: required, reject: required}}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*], hide: [form.opinion]}
  - {name: first, label: 初审, kind: task, actor: grassroots, due: 5wd, edit: [form.opinion],
     timers: [{after: 2wd, every: 1wd, times: 2, do: remind}, {after: 5wd, do: escalate, to: leader}]}
  - {name: check, label: 核对, kind: task, actor: county, due: 5wd, batch: [approve], timers: [{after: 3wd, do: remind}]}
  - {name: approval, label: 审批, kind: task, actor: leader, due: 5wd, batch: [approve]}
  - {name: meeting, label: 会签, kind: countersign, actor: committee, due: 5wd,
     vote: {mode: all, on_pass: approve, on_fail: reject}}
  - {name: paying, label: 支付, kind: task, actor: cashier, due: 3wd}
  - {name: paid, label: 已付, final: true, outcome: approved}
  - {name: rejected, label: 不批, final: true, outcome: rejected}
transitions:
  - {trigger: submit, label: 提交, source: draft, dest: first, require: [form]}
  - {trigger: approve, label: 同意, source: first, dest: check}
  - {trigger: approve, label: 同意, source: check, dest: approval}
  - {trigger: approve, label: 同意, source: approval, dest: meeting}
  - {trigger: approve, label: 通过, source: meeting, dest: paying, actor: system}
  - {trigger: reject, label: 未通过, source: meeting, dest: rejected, actor: system}
  - {trigger: pay, label: 已付, source: paying, dest: paid}
  - {trigger: reject, label: 不批, source: [first, check, approval], dest: rejected}
  - {trigger: return_to, label: 退回补正, source: first, dest: [draft]}
  - {trigger: return_to, label: 退回补正, source: check, dest: [draft], restart_if_changed: [form.household]}
  - {trigger: return_to, label: 退回核对, source: meeting, dest: [check]}
"""
FORM = {"cost": "6000", "household": "3", "bank_card": "6217000010001234567"}
VOTERS = ("first", "second", "third", "fourth")


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> World:
    county = World(sessions)
    county.publish(AID, "peer_aid.v1.yaml")
    return county


def brought(world: World, to: str, who: str = "worker", form: dict[str, str] = FORM) -> str:
    """Return a case that has come as far as this state."""
    case_id = world.submitted(who, "peer_aid", form)
    steps = {"first": "basic", "check": "clerk", "approval": "leader", "meeting": "first"}
    while (state := world.row(case_id).state) != to:
        world.act(steps[state], case_id, "approve")
    return case_id


def sent(world: World, person: str) -> list[str]:
    with reading(world.sessions) as session:
        return list(session.scalars(select(Message.kind).where(Message.person_id == world.ids[person]).order_by(Message.created_at)))


def live_timers(world: World, case_id: str) -> list[tuple[str, int]]:
    with reading(world.sessions) as session:
        return [(row.kind, row.entry) for row in session.scalars(
            select(Timer).where(Timer.case_id == case_id, Timer.status == "due").order_by(Timer.place))]


def test_01_a_batch_takes_one_level_and_names_every_failure(world: World) -> None:
    good, elsewhere = brought(world, "check"), brought(world, "first")
    actor = world.actor("clerk", "batch")
    with reading(world.sessions) as session:
        seen = engine.preview(session, [(good, world.row(good).revision), (elsewhere, world.row(elsewhere).revision)], "approve",
                              actor, world.now)
    assert [bool(one.problems) for one in seen] == [False, True]
    done = world.act("clerk", good, "approve", via="batch")
    assert done.to_state == "approval"                     # the next level still has to look at it
    with pytest.raises(NotYours):
        world.act("clerk", elsewhere, "approve", via="batch")
    assert world.row(elsewhere).state == "first"


@pytest.mark.parametrize("who", ["basic", "double", "admin"])
def test_02_nobody_decides_their_own_case_or_two_levels_and_no_administrator_is_exempt(world: World, who: str) -> None:
    own = brought(world, "first", who="basic")
    with pytest.raises(NotYours):
        world.act("basic", own, "approve")
    case_id = brought(world, "check")
    if who == "double":
        world.act("double", case_id, "approve")
    with pytest.raises(NotYours):
        world.act(who, case_id, "approve")
    assert world.row(case_id).state in ("check", "approval")


def test_03_returned_is_never_told_as_rejected(world: World) -> None:
    case_id = brought(world, "first")
    world.act("basic", case_id, "return_to", comment="请补户口簿")
    assert set(sent(world, "worker")) == {"submitted", "returned"}
    with reading(world.sessions) as session:
        message = session.scalars(select(Message).where(Message.person_id == world.ids["worker"], Message.kind == "returned")).one()
    told = notifications.said(message)
    assert "退回" in told.zh and "不予" not in told.zh and "reject" not in told.en.lower()


def test_04_an_escalation_comes_by_the_clock(world: World) -> None:
    case_id = brought(world, "first")
    world.now += timedelta(days=14)
    timers.sweep(world.sessions, world.now)
    with reading(world.sessions) as session:
        task = session.scalars(select(Task).where(Task.case_id == case_id, Task.status == "open")).one()
    assert task.escalated_role == "county_leader" and "escalate" in sent(world, "leader")
    assert world.row(case_id).state == "first"             # watched, not decided


def test_05_history_outlives_its_people(world: World) -> None:
    case_id = brought(world, "check")
    with pytest.raises(DatabaseError), writing(world.sessions) as session:
        session.connection().exec_driver_sql(f"DELETE FROM people WHERE id = '{world.ids['basic']}'")
    with pytest.raises(DatabaseError), writing(world.sessions) as session:
        session.connection().exec_driver_sql(f"DELETE FROM events WHERE stream = '{case_id}'")
    with reading(world.sessions) as session:
        assert "赵敏" in {event.who for event in queries.events(session, case_id)}


def test_06_a_count_sees_no_more_than_its_list(world: World) -> None:
    brought(world, "check")
    actor, stranger = world.actor("clerk"), world.actor("outsider")
    with reading(world.sessions) as session:
        assert queries.tasks(session, actor, world.now).total == len(queries.tasks(session, actor, world.now).rows) == 1
        assert queries.tasks(session, stranger, world.now).total == 0
        assert queries.chips(session, stranger, world.now).total == 0


def test_07_a_correction_keeps_the_approvals_it_does_not_touch(world: World) -> None:
    case_id = brought(world, "check")
    world.act("clerk", case_id, "return_to", dest="draft", comment="请核对卡号")
    assert world.act("worker", case_id, "submit", form=FORM | {"bank_card": "6217000010007654321"}).to_state == "check"
    world.act("clerk", case_id, "return_to", dest="draft", comment="请核对人口")
    assert world.act("worker", case_id, "submit", form=FORM | {"household": "4"}).to_state == "first"


def test_08_a_state_entered_again_has_its_timers_again(world: World) -> None:
    case_id = brought(world, "first")
    before = live_timers(world, case_id)
    world.act("basic", case_id, "return_to", comment="请补")
    assert live_timers(world, case_id) == []
    world.now += timedelta(days=30)
    world.act("worker", case_id, "submit", form=FORM)
    after = live_timers(world, case_id)
    assert [kind for kind, _ in after] == [kind for kind, _ in before] == ["remind", "escalate"]
    assert after[0][1] > before[0][1]
    timers.sweep(world.sessions, world.now)
    assert live_timers(world, case_id) == after            # a month in the applicant's hands does not count against the officer


def test_09_a_return_out_of_a_countersign_leaves_exactly_one_task(world: World) -> None:
    case_id = brought(world, "meeting")
    world.act("first", case_id, "approve")
    world.act("second", case_id, "return_to", dest="check", comment="请再核对")
    with reading(world.sessions) as session:
        waiting = session.scalars(select(Task).where(Task.case_id == case_id, Task.status.in_(("open", "waiting")))).all()
    assert [task.state for task in waiting] == ["check"]


def test_10_nothing_is_paid_to_an_empty_account(world: World) -> None:
    case_id = brought(world, "meeting", form={"cost": "6000", "household": "3"})
    for voter in VOTERS:
        world.act(voter, case_id, "approve")
    with pytest.raises(Refused) as caught:
        world.act("cashier", case_id, "pay")
    assert [message.code for message in caught.value.messages] == ["NO_ACCOUNT"] and world.row(case_id).state == "paying"


def test_11_a_later_change_of_the_register_changes_no_decided_amount(world: World) -> None:
    case_id = brought(world, "approval")
    decided = world.row(case_id).amount_fen
    with writing(world.sessions) as session:
        session.execute(update(Person).where(Person.id == world.ids["worker"]).values(migrant=False, name="李文华改"))
    world.now += timedelta(days=400)                       # other figures are in force by then
    with reading(world.sessions) as session:
        dossier = open_dossier(session, case_id, world.actor("leader"))
        assert facts_of(session, dossier, world.now)["region"]["dibao"] == 780
    world.act("leader", case_id, "approve")
    for voter in VOTERS:
        world.act(voter, case_id, "approve")
    world.act("cashier", case_id, "pay")
    assert world.row(case_id).amount_fen == decided == 300000


def test_12_time_running_out_is_never_consent(world: World) -> None:
    case_id = brought(world, "first")
    world.now += timedelta(days=365)
    for _ in range(10):
        timers.sweep(world.sessions, world.now)
    assert world.row(case_id).state == "first"
    with reading(world.sessions) as session:
        assert not session.scalars(select(Decision).where(Decision.case_id == case_id, Decision.actor_id.is_(None))).all()
    automatic = AID.replace("{after: 5wd, do: escalate, to: leader}", "{after: 5wd, do: fire, trigger: approve}")
    faults = language.read(automatic, "peer_aid.v1.yaml").faults
    assert "TIMER_DECIDES" in {fault.code for fault in faults if fault.severity == "error"}


def test_13_a_new_version_strands_no_running_case(world: World) -> None:
    case_id = brought(world, "check")
    renamed = AID.replace("version: 1", "version: 2").replace("name: approval", "name: decision").replace(
        "approval,", "decision,").replace("dest: approval", "dest: decision").replace("source: approval", "source: decision").replace(
        "[first, check, approval]", "[first, check, decision]")
    world.publish(renamed, "peer_aid.v2.yaml")
    assert world.act("clerk", case_id, "approve").to_state == "approval"          # by the rules it was submitted under
    assert world.act("leader", case_id, "approve").to_state == "meeting"
    assert world.row(case_id).definition_version == 1 and world.row(world.start("nurse", "peer_aid")).definition_version == 2


def test_14_autosave_makes_nobodys_page_stale(world: World) -> None:
    case_id = brought(world, "first")
    seen = world.row(case_id).revision
    world.save("basic", case_id, {"opinion": "正在核实"})
    assert world.row(case_id).revision == seen
    assert world.act("basic", case_id, "approve", revision=seen, form={"opinion": "属实"}).to_state == "check"


def test_15_a_double_click_acts_once(world: World) -> None:
    case_id = brought(world, "first")
    actor, revision = world.actor("basic"), world.row(case_id).revision

    def click() -> engine.Done:
        with writing(world.sessions) as session:
            return engine.act(session, case_id, "approve", actor, world.now, revision=revision, idem_key="one-form")

    answers = at_once([click, click])
    assert [answer.to_state for answer in answers] == ["check", "check"] and sorted(a.replayed for a in answers) == [False, True]
    with reading(world.sessions) as session:
        assert session.scalar(select(func.count()).select_from(Event).where(Event.stream == case_id, Event.kind == "act")) == 2


def test_16_no_case_number_is_drawn_twice(world: World) -> None:
    drafts = [world.start("worker", "peer_aid") for _ in range(6)]
    actor = world.actor("worker")

    def submit(case_id: str):  # type: ignore[no-untyped-def]
        def call() -> engine.Done:
            with writing(world.sessions) as session:
                return engine.act(session, case_id, "submit", actor, world.now, revision=1, form=FORM)
        return call

    at_once([submit(case_id) for case_id in drafts])
    with reading(world.sessions) as session:
        numbers = session.scalars(select(Case.number).where(Case.id.in_(drafts)).order_by(Case.number)).all()
    assert numbers == [f"TH-539921-01-01-2026-{n:04d}" for n in range(1, 7)]


def test_the_programme_of_these_tests_is_sound(world: World) -> None:
    definition = language.read(AID, "peer_aid.v1.yaml").definition
    assert definition is not None and golden.run_cases(definition, ()) == []
    for case_id in (brought(world, "check"), brought(world, "meeting")):
        assert world.row(case_id).number
    with reading(world.sessions) as session:
        assert history.verify(session).clean
