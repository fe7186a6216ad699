"""A programme in which every kind of timer hangs on some step, and what tests ask about them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from tests.world import World
from workflow import timers
from workflow.db import reading, writing
from workflow.records import Clock, Event, Message, Task, Timer

WATCHED = """
schema: 1
key: watched
version: 1
title: {zh: 限时救助, en: Watched aid}
initial: draft
number: "XS-{year}-{seq:04d}"
form:
  cost: {label: 费用, type: money, required: true}
  proof: {label: 补充说明, type: text}
  bill_no: {label: 单据号, type: text, default: B1}
  bank_card: {label: 银行卡, type: bankcard, sensitive: true, default: "6228480010000000017"}
calc:
  amount: form.cost
amount: {value: calc.amount}
actors:
  applicant: {who: applicant}
  county: {role: county_handler, scope: ancestor(county)}
  leader: {role: county_leader, scope: ancestor(county)}
defaults: {return: {max: 3}, comment: {return: optional}}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.cost],
     timers: [{after: 10d, do: remind}, {after: 60d, do: fire, trigger: lapse}]}
  - {name: review, label: {zh: 审核, en: Review}, kind: task, actor: county, due: 3wd,
     timers: [{after: 3wd, every: 1wd, times: 3, do: remind}, {after: 5wd, do: escalate, to: leader}]}
  - {name: more, label: 补充材料, kind: draft, actor: applicant, edit: [form.proof],
     timers: [{after: 30d, do: fire, trigger: lapse}]}
  - {name: cooling, label: 等待开户, kind: wait, actor: county, timers: [{after: 48h, do: fire, trigger: resume}]}
  - {name: paying, label: 发放, kind: task, actor: leader}
  - {name: paid, label: 已发放, final: true, outcome: approved}
  - {name: rejected, label: 不批, final: true, outcome: rejected}
  - {name: lapsed, label: {zh: 逾期终止, en: Lapsed}, final: true, outcome: lapsed}
transitions:
  - {trigger: submit, label: 提交, source: draft, dest: review, require: [form.cost]}
  - {trigger: lapse, label: 逾期终止, source: [draft, more], dest: lapsed, actor: system}
  - {trigger: approve, label: 同意, source: review, dest: cooling}
  - {trigger: reject, label: 不批, source: review, dest: rejected}
  - {trigger: return_to, label: 退回, source: review, dest: [draft, more]}
  - {trigger: answer, label: 已补充, source: more, dest: review}
  - {trigger: resume, label: 开户完成, source: cooling, dest: paying, actor: system,
     conditions: [{expr: form.cost < 9000, message: {zh: 大额须由人放行, en: Large sums wait for somebody}}]}
  - {trigger: approve, label: 提前放行, source: cooling, dest: paying}
  - {trigger: pay, label: 发放, source: paying, dest: paid}
"""


class Ward(World):
    """The county with `WATCHED` published."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        super().__init__(sessions)
        self.publish(WATCHED, "watched.v1.yaml")

    def reviewed(self, cost: str = "6000", who: str = "worker") -> str:
        """A case that has just come to the review."""
        return self.submitted(who, "watched", {"cost": cost})

    def cooling(self, cost: str = "6000") -> str:
        case_id = self.reviewed(cost)
        self.act("clerk", case_id, "approve")
        return case_id

    def later(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now

    def sweep(self, *, watched: bool = False, **more: Any) -> timers.Swept:
        """Sweep now; by default on a clock that is made up, so that days may pass in between."""
        return timers.sweep(self.sessions, self.now, watched=watched, **more)

    def timers(self, case_id: str) -> list[Timer]:
        with reading(self.sessions) as session:
            return list(session.scalars(select(Timer).where(Timer.case_id == case_id).order_by(Timer.entry, Timer.place, Timer.run)))

    def standing(self, case_id: str) -> list[tuple[str, int, str]]:
        return [(row.kind, row.run, row.status) for row in self.timers(case_id)]

    def events(self, stream: str, kind: str | None = None) -> list[Event]:
        with reading(self.sessions) as session:
            rows = session.scalars(select(Event).where(Event.stream == stream).order_by(Event.seq))
            return [row for row in rows if kind in (None, row.kind)]

    def extra(self, stream: str, kind: str) -> list[dict[str, Any]]:
        return [orjson.loads(event.body).get("extra", {}) for event in self.events(stream, kind)]

    def told(self, kind: str) -> list[str]:
        """The short names of those who have a message of this kind."""
        short = {person: name for name, person in self.ids.items()}
        with reading(self.sessions) as session:
            return sorted(short[person] for person in session.scalars(select(Message.person_id).where(Message.kind == kind)))

    def task(self, case_id: str) -> Task:
        with reading(self.sessions) as session:
            return session.scalars(select(Task).where(Task.case_id == case_id, Task.status == "open")).one()

    def clock(self) -> Clock:
        with reading(self.sessions) as session:
            return session.scalars(select(Clock)).one()

    def all_due(self) -> None:
        """Let every timer that waits be due now."""
        with writing(self.sessions) as session:
            session.execute(update(Timer).where(Timer.status == "due").values(at=self.now))
