"""Accounts: one a person; a disabled account, or a changed password, ends every session and token at once."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Literal

from sqlalchemy import ColumnElement, String, bindparam, cast, delete, literal, null, or_, select, union_all, update
from sqlalchemy.orm import Session, aliased

from .. import history
from ..actors import Actor, Post
from ..errors import NotFound, NotYours, Refused, one
from ..language.roles import clashes
from ..organisations import actor_role
from ..records import Absence, Account, ApiToken, Appointment, Organisation, Person, SignIn
from .absences import deciding

USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")


def add_account(session: Session, person_id: str, username: str, password_hash: str, *, actor: Actor, now: datetime,
                must_change: bool = False) -> Account:
    """Open an account for a person. `password_hash` comes from `hash_password`, made before the transaction because
    it takes its time. Raises `Refused` for a bad or taken name, or a person who has an account; `NotFound`."""
    username = username.strip().lower()
    if not USERNAME.fullmatch(username):
        raise Refused(one("ACCOUNT_NAME", "账号名用 2–64 个小写字母、数字和 . _ @ -，以字母或数字开头",
                          "An account name has 2–64 lower-case letters, digits and . _ @ -, a letter or digit first",
                          "username"))
    if session.get(Person, person_id) is None:
        raise NotFound("person")
    taken = session.execute(select(Account.username, Account.person_id).where(
        or_(Account.username == username, Account.person_id == person_id))).first()
    if taken is not None and taken.person_id == person_id:
        raise Refused(one("ACCOUNT_EXISTS", f"此人已有账号 {taken.username}，一人只能有一个账号",
                          f"This person has the account {taken.username} already; one account a person", "person_id"))
    if taken is not None:
        raise Refused(one("ACCOUNT_NAME_TAKEN", f"账号名 {username} 已被使用，请换一个",
                          f"The account name {username} is taken; choose another", "username"))
    account = Account(username=username, person_id=person_id, password_hash=password_hash, status="active",
                      must_change=must_change, settings={}, created_at=now)
    session.add(account)
    session.flush()
    _event(session, account.id, "open", actor, now, person=person_id)
    return account


def set_password(session: Session, account_id: int, password_hash: str, actor: Actor, now: datetime, *,
                 must_change: bool = False) -> None:
    """Replace the password and end every browser session and token of the account."""
    account = _account(session, account_id)
    account.password_hash, account.must_change = password_hash, must_change
    session.flush()
    _end_everything(session, account_id, now)
    _event(session, account_id, "password", actor, now, own=account.person_id == actor.person_id)


def set_status(session: Session, account_id: int, status: Literal["active", "disabled"], actor: Actor,
               now: datetime) -> None:
    """Disable an account, which ends every session and token at once, or make it usable again.

    The person, their roles and their history stay. Raises `NotYours` for one's own account.
    """
    account = _account(session, account_id)
    if account.person_id == actor.person_id:
        raise NotYours(one("ACCOUNT_OWN", "不能停用或启用自己的账号，请由另一位管理员办理",
                           "You cannot disable or enable your own account; ask another administrator"))
    if account.status == status:
        return
    account.status = status
    session.flush()
    if status == "disabled":
        _end_everything(session, account_id, now)
    _event(session, account_id, "disable" if status == "disabled" else "enable", actor, now)


def actor_of(session: Session, account_id: int, today: date,
             via: Literal["page", "api", "batch", "timer", "command"] = "page") -> Actor:
    """Return who acts through this account, the roles they hold on `today`, and after those the deciding roles of
    everybody they stand in for today; one SELECT.

    Raises `NotFound` for an unknown or disabled account. Roles at a closed organisation do not count; who has no
    deciding post of their own left, or may not hold both, stands in for nobody.
    """
    rows = session.execute(_OWN_AND_OTHERS, {"account": account_id, "today": today}).all()
    if not rows:
        raise NotFound("account")
    own = tuple(dict.fromkeys(Post(row.role, row.place, row.path, row.union) for row in rows if row.place is not None and row.behalf is None))
    held = {post.role for post in own}
    others = dict.fromkeys(
        Post(row.role, row.place, row.path, row.union, row.behalf, row.behalf_name) for row in rows
        if row.place is not None and row.behalf is not None and deciding(row.role) and not clashes({*held, row.role}))
    return Actor(rows[0].person_id, rows[0].name, (*own, *others) if any(deciding(role) for role in held) else own, via, account_id)


def _held(person: ColumnElement[str]) -> ColumnElement[bool]:
    day = bindparam("today", type_=Appointment.starts_on.type)
    return ((Appointment.person_id == person) & (Appointment.starts_on <= day)
            & or_(Appointment.ends_on.is_(None), Appointment.ends_on >= day))


_away = aliased(Person)
_WHO = (Account.person_id, Person.name.label("name"))
_WHAT = (Appointment.role, Organisation.id.label("place"), Organisation.path, Organisation.name.label("union"))
_ACTIVE = (Account.id == bindparam("account"), Account.status == "active")
_OWN_AND_OTHERS = union_all(
    select(literal(0).label("n"), Appointment.id.label("post"), *_WHO, *_WHAT, cast(null(), String).label("behalf"), cast(null(), String).label("behalf_name"))
    .join(Person, Person.id == Account.person_id).outerjoin(Appointment, _held(Account.person_id.expression))
    .outerjoin(Organisation, (Organisation.id == Appointment.organisation_id) & Organisation.active).where(*_ACTIVE),
    select(literal(1), Appointment.id, *_WHO, *_WHAT, Absence.person_id, _away.name)
    .join(Person, Person.id == Account.person_id).join(Absence, Absence.substitute_id == Account.person_id)
    .join(_away, _away.id == Absence.person_id).join(Appointment, _held(Absence.person_id.expression))
    .join(Organisation, (Organisation.id == Appointment.organisation_id) & Organisation.active)
    .where(*_ACTIVE, Absence.cancelled_at.is_(None), Absence.starts_on <= bindparam("today", type_=Absence.starts_on.type),
           Absence.ends_on >= bindparam("today", type_=Absence.ends_on.type)),
).order_by("n", "post")


def _account(session: Session, account_id: int) -> Account:
    account = session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise NotFound("account")
    return account


def _end_everything(session: Session, account_id: int, now: datetime) -> None:
    session.execute(delete(SignIn).where(SignIn.account_id == account_id))
    session.execute(update(ApiToken).where(ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None))
                    .values(revoked_at=now))


def _event(session: Session, account_id: int, kind: str, actor: Actor, now: datetime, **extra: object) -> None:
    history.append_to(session, f"account:{account_id}", kind=kind, at=now, actor=actor, role=actor_role(actor),
                      extra=extra)
