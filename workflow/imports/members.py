"""Lists of members: who they are, and of which union since when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..language.reading_values import Words
from ..records import Person
from . import persons
from .columns import column
from .kinds import Desk, Item, Kind
from .persons import BANK_CARD, ID_NO, MEMBER_NO, MODELS, NAME, PHONE, SINCE, UNIT
from .sheets import Line

_YES = {"农民工": "是", "非农民工": "否"}
COLUMNS = (
    NAME, ID_NO, PHONE, BANK_CARD, persons.demanded(UNIT), MEMBER_NO, SINCE,
    column("migrant", "bool", "农民工", "migrant worker", "是否农民工", "是否为农民工", also=_YES, width=10),
    column("model_worker", "enum", "劳模", "model worker", "劳模级别", "劳动模范", "劳模称号", options={code: Words(label) for code, label in MODELS.items()}, width=10,
           also={"否": "none", "不是": "none", "市级劳模": "city", "州级": "city", "省级劳模": "province", "全国劳模": "nation", "国家级": "nation"}),
)


def _gather(lines: Sequence[Line]) -> list[Item]:
    persons.twice(lines, "id_no", "身份证号", "identity number")
    return [Item([line]) for line in lines]


def _judge(desk: Desk, items: Sequence[Item]) -> None:
    found = persons.known(desk, [item.head for item in items])
    near = persons.within(desk, [person.union_id for person in found.values()])
    for item in items:
        if not item.faulty:
            _one(desk, item, found.get(item.head.values["id_no"]), near)


def _one(desk: Desk, item: Item, person: Person | None, near: set[int]) -> None:
    line = item.head
    union = desk.union(line)
    if person is None or line.faults:
        return
    if not persons.reachable(line, person, near) or not persons.same_name(line, person) or not persons.same_union(line, person, union):
        return
    item.found = {"person": person.id, "changes": persons.differences(desk, person, line.values)}
    item.changes = list(item.found["changes"]) + (["unit"] if person.union_id is None else [])
    item.outcome = "changed" if item.changes else "same"


def _write(desk: Desk, items: Sequence[Item]) -> None:
    for item in items:
        union = desk.union(item.head)
        if item.outcome == "new":
            persons.add(desk, item, item.head, union)
        else:
            persons.change(desk, item, desk.session.get_one(Person, item.found["person"]), item.found["changes"], union)


def _restore(desk: Desk, table: str, key: str, values: dict[str, Any], item: Item) -> None:
    persons.restore(desk, key, values, item)


PEOPLE = Kind("people", Words("会员", "members"), COLUMNS, frozenset({"admin", "county_handler"}), _gather, _judge, _write, _restore)
