"""What programmes that keep hardship files must ask for: the effects `file.…` read the form by convention.

`file.open` and `file.renew` need `form.category`, the table `form.family` of everybody who lives with the applicant, and
`calc.per_capita`; `file.visited` the two officers of the visit; `file.exit` and `file.cancel` the `form.end_reason`.
"""

from __future__ import annotations

from .kinds import ENGINE_OPTIONS
from .schema import Question
from .sheet import Sheet

CATEGORIES = tuple(name for name in ENGINE_OPTIONS["household.category"] if name != "none")
RELATIONS = ("spouse", "child", "parent", "grandparent", "grandchild", "sibling", "other")
COLUMNS = {"name": "text", "id_no": "idcard", "relation": "enum"}
VISITORS = ("visitor_1", "visitor_2")
_FILED = frozenset({"file.open", "file.renew"})
_ENDED = frozenset({"file.exit", "file.cancel"})


def check(sheet: Sheet) -> None:
    """Tell what is lacking once, at the first effect that needs it."""
    used: dict[str, tuple[int, int]] = {}
    for place, words in enumerate(sheet.programme.transitions):
        for number, effect in enumerate(words.effects):
            used.setdefault(effect, (place, number))
    for effect, (place, number) in used.items():
        path = ("transitions", place, "effects", number)
        for zh, en in [*(_file(sheet) if effect in _FILED else ()), *(_visit(sheet) if effect == "file.visited" else ()),
                       *(_end(sheet) if effect in _ENDED else ())]:
            sheet.error(path, "FILE_FORM", f"“{effect}”{zh}", f"'{effect}' {en}")
        if effect in _ENDED | {"file.renew"} and "file.open" not in used:
            sheet.error(path, "FILE_NEVER_OPENED", f"“{effect}”之前没有哪一步用 file.open 建档", f"'{effect}' has no file: no step carries file.open")
    if "file.open" in used and sheet.programme.beneficiary != "household":
        place, number = used["file.open"]
        sheet.error(("transitions", place, "effects", number), "FILE_HOUSEHOLD", "建档以户为单位，请写 beneficiary: household",
                    "A hardship file is that of a household: write beneficiary: household")


def _file(sheet: Sheet) -> list[tuple[str, str]]:
    form, found = sheet.programme.form, []
    category = form.get("category")
    if category is None or category.type != "enum" or not set(category.options) <= set(CATEGORIES):
        found.append((f"要有选择题 form.category，选项只能是 {'、'.join(CATEGORIES)}",
                      f"needs a choice form.category with options among {', '.join(CATEGORIES)}"))
    if not _fits(form.get("family")):
        found.append((f"要有表格 form.family：列 name（text）、id_no（idcard）、relation（enum，选项只能是 {'、'.join(RELATIONS)}）",
                      f"needs a table form.family with columns name (text), id_no (idcard) and relation (enum among {', '.join(RELATIONS)})"))
    if "per_capita" not in sheet.programme.calc:
        found.append(("要有计算项 calc.per_capita（家庭人均月收入，元）", "needs calc.per_capita, the monthly income per head in yuan"))
    return found


def _fits(family: Question | None) -> bool:
    if family is None or family.type != "table":
        return False
    columns = family.columns
    return (all(name in columns and columns[name].type == type for name, type in COLUMNS.items())
            and set(columns["relation"].options) <= set(RELATIONS))


def _visit(sheet: Sheet) -> list[tuple[str, str]]:
    form = sheet.programme.form
    if all(name in form and form[name].type == "person" for name in VISITORS):
        return []
    return [(f"要有两名入户人员 {'、'.join(VISITORS)}（person）", f"needs the two officers of the visit, {' and '.join(VISITORS)}, of type person")]


def _end(sheet: Sheet) -> list[tuple[str, str]]:
    reason = sheet.programme.form.get("end_reason")
    if reason is not None and reason.type in ("enum", "text", "note"):
        return []
    return [("要有 form.end_reason（enum、text 或 note）：为什么撤档或注销", "needs form.end_reason (enum, text or note): why the file ends")]
