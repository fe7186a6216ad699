"""All answers of a case for reading, by section: what the check page, the progress page and the 审批表 show. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflow.engine import CaseView
from workflow.language.definition import Field, Label

from ..show import first_rows
from .boxes import said
from .steps import steps_of


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `rows` is the body of a table field, of a long one its beginning; `heads` are its columns and `count` says how many there are."""

    name: str
    label: str
    value: str
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """`number` is the page where it can be changed, None where it cannot. `files` are (kind's label, rows)."""

    title: Label
    number: int | None
    answers: tuple[Answer, ...]
    files: tuple[tuple[str, tuple[Any, ...]], ...]


def sections(view: CaseView, lang: str) -> tuple[Section, ...]:
    """Return the pages that may be changed now, as they stand, questions that do not apply left out."""
    return tuple(
        Section(step.title, step.number, tuple(answer(view, spec, lang) for spec in step.fields if spec.name in view.shown),
                tuple((kind.label.text(lang), tuple(row for row in view.attachments if row.kind == kind.name)) for kind in step.kinds))
        for step in steps_of(view))


def filled(view: CaseView, lang: str, *, paper: bool = False) -> tuple[Answer, ...]:
    """Return everything that has been filled in, in the form's order."""
    return tuple(answer(view, view.definition.form[name], lang, paper=paper) for name in view.shown if view.form.get(name) not in (None, "", []))


def answer(view: CaseView, spec: Field, lang: str, *, paper: bool = False) -> Answer:
    value: Any = view.form.get(spec.name)
    label = spec.label.text(lang)
    if spec.type == "table" and value and (view.mine or not spec.sensitive):
        return Answer(spec.name, label, "", tuple(column.label.text(lang) for column in spec.columns.values()),
                      tuple(_row(spec.columns, row, lang, own=view.mine, paper=paper) for row in first_rows(value)), len(value))
    return Answer(spec.name, label, said(spec, value, lang, own=view.mine, paper=paper))


def _row(columns: Mapping[str, Field], row: Mapping[str, Any], lang: str, *, own: bool, paper: bool) -> tuple[str, ...]:
    return tuple(said(column, row.get(name), lang, own=own, paper=paper) for name, column in columns.items())
