"""Visits by list: the holiday visit of last winter, settled; one whose list has faults; the cooling goods of last summer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflow import engine
from workflow.language.lunar import feast
from workflow.records import GrantLine

from .calendar_days import DAY, ZONE, back
from .course import Script, Walk
from .families import Family
from .payday import Payday
from .pictures import Drawer
from .register import Register, Worker
from .store import OIL, RICE, TEA, TOWEL, Store

HOLIDAY, SUMMER = "holiday_visit", "summer_cooling"
_PLANNED: Script = ((0, "submit"), (1, "plan_review"), (2, "meeting"), (3, "stock"))
_SETTLED: Script = (*_PLANNED, (4, "hand_in"), (5, "check"), (6, "prepare"), (7, "deliver"), (8, "receipts"), (9, "pay"))


class Visit(Walk):
    """A list from plan to settlement. `rows` of the roster come from the workers it is for."""

    def __init__(self, session: Session, register: Register, drawer: Drawer, start: date, script: Script, number: int, store: Store,
                 workers: Sequence[Worker]) -> None:
        super().__init__(session, register, drawer, start, script, number)
        self.store, self.workers = store, workers

    @abstractmethod
    def rows(self) -> list[dict[str, str]]:
        """Return the roster, a row a person."""

    @abstractmethod
    def buy(self, at: datetime) -> None:
        """Buy what is handed out."""

    def submit(self, at: datetime) -> None:
        self.act("submit", self.filer, at)

    def plan_review(self, at: datetime) -> None:
        self.act("approve", self.officer(), at, comment="同意方案，提交集体研究。")

    def meeting(self, at: datetime) -> None:
        self.voices("approve", at, "同意。")

    def stock(self, at: datetime) -> None:
        self.buy(at)

    def hand_in(self, at: datetime) -> None:
        self.act("submit", self.filer, at, form={"roster": self.rows()}, papers=("unit_lists",))

    def check(self, at: datetime) -> None:
        self.act("approve", self.officer(), at, comment="名单与各单位盖章名单一致，未发现重复。")

    def prepare(self, at: datetime) -> None:
        self.act("approve", self.officer(), at, comment="款物已备齐。", form={"prepared_on": at.astimezone(ZONE).date().isoformat()})

    def deliver(self, at: datetime) -> None:
        """Everybody signs but the last, who was not there."""
        officer = self.officer()
        self.attach(("signed_sheet", "visit_photo"), officer, at - timedelta(minutes=20))
        numbers = list(self.session.scalars(select(GrantLine.n).where(GrantLine.case_id == self.case).order_by(GrantLine.n)))
        beside = self.register.officers["township", self.register.county.townships["城关街道"].id][0].person_id or ""
        engine.sign(self.session, self.case, numbers[:-1], "paper", beside, officer, at)
        engine.strike(self.session, self.case, numbers[-1:], "外出务工，联系不上，物品退回库存", officer, at + timedelta(minutes=5))
        self.act("approve", officer, at + timedelta(minutes=15), comment="签收齐全。", form={
            "delivered_on": at.astimezone(ZONE).date().isoformat(), "delivery_note": "分片发放，两人到场，一人外出未领取。"})

    def receipts(self, at: datetime) -> None:
        self.act("approve", self.officer(), at, comment="发放数与签收数一致。")

    def pay(self, at: datetime) -> None:
        self.act("pay", self.officer(), at, comment="物品已核销。", papers=("receipt",))


class Holiday(Visit):
    """送温暖：慰问金打卡，米和油签收。"""

    occasion = "spring_festival"

    def begin(self, at: datetime) -> None:
        handlers = self.register.officers["county_handler", self.register.county.county.id]
        first, last = at.astimezone(ZONE).date() + DAY * 8, at.astimezone(ZONE).date() + DAY * 20
        self.open(HOLIDAY, handlers[2], at, {
            "occasion": self.occasion, "groups": ["filed_hardship", "front_line"], "planned_people": str(len(self.workers) + 5),
            "planned_money": str(len(self.workers) * 800), "planned_goods": "大米 5 kg 装、菜籽油 5 L 装，每户一份",
            "visit_from": first.isoformat(), "visit_to": last.isoformat()}, ("plan",))

    def buy(self, at: datetime) -> None:
        if len(self.workers) > 20:
            self.store.buy(RICE, 60, "32.50", "云岭粮油有限公司", at, year=at.year)
            self.store.buy(OIL, 40, "68.00", "云岭粮油有限公司", at, year=at.year)

    def rows(self) -> list[dict[str, str]]:
        made = []
        for place, one in enumerate(self.workers):
            goods = {"item": RICE, "quantity": "1", "worth": "32.5"} if place % 3 else {"item": OIL, "quantity": "1", "worth": "68"}
            money = {"amount": str(500 + place % 4 * 100), "card": one.who.bank_card, "bank": "农信社城关分社"} if place % 3 != 2 else {}
            made.append({"unit": one.union.name, "name": one.who.name, "id_no": one.who.id_no, "group": "在档困难职工" if place % 2 else "户外一线"} | goods | money)
        return made


class Faulty(Holiday):
    """A list of units that wrote somebody down twice, and one card for two people."""

    occasion = "lantern"

    def rows(self) -> list[dict[str, str]]:
        rows = super().rows()
        rows[3] = rows[3] | {"amount": "600", "card": rows[0]["card"], "bank": "农信社城关分社"}
        return [*rows, dict(rows[1])]


class Summer(Visit):
    """夏送清凉：只发实物。"""

    def begin(self, at: datetime) -> None:
        handlers = self.register.officers["county_handler", self.register.county.county.id]
        self.open(SUMMER, handlers[2], at, {
            "sites": "城关街道环卫作业点 8 人\n快递行业联合工会配送站 4 人", "planned_people": "20",
            "planned_goods": "凉茶 20 箱，单价 54 元；毛巾 30 条，单价 12 元"}, ("plan",))

    def buy(self, at: datetime) -> None:
        self.store.buy(TEA, 20, "54.00", "云岭百货有限公司", at, year=at.year)
        self.store.buy(TOWEL, 30, "12.00", "云岭百货有限公司", at, year=at.year)

    def rows(self) -> list[dict[str, str]]:
        return [{"unit": one.union.name, "name": one.who.name, "id_no": one.who.id_no, "quantity": "1"}
                | ({"item": TEA, "worth": "54"} if place % 2 else {"item": TOWEL, "worth": "12"}) for place, one in enumerate(self.workers)]


def told(session: Session, register: Register, drawer: Drawer, today: date, store: Store, payday: Payday, filed: Sequence[Family],
         taken: set[str]) -> list[Iterator[datetime]]:
    """Return the stories of the visits and of the bank that pays the winter's money. Of the households on file those in deep hardship are visited."""
    spring = max(feast("春节", year) for year in (today.year - 1, today.year) if feast("春节", year) + 40 * DAY <= today)
    families = {one.worker.row.id for one in filed}
    workers = [*(one.worker for one in filed if one.on_file and one.category == "deep"), *(one for one in register.workers if one.row.id not in families)]
    fresh = [one for one in workers[30:] if one.row.id not in taken]
    winter = Holiday(session, register, drawer, back(spring - 30 * DAY, 0), _SETTLED[:-1], 11, store, workers[:30])
    late = Faulty(session, register, drawer, back(spring + 10 * DAY, 0), _PLANNED[:3], 12, store, [*workers[20:24], *fresh[12:20]])
    year = today.year if today >= date(today.year, 8, 20) else today.year - 1
    cool = Summer(session, register, drawer, back(date(year, 7, 10), 0), _SETTLED, 13, store, fresh[:12] or workers[24:30])
    return [winter.walk(), _late(late, today), cool.walk(), payday.winter(winter, 9)]


def _late(late: Faulty, today: date) -> Iterator[datetime]:
    """The plan passed in its time; the units' lists came in only this week."""
    yield from late.walk()
    late.start = back(today, 2)
    yield (at := late.at(0, 150))
    late.hand_in(at)
