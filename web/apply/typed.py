"""From a form the browser sent to raw values for the engine. Pure.

Inputs are called `f.<field>`, cells `f.<table>.<row>.<column>`, so that no name of a definition meets one of ours. A page
names every question it asked in `asked`, so that an emptied list of ticks is told from a question that was not
on the page, and a masked number that nobody touched stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from werkzeug.datastructures import MultiDict

from workflow.language.definition import Field

MAX_ROWS = 200
PREFIX = "f."


def typed(form: MultiDict[str, str], specs: Iterable[Field]) -> dict[str, Any]:
    """Return what was typed into each of `specs` that the page asked: text, a list of codes, or a list of rows."""
    asked = frozenset(form.getlist("asked"))
    return {spec.name: _one(form, spec, f"{PREFIX}{spec.name}") for spec in specs if spec.name in asked}


def _one(form: MultiDict[str, str], spec: Field, name: str) -> Any:
    if spec.type == "table":
        return rows(form, spec)
    if spec.type == "multi":
        return form.getlist(name)
    return form.get(name, "")


def rows(form: MultiDict[str, str], spec: Field) -> list[dict[str, Any]]:
    """Return the rows of a table by their number on the page; a dropped one is left out."""
    dropped = form.get("drop", "")
    numbers: set[int] = set()
    for key in form:
        table, _dot, rest = key.removeprefix(PREFIX).partition(".")
        number = rest.partition(".")[0]
        if key.startswith(PREFIX) and table == spec.name and number.isascii() and number.isdigit() and len(number) < 4:
            numbers.add(int(number))
    return [{name: _one(form, column, f"{PREFIX}{spec.name}.{number}.{name}") for name, column in spec.columns.items()}
            for number in sorted(numbers)[:MAX_ROWS] if dropped != f"{spec.name}.{number}"]
