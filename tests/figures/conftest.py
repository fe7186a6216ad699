"""The small county with a grant that goes by a regional figure and by params of every type."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker

from tests.world import World
from workflow import figures
from workflow.db import writing

GRANT = """
schema: 1
key: grant
version: 1
title: {zh: 试点补助, en: Trial grant}
initial: draft
number: "BZ-{org.code}-{year}-{seq:04d}"
params:
  rate:   {type: decimal, value: 0.5, label: {zh: 比例, en: Rate}, source: 县自定}
  months: {type: int, value: 10, label: {zh: 几个月低保, en: Months}, source: 县自定}
  most:   {type: money, value: 20000, label: {zh: 最高, en: Most}, source: 县自定}
  open:   {type: bool, value: true, label: {zh: 是否受理, en: Open}, source: 县自定}
  until:  {type: date, value: 2027-12-31, label: {zh: 截止, en: Until}, source: 县自定}
  way:    {type: enum, value: bank, options: {bank: 银行, cash: {zh: 现金, en: Cash}}, label: {zh: 方式, en: Way}, source: 县自定}
form:
  cost: {label: 费用, type: money, required: true, min: 0}
  bank_card: {label: 银行卡, type: bankcard, required: true, sensitive: true, prefill: applicant.bank_card}
calc:
  cap: {label: {zh: 封顶, en: Cap}, expr: region.dibao * param.months}
amount: {value: "min(form.cost * param.rate, calc.cap, param.most)", adjustable_in: []}
actors:
  applicant: {who: applicant}
  county: {role: county_handler, scope: ancestor(county)}
  leader: {role: county_leader, scope: ancestor(county)}
separation: {distinct: [review, meeting], applicant_may_not_decide: true}
defaults: {return: {resubmit: direct, max: 3}, comment: {return: required, reject: required}}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*]}
  - {name: review, label: 审核, kind: task, actor: county, due: 5wd}
  - {name: meeting, label: 研究, kind: task, actor: leader, due: 5wd}
  - {name: granted, label: 已批, final: true, outcome: approved}
  - {name: rejected, label: 不批, final: true, outcome: rejected}
transitions:
  - {trigger: submit, label: 提交, source: draft, dest: review, require: [form]}
  - {trigger: approve, label: 同意, source: review, dest: meeting}
  - {trigger: approve, label: 通过, source: meeting, dest: granted}
  - {trigger: reject, label: 不批, source: [review, meeting], dest: rejected}
  - {trigger: return_to, label: 退回补正, source: [review, meeting], dest: [draft]}
"""
CARD = "6228480010000000017"
FORM = {"cost": "30000", "bank_card": CARD}
PAPER = ("关于调整城市低保标准的通知", "云岭民发〔2026〕30号")
BEGINS = date(2026, 6, 1)


class Policy:
    """Figures as officers enter and confirm them."""

    def __init__(self, world: World) -> None:
        self.world = world

    def enter(self, value: str, name: str = "dibao", *, key: str = "", place: str = "539921", begins: date = BEGINS, who: str = "clerk") -> str:
        with writing(self.world.sessions) as session:
            return figures.propose(session, self.world.orgs[place], "param" if key else "region", name, value, begins, *PAPER,
                                   self.world.actor(who), self.world.now, key=key)

    def decide(self, figure_id: str, who: str = "leader", what: Callable[..., Any] = figures.confirm) -> None:
        with writing(self.world.sessions) as session:
            what(session, figure_id, self.world.actor(who), self.world.now)

    def set(self, value: str, name: str = "dibao", **more: Any) -> str:
        figure_id = self.enter(value, name, **more)
        self.decide(figure_id)
        return figure_id


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> World:
    world = World(sessions)
    world.publish(GRANT, "grant.v1.yaml")
    return world


@pytest.fixture
def policy(world: World) -> Policy:
    return Policy(world)
