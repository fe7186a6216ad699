"""The households on file and those on the way there: who lives together, what they earn, and what became of their file."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from .calendar_days import back
from .invention import id_number
from .places import VACANT
from .register import FILED, Register, Worker

KEY = "hardship_file"
BASE: tuple[tuple[int, str], ...] = ((0, "submit"), (2, "visit"), (10, "township"), (12, "check"), (14, "recognise"))
ON_FILE_AFTER = 15                   # working days from the application until aid may be asked for
_NOTES = {"illness": "本人患慢性肾病，每周透析，自付药费较多。", "disability": "家中一人重度残疾，需要长期护理。", "study": "两个孩子上学，学费和生活费靠一人工资。",
          "unemployment": "配偶下岗，一直没有找到稳定工作。", "low_wage": "一人工资供养全家，收入低于低保标准。", "accident": "房屋失火，家电和存粮烧毁，家人受伤住院。"}
PROOFS = {"illness": "diagnosis", "disability": "disability", "study": "school_proof", "accident": "accident_proof"}
_GIVEN = {"child": {"male": ("思远", "浩然", "子轩"), "female": ("雨欣", "嘉怡", "梓萱")},
          "spouse": {"male": ("建华", "永明", "国庆"), "female": ("丽芬", "春梅", "桂英")},
          "parent": {"male": ("德福", "正祥"), "female": ("玉珍", "秀英")}}
_SURNAMES = "李王杨张段和木罗赵马"


@dataclass(frozen=True, slots=True)
class Family:
    """One household: the day it applied, its category and size, why, and what happened on which working day."""

    start: date
    worker: Worker
    category: str
    members: tuple[dict[str, str], ...]
    cause: str
    script: tuple[tuple[int, str], ...]
    income: int                      # yuan a year, with `rigid` of it gone before anybody eats
    rigid: int

    @property
    def on_file(self) -> bool:
        """Whether aid rests on this file: it was opened, and nothing has happened to it since."""
        return self.script == BASE

    def form(self, migrant: bool) -> dict[str, object]:
        worst = self.cause in ("illness", "disability")
        return {
            "address": f"文化路{self.start.day + 3}号{self.start.month}单元", "work_state": "sick" if worst else "working",
            "marital": "married" if self.members else "single", "health": {"illness": "serious", "disability": "disabled"}.get(self.cause, "good"),
            "family": list(self.members), "annual_income": str(self.income), "rigid_spending": str(self.rigid), "dibao": "否",
            "cause": self.cause, "cause_note": _NOTES[self.cause], "dwellings": "1", "shop": "否", "vehicle": "否", "dear_school": "否", "bank_name": "农信社城关分社",
            **({"contract_months": "30"} if migrant else {}), **({"event_loss": str(self.income), "casualty": "是"} if self.cause == "accident" else {})}


# category, people in the household, cause, how many working days ago it began, the last ordinary step, what else happened when
_ROWS: tuple[tuple[str, int, str, int, str, tuple[tuple[int, str], ...]], ...] = (
    ("deep", 3, "illness", 210, "recognise", ()),                    # the household of the demo's own account
    ("deep", 4, "study", 30, "recognise", ()), ("relative", 2, "low_wage", 45, "recognise", ()), ("deep", 1, "disability", 60, "recognise", ()),
    ("deep", 5, "illness", 75, "recognise", ()), ("accident", 4, "accident", 90, "recognise", ()), ("relative", 3, "unemployment", 110, "recognise", ()),
    ("relative", 5, "study", 150, "recognise", ()), ("deep", 2, "illness", 180, "recognise", ()),
    ("relative", 3, "low_wage", 2, "", ()), ("relative", 4, "study", 1, "submit", ()),
    ("relative", 3, "study", 4, "visit", ()), ("accident", 4, "accident", 6, "visit", ((4, "object"),)), ("deep", 1, "disability", 11, "visit", ()),
    ("relative", 5, "low_wage", 12, "township", ()), ("deep", 3, "illness", 14, "check", ()),
    ("deep", 3, "illness", 285, "recognise", ()),                    # a year is over: its review is due
    ("relative", 4, "study", 288, "recognise", ((279, "report"),)), ("deep", 2, "disability", 296, "recognise", ((278, "report"), (281, "keep"))),
    ("relative", 2, "low_wage", 100, "recognise", ((96, "propose_exit"),)),
    ("relative", 3, "unemployment", 105, "recognise", ((95, "propose_exit"), (101, "exit_visit"))),
    ("relative", 3, "study", 120, "recognise", ((108, "propose_exit"), (113, "exit_visit"), (117, "exit_check"))),
    ("relative", 4, "unemployment", 128, "recognise", ((108, "propose_exit"), (112, "exit_visit"), (117, "exit_check"))),
    ("relative", 2, "low_wage", 170, "recognise", ((110, "propose_exit"), (113, "exit_visit"), (116, "exit_check"), (126, "leave"))),
    ("deep", 1, "illness", 90, "recognise", ((88, "propose_cancel"),)), ("relative", 2, "illness", 95, "recognise", ((88, "propose_cancel"), (91, "cancel_check"))),
    ("deep", 2, "illness", 140, "recognise", ((60, "propose_cancel"), (63, "cancel_check"), (65, "cancel"))),
    ("relative", 3, "low_wage", 80, "visit", ((10, "refuse"),)), ("relative", 2, "study", 70, "submit", ((3, "abandon"),)), ("deep", 2, "low_wage", 75, "", ()),
)


def families(register: Register, taken: set[str], today: date, dice: random.Random) -> list[Family]:
    """Return as many households as there are workers left whom nothing else is told of."""
    workers = iter(_free(register, taken))
    made = []
    for number, (category, size, cause, ago, last, others) in enumerate(_ROWS):
        worker = register.workers[FILED] if number == 0 else next(workers, None)
        if worker is None:
            break
        steps = BASE[:[name for _, name in BASE].index(last) + 1] if last else ()
        head = {"deep": dice.randrange(430, 640), "relative": dice.randrange(900, 1250), "accident": dice.randrange(900, 1250)}[category]
        rigid = dice.randrange(20, 60) * 100 if cause in ("illness", "study") else 0
        made.append(Family(back(today, ago), worker, category, tuple(_members(worker, size, number, dice)), cause, (*steps, *others), head * 12 * size + rigid, rigid))
    return made


def _free(register: Register, taken: set[str]) -> Iterator[Worker]:
    """Yield members below a township, one union after another."""
    turn: Counter[int] = Counter()
    ranked: list[tuple[int, int, Worker]] = []
    for one in register.workers[2:]:
        if one.row.id not in taken and one.township and one.row.member_since and one.union.name != VACANT and one.row.model_worker == "none":
            turn[one.union.id] += 1
            ranked.append((turn[one.union.id], len(ranked), one))
    return (one for _, _, one in sorted(ranked, key=lambda row: row[:2]))


def _members(worker: Worker, size: int, number: int, dice: random.Random) -> Iterator[dict[str, str]]:
    """Yield whoever lives with the worker: first the spouse, then children and a parent."""
    relations = ("spouse", "child", "child", "parent")[:size - 1]
    for place, relation in enumerate(relations):
        gender = ("female" if worker.who.gender == "male" else "male") if relation == "spouse" else dice.choice(("male", "female"))
        years = {"spouse": dice.randrange(-3, 4), "child": dice.randrange(22, 30), "parent": -dice.randrange(22, 30)}[relation]
        born = date(min(worker.who.born_on.year + years, 2020), 1, 1) + timedelta(days=dice.randrange(365))
        surname = worker.who.name[0] if relation != "spouse" else dice.choice(_SURNAMES)
        doing = {"spouse": "务农", "child": "上学", "parent": "无业"}[relation]
        yield {"name": surname + dice.choice(_GIVEN[relation][gender]), "id_no": id_number(born, 200 + number * 4 + place, gender), "relation": relation,
               "health": "健康", "doing": doing, "income": "600" if relation == "spouse" else "0"}
