"""Two versions of one programme: the second renames a step, adds a field, a parameter and a clock, and halves nothing silently."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session, sessionmaker

from tests.world import World

ONE = """
schema: 1
key: winter_aid
version: 1
title: {zh: 冬季救助, en: Winter aid}
initial: draft
number: "DJ-{org.code}-{year}-{seq:04d}"
unique: [form.bill_no]
params:
  rate: {type: decimal, value: 0.50, label: 比例}
form:
  bill_no: {label: 单据号, type: text, required: true}
  cost: {label: 自付费用, type: money, required: true, min: 0}
  kind: {label: 类别, type: enum, options: {ill: 生病, fire: 火灾}}
  bank_card: {label: 银行卡, type: bankcard, sensitive: true}
attachments:
  receipt: {label: 收据, min: 0, max: 2}
calc:
  amount: {label: 应发, expr: round2(form.cost * param.rate)}
amount: {value: calc.amount}
actors:
  applicant: {who: applicant}
  grassroots: {role: grassroots, scope: applicant.union}
  county: {role: county_handler, scope: ancestor(county)}
  leader: {role: county_leader, scope: ancestor(county)}
  committee: {role: county_committee, scope: ancestor(county)}
separation: {distinct: [first, check, decide]}
defaults: {return: {resubmit: direct, max: 3}, comment: {return: required, reject: required, approve: optional}}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*, attachments.*]}
  - {name: first, label: 初审, kind: task, actor: grassroots, due: 5wd, timers: [{after: 3wd, do: remind}]}
  - {name: check, label: 县级核对, kind: task, actor: county, due: 5wd,
     timers: [{after: 3wd, do: remind}, {after: 5wd, do: escalate, to: leader}]}
  - {name: decide, label: 审批, kind: task, actor: leader, due: 10wd}
  - {name: meeting, label: 会签, kind: countersign, actor: committee, vote: {mode: all, on_pass: approve, on_fail: reject}}
  - {name: posted, label: 公示, kind: notice, actor: county, notice: {days: 3wd, show: [calc.amount], where: [village_board]},
     timers: [{after: 3wd, do: fire, trigger: published}]}
  - {name: paying, label: 支付, kind: task, actor: county}
  - {name: paid, label: 已批准, final: true, outcome: approved}
  - {name: rejected, label: 不予批准, final: true, outcome: rejected}
transitions:
  - {trigger: submit, label: 提交, source: draft, dest: first, require: [form]}
  - {trigger: approve, label: 同意, source: first, dest: check}
  - {trigger: approve, label: 同意, source: check, dest: decide}
  - {trigger: approve, label: 同意, source: decide, dest: meeting}
  - {trigger: approve, label: 通过, source: meeting, dest: posted}
  - {trigger: reject, label: 不通过, source: meeting, dest: rejected}
  - {trigger: published, label: 公示期满, source: posted, dest: paying, actor: system}
  - {trigger: pay, label: 已付, source: paying, dest: paid}
  - {trigger: return_to, label: 退回, source: check, dest: [draft], edit_only: [form.cost]}
  - {trigger: reject, label: 不批, source: [first, check, decide], dest: rejected}
progress: [draft, first, check, decide, meeting, posted, paying, paid]
"""

TWO = ONE.replace("version: 1\n", "version: 2\n", 1).replace("value: 0.50", "value: 0.60").replace(
    "round2(form.cost * param.rate)", "round2(form.cost * param.rate + param.extra)").replace(
    "  rate: {type", "  extra: {type: money, value: 100, label: 加发}\n  rate: {type").replace(
    "  kind: {label", "  note_line: {label: 补充说明, type: text}\n  kind: {label").replace(
    "name: check, label: 县级核对, kind: task, actor: county, due: 5wd",
    "name: verify, label: 县级复核, kind: task, actor: leader, due: 8wd").replace(
    "timers: [{after: 3wd, do: remind}, {after: 5wd, do: escalate, to: leader}]", "timers: [{after: 3wd, do: remind}, {after: 7wd, do: remind}]"
    ).replace("first, check, decide]", "first, verify, decide]").replace("dest: check}", "dest: verify}").replace(
    "source: check", "source: verify").replace(
    "draft, first, check,", "draft, first, verify,") + "versioning: {running: migrate, migrate_from: {1: {check: verify}}}\n"

FORM = {"bill_no": "A1", "cost": "2000", "kind": "ill", "bank_card": "6228480010000000017"}


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> World:
    world = World(sessions)
    world.publish(ONE, "winter_aid.v1.yaml")
    return world


def at_check(world: World, bill: str = "A1") -> str:
    case_id = world.submitted("worker", "winter_aid", FORM | {"bill_no": bill})
    world.act("basic", case_id, "approve")
    return case_id
