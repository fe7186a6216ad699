"""Reading golden cases: what is given, what is expected, and where."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from workflow.language import read
from workflow.language.cases import read_cases

from .broken import SOUND

CASES = """\
- name: 建档家庭本科新生
  given: {form: {stage: low, income: 1200.50}, applicant: {member: true}, today: 2026-08-03}
  expect:
    amount: 5000.00
    route: [submit, approve, posted, approve, pay]
    ends: paid
- name: 收入高于标准
  given: {form: {stage: high}}
  expect: {refused: submit, messages: [收入高于标准], flags: [poor]}
"""


def test_a_case_file_is_read() -> None:
    definition = read(SOUND, "winter_aid.v2.yaml").definition
    reading = read_cases(CASES, "winter_aid.v2.cases.yaml", definition)
    assert reading.faults == ()
    first, second = reading.cases
    assert first.given["form"] == {"stage": "low", "income": Decimal("1200.50")}
    assert (first.today, first.amount, first.ends) == (date(2026, 8, 3), Decimal("5000.00"), "paid")
    assert first.route == ("submit", "approve", "posted", "approve", "pay") and first.refused is None
    assert (second.refused, second.messages, second.flags) == ("submit", ("收入高于标准",), ("poor",))
    assert (second.mark.line, first.marks["route"].line) == (7, 5)


@pytest.mark.parametrize(("old", "new", "code", "line"), [
    ("expect: {refused", "expects: {refused", "UNKNOWN_WORD", 9), ("amount: 5000.00", "amount: much", "BAD_NUMBER", 4),
    ("today: 2026-08-03", "today: 2026-8-3", "BAD_DATE", 2), ("ends: paid", "ends: payed", "UNKNOWN_STATE", 6),
    ("route: [submit,", "route: [sumbit,", "UNKNOWN_TRIGGER", 5), ("{stage: low", "{stag: low", "UNKNOWN_FIELD", 2),
    ("flags: [poor]", "flags: [rich]", "UNKNOWN_CRITERION", 9), ("refused: submit, ", "", "CASE_MESSAGES", 9),
    ("name: 收入高于标准", "name: 建档家庭本科新生", "CASE_REPEATED", 7), ("member: true", "membre: true", "UNKNOWN_FIELD", 2),
])
def test_a_fault_in_a_case_is_told_at_its_line(old: str, new: str, code: str, line: int) -> None:
    definition = read(SOUND, "winter_aid.v2.yaml").definition
    reading = read_cases(CASES.replace(old, new, 1), "x.cases.yaml", definition)
    assert (code, line) in [(fault.code, fault.line) for fault in reading.faults]
    assert len(reading.cases) == 1
