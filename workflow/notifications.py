"""Telling people: a line in their inbox, written in the transaction of the event it tells about.

No personal data ever stands in a message: `kind` chooses the sentence, `params` hold numbers, steps and dates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from . import ids
from .records import Message

_messages = Message.__table__


def tell(session: Session, people: Iterable[str], kind: str, now: datetime, *, stream: str, seq: int,
         case_id: str | None = None, params: Mapping[str, Any] | None = None) -> None:
    """Put one line about event `seq` of `stream` into the inbox of each person, once however often they are named."""
    rows = [{"id": ids.new(now), "person_id": person, "kind": kind, "stream": stream, "seq": seq, "case_id": case_id,
             "params": dict(params or {}), "created_at": now, "read_at": None} for person in dict.fromkeys(people)]
    if rows:
        session.connection().execute(insert(_messages), rows)
