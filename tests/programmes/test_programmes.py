"""Every programme in `definitions/` can be published: no faults, nothing for later, rehearsed, its golden cases right."""

from pathlib import Path
from textwrap import dedent

import pytest

from workflow import golden, language, programmes
from workflow.language.cases import read_cases
from workflow.language.definition import Definition
from workflow.rehearsal import rehearse

FILES = programmes.files()


def read(path: Path) -> Definition:
    reading = language.read_path(path)
    assert reading.definition is not None, [str(fault) for fault in reading.faults]
    return reading.definition


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_a_programme_has_no_faults(path: Path) -> None:
    reading = language.read_path(path)
    assert [str(fault) for fault in reading.errors] == []


def test_the_published_document_reads_as_the_same_definition(path: Path) -> None:
    definition = read(path)
    assert language.from_document(definition.document) == definition


def test_every_way_of_a_programme_is_walked_and_every_case_ends(path: Path) -> None:
    found = rehearse(read(path))
    assert [str(problem.zh) for problem in found.problems] == []
    assert found.cases == 3000


def test_a_rehearsal_gives_the_same_answer_every_time(path: Path) -> None:
    assert rehearse(read(path), 50) == rehearse(read(path), 50)


def test_the_golden_cases_of_a_programme_come_true(path: Path) -> None:
    cases = path.with_name(f"{path.stem}.cases.yaml")
    assert [str(miss) for miss in golden.run_file(read(path), cases, cases.name)] == []


def test_a_programme_has_golden_cases_for_ends_amounts_refusals_and_flags(path: Path) -> None:
    cases = read_cases(path.with_name(f"{path.stem}.cases.yaml").read_bytes(), path.name).cases
    assert len(cases) >= 8
    definition = read(path)
    assert any(case.flags for case in cases) or all(one.on_fail != "flag" for one in definition.criteria)
    assert definition.amount is None or any(case.amount for case in cases)
    outcomes = {definition.states[case.ends].outcome for case in cases if case.ends}
    assert "rejected" in outcomes and (definition.amount is None or "approved" in outcomes)
    assert any(case.given.get("org", {}).get("has_township") is False for case in cases)


def test_every_refusing_check_has_a_golden_case_that_it_refuses(path: Path) -> None:
    definition = read(path)
    cases = read_cases(path.with_name(f"{path.stem}.cases.yaml").read_bytes(), path.name).cases
    told = {message for case in cases for message in case.messages or ()}
    at_submit = [one for one in definition.criteria if one.on_fail == "refuse" and one.trigger == "submit"]
    assert [one.name for one in at_submit if one.message.zh not in told] == []
    flags = {name for case in cases for name in case.flags or ()}
    assert {one.name for one in definition.criteria if one.on_fail == "flag"} <= flags


# --- what a miss says ------------------------------------------------------------------------------------


@pytest.fixture
def definition() -> Definition:
    return read(next(path for path in FILES if path.name.startswith("study_dream.")))


def misses(definition: Definition, text: str) -> list[golden.Miss]:
    reading = read_cases(dedent(text), "c.yaml", definition)
    assert reading.faults == ()
    return golden.run_cases(definition, reading.cases)


def test_a_wrong_amount_names_case_line_and_both_numbers(definition: Definition) -> None:
    [miss] = misses(definition, """
        - name: 补助
          expect:
            ends: paid
            amount: 1200.00
    """)
    assert (miss.case, miss.file, miss.line) == ("补助", "c.yaml", 5)
    assert miss.zh == "事例“补助”：应为 1200.00 元，实际 1000.00 元"
    assert miss.en == "Case '补助': Expected 1200.00 yuan; came to 1000.00"


def test_a_refusal_that_did_not_come_is_a_miss(definition: Definition) -> None:
    [miss] = misses(definition, "[{name: a, given: {form: {position: worker}}, expect: {refused: submit}}]")
    assert miss.code == "CASE_NOT_REFUSED" and "没有拒绝" in miss.zh


def test_a_refusal_that_nobody_expected_is_a_miss(definition: Definition) -> None:
    [miss] = misses(definition, "[{name: a, given: {form: {position: above}}, expect: {ends: paid}}]")
    assert miss.code == "CASE_REFUSED" and "资助对象为一线职工" in miss.zh


def test_messages_are_compared_whole_and_in_order(definition: Definition) -> None:
    [miss] = misses(definition, """
        - name: a
          given: {form: {position: above, public_staff: true}}
          expect: {refused: submit, messages: [资助对象为一线职工，最高到车间主任]}
    """)
    assert miss.code == "CASE_MESSAGES" and "公务员、事业单位在编人员不在资助范围" in miss.zh


def test_a_route_an_end_and_a_flag_that_differ_are_each_told(definition: Definition) -> None:
    told = misses(definition, """
        - {name: a, given: {org: {has_township: false}}, expect: {ends: rejected, flags: []}}
        - {name: b, expect: {route: [submit, reject, approve]}}
    """)
    assert [miss.code for miss in told] == ["CASE_ENDS", "CASE_FLAGS", "CASE_ROUTE"]


def test_a_value_that_cannot_be_typed_into_the_form_is_a_miss(definition: Definition) -> None:
    [miss] = misses(definition, "[{name: a, given: {form: {level: master}}, expect: {ends: paid}}]")
    assert miss.code == "CASE_GIVEN" and "大专" in miss.zh


def test_what_is_wrong_with_the_file_itself_comes_as_misses_too(definition: Definition, tmp_path: Path) -> None:
    path = tmp_path / "x.cases.yaml"
    path.write_text("- {name: a, given: {form: {postion: worker}}, expect: {ends: paid}}\n", encoding="utf-8")
    [miss] = golden.run_file(definition, path, "x.cases.yaml")
    assert (miss.line, miss.code) == (1, "UNKNOWN_FIELD")
