"""Lists of unions: code, name, level and what is above. A parent may stand anywhere in the same file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from .. import organisations
from ..language.reading_values import Words
from ..records import Organisation
from ..records.organisations import LEVELS
from .columns import column
from .kinds import Desk, Item, Kind
from .persons import PAGE, twice
from .sheets import Line

_LEVELS = {"province": Words("省级", "province"), "prefecture": Words("州市级", "prefecture"), "county": Words("县级", "county"),
           "township": Words("乡镇街道", "township"), "unit": Words("基层", "unit")}
_ALSO = {"省": "province", "市": "prefecture", "州": "prefecture", "市级": "prefecture", "州级": "prefecture", "地市级": "prefecture", "县": "county", "区": "county",
         "区县": "county", "县区级": "county", "乡镇": "township", "街道": "township", "乡": "township", "镇": "township", "基层工会": "unit", "基层单位": "unit",
         "单位": "unit", "企业": "unit"}
COLUMNS = (
    column("code", "text", "组织代码", "code", "编码", "代码", "工会代码", "单位代码", "单位编码", "组织编码", required=True, max=40),
    column("name", "text", "组织名称", "name", "名称", "工会名称", "单位名称", required=True, max=200, width=30),
    column("level", "enum", "层级", "level", "级别", "组织层级", "类型", required=True, options=_LEVELS, also=_ALSO, width=12),
    column("parent", "text", "上级组织代码", "parent", "上级代码", "上级编码", "上级", "上级工会", "上级单位", "上级单位编码", required=True, max=200),
    column("region", "text", "行政区划代码", "region", "区划代码", "行政区划", max=12),
    column("phone", "text", "联系电话", "phone", "电话", "办公电话", "咨询电话", max=40),
)
_SAID = ("name", "region", "phone")


def _gather(lines: Sequence[Line]) -> list[Item]:
    """One item a row, highest level first, so that what is above is there before what is below."""
    twice(lines, "code", "组织代码", "code")
    order = {level: place for place, level in enumerate(LEVELS)}
    return [Item([line]) for line in sorted(lines, key=lambda line: (order.get(line.values.get("level") or "", len(order)), line.n))]


def _judge(desk: Desk, items: Sequence[Item]) -> None:
    codes = sorted({str(item.head.values["code"]) for item in items if item.head.values.get("code")})
    there: dict[str, Organisation] = {}
    for start in range(0, len(codes), PAGE):
        there |= {row.code: row for row in desk.session.scalars(select(Organisation).where(Organisation.code.in_(codes[start:start + PAGE])))}
    levels = {name: one.level for name, one in desk.unions.items()}
    for item in items:
        _one(desk, item, there.get(item.head.values.get("code") or ""), levels)
        if not item.faulty:
            values = item.head.values
            levels[values["code"]] = levels["".join(values["name"].split())] = values["level"]


def _one(desk: Desk, item: Item, row: Organisation | None, levels: dict[str, str]) -> None:
    line = item.head
    if line.faults:
        return
    values = line.values
    above = "".join(str(values["parent"]).split())
    if row is None:
        if above not in levels:
            line.wrong("UNKNOWN_PARENT", f"没有找到上级“{values['parent']}”，请填上级的组织代码，或在同一张表里写上它",
                       f"There is no union “{values['parent']}” above; give its code, or add it to this sheet", "parent")
        elif LEVELS.index(levels[above]) >= LEVELS.index(values["level"]):
            line.wrong("ORG_ORDER", f"{values['parent']}的下级不能是这一层级，请改上级或层级", f"This level cannot stand below {values['parent']}", "level")
        return
    if not row.path.startswith(desk.row.path):
        line.wrong("ORG_CODE_TAKEN", "这个组织代码已被本范围以外的组织使用，请核对", "This code belongs to an organisation elsewhere; check it", "code")
        return
    parent = desk.session.get(Organisation, row.parent_id) if row.parent_id is not None else None
    if row.level != values["level"] or parent is not None and above not in (parent.code, "".join(parent.name.split())):
        line.wrong("ORG_PLACE", "这个组织已登记，层级或上级与表格不同；层级和上级不能用导入修改",
                   "This union is known at another place or level, which no import changes", "parent")
        return
    item.found["id"] = row.id
    item.changes = [name for name in _SAID if values.get(name) and values[name] != getattr(row, name)]
    item.outcome = "changed" if item.changes else "same"


def _write(desk: Desk, items: Sequence[Item]) -> None:
    for item in items:
        values = item.head.values
        if item.outcome == "new":
            above = desk.unions["".join(str(values["parent"]).split())]
            row = organisations.add(desk.session, values["code"], values["name"], values["level"], above.id, desk.now, desk.actor,
                                    region=values.get("region") or above.region, phone=values.get("phone") or "")
            desk.unions[row.code] = desk.unions["".join(row.name.split())] = row
        else:
            row = desk.session.get_one(Organisation, item.found["id"])
            item.before[f"organisations:{row.id}"] = {name: getattr(row, name) for name in item.changes}
            organisations.change(desk.session, row.id, desk.now, desk.actor, **{name: values[name] for name in item.changes})
        stream = f"organisation:{row.id}"
        item.made.append(["organisations", str(row.id), stream])
        desk.tell(stream, "import", item, None, {})


def _restore(desk: Desk, table: str, key: str, values: dict[str, Any], item: Item) -> None:
    organisations.change(desk.session, int(key), desk.now, desk.actor, **values)
    desk.tell(f"organisation:{key}", "import_undo", item, None, {})


ORGS = Kind("orgs", Words("单位", "unions"), COLUMNS, frozenset({"admin"}), _gather, _judge, _write, _restore)
