"""One writer of the fund storm: reserves, releases, pays, gives back and moves money, in any order, and notes each answer.

It is killed at any moment and started again. Before each step it notes what it is about to try; the step it had not noted
an answer for it sends again with the same key, as a browser or a proxy would.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from tests.world import NOW
from workflow import engine, money
from workflow.actors import Actor
from workflow.db import make_engine, make_sessions, reading, writing
from workflow.engine.dossier import open_dossier
from workflow.engine.files import note
from workflow.errors import Busy, Impossible, NotYours, Refused, Stale
from workflow.privacy import Vault
from workflow.records import Case, Event, Hold

TRIGGERS = ("hold", "back", "on", "wait", "pay")
LIKELY = {"desk": ("hold", "on"), "waiting": ("on", "on", "back"), "paying": ("pay", "pay", "wait", "back"), "sent": ("back",)}
AMOUNTS = ("400", "700", "1000", "1000", "1000")


class Try(NamedTuple):
    """What a writer is about to ask for."""

    key: str
    what: str                        # act, give_back, transfer
    case_id: str = ""
    trigger: str = ""
    revision: int = 0
    amount: str = ""
    pools: tuple[int, int] = (0, 0)


class People(NamedTuple):
    clerk: Actor
    finance: Actor
    leader: Actor


def work(url: str, name: str, cases: list[str], pools: tuple[int, int], people: People, steps: int, journal: Path) -> None:
    """Take `steps` steps, those of earlier lives counted; return when all are noted."""
    tried, answered = read(journal)
    sessions = make_sessions(make_engine(url, pool_size=1), Vault(b"k" * 32))
    file = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    choice = random.Random(f"{name} {len(tried)}")

    def tell(*words: object) -> None:
        os.write(file, (json.dumps(words) + "\n").encode())      # one write of less than a page is never torn by a kill

    unanswered = tried[-1] if tried and tried[-1].key not in answered else None
    last = None
    done = len(answered)
    while done < steps:
        step = unanswered or _next(sessions, f"{name}-{done}", cases, pools, choice)
        if unanswered is None:
            tell("TRY", *step)
        unanswered = None
        answer = _taken(sessions, step, people)
        tell("GOT", step.key, answer)
        done += 1
        if last is not None and done % 7 == 0:                   # the browser sends what was done once more
            again = _taken(sessions, last, people)
            assert again == "AGAIN", (last, again)
        last = step if answer == "ACK" and step.what != "transfer" else last


def read(journal: Path) -> tuple[list[Try], dict[str, str]]:
    """Return what was tried, and the answers by key."""
    lines = [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []
    return ([Try(*line[1:-1], tuple(line[-1])) for line in lines if line[0] == "TRY"], {line[1]: line[2] for line in lines if line[0] == "GOT"})


def _next(sessions: sessionmaker[Session], key: str, cases: list[str], pools: tuple[int, int], choice: random.Random) -> Try:
    if choice.random() < 0.06:
        return Try(key, "transfer", amount=choice.choice(AMOUNTS), pools=pools if choice.random() < 0.5 else (pools[1], pools[0]))
    case_id = choice.choice(cases)
    with reading(sessions) as session:
        row = session.execute(select(Case.state, Case.revision).where(Case.id == case_id)).one()
    if row.state in ("sent", "desk") and choice.random() < 0.4:
        return Try(key, "give_back", case_id, amount=choice.choice(AMOUNTS))
    trigger = choice.choice(LIKELY[row.state] if choice.random() < 0.9 else TRIGGERS)
    amount = choice.choice(AMOUNTS) if row.state == "desk" and trigger in ("hold", "on") else ""
    return Try(key, "act", case_id, trigger, row.revision, amount)


def _taken(sessions: sessionmaker[Session], step: Try, people: People) -> str:
    """Ask until there is an answer: ACK, AGAIN (found by its key), or why not."""
    while True:
        try:
            with writing(sessions) as session:
                return _asked(session, step, people)
        except Busy:
            continue
        except (Refused, Impossible, NotYours) as refusal:
            return refusal.messages[0].code
        except Stale:
            return "OVERTAKEN"


def _asked(session: Session, step: Try, people: People) -> str:
    if step.what == "act":
        more: Mapping[str, Any] = {"amount": Decimal(step.amount)} if step.amount else {}
        done = engine.act(session, step.case_id, step.trigger, people.clerk, NOW, revision=step.revision, comment="办", idem_key=step.key, **more)
        return "AGAIN" if done.replayed else "ACK"
    if step.what == "transfer":
        # Whoever was killed between the commit and the note moves it once more: a second transfer, not the first one twice.
        proposal = money.transfer(session, *step.pools, int(step.amount) * 100, step.key, people.finance, NOW)
        money.confirm(session, proposal, people.leader, NOW)
        return "ACK"
    dossier = open_dossier(session, step.case_id, people.clerk, lock=True)
    if session.scalar(select(Event.seq).where(Event.idem_key == step.key)) is not None:
        return "AGAIN"
    hold = session.scalars(select(Hold).where(Hold.case_id == step.case_id, Hold.status == "spent", Hold.returned < Hold.amount)).first()
    if hold is None:
        return "NOTHING_SPENT"
    amount = min(int(step.amount) * 100, hold.amount - hold.returned)
    seq = note(session, dossier, "return", people.clerk, "county_handler", NOW, {"amount": amount}, idem_key=step.key)
    money.give_back(session, hold.id, amount, step.case_id, seq, NOW)
    return "ACK"
