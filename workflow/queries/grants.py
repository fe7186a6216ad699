"""The lines of one case with what is sealed in them, the items by name, and who signed: the list an officer hands out by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..actors import Actor
from ..engine.lines import opened
from ..engine.signing import signatures
from ..errors import NotFound
from ..records import Case, GoodsItem, GrantLine, Organisation
from ..scope import visible

_lines, _items = GrantLine.__table__, GoodsItem.__table__
_SEALED = dict.fromkeys(("name", "id_no", "account"))


@dataclass(frozen=True, slots=True)
class GrantRow:
    """One line in the clear: pages mask it. `item` is what people call it, its code where the catalogue does not know it."""

    id: str
    n: int
    name: str
    id_no: str
    account: str
    amount_fen: int
    item: str
    spec: str
    unit: str
    quantity: int | None
    status: str
    signed: Row[Any] | None


def grants(session: Session, case_id: str, actor: Actor, *, numbers: Sequence[int] | None = None, sealed: bool = False) -> list[GrantRow]:
    """Return the lines of a case in order, only these numbers where given. Raises `NotFound` out of scope.

    `sealed`: nothing is opened and nobody named, for those who count the lines of a long roster and show a page of it.
    """
    if session.execute(select(Case.id).where(Case.id == case_id, visible(actor))).first() is None:
        raise NotFound
    query = select(_lines).where(_lines.c.case_id == case_id).order_by(_lines.c.n)
    rows = session.execute(query if numbers is None else query.where(_lines.c.n.in_(numbers))).all()
    known, signed = _named(session, {row.item for row in rows if row.item}), signatures(session, case_id)
    found = []
    for row in rows:
        said = _SEALED if sealed else opened(session, row.id, row.sealed)
        item = known.get(row.item or "")
        found.append(GrantRow(
            row.id, row.n, said["name"] or "", said["id_no"] or "", said["account"] or "", row.amount_fen,
            item.name if item else (row.item or "").rpartition("/")[2], item.spec if item else "", item.unit if item else "", row.quantity,
            row.status, signed.get(row.id)))
    return found


def line_place(session: Session, line_id: str, actor: Actor) -> tuple[str, int]:
    """Return (case id, number of the line) of one line. Raises `NotFound` out of scope."""
    row = session.execute(select(_lines.c.case_id, _lines.c.n).join(Case, Case.id == _lines.c.case_id).where(
        _lines.c.id == line_id, visible(actor))).one_or_none()
    if row is None:
        raise NotFound("line")
    return str(row.case_id), int(row.n)


def _named(session: Session, keys: set[str]) -> dict[str, Row[Any]]:
    """Return the items behind the keys of pools: `<union>/<year>/goods/<code>`."""
    codes = {(key.partition("/")[0], key.rpartition("/")[2]): key for key in keys}
    if not codes:
        return {}
    rows = session.execute(select(_items.c.code, _items.c.name, _items.c.spec, _items.c.unit, Organisation.code.label("place"))
                           .join(Organisation, Organisation.id == _items.c.organisation_id)
                           .where(Organisation.code.in_({place for place, _ in codes}), _items.c.code.in_({code for _, code in codes})))
    return {key: row for row in rows for (place, code), key in codes.items() if (row.place, row.code) == (place, code)}
