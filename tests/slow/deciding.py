"""One worker of the kill storm: takes its steps in order through the product's own engine, and notes each answer.

It is killed at any moment and started again. What it noted is done with; the first step it did not note it takes again
with the same idempotency key, as a browser or a proxy would.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.world import NOW
from workflow import engine, history
from workflow.actors import Actor
from workflow.db import make_engine, make_sessions, writing
from workflow.errors import Busy, Stale
from workflow.privacy import Vault

SEQUENCE_EVERY = 40


class Step(NamedTuple):
    """One decision somebody wants taken, seen at this revision of the case."""

    case_id: str
    trigger: str
    revision: int
    actor: Actor


class Answer(NamedTuple):
    """A line of the journal: ACK, AGAIN (an ACK found by its key) or OVERTAKEN."""

    word: str
    key: str
    case_id: str
    seq: int


def work(url: str, name: str, steps: Sequence[Step], journal: Path) -> None:
    """Take every step that is not in the journal yet; return when all are."""
    noted = {answer.key for answer in read(journal)}
    sessions = make_sessions(make_engine(url, pool_size=1), Vault(b"k" * 32))
    file = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    taken = 0
    for step in steps:
        key = f"{name}-{step.case_id}-{step.revision}"
        while key not in noted:
            try:
                with writing(sessions) as session:
                    done = engine.act(session, step.case_id, step.trigger, step.actor, NOW, revision=step.revision, idem_key=key)
                answer = Answer("AGAIN" if done.replayed else "ACK", key, step.case_id, done.seq)
            except Stale:
                answer = Answer("OVERTAKEN", key, step.case_id, 0)
            except Busy:
                continue
            # Only now, after the commit, is anybody told; one write of less than a page is never torn by a kill.
            os.write(file, ("\t".join(map(str, answer)) + "\n").encode())
            noted.add(key)
            taken += 1
            if taken % SEQUENCE_EVERY == 0:
                with writing(sessions) as session:
                    history.sequence(session, 500)
    os.close(file)


def read(journal: Path) -> list[Answer]:
    if not journal.exists():
        return []
    lines = journal.read_text().splitlines()
    return [Answer(word, key, case_id, int(seq)) for word, key, case_id, seq in (line.split("\t") for line in lines)]
