"""Whose account this is, as far as anybody has told: from the lines of every case and from the register of people.

An account in which several are paid is nobody's own until somebody has looked: in a batch the accountant explains it,
paid by hand it is refused. Read only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..errors import Message
from ..language.identity import mask
from ..records import GrantLine, Person
from . import lines

_granted, _people = GrantLine.__table__, Person.__table__
_STANDS = ("open", "held", "paid")
_AT_ONCE = 500                       # keys that fit one query
Key = TypeVar("Key")


def shared(session: Session, rows: Sequence[Row[Any]]) -> dict[str, Message]:
    """Return, by the id of the grant line, for whom else its account is registered; nothing where it is the payee's alone.

    `rows` have `id`, `account_index`, `id_index`, `person_id` and `organisation_id`.
    """
    users = _users(session, {row.account_index for row in rows if row.account_index})
    found: dict[str, Message] = {}
    for row in rows:
        own = _marks(row.id_index, row.person_id, row.organisation_id)
        others = {shown for who, shown in users.get(row.account_index or b"", {}).items() if who not in own}
        if others:
            named = "、".join(sorted(others)[:3])
            found[row.id] = Message("ACCOUNT_SHARED", f"同一账户还登记为{named}的收款账户", f"The same account is registered for {named} too")
    return found


def _users(session: Session, indexes: Collection[bytes]) -> Mapping[bytes, dict[str, str]]:
    """Return whose accounts these are: {account: {who: masked name}}."""
    found: defaultdict[bytes, dict[str, str]] = defaultdict(dict)
    for some in _chunks(sorted(indexes)):
        for row in session.connection().execute(select(_granted).where(_granted.c.account_index.in_(some), _granted.c.status.in_(_STANDS))):
            who = _marks(row.id_index, row.person_id, row.organisation_id)
            if who:
                found[row.account_index][sorted(who)[0]] = mask("name", lines.opened(session, row.id, row.sealed)["name"])
        for one in session.connection().execute(select(_people.c.id, _people.c.name, _people.c.id_no_index, _people.c.bank_card_index).where(
                _people.c.bank_card_index.in_(some), _people.c.merged_into.is_(None))):
            found[one.bank_card_index][sorted(_marks(one.id_no_index, one.id, None))[0]] = mask("name", one.name)
    return found


def _marks(id_index: bytes | None, person_id: str | None, organisation_id: int | None) -> frozenset[str]:
    """Return what tells one payee from another: the identity number where it is known, the person, the organisation."""
    return frozenset(mark for mark in (f"1:{id_index.hex()}" if id_index else "", f"2:{person_id}" if person_id else "",
                                       f"3:{organisation_id}" if organisation_id else "") if mark)


def _chunks(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    return (keys[start:start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE))
