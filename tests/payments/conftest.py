"""The small county with a programme that is paid in batches, on both databases."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session, sessionmaker

from tests.world import World
from workflow import history, money
from workflow.actors import COMMAND
from workflow.attachments import Store
from workflow.db import make_sessions, reading, writing
from workflow.payments import batches, gathering, settling
from workflow.payments import reading as shown
from workflow.privacy import Vault
from workflow.records import GrantLine, PaymentBatch, PaymentLine, Pool

PAID = """
schema: 1
key: paid_grant
version: 1
title: {zh: 发放试点, en: Paid grant}
initial: draft
number: "FX-{org.code}-{year}-{seq:04d}"
value: cash_grant
form:
  cost: {label: 费用, type: money, required: true, min: 0}
  bank_card: {label: 银行卡, type: bankcard, sensitive: true}
  paid_on: {label: 付款日期, type: date}
attachments:
  receipt: {label: 付款凭证, min: 0, max: 3}
amount: {value: form.cost}
budget: {pool: "{org.county}/{year}/paid", hold_in: [checking, paying], commit: paying.pay}
actors:
  applicant: {who: applicant}
  county: {role: county_handler, scope: ancestor(county)}
  finance: {role: finance, scope: ancestor(county)}
  cashier: {role: cashier, scope: ancestor(county)}
separation: {distinct: [review, checking, paying], applicant_may_not_decide: true}
defaults: {return: {resubmit: direct, max: 5}, comment: {return: required, reject: required}}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*], hide: [form.paid_on]}
  - {name: review, label: 审核, kind: task, actor: county, due: 5wd}
  - {name: checking, label: 会计复核, kind: task, actor: finance, due: 5wd, edit: [form.bank_card]}
  - {name: paying, label: 出纳支付, kind: task, actor: cashier, due: 5wd, edit: [form.paid_on, form.bank_card, attachments.receipt]}
  - {name: paid, label: 已付, final: true, outcome: approved}
transitions:
  - {trigger: submit, label: 提交, source: draft, dest: review, require: [form]}
  - {trigger: approve, label: 同意, source: review, dest: checking}
  - {trigger: approve, label: 复核, source: checking, dest: paying}
  - {trigger: pay, label: 已付, source: paying, dest: paid, require: [form.paid_on, attachments.receipt]}
  - {trigger: return_to, label: 退回, source: paying, dest: [checking, draft], edit_only: [form.bank_card]}
  - {trigger: return_to, label: 退回更正, source: checking, dest: [draft], edit_only: [form.bank_card]}
  - {trigger: correct, label: 账户已更正, source: checking, dest: paying, effects: [account.correct]}
"""
KEY = "539921/2026/paid"
CARDS = ("6228480010000000017", "6228480010000000025", "6228480010000000033", "6228480010000000041", "6228480010000000058")


class Office:
    """The county's accountant and cashier at work."""

    def __init__(self, world: World) -> None:
        self.world = world

    def case(self, who: str = "worker", cost: str = "1000", card: str | None = CARDS[0]) -> str:
        """A case that waits at the cashier's."""
        case_id = self.world.submitted(who, "paid_grant", {"cost": cost} | ({"bank_card": card} if card else {}))
        self.world.act("clerk", case_id, "approve")
        self.world.act("finance", case_id, "approve")
        return case_id

    def payable(self, **more: Any) -> list[gathering.Payable]:
        with reading(self.world.sessions) as session:
            return gathering.payable(session, self.world.orgs["539921"], **more)

    def gather(self, *cases: str, layout: str | None = "csv", who: str = "finance", **more: Any) -> str:
        with reading(self.world.sessions) as session:
            chosen = list(session.scalars(select(GrantLine.id).where(GrantLine.case_id.in_(cases)).order_by(GrantLine.id)))
        with writing(self.world.sessions) as session:
            return batches.make(session, self.world.signed_in(who), self.world.now, chosen, layout=layout, **more)

    def do(self, what: Any, who: str, *given: Any, **more: Any) -> Any:
        with writing(self.world.sessions) as session:
            return what(session, *given, self.world.signed_in(who), self.world.now, **more)

    def sent(self, *cases: str, layout: str = "csv") -> str:
        batch_id = self.gather(*cases, layout=layout)
        self.do(batches.seal, "finance", batch_id)
        self.do(batches.send, "cashier", batch_id)
        return batch_id

    def batch(self, batch_id: str) -> PaymentBatch:
        with reading(self.world.sessions) as session:
            return session.scalars(select(PaymentBatch).where(PaymentBatch.id == batch_id)).one()

    def lines(self, batch_id: str) -> Sequence[Row[Any]]:
        with reading(self.world.sessions) as session:
            return shown.lines(session, batch_id)

    def statuses(self, batch_id: str) -> list[str]:
        return [line.status for line in self.lines(batch_id)]

    def answered(self, batch_id: str, *results: str, who: str = "cashier") -> settling.Taken:
        """Import the bank's answer in the plain layout and carry the paid cases on."""
        return self.take(batch_id, self.answer(batch_id, *results), who)

    def take(self, batch_id: str, data: bytes, who: str = "cashier") -> settling.Taken:
        with writing(self.world.sessions) as session:
            taken = settling.take(session, batch_id, data, self.world.signed_in(who), self.world.now)
        self.settle(batch_id, who)
        return taken

    def settle(self, batch_id: str, who: str = "cashier") -> None:
        with reading(self.world.sessions) as session:
            waiting = settling.due(session, batch_id)
        for case_id in waiting:
            with writing(self.world.sessions) as session:
                settling.settle(session, batch_id, case_id, self.world.signed_in(who), self.world.now)

    def answer(self, batch_id: str, *results: str) -> bytes:
        """What the bank would send back: a result a line, in order."""
        with reading(self.world.sessions) as session:
            row = shown.batch(session, batch_id, COMMAND)
            lines = shown.lines(session, batch_id)
            said = [settling._sent(session, row, line) for line in lines]
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(["编号", "账号", "户名", "金额", "结果", "说明", "流水号", "入账日期"])
        for line, result in zip(said, results, strict=True):
            said_why = "" if result == "成功" else "户名不符"
            writer.writerow([line.reference, line.account, line.holder, f"{line.amount / 100:.2f}", result, said_why, f"S{line.n}", "2026-06-12"])
        return out.getvalue().encode()

    def spent(self) -> tuple[int, int]:
        """Held and spent of the pool."""
        with reading(self.world.sessions) as session:
            pool = session.scalars(select(Pool).where(Pool.key == KEY)).one()
            return pool.held, pool.spent

    def paid(self) -> int:
        with reading(self.world.sessions) as session:
            return sum(session.scalars(select(PaymentLine.amount_fen).where(PaymentLine.status == "paid")))

    def clean(self) -> None:
        """Assert that the verifier finds nothing."""
        with reading(self.world.sessions) as session:
            findings = history.verify(session)
            assert not findings.items, findings.items[:3]


@pytest.fixture
def sessions(engine: Engine, tmp_path: Any) -> sessionmaker[Session]:
    vault = Vault(b"k" * 32)
    return make_sessions(engine, vault, Store(tmp_path, vault))


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> World:
    world = World(sessions)
    world.open_accounts()
    world.publish(PAID, "paid_grant.v1.yaml")
    with writing(sessions) as session:
        money.open_pool(session, KEY, 10_000_000, COMMAND, world.now)
    return world


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)
