"""Taking an import back: what it added goes, what it changed returns to what it was, an event each.

Slice by slice and backwards, like the import itself. A row that has been used or changed since stays and is named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, func, select
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..actors import Actor
from ..errors import Impossible, one
from ..privacy import vault
from ..records import Event, HardshipFile, Household, HouseholdMember, ImportRow, Membership, Organisation, Person
from .kinds import Desk, Item, Kind
from .known import kind
from .running import SLICE, locked, opened, store, tell
from .sheets import Line

_rows, _events = ImportRow.__table__, Event.__table__
_TABLES: dict[str, Table] = {table.__tablename__: table.__table__ for table in (Organisation, Person, Membership, Household, HouseholdMember, HardshipFile)}
_CHANGED = ("导入之后又有改动，不能撤销这一行", "Changed since the import; this row is kept")
_USED = ("已被其他资料引用，不能撤销这一行", "Used elsewhere since the import; this row is kept")


def undo(session: Session, import_id: str, actor: Actor, now: datetime) -> None:
    """Begin to take an import back; `undo_on` carries it on."""
    row, role = locked(session, import_id, actor)
    if row.status == "undoing":
        return
    if row.status not in ("done", "running"):
        raise Impossible(one("IMPORT_NOT_DONE", "这次导入没有写入内容，不需要撤销", "This import has written nothing that could be undone"))
    row.items, row.done = (row.done if row.status == "running" else row.items), 0
    row.status, row.undone_by = "undoing", actor.person_id
    tell(session, row, "undo", actor, role, now)


def undo_on(session: Session, import_id: str, actor: Actor, now: datetime, size: int = SLICE) -> bool:
    """Take back the next `size` items, last ones first, and return whether there are more."""
    row, role = locked(session, import_id, actor)
    if row.status != "undoing":
        return False
    desk, found = Desk(session, row, actor, role, now), kind(session, row.kind, row.subject, row.as_of)
    top = row.items - row.done
    rows = session.execute(select(_rows).where(
        _rows.c.import_id == row.id, _rows.c.item <= top, _rows.c.item > top - size).order_by(_rows.c.item.desc(), _rows.c.n)).all()
    counts, moved = Counter(row.counts), _moved(session, rows)
    reasons: dict[int, tuple[str, str]] = {}
    for one_row in rows:
        if one_row.made:
            reason = _CHANGED if moved & {stream for _, _, stream, _ in one_row.made} else _taken_back(desk, found, one_row)
            if reason is not None:
                reasons[one_row.item] = reason
    desk.close([])
    written = []
    for one_row in rows:
        if one_row.outcome not in ("new", "changed"):
            continue
        reason = reasons.get(one_row.item)
        outcome = "undone" if reason is None else "kept"
        counts[one_row.outcome] -= 1
        counts[outcome] += 1
        said = None if reason is None else vault(session).seal_json(
            "import_rows.sealed", f"{row.id}:{one_row.n}", {"faults": [["", "KEPT", *reason, None]], "before": opened(session, one_row).get("before", {})})
        written.append({"import_id": row.id, "n": one_row.n, "outcome": outcome, "made": one_row.made if reason else [], "sealed": said})
    store(session, written)
    row.done, row.counts = min(row.done + size, row.items), {name: n for name, n in counts.items() if n}
    if row.done == row.items:
        row.status, row.undone_at = "undone", now
        tell(session, row, "undone", actor, role, now)
    session.flush()
    return row.status == "undoing"


def _moved(session: Session, rows: Sequence[Row[Any]]) -> set[str]:
    """Return the streams that have gone on since the import."""
    ends = {stream: seq for row in rows for _, _, stream, seq in row.made}
    found: set[str] = set()
    streams = sorted(ends)
    for start in range(0, len(streams), 500):
        for stream, last in session.execute(select(_events.c.stream, func.max(_events.c.seq)).where(
                _events.c.stream.in_(streams[start:start + 500])).group_by(_events.c.stream)):
            if last != ends[stream]:
                found.add(stream)
    return found


def _taken_back(desk: Desk, found: Kind, row: Row[Any]) -> tuple[str, str] | None:
    """Undo one item, all of it or nothing; return why it must stay."""
    before = opened(desk.session, row).get("before", {})
    item = Item([Line(row.n, {}, [])])
    told, begun = list(desk.events), set(desk.begun)
    try:
        with desk.session.begin_nested():
            gone: dict[str, None] = {}
            for table, key, stream, _ in reversed(row.made):
                if table == "cases":
                    found.restore(desk, table, key, {}, item)
                elif (stood := before.get(f"{table}:{key}")) is not None:
                    found.restore(desk, table, key, stood, item)
                else:
                    _remove(desk.session, table, key)
                    gone[stream] = None
            desk.session.flush()
            for stream in gone:
                desk.tell(stream, "import_undo", item, None, {})
    except IntegrityError:
        desk.events, desk.begun = told, begun
        return _USED
    return None


def _remove(session: Session, table: str, key: str) -> None:
    rows = _TABLES[table]
    if table in ("memberships", "household_members"):
        session.execute(delete(rows).where(rows.c.person_id == key, rows.c.until_on.is_(None)))
    else:
        session.execute(delete(rows).where(rows.c.id == (int(key) if table == "organisations" else key)))
