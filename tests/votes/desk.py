"""The council behind the application: accounts for everybody, sheets as people send them."""

from __future__ import annotations

import io
import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.votes.conftest import Council, council, scan
from tests.web.county import HASH, Visitor
from tests.web.desk import NOW
from tests.world import PEOPLE
from web import db
from workflow import people
from workflow.actors import COMMAND
from workflow.db import reading
from workflow.records import Event

HEAD = "案件编号,同意票,反对票,弃权票,结论,说明"
TODAY = "2026-06-15"


class Room(Council):
    """The county with an account for each of its people, and the programme with the vote."""

    def __init__(self, app: Flask, text: str = "") -> None:
        super().__init__(db.database(app).sessions, NOW)
        with db.db.writing(self.sessions) as session:
            for short in PEOPLE:
                people.add_account(session, person_id=self.ids[short], username=short, password_hash=HASH, actor=COMMAND, now=NOW)
        self.publish(text or council(), "council.v1.yaml")

    def number(self, case_id: str) -> str:
        return self.row(case_id).number or ""


def enter(client: FlaskClient, username: str) -> Visitor:
    visitor = Visitor(client)
    assert visitor.sign_in(username).status_code == 303
    return visitor


def sheet(*lines: str, head: str = HEAD, encoding: str = "utf-8") -> bytes:
    return "\n".join((head, *lines)).encode(encoding)


def look_over(visitor: Visitor, data: bytes, *, held_on: str = TODAY, name: str = "结果.csv", minutes: bytes | None = None, **more: Any) -> Any:
    return visitor.post("/tasks/meetings", {
        "held_on": held_on, "sheet": (io.BytesIO(data), name), "minutes": (io.BytesIO(scan() if minutes is None else minutes), "纪要.png"), **more})


def carried(page: str) -> str:
    found = re.search(r'name="carried" value="([^"]+)"', page)
    return found.group(1) if found else ""


def events(room: Room, kind: str) -> int:
    with reading(room.sessions) as session:
        return session.scalar(select(func.count()).select_from(Event).where(Event.kind == kind)) or 0
