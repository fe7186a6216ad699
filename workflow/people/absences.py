"""Substitutes 代理: somebody is away from a day to a day, and a colleague of the same county acts for them.

The substitute holds the posts of whoever is away as `Post(…, behalf=…)` on those days, and nothing for longer: nobody
stands in for a stand-in, nobody has two substitutes at a time, and nobody comes to hold by it what may not be in one
hand. Posts of administrators and auditors are never passed on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from .. import history, notifications
from ..actors import Actor
from ..calendar import ZONE
from ..errors import Impossible, Message, NotFound, NotYours, Refused, one
from ..language.roles import clashes, roles
from ..organisations import actor_role
from ..records import Absence, Account, Appointment, Organisation, Person
from .appointments import administers

LONGEST = timedelta(days=366)
"""Who is away for longer has left: their work is handed over."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """One absence in words. `over`: it lies behind us, or was called off."""

    id: int
    person_id: str
    person: str
    substitute_id: str
    substitute: str
    starts_on: date
    ends_on: date
    reason: str
    cancelled: bool
    over: bool


def deciding(role: str) -> bool:
    """Return whether holders of this role decide on cases; a role that only a definition names is one that does."""
    return role not in roles() or roles()[role].decides


def arrange(session: Session, person_id: str, substitute_id: str, starts_on: date, ends_on: date, reason: str, actor: Actor,
            now: datetime) -> int:
    """Let `substitute_id` act for `person_id` from `starts_on` to `ends_on`, both included, and return the row's id.

    By the person themself or an administrator of theirs. Raises `NotYours`, `NotFound`, or `Refused` with every message.
    """
    # Two arrangements of the same people at once could each miss the other; locked in one order, nobody waits in a ring.
    people = {row.id: row for row in session.scalars(
        select(Person).where(Person.id.in_(sorted((person_id, substitute_id)))).order_by(Person.id).with_for_update())}
    if person_id not in people:
        raise NotFound("person")
    _may(session, actor, person_id)
    if substitute_id not in people or substitute_id == person_id:
        raise Refused(one("SUBSTITUTE", "请选择一位同事代理", "Choose a colleague to stand in", "substitute"))
    messages = [*_period(starts_on, ends_on, now), *_overlapping(session, people, person_id, substitute_id, starts_on, ends_on),
                *_fit(session, people, person_id, substitute_id, max(starts_on, now.astimezone(ZONE).date()))]
    if messages:
        raise Refused(messages)
    row = Absence(person_id=person_id, substitute_id=substitute_id, starts_on=starts_on, ends_on=ends_on, reason=reason.strip()[:200],
                  arranged_by=actor.person_id, created_at=now)
    session.add(row)
    session.flush()
    _event(session, row, "absence", actor, now)
    return row.id


def cancel(session: Session, absence_id: int, actor: Actor, now: datetime) -> None:
    """Call an absence off, or end it early; what was done in it stays done. Raises `NotFound`, `NotYours`, `Impossible`."""
    row = session.get(Absence, absence_id, with_for_update=True)
    if row is None:
        raise NotFound("absence")
    _may(session, actor, row.person_id)
    if row.cancelled_at is not None or row.ends_on < now.astimezone(ZONE).date():
        raise Impossible(one("ABSENCE_OVER", "这次代理已经结束，不用再取消", "This substitution is over already"))
    row.cancelled_at = now
    session.flush()
    _event(session, row, "absence_end", actor, now)


def arrangements(session: Session, people: Iterable[str], today: date) -> list[Arrangement]:
    """Return the absences of these people and those in which they stand in, the latest first."""
    ids = list(people)
    away, standing_in = aliased(Person), aliased(Person)
    rows = session.execute(
        select(Absence, away.name, standing_in.name).join(away, away.id == Absence.person_id)
        .join(standing_in, standing_in.id == Absence.substitute_id)
        .where(or_(Absence.person_id.in_(ids), Absence.substitute_id.in_(ids)))
        .order_by(Absence.starts_on.desc(), Absence.id.desc())).all()
    return [Arrangement(row.id, row.person_id, person, row.substitute_id, substitute, row.starts_on, row.ends_on, row.reason,
                        row.cancelled_at is not None, row.cancelled_at is not None or row.ends_on < today)
            for row, person, substitute in rows]


def substitutes_of(session: Session, people: Iterable[str], today: date) -> list[str]:
    """Return who stands in for these people today."""
    return list(session.scalars(select(Absence.substitute_id).where(
        Absence.person_id.in_(list(people)), Absence.cancelled_at.is_(None), Absence.starts_on <= today, Absence.ends_on >= today)))


def candidates(session: Session, person_id: str, today: date) -> list[tuple[str, str, str]]:
    """Return (id, name, union) of everybody who could stand in for this person, as far as their posts go."""
    mine = {post.role for post in _posts(session, person_id, today)}
    if not any(deciding(role) for role in mine):
        return []
    held: dict[str, set[str]] = {}
    for row in session.execute(select(Appointment.person_id, Appointment.role).where(
            Appointment.starts_on <= today, or_(Appointment.ends_on.is_(None), Appointment.ends_on >= today))):
        held.setdefault(row.person_id, set()).add(row.role)
    return [one for one in colleagues(session, person_id, today) if not _clashing(mine, held[one[0]])]


def colleagues(session: Session, person_id: str, today: date) -> list[tuple[str, str, str]]:
    """Return (id, name, union) of the officers with an account in every county where this person holds or ever held a post."""
    home = _counties(session, _posts(session, person_id, None))
    if not home:
        return []
    rows = session.execute(
        select(Person.id, Person.name, Organisation.name.label("union"), Appointment.role)
        .join(Appointment, Appointment.person_id == Person.id).join(Organisation, Organisation.id == Appointment.organisation_id)
        .join(Account, Account.person_id == Person.id)
        .where(Account.status == "active", Organisation.active, Appointment.starts_on <= today,
               or_(Appointment.ends_on.is_(None), Appointment.ends_on >= today), Person.id != person_id,
               or_(*(Organisation.path.startswith(path) for path in home)))
        .order_by(Organisation.path, Person.name, Person.id)).all()
    found: dict[str, tuple[str, str, str]] = {}
    for row in rows:
        if deciding(row.role):
            found.setdefault(row.id, (row.id, row.name, row.union))
    return list(found.values())


def _may(session: Session, actor: Actor, person_id: str) -> None:
    if actor.person_id not in (None, person_id) and not administers(session, actor, person_id):
        raise NotYours(one("ABSENCE_OWN", "只能安排自己的代理，或由系统管理员安排", "You arrange your own substitute, or an administrator does"))


def _period(starts_on: date, ends_on: date, now: datetime) -> list[Message]:
    if ends_on < starts_on:
        return [Message("ABSENCE_PERIOD", "结束日期早于开始日期，请重新填写", "The last day is before the first; change one of them", "ends_on")]
    if ends_on < now.astimezone(ZONE).date():
        return [Message("ABSENCE_PAST", "代理时间已经过去，请填写今天或以后的日期", "This period lies behind us; give today or a later day", "ends_on")]
    if ends_on - starts_on > LONGEST:
        return [Message("ABSENCE_LONG", "代理最长一年；时间更长的请办理移交", "A substitution lasts a year at most; hand the work over instead", "ends_on")]
    return []


def _overlapping(session: Session, people: dict[str, Person], person_id: str, substitute_id: str, starts_on: date,
                 ends_on: date) -> list[Message]:
    both = (person_id, substitute_id)
    rows = session.scalars(select(Absence).where(
        Absence.cancelled_at.is_(None), Absence.starts_on <= ends_on, Absence.ends_on >= starts_on,
        or_(Absence.person_id.in_(both), Absence.substitute_id == person_id))).all()
    messages = []
    for row in rows:
        days = f"{row.starts_on} 至 {row.ends_on}", f"{row.starts_on} to {row.ends_on}"
        if row.person_id == person_id:
            messages.append(Message("ABSENCE_TWICE", f"{days[0]} 已经安排了代理，请先取消", f"{days[1]} a substitute is arranged already; cancel that first",
                                    "starts_on"))
        elif row.person_id == substitute_id:
            name = people[substitute_id].name
            messages.append(Message("SUBSTITUTE_AWAY", f"{name} {days[0]} 自己也外出，不能代理；请另选一位",
                                    f"{name} is away {days[1]} and cannot stand in; choose somebody else", "substitute"))
        else:
            messages.append(Message("SUBSTITUTE_CHAIN", f"{days[0]} 正在代理他人，代理不能再转给别人；请先改由他人代理那一位",
                                    f"{days[1]} this person stands in for somebody else, which cannot be passed on; rearrange that first", "starts_on"))
    return messages


def _fit(session: Session, people: dict[str, Person], person_id: str, substitute_id: str, day: date) -> list[Message]:
    mine, theirs = _posts(session, person_id, day), _posts(session, substitute_id, day)
    name = people[substitute_id].name
    if not any(deciding(post.role) for post in mine):
        return [Message("NOTHING_TO_STAND_IN", "此人那时没有办理业务的岗位，不需要代理；系统管理员和经审岗位不能代理",
                        "This person holds no deciding post then; posts of administrators and auditors are not passed on", "starts_on")]
    active = session.scalar(select(Account.id).where(Account.person_id == substitute_id, Account.status == "active"))
    if active is None or not any(deciding(post.role) for post in theirs):
        return [Message("SUBSTITUTE_NO_POST", f"{name}那时没有办理业务的岗位或账号，不能代理；请另选一位",
                        f"{name} has no deciding post or no account then; choose somebody else", "substitute")]
    if not set(_counties(session, [post for post in mine if deciding(post.role)])) & set(
            _counties(session, [post for post in theirs if deciding(post.role)])):
        return [Message("SUBSTITUTE_ELSEWHERE", f"{name}不在同一个县，不能代理；请另选一位", f"{name} serves in another county; choose somebody else", "substitute")]
    clash = _clashing({post.role for post in mine}, {post.role for post in theirs})
    if clash is not None:
        return [Message("ROLES_EXCLUSIVE", f"{clash.zh}：{name}不能代理；请另选一位", f"{clash.text('en')}: {name} cannot stand in; choose somebody else", "substitute")]
    return []


def _clashing(mine: set[str], theirs: set[str]) -> Any:
    """Return why what the one decides cannot be in the other's hand as well, or None."""
    found = clashes({role for role in mine if deciding(role)} | theirs)
    return found[0].why if found else None


