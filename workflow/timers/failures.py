"""What becomes of a timer that cannot fire: tried again a little later, and set aside for an administrator after the third time.

Kept in a transaction of its own, because that of the attempt was rolled back. No personal data goes into `error`.
"""

from __future__ import annotations

import traceback
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from .. import history, notifications
from ..actors import SYSTEM, Actor
from ..engine.dossier import local_day
from ..engine.duties import holders
from ..engine.places import above
from ..errors import BangfuError, Impossible, NotFound, Refused, one
from ..records import Case, Timer
from .clock import STREAM

ATTEMPTS = 3
PATIENCE = (timedelta(minutes=1), timedelta(minutes=10))     # before the second attempt, and before the third
_timers, _cases = Timer.__table__, Case.__table__
_TELLING = 480                           # the column holds 500


def failed(session: Session, timer_id: str, error: Exception, now: datetime) -> Literal["failed", "parked"] | None:
    """Note one failed attempt; None where the timer has been cancelled or fired by then."""
    row = session.connection().execute(
        select(_timers, _cases.c.number, _cases.c.path).join(_cases, _cases.c.id == _timers.c.case_id)
        .where(_timers.c.id == timer_id, _timers.c.status == "due").with_for_update(of=_timers)).one_or_none()
    if row is None:
        return None
    tried = row.attempts + 1
    parked = tried >= ATTEMPTS
    session.connection().execute(update(_timers).where(_timers.c.id == timer_id).values(
        attempts=tried, error=told(error), status="parked" if parked else "due", at=row.at if parked else now + PATIENCE[tried - 1]))
    if not parked:
        return "failed"
    seq = history.append_to(session, STREAM, kind="timer_parked", at=now, actor=SYSTEM, role="system",
                            extra={"timer": timer_id, "case": row.case_id, "state": row.state, "do": row.kind, "attempts": tried}).seq
    today = local_day(now)
    people = [person for place in above(session, row.path) for person in holders(session, "admin", place.id, today)]
    # Not tied to the case: an administrator looks after its timer and may not look into it.
    notifications.tell(session, people, "timer_parked", now, stream=STREAM, seq=seq, params={"number": row.number, "state": row.state})
    return "parked"


def unpark(session: Session, timer_id: str, actor: Actor, now: datetime) -> None:
    """Let a parked timer be tried again, three times, from now on. Raises `NotFound`, `Impossible` where it is not parked any more."""
    row = session.connection().execute(select(_timers).where(_timers.c.id == timer_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("timer")
    if row.status != "parked":
        raise Impossible(one("NOT_PARKED", "这个定时任务已经不在停放中，请刷新页面查看", "This timer is not set aside any more; reload the page"))
    session.connection().execute(update(_timers).where(_timers.c.id == timer_id).values(status="due", attempts=0, at=now))
    history.append_to(session, STREAM, kind="timer_retried", at=now, actor=actor, role="admin" if actor.person_id else "system",
                      extra={"timer": timer_id, "case": row.case_id, "state": row.state, "do": row.kind})


def told(error: Exception) -> str:
    """Return why it failed, for an administrator: the sentences of a refusal, which name fields and never values, or where it broke."""
    if isinstance(error, Refused | Impossible):
        return "；".join(f"{message.zh} {message.en}" for message in error.messages)[:_TELLING]
    if isinstance(error, BangfuError):
        return f"{type(error).__name__} {' '.join(message.code for message in error.messages)}"[:_TELLING]
    frames = traceback.extract_tb(error.__traceback__)
    last = next((frame for frame in reversed(frames) if "workflow" in PurePath(frame.filename).parts), None)
    return f"{type(error).__name__}{f' ({PurePath(last.filename).name}:{last.lineno})' if last else ''}"[:_TELLING]
