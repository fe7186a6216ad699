"""Carrying on, in a process of its own, whatever import or undoing has begun and is not over: nobody need wait at a page."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from ..actors import SYSTEM
from ..db import reading, writing
from ..records import Import
from .running import carry_on
from .undoing import undo_on


def forward(sessions: sessionmaker[Session], now: datetime, most: int = 20) -> int:
    """Take up to `most` slices, a transaction each, and return how many. Several processes may do so at once."""
    taken = 0
    while taken < most:
        with reading(sessions) as session:
            waiting = session.execute(select(Import.id, Import.status).where(Import.status.in_(("running", "undoing"))).order_by(Import.at).limit(1)).one_or_none()
        if waiting is None:
            break
        with writing(sessions) as session:
            (carry_on if waiting.status == "running" else undo_on)(session, waiting.id, SYSTEM, now)
        taken += 1
    return taken
