"""The small county with a programme that reserves before it pays, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session, sessionmaker

from tests.world import World
from workflow import history, money
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.records import Hold, LedgerEntry, Pool

GRANT = """
schema: 1
key: grant
version: 1
title: {zh: 试点补助, en: Trial grant}
initial: draft
number: "BZ-{org.code}-{year}-{seq:04d}"
form:
  cost: {label: 费用, type: money, required: true, min: 0}
  bank_card: {label: 银行卡, type: bankcard, required: true, sensitive: true}
amount: {value: form.cost, adjustable_in: [review], max: form.cost, reason_required: false}
budget: {pool: "{org.county}/{year}/grant", hold_in: [meeting, paying], commit: paying.pay}
actors:
  applicant: {who: applicant}
  county: {role: county_handler, scope: ancestor(county)}
  leader: {role: county_leader, scope: ancestor(county)}
  cashier: {role: cashier, scope: ancestor(county)}
separation: {distinct: [review, meeting, paying], applicant_may_not_decide: true}
defaults: {return: {resubmit: direct, max: 3}, comment: {return: required, reject: required}}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*]}
  - {name: review, label: 审核, kind: task, actor: county, due: 5wd}
  - {name: meeting, label: 研究, kind: task, actor: leader, due: 5wd}
  - {name: paying, label: 拨付, kind: task, actor: cashier, due: 5wd}
  - {name: paid, label: 已付, final: true, outcome: approved}
  - {name: rejected, label: 不批, final: true, outcome: rejected}
transitions:
  - {trigger: submit, label: 提交, source: draft, dest: review, require: [form]}
  - {trigger: approve, label: 同意, source: review, dest: meeting}
  - {trigger: approve, label: 通过, source: meeting, dest: paying}
  - {trigger: reject, label: 不批, source: [review, meeting], dest: rejected}
  - {trigger: pay, label: 已付, source: paying, dest: paid}
  - {trigger: return_to, label: 退回更正账户, source: paying, dest: [draft], edit_only: [form.bank_card]}
"""
KEY = "539921/2026/grant"
CARD = "6228480010000000017"


class Funds:
    """The county's money: its pool, and what has been written in its books."""

    def __init__(self, world: World) -> None:
        self.world = world

    def open(self, amount: int, key: str = KEY, **more: Any) -> int:
        with writing(self.world.sessions) as session:
            return money.open_pool(session, key, amount, COMMAND, self.world.now, **more)

    def pool(self, key: str = KEY) -> Pool:
        with reading(self.world.sessions) as session:
            return session.scalars(select(Pool).where(Pool.key == key)).one()

    def stands(self, key: str = KEY) -> tuple[int, int, int]:
        """total, held, spent."""
        pool = self.pool(key)
        return pool.total, pool.held, pool.spent

    def booked(self) -> list[tuple[str, int]]:
        with reading(self.world.sessions) as session:
            return [(row.kind, row.amount) for row in session.execute(
                select(LedgerEntry.kind, LedgerEntry.amount).order_by(LedgerEntry.pool_id, LedgerEntry.n))]

    def holds(self, case_id: str) -> Sequence[Row[Any]]:
        with reading(self.world.sessions) as session:
            return session.execute(select(Hold.__table__).where(Hold.case_id == case_id).order_by(Hold.id)).all()

    def reviewed(self, cost: str = "1000") -> str:
        """A case that waits for the county's first signature."""
        return self.world.submitted("worker", "grant", {"cost": cost, "bank_card": CARD})

    def close(self, day: date, key: str = KEY) -> None:
        pool = self.pool(key)
        with writing(self.world.sessions) as session:
            proposal = money.close(session, pool.id, day, "年终关账", self.world.actor("finance"), self.world.now)
            money.confirm(session, proposal, self.world.actor("leader"), self.world.now)

    def clean(self) -> None:
        """Assert that the verifier finds nothing."""
        with reading(self.world.sessions) as session:
            findings = history.verify(session)
            assert not findings.items, findings.items[:3]


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> World:
    world = World(sessions)
    world.publish(GRANT, "grant.v1.yaml")
    return world


@pytest.fixture
def funds(world: World) -> Funds:
    return Funds(world)
