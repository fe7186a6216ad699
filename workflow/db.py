"""Engines, sessions and the schema, for SQLite and PostgreSQL.

`reading(sessions)` gives a session that can only read; `writing(sessions)` gives one transaction that is committed on
success and rolled back on any error. On SQLite a writer first takes a lock file, fairly and across processes, and then
begins IMMEDIATE: so no transaction ever turns from reading to writing halfway, which SQLite refuses at once. A lock
that does not come in time is `Busy`, never a stack trace.

An engine may be made before a fork: the child drops the connections it inherited and opens its own.
"""

from __future__ import annotations

import logging
import os
import select
import sqlite3
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from .errors import Busy
from .locks import WriterLock

if TYPE_CHECKING:
    from alembic.config import Config

    from .attachments import Store
    from .notifications.outbox import Outside
    from .privacy import Vault

log = logging.getLogger("bangfu.db")

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
WAIT_SECONDS = 30                    # for the writer's lock on SQLite
CHECKPOINT_EVERY = 200               # write transactions of one process
PING_AFTER = 5                       # seconds a PostgreSQL connection has rested
FIXED_SQLITE = (3, 51, 3)            # earlier ones may lose a commit when the WAL is reset during a checkpoint

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",              # NORMAL may lose acknowledged commits when the power fails
    "foreign_keys=ON",
    "recursive_triggers=ON",         # or INSERT OR REPLACE would delete a row without asking its triggers
    "trusted_schema=OFF",
    "busy_timeout=30000",
    "mmap_size=0",
    "cache_size=-16000",             # 16 MB a connection: a list of 500 tasks touches as many pages, the default holds as many
    "wal_autocheckpoint=0",          # checkpoints run only under the writer's lock, see `_checkpoint`
)

POSTGRESQL_OPTIONS = "-c lock_timeout=5s -c idle_in_transaction_session_timeout=30s -c statement_timeout=15s"
POSTGRESQL_BUSY = {"55P03", "40P01", "40001", "57014"}   # no lock, deadlock, serialization, statement time-out


# --- engines and sessions --------------------------------------------------------------------------------


def make_engine(url: str | URL, *, pool_size: int = 20) -> Engine:
    """Return an engine for `sqlite:///file` or `postgresql+psycopg://…` (`postgresql://` is taken as that).

    Opens nothing yet, except that the directory of a SQLite file is made. Raises ValueError for any other database.
    """
    url = make_url(url)
    if url.get_backend_name() == "sqlite":
        engine = _sqlite(url, pool_size)
    elif url.drivername in ("postgresql", "postgresql+psycopg"):
        engine = _postgresql(url.set(drivername="postgresql+psycopg"), pool_size)
    else:
        raise ValueError(f"Bangfu runs on SQLite files and on PostgreSQL (psycopg), not on {url.drivername}")
    _drop_connections_after_fork(engine)
    return engine


def make_sessions(engine: Engine, vault: Vault | None = None, store: Store | None = None, channels: Outside | None = None) -> sessionmaker[Session]:
    """Return a factory of sessions that carry the vault, the store and the ways out of the house in `session.info`.

    Objects stay readable after the commit: a page is rendered from them when the transaction is over.
    """
    return sessionmaker(engine, expire_on_commit=False, info={"vault": vault, "store": store, "channels": channels})


