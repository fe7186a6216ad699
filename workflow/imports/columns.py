"""The columns of a list and the headings counties write over them, and where they stand in a sheet. Pure.

A heading is found by its label or a synonym, whatever spaces, brackets and stars stand around it, in one of the first ten rows:
sheets have titles above their headings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from unicodedata import normalize

from ..errors import Refused, one
from ..language.reading_values import Words
from ..spreadsheets import Cell

_TOP = 10
_AROUND = re.compile(r"[(（【\[].*?[)）】\]]|[\s*＊:：、_]")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a field of the language (`type`, `options`, `max` …), and what else it is called in sheets."""

    name: str
    type: str
    label: Words
    synonyms: tuple[str, ...] = ()
    required: bool = False
    blank: bool = False                                       # a cell may be empty although the column must be there
    options: Mapping[str, Words] = field(default_factory=dict)
    also: Mapping[str, str] = field(default_factory=dict)     # other words for the options: 否 → none
    min: Any = None
    max: Any = None
    pattern: str | None = None
    spec: Any = None                                          # the field of a definition that this column fills, where it is one
    width: int = 16


def column(name: str, type: str, zh: str, en: str, *synonyms: str, **more: Any) -> Column:
    return Column(name, type, Words(zh, en), synonyms, **more)


def folded(heading: Cell) -> str:
    """Return the heading without what people put around it."""
    text = normalize("NFKC", str(heading)).replace("\u3000", "")
    return _AROUND.sub("", text).casefold() or "".join(text.split()).casefold()


def find(rows: Sequence[Sequence[Cell]], columns: Iterable[Column]) -> tuple[int, dict[str, int]]:
    """Return in which row the headings stand and in which column each of ours. Raises `Refused` naming what is missing.

    The row with most of our headings wins: a title may repeat one of them.
    """
    columns = tuple(columns)
    names: dict[str, str] = {}
    for words in (lambda one: (one.label.zh, one.label.en, one.name), lambda one: one.synonyms):     # a label before anybody's synonym
        for one_column in columns:
            for word in words(one_column):
                names.setdefault(folded(word), one_column.name)
    best: list[tuple[str, int]] = []
    head = -1
    for number, row in enumerate(rows[:_TOP]):
        here = [(names.get(folded(cell)) if cell != "" else None, at) for at, cell in enumerate(row)]
        known = [(name, at) for name, at in here if name is not None]
        if len({name for name, _ in known}) > len({name for name, _ in best}):
            best, head = known, number
    places: dict[str, int] = {}
    twice = [name for name, at in best if places.setdefault(name, at) != at]
    by_name = {one_column.name: one_column for one_column in columns}
    if missing := [one_column for one_column in columns if one_column.required and one_column.name not in places]:
        raise Refused(one("SHEET_COLUMNS", f"表格缺少这些列：{'、'.join(c.label.zh for c in missing)}。请下载模板对照，表头写在前 {_TOP} 行之内",
                          f"Columns are missing: {', '.join(c.label.en for c in missing)}; compare the sheet with the template"))
    if twice:
        label = by_name[twice[0]].label
        raise Refused(one("SHEET_COLUMNS", f"“{label.zh}”列出现了两次，请只留一列", f"The column {label.en} is there twice; leave one"))
    return head, places


def letter(at: int) -> str:
    """Return the letters of a column as a sheet shows them, 0 is A."""
    letters = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
