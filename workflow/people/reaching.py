"""How somebody wants to be reached outside: their e-mail address, and which channels they switched off."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from .. import history
from ..actors import Actor
from ..errors import NotFound, Refused, one
from ..organisations import actor_role
from ..privacy import vault
from ..records import Account, Person

PLACE = "people.email"
_EMAIL = re.compile(r"[^\s@<>\",;:\\()\[\]]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def email_of(session: Session, person_id: str) -> str:
    """Return the address, or nothing. Raises `Damaged` where it does not open."""
    sealed = session.get_one(Person, person_id).email_sealed
    return vault(session).open(PLACE, person_id, sealed).decode() if sealed else ""


def set_email(session: Session, person_id: str, address: str, actor: Actor, now: datetime) -> None:
    """Keep the address, or none where it is empty. Raises `Refused` for what is no address, `NotFound`."""
    address = address.strip()
    if address and (len(address) > 120 or not _EMAIL.fullmatch(address)):
        raise Refused(one("EMAIL", "请填写完整的邮箱地址，例如 zhangsan@example.com", "Give a whole e-mail address, such as zhangsan@example.com", "email"))
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound("person")
    before = email_of(session, person_id)
    if address == before:
        return
    person.email_sealed = vault(session).seal(PLACE, person_id, address.encode()) if address else None
    session.flush()
    history.append_to(session, f"person:{person_id}", kind="change", at=now, actor=actor, role=actor_role(actor),
                      changes={"email": (before or None, address or None)})


def choose(session: Session, account_id: int, silent: Iterable[str], digest: bool) -> None:
    """Keep which channels to leave alone, and whether a summary of the day is wanted."""
    account = session.get_one(Account, account_id)
    account.settings = {**(account.settings or {}), "silent": sorted(silent), "digest": digest}
