"""The path ahead: through whose hands a case goes from here if everybody says yes, and by when at the latest.

What is promised is added up in working days as the clock will add it up, so the days an applicant sees before handing in
are the days the officers get. A route that hangs on something not yet filled in is taken as its default and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from .. import machine
from ..calendar import Calendar, working_calendar
from ..errors import Refused
from ..language.definition import Definition, Duration, Label, State, Transition
from ..language.expressions import Expr
from ..language.roles import role_label
from ..records import Organisation
from .dossier import Dossier
from .duties import seat
from .judge import forward
from .places import above
from .view import CaseView

NOTHING: Mapping[str, Any] = {room: {} for room in (
    "form", "attachments", "param", "region", "applicant", "org", "case", "task", "household", "budget", "calc")}


@dataclass(frozen=True, slots=True)
class Ahead:
    """One step to come. `by` is the moment it is over if every earlier one takes all its time; None once one promises nothing."""

    state: str
    label: Label
    kind: str
    role: str                        # applicant, a role, or nothing for the end and for what waits for nobody
    role_label: Label
    organisation: str
    days: Duration | None
    by: datetime | None
    assumed: bool                    # a step before it hangs on what is not filled in yet
    final: bool


def ahead(session: Session, case: CaseView | Dossier, facts: Mapping[str, Any], now: datetime) -> tuple[Ahead, ...]:
    """Return the steps after the one the case is in. Counted from `now` before it is handed in, else from its due time."""
    row, definition = case.row, case.definition
    latest = now if row.submitted_at is None else row.due_at
    names = {unit.id: unit.name for unit in session.execute(
        select(Organisation.id, Organisation.name).where(Organisation.id.in_([place.id for place in above(session, row.path)])))}

    def place(state: State) -> str:
        rule = definition.actors.get(state.actor or "")
        if rule is None or rule.who is not None:
            return ""
        found = seat(session, case, rule)  # type: ignore[arg-type]  # it reads the row and the definition, which both have
        if found is not None and found.id not in names:        # a union the form names
            names[found.id] = session.scalar(select(Organisation.name).where(Organisation.id == found.id)) or ""
        return names[found.id] if found else ""

    return tuple(_steps(definition, row.state, facts, latest, place))


def outline(definition: Definition, now: datetime, facts: Mapping[str, Any] = NOTHING) -> tuple[Ahead, ...]:
    """Return the path of a case that would be handed in `now`, before anybody has filled in anything."""
    return tuple(_steps(definition, definition.initial, facts, now, lambda _state: ""))


def _steps(definition: Definition, start: str, facts: Mapping[str, Any], latest: datetime | None, place: Any) -> Iterator[Ahead]:
    calendar, assumed = working_calendar(), False
    for state, guessed in _route(definition, start, facts):
        assumed = assumed or guessed
        if state.kind == "auto":
            continue
        days = None if state.final else _promise(state)
        if not state.final:
            latest = _over(calendar, latest, days)
        role = _role(definition, state)
        yield Ahead(state.name, state.label, state.kind, role, _roles(definition, state, role), "" if state.final else place(state),
                    days, latest, assumed, state.final)


def _route(definition: Definition, start: str, facts: Mapping[str, Any]) -> Iterator[tuple[State, bool]]:
    """Yield the states after `start` on the forward way, and whether the way there was taken for want of an answer."""
    name, seen = start, {start}
    while True:
        way, guessed = _way(definition, name, facts)
        if way is None or way.dest in seen:
            return
        name = way.dest
        seen.add(name)
        yield definition.states[name], guessed
        if definition.states[name].final:
            return


def _way(definition: Definition, name: str, facts: Mapping[str, Any]) -> tuple[Transition | None, bool]:
    """Return the way on, as the engine would choose it: the first whose condition holds."""
    ways = definition.ways(name)
    trigger = ways[0].trigger if definition.states[name].kind == "auto" and ways else forward(definition, name)
    ways = tuple(way for way in ways if way.trigger == trigger)
    for way in ways:
        told = True if way.when is None else _told(definition, way.when, facts)
        if told is None:
            default = next((other for other in reversed(ways) if other.when is None), ways[-1])
            return default, True
        if told:
            return way, False
    return (ways[-1], True) if ways else (None, False)


def _told(definition: Definition, expr: Expr, facts: Mapping[str, Any]) -> bool | None:
    """Return whether a condition holds; None where it cannot be told yet, whatever is missing."""
    try:
        return machine.holds(definition, expr, facts)
    except (Refused, LookupError, TypeError):
        return None


def _promise(state: State) -> Duration | None:
    if state.notice is not None:
        return state.notice.days
    fired = next((timer.after for timer in state.timers if timer.do == "fire"), None)
    return state.due or (fired if state.kind == "wait" else None)


def _over(calendar: Calendar, latest: datetime | None, days: Duration | None) -> datetime | None:
    # Whoever acts in the last minute of a day begins the next term on that day: 24:00 is still the evening.
    return None if latest is None or days is None else calendar.due(latest - timedelta(microseconds=1), days)


def _role(definition: Definition, state: State) -> str:
    rule = definition.actors.get(state.actor or "")
    return "" if rule is None or state.final else "applicant" if rule.who else rule.role or ""


def _roles(definition: Definition, state: State, role: str) -> Label:
    """Return who acts, in words; a parallel step names everybody whose part it may be."""
    if state.branches:
        names = list(dict.fromkeys(_branch(definition, branch.actor) for branch in state.branches))
        return Label("、".join(name.zh for name in names), ", ".join(name.text("en") for name in names))
    return role_label(role) if role else Label("")


def _branch(definition: Definition, key: str) -> Label:
    rule = definition.actors.get(key)
    return role_label(rule.role or "applicant") if rule is not None else Label(key)
