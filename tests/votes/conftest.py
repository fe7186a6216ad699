"""A county with a programme whose middle step is a vote, and minutes to hand in."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy.orm import Session, sessionmaker

from tests.engine.test_voting import RATIO, text
from tests.web.county import Clock
from tests.world import NOW, World
from web import create_app, db
from workflow import engine
from workflow.attachments import Clean
from workflow.db import writing


def council(vote: str = RATIO, kind: str = "countersign", more: str = "") -> str:
    """The programme of the engine's tests, with a number for its cases."""
    return text(vote, kind, more).replace("initial: draft", 'initial: draft\nnumber: "JT-{org.code}-{year}-{seq:04d}"')


def scan() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 80), "white").save(out, "PNG")
    return out.getvalue()


def minutes() -> Clean:
    data = scan()
    return Clean(data, "会议纪要.png", "image/png", 60, 80, sha256(data).hexdigest())


class Council(World):
    """The county, a case at the vote, and a result from a meeting."""

    def meeting(self, vote: str = RATIO, kind: str = "countersign", cost: str = "6000", more: str = "") -> str:
        self.publish(council(vote, kind, more), "council.v1.yaml")
        return self.at_the_vote(cost)

    def at_the_vote(self, cost: str = "6000", who: str = "worker") -> str:
        case_id = self.submitted(who, "council", {"cost": cost})
        self.act("clerk", case_id, "approve")
        return case_id

    def enter(self, who: str, case_id: str, counts: tuple[int, int, int], passed: bool, **more: Any) -> engine.Done:
        in_favour, against, abstained = counts
        actor = self.actor(who)
        more.setdefault("held_on", self.now.date())
        with writing(self.sessions) as session:
            return engine.enter_result(session, case_id, actor, self.now, in_favour=in_favour, against=against, abstained=abstained,
                                       passed=passed, minutes=minutes(), **more)

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def app(database: str, tmp_path: Path) -> Iterator[Flask]:
    app = create_app({"TESTING": True, "DATABASE_URL": database, "SECRET_KEY": "k" * 32, "DATA_KEY": b"d" * 32, "CLOCK": Clock(NOW),
                      "UPLOADS": str(tmp_path / "uploads"), "UNION": "云岭县总工会"})
    app.config["PROPAGATE_EXCEPTIONS"] = True
    yield app
    db.database(app).engine.dispose()


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> Council:
    return Council(sessions)


@pytest.fixture
def room(app: Flask) -> Any:
    from tests.votes.desk import Room
    return Room(app)


@pytest.fixture
def me(app: Flask, room: Any) -> Any:
    from tests.votes.desk import enter
    return enter(app.test_client(), "first")
