"""各环节用时: working days a case spent in whose hands. What the applicant needs for a correction is nobody else's delay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ..calendar import Calendar, working_calendar
from ..language.definition import Definition, Label, State
from .traces import EventRow

Hands = Literal["officers", "applicant", "public", "waiting"]


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay at one step. `used` counts working days after the day it began, as promises do; `left` None: still there."""

    state: str
    label: Label
    hands: Hands
    entered: datetime
    left: datetime | None
    used: int
    promised: int | None

    @property
    def late(self) -> bool:
        return self.promised is not None and self.used > self.promised


@dataclass(frozen=True, slots=True)
class Spent:
    """Working days since the submission, by whose hands the case was in."""

    officers: int = 0
    applicant: int = 0
    public: int = 0
    waiting: int = 0


def stays(definition: Definition, events: Sequence[EventRow], now: datetime) -> tuple[Stay, ...]:
    """Return every stay since the first submission, oldest first; of a draft never handed in, none. Pure.

    A move to another version goes on with the same stay under its new name. A vote is one stay, however many voices.
    """
    calendar, found = working_calendar(), list[Stay]()
    here: tuple[Definition, State, datetime] | None = None
    for event in events:
        then = event.definition or definition
        state = then.states.get(event.to_state or "")
        if event.kind in ("migrate", "migrate_undo"):
            here = (then, state, here[2]) if here is not None and state is not None else here
        if event.kind != "act" or state is None:
            continue
        if here is not None:
            found += _stay(calendar, *here, event.at, now)
        elif state.kind == "draft":
            continue                 # given up or put aside before it was ever handed in
        here = (then, state, event.at)
    if here is not None:
        found += _stay(calendar, *here, None, now)
    return tuple(found)


def spent(of: Sequence[Stay]) -> Spent:
    """Return the sums. Those of the officers leave out corrections, notices and waiting for others."""
    sums = dict.fromkeys(("officers", "applicant", "public", "waiting"), 0)
    for stay in of:
        sums[stay.hands] += stay.used
    return Spent(**sums)


def _stay(calendar: Calendar, definition: Definition, state: State, entered: datetime, left: datetime | None, now: datetime) -> list[Stay]:
    if state.final or state.kind == "auto":
        return []
    promise = state.due or (state.notice.days if state.notice else None)
    promised = None if promise is None else calendar.working_days_between(
        entered, calendar.due(entered, promise) - timedelta(microseconds=1))
    return [Stay(state.name, state.label, _hands(definition, state), entered, left, calendar.working_days_between(entered, left or now), promised)]


def _hands(definition: Definition, state: State) -> Hands:
    rule = definition.actors.get(state.actor or "")
    if state.kind == "draft" or rule is not None and rule.who == "applicant":
        return "applicant"
    return {"notice": "public", "wait": "waiting"}.get(state.kind, "officers")  # type: ignore[return-value]  # the words of Hands