def _posts(session: Session, person_id: str, day: date | None) -> list[Any]:
    """Return the posts held on that day; all that were ever held for None."""
    query = select(Appointment.role, Organisation.path).join(Organisation, Organisation.id == Appointment.organisation_id).where(
        Appointment.person_id == person_id)
    if day is not None:
        query = query.where(Organisation.active, Appointment.starts_on <= day, or_(Appointment.ends_on.is_(None), Appointment.ends_on >= day))
    return list(session.execute(query))


def _counties(session: Session, posts: list[Any]) -> list[str]:
    """Return the path of the county each post lies in; above the counties its own."""
    ids = {int(part) for post in posts for part in post.path.split("/") if part}
    levels = dict(session.execute(select(Organisation.path, Organisation.level).where(Organisation.id.in_(ids))).all()) if ids else {}
    return list(dict.fromkeys(next((path for path, level in levels.items() if level == "county" and post.path.startswith(path)), post.path)
                              for post in posts))


def _event(session: Session, row: Absence, kind: str, actor: Actor, now: datetime) -> None:
    appended = history.append_to(
        session, f"person:{row.person_id}", kind=kind, at=now, actor=actor, role=actor_role(actor), comment=row.reason,
        extra={"absence": row.id, "substitute": row.substitute_id, "from": row.starts_on.isoformat(), "to": row.ends_on.isoformat()})
    notifications.tell(session, [person for person in (row.person_id, row.substitute_id) if person != actor.person_id], kind, now,
                       stream=f"person:{row.person_id}", seq=appended.seq,
                       params={"from": row.starts_on.isoformat(), "to": row.ends_on.isoformat()})
