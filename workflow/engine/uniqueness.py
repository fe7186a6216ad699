"""`unique`: one live or approved case per tuple, kept by the database itself so that no race gets round it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from unicodedata import normalize

import orjson
from sqlalchemy import delete, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from .. import machine
from ..errors import Message, Refused, one
from ..language.definition import Definition, State
from ..language.expressions import Expr
from ..privacy import vault
from ..records import Case, CaseKey
from .dossier import Dossier
from .entries import entries

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
    digest, *earlier = _digests(session, dossier, facts)
    if not first and earlier:            # two entries turned out to be one person: what each of them holds already, it keeps
        held = set(connection.execute(select(_keys.c.digest).where(_keys.c.case_id == dossier.id)).scalars())
        if held & {digest, *earlier}:
            return
    if not first:
        connection.execute(delete(_keys).where(_keys.c.case_id == dossier.id, _keys.c.digest != digest))
    insert = (postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert)(_keys)
    connection.execute(insert.values(definition_key=definition.key, digest=digest, case_id=dossier.id).on_conflict_do_nothing())
    twin = _twin(session, dossier, [digest, *earlier])
    if twin:
        raise Refused(twin)


def objections(session: Session, dossier: Dossier, facts: Mapping[str, Any]) -> tuple[Message, ...]:
    """Return why this case could not take its tuple: another holds it. Empty where nothing stands in the way."""
    return _twin(session, dossier, _digests(session, dossier, facts)) if dossier.definition.unique else ()


def _digests(session: Session, dossier: Dossier, facts: Mapping[str, Any]) -> list[bytes]:
    """Return the digest of the case's tuple, then what it would be under each entry that was merged into the applicant's."""
    definition, found = dossier.definition, [_digest(session, dossier.definition, facts)]
    if any("applicant.id" in expr.names for expr in definition.unique) and definition.apply_who != "organisation":
        others = session.connection().execute(entries(literal(dossier.row.entry_id))).scalars().all()
        found += [_digest(session, definition, {**facts, "applicant": {**facts["applicant"], "id": one}}) for one in others if one != dossier.row.entry_id]
    return found


def _digest(session: Session, definition: Definition, facts: Mapping[str, Any]) -> bytes:
    values = [_folded(definition, expr, machine.value(definition, expr, facts)) for expr in definition.unique]
    return vault(session).blind("key", orjson.dumps([definition.key, *values]).decode())


def _folded(definition: Definition, expr: Expr, value: Any) -> str:
    """A number off a paper is the same however it was typed: small letters, full width or a space between make no other one."""
    name = next(iter(expr.names), "").removeprefix("form.") if len(expr.names) == 1 else ""
    spec = definition.form.get(name)
    return "".join(normalize("NFKC", value).split()).upper() if isinstance(value, str) and spec is not None and spec.type == "text" else str(value)


def _twin(session: Session, dossier: Dossier, digests: Sequence[bytes]) -> tuple[Message, ...]:
    holder = session.connection().execute(
        select(_cases.c.number, _cases.c.id).join(_keys, _keys.c.case_id == _cases.c.id)
        .where(_keys.c.definition_key == dossier.definition.key, _keys.c.digest.in_(digests), _cases.c.id != dossier.id).limit(1)).one_or_none()
    if holder is None:
        return ()
    return one("DUPLICATE", f"已有一件相同的申请（{holder.number or '办理中'}），不能重复申请",
               f"There is already such an application ({holder.number or 'in progress'})")
