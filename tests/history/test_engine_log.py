"""The log the engine really writes, returned, corrected, attached to and looked at, raises no finding."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from tests.engine.conftest import AID, FORM
from tests.world import World
from workflow import engine as flow
from workflow import history
from workflow.attachments import Store
from workflow.db import make_sessions, reading, writing

from .county import ORIGIN, new_vault
from .test_bundle import findings


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def sessions(engine: Engine, tmp_path: Path) -> sessionmaker[Session]:
    vault = new_vault()
    return make_sessions(engine, vault, Store(tmp_path / "files", vault))


def test_what_the_engine_writes_is_whole_to_the_last_field(sessions: sessionmaker[Session]) -> None:
    world = World(sessions)
    world.publish(AID)
    first = world.start("worker", "aid")
    world.save("worker", first, {"cost": "2,500.00"})
    with writing(sessions) as session:
        kept = flow.attach(session, first, "authorisation", "授权.png", picture(), world.actor("worker"), world.now)
        flow.detach(session, first, kept, world.actor("worker"), world.now)
        flow.attach(session, first, "authorisation", "授权.png", picture(), world.actor("worker"), world.now)
    world.act("worker", first, "submit", form=FORM)
    world.act("basic", first, "approve", form={"opinion": "属实"})
    with writing(sessions) as session:
        note = history.seal(session, world.now, ORIGIN)
        flow.reveal(session, first, ["bank_card"], "核对账号", world.actor("clerk"), world.now)
    world.act("clerk", first, "approve", comment="已核实")
    second = world.submitted("nurse", "aid", FORM | {"bill_no": "B2", "cost": "10400.02"})
    world.act("hospital", second, "return_to", dest="draft", comment="请补正", correct=("form.cost",))
    world.act("nurse", second, "submit", form={"cost": "9400.02"})
    with writing(sessions) as session:
        history.seal(session, world.now, ORIGIN)

    with reading(sessions) as session:
        found = history.verify(session, seal_notes=[note])
        bundles = [history.bundle(session, [first, second], world.now, unmask=unmask) for unmask in (False, True)]
    assert found.items == ()
    assert [findings(data, note) for data in bundles] == [[], []]
