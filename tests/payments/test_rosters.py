"""A case of many lines: paid in part, corrected in place, never twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.payments.conftest import CARDS, Office
from tests.world import World
from workflow import money
from workflow.actors import COMMAND
from workflow.db import writing
from workflow.errors import Refused
from workflow.payments import batches, settling

ROSTER = """
schema: 1
key: roster_grant
version: 1
title: {zh: 名单发放, en: Grant by list}
initial: draft
number: "MD-{org.code}-{year}-{seq:04d}"
value: cash_grant
form:
  roster:
    label: 名单
    type: table
    required: true
    columns:
      name: {label: 姓名, type: text, required: true}
      id_no: {label: 身份证号, type: idcard, required: true, sensitive: true}
      card: {label: 银行卡, type: bankcard, required: true, sensitive: true}
      amount: {label: 金额, type: money, required: true}
lines: {each: form.roster, person: row.id_no, name: row.name, account: row.card, amount: row.amount}
amount: {value: sum(row.amount for row in form.roster)}
budget: {pool: "{org.county}/{year}/roster", hold_in: [correcting, checking, paying], commit: paying.pay}
actors:
  applicant: {who: applicant}
  county: {role: county_handler, scope: ancestor(county)}
  finance: {role: finance, scope: ancestor(county)}
  cashier: {role: cashier, scope: ancestor(county)}
defaults: {return: {resubmit: restart, max: 5}, comment: {return: required, reject: required}}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*]}
  - {name: review, label: 审核, kind: task, actor: county, due: 5wd}
  - {name: checking, label: 会计复核, kind: task, actor: finance, due: 5wd}
  - {name: paying, label: 出纳支付, kind: task, actor: cashier, due: 5wd}
  - {name: correcting, label: 更正账户, kind: task, actor: county, due: 5wd, edit: [form.roster]}
  - {name: paid, label: 已付, final: true, outcome: approved}
  - {name: rejected, label: 不批, final: true, outcome: rejected}
transitions:
  - {trigger: submit, label: 提交, source: draft, dest: review, require: [form]}
  - {trigger: approve, label: 同意, source: review, dest: checking}
  - {trigger: approve, label: 复核, source: checking, dest: paying}
  - {trigger: pay, label: 已付, source: paying, dest: paid}
  - {trigger: return_to, label: 退票更正, source: paying, dest: [correcting, draft]}
  - {trigger: approve, label: 账户已更正, source: correcting, dest: checking, effects: [account.correct]}
  - {trigger: reject, label: 不批, source: [review, correcting], dest: rejected}
"""
NUMBERS = ("53010219800102103X", "530102199003052045", "530102199901011237")


def row(at: int, card: str | None = None, amount: str = "300") -> dict[str, Any]:
    return {"name": ("李文华", "和桂芬", "许宁")[at], "id_no": NUMBERS[at], "card": card or CARDS[at], "amount": amount}


@pytest.fixture
def listed(world: World, office: Office) -> str:
    """A case of three lines that waits at the cashier's."""
    world.publish(ROSTER, "roster_grant.v1.yaml")
    with writing(world.sessions) as session:
        money.open_pool(session, "539921/2026/roster", 1_000_000, COMMAND, world.now)
    case_id = world.submitted("worker", "roster_grant", {"roster": [row(0), row(1), row(2)]})
    world.act("clerk", case_id, "approve")
    world.act("finance", case_id, "approve")
    return case_id


def test_a_failed_line_is_corrected_in_place_while_the_others_stay_paid(world: World, office: Office, listed: str) -> None:
    batch_id = office.sent(listed)
    office.answered(batch_id, "成功", "失败", "成功")
    assert world.row(listed).state == "paying" and office.statuses(batch_id) == ["paid", "failed", "paid"]
    for trigger, more, code in (("pay", {}, "IN_BATCH"), ("return_to", {"dest": "draft", "comment": "退票"}, "PAID_IN_PART")):
        with pytest.raises(Refused) as caught:
            world.act("cashier", listed, trigger, **more)
        assert [m.code for m in caught.value.messages] == [code]
    office.do(settling.close, "finance", batch_id)
    world.act("cashier", listed, "return_to", dest="correcting", comment="第 2 笔户名不符")
    for roster, code in (([row(0), row(1), row(2)], "ACCOUNT_SAME"), ([row(0, CARDS[4]), row(1, CARDS[3]), row(2)], "ACCOUNT_PAID"),
                         ([row(0), row(1, CARDS[3], "900"), row(2)], None)):
        with pytest.raises(Refused) as caught:
            world.act("clerk", listed, "approve", form={"roster": roster})
        assert code is None or [m.code for m in caught.value.messages] == [code]
    with pytest.raises(Refused):
        world.act("clerk", listed, "reject", comment="不再发放")               # part of it has been paid
    world.act("clerk", listed, "approve", form={"roster": [row(0), row(1, CARDS[3]), row(2)]})
    world.act("finance", listed, "approve")
    assert [(line.n, line.fault and line.fault.code) for line in office.payable()] == [(1, "IN_BATCH"), (2, None), (3, "IN_BATCH")]
    with pytest.raises(Refused):
        office.gather(listed)                                                  # all three: the paid ones are not paid again
    again = _only(office, listed, 2)
    office.do(batches.seal, "finance", again)
    office.do(batches.send, "cashier", again)
    office.answered(again, "成功")
    assert world.row(listed).state == "paid" and office.paid() == 90_000
    office.clean()


def _only(office: Office, case_id: str, n: int) -> str:
    line = next(line for line in office.payable() if line.case_id == case_id and line.n == n)
    with writing(office.world.sessions) as session:
        return batches.make(session, office.world.signed_in("finance"), office.world.now, [line.grant_line_id], layout="csv")


def test_a_line_with_a_bad_account_stays_behind_and_the_others_are_paid(world: World, office: Office, listed: str) -> None:
    batch_id = _only(office, listed, 1)
    office.do(batches.seal, "finance", batch_id)
    office.do(batches.send, "cashier", batch_id)
    office.answered(batch_id, "成功")
    assert world.row(listed).state == "paying" and office.paid() == 30_000
    rest = office.payable()
    assert [line.n for line in rest if line.fault is None] == [2, 3]


@pytest.mark.parametrize("roster", [
    [row(0), row(1, CARDS[3]), row(2), {"name": "赵敏", "id_no": "53010219800103105X", "card": CARDS[4], "amount": "300"}],
    [row(0), row(1, CARDS[3])],
    [row(0), row(1, CARDS[3]), row(2), {"name": "赵敏", "id_no": "53010219800103105X", "card": CARDS[4], "amount": "0"}],
])
def test_nobody_joins_or_leaves_a_roster_whose_money_is_reserved(world: World, office: Office, listed: str, roster: list[dict[str, Any]]) -> None:
    """Correcting an account is no way to change who gets something: the amount that is held and the lines would part."""
    digits = roster[-1]["id_no"][:17]
    roster[-1]["id_no"] = digits + "10X98765432"[sum(int(c) * w for c, w in zip(digits, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11]
    batch_id = office.sent(listed)
    office.answered(batch_id, "成功", "失败", "成功")
    world.act("cashier", listed, "return_to", dest="correcting", comment="第 2 笔户名不符")
    before = world.row(listed).amount_fen
    with pytest.raises(Refused, match="已经预留|缺少身份证号"):
        world.act("clerk", listed, "approve", form={"roster": roster})
    assert world.row(listed).amount_fen == before == 90_000
    office.clean()
