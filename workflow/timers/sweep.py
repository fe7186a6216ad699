"""One look at what is due: every timer in a transaction of its own, claimed together with its effect.

The case is locked first and the timer second, as whoever acts on the case does it, so nobody waits in a circle. On PostgreSQL
a case that somebody holds is passed over, on SQLite the writer's lock does the same; either way the next sweep comes back to it.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, bindparam, literal_column, null, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session, sessionmaker

from ..db import reading, writing
from ..engine.dossier import Dossier
from ..errors import Busy
from ..programmes import by_digest
from ..records import Case, Timer
from . import clock, effects
from .failures import failed

log = logging.getLogger("bangfu.timers")
LIMIT = 500                              # timers of one sweep; the next one goes on

_cases, _timers = Case.__table__, Timer.__table__
_DUE: ColumnElement[bool] = literal_column("timers.status = 'due'")           # written out: only then do both databases see the partial index
_CANDIDATE = (
    select(_cases, _timers.c.id.label("timer_id"), _timers.c.state.label("timer_state"), _timers.c.entry.label("timer_entry"),
           _timers.c.place, _timers.c.run, _timers.c.kind, _timers.c.due_at.label("timer_due_at"))
    .join(_timers, _timers.c.case_id == _cases.c.id)
    .where(_DUE, _timers.c.at <= bindparam("now", type_=_timers.c.at.type))
    .order_by(_timers.c.at, _timers.c.id).limit(1).with_for_update(of=_cases, skip_locked=True))
_CANDIDATE_BUT = _CANDIDATE.where(_timers.c.id.not_in(bindparam("but", expanding=True)))
_ANY = select(_timers.c.id).where(_DUE, _timers.c.at <= bindparam("now", type_=_timers.c.at.type)).limit(1)
_MINE = update(_timers).where(_timers.c.id == bindparam("timer"), literal_column("status = 'due'"),
                              _timers.c.at <= bindparam("now", type_=_timers.c.at.type))
_TAKE = _MINE.values(status=literal_column("'fired'"), fired_at=bindparam("now", type_=_timers.c.at.type), fired_seq=bindparam("seq"),
                     error=null())
_END = _MINE.values(status=literal_column("'cancelled'"))


@dataclass(frozen=True, slots=True)
class Fired:
    """One timer as the sweep dealt with it: which case and step, what it does, and when it was promised."""

    timer_id: str
    case_id: str
    number: str | None
    definition_digest: str
    state: str
    kind: Literal["remind", "escalate", "fire"]
    run: int
    due_at: datetime


@dataclass(slots=True)
class Swept:
    """What one sweep did. `paused`: the clock cannot be trusted, and nothing was fired."""

    fired: list[Fired] = field(default_factory=list)
    held: list[Fired] = field(default_factory=list)          # by an objection to their notice
    failed: list[Fired] = field(default_factory=list)        # will be tried again
    parked: list[Fired] = field(default_factory=list)        # failed for the last time
    paused: bool = False


def sweep(sessions: sessionmaker[Session], now: datetime, *, limit: int = LIMIT, ahead: timedelta = timedelta(),
          watched: bool = True) -> Swept:
    """Fire up to `limit` timers that are due, the longest due first, and return what happened.

    `ahead`: how far the wall clock has gained on the machine's count of seconds since the caller's last sweep. Without
    `watched` the time is made up (a demo, a test) and the clock is neither judged nor remembered. A timer that fails, or
    whose case somebody holds, is left for a later sweep and keeps none of the others waiting.
    """
    done = Swept()
    going: datetime | None = now
    if watched:
        with writing(sessions) as session:
            going = clock.look(session, now, ahead)
    if going is None:
        done.paused = True
        return done
    with reading(sessions) as session:
        due = session.connection().execute(_ANY, {"now": going}).first() is not None
    passed_over: set[str] = set()
    while due and limit > 0:
        due, limit = _one(sessions, going, passed_over, done), limit - 1
    if watched and done.fired:
        with writing(sessions) as session:
            clock.swept(session, len(done.fired))
    return done


def _one(sessions: sessionmaker[Session], now: datetime, passed_over: set[str], done: Swept) -> bool:
    """Deal with the first timer that is due and free; return False where there is none."""
    found: Row[Any] | None = None
    what: list[Fired] | None = None
    try:
        with writing(sessions) as session:
            found = _free(session, now, passed_over)
            if found is None:
                return False
            what = _claimed(session, found, now, done)
    except Busy:
        if found is None:
            return False                 # the database itself is busy: the next sweep is seconds away
        passed_over.add(found.timer_id)
    except Exception as error:
        if found is None:
            raise
        log.warning("timer %s of case %s failed: %s", found.timer_id, found.id, type(error).__name__)
        passed_over.add(found.timer_id)
        with writing(sessions) as session:
            became = failed(session, found.timer_id, error, now)
        if became is not None:
            (done.parked if became == "parked" else done.failed).append(_fired(found))
    else:
        if what is not None:
            what.append(_fired(found))
        else:
            passed_over.add(found.timer_id)
    return True


def _free(session: Session, now: datetime, but: Collection[str]) -> Row[Any] | None:
    """Return the first timer that is due, with its case, the case row locked; those that somebody else holds are passed over."""
    if but:
        return session.connection().execute(_CANDIDATE_BUT, {"now": now, "but": list(but)}).one_or_none()
    return session.connection().execute(_CANDIDATE, {"now": now}).one_or_none()


def _claimed(session: Session, found: Row[Any], now: datetime, done: Swept) -> list[Fired] | None:
    """Carry one timer out in the open transaction; return which list of `done` it belongs to, None for one that is no longer due."""
    connection, mine = session.connection(), {"timer": found.timer_id, "now": now}
    if (found.timer_entry, found.timer_state) != (found.entry, found.state):
        connection.execute(_END, mine)   # of a stay that is over: a migration took the case along
        return None
    definition = by_digest(session, found.definition_digest)
    # As much of a dossier as an event needs; the step of a `fire` reads its own.
    dossier = Dossier(found, definition, form={}, decided=(), attached={}, related=False, drafts=0, replay=None)
    rule = effects.rule_of(definition.states.get(found.state), found)
    if connection.execute(_TAKE, mine | {"seq": found.last_seq + 1}).rowcount != 1:
        return None                      # another process was faster; the row it was read from is older than the lock
    if effects.held(session, dossier, found, now):
        connection.execute(update(_timers).where(_timers.c.id == found.timer_id).values(status="held", fired_at=None, fired_seq=None))
        return done.held
    effects.carry_out(session, dossier, rule, found, now)
    return done.fired


def _fired(row: Row[Any]) -> Fired:
    return Fired(row.timer_id, row.id, row.number, row.definition_digest, row.timer_state, row.kind, row.run, row.timer_due_at)


def sweep_within(session: Session, now: datetime) -> Swept:
    """Fire everything that is due in the transaction that is open, for a story told at one go (the demo county).

    Nothing is tried again and no fault is kept: whatever fails, fails the whole story. The clock is not looked at.
    """
    done, passed_over = Swept(), set[str]()
    while (found := _free(session, now, passed_over)) is not None:
        what = _claimed(session, found, now, done)
        if what is not None:
            what.append(_fired(found))
        else:
            passed_over.add(found.timer_id)
    return done
