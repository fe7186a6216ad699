"""A vote by fifty voters: each voice through `engine.act`, against the same rows by hand, each a durable transaction."""

from __future__ import annotations

import hashlib
from datetime import date
from time import perf_counter
from typing import Any

import orjson
from sqlalchemy import select

from tests.world import World
from workflow import engine, ids, people
from workflow.actors import COMMAND, Actor, Post
from workflow.db import reading, writing
from workflow.records import Organisation, Task

from .by_hand import SNAPSHOT, ByHand
from .county import Mould, sessions_of
from .databases import Databases
from .measure import ROUNDS, Ratio, ratio

VOTERS = 50
GROUP = f"A vote by {VOTERS} voters, to the same rows by hand (voices/s)"
COUNCIL = """
schema: 1
key: council
version: 1
title: 集体研究
initial: draft
form:
  cost: {label: 费用, type: money, required: true}
  bill_no: {label: 单据号, type: text, required: true}
  bank_card: {label: 银行卡, type: bankcard, required: true, sensitive: true}
calc:
  amount: form.cost
amount: {value: calc.amount}
actors:
  applicant: {who: applicant}
  council: {role: county_committee, scope: ancestor(county)}
  finance: {role: finance, scope: ancestor(county)}
separation: {distinct: [meeting, paying]}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*]}
  - {name: meeting, label: 集体研究, kind: countersign, actor: council, due: 5wd, vote: {mode: all, on_pass: approve, on_fail: reject}}
  - {name: paying, label: 发放, kind: task, actor: finance, due: 3wd}
  - {name: paid, label: 已发放, final: true, outcome: approved}
  - {name: rejected, label: 不予资助, final: true, outcome: rejected}
transitions:
  - {trigger: submit, label: 提交, source: draft, dest: meeting, require: [form]}
  - {trigger: approve, label: 通过, source: meeting, dest: paying, actor: system}
  - {trigger: reject, label: 未通过, source: meeting, dest: rejected, actor: system, comment: optional}
  - {trigger: pay, label: 已发放, source: paying, dest: paid}
"""
_BALLOTS = """SELECT * FROM tasks WHERE case_id=? AND entry=? AND kind IN ('ballot','branch') AND status<>'cancelled' ORDER BY place, id"""
_HEARD = """INSERT INTO events (stream, seq, kind, at, actor_id, role, organisation_id, "trigger", from_state, to_state, amount_fen, revision,
 definition_digest, snapshot_digest, body, prev, hash) VALUES (?,?,'vote',?,?,'county_committee',?,'approve','meeting','meeting',?,?,?,?,?,?,?)"""
_COUNTED = "UPDATE cases SET revision=?, updated_at=?, last_seq=?, last_hash=? WHERE id=? AND revision=?"
_CAST = "UPDATE tasks SET status='done', vote='agree', closed_at=?, closed_by=? WHERE id=?"


def run(databases: Databases) -> list[Ratio]:
    return [_compared(databases.new(kind), kind) for kind in ("postgresql", "sqlite")]


def _compared(url: str, kind: str) -> Ratio:
    sessions = sessions_of(url)
    world = World(sessions)
    world.publish(COUNCIL, "council.v1.yaml")
    place = world.orgs["539921"]
    with writing(sessions) as session:
        for n in range(VOTERS):
            person = people.add_person(session, world.now, COMMAND, f"委员{n}", union_id=place)
            people.appoint(session, person.id, "county_committee", place, date(2020, 1, 1), None, actor=COMMAND, now=world.now)
    case_id = world.submitted("worker", "council", {"cost": "600", "bill_no": "A1", "bank_card": "6228480010000000017"})
    with reading(sessions) as session:
        path = session.scalars(select(Organisation.path).where(Organisation.id == place)).one()
        voters = list(session.scalars(select(Task.person_id).where(Task.case_id == case_id, Task.kind == "ballot").order_by(Task.place)))
        mould = Mould(session, case_id)
    with writing(sessions) as session:
        steps = mould.cast(session, 2 * (ROUNDS + 1), 0)
    actors = [Actor(person, "", (Post("county_committee", place, path),)) for person in voters[-VOTERS:]]
    first = [Actor(person, "", (Post("county_committee", place, path),)) for person in voters[:-VOTERS]]   # the tests' own committee
    hand = Hand(url, "", place, world.now)

    def ours(case: str, revision: int, some: list[Actor]) -> None:
        for n, actor in enumerate(some):
            with writing(sessions) as session:
                engine.act(session, case, "approve", actor, world.now, revision=revision + n)

    def theirs(case: str, revision: int, some: list[Actor]) -> None:
        for n, actor in enumerate(some):
            hand.speak(case, revision + n, actor.person_id or "")

    rates: tuple[list[float], list[float]] = ([], [])
    for turn in range(ROUNDS + 1):
        for side in ((0, 1), (1, 0))[turn % 2]:
            step = steps.pop()
            ours(step.case_id, step.revision, first)
            begun = perf_counter()
            (ours, theirs)[side](step.case_id, step.revision + len(first), actors)
            if turn:                         # the first round warms every cache
                rates[side].append(VOTERS / (perf_counter() - begun))
    hand.close()
    sessions.kw["bind"].dispose()
    return ratio(GROUP, kind, rates[0], rates[1], "1/s")


