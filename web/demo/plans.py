"""What the demo county's cases went through: where each stands, since when, what was returned, refused, withdrawn.

A plan says the course of one case, backwards from the day it got where it is now. Plans are made in rounds, so that
the first thirty already show every state.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import zip_longest

from workflow.calendar import working_calendar

from .calendar_days import DAY, ZONE, back, evening, office
from .places import TWO_OFFICERS, VACANT
from .register import Register, Worker

MEDICAL, STUDY, MODEL = "medical_aid", "study_dream", "model_worker_living"
COURSE = ("draft", "grassroots_review", "notice_record", "township_review", "county_review", "county_approval",
          "upper_review", "finance_check", "paying")
FIRST = date(2022, 2, 7)             # nothing is filed earlier: the county had only just begun
UNTIMED = datetime(1, 1, 1, tzinfo=ZONE)
_LIMITS = {"grassroots_review": 5, "notice_record": 10, "township_review": 5, "county_review": 5, "county_approval": 10,
           "upper_review": 10, "finance_check": 2, "paying": 3}
_GAPS = {"grassroots_review": (1, 4), "township_review": (1, 4), "county_review": (1, 4), "county_approval": (2, 7),
         "upper_review": (4, 9), "finance_check": (1, 2), "paying": (1, 3)}


@dataclass(frozen=True, slots=True)
class Beat:
    """One step of a case: in `state`, `trigger` (None: on to the next) is fired at `at`."""

    state: str
    trigger: str | None = None
    dest: str | None = None
    correcting: bool = False         # the draft or the check is sent on again after a return
    at: datetime = UNTIMED


@dataclass(slots=True)
class Plan:
    """One case: who, which programme, the beats in order; `words` say what is special about it."""

    key: str
    worker: Worker
    words: frozenset[str]
    start: datetime
    beats: list[Beat] = field(default_factory=list)
    end: str = ""


# programme, where it stands, working days until it is due (0: today, negative: overdue), words
_LIVE: tuple[tuple[str, str, int, str], ...] = (
    (MEDICAL, "draft", 0, "demo returned:county_review"), (MEDICAL, "grassroots_review", 0, "ours"),
    (MEDICAL, "notice_record", 3, "ours posted"), (MEDICAL, "township_review", 0, "city"), (MEDICAL, "county_review", 0, "income"),
    (MEDICAL, "county_approval", 2, ""), (MEDICAL, "county_review", 1, "again"), (MEDICAL, "upper_review", 4, "upper direct"), (MEDICAL, "finance_check", 1, ""),
    (MEDICAL, "paying", 1, ""), (STUDY, "grassroots_review", 2, "officer"), (STUDY, "township_review", 1, "city"),
    (STUDY, "county_review", 2, "other"), (MODEL, "county_review", 3, "year"), (MODEL, "county_approval", 0, ""),
    (STUDY, "draft", 0, ""), (STUDY, "notice_record", 5, "ours"), (MEDICAL, "county_review", -2, "resent"),
    (MODEL, "township_review", -1, ""), (MEDICAL, "grassroots_review", -2, "ours"), (STUDY, "finance_check", 0, ""),
    (MODEL, "paying", 0, ""), (MEDICAL, "draft", 0, "agent"),
    (STUDY, "county_approval", 4, ""), (MEDICAL, "county_approval", -3, "adjust"), (MEDICAL, "township_review", 2, "city agent"),
    (MEDICAL, "grassroots_review", 3, "vacant"), (MODEL, "grassroots_review", 1, ""), (STUDY, "grassroots_review", 4, "ours"),
    (MEDICAL, "notice_record", 7, "ours"), (MEDICAL, "upper_review", -1, "upper"), (MODEL, "county_review", 4, ""),
    (STUDY, "county_review", 0, "other"), (STUDY, "draft", 0, "returned:grassroots_review"), (MODEL, "draft", 0, ""),
    (MEDICAL, "draft", 0, "returned:finance_check"), (STUDY, "township_review", 0, "city"), (MEDICAL, "township_review", 3, "city"),
    (MEDICAL, "county_approval", 6, "direct"), (STUDY, "county_approval", 0, "other"), (MODEL, "county_approval", 7, "adjust"),
    (MEDICAL, "finance_check", -1, "bounced"), (STUDY, "paying", -1, ""), (MEDICAL, "paying", 2, "agent"),
    (MEDICAL, "county_review", 2, "income"), (STUDY, "notice_record", -1, ""), (MODEL, "notice_record", 6, "posted"),
    (MEDICAL, "notice_record", 4, "direct posted"), (STUDY, "finance_check", 1, ""), (MEDICAL, "grassroots_review", 2, "pulled"),
    (STUDY, "draft", 0, "stranger"), (MEDICAL, "county_review", 3, "direct"),
)
# programme, how it ended, at which step, words; the years are dealt out below
_ENDED: tuple[tuple[str, str, str, str], ...] = (
    (STUDY, "paid", "", "demo"), (MEDICAL, "rejected", "county_review", ""), (MEDICAL, "withdrawn", "grassroots_review", ""),
    (MODEL, "paid", "", ""), (MEDICAL, "paid", "", "earlier"), (MEDICAL, "paid", "", "upper"), (STUDY, "rejected", "grassroots_review", ""),
    (MEDICAL, "paid", "", "adjust"), (MEDICAL, "paid", "", "resent:county_review"), (MODEL, "paid", "", "resent:township_review"),
    (STUDY, "paid", "", "pulled"), (MEDICAL, "paid", "", "bounced"), (MEDICAL, "rejected", "upper_review", "upper"),
    (MODEL, "rejected", "county_approval", ""), (STUDY, "withdrawn", "draft", ""), (MEDICAL, "paid", "", "account"),
    (STUDY, "paid", "", "resent:grassroots_review"), (MEDICAL, "paid", "", "agent"), (STUDY, "rejected", "notice_record", ""),
    (MEDICAL, "paid", "", "income"), (MEDICAL, "withdrawn", "notice_record", ""), (MODEL, "paid", "", "year"),
    (MEDICAL, "rejected", "township_review", ""), (MEDICAL, "paid", "", "recheck"), (STUDY, "paid", "", "other"),
    (MODEL, "rejected", "county_review", "year"), (STUDY, "withdrawn", "grassroots_review", ""),
)
_PLAIN = ((MEDICAL, ""), (STUDY, ""), (MEDICAL, "direct"), (MODEL, ""), (MEDICAL, "agent"), (STUDY, ""), (MEDICAL, ""), (STUDY, "direct"),
          (MEDICAL, "ours"), (MODEL, ""), (MEDICAL, "resent:county_review"), (MEDICAL, "adjust"), (STUDY, "agent"))


def plans(register: Register, count: int, now: datetime, dice: random.Random) -> list[Plan]:
    """Return `count` plans; none has a step at or after `now`."""
    return _Planner(register, now, dice).all(count)


class _Planner:
    def __init__(self, register: Register, now: datetime, dice: random.Random) -> None:
        self.register, self.now, self.dice = register, now, dice
        self.today = now.astimezone(ZONE).date()
        self.due_day = working_calendar().add_working_days(self.today, 0)
        self.years = range(FIRST.year, self.today.year + 1)
        self.used: dict[str, set[tuple[str, int]]] = defaultdict(set)
        self.earlier: Worker | None = None

    def all(self, count: int) -> list[Plan]:
        rows = [row for pair in zip_longest(_LIVE, _ENDED) for row in pair if row is not None]
        made = [self._one(row) for row in rows[:count]]
        for number in range(count - len(made)):
            key, words = _PLAIN[number % len(_PLAIN)]
            made.append(self._ended(key, "paid", "", words, self.years[number % len(self.years)]))
        return made

    def _one(self, row: tuple[str, str, int | str, str]) -> Plan:
        key, end, third, words = row
        if isinstance(third, int):
            return self._live(key, end, third, words)
        year = self.today.year if words in ("demo", "earlier") else self.years[_ENDED.index(row) % len(self.years)]
        return self._ended(key, end, third, words, year - 2 if words == "demo" else year)

    # --- the two kinds -----------------------------------------------------------------------------------

    def _live(self, key: str, state: str, due: int, words: str) -> Plan:
        if state == "draft":
            entered = back(self.today, self.dice.randrange(1, 6))
        else:
            entered = back(self.due_day, max(_LIMITS[state] - due, 1))
        return self._plan(key, state, "", words, entered)

    def _ended(self, key: str, end: str, step: str, words: str, year: int) -> Plan:
        last = min(date(year, 12, 16), back(self.today, 3))
        first = max(date(year, 4, 20), date(FIRST.year, 5, 9))
        if first >= last:                # too early in the year for anything to have come to an end
            first, last = date(year - 1, 4, 20), date(year - 1, 12, 16)
        if words == "earlier":
            last = first + (last - first) / 3
        return self._plan(key, end, step, words, back(first + timedelta(days=self.dice.randrange((last - first).days + 1)), 0))

    def _plan(self, key: str, end: str, step: str, words: str, day: date) -> Plan:
        said = frozenset(words.split())
        key, worker = self._pick(key, said, day)
        beats = list(_course(said, end, step, key, worker))
        moments, day = self._moments(key, beats, day)
        timed = [replace(beat, at=at) for beat, at in zip(beats, moments, strict=True)]
        start = min(evening(day - DAY * self.dice.randrange(0 if not beats else 1, 3), self.dice), self.now - timedelta(hours=3))
        return Plan(key, worker, said, start, timed, end)

    def _moments(self, key: str, beats: list[Beat], day: date) -> tuple[list[datetime], date]:
        """Return when each beat happens, worked out backwards from the day of the last; and the day of the first."""
        moments: list[datetime] = []
        for place in range(len(beats) - 1, -1, -1):
            beat = beats[place]
            if place == 0 and key == STUDY and day.strftime("%m-%d") > "12-20":
                day = back(date(day.year, 12, 18), 0)     # the last days of the year take no applications
            at = office(day, self.dice) if beat.state != "draft" else evening(day, self.dice)
            latest = moments[-1] - timedelta(hours=1) if moments else self.now - timedelta(hours=1)
            moments.append(min(at, latest))
            if place:
                day = self._before(beat, day)
        return moments[::-1], day

    def _before(self, beat: Beat, day: date) -> date:
        """Return the day on which the state was entered that `beat` leaves on `day`."""
        if beat.state == "notice_record" and beat.trigger is None and not beat.correcting:
            return back(day - DAY * self.dice.randrange(9, 12), 0)
        if beat.state == "draft" or beat.correcting:
            return back(day, self.dice.randrange(1, 6))
        return back(day, self.dice.randint(*_GAPS.get(beat.state, (1, 2))))

    # --- who ---------------------------------------------------------------------------------------------

    def _pick(self, key: str, words: frozenset[str], day: date) -> tuple[str, Worker]:
        """Return somebody who fits; where nobody is left, medical aid, which anybody may need."""
        everybody = self.register.workers
        if "demo" in words:
            return key, everybody[0]
        if "officer" in words:
            return key, self.register.colleague
        if "again" in words and self.earlier is not None:
            return key, self.earlier
        for wanted in (key, MEDICAL):
            fitting = [one for one in everybody[2:] if _fits(one, wanted, words) and self._free(one, wanted, day)]
            if fitting:
                found = self.dice.choice(fitting)
                self.used[wanted].update((found.row.id, year) for year in _years(day))
                if "earlier" in words:
                    self.earlier = found
                return wanted, found
        raise ValueError("the demo needs more workers for so many cases")

    def _free(self, worker: Worker, key: str, day: date) -> bool:
        if key == STUDY:
            return all(person != worker.row.id for person, _ in self.used[key])
        return not any((worker.row.id, year) in self.used[key] for year in _years(day))


def _years(day: date) -> tuple[int, ...]:
    """Return the years in which a case that got here on `day` may have been handed in."""
    return (day.year - 1, day.year) if day.month < 4 else (day.year,)


def _fits(worker: Worker, key: str, words: frozenset[str]) -> bool:
    row, name = worker.row, worker.union.name
    if (row.member_since is None) != ("stranger" in words):
        return False
    if key == MODEL:
        fits = row.model_worker in ("province", "nation")
    elif key == STUDY:
        fits = row.migrant != ("other" in words) and worker.who.born_on.year >= 1980 or "stranger" in words
    else:
        fits = row.model_worker == "none"
    if "agent" in words and name not in TWO_OFFICERS:
        return False
    if "ours" in words:
        return fits and name == "二建公司工会"
    if "city" in words:
        return fits and worker.union.code.startswith("YL01") and (name != "二建公司工会" or "agent" in words)
    if "direct" in words:
        return fits and not worker.township
    return fits and (name == VACANT) == ("vacant" in words)


def _course(words: frozenset[str], end: str, step: str, key: str, worker: Worker) -> Iterator[Beat]:
    """Yield the beats from the first submission to where the case stands."""
    turns = dict(word.split(":") for word in words if ":" in word)
    if "resent" in words:
        turns["resent"] = end
    for state in COURSE:
        if state == "township_review" and not worker.township or state == "upper_review" and "upper" not in words:
            continue
        if state == turns.get("returned"):
            yield Beat(state, "return_to", "draft")
            return
        if state == turns.get("resent"):
            yield Beat(state, "return_to", "draft")
            yield Beat("draft", correcting=True)
        if state == "grassroots_review" and "pulled" in words:
            yield Beat(state, "withdraw")
            yield Beat("draft", correcting=True)
        if state == "county_approval" and "recheck" in words:
            yield Beat(state, "return_to", "county_review")
            yield Beat("county_review", correcting=True)
        if state == "finance_check" and "account" in words:
            yield Beat(state, "return_to", "draft")
            yield Beat("draft", correcting=True)
        if state == end and "returned" not in turns and not (state == "finance_check" and "bounced" in words):
            return
        if state == step:
            yield Beat(state, "reject" if end == "rejected" else "abandon")
            return
        yield Beat(state)
        if state == "finance_check" and "bounced" in words:
            yield Beat("paying", "return_to", "finance_check")
            if end == "finance_check":
                return
            yield Beat("finance_check", correcting=True)
