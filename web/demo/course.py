"""A case of any programme taken from step to step: who opens it, what they fill in, and whose turn it is after that.

A `Walk` tells its case in working days from the one it was handed in on, as tales do, and is resumed in the order of time.
Nobody waits for the clock here: notices, reminders and lapses come from the product's own sweep.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflow import engine, programmes
from workflow.actors import Actor
from workflow.calendar import working_calendar
from workflow.records import Case, Task

from .calendar_days import ZONE
from .pictures import Drawer
from .register import Register

MINUTE = timedelta(minutes=1)
Script = Sequence[tuple[int, str]]


class Course:
    """One case and what can happen to it."""

    def __init__(self, session: Session, register: Register, drawer: Drawer) -> None:
        self.session, self.register, self.drawer = session, register, drawer
        self.case = ""
        self.filer: Actor
        self.decided: dict[str, str] = {}            # who has decided where nobody decides twice, by person

    def open(self, key: str, filer: Actor, at: datetime, form: Mapping[str, Any], papers: Sequence[str] = (), *, applicant_id: str | None = None,
             organisation_id: int | None = None) -> None:
        """Open a draft of the newest version, fill it in and add its papers."""
        self.definition = programmes.definition(self.session, key)
        self.filer = filer
        self.case = engine.start(self.session, key, filer, at, applicant_id=applicant_id, organisation_id=organisation_id,
                                 version=self.definition.version)
        engine.save(self.session, self.case, filer, at + MINUTE, form, revision=1)
        self.attach(papers, filer, at + 2 * MINUTE)

    def attach(self, papers: Sequence[str], actor: Actor, at: datetime) -> None:
        for place, kind in enumerate(papers):
            engine.attach(self.session, self.case, kind, f"{kind}.jpg",
                          self.drawer.paper(kind, "（样本）", title=self.definition.attachments[kind].label.zh), actor, at + place * MINUTE / 4)

    def act(self, trigger: str, actor: Actor, at: datetime, *, comment: str = "", form: Mapping[str, Any] | None = None, dest: str | None = None,
            papers: Sequence[str] = (), correct: Sequence[str] = ()) -> None:
        self.attach(papers, actor, at - 5 * MINUTE)
        state = self.state
        engine.act(self.session, self.case, trigger, actor, at, revision=self._revision(), comment=comment, form=form, dest=dest, declared=True,
                   correct=correct)
        if actor.person_id and state in self.definition.separation.distinct:
            self.decided[actor.person_id] = state

    def officer(self) -> Actor:
        """Return somebody whose turn it is and who has not decided at a step that is kept apart."""
        role, place, state = self.session.execute(select(Task.role, Task.organisation_id, Task.state).where(
            Task.case_id == self.case, Task.status.in_(("open", "waiting")), Task.kind == "work")).one()
        return next(one for one in self.register.officers[role, place or 0] if one.person_id != self.filer.person_id and (
            state not in self.definition.separation.distinct or self.decided.get(one.person_id or "", state) == state))

    def voices(self, trigger: str, at: datetime, comment: str, count: int = 3) -> bool:
        """Let members of the meeting vote; False where no meeting decides."""
        waiting = set(self.session.scalars(select(Task.person_id).where(Task.case_id == self.case, Task.status == "open", Task.kind == "ballot")))
        voters = [one for one in self.register.officers["county_committee", self.register.county.county.id] if one.person_id in waiting]
        for place, voter in enumerate(voters[:count]):
            if self.state == "rejected":
                break
            self.act(trigger, voter, at + place * 7 * MINUTE, comment=comment)
        return bool(voters)

    @property
    def state(self) -> str:
        return str(self.session.execute(select(Case.__table__.c.state).where(Case.id == self.case)).scalar_one())

    def _revision(self) -> int:
        return int(self.session.execute(select(Case.__table__.c.revision).where(Case.id == self.case)).scalar_one())


class Walk(Course, ABC):
    """A case told by a script: (working days after `start`, name of the method) in order. `number` keeps papers and minutes apart."""

    def __init__(self, session: Session, register: Register, drawer: Drawer, start: date, script: Script, number: int) -> None:
        super().__init__(session, register, drawer)
        self.start, self.script, self.number = start, script, number

    @abstractmethod
    def begin(self, at: datetime) -> None:
        """Start the case at that time."""

    def walk(self) -> Iterator[datetime]:
        """Yield the next time at which something happens; act on being resumed."""
        yield (at := self.at(0, 40))
        self.begin(at)
        previous, turn = -1, 0
        for after, name in self.script:
            previous, turn = after, turn + 1 if after == previous else 1
            yield (at := self.at(after, 65 * turn + self.number % 50))
            getattr(self, name)(at)

    def at(self, after: int, minutes: int) -> datetime:
        """Return the moment so many minutes after eight, `after` working days later."""
        return datetime.combine(working_calendar().add_working_days(self.start, after), time(8), ZONE) + minutes * MINUTE
