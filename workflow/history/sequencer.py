"""The order of all events: every event gets the next leaf of the log, without gaps, once it is committed.

Ids are drawn before a commit and may become visible out of order, so nothing here ever asks for `id > last`: it asks
for what has no leaf yet. On PostgreSQL one sequencer works at a time, under an advisory lock; on SQLite the session
must hold the write lock (`db.writing`).
"""

from __future__ import annotations

from typing import cast

from sqlalchemy import CursorResult, text
from sqlalchemy.orm import Session

from ..errors import Damaged, one

_LOCK = 4207850                      # beside the migrations' 4207849
_TRY, _WAIT = text("SELECT pg_try_advisory_xact_lock(:key)"), text("SELECT pg_advisory_xact_lock(:key)")
_SIZE = text("SELECT coalesce(max(leaf_index) + 1, 0) FROM events")
_SEALED = text("SELECT coalesce(max(size), 0) FROM seals")
_ASSIGN = text("""
    UPDATE events SET leaf_index = :size + ranked.place FROM (
        SELECT id, row_number() OVER (ORDER BY id) - 1 AS place
        FROM (SELECT id FROM events WHERE leaf_index IS NULL ORDER BY id LIMIT :limit) AS waiting
    ) AS ranked WHERE events.id = ranked.id""")


def sequence(session: Session, limit: int = 1000) -> int:
    """Give up to `limit` events their leaf, oldest first, and return how many.

    Returns 0 where nothing waits or another sequencer is at work. Raises `Damaged` where the log is shorter than its
    newest seal: then events were cut off, and new ones must not fill their places.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql" and not connection.execute(_TRY, {"key": _LOCK}).scalar_one():
        return 0
    size = log_size(session)
    return cast("CursorResult[object]", connection.execute(_ASSIGN, {"size": size, "limit": limit})).rowcount


def sequence_all(session: Session, step: int = 5000) -> int:
    """Give every committed event its leaf, waiting for another sequencer to finish; return the size of the log."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(_WAIT, {"key": _LOCK})
    while sequence(session, step) == step:
        pass
    return log_size(session)


def log_size(session: Session) -> int:
    """Return how many leaves the log has; raises `Damaged` where a seal knows of more."""
    connection = session.connection()
    size, sealed = int(connection.execute(_SIZE).scalar_one()), int(connection.execute(_SEALED).scalar_one())
    if size < sealed:
        raise Damaged(one("LOG_SHORT", f"操作记录只有 {size} 条，少于封存时的 {sealed} 条：有记录被删除，请立即核验",
                          f"The log has {size} events, fewer than the {sealed} that were sealed: events were removed"))
    return size
