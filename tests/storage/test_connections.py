"""A PostgreSQL server that went away is noticed before a connection is used, without asking it each time."""


import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session, sessionmaker

from workflow import db

pytestmark = pytest.mark.parametrize("database", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)


def backend(sessions: sessionmaker[Session]) -> int:
    with db.reading(sessions) as session:
        return int(session.execute(text("SELECT pg_backend_pid()")).scalar_one())


def test_a_connection_the_server_closed_is_not_used_again(sessions: sessionmaker[Session], engine: Engine) -> None:
    first = backend(sessions)
    other = db.make_engine(engine.url)
    with other.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": first})   # waits until it is gone
    other.dispose()
    assert backend(sessions) != first


def test_a_busy_connection_is_not_tried_before_every_use(sessions: sessionmaker[Session], engine: Engine) -> None:
    backend(sessions)
    pings = []
    ping = engine.dialect.do_ping
    engine.dialect.do_ping = lambda driver: bool(pings.append(driver) or ping(driver))  # type: ignore[method-assign]
    assert backend(sessions) == backend(sessions) and not pings


def test_a_rested_connection_is_tried(sessions: sessionmaker[Session], engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    backend(sessions)
    seen: list[float] = []
    event.listen(engine, "checkin", lambda _driver, record: seen.append(record.info["rested"]))
    monkeypatch.setattr(db, "PING_AFTER", -1.0)
    pings = []
    ping = engine.dialect.do_ping
    engine.dialect.do_ping = lambda driver: bool(pings.append(driver) or ping(driver))  # type: ignore[method-assign]
    backend(sessions)
    assert len(pings) == 1 and seen
