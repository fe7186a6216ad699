"""Tables row by row: which cells a row is asked, which of them are still empty, and which are wrong.

A column's `required`, `visible` and `validate` may read `row.<column>` beside the other facts. Every message names the
table, the row and the column, and stands at `form.<table>.<row>.<column>`. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .. import machine
from ..errors import Message, Refused
from ..language.definition import Definition, Field
from ..language.expressions import Expr

_EMPTY: tuple[Any, ...] = (None, "", [])


def told(definition: Definition, word: bool | Expr, facts: Mapping[str, Any]) -> bool:
    """An expression that cannot be told yet keeps the question open: it counts as asked for, never as waived."""
    if isinstance(word, bool):
        return word
    try:
        return machine.holds(definition, word, facts)
    except Refused:
        return True


def cell_asked(definition: Definition, column: Field, facts: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Return whether this row is asked for this column at all."""
    return told(definition, column.visible, {**facts, "row": row})


def cell_required(definition: Definition, column: Field, facts: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return told(definition, column.required, {**facts, "row": row})


def missing(definition: Definition, spec: Field, rows: Any, facts: Mapping[str, Any]) -> list[Message]:
    """Return a message for every cell that its row must have and does not."""
    return [_message("REQUIRED", spec, number, column, f"{_verb(column)}“{column.label.zh}”",
                     f"please fill in “{column.label.text('en')}”")
            for number, row, column in _cells(spec, rows)
            if row.get(column.name) in _EMPTY and column.required is not False
            and cell_asked(definition, column, facts, row) and cell_required(definition, column, facts, row)]


def invalid(definition: Definition, spec: Field, rows: Any, facts: Mapping[str, Any]) -> list[Message]:
    """Return the messages of `validate` rules of columns that fail in a row where the cell is filled in and asked."""
    messages: list[Message] = []
    for number, row, column in _cells(spec, rows):
        if isinstance(column.validate, bool) or row.get(column.name) in _EMPTY or not cell_asked(definition, column, facts, row):
            continue
        try:
            good = machine.holds(definition, column.validate, {**facts, "row": row})
        except Refused as empty:
            found = [_first(spec, number, one) for one in empty.messages]
        else:
            found = [] if good else [_message(
                "INVALID", spec, number, column, f"“{column.label.zh}”：{column.message.zh}", f"“{column.label.text('en')}”: {column.message.text('en')}")]
        messages += [one for one in found if one not in messages]
    return messages


def _cells(spec: Field, rows: Any) -> Iterator[tuple[int, Mapping[str, Any], Field]]:
    for number, row in enumerate(rows or (), start=1):
        for column in spec.columns.values():
            yield number, row, column


def _message(code: str, spec: Field, number: int, column: Field, zh: str, en: str) -> Message:
    return Message(code, f"“{spec.label.zh}”第 {number} 行：{zh}", f"“{spec.label.text('en')}”, row {number}: {en}",
                   f"form.{spec.name}.{number}.{column.name}")


def _first(spec: Field, number: int, empty: Message) -> Message:
    """A rule that reads an empty cell of its row asks for that cell; any other empty field is asked for as elsewhere."""
    name = (empty.field or "").removeprefix("row.")
    column = spec.columns.get(name) if empty.field != name else None
    if column is None:
        return empty
    return _message("EMPTY", spec, number, column, f"请先填写“{column.label.zh}”", f"please fill in “{column.label.text('en')}” first")


def _verb(column: Field) -> str:
    return "请选择" if column.type in ("enum", "multi", "bool") else "请填写"
