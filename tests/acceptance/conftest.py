"""The whole product in front of the small county: pages, API and commands on one database of either kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from tests.acceptance.doors import DOORS, Door
from tests.acceptance.newcomer import Newcomer
from tests.acceptance.purse import County
from tests.acceptance.reading_room import TEXT
from tests.web.county import HASH, PASSWORD, Clock
from tests.world import NOW, PEOPLE, World
from web import create_app, db
from workflow import people
from workflow.actors import COMMAND


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def app(database: str, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    folder = tmp_path / "definitions"
    (folder / "flows").mkdir(parents=True)
    app = create_app({
        "TESTING": True, "DATABASE_URL": database, "SECRET_KEY": "k" * 32, "DATA_KEY": b"d" * 32, "CLOCK": clock,
        "UPLOADS": str(tmp_path / "uploads"), "DEFINITIONS": str(folder), "UNION": "云岭县总工会"})
    app.config["PROPAGATE_EXCEPTIONS"] = False       # a fault is a page here as it is in production
    yield app
    db.database(app).engine.dispose()


@pytest.fixture
def run(app: Flask) -> Callable[..., Result]:
    """A command as it is typed."""
    return lambda *words: app.test_cli_runner().invoke(args=[str(word) for word in words])


@pytest.fixture
def world(app: Flask) -> World:
    """云岭县 with an account for each of its people, no programme yet."""
    world = World(db.database(app).sessions)
    with db.db.writing(world.sessions) as session:
        for short in PEOPLE:
            people.add_account(session, world.ids[short], short, HASH, actor=COMMAND, now=NOW)
    return world


@pytest.fixture
def enter(app: Flask, world: World) -> Callable[[str], Newcomer]:
    """`enter("clerk")`: that person, signed in through the page."""
    return lambda short: Newcomer(app.test_client()).sign_in(short, PASSWORD)


@pytest.fixture
def programme(world: World) -> World:
    """The county with the reading-room programme released."""
    world.publish(TEXT)
    return world


@pytest.fixture
def county(app: Flask) -> County:
    """The county whose money and goods are tried at three doors."""
    return County(app)


@pytest.fixture(params=list(DOORS))
def door(request: pytest.FixtureRequest, app: Flask, county: County, tmp_path: Path) -> Door:
    return DOORS[request.param](app, county, tmp_path)
