"""The county's money: pools of several sources, opened and added to by two people; a transfer and an adjustment wait for the second."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from workflow import money
from workflow.actors import Actor

from .calendar_days import ZONE, back
from .places import COUNTY_CODE
from .register import Register

# Name, source, 分, and what a donor named. The fund pays for nothing itself: it is allocated to the programmes.
POOLS = (("aid", "county_fiscal", 60_000_000, ""), ("fund", "central_hardship", 180_000_000, ""), ("living_aid", "central_hardship", 20_000_000, ""),
         ("living_aid", "donation", 5_000_000, "东部协作地区捐赠，用于困难职工生活救助"), ("medical_aid", "central_hardship", 10_000_000, ""),
         ("medical_aid", "provincial_fiscal", 16_000_000, ""), ("medical_aid", "county_fiscal", 12_000_000, ""), ("holiday_visit", "own_union", 12_000_000, ""),
         ("model_workers", "upper_union", 8_000_000, ""), ("small_payer_refund", "upper_union", 6_000_000, ""), ("mutual_fund", "mutual_pool", 30_000_000, ""),
         # Of programmes without a case yet: whoever tries one is not stopped at its approval.
         ("accident_aid", "county_fiscal", 6_000_000, ""), ("study_aid", "central_hardship", 9_000_000, ""), ("study_dream", "own_union", 4_000_000, ""),
         ("training_aid", "county_fiscal", 3_000_000, ""), ("two_cancer_aid", "own_union", 5_000_000, ""), ("women_fund", "mutual_pool", 12_000_000, ""),
         ("village_teams", "upper_union", 10_000_000, ""), ("care_class", "upper_union", 9_000_000, ""), ("grassroots_condolence", "own_union", 4_000_000, ""),
         ("health_check", "own_union", 8_000_000, ""), ("rest_recuperation", "upper_union", 12_000_000, ""), ("startup_loan", "bank_loan", 500_000_000, ""))
# Of the year before as well, until this day of the year: what was promised then is paid from there.
_BEFORE = {"fund": (12, 31), "living_aid": (6, 30), "medical_aid": (6, 30), "model_workers": (6, 30),
           "holiday_visit": (8, 25), "small_payer_refund": (11, 10), "mutual_fund": (3, 31)}


def told(session: Session, register: Register, now: datetime) -> list[Iterator[datetime]]:
    """Return the story of last year's pools and of this year's, to be resumed in the order of time."""
    today = now.astimezone(ZONE).date()
    first = min(back(date(today.year, 1, 8), 0), back(today, 2))
    names = tuple(name for name, until in _BEFORE.items() if (today.month, today.day) <= until)
    return [_both(session, register, today, first, names)]


def _both(session: Session, register: Register, today: date, first: date, names: tuple[str, ...]) -> Iterator[datetime]:
    """Last year's pools, of which the fund was closed and what was left of it carried over; then this year's."""
    accountant, leader, year = register.known["finance"], register.known["leader"], today.year - 1
    yield (at := datetime.combine(back(date(year, 1, 8), 0), time(8, 5), ZONE))
    before = _open(session, register, year, names, at)["fund", "central_hardship"]
    yield (at := datetime.combine(back(date(year, 12, 26), 0), time(9, 0), ZONE))
    money.adjust(session, before, -156_000_000, "上级调减，年度分配已执行完毕", accountant, at)
    _confirm(session, before, leader, at + timedelta(minutes=10))
    money.close(session, before, date(year, 12, 31), "年度关账，办公会纪要〔12〕号", accountant, at + timedelta(minutes=20))
    _confirm(session, before, leader, at + timedelta(minutes=30))
    yield from _this_year(session, register, today, first, before)


def _open(session: Session, register: Register, year: int, names: tuple[str, ...], at: datetime) -> dict[tuple[str, str], int]:
    """The accountant proposes, the leader confirms."""
    accountant, leader, made = register.known["finance"], register.known["leader"], dict[tuple[str, str], int]()
    for name, source, amount, purpose in POOLS:
        if name in names:
            key = f"{COUNTY_CODE}/{year}/{name}" if name == "aid" else f"{COUNTY_CODE}/{year}/{name}@{source}"
            made[name, source] = money.open_pool(session, key, amount, accountant, at, source=source, purpose=purpose)
            _confirm(session, made[name, source], leader, at + timedelta(minutes=10))
    return made


def _this_year(session: Session, register: Register, today: date, first: date, before: int) -> Iterator[datetime]:
    accountant, leader = register.known["finance"], register.known["leader"]
    yield (at := datetime.combine(first, time(8, 15), ZONE))
    made = _open(session, register, today.year, tuple(name for name, *_ in POOLS), at)
    if first.year == today.year:
        money.carry(session, before, made["fund", "central_hardship"], "上年结余结转", accountant, at + timedelta(minutes=20))
        _confirm(session, before, leader, at + timedelta(minutes=30))
    yield (at := max(datetime.combine(back(today, 12), time(9, 20), ZONE), at + timedelta(hours=1)))
    money.adjust(session, made["aid", "county_fiscal"], 8_000_000, "上级追加临时救助资金", accountant, at)
    _confirm(session, made["aid", "county_fiscal"], leader, at + timedelta(hours=2))
    fund = made["fund", "central_hardship"]
    money.transfer(session, fund, made["living_aid", "central_hardship"], 20_000_000, "首批分配，主席办公会纪要〔5〕号", accountant, at)
    _confirm(session, fund, leader, at + timedelta(hours=2))
    money.transfer(session, fund, made["medical_aid", "central_hardship"], 30_000_000, "第二批分配，待确认", accountant, at + timedelta(hours=3))
    yield (at := max(datetime.combine(back(today, 1), time(8, 30), ZONE), at + timedelta(hours=4)))
    money.adjust(session, made["holiday_visit", "own_union"], 5_000_000, "追加两节慰问经费，县总工会经费预算调整方案", accountant, at)


def _confirm(session: Session, pool: int, leader: Actor, at: datetime) -> None:
    for proposal in money.proposals(session, pool):
        if proposal.status == "open":
            money.confirm(session, proposal.id, leader, at)