@contextmanager
def reading(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """One read-only transaction, begun by the first query; a write inside it is refused by the database."""
    with _busy_as_a_sentence(), sessions(bind=_engine(sessions).execution_options(tx="read")) as session:
        yield session


@contextmanager
def writing(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """One write transaction: committed when the block ends, rolled back when it raises.

    Raises `Busy` when a lock did not come in time; nothing is written then.
    """
    engine = _engine(sessions)
    with _busy_as_a_sentence(), _writer(engine):
        with sessions() as session:
            session.connection(execution_options={"tx": "write"})    # an engine with options would cost each statement
            yield session
            session.commit()
        _checkpoint(engine)


def compact(engine: Engine) -> bool:
    """Write a SQLite file anew, without a byte of what was deleted, and empty its WAL; False where the server does that itself.

    Takes as long as copying the file, and nobody else writes meanwhile.
    """
    if engine.dialect.name != "sqlite":
        return False
    with _busy_as_a_sentence(), _writer(engine):
        pooled = engine.raw_connection()
        try:
            driver: Any = pooled.driver_connection
            driver.execute("PRAGMA query_only=0")
            pooled.info["readonly"] = False
            driver.execute("VACUUM")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            pooled.close()
    return True


def _engine(sessions: sessionmaker[Session]) -> Engine:
    engine: Engine = sessions.kw["bind"]
    return engine


# --- SQLite ----------------------------------------------------------------------------------------------


def _sqlite(url: URL, pool_size: int) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ValueError("SQLite in memory is one database per connection; name a file")
    file = Path(url.database).resolve()
    file.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url, module=_sqlite_module(), pool_size=pool_size, max_overflow=20, hide_parameters=True,
        connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False},
    )
    _LOCKS[engine.dialect] = WriterLock(Path(f"{file}.writer"), WAIT_SECONDS)

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None            # the driver begins nothing of its own; `begin` below does
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        kind = connection.get_execution_options().get("tx")
        readonly = kind == "read"
        # Straight to the driver: SQLAlchemy's way around costs as much as a query. Only IMMEDIATE can be refused,
        # and then as SQLAlchemy's own error.
        driver: Any = connection.connection.driver_connection
        if connection.info.get("readonly", False) != readonly:
            driver.execute(f"PRAGMA query_only={int(readonly)}")
            connection.info["readonly"] = readonly
        if kind == "write":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            driver.execute("BEGIN")

    return engine


def _sqlite_module() -> ModuleType:
    """Python's own sqlite3, or the wheel `pysqlite3` where the system's library is too old and the wheel is there."""
    if sqlite3.sqlite_version_info >= FIXED_SQLITE:
        return sqlite3
    try:
        import pysqlite3.dbapi2
    except ImportError:
        log.warning("SQLite %s is older than 3.51.3: never open the database with another tool while Bangfu runs",
                    sqlite3.sqlite_version)
        return sqlite3
    module: ModuleType = pysqlite3.dbapi2
    return module


# The writers' locks by dialect, the one object an engine keeps for life and shares with its `execution_options`.
_LOCKS: weakref.WeakKeyDictionary[Any, WriterLock] = weakref.WeakKeyDictionary()


@contextmanager
def _writer(engine: Engine) -> Iterator[None]:
    """Hold the writer's lock of a SQLite file; on PostgreSQL rows are locked instead."""
    lock = _LOCKS.get(engine.dialect)
    if lock is None:
        yield
    else:
        with lock:
            yield


def _checkpoint(engine: Engine, every: int = CHECKPOINT_EVERY) -> None:
    """Move the WAL into the file now and then. Only ever called by who holds the writer's lock: nobody else can
    write meanwhile, so the WAL is never reset under a writer, whatever the library's version."""
    lock = _LOCKS.get(engine.dialect)
    if lock is None:
        return
    lock.writes += 1
    if lock.writes % every:
        return
    pooled = engine.raw_connection()
    try:
        pooled.driver_connection.execute("PRAGMA wal_checkpoint(PASSIVE)")   # type: ignore[union-attr]
    finally:
        pooled.close()


# --- PostgreSQL ------------------------------------------------------------------------------------------


