"""Timers fired a second by one sweep, against the same rows claimed and written by hand.

A reminder is an event, a line in three inboxes and the next run; a step is a whole act of the system. Each is a transaction of
its own on both sides, and durable.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from time import perf_counter
from typing import Any

import orjson
from sqlalchemy import insert, select

from tests.timers.ward import Ward
from workflow import ids, timers
from workflow.db import reading, writing
from workflow.records import Timer

from .by_hand import SNAPSHOT, ByHand
from .county import Mould, sessions_of
from .databases import Databases
from .measure import ROUNDS, Ratio, ratio

EACH = 100                               # timers a round and side
WARM = 20
GROUP = "Due timers fired by one sweep, to the same rows by hand (timers/s)"
LATER = timedelta(days=3)

_CLAIM = """SELECT c.id, c.last_seq, c.last_hash, c.state, c.revision, c.definition_digest, c.amount_fen, t.id AS timer, t.due_at, t.run,
 t.entry, t.state AS at_state, t.place FROM timers t JOIN cases c ON c.id = t.case_id WHERE t.status = 'due' AND t.at <= ?
 ORDER BY t.at, t.id LIMIT 1"""
_TAKE = "UPDATE timers SET status='fired', fired_at=?, fired_seq=?, error=NULL WHERE id=? AND status='due' AND at<=?"
_TURN = "SELECT person_id, role, organisation_id FROM tasks WHERE case_id=? AND status='open' AND kind IN ('work','ballot','branch')"
_HOLDERS = "SELECT person_id FROM appointments WHERE role=? AND organisation_id=? AND starts_on<=? AND (ends_on IS NULL OR ends_on>=?)"
_NOTED = """INSERT INTO events (stream, seq, kind, at, role, from_state, to_state, amount_fen, revision, definition_digest, body, prev, hash)
 VALUES (?,?,'remind',?,'system',?,?,?,?,?,?,?,?)"""
_HEAD = "UPDATE cases SET last_seq=?, last_hash=? WHERE id=? AND last_seq=?"
_TELL = """INSERT INTO messages (id, person_id, kind, stream, seq, case_id, params, created_at) VALUES (?,?,'remind',?,?,?,?,?)"""
_NEXT = """INSERT INTO timers (id, case_id, entry, state, place, run, kind, due_at, at, status, attempts)
 VALUES (?,?,?,?,?,?,'remind',?,?,'due',0)"""
_CANCEL = "UPDATE timers SET status='cancelled' WHERE case_id=? AND status IN ('due','held','parked')"


def run(databases: Databases) -> list[Ratio]:
    return [_compared(databases.new(kind), kind, what) for kind in ("postgresql", "sqlite") for what in ("reminder", "step")]


def _compared(url: str, kind: str, what: str) -> Ratio:
    sessions = sessions_of(url)
    ward = Ward(sessions)
    case_id = ward.reviewed() if what == "reminder" else ward.cooling()
    with reading(sessions) as session:
        mould = Mould(session, case_id)
        row = next(dict(row) for row in session.execute(select(Timer.__table__).where(
            Timer.case_id == case_id, Timer.status == "due").order_by(Timer.place)).mappings())
    now, copied = ward.now + LATER, 0
    hand = Hand(url, ward.ids["leader"], ward.orgs["539921"], now)

    def prepare(count: int) -> None:
        nonlocal copied
        with writing(sessions) as session:
            cases = mould.cast(session, count, copied)
            session.execute(insert(Timer.__table__), [
                row | {"id": ids.new(now), "case_id": step.case_id, "at": now, "due_at": now} for step in cases])
        copied += count

    def ours(count: int) -> None:
        fired = timers.sweep(sessions, now, limit=count, watched=False).fired
        if len(fired) != count:
            raise RuntimeError(f"{len(fired)} of {count} timers fired")

    def theirs(count: int) -> None:
        for _ in range(count):
            hand.remind() if what == "reminder" else hand.step()

    rates: tuple[list[float], list[float]] = ([], [])
    for turn in range(ROUNDS + 1):
        for side in ((0, 1), (1, 0))[turn % 2]:
            count = EACH if turn else WARM
            prepare(count)
            begun = perf_counter()
            (ours, theirs)[side](count)
            if turn:                         # the first round warms every cache
                rates[side].append(count / (perf_counter() - begun))
    hand.close()
    sessions.kw["bind"].dispose()
    return ratio(GROUP, f"{kind}, {what}", rates[0], rates[1], "1/s")


class Hand(ByHand):
    """One connection that fires the first timer that is due, with the statements this takes and no others."""

    def remind(self) -> None:
        cursor, row = self._claimed()
        people = [person for _, role, place in cursor.execute(self._said(_TURN), (row["id"],)).fetchall() for (person,) in cursor.execute(
            self._said(_HOLDERS), (role, place, self.now.date().isoformat(), self.now.date().isoformat())).fetchall()]
        seq, name = row["last_seq"] + 1, row["id"]
        body, link = self._event(row, "remind", row["state"], row["revision"])
        cursor.execute(self._said(_NOTED), (name, seq, self.at, row["state"], row["state"], row["amount_fen"], row["revision"],
                                            row["definition_digest"], body, bytes(row["last_hash"]), link))
        cursor.execute(self._said(_HEAD), (seq, link, name, row["last_seq"]))
        for person in people:
            cursor.execute(self._said(_TELL), (ids.new(self.now), person, name, seq, name, '{"number":"XS","state":"review"}', self.at))
        cursor.execute(self._said(_NEXT), (ids.new(self.now), name, row["entry"], row["at_state"], row["place"], row["run"] + 1, self.due, self.due))
        self.connection.commit()

    def step(self) -> None:
        cursor, row = self._claimed()
        name, seq, revision = row["id"], row["last_seq"] + 1, row["revision"] + 1
        case_sql, beside, event, move, decide, close, open_ = self.sql
        case = dict(zip(self._names(cursor.execute(case_sql, ("", name))), cursor.fetchone(), strict=True))
        cursor.execute(beside, (name, name)).fetchall()
        body, link = self._event(row, "act", "paying", revision)
        fen, definition, snapshot = row["amount_fen"], row["definition_digest"], hashlib.sha256(SNAPSHOT).hexdigest()
        cursor.execute(event, (name, seq, self.at, None, "system", None, "resume", "cooling", "paying", fen, revision, definition, snapshot,
                               None, None, body, bytes(row["last_hash"]), link))
        cursor.execute(move, ("paying", revision, seq, self.at, None, fen, self.at, seq, link, name, row["revision"]))
        cursor.execute(decide, (name, seq, "cooling", "resume", None, "system", None, self.at, fen, definition, SNAPSHOT, snapshot))
        cursor.execute(close, (self.at, None, case["task_id"]))
        cursor.execute(open_, (ids.new(self.now), name, seq, "paying", "watched", "county_leader", self.organisation_id, self.at, self.due, False))
        cursor.execute(self._said(_CANCEL), (name,))
        self.connection.commit()

    def _claimed(self) -> tuple[Any, dict[str, Any]]:
        cursor = self.connection.cursor()
        if not self.postgresql:
            cursor.execute("BEGIN IMMEDIATE")
        cursor.execute(self._said(_CLAIM) + (" FOR UPDATE OF c SKIP LOCKED" if self.postgresql else ""), (self.at,))
        row = dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))
        cursor.execute(self._said(_TAKE), (self.at, row["last_seq"] + 1, row["timer"], self.at))
        if cursor.rowcount != 1:
            raise RuntimeError("overtaken")
        return cursor, row

    def _event(self, row: dict[str, Any], kind: str, dest: str, revision: int) -> tuple[bytes, bytes]:
        body = orjson.dumps({
            "v": 1, "stream": row["id"], "seq": row["last_seq"] + 1, "kind": kind, "role": "system", "via": "timer",
            "at": f"{self.now:%Y-%m-%dT%H:%M:%S.%fZ}", "from": row["state"], "to": dest, "rev": revision, "def": row["definition_digest"],
            "extra": {"timer": row["timer"], "due_at": str(row["due_at"]), "fired_at": f"{self.now:%Y-%m-%dT%H:%M:%S.%fZ}"}},
            option=orjson.OPT_SORT_KEYS)
        return body, hashlib.sha256(b"bangfu-event/1\0" + bytes(row["last_hash"]) + body).digest()

    def _said(self, statement: str) -> str:
        return statement.replace("?", "%s") if self.postgresql else statement
