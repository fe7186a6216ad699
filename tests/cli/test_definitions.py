"""`flask definitions …`, from a file with faults to a released version."""

import json
from pathlib import Path

import pytest

from tests.api.conftest import AID

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

CASES = """
- name: 一般费用
  given: {form: {bill_no: A1, cost: 2400, bank_card: "6228480010000000017", opinion: 属实}}
  expect: {amount: 1200.00, route: [submit, approve, approve], ends: paid}
"""


@pytest.fixture
def aid(tree: Path) -> Path:
    path = tree / "aid.v1.yaml"
    path.write_text(AID, encoding="utf-8")
    return path


def test_a_sound_file_passes_with_its_cases(run, aid):
    aid.with_name("aid.v1.cases.yaml").write_text(CASES, encoding="utf-8")
    done = run("definitions", "check")

    assert done.exit_code == 0, done.output


def test_every_fault_is_told_with_its_place(run, aid):
    aid.write_text(AID.replace("form.cost / 2", "form.cots / 2").replace("dest: paid}", "dest: nowhere}"), encoding="utf-8")
    done = run("definitions", "check", aid)

    assert done.exit_code == 1
    assert sum(line.startswith(f"{aid}:") for line in done.output.splitlines()) >= 2
    assert "form.cots" in done.output and "nowhere" in done.output and "Traceback" not in done.output


def test_json_faults_have_the_promised_names(run, aid):
    aid.write_text(AID.replace("form.cost / 2", "form.cots / 2"), encoding="utf-8")
    faults = json.loads(run("definitions", "check", "--json").stdout)

    assert set(faults[0]) == {"file", "line", "column", "code", "severity", "message"}
    assert {fault["severity"] for fault in faults} <= {"error", "warning"}


def test_a_golden_case_that_misses_fails_the_check_at_its_line(run, aid):
    beside = aid.with_name("aid.v1.cases.yaml")
    beside.write_text(CASES.replace("1200.00", "1300.00"), encoding="utf-8")

    assert run("definitions", "check").exit_code == 1
    assert f"{beside}:" in run("definitions", "check").output
    assert run("definitions", "cases", "aid", beside).exit_code == 1
    beside.write_text(CASES, encoding="utf-8")
    assert run("definitions", "cases", "aid@1", beside).exit_code == 0


def test_publishing_twice_changes_nothing_and_a_changed_released_file_is_refused(run, aid):
    assert "已发布" in run("definitions", "publish").output
    assert "没有变化" in run("definitions", "publish").output
    aid.write_text(AID.replace("form.cost / 2", "form.cost / 3"), encoding="utf-8")

    refused = run("definitions", "publish")

    assert refused.exit_code == 1 and "已经发布" in refused.output and "next version" in refused.output


def test_one_faulty_file_keeps_no_other_from_being_released(run, tree, aid):
    (tree / "bad.v1.yaml").write_text("schema: 1\nkey: bad\n", encoding="utf-8")
    done = run("definitions", "publish")

    assert done.exit_code == 1 and "aid@1 已发布" in done.output and "bad.v1.yaml:" in done.output


def test_showing_and_comparing(run, tree, aid):
    (tree / "aid.v2.yaml").write_text(AID.replace("version: 1\n", "version: 2\n").replace("form.cost / 2", "form.cost / 3"), encoding="utf-8")

    assert json.loads(run("definitions", "show", "aid@1", "--json").stdout)["key"] == "aid"
    diagram = run("definitions", "show", "aid", "--mermaid").stdout
    assert diagram.startswith("stateDiagram-v2") and "draft --> first: 提交" in diagram and "paid --> [*]" in diagram
    assert "aid@2" in run("definitions", "show", "aid").stdout
    compared = run("definitions", "diff", "aid@1", "aid@2").stdout
    assert compared.startswith("== ") and " / 2) 改为 " in compared and " / 3)" in compared
    missing = run("definitions", "show", "nothing")
    assert missing.exit_code == 1 and "没有 nothing" in missing.output
    assert run("definitions", "show", "aid@x").exit_code == 1


def test_what_was_released_is_shown_when_its_file_is_gone(run, aid):
    run("definitions", "publish")
    aid.unlink()

    assert "试点救助" in run("definitions", "show", "aid@1").stdout


def test_the_schema_is_written_beside_the_definitions(run, tree):
    assert run("definitions", "schema").exit_code == 0
    assert json.loads((tree / "schema.json").read_text(encoding="utf-8"))["$schema"]
