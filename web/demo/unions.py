"""What unions apply for themselves: enrolment of their members in mutual aid, with claims that rest on it, and the refund of dues."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from workflow.actors import Actor
from workflow.calendar import working_calendar

from .calendar_days import DAY, ZONE, back
from .course import Script, Walk
from .invention import card_number, credit_code
from .pictures import Drawer
from .places import CHAIRED
from .register import Register, Worker

ENROLMENT, CLAIM, REFUND = "mutual_enrolment", "mutual_aid", "small_payer_refund"
_ENROLLED: Script = ((0, "submit"), (3, "check"), (5, "pay_in"), (8, "arrived"))
_CLAIMED: Script = ((0, "submit"), (1, "unit_check"), (3, "calculate"), (5, "approve"), (6, "books"), (8, "pay"))
_REFUNDED: Script = ((0, "submit"), (1, "township"), (2, "check"), (9, "meeting"), (10, "books"), (11, "pay"))


class Enrolment(Walk):
    """A union enrols its members for the year to come."""

    def __init__(self, session: Session, register: Register, drawer: Drawer, start: date, script: Script, number: int, union: str,
                 workers: Sequence[Worker]) -> None:
        super().__init__(session, register, drawer, start, script, number)
        self.union, self.workers = register.county.unions[union], workers

    def begin(self, at: datetime) -> None:
        first = date(self.start.year + 1, 1, 1)
        rows = [{"name": one.who.name, "id_no": one.who.id_no, "age": str(first.year - one.who.born_on.year - ((1, 1) < (one.who.born_on.month, one.who.born_on.day))),
                 "insured": "是", "renewed": "否", "shares": "1"} for one in self.workers]
        self.open(ENROLMENT, self.register.officers["grassroots", self.union.id][0], at, {"workers": str(len(rows) + 3), "roster": rows}, ("stamped_roster",),
                  organisation_id=self.union.id)

    def submit(self, at: datetime) -> None:
        self.act("submit", self.filer, at)

    def check(self, at: datetime) -> None:
        self.act("approve", self.officer(), at, comment="名册无误，请缴费。", form={"check_note": "与盖章名册和基本医保参保名单一致。"})

    def pay_in(self, at: datetime) -> None:
        self.act("pay_in", self.filer, at, papers=("premium_receipt",), form={
            "paid_on": at.astimezone(ZONE).date().isoformat(), "receipt_no": f"HZ{at:%Y%m%d}{self.number:03d}"})

    def arrived(self, at: datetime) -> None:
        self.act("approve", self.officer(), at, comment="互助金已到账。")


class Claim(Walk):
    """A member who was in hospital."""

    def __init__(self, session: Session, register: Register, drawer: Drawer, start: date, script: Script, number: int, worker: Worker, admitted: date,
                 self_paid: int) -> None:
        super().__init__(session, register, drawer, start, script, number)
        self.worker, self.admitted, self.self_paid = worker, admitted, self_paid

    def begin(self, at: datetime) -> None:
        self.open(CLAIM, self.register.actor_of(self.session, self.worker, at), at, {
            "insurance": "worker", "hospital": "云岭县医院", "level": "l2", "event_on": self.admitted.isoformat(), "discharged_on": (self.admitted + 9 * DAY).isoformat(),
            "settlement_no": f"JS{self.admitted:%y%m%d}8{self.number:03d}", "total": str(self.self_paid * 3), "basic": str(self.self_paid * 2),
            "bank_name": "农信社城关分社"}, ("discharge", "settlement", "invoice"))

    def submit(self, at: datetime) -> None:
        self.act("submit", self.filer, at)

    def unit_check(self, at: datetime) -> None:
        self.act("approve", self.officer(), at, comment="确系本单位参保职工。")

    def calculate(self, at: datetime) -> None:
        self.act("approve", self.officer(), at, comment="与参保前病史核对，不是旧病。", form={"review_note": "按自付部分分段核算。"})

    def approve(self, at: datetime) -> None:
        self.act("approve", self.officer(), at, comment="同意补助。")

    def books(self, at: datetime) -> None:
        self.act("approve", self.officer(), at, comment="金额、账户复核无误。")

    def pay(self, at: datetime) -> None:
        self.act("pay", self.officer(), at, comment="已转账。", form={"paid_on": at.astimezone(ZONE).date().isoformat()}, papers=("receipt",))


class Refund(Walk):
    """A union that pays little gets back what went up."""

    def __init__(self, session: Session, register: Register, drawer: Drawer, start: date, script: Script, number: int, union: str, payroll: int) -> None:
        super().__init__(session, register, drawer, start, script, number)
        self.union, self.payroll = register.county.unions[union], payroll

    def begin(self, at: datetime) -> None:
        officer: Actor = self.register.officers["grassroots", self.union.id][0]
        self.open(REFUND, officer, at, {
            "usci": credit_code(self.number), "contact": f"1990001{self.number:04d}", "unit_type": "private", "established": "2016-05-20", "workers": "24",
            "payroll": str(self.payroll), "paid_dues": str(self.payroll // 50), "other_refund": "否", "bank_name": "农业银行云岭支行",
            "bank_card": card_number(9000 + self.number)}, ("account", "wages", "vouchers", "licence"), organisation_id=self.union.id)

    def submit(self, at: datetime) -> None:
        self.act("submit", self.filer, at)

    def township(self, at: datetime) -> None:
        if self.state == "township_check":
            self.act("approve", self.officer(), at, comment="缴费凭证齐全，同意上报。")

    def check(self, at: datetime) -> None:
        self.act("approve", self.officer(), at, comment="与税务代收数据一致。")

    def meeting(self, at: datetime) -> None:
        self.voices("approve", at, "同意返还。")

    def books(self, at: datetime) -> None:
        self.act("approve", self.officer(), at, comment="户名与工会名称一致。")

    def pay(self, at: datetime) -> None:
        self.act("pay", self.officer(), at, comment="已转入工会账户。", form={"paid_on": at.astimezone(ZONE).date().isoformat()}, papers=("receipt",))


def told(session: Session, register: Register, drawer: Drawer, taken: set[str], today: date) -> list[Iterator[datetime]]:
    """Return the stories of enrolment, claims and refunds."""
    enrolled = today.year - 1 if today >= date(today.year, 3, 25) else today.year - 2
    young = [one for one in register.workers if one.row.member_since and one.who.born_on.year > enrolled - 53]
    members = [one for one in young if one.union.name == CHAIRED]
    spare = [one for one in young if one.row.id not in taken and one.union.name != CHAIRED and one.township]
    insured = [*members, *spare[:max(0, 10 - len(members))]]
    begun = back(date(enrolled, 10, 20), 0)
    walks: list[Walk] = [Enrolment(session, register, drawer, begun, _ENROLLED, 21, CHAIRED, insured)]
    season = today.year if today >= date(today.year, 10, 14) else today.year - 1
    second = min(back(date(season, 11, 6), 0), back(today, 6)) if season == today.year else back(date(season, 11, 6), 0)
    if spare[10:] and second > date(season, 10, 1) and season > enrolled:
        done = today - second > 20 * DAY
        walks.append(Enrolment(session, register, drawer, second, _ENROLLED if done else _ENROLLED[:3], 22, "食品厂工会", spare[10:18]))
    claimants = [one for one in insured if one.row.id not in taken] or insured
    walks.append(Claim(session, register, drawer, back(date(enrolled + 1, 3, 3), 0), _CLAIMED, 23, claimants[0], date(enrolled + 1, 2, 10), 8600))
    recent = back(today, 9)
    walks.append(Claim(session, register, drawer, recent, _CLAIMED[:5], 24, claimants[-1], min(date(enrolled + 1, 12, 20), recent - timedelta(days=30)), 12_400))
    newest = today.year if today >= date(today.year, 11, 3) else today.year - 1
    for place, (union, payroll, ago, last) in enumerate(((CHAIRED, 960_000, 15, 5), ("食品厂工会", 540_000, 9, 3), ("水泥厂工会", 720_000, 25, 6)), 31):
        first, last_day = back(date(newest, 10, 9), 0), back(date(newest, 11, 12), 0)
        start = min(max(back(today, ago), first), last_day)
        steps = _REFUNDED if today - start > 60 * DAY else tuple(step for step in _REFUNDED[:last] if working_calendar().add_working_days(start, step[0]) < today)
        walks.append(Refund(session, register, drawer, start, steps, place, union, payroll))
    return [one.walk() for one in walks]