class Hand(ByHand):
    """One connection that writes each voice, and after the last of them the step that follows."""

    def speak(self, case_id: str, revision: int, person_id: str) -> None:
        cursor = self.connection.cursor()
        case_sql, beside, event, move, decide, _close, open_ = self.sql
        if not self.postgresql:
            cursor.execute("BEGIN IMMEDIATE")
        row = dict(zip(self._names(cursor.execute(case_sql, (person_id, case_id))), cursor.fetchone(), strict=True))
        cursor.execute(beside, (case_id, case_id)).fetchall()
        cursor.execute(self._said(_BALLOTS), (case_id, row["entry"]))
        names = [column[0] for column in cursor.description]
        ballots = [dict(zip(names, ballot, strict=True)) for ballot in cursor.fetchall()]
        mine = next(ballot for ballot in ballots if ballot["person_id"] == person_id and ballot["status"] == "open")
        if row["revision"] != revision:
            raise RuntimeError("overtaken")
        seq, fen, definition, place = row["last_seq"] + 1, row["amount_fen"], row["definition_digest"], self.organisation_id
        digest, head = hashlib.sha256(SNAPSHOT).hexdigest(), bytes(row["last_hash"])
        body, link = self._event(row, seq, head, "vote", person_id, "meeting", revision + 1, digest)
        cursor.execute(self._said(_HEARD), (case_id, seq, self.at, person_id, place, fen, revision + 1, definition, digest, body, head, link))
        cursor.execute(self._said(_COUNTED), (revision + 1, self.at, seq, link, case_id, revision))
        cursor.execute(decide, (case_id, seq, "meeting", "approve", person_id, "county_committee", place, self.at, fen, definition, SNAPSHOT, digest))
        cursor.execute(self._said(_CAST), (self.at, person_id, mine["id"]))
        if sum(ballot["status"] == "open" for ballot in ballots) == 1:
            seq, head = seq + 1, link
            body, link = self._event(row, seq, head, "act", None, "paying", revision + 2, digest)
            cursor.execute(event, (case_id, seq, self.at, None, "system", None, "approve", "meeting", "paying", fen, revision + 2, definition,
                                   digest, None, None, body, head, link))
            cursor.execute(move, ("paying", revision + 2, seq, self.at, self.due, fen, self.at, seq, link, case_id, revision + 1))
            cursor.execute(decide, (case_id, seq, "meeting", "approve", None, "system", None, self.at, fen, definition, SNAPSHOT, digest))
            cursor.execute(open_, (ids.new(self.now), case_id, seq, "paying", "council", "finance", place, self.at, self.due, False))
        self.connection.commit()

    def _event(self, row: dict[str, Any], seq: int, head: bytes, kind: str, who: str | None, dest: str, revision: int,
               digest: str) -> tuple[bytes, bytes]:
        said = {"v": 1, "stream": row["id"], "seq": seq, "kind": kind, "role": "county_committee" if who else "system",
                "via": "page" if who else "timer", "at": f"{self.now:%Y-%m-%dT%H:%M:%S.%fZ}", "trigger": "approve", "from": "meeting", "to": dest,
                "amount": row["amount_fen"], "rev": revision, "def": row["definition_digest"], "snap": digest}
        body = orjson.dumps(said | ({"actor": who, "org": self.organisation_id} if who else {}), option=orjson.OPT_SORT_KEYS)
        return body, hashlib.sha256(b"bangfu-event/1\0" + head + body).digest()

    def _said(self, statement: str) -> str:
        return statement.replace("?", "%s") if self.postgresql else statement
