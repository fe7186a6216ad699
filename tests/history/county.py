"""A small county with a log that looks like the engine's: every event goes through `history.append`."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from workflow import history, ids
from workflow.actors import Actor
from workflow.privacy import Vault, vault
from workflow.records import Attachment, Case, Decision, Event, Organisation, Person, Release

KEY = b"a master key of thirty-two bytes"
ORIGIN = "bangfu.example/log"
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DOCUMENT = {"key": "hardship", "version": 1, "form": {
    "reason": {"type": "text"}, "income": {"type": "money"}, "id_no": {"type": "idcard", "sensitive": True}}}
STATES = ("draft", "grassroots", "county", "paid")
ANN, BOB = Actor("p-ann", "安"), Actor("p-bob", "鲍")


def new_vault() -> Vault:
    return Vault(KEY)


def furnish(session: Session) -> str:
    """Add one union, two people and a released definition; return the definition's digest."""
    connection = session.connection()
    connection.execute(insert(Organisation), {"id": 1, "code": "320500", "name": "县总工会", "level": "county",
                                              "path": "/1/", "region": "", "phone": "", "active": True})
    for actor in (ANN, BOB):
        connection.execute(insert(Person), {"id": actor.person_id, "name": actor.name, "migrant": False,
                                            "model_worker": "none", "created_at": START})
    document = orjson.dumps(DOCUMENT, option=orjson.OPT_SORT_KEYS).decode()
    digest = sha256(document.encode()).hexdigest()
    connection.execute(insert(Release), {
        "key": "hardship", "version": 1, "digest": digest, "title": "困难帮扶", "document": document, "source": "key: hardship",
        "source_digest": sha256(b"key: hardship").hexdigest(), "released_at": START})
    history.append_to(session, "definition:hardship", kind="publish", at=START, actor=ANN, role="admin",
                      definition_digest=digest, extra={"version": 1})
    return digest


class Town:
    """Opens cases and moves them on; `events` counts what it wrote, `files` holds what was attached."""

    def __init__(self, session: Session, seed: int = 1) -> None:
        self.session, self.now, self.chance = session, START, random.Random(seed)
        digest = session.scalar(select(Release.digest))
        self.digest = digest or furnish(session)
        self.files: dict[str, bytes] = {}

    def _later(self) -> datetime:
        self.now += timedelta(seconds=self.chance.randint(1, 5000), microseconds=self.chance.randint(0, 999_999))
        return self.now

    def open(self, number: str, form: dict[str, Any] | None = None) -> str:
        """Start a case with a filled-in form and submit it; return its id."""
        form = form or {"reason": "火灾", "income": "1200.00", "id_no": "320500199001011234"}
        now, case_id = self._later(), ids.new(self.now)
        changes = {f"form.{name}": (None, value) for name, value in form.items()}
        done = history.append(self.session, stream=case_id, seq=1, prev=None, kind="start", at=now, actor=ANN,
                              role="applicant", to_state="draft", revision=1, definition_digest=self.digest,
                              changes=changes, extra={"programme": "hardship"})
        plain = {name: value for name, value in form.items() if name != "id_no"}
        secret = {name: value for name, value in form.items() if name == "id_no"}
        self.session.connection().execute(insert(Case), {
            "id": case_id, "number": None, "definition_key": "hardship", "definition_version": 1,
            "definition_digest": self.digest, "applicant_id": "p-ann", "filed_by": "p-ann", "unit_id": 1, "path": "/1/",
            "state": "draft", "revision": 1, "entry": 1, "entered_at": now, "form": plain,
            "sealed": vault(self.session).seal_json("cases.sealed", case_id, secret) if secret else None,
            "figures": {}, "returned": None, "last_seq": 1, "last_hash": done.hash, "created_at": now, "updated_at": now})
        self.act(case_id, "grassroots", "submit", ANN, number=number)
        return case_id

    def act(self, case_id: str, state: str, trigger: str, actor: Actor = BOB, *, number: str | None = None,
            amount: int | None = None, comment: str = "情况属实，同意") -> int:
        """Move a case as the engine does, with a decision; return the step."""
        case, now = self.session.execute(select(Case.__table__).where(Case.id == case_id)).one(), self._later()
        snapshot = orjson.dumps({"amount_fen": amount, "salt": "00ff"})
        digest = sha256(snapshot).hexdigest()
        done = history.append(
            self.session, stream=case_id, seq=case.last_seq + 1, prev=case.last_hash, kind="act", at=now, actor=actor,
            role="county_leader", organisation_id=1, trigger=trigger, from_state=case.state, to_state=state,
            amount_fen=amount, revision=case.revision + 1, definition_digest=self.digest, snapshot_digest=digest,
            idem_key=f"{case_id}-{case.revision}", request_digest="c" * 64, comment=comment,
            extra={"number": number} if number else {})
        values = {"state": state, "revision": case.revision + 1, "amount_fen": amount, "last_seq": done.seq,
                  "last_hash": done.hash, "updated_at": now} | ({"number": number} if number else {})
        connection = self.session.connection()
        connection.execute(update(Case).where(Case.id == case_id).values(**values))
        connection.execute(insert(Decision), {
            "case_id": case_id, "seq": done.seq, "state": case.state, "trigger": trigger, "actor_id": actor.person_id,
            "role": "county_leader", "organisation_id": 1, "at": now, "amount_fen": amount,
            "definition_digest": self.digest, "snapshot_digest": digest,
            "snapshot": vault(self.session).seal("decisions.snapshot", f"{case_id}:{done.seq}", snapshot)})
        return done.seq

    def attach(self, case_id: str, data: bytes) -> str:
        case, now = self.session.execute(select(Case.__table__).where(Case.id == case_id)).one(), self._later()
        file_id, digest = ids.new(now), sha256(data).hexdigest()
        facts = {"kind": "proof", "sha256": digest, "size": len(data), "media_type": "application/pdf"}
        done = history.append(
            self.session, stream=case_id, seq=case.last_seq + 1, prev=case.last_hash, kind="attach", at=now, actor=ANN,
            role="applicant", from_state=case.state, to_state=case.state, amount_fen=case.amount_fen,
            revision=case.revision, definition_digest=self.digest, extra={"attachment": file_id, **facts})
        connection = self.session.connection()
        connection.execute(insert(Attachment), {"id": file_id, "case_id": case_id, "name": "病历.pdf", **facts,
                                                "stored_as": f"aa/{file_id}", "added_at": now, "added_by": "p-ann"})
        connection.execute(update(Case).where(Case.id == case_id).values(last_seq=done.seq, last_hash=done.hash))
        self.files[f"aa/{file_id}"] = data
        return file_id

    def get(self, stored_as: str) -> bytes:
        """What the attachments' store answers: this town keeps its files in memory."""
        return self.files[stored_as]

    def grow(self, cases: int) -> list[str]:
        """Open that many cases and move each a random way on."""
        made = []
        for number in range(cases):
            case_id = self.open(f"HB-{number + 1:04d}")
            made.append(case_id)
            if self.chance.random() < 0.5:
                self.attach(case_id, b"%PDF-" + case_id.encode())
            for state in STATES[2:self.chance.randint(2, 4)]:
                self.act(case_id, state, "approve", amount=self.chance.randint(1, 10**7))
            if self.chance.random() < 0.3:
                history.append_to(self.session, f"account:{number}", kind="sign_in", at=self._later(), actor=ANN, role="applicant")
        return made

    def seal(self) -> str:
        return history.seal(self.session, self._later(), ORIGIN)

    def log_size(self) -> int:
        return self.session.scalar(select(func.count()).select_from(Event)) or 0
