"""The small county with accounts, and one programme that opens every operation."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from tests.world import World
from workflow.db import reading
from workflow.records import Event, Message, Task

AID = """
schema: 1
key: aid
version: 1
title: {zh: 试点救助, en: Trial aid}
initial: draft
number: "SD-{org.code}-{year}-{seq:04d}"
apply: {who: person, agent: true}
form:
  cost: {label: 自付费用, type: money, required: true, min: 0}
  bank_card: {label: 银行卡, type: bankcard, sensitive: true}
attachments:
  authorisation: {label: 授权书, min: 0, max: 1}
calc:
  amount: form.cost
amount: {value: calc.amount}
actors:
  applicant: {who: applicant}
  grassroots: {role: grassroots, scope: applicant.union}
  county: {role: county_handler, scope: ancestor(county)}
  committee: {role: county_committee, scope: ancestor(county)}
  medical: {role: external, scope: ancestor(county)}
  chief: {role: county_leader, scope: ancestor(county)}
  finance: {role: finance, scope: ancestor(county)}
separation: {distinct: [first, check, paying], applicant_may_not_decide: true}
defaults: {return: {resubmit: restart, max: 3}, comment: {return: required, reject: required, approve: optional}}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*, attachments.authorisation]}
  - {name: first, label: 初审, kind: task, actor: grassroots, due: 3wd}
  - name: check
    label: 核对
    kind: task
    actor: county
    claim: true
    due: 5wd
    timers: [{after: 6wd, do: escalate, to: chief}]
  - {name: meeting, label: 集体研究, kind: countersign, actor: committee, due: 5wd,
     vote: {mode: ratio, pass: 2/3, min_voters: 3, paper: county, on_pass: approve, on_fail: reject}}
  - {name: review, label: 并行复核, kind: parallel, join: all, on_pass: approve, on_fail: reject, due: 2wd,
     branches: [{key: med, label: 医学复核, actor: medical}, {key: chief, label: 负责人复核, actor: chief}]}
  - {name: paying, label: 支付, kind: task, actor: finance}
  - {name: paid, label: 已付, final: true, outcome: approved}
  - {name: rejected, label: 不批, final: true, outcome: rejected}
transitions:
  - {trigger: submit, label: 提交, source: draft, dest: first, require: [form]}
  - {trigger: approve, label: 同意, source: first, dest: check}
  - {trigger: approve, label: 上会, source: check, dest: meeting, when: form.cost > 1000}
  - {trigger: approve, label: 复核, source: check, dest: review}
  - {trigger: approve, label: 通过, source: meeting, dest: paying, actor: system}
  - {trigger: reject, label: 未通过, source: meeting, dest: rejected, actor: system}
  - {trigger: approve, label: 通过, source: review, dest: paying, actor: system}
  - {trigger: reject, label: 未通过, source: review, dest: rejected, actor: system}
  - {trigger: pay, label: 已付, source: paying, dest: paid}
  - {trigger: return_to, label: 退回, source: [first, check, meeting], dest: [draft]}
  - {trigger: reject, label: 不批, source: [first, check], dest: rejected}
operations:
  transfer: [first, check, review, paying]
  delegate: [check]
  claim: [check]
  add_signer: [meeting]
  remove_signer: [meeting]
  consult: [check, meeting]
  cc: "*"
  urge: "*"
progress: [draft, first, check, meeting, paying, paid]
"""


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> World:
    world = World(sessions)
    world.open_accounts()
    world.publish(AID, "aid.v1.yaml")
    return world


def at_check(world: World, who: str = "worker", cost: str = "6000") -> str:
    """A case that the county has to check."""
    case_id = world.submitted(who, "aid", {"cost": cost, "bank_card": "6228480010000000017"})
    world.act("basic" if who == "worker" else "hospital", case_id, "approve")
    return case_id


def at_meeting(world: World, who: str = "worker") -> str:
    case_id = at_check(world, who)
    world.act("clerk", case_id, "approve")
    return case_id


def tasks(world: World, case_id: str, *kinds: str) -> list[Task]:
    """The tasks that are open or wait for their turn."""
    with reading(world.sessions) as session:
        return list(session.scalars(select(Task).where(
            Task.case_id == case_id, Task.status.in_(("open", "waiting")), Task.kind.in_(kinds or ("work", "ballot", "branch", "consult", "cc")))
            .order_by(Task.place, Task.id)))


def holder(world: World, case_id: str) -> str | None:
    """Whose alone the case is, by short name."""
    found = tasks(world, case_id, "work")[0].person_id
    return next((short for short, person in world.ids.items() if person == found), None)


def events(world: World, case_id: str, kind: str) -> list[Event]:
    with reading(world.sessions) as session:
        return list(session.scalars(select(Event).where(Event.stream == case_id, Event.kind == kind).order_by(Event.seq)))


def told(world: World, short: str, kind: str) -> int:
    """How many messages of this kind somebody has in their inbox."""
    with reading(world.sessions) as session:
        return len(session.scalars(select(Message.id).where(Message.person_id == world.ids[short], Message.kind == kind)).all())
