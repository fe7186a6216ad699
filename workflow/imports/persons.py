"""Workers as rows of a list: found by their identity number, compared with the register, added or completed.

Shared by lists of members and of hardship files. A cell left empty says nothing; it never empties what the register has.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import select, update

from ..language.identity import mask
from ..people.register import NUMBERS, entry
from ..records import Membership, Organisation, Person
from .columns import Column, column
from .kinds import Desk, Item
from .sheets import Line

_KIND = {number.name: number.type for number in NUMBERS}
_PLAIN = ("member_no", "member_since", "migrant", "model_worker")
MODELS = {"none": "无", "city": "市级", "province": "省级", "nation": "全国"}
PAGE = 500
_people, _memberships = Person.__table__, Membership.__table__.c

NAME = column("name", "text", "姓名", "name", "职工姓名", "会员姓名", "成员姓名", "家庭成员姓名", "户主姓名", required=True, max=100, width=12)
ID_NO = column("id_no", "idcard", "身份证号", "identity number", "身份证号码", "身份证", "公民身份号码", "证件号", "证件号码", "居民身份证号", "公民身份证号码",
               required=True, width=22)
PHONE = column("phone", "phone", "手机号", "mobile phone", "手机号码", "手机", "电话", "联系电话", "联系方式", "移动电话", width=14)
BANK_CARD = column("bank_card", "bankcard", "银行卡号", "bank card", "银行账号", "卡号", "账号", "银行卡", "工资卡号", width=24)
UNIT = column("unit", "text", "所属工会", "union", "单位", "单位名称", "工作单位", "所在单位", "所属单位", "工会名称", "基层工会", "组织代码", "单位代码",
              max=200, width=26)
MEMBER_NO = column("member_no", "text", "会员号", "member number", "会员编号", "会员证号", "会员卡号", "工会会员号", max=40)
SINCE = column("member_since", "date", "入会日期", "member since", "入会时间", "会籍起始日期", width=14)


def known(desk: Desk, lines: Iterable[Line]) -> dict[str, Person]:
    """Return who is in the register, by identity number; of people found to be one, the one that was kept."""
    indexes = {desk.box.blind("idcard", str(line.values["id_no"])): str(line.values["id_no"]) for line in lines if line.values.get("id_no")}
    found: dict[str, Person] = {}
    wanted = sorted(indexes)
    for start in range(0, len(wanted), PAGE):
        for person in desk.session.scalars(select(Person).where(Person.id_no_index.in_(wanted[start:start + PAGE]))):
            assert person.id_no_index is not None
            found[indexes[bytes(person.id_no_index)]] = person
            desk.held.append(person)
    for id_no, person in found.items():
        if person.merged_into is not None:
            found[id_no] = desk.session.get_one(Person, person.merged_into)
    return found


def within(desk: Desk, unions: Iterable[int | None]) -> set[int]:
    """Return which of these unions lie within the import's place, closed ones included."""
    wanted = sorted({one for one in unions if one is not None})
    found: set[int] = set()
    for start in range(0, len(wanted), PAGE):
        found |= set(desk.session.scalars(select(Organisation.id).where(
            Organisation.id.in_(wanted[start:start + PAGE]), Organisation.path.like(desk.row.path + "%"))))
    return found


def same_name(line: Line, person: Person) -> bool:
    """Say whether the register knows this number under this name; if not, that is the row's fault."""
    if "".join(person.name.split()) == "".join(str(line.values["name"]).split()):
        return True
    line.wrong("OTHER_NAME", f"这个身份证号登记的姓名是{mask('name', person.name)}，与填写的姓名不一致，请核对",
               f"This identity number is registered for {mask('name', person.name)}; check the name", "name")
    return False


def reachable(line: Line, person: Person, near: set[int]) -> bool:
    """Say whether this worker belongs to a union within reach, or to none; if not, that is the row's fault."""
    if person.union_id is None or person.union_id in near:
        return True
    line.wrong("ELSEWHERE", "这个身份证号已在本范围以外的工会登记，请先办理转会",
               "This identity number is registered with a union elsewhere; move the membership first", "id_no")
    return False


def same_union(line: Line, person: Person, union: Organisation | None) -> bool:
    """Say whether the row names the worker's own union, or none; nobody is moved by an import."""
    if union is None or person.union_id in (None, union.id):
        return True
    line.wrong("OTHER_UNION", "这位职工登记在另一个工会，导入不改变会籍所在工会，请到人员页面办理转会",
               "This worker is a member of another union; an import moves nobody, so move the membership on their page", "unit")
    return False


def demanded(column: Column, *, blank: bool = False) -> Column:
    """Return the column as one a sheet must have; `blank` lets a row leave its cell empty."""
    return replace(column, required=True, blank=blank)


