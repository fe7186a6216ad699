"""The bars at the head of a trace: working days used at every stage, beside those promised. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _

from workflow.calendar import Calendar, working_calendar
from workflow.engine import CaseView
from workflow.queries import EventRow

from .. import language

LEFT, RIGHT, ROW, BAR = 190, 1120, 30, 18        # units of the drawing, 1200 wide


@dataclass(frozen=True, slots=True)
class Lane:
    """One stay at one stage. Days are working days since the submission; `promised` None where nothing is."""

    label: str
    place: str
    start: int
    used: int
    promised: int | None
    kind: str                        # done, now, notice

    @property
    def words(self) -> str:
        return f"{self.used} / {self.promised}" if self.promised is not None else str(self.used)

    @property
    def late(self) -> bool:
        return self.promised is not None and self.used > self.promised


@dataclass(frozen=True, slots=True)
class Lanes:
    """The drawing: lanes, gridlines, and how wide a day is."""

    lanes: tuple[Lane, ...]
    day: float
    ticks: tuple[int, ...]
    height: int
    total: int                       # working days from submission to the end, or to today
    words: str                       # the same for who cannot see it

    def x(self, days: float) -> str:
        return f"{LEFT + days * self.day:.1f}"

    def width(self, days: float) -> str:
        return f"{max(days * self.day, 4):.1f}"

    def beside(self, lane: Lane) -> str:
        return f"{LEFT + max(lane.start + max(lane.used, lane.promised or 0), lane.start) * self.day + 10:.1f}"


def lanes(view: CaseView, events: Sequence[EventRow], now: datetime) -> Lanes | None:
    """Return the drawing of a case that has been handed in, None before."""
    submitted = view.row.submitted_at
    if submitted is None:
        return None
    calendar, moves = working_calendar(), [event for event in events if event.kind == "act" and event.at >= submitted]
    made = []
    for entered, left in zip(moves, [*moves[1:], None], strict=True):
        state = (entered.definition or view.definition).states[entered.to_state or ""]
        if state.final or state.kind == "auto":
            continue
        end = left.at if left is not None else now
        promised = None if state.due is None else _days(calendar, entered.at, calendar.due(entered.at, state.due))
        place = left.organisation if left is not None else view.waiting[0].organisation if view.waiting else ""
        if left is not None and not place:       # a vote is ended by the system; it was held where its voters are
            place = next((event.organisation for event in events if event.kind in ("vote", "meeting") and entered.seq < event.seq < left.seq), "")
        if state.kind == "draft":
            place = _("申请人")
        made.append(Lane(
            state.label.text(language.lang()), place, calendar.working_days_between(submitted, entered.at),
            calendar.working_days_between(entered.at, end), promised,
            "now" if left is None else "notice" if state.kind == "notice" else "done"))
    ended = view.row.ended_at or now
    longest = max([lane.start + max(lane.used, lane.promised or 0) for lane in made], default=1) or 1
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000) if longest / step <= 8)
    return Lanes(
        tuple(made), (RIGHT - LEFT) / longest, tuple(range(0, longest + 1, step)), len(made) * ROW + 28,
        calendar.working_days_between(submitted, ended), _("；").join(_words(lane) for lane in made))


def _days(calendar: Calendar, start: datetime, due: datetime) -> int:
    """A promise ends at 24:00, which is the next day already: its last moment counts."""
    return calendar.working_days_between(start, due - timedelta(microseconds=1))


def _words(lane: Lane) -> str:
    if lane.promised is None:
        return _("%(label)s用 %(used)s 个工作日", label=lane.label, used=lane.used)
    return _("%(label)s用 %(used)s 个工作日，时限 %(promised)s", label=lane.label, used=lane.used, promised=lane.promised)
