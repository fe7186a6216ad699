"""The roster of a form from a sheet: the columns of a `table` field by their labels, however long the list. No database.

    rows, wrong = read_roster(definition.form["roster"], data, today)

Rows go to the form as they are, to be parsed and judged like any others; what is wrong is told by cell before.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from ..errors import Refused, one
from ..language.expressions import Expr, Unanswerable
from ..language.fields import REGISTERED, from_json, most_rows
from ..language.reading_values import Words
from . import persons
from .columns import Column
from .reading import faulty_sheet
from .sheets import Line, Sheet, read

_LIKE = {"idcard": persons.ID_NO.synonyms, "phone": persons.PHONE.synonyms, "bankcard": persons.BANK_CARD.synonyms}


def columns_of(spec: Any) -> tuple[Column, ...]:
    """Return the columns of a table field as columns of a sheet. A number that only one column asks for is found by any of its names."""
    types = [cell.type for cell in spec.columns.values()]
    return tuple(Column(
        name, "text" if cell.type in REGISTERED else cell.type, Words(cell.label.zh, cell.label.text("en")),
        _LIKE.get(cell.type, ()) if types.count(cell.type) == 1 else persons.NAME.synonyms if name == "name" else (),
        required=cell.required is True, spec=None if cell.type in REGISTERED else cell, width=22 if cell.type in _LIKE else 14)
        for name, cell in spec.columns.items() if cell.type != "file")


def read_roster(spec: Any, data: bytes, today: date) -> tuple[list[dict[str, Any]], list[Line]]:
    """Return the rows as JSON values, and the lines in which something is wrong. Raises `Refused` where it is no such sheet.

    Who and which union a cell names is left as it was written: the register is asked when the form is saved.
    """
    sheet = _sheet(spec, data, today)
    return [line.values for line in sheet.lines], [line for line in sheet.lines if line.faults]


def faulty_roster(spec: Any, data: bytes, today: date, lang: str = "zh") -> bytes:
    """Return the wrong rows of a sheet as they were sent, with a column that says what is wrong."""
    sheet = _sheet(spec, data, today)
    return faulty_sheet(sheet.headings, [(line.cells, line.faults) for line in sheet.lines if line.faults], lang)


def _sheet(spec: Any, data: bytes, today: date) -> Sheet:
    sheet, most = read(data, columns_of(spec), today), most_rows(spec)
    if len(sheet.lines) > most:
        raise Refused(one("ROSTER_LONG", f"“{spec.label.zh}”最多 {most} 行，这个表格有 {len(sheet.lines)} 行，请分几件报送",
                          f"“{spec.label.text('en')}” takes at most {most} rows and this sheet has {len(sheet.lines)}; hand in several"))
    asked = {name: cell for name, cell in spec.columns.items() if isinstance(cell.required, Expr)}
    for line in sheet.lines if asked else ():
        _ask(spec, asked, line)
    return sheet


def _ask(spec: Any, asked: dict[str, Any], line: Line) -> None:
    """Tell the cells that this very row makes necessary, as an account beside an amount. What cannot be told here is told when the form is saved."""
    row = {name: from_json(cell, line.values.get(name)) for name, cell in spec.columns.items() if cell.type != "file"}
    wrong = {fault.message.field for fault in line.faults}
    for name, cell in asked.items():
        if name in wrong or row.get(name) not in (None, ""):
            continue
        try:
            needed = cell.required.evaluate({"row": row, "form": {spec.name: [row]}}, {}) is True
        except (Unanswerable, KeyError):
            continue
        if needed:
            where = "" if name in line.places else f"第 {line.n} 行"
            line.wrong("EMPTY", f"{where}请填写{cell.label.zh}", f"Fill in {cell.label.text('en')}{'' if name in line.places else f' in row {line.n}'}", name)
