"""From the bytes of a sheet to rows of canonical values and the faults of each, cell by cell. Pure but for the reading.

Values are JSON: days as ISO text, money in 分, numbers of people and accounts in their canonical form. What Excel has damaged
is refused, never guessed at: it keeps 15 digits of a number, and an identity number has 18.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from .. import spreadsheets
from ..errors import Message, Refused, one
from ..language.fields import FieldFault, parse_value, to_json
from ..language.reading_values import is_empty
from ..spreadsheets import Cell
from .columns import Column, find, letter

EPOCH, FIRST, LAST = date(1899, 12, 30), 10_000, 80_000       # Excel's day 0, and the serials of 1927 and 2119
_DIGITS = 15
_LONG = frozenset({"idcard", "bankcard", "usci"})
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?E\+[0-9]{2}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row; `cell` (C17) where it is one cell's."""

    cell: str
    message: Message

    def text(self, lang: str) -> str:
        words = self.message.text(lang)
        return words if not self.cell else f"{self.cell}：{words}" if lang != "en" else f"{self.cell}: {words}"


@dataclass(slots=True)
class Line:
    """One row of the sheet, by its number there."""

    n: int
    values: dict[str, Any]
    cells: list[str]
    faults: list[Fault] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def wrong(self, code: str, zh: str, en: str, name: str | None = None) -> None:
        cell = f"{letter(self.places[name])}{self.n}" if name in self.places else ""
        self.faults.append(Fault(cell, Message(code, zh, en, name)))


@dataclass(frozen=True, slots=True)
class Sheet:
    headings: list[str]
    lines: list[Line]


def read(data: bytes, columns: Sequence[Column], today: date) -> Sheet:
    """Return the rows under the headings, empty ones left out. Raises `Refused` where it is no such sheet."""
    rows = spreadsheets.cells(data)
    head, places = find(rows, columns)
    # Examples and notes of the template stand in rows that begin with a number sign.
    lines = [_line(number, row, columns, places, today) for number, row in enumerate(rows[head + 1:], head + 2)
             if any(cell != "" and not is_empty(cell) for cell in row) and not str(row[0]).startswith("#")]
    if not lines:
        raise Refused(one("SHEET_EMPTY", "表格里只有表头，没有内容，请填好后再上传", "There are headings and no rows; fill in the sheet first"))
    return Sheet([shown(cell) for cell in rows[head]], lines)


def _line(number: int, row: Sequence[Cell], columns: Sequence[Column], places: dict[str, int], today: date) -> Line:
    line = Line(number, {}, [shown(cell) for cell in row], places=places)
    for column in columns:
        at = places.get(column.name)
        raw = row[at] if at is not None and at < len(row) else ""
        try:
            value = None if raw == "" else _value(column, raw, today)
        except FieldFault as fault:
            first = fault.messages[0]
            line.wrong(first.code, first.zh, first.en, column.name)
            line.values[column.name] = None
        else:
            line.values[column.name] = value
            if value in (None, "") and column.required and not column.blank:
                line.wrong("EMPTY", f"请填写{column.label.zh}", f"Fill in {column.label.en}", column.name)
    return line


def _value(column: Column, raw: Cell, today: date) -> Any:
    if raw == "" or is_empty(raw):
        return None
    label = column.label
    if column.type in _LONG and (isinstance(raw, (int, float)) and abs(raw) >= 10**_DIGITS or isinstance(raw, str) and _SCIENTIFIC.fullmatch(raw)):
        raise FieldFault("PRECISION", f"{label.zh}在表格里是数值，Excel 只保留 15 位，后几位已经变成 0。请把该列设为文本，重新填写完整号码再保存",
                         f"{label.en} is a number in this sheet, of which Excel keeps 15 digits: the last ones are lost. "
                         "Format the column as text, enter the whole number again and save", column.name)
    if isinstance(raw, float) and column.type not in ("money", "decimal", "int"):
        raw = f"{raw:.0f}" if raw.is_integer() else repr(raw)
    if isinstance(raw, int) and column.type == "date":
        raw = (EPOCH + timedelta(days=raw)).isoformat() if FIRST <= raw < LAST else str(raw)
    elif isinstance(raw, int) and column.type not in ("money", "decimal", "int"):
        raw = str(raw)
    elif isinstance(raw, str) and column.type in ("date", "month"):
        raw = raw.partition(" ")[0] if re.fullmatch(r"\S+ [0-9:.]+", raw) else raw
    if column.also and isinstance(raw, str):
        raw = column.also.get("".join(raw.split()), raw)
    value = parse_value(column.spec or column, raw, today=today)
    if column.spec is not None:
        return to_json(column.spec, value)
    if isinstance(value, Decimal):
        return int(value * 100) if column.type == "money" else f"{value:f}"
    if column.type == "date" and value > today:
        raise FieldFault("DAY_TO_COME", f"{label.zh}不能晚于今天", f"{label.en} cannot be after today", column.name)
    return value.isoformat() if isinstance(value, date) else value


def shown(cell: Cell) -> str:
    """Return a cell as text: what the error sheet hands back."""
    return f"{cell:.0f}" if isinstance(cell, float) and cell.is_integer() else str(cell)
