"""One tale told through the engine: steps, objections, voices and operations, each on its day.

Where `decide` falls into a meeting, the tale says `vote`, `agree` or `refuse` instead.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflow import engine
from workflow.actors import Actor
from workflow.calendar import working_calendar
from workflow.records import Case, Notice, Task

from .calendar_days import DAY, ZONE
from .invention import id_number
from .pictures import Drawer
from .places import VACANT
from .register import Register, Worker
from .tales import ACCIDENT, Tale

MINUTE = timedelta(minutes=1)
_EVENTS = (("traffic", "下班路上被货车撞倒，住院两周，家中两个孩子上学。"), ("fire", "厨房失火，家电和一间房烧毁，临时租房居住。"),
           ("illness", "突发脑出血，抢救后需要长期康复，家里只有一人有收入。"), ("disaster", "暴雨引发山体滑坡，房屋后墙倒塌。"))
_PAPERS = {ACCIDENT: ("id_card", "proof", "bills")}
_AGREE = {"visit": "入户核实，情况属实，同意公示。", "township": "经复核，材料齐全，同意上报。", "check": "经核对，计算正确。",
          "decide": "同意按核定金额发放。", "books": "金额、账户复核无误。", "pay": "已转账，回单附后。"}


def applicants(register: Register) -> list[Worker]:
    """Return members under a township, one union after another, so that notices are posted in different places."""
    fitting = [one for one in register.workers[2:] if one.township and one.row.member_since and one.union.name != VACANT
               and one.row.model_worker == "none"]
    turn: Counter[int] = Counter()
    ranked = []
    for one in fitting:
        turn[one.union.id] += 1
        ranked.append((turn[one.union.id], len(ranked), one))
    return [one for _, _, one in sorted(ranked, key=lambda row: row[:2])]


class Teller:
    """Tells one tale. `number` keeps invented papers apart."""

    def __init__(self, session: Session, register: Register, drawer: Drawer, tale: Tale, worker: Worker, number: int,
                 dice: random.Random) -> None:
        self.session, self.register, self.drawer, self.tale, self.worker, self.dice = session, register, drawer, tale, worker, dice
        self.number, self.case = number, ""

    def tell(self) -> Iterator[datetime]:
        """Yield the next time at which something happens; act on being resumed."""
        calendar, day, previous = working_calendar(), 0, -1
        at = datetime.combine(self.tale.start, time(8, 40 + self.number % 15), ZONE)
        yield at
        self._open(at)
        for after, name in self.tale.steps():
            if after != previous:
                previous, day = after, 0
            day += 1
            at = datetime.combine(calendar.add_working_days(self.tale.start, after), time(8 + min(day, 3), 5 + self.number % 50), ZONE)
            yield at
            getattr(self, f"_{name}", self._step)(name, at)

    # --- the applicant -----------------------------------------------------------------------------------

    def _open(self, at: datetime) -> None:
        self.filer = self.register.actor_of(self.session, self.worker, at)
        self.case = engine.start(self.session, self.tale.key, self.filer, at, applicant_id=self.worker.row.id)
        form = self._accident(at.date()) if self.tale.key == ACCIDENT else self._autumn(at.date())
        if not self.tale.last:
            form = dict(list(form.items())[:3])
        engine.save(self.session, self.case, self.filer, at + MINUTE, form, revision=self._revision())
        if self.tale.last:
            kinds = _PAPERS.get(self.tale.key, ("admission", "fee", "family", *(() if self.tale.large else ("hardship",))))
            for place, kind in enumerate(kinds, 2):
                self._attach(kind, self.filer, at + place * MINUTE)

    def _accident(self, day: date) -> dict[str, str]:
        event, story = _EVENTS[self.number % len(_EVENTS)]
        spent = self.dice.randrange(42_000, 66_000) if self.tale.large else self.dice.randrange(9_000, 24_000)
        return {"filed": "是" if self.tale.large else "否", "event": event, "happened_on": (day - DAY * 20).isoformat(), "story": story,
                "spending": str(spent), "covered": str(spent // 50 * 5), "bank_name": "农信社城关分社"}

    def _autumn(self, day: date) -> dict[str, str]:
        born, gender = date(day.year - 18, 1, 5) + DAY * (self.number * 7), self.dice.choice(("male", "female"))
        return {"filed": "是" if self.tale.large else "否", "family_income": str(self.dice.randrange(28_000, 39_000)), "family_size": "4",
                **({} if self.tale.large else {"reason": "主要劳动力失业，家中有老人患病。"}),
                "child_name": f"{self.worker.who.name[0]}{self.dice.choice(('雨欣', '子涵', '思远', '嘉怡', '浩然'))}",
                "child_id_no": id_number(born, 300 + self.number, gender), "relation": "son" if gender == "male" else "daughter",
                "stage": "higher", "school": self.dice.choice(("云江师范学院", "南云工程职业学院", "省立大学")), "student_type": "ordinary",
                "other_aid": "否", "bank_name": "农信社城关分社"}

    def _attach(self, kind: str, actor: Actor, at: datetime) -> None:
        engine.attach(self.session, self.case, kind, f"{kind}.jpg", self.drawer.paper(kind, "（样本）"), actor, at)

    def _submit(self, name: str, at: datetime) -> None:
        self._act("submit", self.filer, at, "")

    def _abandon(self, name: str, at: datetime) -> None:
        self._act("abandon", self.filer, at, "单位已给予补助，不再申请。")

    # --- officers ------------------------------------------------------------------------------------------

    def _step(self, name: str, at: datetime) -> None:
        if self.session.scalar(select(Task.id).where(Task.case_id == self.case, Task.status == "open", Task.kind == "ballot")):
            return                       # a meeting decides
        actor, form = self._officer(), {}
        if name == "visit":
            form = {"visit_result": "两人入户，家庭情况与申请一致，确有困难。"}
        elif name == "pay":
            self._attach("receipt", actor, at - 4 * MINUTE)
            form = {"paid_on": at.date().isoformat()}
        self._act("pay" if name == "pay" else "approve", actor, at, _AGREE[name], form)

    def _decide(self, name: str, at: datetime) -> None:
        if not self.tale.large:
            self._step(name, at)

    def _photo(self, name: str, at: datetime) -> None:
        self._attach("notice_photo", self._officer(), at)

    def _objection(self, name: str, at: datetime) -> None:
        notice = self.session.scalars(select(Notice.id).where(Notice.case_id == self.case)).one()
        engine.object_to(self.session, notice, "听说家里另有一间门面出租，请核实收入。", name="杨桂芬", phone="13900001234", now=at)

    def _inquiry(self, name: str, at: datetime) -> None:
        self._act("object", self._officer(), at, "收到实名异议，转入核查。")

    def _uphold(self, name: str, at: datetime) -> None:
        self._act("reject", self._officer(), at, "经核查，门面租金足以负担，异议成立。")

    def _claim(self, name: str, at: datetime) -> None:
        engine.operate(self.session, self.case, "claim", self.register.known["handler"], at)

    def _delegate(self, name: str, at: datetime) -> None:
        engine.operate(self.session, self.case, "delegate", self.register.known["handler"], at, to=self._handlers()[2].person_id, comment="请电话核实赔付情况。")

    def _handover(self, name: str, at: datetime) -> None:
        """One officer had claimed it, and the work was dealt out anew."""
        first, second = self._handlers()[:2]
        engine.operate(self.session, self.case, "claim", second, at)
        engine.hand_over(self.session, second.person_id or "", first.person_id or "", second, at + 30 * MINUTE, reason="分工调整")

    def _handlers(self) -> list[Actor]:
        return self.register.officers["county_handler", self.register.county.county.id]

    def _consult(self, name: str, at: datetime) -> None:
        engine.operate(self.session, self.case, "consult", self.register.known["handler"], at,
                       to=self.register.known["finance"].person_id, comment="保险赔付是否已经到账？")

    def _reply(self, name: str, at: datetime) -> None:
        engine.operate(self.session, self.case, "reply", self.register.known["finance"], at, comment="已到账，与申请表一致。")

    # --- the meeting ---------------------------------------------------------------------------------------

    def _agree(self, name: str, at: datetime) -> None:
        self._voices(at, 1, "approve", "情况属实，同意。")

    def _vote(self, name: str, at: datetime) -> None:
        self._voices(at, 3, "approve", "同意。")

    def _refuse(self, name: str, at: datetime) -> None:
        self._voices(at, 2, "reject", "已获保险和单位补助，负担不重。")

    def _voices(self, at: datetime, count: int, trigger: str, comment: str) -> None:
        waiting = set(self.session.scalars(select(Task.person_id).where(
            Task.case_id == self.case, Task.status == "open", Task.kind == "ballot")))
        voters = [one for one in self.register.officers["county_committee", self.register.county.county.id] if one.person_id in waiting]
        for place, voter in enumerate(voters[:count]):
            self._act(trigger, voter, at + place * 7 * MINUTE, comment)

    def _act(self, trigger: str, actor: Actor, at: datetime, comment: str, form: dict[str, str] | None = None) -> None:
        engine.act(self.session, self.case, trigger, actor, at, revision=self._revision(), comment=comment, form=form)

    def _revision(self) -> int:
        return int(self.session.execute(select(Case.__table__.c.revision).where(Case.id == self.case)).scalar_one())

    def _officer(self) -> Actor:
        """Return whose turn it is."""
        role, place = self.session.execute(select(Task.role, Task.organisation_id).where(
            Task.case_id == self.case, Task.status.in_(("open", "waiting")), Task.kind == "work")).one()
        return next(one for one in self.register.officers[role, place] if one.person_id != self.filer.person_id)
