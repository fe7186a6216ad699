"""Batch decisions: a preview that judges every row as the act itself will. Each row is then its own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..actors import Actor
from ..errors import BangfuError, Message, NotFound, Refused, Stale, one
from ..language.definition import Criterion
from ..records import Case
from ..scope import visible
from . import votes
from .dossier import Dossier, open_dossier
from .facts import facts_of
from .judge import judge


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of one row: the amount in 分 and where it goes, or why not."""

    case_id: str
    revision: int
    row: Row[Any] | None
    amount_fen: int | None
    to_state: str | None
    problems: tuple[Message, ...]


def preview(session: Session, items: Sequence[tuple[str, int]], trigger: str, actor: Actor, now: datetime,
            comment: str = "") -> list[Preview]:
    """Return one `Preview` per (case id, revision), in the given order; nothing is written.

    A case out of the actor's scope looks like one that does not exist.
    """
    seen = frozenset(session.scalars(select(Case.id).where(Case.id.in_([case_id for case_id, _ in items]), visible(actor))))
    return [_one(session, case_id, revision, trigger, actor, now, comment) if case_id in seen
            else Preview(case_id, revision, None, None, None, NotFound().messages) for case_id, revision in items]


def one_of_many(dossier: Dossier, trigger: str, flags: Sequence[Criterion] = ()) -> None:
    """Raise `Refused` where the definition does not let this step be taken for many cases at once, or not for this one."""
    if trigger not in dossier.definition.states[dossier.state].batch:
        raise Refused(one("NO_BATCH", "这一环节不能批量办理，请逐件办理", "This step cannot be taken in a batch; decide it singly"))
    if flags:
        raise Refused(one("FLAGGED", "有需要判断的事项，请单独办理", "Something here needs judgement; decide it singly"))


def _one(session: Session, case_id: str, revision: int, trigger: str, actor: Actor, now: datetime, comment: str) -> Preview:
    row = None
    try:
        dossier = open_dossier(session, case_id, actor)
        row = dossier.row
        if row.revision != revision:
            raise Stale(one("OVERTAKEN", "此件已有新的进展", "This case has moved on"))
        facts = facts_of(session, dossier, now)
        if votes.is_ballot(dossier, trigger, actor):
            votes.judged(session, dossier, trigger, actor, facts, comment=comment, declared=False)
            one_of_many(dossier, trigger)
            return Preview(case_id, revision, row, row.amount_fen, row.state, ())
        verdict = judge(session, dossier, trigger, actor, now, facts, comment=comment)
        one_of_many(dossier, trigger, verdict.flags)
    except BangfuError as refusal:
        return Preview(case_id, revision, row if not isinstance(refusal, Stale) else row, None, None, refusal.messages)
    return Preview(case_id, revision, row, verdict.amount_fen, verdict.step.dest, ())
