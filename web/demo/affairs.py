"""What goes on beside the cases: somebody is away, and a pool of money is opened and added to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from workflow import money, people
from workflow.actors import Actor

from .calendar_days import DAY, ZONE, back
from .places import COUNTY_CODE
from .register import Register


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
    """The accountant proposes, the leader confirms: once when the pool is opened, once when it is added to."""
    year = now.astimezone(ZONE).year
    accountant, leader = register.known["finance"], register.known["leader"]
    at = datetime.combine(back(now.astimezone(ZONE).date(), 30), time(9, 20), ZONE)
    yield at
    pool = money.open_pool(session, f"{COUNTY_CODE}/{year}/aid", 60_000_000, accountant, at)
    _confirm(session, pool, leader, at + timedelta(hours=2))
    at = datetime.combine(back(now.astimezone(ZONE).date(), 12), time(9, 20), ZONE)
    yield at
    money.adjust(session, pool, 8_000_000, "上级追加临时救助资金", accountant, at)
    _confirm(session, pool, leader, at + timedelta(hours=2))


def _confirm(session: Session, pool: int, leader: Actor, at: datetime) -> None:
    for proposal in money.proposals(session, pool):
        if proposal.status == "open":
            money.confirm(session, proposal.id, leader, at)
