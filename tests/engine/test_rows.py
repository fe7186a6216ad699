"""Rules of table columns are judged row by row, and what is said names table, row and column."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.language.broken import line_of
from tests.language.tables import TABLED
from workflow.engine import rows
from workflow.engine.judge import missing
from workflow.language import read

DEFINITION = read(TABLED, "winter_aid.v2.yaml").definition
ROWS: list[dict[str, Any]] = [
    {"name": "李华", "pupil": True, "school": None, "earns": None}, {"name": None, "pupil": False, "school": "", "earns": Decimal(900)},
    {"name": "李明", "pupil": False, "school": None, "earns": None}, {"name": "李梅", "pupil": None, "school": None, "earns": Decimal(1)}]


def facts(income: int | None = 800, people: Any = None) -> dict[str, Any]:
    return {"form": {"income": income, "people": ROWS if people is None else people}, "attachments": {}, "calc": {}}


def test_each_row_owes_what_its_own_answers_ask_for() -> None:
    assert DEFINITION is not None
    found = rows.missing(DEFINITION, DEFINITION.form["people"], ROWS, facts())
    assert [(one.field, one.zh) for one in found] == [
        ("form.people.1.school", "“家庭成员”第 1 行：请填写“学校”"), ("form.people.2.name", "“家庭成员”第 2 行：请填写“成员”"),
        ("form.people.3.earns", "“家庭成员”第 3 行：请填写“月收入”"),
        # Nobody has said whether she goes to school: the questions stay open, they are never waived.
        ("form.people.4.school", "“家庭成员”第 4 行：请填写“学校”")]
    assert found[0].en == "“家庭成员”, row 1: please fill in “学校”"


def test_a_column_out_of_sight_owes_nothing_and_is_not_judged() -> None:
    assert DEFINITION is not None
    spec = DEFINITION.form["people"]
    held = [rows.cell_asked(DEFINITION, spec.columns["school"], facts(), row) for row in ROWS]
    assert held == [True, False, False, True]


def test_a_rule_that_fails_names_row_and_column() -> None:
    assert DEFINITION is not None
    found = rows.invalid(DEFINITION, DEFINITION.form["people"], ROWS, facts())
    assert [(one.code, one.field, one.zh) for one in found] == [
        ("INVALID", "form.people.2.earns", "“家庭成员”第 2 行：“月收入”：不能超过家庭收入")]
    empty = rows.invalid(DEFINITION, DEFINITION.form["people"], ROWS, facts(income=None))
    assert [(one.code, one.field) for one in empty] == [("EMPTY", "form.income")]       # once, not row by row


def test_a_step_that_asks_for_the_form_asks_for_its_cells() -> None:
    assert DEFINITION is not None
    way = DEFINITION.ways("draft")[0]
    fields = [one.field for one in missing(DEFINITION, DEFINITION.states["draft"], way, facts())]
    assert "form.people.1.school" in fields and "form.people.3.earns" in fields
    assert "form.people" in [one.field for one in missing(DEFINITION, DEFINITION.states["draft"], way, facts(people=[]))]


@pytest.mark.parametrize(("old", "new", "code"), [
    ("visible: row.pupil,", "visible: row.pupils,", "EXPR_UNKNOWN_NAME"),
    ("visible: row.pupil,", "visible: row.name,", "EXPR_TYPE"),
    (", message: 不能超过家庭收入", "", "CHECK_MESSAGE")])
def test_the_checker_reads_the_rules_of_columns(old: str, new: str, code: str) -> None:
    assert TABLED.count(old) == 1
    reading = read(TABLED.replace(old, new), "winter_aid.v2.yaml")
    assert [(one.code, one.line) for one in reading.errors] == [(code, line_of(TABLED, old))]
