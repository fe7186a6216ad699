"""An import from the sheet to the last row: looked over, carried on slice by slice, and undone the same way.

Looking over writes down every row with what would become of it, and nothing else. A slice is one transaction: it judges its rows
again, for the register may have moved, writes them with their events and says how far the import got. So whoever carries on, in
whatever process, takes up where the last slice was committed, and a row is written once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from .. import history, ids
from ..actors import Actor
from ..errors import Impossible, Message, NotFound, NotYours, Refused, one
from ..privacy import vault
from ..records import Import, ImportRow, Organisation
from ..statements import Rows
from .columns import find
from .kinds import Desk, Item, Kind
from .known import kind
from .sheets import Fault, Line, Sheet

SLICE = 250                          # items in one transaction: a second or two
OUTCOMES = ("new", "changed", "same", "fault")
_imports, _rows = Import.__table__, ImportRow.__table__
_KEEP = Rows(_rows)
_PLACE, PAGE = "import_rows.sealed", 500


@dataclass(frozen=True, slots=True)
class LookedOver:
    """What `keep` writes down: the import and its rows, as plain rows of the two tables; and every row that is wrong."""

    row: dict[str, Any]
    rows: list[dict[str, Any]]
    wrong: list[Line]


def standing(actor: Actor, roles: frozenset[str], path: str) -> str:
    """Return the role in which somebody imports at a place. Raises `NotYours`. The command line may everywhere."""
    if actor.person_id is None:
        return "system"
    for post in actor.posts:
        if post.role in roles and path.startswith(post.path):
            return post.role
    raise NotYours(one("IMPORT_ROLE", "您的岗位不能导入这种表格", "Your posts do not allow to import such a list"))


def look_over(session: Session, name: str, sheet: Sheet, data: bytes, file_name: str, organisation_id: int, actor: Actor, now: datetime, *,
              subject: str | None = None, as_of: date | None = None) -> LookedOver:
    """Return what would become of every row at this organisation and below. Changes nothing."""
    found, place = kind(session, name, subject, as_of), session.get(Organisation, organisation_id)
    if place is None:
        raise NotFound("organisation")
    role = standing(actor, found.roles, place.path)
    row: dict[str, Any] = {"id": ids.new(now), "kind": name, "subject": subject, "as_of": as_of, "file_name": file_name[:255], "sha256": sha256(data).hexdigest(),
           "head": sheet.headings, "organisation_id": place.id, "path": place.path, "status": "previewed", "by": actor.person_id, "at": now,
           "done": 0, "finished_at": None, "undone_by": None, "undone_at": None}
    desk = Desk(session, Import(**row), actor, role, now)
    items = found.gather(sheet.lines)
    if name == "orgs":               # its rows refer to each other, wherever they stand
        found.judge(desk, items)
    else:
        for start in range(0, len(items), SLICE * 2):
            found.judge(desk, items[start:start + SLICE * 2])
            desk.held.clear()
            session.expunge_all()
    waiting, rows = 0, []
    for item in items:
        _settle(item)
        waiting += item.outcome in ("new", "changed")
        place_of = waiting if item.outcome in ("new", "changed") else 0
        rows += [_row(desk, line, item, place_of) for line in item.lines]
    row |= {"items": waiting, "counts": dict(Counter(one["outcome"] for one in rows))}
    return LookedOver(row, rows, sorted((line for item in items for line in item.lines if line.faults), key=lambda line: line.n))


def keep(session: Session, looked_over: LookedOver) -> str:
    """Write down what was looked over and return the import's id."""
    connection = session.connection()
    connection.execute(insert(_imports), looked_over.row)
    _KEEP(connection, looked_over.rows)
    return str(looked_over.row["id"])


def confirm(session: Session, import_id: str, actor: Actor, now: datetime) -> None:
    """Let an import begin; its rows are written by `carry_on`. Raises `Refused` where there is nothing to import."""
    row, role = locked(session, import_id, actor)
    if row.status == "running":
        return
    if row.status != "previewed":
        raise Impossible(one("IMPORT_OVER", "这次导入已经结束，不能再开始", "This import is over and cannot begin again"))
    if not row.items:
        raise Refused(one("IMPORT_NOTHING", "没有可以导入的行", "There is no row to import"))
    row.status = "running"
    tell(session, row, "start", actor, role, now)


def drop(session: Session, import_id: str, actor: Actor, now: datetime) -> None:
    """Give up an import that was only looked over; what its rows said is gone."""
    row, role = locked(session, import_id, actor)
    if row.status != "previewed":
        raise Impossible(one("IMPORT_BEGUN", "这次导入已经开始，只能撤销", "This import has begun; it can only be undone"))
    row.status = "dropped"
    session.execute(update(_rows).where(_rows.c.import_id == row.id).values(sealed=None))
    tell(session, row, "drop", actor, role, now)


