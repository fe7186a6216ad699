"""What applicants fill in, as they would type it: amounts that fit each other, dates that fit the rules.

Every number of a person comes from the register through `prefill`; here is only what the register does not know.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from .calendar_days import ZONE
from .plans import MEDICAL, MODEL, STUDY, Plan

DAY = timedelta(days=1)
_HOSPITALS = ("云岭县医院", "云岭县中医医院", "云江州第一医院", "云江州中医医院", "省第二肿瘤医院")
_BANKS = ("农信社城关分社", "农信社青山分社", "工商银行云岭支行", "农业银行云岭支行", "建设银行城关支行", "邮储银行云岭支行")
_SCHOOLS = ("云江职业技术学院", "南云开放大学云岭学院", "南云工程职业学院", "云江师范学院继续教育学院", "国家开放大学")


@dataclass(frozen=True, slots=True)
class Paper:
    """One file to attach: its kind, the name on it and the lines below."""

    kind: str
    name: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answers:
    """The form, the files, and what a correction changes: `item` names what was wrong, `why` says it."""

    form: Mapping[str, str]
    papers: tuple[Paper, ...]
    why: str
    items: tuple[str, ...]
    corrected: Mapping[str, str]
    again: str                       # the kind of file that comes anew with the correction


def answers(plan: Plan, number: int, dice: random.Random) -> Answers:
    """Return the answers of one plan; `number` keeps documents apart."""
    return _KINDS[plan.key](plan, number, dice)


def _submitted(plan: Plan) -> date:
    return (plan.beats[0].at if plan.beats else plan.start).astimezone(ZONE).date()


def _medical(plan: Plan, number: int, dice: random.Random) -> Answers:
    day, who = _submitted(plan), plan.worker.who
    category = "deep" if "upper" in plan.words else dice.choice(("deep", "deep", "relative", "relative", "accident"))
    own = dice.randrange(2_200_000, 6_400_000) if "upper" in plan.words else dice.randrange(90_000, 1_850_000)
    if "earlier" in plan.words or "again" in plan.words:
        category, own = "relative", dice.randrange(300_000, 700_000)
    total = int(own / dice.uniform(0.2, 0.36)) // 10 * 10
    rest = total - own
    serious = rest * dice.randrange(8, 20) // 100 if total > 4_000_000 else 0
    mutual = rest * 6 // 100 if dice.random() < 0.5 else 0
    size = dice.randrange(2, 6)
    head = dice.randrange(1780, 2100) if "income" in plan.words else dice.randrange(620, 1290)
    settled = day - DAY * dice.randrange(8, 90)
    sheet = f"JS{settled:%y%m%d}{number:04d}"
    names = ("self", "self", "self", "spouse", "child", "parent")
    form = {
        "category": category, "file_no": f"KN{settled.year}-{number % 300 + 1:04d}", "family_size": str(size),
        "family_income": str(head * size * 12), "patient": dice.choice(names), "hospital": dice.choice(_HOSPITALS),
        "settled_on": settled.isoformat(), "settlement_no": sheet, "total": _yuan(total),
        "basic": _yuan(rest - serious - mutual), "serious": _yuan(serious), "mutual": _yuan(mutual), "bank_name": dice.choice(_BANKS)}
    lines = (f"结算单号：{sheet}", f"结算日期：{settled}", f"合计：{_yuan(total)} 元")
    papers = (Paper("id_card", who.name, (f"{who.id_no[:6]}********{who.id_no[-4:]}",)), Paper("diagnosis", who.name, (form["hospital"],)),
              Paper("settlement", who.name, lines), *((Paper("mutual_sheet", who.name, (f"补助：{_yuan(mutual)} 元",)),) if mutual else ()))
    return Answers(form, papers, "结算单照片看不清，基本医保报销金额与结算单不一致，请重新拍照上传并更正",
                   ("form.basic", "attachments.settlement"),
                   {"basic": _yuan(rest - serious - mutual + dice.randrange(3_000, 30_000))}, "settlement")


def _study(plan: Plan, number: int, dice: random.Random) -> Answers:
    day, who = _submitted(plan), plan.worker.who
    graduated = date(day.year, 1, 10) if day.month > 2 and dice.random() < 0.6 else date(day.year - 1, 7, 1)
    school, diploma = dice.choice(_SCHOOLS), f"{dice.randrange(10000, 60000)}{graduated.year}06{number:06d}"
    form = {
        "position": dice.choice(("worker", "worker", "worker", "team", "workshop")), "public_staff": "否",
        "contract_from": (day - DAY * dice.randrange(500, 2600)).isoformat(), "school": school,
        "level": dice.choice(("college", "college", "bachelor")), "graduated_on": graduated.isoformat(), "diploma_no": diploma,
        "bank_name": dice.choice(_BANKS)}
    papers = (Paper("id_card", who.name, (f"{who.id_no[:6]}********{who.id_no[-4:]}",)), Paper("diploma", who.name, (school, f"{graduated}")),
              Paper("xuexin", who.name, (diploma,)), Paper("contract", who.name, (f"甲方：{plan.worker.union.name[:-2]}",)))
    return Answers(form, papers, "毕业证书编号与学信网备案表不一致，请核对后更正，并重新上传备案表",
                   ("form.diploma_no", "attachments.xuexin"), {"diploma_no": diploma[:-1] + str((int(diploma[-1]) + 1) % 10)}, "xuexin")


def _model(plan: Plan, number: int, dice: random.Random) -> Answers:
    day, row, who = _submitted(plan), plan.worker.row, plan.worker.who
    old = day.year - who.born_on.year - 1 >= (60 if who.gender == "male" else 55)
    status = dice.choice(("retired", "retired", "farmer")) if old else "in_service"
    line = {"in_service": 6566, "retired": 3552, "farmer": 1000}[status]
    income = line - dice.randrange(180, 960) if status != "farmer" else dice.randrange(80, 600)
    honour = "全国劳动模范" if row.model_worker == "nation" else "南云省劳动模范"
    year = dice.choice((1995, 2000, 2005, 2010))
    form = {
        "honour": f"{honour}，{year} 年", "certificate_no": f"{honour[:2]}劳模{year}第{number % 90 + 10:03d}号", "status": status,
        "monthly_income": str(income), "months": "8" if "year" in plan.words else "12", "bank_name": dice.choice(_BANKS)}
    papers = (Paper("id_card", who.name, (f"{who.id_no[:6]}********{who.id_no[-4:]}",)), Paper("honour", who.name, (form["honour"],)),
              Paper("income", who.name, (f"月均收入：{income} 元",)))
    return Answers(form, papers, "月均收入请按近 12 个月的平均数填写，并补交全部 12 个月的流水", ("form.monthly_income", "attachments.income"),
                   {"monthly_income": str(income + dice.randrange(5, 40))}, "income")


_KINDS: Mapping[str, Callable[[Plan, int, random.Random], Answers]] = {MEDICAL: _medical, STUDY: _study, MODEL: _model}


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}" if fen % 100 else str(fen // 100)
