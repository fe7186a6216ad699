"""Aid that rests on a file, and special aid for model workers: living aid, medical aid of the second version, in every state."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from workflow.calendar import working_calendar

from .calendar_days import ZONE, back
from .course import Script, Walk
from .families import ON_FILE_AFTER, Family
from .pictures import Drawer
from .register import Register, Worker

LIVING, MEDICAL, SPECIAL = "living_aid", "medical_aid", "model_worker_special"
STEPS: tuple[tuple[int, str], ...] = ((0, "submit"), (1, "visit"), (8, "township"), (9, "check"), (10, "decide"), (11, "books"), (12, "pay"))
SECOND_VERSION = date(2026, 1, 1)    # from when medical aid goes by it
_BANK = {"bank_name": "农信社城关分社"}
_HOSPITALS = ("云岭县医院", "云江州第一医院", "省第二肿瘤医院")


@dataclass(frozen=True, slots=True)
class Wish:
    """What one household asked for: the day, the last ordinary step, the amount in yuan, and what else happened when."""

    key: str
    worker: Worker
    start: date
    yuan: int
    script: Script


# Which household on file (by its place), which aid, how many working days ago, the last step, yuan, what else.
_ROWS: tuple[tuple[int, str, int, str, int, tuple[tuple[int, str], ...]], ...] = (
    (0, LIVING, 20, "books", 3200, ()), (0, MEDICAL, 5, "visit", 6400, ()), (0, MEDICAL, 6, "submit", 5200, ((1, "give_back"),)),
    (1, LIVING, 13, "books", 3000, ()), (2, LIVING, 12, "decide", 2400, ()), (3, LIVING, 24, "books", 2800, ()), (3, MEDICAL, 3, "submit", 4100, ()),
    (4, MEDICAL, 22, "decide", 26_000, ()), (5, MEDICAL, 18, "books", 7600, ()), (6, LIVING, 7, "submit", 2200, ((1, "visit"), (2, "abandon"))),
    (7, LIVING, 9, "visit", 2600, ()), (8, MEDICAL, 26, "decide", 58_000, ()), (8, LIVING, 100, "pay", 4800, ()),
    (4, LIVING, 11, "check", 3600, ()), (5, MEDICAL, 60, "township", 900, ((9, "refuse"),)), (8, MEDICAL, 2, "", 3300, ()), (4, MEDICAL, 70, "pay", 8800, ()),
    (3, MEDICAL, 10, "township", 12_500, ()), (8, MEDICAL, 76, "", 2100, ()), (1, MEDICAL, 12, "check", 13_800, ()), (5, LIVING, 16, "books", 3100, ()),
)
# Model workers: how many working days ago, the last step, yuan, which kind.
_MODELS = ((60, "pay", 3000), (14, "books", 3000), (11, "check", 24_000), (2, "submit", 3000))


def wishes(households: Sequence[Family], today: date) -> Iterator[Wish]:
    """Yield what the households asked for, each once its file stood and while the year's applications are taken."""
    for place, key, ago, last, yuan, others in _ROWS:
        if place < len(households):
            start, opened = back(today, ago), working_calendar().add_working_days(households[place].start, ON_FILE_AFTER)
            if key == LIVING and start.month == 12:
                start = back(date(start.year, 11, 28), 0)
            if start > opened and (key != MEDICAL or start >= SECOND_VERSION):
                yield Wish(key, households[place].worker, start, yuan, (*_up_to(last), *others))


def honoured(register: Register, taken: set[str], today: date) -> Iterator[Wish]:
    """Yield what model workers asked for."""
    free = [one for one in register.workers if one.row.model_worker in ("province", "nation") and one.row.id not in taken and one.township]
    for (ago, last, yuan), worker in zip(_MODELS, free, strict=False):
        yield Wish(SPECIAL, worker, back(today, ago), yuan, _up_to(last))


