"""Lists of hardship files 困难职工档案: a row a person, the head's with the file, the others' with their relation to the head.

Rows of one file share its number; below a head they may leave it empty, as merged cells do. Files of before keep their number and
their category, the older ones too; files that a case of ours opened are not touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from .. import ids
from ..language.identity import mask
from ..language.reading_values import Words
from ..records import HardshipFile, Household, HouseholdMember, Organisation, Person
from ..register.households import PLACE
from . import persons
from .columns import column
from .finding import Neighbours, neighbours
from .kinds import Desk, Item, Kind
from .persons import BANK_CARD, ID_NO, MEMBER_NO, NAME, PHONE, SINCE, UNIT
from .sheets import Line

_files, _households, _members = HardshipFile.__table__, Household.__table__, HouseholdMember.__table__
RELATIONS = {"head": "户主", "spouse": "配偶", "child": "子女", "parent": "父母", "sibling": "兄弟姐妹", "grandparent": "祖父母", "grandchild": "孙子女", "other": "其他"}
_RELATED = {
    "head": "本人 申请人 户主本人 职工本人", "spouse": "妻子 丈夫 夫 妻 爱人 老公 老婆",
    "child": "儿子 女儿 子 女 长子 次子 三子 长女 次女 三女 独生子 独生女 儿媳 女婿 继子 继女 养子 养女",
    "parent": "父亲 母亲 父 母 岳父 岳母 公公 婆婆 继父 继母 养父 养母", "sibling": "哥哥 弟弟 姐姐 妹妹 兄 弟 姐 妹 哥 姊妹 兄弟",
    "grandparent": "祖父 祖母 外祖父 外祖母 爷爷 奶奶 外公 外婆", "grandchild": "孙子 孙女 外孙 外孙女", "other": "其它 亲属 其他亲属"}
_CATEGORIES = {"deep": "深度困难", "relative": "相对困难", "accident": "意外致困", "dibao": "低保户", "dibao_edge": "低保边缘户"}
_CALLED = {"deep": "深度困难职工 深度", "relative": "相对困难职工 相对", "accident": "意外致困职工 意外", "dibao": "低保 最低生活保障户", "dibao_edge": "低保边缘 边缘户"}
_STATUS = {"on_file": "在档", "exited": "脱困退出", "cancelled": "注销"}
_STANDS = {"on_file": "正常 在册 建档", "exited": "脱困 解困 已脱困 已解困 退出 解困脱困", "cancelled": "已注销 撤销 取消"}


def _also(words: dict[str, str]) -> dict[str, str]:
    return {word: code for code, text in words.items() for word in text.split()}


COLUMNS = (
    column("number", "text", "档案编号", "file number", "档案号", "困难职工档案编号", "困难职工编号", "建档编号", "编号", required=True, blank=True, max=60, width=20),
    NAME, ID_NO,
    column("relation", "enum", "与户主关系", "relation to the head", "关系", "家庭关系", "与职工关系", "与本人关系", "与申请人关系", "成员关系",
           options={code: Words(label) for code, label in RELATIONS.items()}, also=_also(_RELATED), width=12),
    persons.demanded(UNIT, blank=True),
    column("category", "enum", "困难类别", "category", "档案类别", "困难类型", "类别", "困难职工类别", "困难等级", required=True, blank=True,
           options={code: Words(label) for code, label in _CATEGORIES.items()}, also=_also(_CALLED), width=12),
    column("opened_on", "date", "建档日期", "opened on", "建档时间", "录入日期", required=True, blank=True, width=14),
    column("size", "int", "家庭人口", "household size", "共同生活人口", "家庭人口数", "家庭人数", "人口数", min=1, max=30, width=10),
    column("per_capita", "money", "家庭月人均收入", "monthly income per head", "月人均收入", "人均月收入", "家庭人均月收入", "人均收入", width=14),
    column("reviewed_on", "date", "最近年审日期", "reviewed on", "年审日期", "复核日期", "年审时间", width=14),
    column("status", "enum", "档案状态", "status", "状态", options={code: Words(label) for code, label in _STATUS.items()}, also=_also(_STANDS), width=10),
    column("ended_on", "date", "退出日期", "ended on", "脱困日期", "注销日期", "脱困时间", "解困日期", width=14),
    column("end_reason", "text", "退出原因", "reason", "脱困原因", "注销原因", max=200),
    column("address", "text", "家庭住址", "address", "住址", "地址", "家庭地址", "现住址", max=200, width=30),
    PHONE, BANK_CARD, MEMBER_NO, SINCE,
)
_FILE = {"category": "category", "size": "size", "per_capita": "monthly_per_capita_fen", "reviewed_on": "reviewed_on", "status": "status", "ended_on": "ended_on",
         "end_reason": "end_reason"}


def _gather(lines: Sequence[Line]) -> list[Item]:
    persons.twice(lines, "id_no", "身份证号", "identity number")
    groups: dict[Any, list[Line]] = {}
    last: Any = None
    for line in lines:
        number, head = line.values.get("number"), line.values.get("relation") in (None, "head")
        if number is None and (head or last is None):
            line.wrong("EMPTY", "请填写档案编号", "Fill in the file number", "number")
            groups[("row", line.n)] = [line]
            continue
        last = last if number is None else number
        groups.setdefault(last, []).append(line)
    return [_family(lines) for lines in groups.values()]


def _family(lines: list[Line]) -> Item:
    heads = [line for line in lines if line.values.get("relation") == "head"] or ([lines[0]] if lines[0].values.get("relation") is None else [])
    unsaid = [line for line in lines if line.values.get("relation") is None and line not in heads]
    for line in unsaid:
        line.wrong("RELATION", "请填写与户主关系", "Fill in the relation to the head", "relation")
    if len(heads) != 1:
        for line in lines:
            line.wrong("ONE_HEAD", "同一档案编号下要有且只有一名户主", "The rows of one file name one head, no more and no fewer", "relation")
        return Item(lines)
    head = heads[0]
    for name, zh, en in (("unit", "所属工会", "the union"), ("category", "困难类别", "the category"), ("opened_on", "建档日期", "the opening day")):
        if head.values.get(name) in (None, "") and not any(fault.message.field == name for fault in head.faults):
            head.wrong("EMPTY", f"户主这一行请填写{zh}", f"Fill in {en} in the head's row", name)
    values = head.values
    if values.get("status") is None:
        values["status"] = "exited" if values.get("ended_on") else "on_file"
    if values["status"] != "on_file" and not values.get("ended_on"):
        head.wrong("EMPTY", "已退出或注销的档案请填写退出日期", "A file that has ended needs the day it ended", "ended_on")
    if values["status"] == "on_file":
        values["ended_on"] = None
    for later in ("ended_on", "reviewed_on"):
        if values.get(later) and values.get("opened_on") and values[later] < values["opened_on"]:
            head.wrong("DAY_BEFORE", "日期不能早于建档日期", "The day is before the file was opened", later)
    return Item([head, *(line for line in lines if line is not head)])


def _judge(desk: Desk, items: Sequence[Item]) -> None:
    sound = [item for item in items if not item.faulty]
    people = persons.known(desk, [line for item in sound for line in item.lines])
    near = persons.within(desk, [person.union_id for person in people.values()])
    there = neighbours(desk, [str(item.head.values["number"]) for item in sound], [person.id for person in people.values()])
    for item in sound:
        _one(desk, item, people, near, there)


def _one(desk: Desk, item: Item, people: dict[str, Person], near: set[int], there: Neighbours) -> None:
    head = item.head
    union = desk.union(head)
    known = {line.n: people[line.values["id_no"]] for line in item.lines if line.values["id_no"] in people}
    for line in item.lines:
        person = known.get(line.n)
        if person is not None and persons.reachable(line, person, near) and persons.same_name(line, person) and line is head:
            persons.same_union(line, person, union)
    first = known.get(head.n)
    file = there.files.get(head.values["number"])
    home = there.home.get(first.id) if first is not None else None
    if file is not None:
        if not file.path.startswith(desk.row.path) or first is None or file.head_id != first.id:
            head.wrong("FILE_TAKEN", "这个档案编号已是另一户的，请核对编号和户主", "This file number is another household's; check the number and the head", "number")
            return
        home = file.household_id
    elif home is not None:
        if there.households[home].head_id != (first.id if first else None):
            head.wrong("NOT_HEAD", f"{mask('name', head.values['name'])}已是另一户的成员，不能作为户主", "The head lives in another household as a member", "id_no")
        elif home in there.open and head.values["status"] == "on_file":
            head.wrong("FILE_OPEN", f"这一户已在档，档案编号 {there.open[home].number}，不重复建档",
                       f"This household has an open file already, {there.open[home].number}", "number")
    for line in item.lines[1:]:
        member = known.get(line.n)
        lives = there.home.get(member.id) if member is not None else None
        if lives is not None and lives != home:
            line.wrong("IN_A_HOUSEHOLD", f"{mask('name', line.values['name'])}已在另一户家庭里，一个人不能同时属于两户",
                       f"{mask('name', line.values['name'])} lives in another household; nobody is in two", "id_no")
    if item.faulty:
        return
    changes = {line.n: persons.differences(desk, known[line.n], line.values) for line in item.lines if line.n in known}
    joining = [line.n for line in item.lines if line.n not in known or there.home.get(known[line.n].id) != home or home is None]
    item.found = {"people": {n: person.id for n, person in known.items()}, "changes": changes, "joining": joining, "household": home,
                  "file": file.id if file is not None else None}
    if file is None:
        return
    moved = {name: head.values[name] for name, place in _FILE.items() if head.values.get(name) is not None and head.values[name] != _json(getattr(file, place))}
    if moved and file.case_id is not None:
        head.wrong("FILE_BY_CASE", "这份档案由系统内的建档流程管理，请通过年审或退出办理，不能用导入修改",
                   "This file lives by a case here; it changes by its review, not by an import", "number")
        return
    item.found["moved"] = moved
    item.changes = [*moved, *dict.fromkeys(name for found in changes.values() for name in found)] + (["relation"] if joining else [])
    item.outcome = "changed" if item.changes else "same"


def _write(desk: Desk, items: Sequence[Item]) -> None:
    for item in items:
        union = desk.union(item.head)
        assert union is not None
        people: dict[int, str] = {}
        for line in item.lines:
            person_id = item.found["people"].get(line.n)
            if person_id is None:
                people[line.n] = persons.add(desk, item, line, union if line is item.head else desk.unions.get(line.values.get("unit") or ""))["id"]
            else:
                people[line.n] = person_id
                persons.change(desk, item, desk.session.get_one(Person, person_id), item.found["changes"][line.n], union if line is item.head else None)
        household = _household(desk, item, people[item.head.n], union)
        stream = f"household:{household.id}"
        since = date.fromisoformat(item.head.values["opened_on"])
        for line in item.lines:
            if line.n not in item.found["joining"]:
                continue
            relation = "head" if line is item.head else line.values["relation"]
            desk.add(_members, {"household_id": household.id, "person_id": people[line.n], "relation": relation, "since_on": since, "until_on": None})
            item.made.append(["household_members", people[line.n], stream])
            if line is not item.head:
                desk.tell(stream, "join", item, household.unit_id, {"person": people[line.n], "relation": relation, "since": since.isoformat()})
        _file(desk, item, household, stream)


class _Home(NamedTuple):
    """What a file repeats of its household."""

    id: str
    head_id: str
    unit_id: int
    path: str


def _household(desk: Desk, item: Item, head: str, union: Organisation) -> _Home:
    """Return the household of the rows; a new one with this head where there is none yet."""
    if item.found["household"] is not None:
        row = desk.session.get_one(Household, item.found["household"])
        return _Home(row.id, row.head_id, row.unit_id, row.path)
    home = _Home(ids.new(desk.now), head, union.id, union.path)
    address = " ".join((item.head.values.get("address") or "").split())
    desk.add(_households, {**home._asdict(), "address_sealed": desk.box.seal(PLACE, home.id, address.encode()) if address else None,
                           "created_at": desk.now, "updated_at": desk.now})
    item.made.append(["households", home.id, f"household:{home.id}"])
    desk.tell(f"household:{home.id}", "open", item, union.id, {"head": head, "since": item.head.values["opened_on"]},
              {"address": (None, address)} if address else None, new=True)
    return home


def _file(desk: Desk, item: Item, household: _Home, stream: str) -> None:
    """Open the file as the list has it, or bring an imported one up to date."""
    values = item.head.values
    if item.found["file"] is not None:
        moved = item.found["moved"]
        if moved:
            _renew(desk, item, stream, moved)
        return
    file_id, size, per_capita = ids.new(desk.now), values.get("size") or len(item.lines), values.get("per_capita")
    desk.add(_files, {
        **household._asdict(), "id": file_id, "number": values["number"], "household_id": household.id, "case_id": None, "category": values["category"],
        "status": values["status"], "size": size, "monthly_per_capita_fen": per_capita, "opened_on": date.fromisoformat(values["opened_on"]),
        "reviewed_on": date.fromisoformat(values.get("reviewed_on") or values["opened_on"]), "ended_on": _json_day(values.get("ended_on")),
        "end_reason": (values.get("end_reason") or "") if values["status"] != "on_file" else "", "created_at": desk.now, "updated_at": desk.now})
    desk.tell(stream, "file_open", item, household.unit_id,
              {"file": file_id, "number": values["number"], "category": values["category"], "size": size, "on": values["opened_on"]}, {"per_capita": (None, per_capita)})
    if values["status"] != "on_file":
        _end(desk, item, stream, household.unit_id, file_id)
    item.made.append(["hardship_files", file_id, stream])


def _renew(desk: Desk, item: Item, stream: str, moved: dict[str, Any]) -> None:
    values = item.head.values
    row = desk.session.get_one(HardshipFile, item.found["file"])
    before = {name: _json(getattr(row, _FILE[name])) for name in {*moved, "status", "ended_on", "end_reason"}}
    item.before[f"hardship_files:{row.id}"], was = before, row.category
    _put(row, moved if values["status"] != "on_file" else {**moved, "ended_on": None, "end_reason": ""})
    row.updated_at = desk.now
    extra = {"file": row.id, "number": row.number, "on": row.reviewed_on.isoformat(), "category": row.category, "was": was, "size": row.size}
    desk.tell(stream, "file_renew", item, row.unit_id, extra, {"per_capita": (before.get("per_capita"), row.monthly_per_capita_fen)})
    if row.status != "on_file" and "status" in moved:
        _end(desk, item, stream, row.unit_id, row.id)
    item.made.append(["hardship_files", row.id, stream])


def _end(desk: Desk, item: Item, stream: str, unit_id: int, file_id: str) -> None:
    values = item.head.values
    desk.tell(stream, "file_end", item, unit_id, {"file": file_id, "number": values["number"], "status": values["status"], "on": values["ended_on"]})


def _put(row: HardshipFile, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, _FILE[name], _json_day(value) if name.endswith("_on") else value)


def _restore(desk: Desk, table: str, key: str, values: dict[str, Any], item: Item) -> None:
    if table == "people":
        persons.restore(desk, key, values, item)
        return
    row = desk.session.get_one(HardshipFile, key)
    _put(row, values)
    row.updated_at = desk.now
    desk.tell(f"household:{row.household_id}", "import_undo", item, row.unit_id, {"file": row.id, "number": row.number, "status": row.status, "category": row.category})


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _json_day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


FILES = Kind("files", Words("困难职工档案", "hardship files"), COLUMNS, frozenset({"county_handler"}), _gather, _judge, _write, _restore)
