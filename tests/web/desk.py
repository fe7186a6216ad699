"""The officers' desks: the small county of `tests.world` behind the application, and a programme with a flag and a return."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask

from tests.web.county import HASH
from tests.world import PEOPLE, World
from web import db
from workflow import people
from workflow.actors import COMMAND

NOW = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)        # Monday, 10:00 in the office
CARD = "6228480010000000017"

AID = """
schema: 1
key: aid
version: 1
title: {zh: 试点救助, en: Trial aid}
initial: draft
number: "SD-{org.code}-{year}-{seq:04d}"
unique: [form.bill_no]
params:
  rate: {type: decimal, value: 0.50, label: 比例}
form:
  bill_no: {label: 单据号, type: text, required: true}
  cost: {label: 自付费用, type: money, required: true, min: 0}
  insured: {label: 已报销, type: money, default: 0}
  bank_card: {label: 银行卡, type: bankcard, required: true, sensitive: true}
  opinion: {label: 核实结论, type: text}
attachments:
  receipt: {label: 回单, min: 0, max: 2}
calc:
  net: {label: 净自付, expr: form.cost - form.insured}
  amount: {label: 应发, expr: round2(calc.net * param.rate)}
criteria:
  - {name: some_cost, label: 有自付费用, expr: calc.net > 0, message: 没有自付费用, at: submit, on_fail: refuse}
  - {name: not_huge, label: 费用不超一万, expr: calc.net <= 10000, message: 费用较大请核实, at: check.approve, on_fail: flag}
amount: {value: calc.amount, adjustable_in: [check], max: calc.amount, reason_required: true}
actors:
  applicant: {who: applicant}
  grassroots: {role: grassroots, scope: applicant.union}
  county: {role: county_handler, scope: ancestor(county)}
  leader: {role: county_leader, scope: ancestor(county)}
separation: {distinct: [first, check, decide], applicant_may_not_decide: true}
defaults:
  return: {resubmit: restart, max: 2}
  comment: {return: required, reject: required, approve: optional}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*], hide: [form.opinion]}
  - {name: first, label: 初审, kind: task, actor: grassroots, edit: [form.opinion, attachments.receipt], due: 5wd}
  - {name: check, label: 县级核对, kind: task, actor: county, due: 5wd, batch: [approve]}
  - {name: decide, label: 县级审批, kind: task, actor: leader, due: 10wd, batch: [approve]}
  - {name: paid, label: 已批准, final: true, outcome: approved}
  - {name: rejected, label: 不予批准, final: true, outcome: rejected}
transitions:
  - {trigger: submit, label: 提交申请, source: draft, dest: first, require: [form]}
  - {trigger: approve, label: 同意上报, source: first, dest: check, require: [form.opinion]}
  - {trigger: approve, label: 同意, source: check, dest: decide}
  - {trigger: approve, label: 批准, source: decide, dest: paid}
  - {trigger: return_to, label: 退回补正, source: [first, check], dest: [draft]}
  - {trigger: reject, label: 不予批准, source: [check, decide], dest: rejected}
progress: [draft, first, check, decide, paid]
"""


class Desks(World):
    """The county, with an account for each of its people; every password is `county.PASSWORD`."""

    def __init__(self, app: Flask, text: str = AID) -> None:
        super().__init__(db.database(app).sessions, NOW)
        with db.db.writing(self.sessions) as session:
            for short in PEOPLE:
                people.add_account(session, person_id=self.ids[short], username=short, password_hash=HASH, actor=COMMAND, now=NOW)
        self.publish(text)

    def filed(self, bill: str, cost: str = "8000", *, who: str = "worker", **more: Any) -> str:
        """A case as it lies at the first review, a minute after the one before: the queue's order is theirs."""
        self.now += timedelta(minutes=1)
        return self.submitted(who, "aid", {"bill_no": bill, "cost": cost, "insured": "400", "bank_card": CARD, **more})

    def checked(self, bill: str, cost: str = "8000", *, who: str = "worker") -> str:
        """The same at the county's check."""
        case_id = self.filed(bill, cost, who=who)
        self.act("basic" if who == "worker" else "hospital", case_id, "approve", form={"opinion": "情况属实"}, comment="两人入户，情况属实。")
        return case_id
