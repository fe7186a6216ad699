"""Which names the expressions of one programme may read, and what kind each is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from . import fields
from .kinds import ENGINE_FACTS, ENGINE_OPTIONS, Kind, Names, Rows, TableShape
from .schema import Programme, Question, TableRows

_PARAM_KINDS = {"int": Kind.NUMBER, "decimal": Kind.NUMBER, "money": Kind.NUMBER, "bool": Kind.BOOL,
                "date": Kind.DATE, "text": Kind.TEXT, "enum": Kind.TEXT}
_GROUPS = {"params": "param"}


def names_of(programme: Programme, figures: Iterable[str], set_aside: Iterable[str]) -> Names:
    """Return the names; results of `calc` are there as ANY until they have been read in order.

    `figures` are the regional figures that exist. What was declared but could not be read (`set_aside`) may be named
    too: its declaration has a fault already.
    """
    facts: dict[str, Kind | Rows] = dict(ENGINE_FACTS)
    options: dict[str, Any] = dict(ENGINE_OPTIONS)
    for dotted in set_aside:
        group, _, name = dotted.partition(".")
        facts[f"{_GROUPS.get(group, group)}.{name}"] = Kind.ANY
    for name, question in programme.form.items():
        if question.type == "file":
            facts[f"attachments.{name}"] = Kind.NUMBER
            continue
        facts[f"form.{name}"] = fields.kind_of(question)
        options.update(_options(f"form.{name}", question))
    facts.update({f"attachments.{name}": Kind.NUMBER for name in programme.attachments})
    for name, param in programme.params.items():
        facts[f"param.{name}"] = _PARAM_KINDS[param.type]
        if param.type == "enum":
            options[f"param.{name}"] = tuple(param.options)
    facts.update({f"region.{name}": Kind.NUMBER for name in figures})
    facts.update({f"calc.{name}": Kind.ANY for name in programme.calc})
    tables = {name: TableShape(table.type, _columns(table)) for name, table in programme.tables.items()}
    return Names(facts, tables, options)


def with_row(names: Names, table: str) -> Names:
    """Return the names together with `row.<column>` of one form table, for what is said once per row."""
    rows = names.facts.get(table)
    columns: Mapping[str, Kind] = rows.columns if isinstance(rows, Rows) else {}
    row_options = {f"row.{name}": names.options[f"{table}.{name}"]
                   for name in columns if f"{table}.{name}" in names.options}
    return Names({**names.facts, **{f"row.{name}": kind for name, kind in columns.items()}}, names.tables,
                 {**names.options, **row_options})


def cell(value: Any) -> Any:
    """Return a cell of a table as it is compared: numbers as Decimal. A decimal in a document is text."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, Decimal)):
        return Decimal(value)
    if isinstance(value, str) and "." in value:
        try:
            return Decimal(value) if value.replace(".", "", 1).lstrip("+-").isascii() else value
        except ArithmeticError:
            return value
    return value


def _columns(table: TableRows) -> tuple[Kind, ...]:
    if table.type == "progressive":
        return (Kind.NUMBER,) * len(table.columns)
    return tuple(_column(cell(row[place]) for row in table.rows if place < len(row))
                 for place in range(len(table.columns)))


def _column(cells: Iterable[Any]) -> Kind:
    kinds = {Kind.NUMBER if isinstance(one, Decimal) else Kind.BOOL if isinstance(one, bool) else Kind.TEXT
             for one in cells if one is not None}
    return kinds.pop() if len(kinds) == 1 else Kind.ANY


def _options(dotted: str, question: Question) -> dict[str, tuple[str, ...]]:
    if question.type in ("enum", "multi"):
        return {dotted: tuple(question.options)}
    found: dict[str, tuple[str, ...]] = {}
    for name, column in question.columns.items():
        found.update(_options(f"{dotted}.{name}", column))
    return found
