"""Who on a list gets something twice: in the list itself, or beside what was granted before, by any union, programme or year.

People are compared by their identity number, accounts by their number, both by blind index. Found, not forbidden: a
reviewer looks, and returns the list or says why it stands. What lies outside the reader's scope is told without its number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from .. import programmes
from ..actors import Actor
from ..errors import NotFound
from ..language.definition import Label
from ..records import Case, GrantLine, Organisation, Release
from ..scope import visible
from .dossier import local_day

_lines, _cases, _units = GrantLine.__table__, Case.__table__, Organisation.__table__
MOST = 5                             # earlier grants told of one row: the newest


@dataclass(frozen=True, slots=True)
class Duplicate:
    """One thing to look at in row `n`. `row` is another row of the list; otherwise the earlier or parallel grant.

    `case_id` and `number` are None where the reader may not open that case. `granted` False: still under way there.
    """

    n: int
    kind: Literal["same_person", "same_account", "granted", "account_used"]
    row: int | None = None
    case_id: str | None = None
    number: str | None = None
    programme: Label | None = None
    unit: str = ""
    day: date | None = None
    amount_fen: int = 0
    quantity: int | None = None
    item: str | None = None
    granted: bool = True


def duplicates(session: Session, case_id: str, actor: Actor) -> list[Duplicate]:
    """Return what stands twice, by row. Raises `NotFound` out of scope."""
    if session.execute(select(Case.id).where(Case.id == case_id, visible(actor))).first() is None:
        raise NotFound
    own: Sequence[Any] = session.execute(select(_lines.c.n, _lines.c.id_index, _lines.c.account_index).where(
        _lines.c.case_id == case_id, _lines.c.status != "dropped").order_by(_lines.c.n)).all()
    found = _within(own)
    found += _before(session, case_id, actor, own, "granted")
    found += _before(session, case_id, actor, own, "account_used")
    return sorted(found, key=lambda one: (one.n, one.kind, one.row or 0, -(one.day or date.min).toordinal()))


def _within(own: Sequence[Any]) -> list[Duplicate]:
    """The same person in two rows, and one account given for two people."""
    people: defaultdict[bytes, list[int]] = defaultdict(list)
    accounts: defaultdict[bytes, list[Row[Any]]] = defaultdict(list)
    for line in own:
        if line.id_index is not None:
            people[line.id_index].append(line.n)
        if line.account_index is not None:
            accounts[line.account_index].append(line)
    found = [Duplicate(n, "same_person", row=rows[0] if n != rows[0] else rows[1]) for rows in people.values() if len(rows) > 1 for n in rows]
    for sharing in accounts.values():
        if len({line.id_index for line in sharing}) > 1:
            for line in sharing:
                other = next(one for one in sharing if one.id_index != line.id_index)
                found.append(Duplicate(line.n, "same_account", row=other.n))
    return found


def _before(session: Session, case_id: str, actor: Actor, own: Sequence[Any], kind: Literal["granted", "account_used"]) -> list[Duplicate]:
    """Other cases with the same person, or with the same account and another person."""
    column = _lines.c.id_index if kind == "granted" else _lines.c.account_index
    rows: defaultdict[bytes, list[Row[Any]]] = defaultdict(list)
    for line in own:
        key = line.id_index if kind == "granted" else line.account_index
        if key is not None:
            rows[key].append(line)
    if not rows:
        return []
    titles = _titles(session)
    seen, told, cases = visible(actor), defaultdict[int, int](int), set[tuple[int, str]]()
    found: list[Duplicate] = []
    for other in _others(session, case_id, column, rows, seen):
        for line in rows[other.key]:
            if kind == "account_used" and other.id_index == line.id_index or told[line.n] >= MOST:
                continue
            if kind == "account_used" and (line.n, other.case_id) in cases:      # once a case, however many rows share it there
                continue
            cases.add((line.n, other.case_id))
            told[line.n] += 1
            found.append(Duplicate(
                line.n, kind, case_id=other.case_id if other.seen else None, number=other.number if other.seen else None,
                programme=titles.get(other.definition_key, Label(other.definition_key)), unit=other.unit if other.seen else "",
                day=other.granted_on or local_day(other.submitted_at), amount_fen=other.amount_fen - other.returned_fen,
                quantity=other.quantity, item=other.item, granted=other.status != "open"))
    return found


def _others(session: Session, case_id: str, column: ColumnElement[Any], keys: Iterable[bytes], seen: ColumnElement[bool]) -> Iterable[Any]:
    wanted = sorted(keys)
    for start in range(0, len(wanted), 500):
        yield from session.execute(
            select(column.label("key"), _lines.c.id_index, _lines.c.case_id, _lines.c.definition_key, _lines.c.amount_fen, _lines.c.returned_fen,
                   _lines.c.quantity, _lines.c.item, _lines.c.status, _lines.c.granted_on, _cases.c.number, _cases.c.submitted_at,
                   _units.c.name.label("unit"), seen.label("seen"))
            .join(Case, _cases.c.id == _lines.c.case_id).join(Organisation, _units.c.id == _lines.c.unit_id)
            .where(column.in_(wanted[start:start + 500]), _lines.c.case_id != case_id, _cases.c.submitted_at.is_not(None),
                   or_(_lines.c.status.in_(("held", "paid")), (_lines.c.status == "open") & _cases.c.outcome.is_(None)))
            .order_by(_lines.c.id.desc()))


def _titles(session: Session) -> dict[str, Label]:
    """Return what each programme is called, by its newest version."""
    newest: dict[str, tuple[int, str]] = {}
    for key, version, digest in session.execute(select(Release.key, Release.version, Release.digest)):
        newest[key] = max(newest.get(key, (0, "")), (version, digest))
    return {key: programmes.by_digest(session, digest).title for key, (_, digest) in newest.items()}
