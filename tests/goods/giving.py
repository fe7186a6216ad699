"""A small programme that gives money and goods to everybody on a list, and how its cases go."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from tests.goods.conftest import Stores
from tests.world import World
from workflow import engine
from workflow.db import reading, writing
from workflow.engine.lines import lines_of
from workflow.records import GrantLine

GIVING = """
schema: 1
key: giving
version: 1
title: {zh: 试点慰问, en: Trial visits}
initial: draft
number: "SW-{org.code}-{year}-{seq:04d}"
value: goods
form:
  roster:
    label: {zh: 名单, en: Roster}
    type: table
    required: true
    sensitive: true
    columns:
      name: {label: 姓名, type: text, required: true}
      id_no: {label: 身份证号, type: idcard, required: true}
      card: {label: 银行卡, type: bankcard}
      amount: {label: 金额, type: money, min: 0}
      item: {label: 物品, type: text}
      quantity: {label: 数量, type: int, min: 0}
amount: {value: "sum(coalesce(row.amount, 0) for row in form.roster)"}
lines:
  each: form.roster
  person: row.id_no
  name: row.name
  account: row.card
  amount: coalesce(row.amount, 0)
  goods: {item: row.item, quantity: row.quantity}
budget: {pool: "{org.county}/{year}/visits", hold_in: [delivering, paying], commit: paying.pay}
attachments:
  signed_sheet: {label: 签收表, min: 0, max: 3, required: false}
actors:
  applicant: {who: applicant}
  county: {role: county_handler, scope: ancestor(county)}
  cashier: {role: cashier, scope: ancestor(county)}
separation: {distinct: [review, paying], applicant_may_not_decide: true}
defaults: {return: {resubmit: direct, max: 5}, comment: {return: required, reject: required}}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.roster]}
  - {name: review, label: 审核, kind: task, actor: county, due: 5wd}
  - {name: delivering, label: 发放, kind: task, actor: county, due: 5wd, edit: [attachments.signed_sheet]}
  - {name: paying, label: 核销, kind: task, actor: cashier, due: 5wd}
  - {name: paid, label: 办结, final: true, outcome: approved}
  - {name: rejected, label: 不批, final: true, outcome: rejected}
transitions:
  - {trigger: submit, label: 提交, source: draft, dest: review, require: [form]}
  - {trigger: approve, label: 同意, source: review, dest: delivering}
  - {trigger: approve, label: 签收齐全, source: delivering, dest: paying}
  - {trigger: pay, label: 核销, source: paying, dest: paid}
  - {trigger: return_to, label: 退回名单, source: [review, delivering, paying], dest: [draft, delivering]}
  - {trigger: reject, label: 不批, source: [review, delivering], dest: rejected}
""".replace("source: [review, delivering, paying], dest: [draft, delivering]}", "source: [review, delivering], dest: [draft]}\n"
            "  - {trigger: return_to, label: 退回补登, source: paying, dest: [delivering]}")
IDS = ("533221199003070021", "533221198511230045", "533221197801150068")
CARDS = ("6228480010000000017", "6228480010000000025", "6228480010000000033")
PERSONS = ("杨丽华", "木建军", "和秀英")


def row(who: int, amount: str = "0", quantity: str = "1", item: str = "rice-10kg", card: int | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"name": PERSONS[who], "id_no": valid(IDS[who]), "amount": amount}
    if quantity != "0":
        found |= {"item": item, "quantity": quantity}
    if card is not None:
        found["card"] = CARDS[card]
    return found


def valid(number: str) -> str:
    """The number with its check digit put right."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return number[:17] + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False)) % 11]


class Giving:
    """One county that gives things to people on lists."""

    def __init__(self, world: World, stores: Stores) -> None:
        self.world, self.stores = world, stores

    def handed_in(self, *rows: dict[str, Any], by: str = "basic") -> str:
        return self.world.submitted(by, "giving", {"roster": list(rows)})

    def delivering(self, *rows: dict[str, Any]) -> str:
        case_id = self.handed_in(*rows)
        self.world.act("clerk", case_id, "approve")
        return case_id

    def do(self, what: Any, short: str, *words: Any, **more: Any) -> Any:
        actor = self.world.signed_in(short)
        with writing(self.world.sessions) as session:
            return what(session, *words, actor, self.world.now, **more)

    def sign(self, case_id: str, *numbers: int, by: str = "clerk", beside: str = "basic", method: str = "phone", **more: Any) -> engine.Signed:
        signed: engine.Signed = self.do(engine.sign, by, case_id, numbers, method, self.world.ids.get(beside, ""), **more)
        return signed

    def strike(self, case_id: str, *numbers: int, reason: str = "外出务工，联系不上", by: str = "clerk", **more: Any) -> engine.Signed:
        struck: engine.Signed = self.do(engine.strike, by, case_id, numbers, reason, **more)
        return struck

    def lines(self, case_id: str) -> list[tuple[int, str]]:
        with reading(self.world.sessions) as session:
            return [(line.n, line.status) for line in lines_of(session, case_id)]

    def first_line(self, case_id: str) -> str:
        with reading(self.world.sessions) as session:
            return session.scalars(select(GrantLine.id).where(GrantLine.case_id == case_id).order_by(GrantLine.n)).first() or ""

    def twice(self, case_id: str, short: str = "clerk") -> list[engine.Duplicate]:
        actor = self.world.actor(short)
        with reading(self.world.sessions) as session:
            return engine.duplicates(session, case_id, actor)
