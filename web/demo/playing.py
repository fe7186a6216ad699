"""One planned case played through the engine, step by step, each at its own time in the past.

`play` yields when it wants to go on and acts when it is resumed, so that all cases can be played together in the order
of time: numbers, yearly caps and the log then come out as they would have.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflow import engine
from workflow.actors import Actor
from workflow.records import Task

from . import opinions
from .answers import Answers, Paper
from .calendar_days import ZONE
from .pictures import Drawer
from .plans import Beat, Plan
from .register import Register

MINUTE = timedelta(minutes=1)
_RECENT = timedelta(days=200)        # papers of older cases show no names: a demo need not draw them all


class Player:
    """Plays one plan."""

    def __init__(self, session: Session, register: Register, drawer: Drawer, plan: Plan, given: Answers, dice: random.Random,
                 now: datetime, distinct: Iterable[str]) -> None:
        self.session, self.register, self.drawer, self.plan, self.given, self.dice = session, register, drawer, plan, given, dice
        self.named = now - plan.start < _RECENT
        self.case, self.revision, self.amount_fen, self.entered = "", 1, 0, plan.start
        self.filer: Actor
        self.distinct = frozenset(distinct)          # states of which nobody may decide two
        self.decided: dict[str, str] = {}            # who has decided in one of them, by person

    def play(self) -> Iterator[datetime]:
        """Yield the next time at which something happens; act on being resumed."""
        yield self.plan.start
        self._begin(self.plan.start)
        for beat in self.plan.beats:
            yield beat.at
            self._carry_out(beat)
        if "posted" in self.plan.words:
            at = self.plan.beats[-1].at + timedelta(hours=1)
            yield at
            engine.save(self.session, self.case, self._officer(), at, self._notice(at), revision=self.revision)

    # --- the applicant -----------------------------------------------------------------------------------

    def _begin(self, at: datetime) -> None:
        """Open the case, type half of it, add the files, type the rest."""
        worker, register = self.plan.worker, self.register
        agent = "agent" in self.plan.words
        self.filer = register.agent_for(worker) if agent else register.actor_of(self.session, worker, at)
        self.case = engine.start(self.session, self.plan.key, self.filer, at, applicant_id=worker.row.id, version=1)
        form = list(self.given.form.items())
        if not self.plan.beats:
            form = form[:len(form) * 2 // 3]         # still being filled in
        engine.save(self.session, self.case, self.filer, at + 9 * MINUTE, dict(form), revision=self.revision)
        papers = self.given.papers if self.plan.beats else self.given.papers[:1]
        for number, paper in enumerate(papers, 10):
            self._attach(paper, self.filer, at + number * MINUTE)
        if agent and self.plan.beats:
            self._attach(Paper("authorisation", worker.who.name), self.filer, at + 20 * MINUTE)

    def _attach(self, paper: Paper, actor: Actor, at: datetime) -> None:
        name, lines = (paper.name, paper.lines) if self.named else ("（样本）", ())
        engine.attach(self.session, self.case, paper.kind, f"{paper.kind}.jpg", self.drawer.paper(paper.kind, name, lines), actor, at)

    # --- steps -------------------------------------------------------------------------------------------

    def _carry_out(self, beat: Beat) -> None:
        match beat.trigger:
            case None if beat.state == "draft":
                self._hand_in(beat)
            case None:
                self._agree(beat)
            case "return_to":
                self._return(beat)
            case "reject":
                self._act(beat, self._officer(), opinions.refusal(self.plan.key, beat.state))
            case "withdraw":
                self._act(beat, self.filer, opinions.PULLED)
            case "abandon":
                self._act(beat, self.filer, self.dice.choice(opinions.GIVEN_UP))

    def _hand_in(self, beat: Beat) -> None:
        """Submit, or send the corrected case on again."""
        if not beat.correcting or "pulled" in self.plan.words:
            self._act(beat, self.filer)
        elif "account" in self.plan.words:
            self._act(beat, self.filer, form={"bank_name": "农信社城关分社", "bank_card": self.plan.worker.who.bank_card})
        else:
            again = next(paper for paper in self.given.papers if paper.kind == self.given.again)
            self._attach(again, self.filer, beat.at - 5 * MINUTE)
            self._act(beat, self.filer, form=dict(self.given.corrected))

    def _return(self, beat: Beat) -> None:
        words, items = self.given.why, self.given.items
        if beat.dest == "county_review":
            words, items = opinions.RECHECK, ()
        elif beat.state == "paying":
            words, items = opinions.BOUNCED, ()
        elif beat.state == "finance_check":
            words, items = opinions.ACCOUNT, ("form.bank_card", "form.bank_name")
        self._act(beat, self._officer(), words, dest=beat.dest, correct=items)

    def _agree(self, beat: Beat) -> None:
        """Take a case one step on, with whatever this step must fill in."""
        actor, at, state = self._officer(), beat.at, beat.state
        comment, form, amount = self.dice.choice(opinions.AGREE[state]), {}, None
        if state == "grassroots_review":
            form = {"visit_result": self.dice.choice(opinions.VISIT)}
            if self.dice.random() < 0.3:
                self._attach(Paper("visit", self.plan.worker.who.name), actor, at - 4 * MINUTE)
        elif state == "notice_record" and not beat.correcting:
            self._attach(Paper("notice_photo", self.plan.worker.union.name), actor, at - 4 * MINUTE)
            form = self._notice(self.entered)
        elif state == "county_review":
            comment = next((text for word, text in opinions.FLAGS.items() if word in self.plan.words), comment)
            if self.dice.random() < 0.12:
                engine.reveal(self.session, self.case, ["id_no", "bank_card"], opinions.REVEALED, actor, at - 3 * MINUTE)
            if beat.correcting:
                comment = opinions.RECHECKED
            elif "adjust" in self.plan.words and self.amount_fen >= 60_000:
                amount, comment = Decimal(self.amount_fen - self.dice.randrange(80, 400) * 100) / 100, opinions.ADJUST
        elif state == "upper_review":
            self._attach(Paper("upper_reply", self.plan.worker.who.name), actor, at - 4 * MINUTE)
            form = {"upper_no": f"云江工帮〔{at.year}〕{self.dice.randrange(10, 99)}号"}
        elif state == "finance_check" and beat.correcting:
            comment = opinions.CONFIRMED
        elif state == "paying":
            self._attach(Paper("receipt", self.plan.worker.who.name, (f"金额：{self.amount_fen / 100:.2f} 元",)), actor, at - 4 * MINUTE)
            form = {"paid_on": at.astimezone(ZONE).date().isoformat()}
        self._act(beat, actor, comment, form=form, amount=amount)

    def _notice(self, entered: datetime) -> dict[str, str]:
        """Return the notice: seven days from the day the case came here."""
        first = entered.astimezone(ZONE).date()
        return {"notice_from": first.isoformat(), "notice_to": (first + timedelta(days=6)).isoformat(), "notice_objection": "否"}

    def _act(self, beat: Beat, actor: Actor, comment: str = "", *, form: dict[str, str] | None = None, dest: str | None = None,
             amount: Decimal | None = None, correct: tuple[str, ...] = ()) -> None:
        forward = "pay" if beat.state == "paying" else "submit" if beat.state == "draft" else "approve"
        done = engine.act(self.session, self.case, beat.trigger or forward, actor, beat.at, revision=self.revision, comment=comment,
                          form=form, dest=dest, amount=amount, correct=correct)
        self.revision, self.amount_fen, self.entered = done.revision, done.amount_fen or 0, beat.at
        if beat.state in self.distinct and actor.person_id is not None:
            self.decided[actor.person_id] = beat.state

    def _officer(self) -> Actor:
        """Return somebody whose turn it is and whom neither filing the case nor an earlier decision keeps from it."""
        task = self.session.execute(select(Task.role, Task.organisation_id, Task.state).where(
            Task.case_id == self.case, Task.status == "open")).one()
        holders = self.register.officers[task.role, task.organisation_id]
        return next(one for one in holders if one.person_id != self.filer.person_id and (
            task.state not in self.distinct or self.decided.get(one.person_id or "", task.state) == task.state))
