"""From YAML to a definition and back from what was published."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import orjson
import pytest

from workflow.errors import Damaged
from workflow.language import from_document, read, read_path
from workflow.language.definition import Duration
from workflow.language.expand import canonical

from .broken import SOUND, broken

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.yaml"))
RELEASED = sorted((Path(__file__).parents[2] / "definitions").glob("*.v*[0-9].yaml"))
NAME = "winter_aid.v2.yaml"


@pytest.mark.parametrize("path", [*EXAMPLES, *RELEASED], ids=lambda path: path.name)
def test_the_examples_and_the_shipped_programmes_have_no_errors(path: Path) -> None:
    reading = read_path(path)
    assert [str(fault) for fault in reading.errors] == []
    assert reading.definition is not None


@pytest.mark.parametrize("path", [*EXAMPLES, *RELEASED], ids=lambda path: path.name)
def test_a_published_document_gives_the_identical_definition(path: Path) -> None:
    definition = read_path(path).definition
    assert definition is not None
    again = from_document(orjson.loads(canonical(definition.document)))
    assert again == definition
    assert list(again.form) == list(definition.form) and list(again.states) == list(definition.states)
    assert [list(field.options) for field in again.form.values()] == [
        list(field.options) for field in definition.form.values()]


def test_a_damaged_document_is_refused() -> None:
    with pytest.raises(Damaged):
        from_document({"schema": 1, "key": "x", "version": 1})


def test_the_digest_depends_on_the_meaning_and_not_on_the_layout() -> None:
    one, other = read(SOUND, NAME).definition, read("# a comment\n" + SOUND.replace(
        "{label: 回单, min: 0, max: 3}", "{max: 3, min: 0, label: 回单}"), NAME).definition
    changed = read(broken("value: 1500", "value: 1501"), NAME).definition
    assert one is not None and other is not None and changed is not None
    assert one.digest == other.digest != changed.digest
    swapped = read(SOUND.replace("  photo: {label: 照片, min: 0, max: 3}\n  receipt: {label: 回单, min: 0, max: 3}\n",
                                 "  receipt: {label: 回单, min: 0, max: 3}\n  photo: {label: 照片, min: 0, max: 3}\n"), NAME)
    assert swapped.definition is not None and swapped.definition.digest != one.digest     # people see that order


def test_wildcards_lists_and_defaults_are_written_out() -> None:
    definition = read(SOUND, NAME).definition
    assert definition is not None
    draft = definition.states["draft"]
    assert "form.name" in draft.edit and "attachments.photo" in draft.edit
    assert draft.hide == {"form.visit", "form.approved"} and not draft.hide & draft.edit
    assert definition.states["paid"].kind == "final" and definition.states["check"].due == Duration(5, "wd")
    rejects = [way for way in definition.transitions if way.trigger == "reject"]
    assert [(way.source, way.comment) for way in rejects] == [
        ("board", "required"), ("meeting", "required"), ("check", "required"), ("review", "required")]
    returns = [way for way in definition.transitions if way.trigger == "return_to" and way.source == "review"]
    assert [way.dest for way in returns] == ["draft", "check"]
    assert all(way.chosen and way.comment == "required" and way.resubmit == "restart" for way in returns)
    assert definition.return_max == 3 and definition.ways("draft")[0].require == ("form", "attachments")
    assert list(definition.calc) == ["per_head", "payable", "amount"]
    assert definition.params["line"].value == Decimal(1500)
    assert definition.tables["bands"].rows[1] == (Decimal(1000), None, Decimal("0.2"))
    assert definition.criteria[0].trigger == "submit" and definition.criteria[0].on_fail == "refuse"


def test_a_released_version_cannot_change() -> None:
    definition = read(SOUND, NAME).definition
    assert definition is not None
    assert read(SOUND, NAME, released=definition.digest).errors == ()
    changed = read(broken("value: 1500", "value: 1501"), NAME, released=definition.digest)
    assert [(fault.code, fault.line) for fault in changed.errors] == [("RELEASED_CHANGED", 3)]


def test_a_migration_forgets_no_open_state() -> None:
    before = read(SOUND, NAME).definition
    assert before is not None
    states = {**before.states, "survey": replace(before.states["check"], name="survey")}
    before = replace(before, version=1, states=states)
    dropped = read(broken("running: pin", "running: migrate, migrate_from: {1: {board: board}}"), NAME,
                   earlier={1: before})
    assert [fault.code for fault in dropped.errors] == ["MIGRATION_DROPS"] and "survey" in dropped.errors[0].en
    kept = read(broken("running: pin", "running: migrate, migrate_from: {1: {survey: check}}"), NAME, earlier={1: before})
    assert kept.errors == ()


FLOW = """\
schema: 1
key: two_steps
version: 1
title: 两级审批
initial: draft
actors:
  applicant: {who: applicant}
  county: {role: county_handler, scope: ancestor(county)}
  leader: {role: county_leader, scope: ancestor(county)}
