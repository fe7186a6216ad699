"""What every kind of list is for the room: its columns, and four steps, each for some hundred items at once.

`gather` makes items of rows (a household is several) and finds what a file contradicts itself in; `judge` compares them with the
register and says new, same, changed or fault; `write` writes what is new or changed; `take_back` undoes it. Judging changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from .. import history
from ..actors import Actor
from ..calendar import ZONE
from ..language.reading_values import Words
from ..privacy import Vault, vault
from ..records import (
    Case,
    GrantLine,
    HardshipFile,
    Household,
    HouseholdMember,
    Import,
    Membership,
    Organisation,
    Person,
)
from ..statements import Rows
from .columns import Column
from .sheets import Line

# In this order: what refers to another comes after it. A case is written after the event that explains it, and names it.
_BEFORE: dict[Table, Rows] = {table: Rows(table) for table in (Person.__table__, Household.__table__, HardshipFile.__table__)} | {
    table: Rows(table, tuple(name for name in table.c.keys() if name != "id")) for table in (Membership.__table__, HouseholdMember.__table__)}
_AFTER: dict[Table, Rows] = {table: Rows(table) for table in (Case.__table__, GrantLine.__table__)}


@dataclass(slots=True)
class Item:
    """What is imported as one: its rows, and what became of it."""

    lines: list[Line]
    outcome: str = "new"
    changes: list[str] = field(default_factory=list)         # names of columns that differ from the register
    made: list[list[Any]] = field(default_factory=list)      # [table, id, stream]: written or changed
    before: dict[str, Any] = field(default_factory=dict)     # what stood there, by "table:id"
    found: dict[str, Any] = field(default_factory=dict)      # what `judge` found and `write` needs

    @property
    def head(self) -> Line:
        return self.lines[0]

    @property
    def faulty(self) -> bool:
        return any(line.faults for line in self.lines)


@dataclass
class Desk:
    """One piece of work on one import: who does it, where, and the events it will leave, written together at the end."""

    session: Session
    row: Import
    actor: Actor
    role: str
    now: datetime
    events: list[dict[str, Any]] = field(default_factory=list)
    begun: set[str] = field(default_factory=set)             # streams that begin with this import
    rows: dict[Table, list[dict[str, Any]]] = field(default_factory=dict)    # to be inserted when it closes
    held: list[Any] = field(default_factory=list)            # rows that were read: the session forgets what nobody holds, and would read them again
    after: Callable[[], None] | None = None                  # what can only be done once they are

    @cached_property
    def box(self) -> Vault:
        return vault(self.session)

    @cached_property
    def today(self) -> date:
        return self.now.astimezone(ZONE).date()

    @cached_property
    def unions(self) -> dict[str, Organisation]:
        """The active unions of this import's place and below, by code and by a name only one of them has."""
        rows = self.session.scalars(select(Organisation).where(Organisation.path.like(self.row.path + "%"), Organisation.active.is_(True))).all()
        names: dict[str, list[Organisation]] = {}
        for one in rows:
            names.setdefault("".join(one.name.split()), []).append(one)
        return {name: several[0] for name, several in names.items() if len(several) == 1} | {one.code: one for one in rows}

    def union(self, line: Line, name: str = "unit") -> Organisation | None:
        """Return the union a row names; what is unknown, or not within reach, is the row's fault."""
        said = line.values.get(name)
        if not said:
            return None
        found = self.unions.get("".join(str(said).split()))
        if found is None:
            line.wrong("UNKNOWN_UNION", f"没有找到单位“{said}”，请填组织代码或登记的全称；还没有登记的，请先导入单位",
                       f"There is no union “{said}” here; give its code or full name, or import the unions first", name)
        return found

    def add(self, table: Table, row: dict[str, Any]) -> None:
        """Keep a row of a table, all its columns; `close` writes them all."""
        self.rows.setdefault(table, []).append(row)

    def tell(self, stream: str, kind: str, item: Item, union: int | None, extra: dict[str, Any], changes: dict[str, tuple[Any, Any]] | None = None,
             new: bool = False, **more: Any) -> None:
        """Keep the event of one change; `close` writes them all."""
        if new:
            self.begun.add(stream)
        self.events.append({
            "stream": stream, "kind": kind, "at": self.now, "actor": self.actor, "role": self.role, "organisation_id": union,
            "extra": {"import": self.row.id, "row": item.head.n, **{key: value for key, value in extra.items() if value is not None}},
            "changes": changes or {}, **more})

    def close(self, items: Sequence[Item]) -> None:
        """Write the rows and their events, and note in `made` where each stream ends now."""
        self.session.flush()
        self._insert(_BEFORE)
        ends = history.append_all(self.session, self.events, self.begun)
        for row in self.rows.get(Case.__table__, ()):
            row["last_hash"] = ends[row["id"]].hash
        self._insert(_AFTER)
        self.rows.clear()
        self.events.clear()
        if self.after is not None:
            self.after()
        for item in items:
            item.made = [[table, key, stream, ends[stream].seq] for table, key, stream in item.made]

    def _insert(self, tables: Mapping[Table, Rows]) -> None:
        for table, insert in tables.items():
            insert(self.session.connection(), self.rows.get(table, ()))


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    label: Words
    columns: tuple[Column, ...]
    roles: frozenset[str]                                    # who may import such a list; the command line always may
    gather: Callable[[Sequence[Line]], list[Item]]
    judge: Callable[[Desk, Sequence[Item]], None]
    write: Callable[[Desk, Sequence[Item]], None]
    restore: Callable[[Desk, str, str, dict[str, Any], Item], None]     # put back what stood in one row
