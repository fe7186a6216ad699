"""The migrations give what the models say, on both databases, and can be taken back."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, inspect, text

from workflow.db import check, downgrade, make_engine, upgrade


def test_migrations_and_models_agree(database: str) -> None:
    assert check(database) == ()


def test_a_column_the_models_do_not_know_is_reported(database: str, engine: Engine) -> None:
    with engine.execution_options(tx="write").begin() as connection:
        connection.execute(text("ALTER TABLE people ADD COLUMN shoe_size INTEGER"))
    assert any("shoe_size" in difference for difference in check(database))


def test_down_takes_everything_and_up_brings_it_back(database: str) -> None:
    downgrade(database, "base")
    engine = make_engine(database)
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    assert guards(engine) == set()
    assert "flask db upgrade" in check(database)[0]

    upgrade(database)
    assert check(database) == ()
    assert "guard_cases_update" in guards(engine)
    engine.dispose()


def test_a_second_upgrade_changes_nothing(database: str, engine: Engine) -> None:
    before = guards(engine)
    upgrade(database)
    assert guards(engine) == before


def test_only_sqlite_files_and_postgresql_are_taken() -> None:
    for url in ("mysql://localhost/x", "sqlite://", "sqlite:///:memory:", "postgresql+psycopg2://localhost/x"):
        with pytest.raises(ValueError):
            make_engine(url)


def guards(engine: Engine) -> set[str]:
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }[engine.dialect.name]
    with engine.connect() as connection:
        return set(connection.execute(text(query)).scalars())
