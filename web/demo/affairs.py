"""What goes on beside the cases: somebody is away, figures are entered, money is opened, added to and allocated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from workflow import people

from . import funds, policy
from .calendar_days import DAY, ZONE, back
from .register import Register


def told(session: Session, register: Register, now: datetime) -> list[Iterator[datetime]]:
    """Return the stories, each to be resumed in the order of time."""
    return [_away(session, register, now), policy.told(session, register, now.astimezone(ZONE).date()), *funds.told(session, register, now)]


def _away(session: Session, register: Register, now: datetime) -> Iterator[datetime]:
    """The second county officer is away this week and the next, and the first stands in."""
    today = now.astimezone(ZONE).date()
    first = today - DAY * today.weekday()
    yield datetime.combine(back(first - DAY, 0), time(15, 30), ZONE)
    keeper, away = register.officers["county_handler", register.county.county.id][:2]
    people.arrange(session, away.person_id or "", keeper.person_id or "", first, first + timedelta(days=13), "外出培训", away,
                   datetime.combine(back(first - DAY, 0), time(15, 30), ZONE))
