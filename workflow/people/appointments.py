"""Roles: held at one organisation from a day to a day, never by somebody's own hand, never two that exclude each other.

Which roles there are, and which may not be in one hand (an auditor decides nothing, who keeps the books does not pay),
is written in `definitions/roles.yaml`.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from .. import history
from ..actors import Actor
from ..errors import NotFound, NotYours, Refused, one
from ..language.definition import Label
from ..language.roles import clashes, roles
from ..organisations import actor_role
from ..records import Appointment, Organisation, Person

# Everybody applies for themselves: nobody is appointed an applicant.
ROLES = tuple(name for name in roles() if name != "applicant")


def appoint(session: Session, person_id: str, role: str, organisation_id: int, starts_on: date, ends_on: date | None, *,
            actor: Actor, now: datetime) -> Appointment:
    """Give a role from `starts_on` to `ends_on`, both included (None: until ended).

    Raises `NotYours` for oneself or outside the administrator's organisations, `Refused` for an unknown role, a
    period that ends before it begins, a role held there already, or one that excludes this one at any time within
    the period; `NotFound`.
    """
    _may(session, actor, person_id, organisation_id)
    if role not in ROLES:
        raise Refused(one("ROLE_UNKNOWN", f"没有“{role}”这个岗位，请从列表中选择",
                          f"There is no role {role!r}; choose one from the list", "role"))
    if ends_on is not None and ends_on < starts_on:
        raise Refused(one("APPOINTMENT_PERIOD", "结束日期早于开始日期，请重新填写",
                          "The last day is before the first; change one of them", "ends_on"))
    # Two appointments of one person at once could each miss the other: the second waits here for the first.
    if session.get(Person, person_id, with_for_update=True) is None:
        raise NotFound("person")
    for held, place in _held(session, person_id, starts_on, ends_on):
        _refuse_together(role, organisation_id, held, place)
    row = Appointment(person_id=person_id, role=role, organisation_id=organisation_id, starts_on=starts_on,
                      ends_on=ends_on, appointed_by=actor.person_id, created_at=now)
    session.add(row)
    session.flush()
    _event(session, row, "appoint", actor, now)
    return row


def end_appointment(session: Session, appointment_id: int, ends_on: date, *, actor: Actor, now: datetime) -> None:
    """Let a role end with `ends_on`, still held on that day; before it has begun, with its first day.

    Raises `NotYours` as `appoint` does, `NotFound`, and `Refused` when it has ended earlier: what was, stays.
    """
    row = session.get(Appointment, appointment_id, with_for_update=True)
    if row is None:
        raise NotFound("appointment")
    _may(session, actor, row.person_id, row.organisation_id)
    if row.ends_on is not None and row.ends_on < ends_on:
        raise Refused(one("APPOINTMENT_OVER", f"此岗位已定于 {row.ends_on} 结束；要延长请重新任命",
                          f"This role ends on {row.ends_on}; appoint again to extend it", "ends_on"))
    row.ends_on = max(ends_on, row.starts_on)
    session.flush()
    _event(session, row, "end", actor, now)


def administers(session: Session, actor: Actor, person_id: str) -> bool:
    """Return whether the actor is administrator of a union where this person holds or held a post."""
    paths = session.scalars(select(Organisation.path).join(Appointment, Appointment.organisation_id == Organisation.id)
                            .where(Appointment.person_id == person_id)).all()
    return any(post.role == "admin" and path.startswith(post.path) for post in actor.posts for path in paths)


def _may(session: Session, actor: Actor, person_id: str, organisation_id: int) -> None:
    organisation = session.get(Organisation, organisation_id)
    if organisation is None:
        raise NotFound("organisation")
    if actor.person_id is None:          # the command line
        return
    if actor.person_id == person_id:
        raise NotYours(one("APPOINT_ONESELF", "不能给自己任免岗位，请由另一位系统管理员办理",
                           "Nobody appoints themself; ask another administrator"))
    if not any(post.role == "admin" and organisation.path.startswith(post.path) for post in actor.posts):
        raise NotYours(one("APPOINT_SCOPE", f"您不是{organisation.name}的系统管理员，不能在那里任免岗位",
                           f"You do not administer {organisation.name} and cannot appoint there"))


def _held(session: Session, person_id: str, starts_on: date, ends_on: date | None) -> list[tuple[Appointment, str]]:
    """The roles that overlap the period by at least a day, with the names of their organisations."""
    query = select(Appointment, Organisation.name).join(Organisation, Organisation.id == Appointment.organisation_id)
    query = query.where(Appointment.person_id == person_id,
                        or_(Appointment.ends_on.is_(None), Appointment.ends_on >= starts_on))
    if ends_on is not None:
        query = query.where(Appointment.starts_on <= ends_on)
    return [(row, name) for row, name in session.execute(query)]


def _refuse_together(role: str, organisation_id: int, held: Appointment, place: str) -> None:
    new, old = roles()[role].label, roles()[held.role].label if held.role in roles() else Label(held.role)
    if (held.role, held.organisation_id) == (role, organisation_id):
        raise Refused(one("APPOINTMENT_HELD", f"此人在这一期间已担任{place}的“{new.zh}”，不必重复任命",
                          f"This person is {new.text('en')} at {place} in this period already", "role"))
    for clash in clashes((role, held.role)):
        until = f"至 {held.ends_on}" if held.ends_on else "起"
        raise Refused(one(
            "ROLES_EXCLUSIVE",
            f"{clash.why.zh}：此人自 {held.starts_on} {until}是{place}的“{old.zh}”，不能同时担任“{new.zh}”。"
            "请先结束该岗位，或另选一人",
            f"{clash.why.text('en')}: this person is {old.text('en')} at {place} since {held.starts_on} and cannot be"
            f" {new.text('en')} as well; end that first or choose somebody else", "role"))


def _event(session: Session, row: Appointment, kind: str, actor: Actor, now: datetime) -> None:
    history.append_to(
        session, f"person:{row.person_id}", kind=kind, at=now, actor=actor, role=actor_role(actor),
        organisation_id=row.organisation_id,
        extra={"appointment": row.id, "role": row.role, "from": row.starts_on.isoformat(),
               "to": row.ends_on.isoformat() if row.ends_on else None})
