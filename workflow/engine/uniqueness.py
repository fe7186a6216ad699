"""`unique`: one live or approved case per tuple, kept by the database itself so that no race gets round it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from .. import machine
from ..errors import Message, Refused, one
from ..language.definition import State
from ..privacy import vault
from ..records import Case, CaseKey
from .dossier import Dossier

_keys, _cases = CaseKey.__table__, Case.__table__


def settle(session: Session, dossier: Dossier, dest: State, facts: Mapping[str, Any], *, first: bool) -> None:
    """Take the tuple when a case is handed in, give it back when it ends without approval.

    A corrected case changes its tuple with its form. Raises `Refused` naming the case that holds the tuple already.
    """
    definition = dossier.definition
    connection = session.connection()
    if dest.final and dest.outcome != "approved":
        connection.execute(delete(_keys).where(_keys.c.case_id == dossier.id))
        return
    digest = _digest(session, dossier, facts)
    if not first:
        connection.execute(delete(_keys).where(_keys.c.case_id == dossier.id, _keys.c.digest != digest))
    insert = (postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert)(_keys)
    connection.execute(insert.values(definition_key=definition.key, digest=digest, case_id=dossier.id).on_conflict_do_nothing())
    twin = _twin(session, dossier, digest)
    if twin:
        raise Refused(twin)


def objections(session: Session, dossier: Dossier, facts: Mapping[str, Any]) -> tuple[Message, ...]:
    """Return why this case could not take its tuple: another holds it. Empty where nothing stands in the way."""
    return _twin(session, dossier, _digest(session, dossier, facts)) if dossier.definition.unique else ()


def _digest(session: Session, dossier: Dossier, facts: Mapping[str, Any]) -> bytes:
    values = [machine.value(dossier.definition, expr, facts) for expr in dossier.definition.unique]
    return vault(session).blind("key", orjson.dumps([dossier.definition.key, *map(str, values)]).decode())


def _twin(session: Session, dossier: Dossier, digest: bytes) -> tuple[Message, ...]:
    holder = session.connection().execute(
        select(_cases.c.number, _cases.c.id).join(_keys, _keys.c.case_id == _cases.c.id)
        .where(_keys.c.definition_key == dossier.definition.key, _keys.c.digest == digest)).one_or_none()
    if holder is None or holder.id == dossier.id:
        return ()
    return one("DUPLICATE", f"已有一件相同的申请（{holder.number or '办理中'}），不能重复申请",
               f"There is already such an application ({holder.number or 'in progress'})")
