"""The rooms of money and families: everything that happens in them, as stories to be resumed in the order of time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from . import granting, lists, unions, visits
from .calendar_days import ZONE
from .families import KEY, families
from .filing import Filing
from .granting import Grant, honoured, wishes
from .payday import Payday
from .pictures import Drawer
from .register import Register
from .store import Store

LATER = (KEY, granting.LIVING, granting.SPECIAL, visits.HOLIDAY, visits.SUMMER, unions.ENROLMENT, unions.CLAIM, unions.REFUND)
"""The programmes whose cases these are; medical aid in its second version besides."""


def told(session: Session, register: Register, drawer: Drawer, taken: set[str], now: datetime) -> tuple[list[Iterator[datetime]], date, int]:
    """Return the stories, the day the first of them begins, and roughly how many steps they have. `taken`: people of other stories."""
    dice, today = random.Random("云岭县的家庭"), now.astimezone(ZONE).date()
    households = families(register, taken, today, dice)
    taken = taken | {one.worker.row.id for one in households}
    asked = [*wishes([one for one in households if one.on_file], today), *honoured(register, taken, today)]
    walks = [*(Filing(session, register, drawer, family, number) for number, family in enumerate(households)),
             *(Grant(session, register, drawer, wish, number, dice) for number, wish in enumerate(asked, 40))]
    store, payday = Store(session, register), Payday(session, register)
    begun = datetime(today.year - 2, 12, 10, 10, tzinfo=ZONE)
    stories = [*(walk.walk() for walk in walks), store.told(begun, today), *visits.told(session, register, drawer, today, store, payday, households, taken),
               *unions.told(session, register, drawer, taken, today), payday.told(today), lists.told(session, register, today)]
    first = min((one.start for one in households), default=today - timedelta(days=1))
    return stories, first, sum(len(walk.script) + 1 for walk in walks) + 60
