"""The summary of a working day: one message a person, one a day for the group of each robot.

Counted by the queue itself, so it says what the officer will find there. Whoever is on leave is counted by who stands in
for them. With nothing to do nobody hears anything.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import exists, func, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session, sessionmaker

from .. import people
from ..calendar import ZONE, working_calendar
from ..db import reading, writing
from ..people.absences import deciding
from ..queries.queue import workload
from ..records import Account, Appointment, Message, Organisation, Task
from . import outbox, tell
from .channels import Channels
from .sentences import checked

FROM, UNTIL = time(8, 30), time(12)      # a house that was without power until noon sends none: the day is half over
OFFICES = 20                             # named one by one, those with most overdue first
_m, _tasks, _orgs = Message.__table__, Task.__table__, Organisation.__table__


def write(sessions: sessionmaker[Session], now: datetime, channels: Channels | None = None) -> int:
    """Write the summaries of today that are not there yet, and return how many. Does nothing on days off and after noon."""
    here = now.astimezone(ZONE)
    if not working_calendar().is_working(here.date()) or not FROM <= here.time() < UNTIL:
        return 0
    stream = f"digest:{here.date().isoformat()}"
    with reading(sessions) as session:
        officers = _officers(session, here.date(), stream)
    return sum(_one(sessions, account_id, person_id, stream, now) for account_id, person_id in officers) + _offices(sessions, stream, now, channels)


def _officers(session: Session, today: date, stream: str) -> list[tuple[int, str]]:
    """Return (account, person) of everybody with a deciding post who has had no summary today and wants one."""
    told = exists().where(_m.c.person_id == Account.person_id, _m.c.stream == stream)
    rows = session.execute(
        select(Account.id, Account.person_id, Account.settings, Appointment.role).join(Appointment, Appointment.person_id == Account.person_id)
        .where(Account.status == "active", Appointment.starts_on <= today, or_(Appointment.ends_on.is_(None), Appointment.ends_on >= today), ~told)
        .order_by(Account.id)).all()
    return list(dict.fromkeys((row.id, row.person_id) for row in rows if deciding(row.role) and (row.settings or {}).get("digest", True)))


def _one(sessions: sessionmaker[Session], account_id: int, person_id: str, stream: str, now: datetime) -> int:
    with reading(sessions) as session:
        found = workload(session, people.actor_of(session, account_id, now.astimezone(ZONE).date()), now)
    if not found.count:
        return 0
    with writing(sessions) as session:
        return len(tell(session, [person_id], "digest", now, stream=stream, seq=0, params={"count": found.count, "due": found.due, "late": found.late}))


def _offices(sessions: sessionmaker[Session], stream: str, now: datetime, channels: Channels | None) -> int:
    """Write what the robots say: counts by office, no persons. Its id is made of the day, so there is never a second one."""
    robots = [name for name in channels.names if name not in outbox.PERSONAL] if channels else []
    message_id = f"offices-{stream[7:]}"
    if not robots or channels is None:
        return 0
    with reading(sessions) as session:
        if session.get(Message, message_id) is not None:
            return 0
        rows = _counted(session, now)
    if not rows:
        return 0
    lines = [[row.name, row.n, row.due, row.late] for row in sorted(rows, key=lambda row: (-row.late, -row.due, -row.n, row.name))[:OFFICES]]
    params = checked({"count": sum(row.n for row in rows), "due": sum(row.due for row in rows), "late": sum(row.late for row in rows), "lines": lines})
    with writing(sessions) as session:
        if not outbox.write(session, [{"id": message_id, "person_id": None, "kind": "offices", "stream": stream, "seq": 0, "case_id": None,
                                       "params": params, "created_at": now, "read_at": now}]):
            return 0
        outbox.add(session, [(message_id, name) for name in robots], channels.quiet.over(now))
    return 1


def _counted(session: Session, now: datetime) -> list[Row[tuple[str, int, int, int]]]:
    tomorrow = datetime.combine(now.astimezone(ZONE).date() + timedelta(days=1), time(), ZONE)
    return list(session.execute(
        select(_orgs.c.name, func.count().label("n"),
               func.count().filter(_tasks.c.due_at > now, _tasks.c.due_at <= tomorrow).label("due"),
               func.count().filter(_tasks.c.due_at <= now).label("late"))
        .join(_orgs, _orgs.c.id == _tasks.c.organisation_id)
        .where(_tasks.c.status == "open", _tasks.c.kind.in_(("work", "ballot", "branch")), _tasks.c.role.not_in(("applicant", "agent")))
        .group_by(_orgs.c.id, _orgs.c.name)).all())