def _postgresql(url: URL, pool_size: int) -> Engine:
    """Several hosts may be named: `?host=a:5432&host=b:5432&target_session_attrs=read-write` finds the leader."""
    engine = create_engine(
        url, isolation_level="READ COMMITTED", pool_recycle=1800, pool_size=pool_size,
        max_overflow=10, hide_parameters=True,
        connect_args={"connect_timeout": 5, "options": POSTGRESQL_OPTIONS, "prepare_threshold": 3},
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # Where read_only goes into psycopg's own BEGIN: no extra round trip.
        driver = connection.connection.driver_connection
        assert driver is not None
        readonly = True if connection.get_execution_options().get("tx") == "read" else None
        if driver.read_only != readonly:
            driver.read_only = readonly

    @event.listens_for(engine, "checkin")
    def checkin(_driver: Any, record: ConnectionPoolEntry) -> None:
        record.info["rested"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def checkout(driver: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        if "rested" in record.info and _doubtful(driver, record.info["rested"]):
            try:
                engine.dialect.do_ping(driver)
            except engine.dialect.loaded_dbapi.Error as error:
                raise DisconnectionError("the server has closed this connection") from error   # the pool opens another

    return engine


def _doubtful(driver: Any, rested: float) -> bool:
    """Say whether a pooled connection must be tried before use, which costs a round trip.

    A server that went away has closed the socket, and a closed socket has something to read: to ask the kernel costs
    nothing. Only a host that vanished without a word is found by trying, so what has rested for a while is tried.
    """
    if time.monotonic() - rested > PING_AFTER or not hasattr(select, "poll"):
        return True
    socket = select.poll()
    socket.register(driver.fileno(), select.POLLIN | select.POLLPRI)
    return bool(socket.poll(0))


# --- both ------------------------------------------------------------------------------------------------


@contextmanager
def _busy_as_a_sentence() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if _is_busy(error.orig):
            raise Busy() from error
        raise


def _is_busy(error: BaseException | None) -> bool:
    if (state := getattr(error, "sqlstate", None)) is not None:
        return state in POSTGRESQL_BUSY
    return type(error).__name__ == "OperationalError" and "database is locked" in str(error)


def _drop_connections_after_fork(engine: Engine) -> None:
    """A socket or file handle shared by two processes mixes up their answers, so a child begins with none."""
    if not hasattr(os, "register_at_fork"):
        return
    reference = weakref.ref(engine)

    def in_child() -> None:
        if (engine := reference()) is not None:
            engine.dispose(close=False)              # the parent still uses them: forget, do not close
            if (lock := _LOCKS.get(engine.dialect)) is not None:
                lock.forget()

    os.register_at_fork(after_in_child=in_child)


# --- the schema ------------------------------------------------------------------------------------------


def upgrade(url: str | URL, revision: str = "head") -> None:
    """Bring the database to `revision` in one transaction, all or nothing; two callers at once do it one by one."""
    from alembic import command

    with _migrating(url) as config:
        command.upgrade(config, revision)


def downgrade(url: str | URL, revision: str) -> None:
    """Take the database back to `revision` (`base`: no tables at all)."""
    from alembic import command

    with _migrating(url) as config:
        command.downgrade(config, revision)


def check(url: str | URL) -> tuple[str, ...]:
    """Return what is different between the database and the models, a line each; empty when they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from .records import metadata

    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            heads = set(ScriptDirectory(str(MIGRATIONS)).get_heads())
            stands = set(context.get_current_heads())
            if stands != heads:
                return (f"the database stands at {', '.join(stands) or 'nothing'}, the migrations at "
                        f"{', '.join(heads)}: run `flask db upgrade`",)
            return tuple(map(str, compare_metadata(context, metadata)))
    finally:
        engine.dispose()


@contextmanager
def _migrating(url: str | URL) -> Iterator[Config]:
    """Alembic's configuration on one open transaction, with foreign keys off on SQLite and checked at the end.

    With them on, rebuilding a table (SQLite's only way to alter one) would take its children along.
    """
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    engine = make_engine(url)
    try:
        with _busy_as_a_sentence(), _writer(engine), engine.connect().execution_options(tx="write") as connection:
            lite = connection.dialect.name == "sqlite"
            if lite:
                connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")   # type: ignore[union-attr]
            with connection.begin():
                if not lite:
                    connection.execute(text("SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = 0"))
                    connection.execute(text("SELECT pg_advisory_xact_lock(4207849)"))
                config.attributes["connection"] = connection
                yield config
                if lite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                    raise RuntimeError(f"the migration would leave rows without what they refer to: {broken[:5]}")
    finally:
        engine.dispose()