def differences(desk: Desk, person: Person, values: dict[str, Any]) -> dict[str, Any]:
    """Return {column: new} of what a row says otherwise than the register, or knows in addition."""
    changes: dict[str, Any] = {}
    for name in ("phone", "bank_card"):
        if values.get(name) and desk.box.blind(_KIND[name], values[name]) != getattr(person, f"{name}_index"):
            changes[name] = values[name]
    for name in _PLAIN:
        value = values.get(name)
        if value is not None and value != _json(getattr(person, name)):
            changes[name] = value
    return changes


def add(desk: Desk, item: Item, line: Line, union: Organisation | None) -> dict[str, Any]:
    """Put a worker into the register, with the membership where the row names a day of joining; return the row of `people`."""
    values = line.values
    since = _day(values.get("member_since")) if union is not None else None
    numbers = {name: values[name] for name in _KIND if values.get(name)}
    row, facts = entry(desk.box, desk.now, str(values["name"]), numbers, union_id=union.id if union else None, member_no=values.get("member_no"),
                          member_since=since, migrant=bool(values.get("migrant")), model_worker=values.get("model_worker") or "none")
    desk.add(_people, row)
    stream = f"person:{row['id']}"
    item.made.append(["people", row["id"], stream])
    if since is not None:
        join(desk, item, row["id"], row["member_no"], union, since)
    desk.tell(stream, "add", item, None, {}, {key: (None, value) for key, value in facts.items() if value is not None}, new=True)
    return row


def join(desk: Desk, item: Item, person_id: str, member_no: str | None, union: Organisation | None, since: date) -> None:
    assert union is not None
    desk.add(Membership.__table__, {"person_id": person_id, "organisation_id": union.id, "member_no": member_no, "since_on": since, "until_on": None,
                                    "reason": "", "created_at": desk.now})
    item.made.append(["memberships", person_id, f"person:{person_id}"])


def change(desk: Desk, item: Item, person: Person, changes: dict[str, Any], union: Organisation | None = None) -> None:
    """Complete or correct a worker's row, and keep what stood there."""
    told: dict[str, tuple[Any, Any]] = {}
    before = item.before.setdefault(f"people:{person.id}", {})
    for name, value in changes.items():
        told[name] = (old(desk, person, name), value)
        before[name] = told[name][0]
        put(desk, person, name, value)
    if union is not None and person.union_id is None:
        told["union_id"], before["union_id"] = (None, union.id), None
        person.union_id = union.id
        if person.member_since is not None:
            join(desk, item, person.id, person.member_no, union, person.member_since)
    if told:
        desk.tell(f"person:{person.id}", "change", item, None, {}, told)
        item.made.append(["people", person.id, f"person:{person.id}"])


def old(desk: Desk, person: Person, name: str) -> Any:
    """Return what the register has, as JSON."""
    if name in _KIND:
        sealed = getattr(person, f"{name}_sealed")
        return None if sealed is None else desk.box.open(f"people.{name}", person.id, sealed).decode()
    return _json(getattr(person, name))


def put(desk: Desk, person: Person, name: str, value: Any) -> None:
    if name in _KIND:
        setattr(person, f"{name}_sealed", desk.box.seal(f"people.{name}", person.id, value.encode()) if value else None)
        setattr(person, f"{name}_index", desk.box.blind(_KIND[name], value) if value else None)
        return
    setattr(person, name, _day(value) if name == "member_since" else value)
    if name == "member_no" or name == "member_since" and value:          # the open membership repeats the two
        desk.session.execute(update(Membership.__table__).where(_memberships.person_id == person.id, _memberships.until_on.is_(None)).values(
            {"member_no": value} if name == "member_no" else {"since_on": _day(value)}))


def restore(desk: Desk, person_id: str, values: dict[str, Any], item: Item) -> None:
    """Put back what stood in a worker's row before the import."""
    person = desk.session.get_one(Person, person_id)
    told = {}
    for name, value in values.items():
        told[name] = (old(desk, person, name), value)
        put(desk, person, name, value)
    desk.tell(f"person:{person_id}", "import_undo", item, None, {}, told)


def twice(lines: Sequence[Line], name: str, label: str, english: str) -> None:
    """Make a fault of every row whose number stands in an earlier row already."""
    seen: dict[Any, int] = {}
    for line in lines:
        value = line.values.get(name)
        if value is None:
            continue
        if value in seen:
            line.wrong("TWICE", f"{label}与第 {seen[value]} 行重复，请只留一行", f"The {english} is that of row {seen[value]} too; leave one row", name)
        seen.setdefault(value, line.n)


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


__all__ = ["BANK_CARD", "ID_NO", "MEMBER_NO", "MODELS", "NAME", "PHONE", "SINCE", "UNIT", "add", "change", "demanded", "differences", "known", "reachable", "restore",
           "same_name", "same_union", "twice", "within"]
