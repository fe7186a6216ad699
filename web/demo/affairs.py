"""What goes on beside the cases: somebody is away, and the county's money is opened, added to and allocated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from workflow import money, people
from workflow.actors import Actor

from .calendar_days import DAY, ZONE, back
from .places import COUNTY_CODE
from .register import Register

# Name, source, 分, and what a donor named. The fund pays for nothing itself: it is allocated to the programmes.
POOLS = (("aid", "county_fiscal", 60_000_000, ""), ("fund", "central_hardship", 180_000_000, ""), ("living_aid", "central_hardship", 20_000_000, ""),
         ("living_aid", "donation", 5_000_000, "东部协作地区捐赠，用于困难职工生活救助"), ("medical_aid", "central_hardship", 10_000_000, ""),
         ("medical_aid", "county_fiscal", 12_000_000, ""), ("holiday_visit", "own_union", 40_000_000, ""))


def told(session: Session, register: Register, now: datetime) -> list[Iterator[datetime]]:
    """Return the stories, each to be resumed in the order of time."""
    return [_away(session, register, now), _pool(session, register, now)]


def _away(session: Session, register: Register, now: datetime) -> Iterator[datetime]:
    """The second county officer is away this week and the next, and the first stands in."""
    today = now.astimezone(ZONE).date()
    first = today - DAY * today.weekday()
    yield datetime.combine(back(first - DAY, 0), time(15, 30), ZONE)
    keeper, away = register.officers["county_handler", register.county.county.id][:2]
    people.arrange(session, away.person_id or "", keeper.person_id or "", first, first + timedelta(days=13), "外出培训", away,
                   datetime.combine(back(first - DAY, 0), time(15, 30), ZONE))


def _pool(session: Session, register: Register, now: datetime) -> Iterator[datetime]:
    """The accountant proposes, the leader confirms: pools are opened, one is added to, and the fund is allocated."""
    year = now.astimezone(ZONE).year
    accountant, leader = register.known["finance"], register.known["leader"]
    at = datetime.combine(back(now.astimezone(ZONE).date(), 30), time(9, 20), ZONE)
    yield at
    made = {}
    for name, source, amount, purpose in POOLS:
        key = f"{COUNTY_CODE}/{year}/{name}" if name == "aid" else f"{COUNTY_CODE}/{year}/{name}@{source}"
        made[name, source] = money.open_pool(session, key, amount, accountant, at, source=source, purpose=purpose)
        _confirm(session, made[name, source], leader, at + timedelta(hours=2))
    at = datetime.combine(back(now.astimezone(ZONE).date(), 12), time(9, 20), ZONE)
    yield at
    money.adjust(session, made["aid", "county_fiscal"], 8_000_000, "上级追加临时救助资金", accountant, at)
    _confirm(session, made["aid", "county_fiscal"], leader, at + timedelta(hours=2))
    fund = made["fund", "central_hardship"]
    money.transfer(session, fund, made["living_aid", "central_hardship"], 20_000_000, "首批分配，主席办公会纪要〔5〕号", accountant, at)
    _confirm(session, fund, leader, at + timedelta(hours=2))
    money.transfer(session, fund, made["medical_aid", "central_hardship"], 30_000_000, "第二批分配，待确认", accountant, at + timedelta(hours=3))


def _confirm(session: Session, pool: int, leader: Actor, at: datetime) -> None:
    for proposal in money.proposals(session, pool):
        if proposal.status == "open":
            money.confirm(session, proposal.id, leader, at)
