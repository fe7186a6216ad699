"""A county with its people, the application on top of it, and visitors who use it like a browser does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.web.county import HASH, NOW, Clock, County, Visitor
from web import create_app, db
from workflow import organisations, people
from workflow.actors import COMMAND
from workflow.records import Appointment


@pytest.fixture
def database(request: pytest.FixtureRequest, new_database: Callable[[str], Any]) -> Iterator[str]:
    with new_database(getattr(request, "param", "sqlite")) as url:
        yield url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(database: str, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    app = create_app({
        "TESTING": True, "DATABASE_URL": database, "SECRET_KEY": "k" * 32, "DATA_KEY": b"d" * 32, "CLOCK": clock,
        "UPLOADS": str(tmp_path / "uploads"), "UNION": "云岭县总工会"})
    app.config["PROPAGATE_EXCEPTIONS"] = False       # a fault is a page here as it is in production
    yield app
    db.database(app).engine.dispose()


@pytest.fixture
def visitor(app: Flask) -> Callable[[], Visitor]:
    return lambda: Visitor(app.test_client())


@pytest.fixture
def county(app: Flask) -> County:
    """云岭县: a province, a county, a township, two units; one account for each kind of person, all with `PASSWORD`."""
    tree = [("province", "53", "云岭省总工会", None), ("county", "5301", "云岭县总工会", "province"),
            ("township", "530101", "城关街道工会", "county"), ("unit", "530101001", "第二建筑公司工会", "township"),
            ("other", "5302", "青山县总工会", "province")]
    staff = [("admin", "陈明", "admin", "province"), ("xianadmin", "周敏", "admin", "county"),
             ("wangli", "王莉", "county_handler", "county"), ("zhaomin", "赵敏", "grassroots", "unit"),
             ("chenli", "陈立", "auditor", "county"), ("13800138000", "李文华", None, None), ("qingshan", "何山", "finance", "other")]
    made = County({}, {}, {})
    with app.app_context(), db.writing() as session:
        for key, code, name, parent in tree:
            level = "county" if key == "other" else key
            made.organisations[key] = organisations.add(
                session, code=code, name=name, level=level, parent_id=made.organisations.get(parent), actor=COMMAND, now=NOW).id
        for username, name, role, where in staff:
            union = made.organisations["other" if where == "other" else "unit"]
            made.people[username] = people.add_person(session, name=name, union_id=union, actor=COMMAND, now=NOW).id
            made.accounts[username] = people.add_account(
                session, person_id=made.people[username], username=username, password_hash=HASH, actor=COMMAND, now=NOW).id
            if role:
                session.add(Appointment(person_id=made.people[username], role=role, starts_on=date(2026, 1, 1), created_at=NOW,
                                        organisation_id=made.organisations[where]))
    return made


@pytest.fixture
def signed_in(county: County, visitor: Callable[[], Visitor]) -> Callable[[str], Visitor]:
    def enter(username: str) -> Visitor:
        browser = visitor()
        assert browser.sign_in(username).status_code == 303
        return browser
    return enter