defaults: {return: {max: 2}, comment: {return: required}}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*]}
  - {name: review, label: 复审, kind: task, actor: county, due: 5wd}
  - {name: done, label: 已批准, final: true, outcome: approved}
  - {name: refused, label: 不批准, final: true, outcome: rejected}
transitions:
  - {trigger: submit, label: 提交, source: draft, dest: review, require: [form]}
  - {trigger: approve, label: 同意, source: review, dest: done}
  - {trigger: reject, label: 不同意, source: [review, draft], dest: refused, actor: system}
"""
USING = """\
schema: 1
key: using
version: 1
title: 用流程的项目
extends: two_steps@1
form: {name: {label: 姓名, type: text, required: true}}
states:
  - {name: review, label: 县级复审}
  - {name: leader, label: 领导审批, kind: task, actor: leader, due: 3wd}
transitions:
  - {trigger: approve, label: 报领导, source: review, dest: leader}
  - {trigger: approve, label: 同意, source: leader, dest: done}
  - {trigger: reject, label: 退件, source: review, dest: refused}
"""


def test_a_programme_stands_on_its_flow(tmp_path: Path) -> None:
    (tmp_path / "two_steps.v1.yaml").write_text(FLOW, encoding="utf-8")
    reading = read(USING, "using.v1.yaml", tmp_path)
    assert [str(fault) for fault in reading.errors] == []
    definition = reading.definition
    assert definition is not None
    assert list(definition.states) == ["draft", "review", "done", "refused", "leader"]
    review = definition.states["review"]
    assert review.label.zh == "县级复审" and review.actor == "county"
    assert [(way.source, way.dest) for way in definition.transitions if way.trigger == "approve"] == [
        ("review", "leader"), ("leader", "done")]
    assert [(way.source, way.actor) for way in definition.transitions if way.trigger == "reject"] == [
        ("draft", "system"), ("review", None)]
    assert definition.document["states"][1]["actor"] == "county"      # the published document needs no flow any more
    assert from_document(orjson.loads(canonical(definition.document))) == definition


def test_a_fault_in_the_flow_is_told_in_the_flows_file(tmp_path: Path) -> None:
    (tmp_path / "two_steps.v1.yaml").write_text(FLOW.replace("county_leader", "county_boss"), encoding="utf-8")
    faults = read(USING, "using.v1.yaml", tmp_path).errors
    assert [(Path(fault.file).name, fault.line, fault.code) for fault in faults] == [
        ("two_steps.v1.yaml", 9, "UNKNOWN_ROLE")]


def test_a_fallback_may_be_a_role_at_its_own_level() -> None:
    definition = read(broken("fallback: county}", "fallback: township}"), NAME).definition
    assert definition is not None
    rule = definition.actors["grassroots"]
    assert rule.fallback == "township" and rule.empty == "fallback"
    assert (definition.actors["township"].role, definition.actors["township"].scope) == ("township", "ancestor(township)")
