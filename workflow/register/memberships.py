"""会籍: joining a union, moving to another 转会, leaving 退会. Rows are kept; `people.union_id` repeats the one that is open.

Every change is an event of the stream `person:<id>`. A person who was in the register before memberships were kept has no row:
their union and day of joining count as one, which is written down at their first change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..actors import Actor
from ..calendar import ZONE
from ..errors import Refused, one
from ..records import Household, Membership, Organisation, Person
from .households import locked_person, rehouse, said
from .keeping import standing, told


@dataclass(frozen=True, slots=True)
class Stay:
    """One membership, the name of its union included."""

    union: str
    since_on: date
    until_on: date | None
    member_no: str | None
    reason: str


def memberships(session: Session, person_ids: Sequence[str]) -> list[Stay]:
    """Return where somebody has been a member, latest first. `person_ids`: all entries of the one person."""
    rows = session.execute(select(Membership, Organisation.name).join(Organisation, Organisation.id == Membership.organisation_id).where(
        Membership.person_id.in_(person_ids)).order_by(Membership.since_on.desc(), Membership.id.desc())).all()
    found = [Stay(name, row.since_on, row.until_on, row.member_no, row.reason) for row, name in rows]
    written = {row.person_id for row, _ in rows}
    for person, name in session.execute(select(Person, Organisation.name).join(Organisation, Organisation.id == Person.union_id).where(
            Person.id.in_([entry for entry in person_ids if entry not in written]), Person.merged_into.is_(None))):
        if person.member_since is not None:
            found.insert(0, Stay(name, person.member_since, None, person.member_no, ""))
    return found


def join(session: Session, person_id: str, organisation_id: int, since: date, actor: Actor, now: datetime, *, member_no: str | None = None) -> None:
    """Enter a membership. Raises `Refused` for somebody who is a member already: they move instead."""
    person = locked_person(session, person_id)
    union = _union(session, organisation_id)
    role = standing(actor, union.path)
    _day(since, now)
    if person.member_since is not None and person.union_id is not None:
        raise Refused(one("MEMBER_ALREADY", "已是工会会员；换单位请办理转会", "Already a member of a union; to change unions, move the membership", "union"))
    before = person.union_id
    member_no = (member_no or "").strip() or person.member_no
    session.add(Membership(person_id=person.id, organisation_id=union.id, member_no=member_no, since_on=since, created_at=now))
    person.union_id, person.member_since, person.member_no = union.id, since, member_no
    session.flush()
    told(session, f"person:{person.id}", "join", actor, role, union.id, now, {"union": union.id, "since": since.isoformat()},
         {"union_id": (before, union.id), "member_since": (None, since.isoformat())})
    _follow(session, person, union, actor, role, now)


def transfer(session: Session, person_id: str, organisation_id: int, on: date, reason: str, actor: Actor, now: datetime) -> None:
    """Move a membership to another union on a day. How long somebody has been a member goes on counting."""
    person, row, role = _current(session, person_id, actor, now)
    union = _union(session, organisation_id)
    reason = said(reason)
    if union.id == person.union_id:
        raise Refused(one("SAME_UNION", "已在这个工会，请选择转入的工会", "They are in that union already; choose where they move to", "union"))
    _ended(session, row, on, reason, now)
    session.add(Membership(person_id=person.id, organisation_id=union.id, member_no=row.member_no, since_on=on, created_at=now))
    before, person.union_id = person.union_id, union.id
    session.flush()
    told(session, f"person:{person.id}", "transfer", actor, role, union.id, now, {"from": before, "to": union.id, "on": on.isoformat()},
         {"union_id": (before, union.id)}, reason)
    _follow(session, person, union, actor, role, now)


def leave(session: Session, person_id: str, on: date, reason: str, actor: Actor, now: datetime) -> None:
    """End a membership on a day. The household and its file stay with the union that keeps them."""
    person, row, role = _current(session, person_id, actor, now)
    reason = said(reason)
    _ended(session, row, on, reason, now)
    before, person.union_id = person.union_id, None
    since, person.member_since = person.member_since, None
    session.flush()
    told(session, f"person:{person.id}", "leave", actor, role, before, now, {"from": before, "on": on.isoformat()},
         {"union_id": (before, None), "member_since": (since.isoformat() if since else None, None)}, reason)


def _current(session: Session, person_id: str, actor: Actor, now: datetime) -> tuple[Person, Membership, str]:
    """Return the person, locked, their open membership (written down now where it never was), and the keeper's role."""
    person = locked_person(session, person_id)
    union = session.get(Organisation, person.union_id) if person.union_id is not None else None
    if union is None:
        raise Refused(one("NO_MEMBER", "现在没有会籍，请先登记入会", "There is no membership now; enter one first", "union"))
    role = standing(actor, union.path)
    row = session.scalar(select(Membership).where(Membership.person_id == person_id, Membership.until_on.is_(None)))
    if row is None:
        row = Membership(person_id=person.id, organisation_id=union.id, member_no=person.member_no, created_at=now,
                         since_on=person.member_since or person.created_at.astimezone(ZONE).date())
        session.add(row)
        session.flush()
    return person, row, role


def _ended(session: Session, row: Membership, on: date, reason: str, now: datetime) -> None:
    _day(on, now)
    if on < row.since_on:
        raise Refused(one("DAY_BEFORE", f"日期不能早于入会日期 {row.since_on}", f"The day is before the membership began, {row.since_on}", "on"))
    row.until_on, row.reason = on, reason
    session.flush()


def _follow(session: Session, person: Person, union: Organisation, actor: Actor, role: str, now: datetime) -> None:
    for household in session.scalars(select(Household).where(Household.head_id == person.id).with_for_update()):
        rehouse(session, household, union, actor, role, now)


def _union(session: Session, organisation_id: int) -> Organisation:
    union = session.get(Organisation, organisation_id)
    if union is None or not union.active:
        raise Refused(one("UNION", "请从名单里选择工会", "Choose a union from the list", "union"))
    return union


def _day(day: date, now: datetime) -> None:
    if day > now.astimezone(ZONE).date():
        raise Refused(one("DAY_TO_COME", "日期不能晚于今天", "The day cannot be after today", "on"))
