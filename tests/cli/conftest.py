"""Commands as they are typed, on a database that `flask db upgrade` has made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from web import create_app, db

Run = Callable[..., Result]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """An empty folder of definitions."""
    folder = tmp_path / "definitions"
    (folder / "flows").mkdir(parents=True)
    return folder


@pytest.fixture
def app(database: str, tmp_path: Path, tree: Path) -> Iterator[Flask]:
    app = create_app({
        "TESTING": True, "DATABASE_URL": database, "SECRET_KEY": "k" * 32, "DATA_KEY": b"d" * 32,
        "UPLOADS": str(tmp_path / "uploads"), "DEFINITIONS": str(tree)})
    yield app
    db.database(app).engine.dispose()


@pytest.fixture
def run(app: Flask) -> Run:
    """`run("db", "check")`: exit code, what was printed, and what went to standard error."""
    return lambda *words, **more: app.test_cli_runner().invoke(args=[str(word) for word in words], **more)