def carry_on(session: Session, import_id: str, actor: Actor, now: datetime, size: int = SLICE) -> bool:
    """Write the next `size` items, and return whether there are more."""
    row, role = locked(session, import_id, actor)
    if row.status != "running":
        return False
    found = kind(session, row.kind, row.subject, row.as_of)
    desk = Desk(session, row, actor, role, now)
    upto = min(row.done + size, row.items)
    items = _items(desk, found, session.execute(select(_rows).where(
        _rows.c.import_id == row.id, _rows.c.item > row.done, _rows.c.item <= upto).order_by(_rows.c.item, _rows.c.n)).all())
    was = {line.n: item.outcome for item in items for line in item.lines}
    for item in items:
        item.outcome = "new"
    found.judge(desk, items)
    for item in items:
        _settle(item)
    todo = [item for item in items if item.outcome in ("new", "changed")]
    found.write(desk, todo)
    desk.close(todo)
    store(session, [_row(desk, line, item, place, over=True) for place, item in enumerate(items, row.done + 1) for line in item.lines])
    counts = Counter(row.counts)
    for item in items:
        for line in item.lines:
            counts[was[line.n]] -= 1
            counts[item.outcome] += 1
    row.counts, row.done = {name: n for name, n in counts.items() if n}, upto
    if row.done == row.items:
        row.status, row.finished_at = "done", now
        tell(session, row, "finish", actor, role, now)
    session.flush()
    return row.status == "running"


def locked(session: Session, import_id: str, actor: Actor) -> tuple[Import, str]:
    """Return the import, locked, and the role in which the actor has to do with it. Raises `NotFound` out of reach."""
    row = session.get(Import, import_id, with_for_update=True)
    if row is None:
        raise NotFound("import")
    try:
        return row, standing(actor, kind(session, row.kind, row.subject, row.as_of).roles, row.path)
    except NotYours:
        raise NotFound("import") from None


def _settle(item: Item) -> None:
    """A household with one wrong row is not imported in part."""
    if item.faulty:
        item.outcome = "fault"
        for line in item.lines:
            if not line.faults:
                other = next(other.n for other in item.lines if other.faults)
                line.wrong("WITH_OTHERS", f"同一户的第 {other} 行有误，整户不导入，请一并改正后再导入",
                           f"Row {other} of the same household is wrong, so none of it is imported; correct it and import the household")


def _row(desk: Desk, line: Line, item: Item, place: int, *, over: bool = False) -> dict[str, Any]:
    """Return the row as it stands in the table: what must still be known of it, sealed."""
    said: dict[str, Any] = {}
    if item.outcome == "fault":
        said = {"cells": line.cells, "faults": [[fault.cell, fault.message.code, fault.message.zh, fault.message.en, fault.message.field] for fault in line.faults]}
    elif not over and item.outcome != "same":
        said = {"cells": line.cells, "values": line.values, "changes": item.changes}
    elif over and item.before and line is item.head:
        said = {"before": item.before}
    sealed = desk.box.seal_json(_PLACE, f"{desk.row.id}:{line.n}", said) if said else None
    return {"import_id": desk.row.id, "n": line.n, "item": place, "outcome": item.outcome, "made": item.made if over and line is item.head else [], "sealed": sealed}


def opened(session: Session, row: Row[Any]) -> dict[str, Any]:
    """Return what a row says: {values, cells, faults, changes, before}, as far as it is kept."""
    return {} if row.sealed is None else dict(vault(session).open_json(_PLACE, f"{row.import_id}:{row.n}", row.sealed))


def faults_of(said: dict[str, Any]) -> list[Fault]:
    return [Fault(cell, Message(code, zh, en, field)) for cell, code, zh, en, field in said.get("faults", ())]


def _items(desk: Desk, found: Kind, rows: Sequence[Row[Any]]) -> list[Item]:
    """Return the items as `gather` made them when the sheet was looked over."""
    places = find([desk.row.head], found.columns)[1]
    items: dict[int, Item] = {}
    for row in rows:
        said = opened(desk.session, row)
        line = Line(row.n, said["values"], said["cells"], places=places)
        if row.item in items:
            items[row.item].lines.append(line)
        else:
            items[row.item] = Item([line], row.outcome)
    for item in items.values():      # the head of a household may stand below its members
        item.lines.sort(key=lambda line: line.values.get("relation") not in (None, "head"))
    return list(items.values())


def store(session: Session, rows: list[dict[str, Any]]) -> None:
    """Write down what became of these rows; those of which nothing more is to be known together."""
    plain: dict[tuple[str, str], list[int]] = {}
    told: list[dict[str, Any]] = []
    for row in rows:
        if row["made"] or row["sealed"] is not None:
            told.append(row)
        else:
            plain.setdefault((row["import_id"], row["outcome"]), []).append(row["n"])
    for (import_id, outcome), numbers in plain.items():
        for start in range(0, len(numbers), PAGE):
            session.connection().execute(update(_rows).where(_rows.c.import_id == import_id, _rows.c.n.in_(numbers[start:start + PAGE])).values(
                outcome=outcome, made=[], sealed=None))
    if told:
        statement = update(_rows).where(_rows.c.import_id == bindparam("i"), _rows.c.n == bindparam("r")).values(
            outcome=bindparam("outcome"), made=bindparam("made"), sealed=bindparam("sealed"))
        session.connection().execute(statement, [
            {"i": row["import_id"], "r": row["n"], "outcome": row["outcome"], "made": row["made"], "sealed": row["sealed"]} for row in told])


def tell(session: Session, row: Import, what: str, actor: Actor, role: str, now: datetime) -> None:
    session.flush()
    history.append_to(session, f"import:{row.id}", kind=what, at=now, actor=actor, role=role, organisation_id=row.organisation_id, extra={
        "kind": row.kind, "sha256": row.sha256, "counts": dict(row.counts), **({"programme": row.subject} if row.subject else {})})


