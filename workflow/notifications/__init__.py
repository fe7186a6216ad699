"""Telling people: a line in their inbox, and what has to leave the house for it, in the transaction of the event it tells about.

`kind` chooses the sentence, `params` fill it with numbers, steps and dates: a message has no place for personal data. What
leaves the house is a row of `outbox` that `sending.send_due` takes to mail, SMS or a robot later, outside any transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from .. import ids
from ..language.definition import Definition, Label
from ..records import Message
from . import outbox
from .sentences import KINDS, checked, words


def tell(session: Session, people: Iterable[str], kind: str, now: datetime, *, stream: str, seq: int,
         case_id: str | None = None, params: Mapping[str, Any] | None = None) -> list[str]:
    """Put one line about event `seq` of `stream` into the inbox of each person, and return who had none of it yet.

    Nobody is told the same thing twice, however often they are named and however often this is called.
    Raises ValueError for a kind without a sentence and for params that could hold something personal.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no sentence for {kind!r}; add it to notifications.sentences")
    given = checked(params or {})
    rows = [{"id": ids.new(now), "person_id": person, "kind": kind, "stream": stream, "seq": seq, "case_id": case_id,
             "params": given, "created_at": now, "read_at": None} for person in dict.fromkeys(people)]
    if not rows:
        return []
    written = outbox.write(session, rows)
    outbox.queue(session, written, kind, now)
    return list(written.values())


def said(message: Message, definition: Definition | None = None) -> Label:
    """Return the sentence of a message; with the rules of its case, the programme and the step have their words."""
    return Label(*(words(message.kind, message.params, definition, lang) for lang in ("zh", "en")))


__all__ = ["KINDS", "said", "tell"]
