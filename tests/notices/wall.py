"""Programmes with public notices for these tests, and what is filled in for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from tests.world import World
from workflow import engine, notices
from workflow.actors import SYSTEM
from workflow.db import reading, writing
from workflow.records import Notice, Objection

GRANT = """
schema: 1
key: posted_grant
version: 1
title: {zh: 困难慰问, en: Visit grant}
initial: draft
number: "GS-{org.code}-{year}-{seq:04d}"
form:
  child: {label: {zh: 子女姓名, en: Child}, type: text, required: true}
  kind: {label: {zh: 类别, en: Kind}, type: enum, options: {ill: {zh: 患病, en: Illness}, fire: 火灾}, default: ill}
  story: {label: {zh: 事由, en: Story}, type: note}
  cost: {label: {zh: 自付费用, en: Own cost}, type: money, required: true, min: 0}
  mobile: {label: {zh: 手机, en: Mobile}, type: phone, default: "13977317731"}
  bank_card: {label: {zh: 银行卡, en: Bank card}, type: bankcard, required: true, sensitive: true}
calc:
  amount: round2(form.cost / 2)
amount: {value: calc.amount}
actors:
  applicant: {who: applicant}
  grassroots: {role: grassroots, scope: applicant.union}
  county: {role: county_handler, scope: ancestor(county)}
separation: {distinct: [first, check], applicant_may_not_decide: true}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*]}
  - {name: first, label: 初审, kind: task, actor: grassroots, due: 5wd}
  - {name: unit_notice, label: {zh: 单位公示, en: Notice at the unit}, kind: notice, actor: grassroots,
     notice: {days: 5wd, show: [applicant.name, form.child, form.kind, form.story, form.mobile, calc.amount], mask: [form.child],
              where: [unit_board, website]},
     timers: [{after: 5wd, do: fire, trigger: passed}]}
  - {name: check, label: 复审, kind: task, actor: county, due: 5wd}
  - {name: county_notice, label: {zh: 县级公示, en: Notice of the county}, kind: notice, actor: county, notice: {days: 3wd},
     timers: [{after: 3wd, do: fire, trigger: passed}]}
  - {name: objection, label: 异议核查, kind: task, actor: county, due: 5wd}
  - {name: paid, label: 已发放, final: true, outcome: approved}
  - {name: rejected, label: 不予资助, final: true, outcome: rejected}
  - {name: withdrawn, label: 已撤回, final: true, outcome: withdrawn}
transitions:
  - {trigger: submit, label: 提交, source: draft, dest: first, require: [form]}
  - {trigger: approve, label: 同意, source: first, dest: unit_notice}
  - {trigger: passed, label: 公示期满, source: unit_notice, dest: check, actor: system}
  - {trigger: approve, label: 同意, source: check, dest: county_notice}
  - {trigger: passed, label: 公示期满, source: county_notice, dest: paid_gate, actor: system}
  - {trigger: pay, label: 发放, source: paid_gate, dest: paid}
  - {trigger: object, label: 登记异议, source: county_notice, dest: objection, comment: required}
  - {trigger: approve, label: 异议不成立, source: objection, dest: paid_gate}
  - {trigger: reject, label: 异议成立, source: objection, dest: rejected}
  - {trigger: reject, label: 不予资助, source: [first, check], dest: rejected}
  - {trigger: abandon, label: 撤回申请, source: [first, unit_notice, check, county_notice], dest: withdrawn, actor: applicant}
progress: [draft, first, unit_notice, check, county_notice, paid]
""".replace("  - {name: paid, label", "  - {name: paid_gate, label: 待发放, kind: task, actor: county, due: 5wd}\n  - {name: paid, label")

FORM = {"child": "李小凤凰", "story": "李文华住院，电话 13977317731，卡 6228480010000000017，证 11010519491231002X，请联系。",
        "cost": "7600", "bank_card": "6228480010000077313"}
SECRETS = ("李文华", "李小凤凰", "13977317731", "6228480010000000017", "11010519491231002X", "6228480010000077313")
"""What no notice may show, in any room of the house."""


class Wall(World):
    """The county with `GRANT` published, and the few things that are done about its notices."""

    def posted(self, who: str = "worker", basic: str = "basic", **form: Any) -> str:
        """A case whose first notice has just begun; returns the case."""
        case_id = self.submitted(who, "posted_grant", FORM | form)
        self.act(basic, case_id, "approve")
        return case_id

    def notice(self, case_id: str) -> Notice:
        """The latest notice of the case."""
        with reading(self.sessions) as session:
            return session.scalars(select(Notice).where(Notice.case_id == case_id).order_by(Notice.entry.desc())).first()

    def objections(self, case_id: str) -> list[Objection]:
        with reading(self.sessions) as session:
            return list(session.scalars(select(Objection).where(Objection.case_id == case_id).order_by(Objection.seq)))

    def passes(self, case_id: str, at: datetime | None = None, *, trigger: str = "passed") -> engine.Done:
        """The clock tries to end the notice."""
        with writing(self.sessions) as session:
            return engine.act(session, case_id, trigger, SYSTEM, at or self.now, revision=self.row(case_id).revision)

    def object(self, case_id: str, *, at: datetime | None = None, text: str = "他家并不困难，请核实。", **more: Any) -> str:
        with writing(self.sessions) as session:
            return engine.object_to(session, self.notice(case_id).id, text, now=at or self.now, **more)

    def settle(self, who: str, objection_id: str, upheld: bool, opinion: str = "已入户核实，情况属实。") -> None:
        actor = self.actor(who)
        with writing(self.sessions) as session:
            engine.settle_objection(session, objection_id, upheld, opinion, actor, self.now)

    def over(self, case_id: str) -> None:
        """Let the time of the notice pass."""
        self.now = self.notice(case_id).ends_at + timedelta(minutes=1)

    def second(self, case_id: str) -> None:
        """Carry the case on to its second notice."""
        self.over(case_id)
        self.passes(case_id)
        self.act("clerk", case_id, "approve")

    def public(self) -> list[notices.Posted]:
        with reading(self.sessions) as session:
            return list(notices.posted(session, self.now).rows)

    def kept(self, who: str, *, over: bool = False) -> list[notices.Kept]:
        actor = self.actor(who)
        with reading(self.sessions) as session:
            return list(notices.kept(session, actor, over=over).rows)
