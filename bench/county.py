"""The tests' county in a database of its own, and many copies of one real case in it.

A copy is what the engine would have written: every event chained anew, every sealed value bound to its own row. So the
database's triggers accept it and the verifier finds nothing. Making one takes a tenth of the time of acting it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import Connection, Table, insert, select
from sqlalchemy.orm import Session, sessionmaker

from tests.engine.conftest import AID, FORM
from tests.world import World
from workflow import ids
from workflow.db import make_engine, make_sessions, reading, writing
from workflow.history.append import commitment, event_hash, field_key, origin
from workflow.privacy import Vault
from workflow.records import Case, CaseIdentity, CaseKey, Decision, Event, Task

VAULT = Vault(b"k" * 32)
LARGE = FORM | {"cost": "10400.02"}          # goes to the leader, and raises no flag
_TABLES = ((Event.__table__, "stream"), (Case.__table__, "id"), (Decision.__table__, "case_id"), (Task.__table__, "case_id"),
           (CaseIdentity.__table__, "case_id"), (CaseKey.__table__, "case_id"))


def sessions_of(url: str) -> sessionmaker[Session]:
    return make_sessions(make_engine(url), VAULT)


@dataclass(frozen=True, slots=True)
class Step:
    """One decision to be taken: which case, and the revision its page would show."""

    case_id: str
    revision: int


class County:
    """A county with its programme, and `moulds`: real cases to copy."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sessions = sessions_of(url)
        self.world = World(self.sessions)
        self.world.publish(AID)
        self._copied = 0

    def before_the_leader(self) -> Mould:
        """Return a mould of a case on the leader's desk: five events, three decisions by people, one by the system."""
        case_id = self.world.submitted("worker", "aid", LARGE)
        self.world.act("basic", case_id, "approve", form={"opinion": "属实"}, comment="已入户核实")
        self.world.act("clerk", case_id, "approve", comment="票据齐全")
        with reading(self.sessions) as session:
            return Mould(session, case_id)

    def copy(self, mould: Mould, count: int, at_once: int = 1000) -> list[Step]:
        """Add `count` copies of a case and return the steps they wait for."""
        steps: list[Step] = []
        while count:
            some = min(count, at_once)
            with writing(self.sessions) as session:
                steps += mould.cast(session, some, self._copied)
            self._copied += some
            count -= some
        return steps


class Mould:
    """The rows of one case, ready to be written again under other ids, numbers and bills."""

    def __init__(self, session: Session, case_id: str) -> None:
        self.rows = {table.name: [dict(row) for row in session.execute(
            select(table).where(table.c[column] == case_id)).mappings()] for table, column in _TABLES}
        self.case = self.rows["cases"][0]
        self.bill = str(self.case["form"]["bill_no"])
        self.events = sorted(self.rows["events"], key=lambda row: int(row["seq"]))
        self.opened = {row["seq"]: orjson.loads(VAULT.open("events.details", f"{case_id}:{row['seq']}", row["details"]))
                       for row in self.events if row["details"] is not None}
        self.facts = {row["seq"]: VAULT.open("decisions.snapshot", f"{case_id}:{row['seq']}", row["snapshot"])
                      for row in self.rows["decisions"]}
        self.secrets = VAULT.open("cases.sealed", case_id, self.case["sealed"])

    def cast(self, session: Session, count: int, already: int) -> list[Step]:
        """Write `count` copies; `already` keeps numbers and bills apart from those of earlier calls."""
        written: dict[str, list[dict[str, Any]]] = {table.name: [] for table, _ in _TABLES}
        for n in range(already + 1, already + count + 1):
            self._one(ids.new(self.case["created_at"] + timedelta(milliseconds=n)), n, written)
        for table, _ in _TABLES:             # events first: a case row must be explained by one
            _write(session.connection(), table, written[table.name])
        return [Step(row["id"], row["revision"]) for row in written["cases"]]

    def _one(self, name: str, n: int, written: dict[str, list[dict[str, Any]]]) -> None:
        number, bill = f"{self.case['number']}-{n}", f"{self.bill}-{n}"
        said = {seq: self._about(facts, bill) for seq, facts in self.facts.items()}
        digests = {seq: sha256(facts).hexdigest() for seq, facts in said.items()}
        prev = origin(name)
        for row in self.events:
            seq = row["seq"]
            event, details = self._event(row, name, number, bill, digests.get(seq))
            body = orjson.dumps(event, option=orjson.OPT_SORT_KEYS)
            link = event_hash(prev, body)
            copied = {key: value for key, value in row.items() if key not in ("id", "leaf_index")}
            written["events"].append(copied | {
                "stream": name, "body": body, "prev": prev, "hash": link, "snapshot_digest": digests.get(seq),
                "details": None if details is None else VAULT.seal_json("events.details", f"{name}:{seq}", details)})
            prev = link
        written["cases"].append(self.case | {
            "id": name, "number": number, "last_hash": prev, "form": self.case["form"] | {"bill_no": bill},
            "sealed": VAULT.seal("cases.sealed", name, self.secrets)})
        written["decisions"] += [row | {
            "case_id": name, "snapshot_digest": digests[row["seq"]],
            "snapshot": VAULT.seal("decisions.snapshot", f"{name}:{row['seq']}", said[row["seq"]])} for row in self.rows["decisions"]]
        written["tasks"] += [row | {"case_id": name, "id": ids.new(row["opened_at"])} for row in self.rows["tasks"]]
        written["case_identities"] += [row | {"case_id": name} for row in self.rows["case_identities"]]
        key = VAULT.blind("key", orjson.dumps([self.case["definition_key"], bill]).decode())
        written["case_keys"] += [row | {"case_id": name, "digest": key} for row in self.rows["case_keys"]]

    def _event(self, row: dict[str, Any], name: str, number: str, bill: str, digest: str | None) -> tuple[dict[str, Any], Any]:
        """Return the body and the details of one event of the copy, committed to its own bill."""
        body, details = orjson.loads(row["body"]) | {"stream": name}, self.opened.get(row["seq"])
        if digest is not None:
            body["snap"] = digest
        if "number" in body.get("extra", {}):
            body["extra"]["number"] = number
        if details is not None and "form.bill_no" in details["changes"]:
            old = details["changes"]["form.bill_no"][0]
            details = details | {"changes": details["changes"] | {"form.bill_no": [old, bill]}}
            key = field_key(bytes.fromhex(details["salt"]), "form.bill_no")
            body["changes"]["form.bill_no"] = [commitment(key, "old", old), commitment(key, "new", bill)]
        return body, details

    def _about(self, facts: bytes, bill: str) -> bytes:
        return facts.replace(f'"bill_no":"{self.bill}"'.encode(), f'"bill_no":"{bill}"'.encode())


def _write(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows; by COPY on PostgreSQL, where ten thousand INSERTs would take longer than what is measured."""
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        connection.execute(insert(table), rows)
        return
    driver: Any = connection.connection.driver_connection
    kinds = {name: table.c[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect) for name in rows[0]}
    columns = ", ".join(f'"{name}"' for name in kinds)
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([row[name] if kind is None else kind(row[name]) for name, kind in kinds.items()])
