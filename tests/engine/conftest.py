"""The small county on both databases, with one programme that uses most words."""

import pytest
from sqlalchemy.orm import Session, sessionmaker

from tests.world import World

AID = """
schema: 1
key: aid
version: 1
title: {zh: 试点救助, en: Trial aid}
initial: draft
number: "SD-{org.code}-{year}-{seq:04d}"
unique: [form.bill_no]
apply: {who: person, agent: true}
params:
  rate: {type: decimal, value: 0.50, label: 比例}
  meeting_over: {type: money, value: 5000, label: 集体研究线}
form:
  bill_no: {label: 单据号, type: text, required: true}
  cost: {label: 自付费用, type: money, required: true, min: 0}
  insured: {label: 已报销, type: money, default: 0, validate: form.insured <= form.cost, message: 报销不能超过费用}
  bank_card: {label: 银行卡, type: bankcard, required: true, sensitive: true}
  opinion: {label: 核实结论, type: text}
attachments:
  authorisation: {label: 授权书, min: 0, max: 1}
  receipt: {label: 回单, min: 0, max: 2}
calc:
  net: {label: 净自付, expr: form.cost - form.insured}
  amount: {label: 金额, expr: round2(calc.net * param.rate)}
criteria:
  - {name: some_cost, label: 有自付, expr: calc.net > 0, message: 没有自付费用, at: submit, on_fail: refuse}
  - {name: not_huge, label: 不超一万, expr: calc.net <= 10000, message: 费用较大请核实, at: check.approve, on_fail: flag}
amount: {value: calc.amount, adjustable_in: [check], max: calc.amount, reason_required: true}
actors:
  applicant: {who: applicant}
  grassroots: {role: grassroots, scope: applicant.union}
  county: {role: county_handler, scope: ancestor(county)}
  leader: {role: county_leader, scope: ancestor(county)}
  cashier: {role: cashier, scope: ancestor(county)}
separation: {distinct: [first, check, decide, paying], applicant_may_not_decide: true}
defaults:
  return: {resubmit: direct, max: 2}
  comment: {return: required, reject: required, approve: optional}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*, attachments.authorisation], hide: [form.opinion]}
  - {name: first, label: 初审, kind: task, actor: grassroots, edit: [form.opinion], due: 5wd, batch: [approve]}
  - {name: check, label: 核对, kind: task, actor: county, due: 5wd, batch: [approve]}
  - {name: sort, label: 分流, kind: auto}
  - {name: decide, label: 审批, kind: task, actor: leader, due: 10wd, batch: [approve]}
  - {name: paying, label: 支付, kind: task, actor: cashier, due: 3wd}
  - {name: paid, label: 已付, final: true, outcome: approved}
  - {name: rejected, label: 不批, final: true, outcome: rejected}
  - {name: withdrawn, label: 放弃, final: true, outcome: withdrawn}
transitions:
  - {trigger: submit, label: 提交, source: draft, dest: first, require: [form, attachments]}
  - {trigger: approve, label: 同意, source: first, dest: check, require: [form.opinion]}
  - {trigger: approve, label: 同意, source: check, dest: sort}
  - {trigger: route, label: 较大金额, source: sort, dest: decide, when: calc.amount > param.meeting_over, actor: system}
  - {trigger: route, label: 一般金额, source: sort, dest: paying, actor: system}
  - {trigger: approve, label: 批准, source: decide, dest: paying}
  - {trigger: pay, label: 已付, source: paying, dest: paid}
  - {trigger: return_to, label: 退回, source: first, dest: [draft]}
  - {trigger: return_to, label: 退回, source: check, dest: [draft, first], restart_if_changed: [form.cost]}
  - {trigger: return_to, label: 退回更正账户, source: paying, dest: [draft], edit_only: [form.bank_card]}
  - {trigger: reject, label: 不批, source: [first, check, decide], dest: rejected}
  - {trigger: withdraw, label: 撤回, source: first, dest: draft, actor: applicant,
     conditions: [{expr: not task.acted, message: 已开始办理}]}
  - {trigger: abandon, label: 放弃, source: [draft, first], dest: withdrawn, actor: applicant}
progress: [draft, first, check, decide, paying, paid]
"""

FORM = {"bill_no": "A1", "cost": "2,400.00", "insured": "400", "bank_card": "6228480010000000017"}


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> World:
    world = World(sessions)
    world.publish(AID)
    return world
