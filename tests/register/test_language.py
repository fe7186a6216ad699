"""A programme that keeps hardship files asks for what the effects read; one that does not is refused, at the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from workflow import golden, register
from workflow.language import check_filing, read, read_path
from workflow.records.register import CATEGORIES
from workflow.rehearsal import rehearse

DEFINITION = Path(__file__).resolve().parents[2] / "definitions" / "hardship_file.v1.yaml"
TEXT = DEFINITION.read_text(encoding="utf-8")


def faults(text: str) -> list[tuple[str, int]]:
    return [(fault.code, fault.line) for fault in read(text, DEFINITION.name).faults]


def line(text: str, part: str) -> int:
    return text[:text.index(part)].count("\n") + 1


def changed(before: str, after: str) -> str:
    assert before in TEXT
    return TEXT.replace(before, after)


def test_the_definition_is_free_of_faults_and_every_way_of_it_is_walked() -> None:
    reading = read_path(DEFINITION)
    assert [str(fault) for fault in reading.faults] == []
    assert reading.definition is not None
    assert rehearse(reading.definition).problems == ()


def test_its_golden_cases_come_true() -> None:
    definition, cases = read_path(DEFINITION).definition, DEFINITION.with_name("hardship_file.v1.cases.yaml")
    assert definition is not None and cases.read_text(encoding="utf-8").count("- name:") >= 30
    assert [str(miss) for miss in golden.run_file(definition, cases, cases.name)] == []


def test_the_words_of_the_language_are_those_of_the_tables() -> None:
    assert check_filing.CATEGORIES == CATEGORIES == register.CATEGORIES
    assert check_filing.RELATIONS == register.RELATIONS


@pytest.mark.parametrize(("before", "after", "code"), [
    ("accident: {zh: 意外致困, en: Accident}}}", "poor: {zh: 贫困, en: Poor}}}", "FILE_FORM"),
    ("  per_capita:  {label", "  per_head:  {label", "FILE_FORM"),
    ("      id_no:    {label: {zh: 身份证号, en: Identity number}, type: idcard, required: true, sensitive: true}",
     "      id_no:    {label: 号, type: text}", "FILE_FORM"),
    ("sibling: {zh: 兄弟姐妹, en: Sibling}", "cousin: {zh: 表亲, en: Cousin}", "FILE_FORM"),
    ("beneficiary: household", "beneficiary: person", "FILE_HOUSEHOLD"),
    ("effects: [file.open]", "effects: []", "FILE_NEVER_OPENED"),
    ("visitor_1:     {label: {zh: 入户人员一, en: First officer of the visit}, type: person", "visitor_1:     {label: 入户人员一, type: text", "FILE_FORM"),
])
def test_what_an_effect_lacks_is_told(before: str, after: str, code: str) -> None:
    assert code in [found for found, _line in faults(changed(before, after))]


def test_a_fault_stands_at_the_effect_that_needs_it() -> None:
    text = changed("  end_reason:    {label", "  why_it_ends:    {label")
    assert ("FILE_FORM", line(text, "effects: [file.exit]")) in faults(text)
