"""What programmes of mutual aid must ask for: the effects `cover.…` and the facts `cover.*` read the definition by convention.

`cover.open` needs the params `cover_from` and `cover_until`, lines from a roster, and the identity number of each; a claim
that reads `cover.*` names its scheme by the param `scheme`, and may ask for the day as `form.event_on`.
"""

from __future__ import annotations

import re
from datetime import date

from .sheet import Sheet

EFFECTS = frozenset({"cover.check", "cover.open"})
COLUMNS = {"age": "int", "gender": "enum", "renewed": "bool", "shares": "int"}
_YEARLY = re.compile(r"\d\d-\d\d", re.ASCII)


def check(sheet: Sheet) -> None:
    p = sheet.programme
    used = [(place, number, effect) for place, words in enumerate(p.transitions) for number, effect in enumerate(words.effects) if effect in EFFECTS]
    for place, number, effect in used[:1]:
        for zh, en in _lacking(sheet):
            sheet.error(("transitions", place, "effects", number), "COVER_FORM", f"“{effect}”{zh}", f"'{effect}' {en}")
    if "cover.open" in {effect for _, _, effect in used}:
        return
    scheme = p.params.get("scheme")
    for path, expr in sheet.exprs.items():
        if any(name.startswith("cover.") for name in expr.names) and (scheme is None or scheme.type != "text"):
            sheet.error(path, "COVER_SCHEME", "读 cover.* 要有参数 scheme（text）：哪个参保项目的保障",
                        "cover.* needs a param 'scheme' (text): the programme whose cover it is")
    day = p.form.get("event_on")
    if scheme is not None and day is not None and day.type != "date":
        sheet.error(("form", "event_on", "type"), "COVER_DAY", "有保障的项目里，form.event_on 是住院（确诊）的日期，类型要写 date",
                    "Where covers are read, form.event_on is the day of the illness and is of type date")


def _lacking(sheet: Sheet) -> list[tuple[str, str]]:
    p, found = sheet.programme, []
    for name in ("cover_from", "cover_until"):
        param = p.params.get(name)
        if param is None or param.type != "text" or not _day(str(param.value)):
            found.append((f"要有参数 {name}（text）：保障期的第一天或最后一天，写 01-01 或 2026-01-01",
                          f"needs a param {name} (text), the first or last day of the period: 01-01 or 2026-01-01"))
    years = p.params.get("cover_years")
    if years is not None and (years.type != "int" or int(years.value or 0) < 1):
        found.append(("的参数 cover_years 是保障期的年数：int，至少 1", "takes cover_years as the years of the period: an int of at least 1"))
    each = (p.lines.each or "").removeprefix("form.") if p.lines else ""
    table = p.form.get(each)
    if table is None or table.type != "table" or p.lines is None or p.lines.person is None:
        found.append(("要有 lines 的 each 和 person：名册里一人一行", "needs lines with 'each' and 'person': one row of the roster for each person"))
    elif not any(column.type == "idcard" for column in table.columns.values()):
        found.append(("的名册要有身份证号（idcard）", "needs an identity number (idcard) on the roster"))
    else:
        found += [(f"的名册里，{name} 列要写 type: {type}", f"needs the column {name} of type {type}")
                  for name, type in COLUMNS.items() if name in table.columns and table.columns[name].type != type]
    return found


def _day(said: str) -> bool:
    try:
        date.fromisoformat(f"2024-{said}" if _YEARLY.fullmatch(said) else said)
    except ValueError:
        return False
    return True