def _up_to(last: str) -> Script:
    return STEPS[:[name for _, name in STEPS].index(last) + 1] if last else ()


class Grant(Walk):
    """One wish on its way."""

    def __init__(self, session: Session, register: Register, drawer: Drawer, wish: Wish, number: int, dice: random.Random) -> None:
        super().__init__(session, register, drawer, wish.start, wish.script, number)
        self.wish, self.dice = wish, dice

    def begin(self, at: datetime) -> None:
        form, papers = {LIVING: self._living, MEDICAL: self._medical, SPECIAL: self._special}[self.wish.key](at.date())
        if not self.script:
            form, papers = dict(list(form.items())[:2]), ()
        self.open(self.wish.key, self.register.actor_of(self.session, self.wish.worker, at), at, form, papers)

    def _living(self, day: date) -> tuple[dict[str, str], tuple[str, ...]]:
        return {"reason": "家中有病人，房租和药费占去大半工资，入冬后开支更多。", "asked": str(self.wish.yuan)} | _BANK, ("proof",)

    def _medical(self, day: date) -> tuple[dict[str, str], tuple[str, ...]]:
        settled = day - timedelta(days=self.dice.randrange(8, 50))
        total = self.wish.yuan * 3
        return {"patient": self.dice.choice(("self", "self", "spouse")), "hospital": self.dice.choice(_HOSPITALS), "settled_on": settled.isoformat(),
                "settlement_no": f"JS{settled:%y%m%d}9{self.number:03d}", "total": str(total), "basic": str(total - self.wish.yuan)} | _BANK, ("diagnosis", "settlement")

    def _special(self, day: date) -> tuple[dict[str, str], tuple[str, ...]]:
        ill = self.wish.yuan > 3000
        return {"kind": "own_illness" if ill else "low_income", "honoured_id_no": self.wish.worker.who.id_no, "honour": "省劳动模范，2005 年",
                "reason": "本人住院手术，自费药较多。" if ill else "退休金低，老伴长期患病。", **({"self_paid": str(self.wish.yuan)} if ill else {})} | _BANK, (
                    ("honour", "bills") if ill else ("honour", "income", "school"))

    # --- steps -------------------------------------------------------------------------------------------

    def submit(self, at: datetime) -> None:
        self.act("submit", self.filer, at)

    def abandon(self, at: datetime) -> None:
        self.act("abandon", self.filer, at, comment="单位已给予补助，不再申请。")

    def visit(self, at: datetime) -> None:
        self.act("approve", self.officer(), at, comment="入户核实，情况属实，同意公示。", form={"visit_result": "两人入户，与档案一致，支出属实。"})

    def give_back(self, at: datetime) -> None:
        self.act("return_to", self.officer(), at, comment="结算单照片看不清，基本医保报销金额与结算单不一致，请更正。", dest="draft",
                 correct=("form.basic", "attachments.settlement"))

    def township(self, at: datetime) -> None:
        if self.state == "township_review":
            self.act("approve", self.officer(), at, comment="经复核，材料齐全，同意上报。")

    def check(self, at: datetime) -> None:
        self.act("approve", self.officer(), at, comment="与档案和医保、民政数据核对一致，确有需要，报审批。")

    def refuse(self, at: datetime) -> None:
        self.act("reject", self.officer(), at, comment="与上年已救助的为同一张结算单，不能重复申请；已电话告知本人。")

    def decide(self, at: datetime) -> None:
        if not self.voices("approve", at, "同意。"):
            self.act("approve", self.officer(), at, comment="同意按核定金额发放。")

    def books(self, at: datetime) -> None:
        if self.state == "finance_check":
            self.act("approve", self.officer(), at, comment="金额、账户复核无误。")

    def pay(self, at: datetime) -> None:
        if self.state == "paying":
            self.act("pay", self.officer(), at, comment="已转账。", form={"paid_on": at.astimezone(ZONE).date().isoformat()}, papers=("receipt",))


