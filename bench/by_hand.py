"""The same decision written by hand against the driver: the least that one durable decision can cost.

It reads and writes the rows that `engine.act` reads and writes, statement by statement, and chains the event by
SHA-256. It judges nothing, encrypts nothing and trusts its caller: no system could do with less.
"""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import orjson
import psycopg
from sqlalchemy import make_url

from workflow import ids
from workflow.db import FIXED_SQLITE, PRAGMAS

_CASE = """SELECT c.*, p.name, p.gender, p.born_on, p.member_since, p.migrant, p.model_worker, u.code, u.name AS unit,
 u.level, u.region, t.id AS task_id, t.role, t.person_id, t.organisation_id, t.touched_at, d.form AS typed
 FROM cases c JOIN people p ON p.id = c.applicant_id JOIN organisations u ON u.id = c.unit_id
 LEFT JOIN tasks t ON t.case_id = c.id AND t.status = 'open' AND t.kind = 'work' LEFT JOIN drafts d ON d.case_id = c.id AND d.person_id = ?
 WHERE c.id = ?"""
_BESIDE = """SELECT 'd', seq, state, actor_id FROM decisions WHERE case_id = ? UNION ALL
 SELECT 'f', count(*), kind, '' FROM attachments WHERE case_id = ? AND removed_at IS NULL GROUP BY kind"""
_EVENT = """INSERT INTO events (stream, seq, kind, at, actor_id, role, organisation_id, "trigger", from_state, to_state,
 amount_fen, revision, definition_digest, snapshot_digest, idem_key, request_digest, body, prev, hash)
 VALUES (?,?,'act',?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"""
_MOVE = """UPDATE cases SET state=?, revision=?, entry=?, entered_at=?, due_at=?, amount_fen=?, returned=NULL, updated_at=?,
 last_seq=?, last_hash=? WHERE id=? AND revision=?"""
_DECIDE = """INSERT INTO decisions (case_id, seq, state, "trigger", actor_id, role, organisation_id, at, amount_fen,
 definition_digest, snapshot, snapshot_digest) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"""
_CLOSE = "UPDATE tasks SET status='done', closed_at=?, closed_by=? WHERE id=?"
_OPEN = """INSERT INTO tasks (id, case_id, entry, state, definition_key, kind, role, organisation_id, status, opened_at, due_at,
 flags, resubmitted) VALUES (?,?,?,?,?,'work',?,?,'open',?,?,'[]',?)"""

SNAPSHOT = b"x" * 900                    # as long as the sealed facts of the same decision


class ByHand:
    """One connection that takes the leader's decision on a case, the way a careful programmer would without us."""

    def __init__(self, url: str, actor_id: str, organisation_id: int, now: datetime) -> None:
        self.actor_id, self.organisation_id = actor_id, organisation_id
        address = make_url(url)
        self.postgresql = address.get_backend_name() == "postgresql"
        self.at: Any = now if self.postgresql else f"{now:%Y-%m-%dT%H:%M:%S.%f}Z"
        due = now + timedelta(days=3)
        self.due: Any = due if self.postgresql else f"{due:%Y-%m-%dT%H:%M:%S.%f}Z"
        self.now = now
        self.connection: Any
        self.columns: list[str] = []
        if self.postgresql:
            self.connection = psycopg.connect(address.set(drivername="postgresql").render_as_string(hide_password=False))
        else:
            self.connection = _library().connect(address.database or "", isolation_level=None)
            for pragma in PRAGMAS:
                self.connection.execute(f"PRAGMA {pragma}")
        self.sql = [statement.replace("?", "%s") if self.postgresql else statement
                    for statement in (_CASE + (" FOR UPDATE OF c" if self.postgresql else ""),
                                      _BESIDE, _EVENT, _MOVE, _DECIDE, _CLOSE, _OPEN)]

    def decide(self, case_id: str, revision: int, key: str) -> None:
        """Approve and commit."""
        cursor, me, at, place = self.connection.cursor(), self.actor_id, self.at, self.organisation_id
        case_sql, beside, event, move, decide, close, open_ = self.sql
        if not self.postgresql:
            cursor.execute("BEGIN IMMEDIATE")
        row = dict(zip(self._names(cursor.execute(case_sql, (me, case_id))), cursor.fetchone(), strict=True))
        cursor.execute(beside, (case_id, case_id)).fetchall()
        if row["revision"] != revision or row["state"] != "decide":
            raise RuntimeError("overtaken")
        seq, fen, definition = row["last_seq"] + 1, row["amount_fen"], row["definition_digest"]
        snapshot = hashlib.sha256(SNAPSHOT).hexdigest()
        body = orjson.dumps({"v": 1, "stream": case_id, "seq": seq, "kind": "act", "role": "county_leader", "via": "page",
                             "at": f"{self.now:%Y-%m-%dT%H:%M:%S.%fZ}", "actor": me, "org": place, "trigger": "approve",
                             "from": "decide", "to": "paying", "amount": fen, "rev": revision + 1, "def": definition,
                             "snap": snapshot, "idem": key, "req": key}, option=orjson.OPT_SORT_KEYS)
        prev = bytes(row["last_hash"])
        link = hashlib.sha256(b"bangfu-event/1\0" + prev + body).digest()
        cursor.execute(event, (case_id, seq, at, me, "county_leader", place, "approve", "decide", "paying", fen, revision + 1,
                               definition, snapshot, key, key, body, prev, link))
        cursor.execute(move, ("paying", revision + 1, seq, at, self.due, fen, at, seq, link, case_id, revision))
        if cursor.rowcount != 1:
            raise RuntimeError("overtaken")
        cursor.execute(decide, (case_id, seq, "decide", "approve", me, "county_leader", place, at, fen, definition, SNAPSHOT,
                                snapshot))
        cursor.execute(close, (at, me, row["task_id"]))
        cursor.execute(open_, (ids.new(self.now), case_id, seq, "paying", "aid", "cashier", place, at, self.due, False))
        self.connection.commit()

    def close(self) -> None:
        self.connection.close()

    def _names(self, cursor: Any) -> list[str]:
        if not self.columns:
            self.columns = [column[0] for column in cursor.description]
        return self.columns


def _library() -> ModuleType:
    """The same SQLite as the product uses, see `workflow.db`."""
    if sqlite3.sqlite_version_info < FIXED_SQLITE:
        try:
            import pysqlite3.dbapi2
        except ImportError:
            return sqlite3
        found: ModuleType = pysqlite3.dbapi2
        return found
    return sqlite3
