"""What the checker, the golden cases and the rehearsal make of `budget`."""

import pytest

from tests.money.conftest import GRANT
from workflow.golden import run_cases
from workflow.language import read
from workflow.language.cases import read_cases
from workflow.rehearsal import rehearse

GUARDED = GRANT.replace("source: review, dest: meeting}", "source: review, dest: meeting,\n"
                        "     conditions: [{expr: budget.available >= form.cost, message: 余额不足}]}")
CASES = """
- name: 够的
  given: {form: {cost: 1000}}
  expect: {amount: 1000, route: [submit, approve, approve, pay], ends: paid}
- name: 刚好
  given: {form: {cost: 1000}, budget: {available: 1000}}
  expect: {ends: paid}
- name: 不够
  given: {form: {cost: 1000.01}, budget: {available: 1000}}
  expect: {refused: approve, messages: [%s]}
"""


@pytest.mark.parametrize(("text", "said"), [
    (GUARDED, "余额不足"),
    (GRANT, '"预算余额不足：资金池 {org.county}/{year}/grant 余额 1,000.00 元，本件需要 1,000.01 元，请联系县总工会财务调整预算后再办"')])
def test_a_golden_case_may_give_what_is_left(text: str, said: str) -> None:
    """Where the definition checks nothing itself, the case is refused all the same, as it would be in earnest."""
    definition = read(text, "grant.v1.yaml").definition
    assert definition is not None
    reading = read_cases(CASES % said, "grant.v1.cases.yaml", definition)
    assert reading.faults == () and run_cases(definition, reading.cases) == []


def test_a_programme_with_a_budget_is_carried_out_and_rehearsed() -> None:
    reading = read(GUARDED, "grant.v1.yaml")
    assert reading.definition is not None
    assert reading.definition.budget is not None and reading.definition.budget.hold_in == {"meeting", "paying"}
    assert rehearse(reading.definition, 400).problems == ()


@pytest.mark.parametrize(("old", "new", "code", "severity"), [
    ('budget: {pool: "{org.county}/{year}/grant", hold_in: [meeting, paying], commit: paying.pay}\n', "", "NO_BUDGET", "error"),
    ('/grant", ', '/grant", unit: items, ', "NO_BUDGET", "error"),
    ("{org.county}/{year}/grant", "{org.county}/{yeer}/grant", "NUMBER_PATTERN", "error")])
def test_what_a_budget_must_say(old: str, new: str, code: str, severity: str) -> None:
    faults = read(GUARDED.replace(old, new), "grant.v1.yaml").faults
    assert [(fault.code, fault.severity) for fault in faults if fault.code in (code, "NO_BUDGET")] == [(code, severity)]


def test_heads_need_no_amount() -> None:
    text = GRANT.replace("amount: {value: form.cost, adjustable_in: [review], max: form.cost, reason_required: false}\n", "").replace(
        '/grant", ', '/grant", unit: heads, ')
    reading = read(text, "grant.v1.yaml")
    assert reading.definition is not None


@pytest.mark.parametrize(("words", "code", "said"), [
    ("sources: [central_hardship, own_union]", None, ""),
    ("sources: [central_hardshp]", "UNKNOWN_SOURCE", "是否想写“central_hardship”？"),
    ("sources: [mutual_pool]", "SOURCE_VALUE", "“互助金（代管）”不能用于“发放救助金”（cash_grant）"),
    ("value: pool_payout\nsources: [mutual_pool]", None, ""),
    ("sources: [own_union, own_union]", "SOURCE_TWICE", "写了两次")])
def test_sources_are_those_of_the_file_and_may_pay_this(words: str, code: str | None, said: str) -> None:
    reading = read(GRANT.replace("initial: draft", f"initial: draft\n{words}"), "grant.v1.yaml")
    assert [fault.code for fault in reading.faults] == ([code] if code else [])
    assert all(said in fault.zh for fault in reading.faults)


def test_sources_without_a_pool_are_refused() -> None:
    text = GRANT.replace('budget: {pool: "{org.county}/{year}/grant", hold_in: [meeting, paying], commit: paying.pay}\n', "sources: [own_union]\n")
    assert "NO_BUDGET" in [fault.code for fault in read(text, "grant.v1.yaml").faults]
