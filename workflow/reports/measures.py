"""What was granted in a period, programme by programme, from the grant lines that were settled in it.

Six kinds of value are never added together (domain.md, fact 4): every programme is counted for itself, and a total is given
only within one kind. Money is integer 分 and becomes 万元 only in the sentence (domain.md, arithmetic traps).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from .. import programmes
from ..actors import Actor
from ..errors import NotFound, Refused, one
from ..language.definition import Definition, Label
from ..records import Case, GrantLine, Organisation
from ..scope import visible

KINDS = ("work", "grants")
COLUMNS = ("cases", "persons", "person_times", "households", "organisations", "batches")
_lines = GrantLine.__table__
_GRAINS = {
    "cases": Label("件", "cases"), "persons": Label("人", "people"), "person_times": Label("人次", "person-times"),
    "households": Label("户", "households"), "organisations": Label("家", "organisations"), "batches": Label("批", "batches"),
}

VALUES = {
    "cash_grant": Label("发放资金", "cash granted"), "goods": Label("发放物品", "goods"), "service": Label("服务", "services"),
    "loan_facilitated": Label("促成贷款", "loans facilitated"), "pool_payout": Label("互助金给付", "paid by mutual pools"),
    "recovered": Label("追讨所得", "recovered for workers"), "premium_collected": Label("收取互助金", "premiums collected"),
    "funds_raised": Label("筹集资金", "funds raised"), "none": Label("不涉及金额", "no money"),
}


@dataclass(frozen=True, slots=True)
class Count:
    """One programme in one period. `amount_fen` is what was settled less what has come back of it; `quantity` counts goods."""

    key: str
    title: Label
    value: str
    grain: str
    cases: int
    persons: int
    person_times: int
    households: int
    organisations: int
    batches: int
    amount_fen: int
    quantity: int
    sentence: Label


def counts(session: Session, actor: Actor, first: date, last: date, code: str | None = None) -> list[Count]:
    """Return what was settled from `first` to `last`, both included, at or below the organisation `code` where one is named.

    The command line reads everything, a person what they may see. Raises `Refused` for a period that ends before it
    begins, `NotFound` for an organisation there is none of.
    """
    if last < first:
        raise Refused(one("PERIOD", "结束日期早于开始日期，请检查", "The period ends before it begins; check the dates", "to"))
    conditions: list[ColumnElement[bool]] = [_lines.c.status == "paid", _lines.c.settled_on.between(first, last)]
    if not (actor.via == "command" and actor.person_id is None):
        conditions.append(visible(actor))
    place = None
    if code:
        place = session.execute(select(Organisation.name, Organisation.path).where(Organisation.code == code)).one_or_none()
        if place is None:
            raise NotFound("organisation")
        conditions.append(_lines.c.path.like(place.path + "%"))
    unknown = case((_lines.c.id_index.is_(None), _lines.c.person_id))          # beneficiaries of whom no identity number is known
    rows = session.execute(
        select(_lines.c.definition_key, _lines.c.value, func.count(_lines.c.case_id.distinct()).label("cases"),
               (func.count(_lines.c.id_index.distinct()) + func.count(unknown.distinct())).label("persons"),
               func.count().label("lines"), func.count(_lines.c.household_id.distinct()).label("households"),
               func.count(_lines.c.organisation_id.distinct()).label("organisations"),
               func.coalesce(func.sum(_lines.c.amount_fen - _lines.c.returned_fen), 0).label("fen"),
               func.coalesce(func.sum(_lines.c.quantity), 0).label("quantity"))
        .join(Case, Case.id == _lines.c.case_id).where(*conditions)
        .group_by(_lines.c.definition_key, _lines.c.value).order_by(_lines.c.value, _lines.c.definition_key)).all()
    where = Label("" if place is None else place.name)
    return [_counted(session, row, first, last, where) for row in rows]


def _counted(session: Session, row: Any, first: date, last: date, where: Label) -> Count:
    definition = _definition(session, row.definition_key, last)
    measure = definition.measure if definition else None
    title = definition.title if definition else Label(row.definition_key)
    roster = definition is not None and definition.lines is not None and definition.lines.each is not None
    union = definition is not None and definition.beneficiary == "organisation"
    numbers = {"cases": row.cases, "persons": row.persons, "person_times": 0 if union else row.lines, "households": row.households,
               "organisations": row.organisations, "batches": row.cases if roster else 0}
    grain = measure.grain if measure else "organisations" if union else "person_times"
    words = {**numbers, "amount": f"{Decimal(int(row.fen)) / 100:,.2f}", "amount_wan": wan(int(row.fen)), "year": last.year,
             "from": first.isoformat(), "to": last.isoformat(), "org": where.zh}
    return Count(row.definition_key, title, row.value, grain, amount_fen=int(row.fen), quantity=int(row.quantity),
                 sentence=sentence(measure.sentence if measure else Label(""), title, grain, words), **numbers)


def sentence(pattern: Label, title: Label, grain: str, words: Mapping[str, Any]) -> Label:
    """Return the sentence of the work report in both languages; a programme without its own gets a plain one."""
    unit = _GRAINS[grain]
    plain = Label(f"{title.zh}：{words[grain]}{unit.zh}，{{amount_wan}}万元。", f"{title.text('en')}: {words[grain]} {unit.en}, {{amount}} yuan.")
    return Label(_put(pattern.zh or plain.zh, words), _put(pattern.en or plain.en, words))


def wan(fen: int) -> str:
    """Return 万元 with two decimals, rounded half up from exact 分."""
    return str((Decimal(fen) / 1_000_000).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))


def _put(pattern: str, words: Mapping[str, Any]) -> str:
    for name, value in words.items():
        pattern = pattern.replace("{" + name + "}", str(value))
    return pattern


def _definition(session: Session, key: str, day: date) -> Definition | None:
    try:
        return programmes.in_force(session, key, day)
    except NotFound:
        return None


WIDTHS = (24, 16, 10, 10, 10, 10, 10, 10, 16, 10)
_HEADINGS = {"zh": ("项目", "类别", "件", "人", "人次", "户", "单位", "批", "金额（元）", "物品（件）"),
             "en": ("Programme", "Kind of value", "Cases", "People", "Person-times", "Households", "Organisations", "Batches", "Amount (yuan)", "Goods")}


def headings(lang: str) -> list[str]:
    return list(_HEADINGS[lang])


def table(found: Sequence[Count], lang: str) -> list[list[str]]:
    """Return the counts as rows of text, in the order of `headings`."""
    return [[row.title.text(lang), VALUES[row.value].text(lang), *(str(getattr(row, name)) for name in COLUMNS),
             f"{Decimal(row.amount_fen) / 100:.2f}", str(row.quantity)] for row in found]


def plain(found: Sequence[Count]) -> list[dict[str, Any]]:
    """Return the counts as JSON values: money as text in yuan, sentences in both languages."""
    return [{"programme": row.key, "title": row.title.zh, "value": row.value, "grain": row.grain, **{name: getattr(row, name) for name in COLUMNS},
             "amount": f"{Decimal(row.amount_fen) / 100:.2f}", "quantity": row.quantity,
             "sentence": {"zh": row.sentence.zh, "en": row.sentence.text("en")}} for row in found]
