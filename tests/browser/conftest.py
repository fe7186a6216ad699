"""The demo county behind a real server, and people who visit it with a browser.

    def test_something(site, visit):
        me = visit("leader", 1440)          # signed in; `visit(None)` is a stranger
        me.open("/tasks")

The county is founded once a worker and kind of database; `site` is a copy of it for one test, `show` one that nobody
changes. A visit ends with the assertion that its browser had nothing to complain about.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.browser.board import hang
from tests.browser.visits import Site, Visit
from web import create_app, db, demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NOW = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)      # a Friday, 10:30 in the office
NewDatabase = Callable[[str], AbstractContextManager[str]]
KEEP_SILENT: dict[str, Any] = {"request_handler": type("Silent", (WSGIRequestHandler,), {"log": lambda *_: None})}


class NoBar:
    """A load that nobody watches."""

    def update(self, n_steps: int) -> None: ...


@contextmanager
def no_bar(label: str, length: int) -> Iterator[NoBar]:
    yield NoBar()


def application(url: str, uploads: Path, now: datetime = NOW) -> Any:
    return create_app({"TESTING": True, "DATABASE_URL": url, "SECRET_KEY": "k" * 32, "DATA_KEY": b"d" * 32, "CLOCK": lambda: now,
                       "UPLOADS": str(uploads), "UNION": "云岭县总工会", "PROPAGATE_EXCEPTIONS": False})


def found(url: str, uploads: Path, *, cases: int, workers: int) -> None:
    """Load the demo county into an empty database."""
    database = db.database(app := application(url, uploads))
    with app.app_context():
        demo.load(database.sessions, database.sessions.kw["info"]["store"], NOW, no_bar, cases=cases, workers=workers)
    database.engine.dispose()


@contextmanager
def posting(url: str, uploads: Path) -> Iterator[Any]:
    """Sessions of the county, for what the demo does not have."""
    database = db.database(application(url, uploads))
    yield database.sessions
    database.engine.dispose()


@contextmanager
def served(url: str, uploads: Path, now: datetime = NOW) -> Iterator[Site]:
    app = application(url, uploads, now)
    server = make_server("127.0.0.1", 0, app, threaded=True, **KEEP_SILENT)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{server.port}", app, db.database(app).sessions, now)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        db.database(app).engine.dispose()


@pytest.fixture(scope="session")
def county(scratch: Path, sqlite_template: Path) -> Path:
    """A folder with the county's database and files; copy it."""
    folder = scratch / "county"
    folder.mkdir()
    shutil.copyfile(sqlite_template, folder / "bangfu.db")
    found(f"sqlite:///{folder / 'bangfu.db'}", folder / "uploads", cases=60, workers=200)
    with posting(f"sqlite:///{folder / 'bangfu.db'}", folder / "uploads") as sessions:
        hang(sessions, NOW)
    connection = sqlite3.connect(folder / "bangfu.db", isolation_level=None)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return folder


@contextmanager
def copied(county: Path, to: Path, now: datetime = NOW) -> Iterator[Site]:
    shutil.copyfile(county / "bangfu.db", to / "bangfu.db")
    shutil.copytree(county / "uploads", to / "uploads")
    with served(f"sqlite:///{to / 'bangfu.db'}", to / "uploads", now) as site:
        yield site


@pytest.fixture
def site(county: Path, tmp_path: Path) -> Iterator[Site]:
    """The county on SQLite, this test's own."""
    with copied(county, tmp_path) as site:
        yield site


@pytest.fixture(scope="session")
def show(county: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The same for tests that only look."""
    with copied(county, tmp_path_factory.mktemp("show")) as site:
        yield site


@pytest.fixture
def postgresql_site(new_database: NewDatabase, tmp_path: Path) -> Iterator[Site]:
    """A small county on PostgreSQL."""
    with new_database("postgresql") as url:
        found(url, tmp_path / "uploads", cases=8, workers=60)
        with served(url, tmp_path / "uploads") as site:
            yield site


@pytest.fixture
def visiting(chromium: Browser) -> Iterator[Callable[..., Visit]]:
    """`visiting(site, "leader", 1440)`; the visits close together when the test is over."""
    with ExitStack() as stack:
        visits: list[Visit] = []

        def enter(site: Site, username: str | None, width: int = 1440, **more: Any) -> Visit:
            height = more.pop("height", 844 if width < 500 else 900)
            context = chromium.new_context(viewport={"width": width, "height": height}, locale="zh-CN", **more)
            stack.callback(context.close)
            visit = Visit(site, context)
            visits.append(visit)
            if username:
                visit.sign_in(username)
            return visit

        yield enter
        assert [visit.complaints for visit in visits if visit.complaints] == []


@pytest.fixture
def visit(site: Site, visiting: Callable[..., Visit]) -> Callable[..., Visit]:
    return lambda username, width=1440, **more: visiting(site, username, width, **more)
