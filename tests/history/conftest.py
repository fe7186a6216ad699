"""A sealed log on either database, and a DBA who may do anything to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import psycopg
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from workflow import history
from workflow.db import make_engine, make_sessions, reading, writing

from .county import ANN, Town, new_vault

Dba = Callable[[str], None]


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    return make_sessions(engine, new_vault())


@pytest.fixture
def dba(engine: Engine) -> Dba:
    """Run SQL past every trigger and foreign key, as the owner of the database can."""
    return lambda statements: _as_owner(engine, statements)


def _as_owner(engine: Engine, statements: str) -> None:
    if engine.dialect.name == "sqlite":
        # The engine's own library: two copies of SQLite in one process would break each other's file locks.
        connection = engine.dialect.dbapi.connect(engine.url.database)   # type: ignore[union-attr]
        guards = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in guards:
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.executescript(statements)
        connection.close()
    else:
        url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as server:
            server.execute("SET session_replication_role = replica; " + statements)   # type: ignore[arg-type]


@dataclass
class Sealed:
    """A log of five cases: three sealed at two times, the newest events not sealed yet."""

    sessions: sessionmaker[Session]
    town: Town
    cases: list[str]
    notes: list[str] = field(default_factory=list)

    def verify(self, *notes: str) -> history.Findings:
        with reading(self.sessions) as session:
            return history.verify(session, seal_notes=notes)


def build(sessions: sessionmaker[Session]) -> Sealed:
    with writing(sessions) as session:
        town = Town(session)
        sealed = Sealed(sessions, town, [town.open("HB-0001"), town.open("HB-0002")])
        town.attach(sealed.cases[0], b"%PDF-one")
        town.act(sealed.cases[0], "county", "approve", amount=380_000)
        sealed.notes.append(town.seal())
        sealed.cases.append(town.open("HB-0003"))
        town.act(sealed.cases[0], "paid", "pay", amount=380_000)
        town.act(sealed.cases[1], "county", "approve", amount=200_000)
        history.append_to(session, "account:7", kind="sign_in", at=town.now, actor=ANN, role="applicant")
        sealed.notes.append(town.seal())
        sealed.cases.append(town.open("HB-0004"))
        town.act(sealed.cases[2], "county", "approve", amount=100_000)
        history.sequence(session, 1)
    sessions.configure(info={"vault": new_vault(), "store": town})
    return sealed


@pytest.fixture
def sealed(sessions: sessionmaker[Session]) -> Sealed:
    return build(sessions)


@pytest.fixture(scope="module")
def shared(new_database: Callable[[str], object]) -> Iterator[Sealed]:
    """One sealed log on SQLite for a whole module; nobody may change it."""
    with new_database("sqlite") as url:   # type: ignore[attr-defined]
        engine = make_engine(url)
        yield build(make_sessions(engine, new_vault()))
        engine.dispose()
