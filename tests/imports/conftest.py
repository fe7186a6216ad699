"""Lists as counties send them, and one call that takes an import from the sheet to its last row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker

from tests.world import World
from workflow import imports, spreadsheets
from workflow.calendar import ZONE
from workflow.db import reading, writing
from workflow.records import Import

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_no(number: int) -> str:
    """Return a valid identity number, another one for each `number`."""
    day = 1 + number % 28
    body = f"539921{1950 + number // 28 // 12 // 999 % 50:04d}{1 + number // 28 % 12:02d}{day:02d}{number // 336 % 999 + 1:03d}"
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11]


def sheet(head: str, *rows: str | Sequence[str]) -> bytes:
    """Return an xlsx of text cells; a row is a list, or text with commas."""
    headings = head.split(",")
    lines = [row.split(",") if isinstance(row, str) else list(row) for row in rows]
    return spreadsheets.workbook(headings, lines, [12] * len(headings), "名单")


class Office:
    """The county's import desk: looks over, imports and undoes, each call as its own transactions."""

    def __init__(self, world: World) -> None:
        self.world, self.sessions, self.now = world, world.sessions, world.now

    def look_over(self, kind: str, data: bytes, who: str = "clerk", **more: Any) -> str:
        today = self.now.astimezone(ZONE).date()
        with reading(self.sessions) as session:
            columns = imports.kind(session, kind, more.get("subject"), more.get("as_of")).columns
        found = imports.read(data, columns, today)
        with reading(self.sessions) as session:
            looked = imports.look_over(session, kind, found, data, "名单.xlsx", self.world.orgs["539921"], self.world.actor(who), self.now, **more)
        with writing(self.sessions) as session:
            return imports.keep(session, looked)

    def run(self, kind: str, data: bytes, who: str = "clerk", size: int = 3, **more: Any) -> str:
        import_id = self.look_over(kind, data, who, **more)
        if self.row(import_id).items:
            with writing(self.sessions) as session:
                imports.confirm(session, import_id, self.world.actor(who), self.now)
            while self.slice(import_id, who, size):
                pass
        return import_id

    def slice(self, import_id: str, who: str = "clerk", size: int = 3) -> bool:
        with writing(self.sessions) as session:
            return imports.carry_on(session, import_id, self.world.actor(who), self.now, size)

    def undo(self, import_id: str, who: str = "clerk", size: int = 3) -> None:
        with writing(self.sessions) as session:
            imports.undo(session, import_id, self.world.actor(who), self.now)
        more = True
        while more:
            with writing(self.sessions) as session:
                more = imports.undo_on(session, import_id, self.world.actor(who), self.now, size)

    def row(self, import_id: str) -> Import:
        with reading(self.sessions) as session:
            return session.get_one(Import, import_id)

    def counts(self, import_id: str) -> dict[str, int]:
        return dict(self.row(import_id).counts)

    def faults(self, import_id: str) -> list[str]:
        """Return every fault as it is shown: `C17：…`."""
        with reading(self.sessions) as session:
            return [fault.text("zh") for _, _, said in imports.rows(session, import_id, ["fault", "kept"]) for fault in imports.faults_of(said)]


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> World:
    return World(sessions)


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)
