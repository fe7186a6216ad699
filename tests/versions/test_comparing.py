"""`definitions diff`: every word of the vocabulary has words for people, and every change is told, old and new."""

from __future__ import annotations

import typing
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from tests.versions.conftest import ONE, TWO
from workflow import comparing, language
from workflow.change_words import GROUPS, ROWS, WORDS
from workflow.language.definition import Definition
from workflow.language.schema import Programme

POSTED = """notice: {days: 3wd, show: [calc.amount], where: [village_board]},
     timers: [{after: 3wd,"""


def read(text: str) -> Definition:
    reading = language.read(text, "winter_aid.v2.yaml" if "version: 2" in text else "winter_aid.v1.yaml")
    assert reading.definition is not None and not reading.errors, [str(fault) for fault in reading.errors]
    return reading.definition


def told(after: str, before: str = ONE) -> str:
    return "\n".join(change.zh for group in comparing.compare(read(before), read(after)) for change in group.changes)


def words_of(model: type[BaseModel], seen: set[type]) -> set[str]:
    """Every word that a document may use, from the models that read it."""
    if model in seen:
        return set()
    seen.add(model)
    found = set()
    for name, spec in model.model_fields.items():
        found.add(spec.alias or name)
        for inner in _models(spec.annotation):
            found |= words_of(inner, seen)
    return found


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models(argument)] if typing.get_origin(annotation) else []


def test_every_word_of_the_vocabulary_has_words_for_people() -> None:
    known = WORDS.keys() | ROWS.keys()
    words = words_of(Programme, set()) - {"zh", "en", "version"}
    assert len(words) > 100 and sorted(words - known) == []
    assert all(label.zh and label.en for label in [*WORDS.values(), *ROWS.values()])


def test_every_word_at_the_top_belongs_to_one_subject() -> None:
    top = {spec.alias or name for name, spec in Programme.model_fields.items()} - {"version"}
    grouped = [word for _, words in GROUPS for word in words]
    assert sorted(top - set(grouped)) == [] and len(grouped) == len(set(grouped))


def test_nothing_changed() -> None:
    assert comparing.compare(read(ONE), read(ONE)) == ()


def test_a_renamed_step_is_told_as_renamed_and_makes_no_noise() -> None:
    text = told(TWO)
    assert "环节“县级复核”的名称：由 县级核对 改为 县级复核" in text
    assert "环节“县级复核”的办理人：由 县总工会经办人 改为 县总工会负责人" in text
    assert "办理时限：由 5 个工作日 改为 8 个工作日" in text
    assert "定时“第 2 条”：由 5 个工作日后督办（县总工会负责人） 改为 7 个工作日后提醒" in text
    assert "参数“比例”的取值：由 0.50 改为 0.60" in text
    assert "第 1 版 “县级核对”归到“县级复核”" in text
    assert "动作" not in text and "职责分离" not in text, "a rename alone changes no action and no separation"


@pytest.mark.parametrize(("was", "now", "said"), [
    ("mode: all", "mode: any", "环节“会签”的表决的表决方式：由 全部同意 改为 一人同意"),
    (POSTED, POSTED.replace("3wd", "5wd"), "环节“公示”的公示的公示期：由 3 个工作日 改为 5 个工作日"),
    (POSTED, POSTED.replace("3wd", "5wd"), "定时“第 1 条”：由 3 个工作日后到点执行“published” 改为 5 个工作日后到点执行"),
    ("number: \"DJ-", "number: \"DX-", "编号规则"),
    ("receipt: {label: 收据, min: 0", "receipt: {label: 收据, min: 1", "材料“收据”的最少：由 0 改为 1"),
    ("fire: 火灾}", "fire: 火灾, flood: 水灾}", "字段“类别”的选项“flood”：水灾"),
    ("source: check, dest: decide}", "source: check, dest: decide, comment: required}", "动作“县级核对：同意 → 审批”的意见"),
    ("source: [first, check, decide], dest: rejected", "source: [first, check], dest: rejected", "删除动作“审批：不批 → 不予批准”"),
    ("separation: {distinct: [first, check, decide]}", "separation: {distinct: [first, decide]}", "须由不同的人办理的环节：由 初审、县级核对、审批 改为 初审、审批"),
    ("county: {role: county_handler, scope: ancestor(county)}", "county: {role: finance, scope: ancestor(county)}", "岗位：由 县总工会经办人 改为"),
    ("progress: [draft", "operations: {transfer: [check], urge: \"*\"}\nprogress: [draft", "催办 全部环节"),
    ("unique: [form.bill_no]", "unique: [form.bill_no, form.kind]", "不可重复的内容：由 “单据号” 改为 “单据号”、“类别”"),
])
def test_each_kind_of_change_is_told_with_old_and_new(was: str, now: str, said: str) -> None:
    assert said in told(ONE.replace(was, now).replace("version: 1\n", "version: 2\n", 1))


def test_both_languages_say_every_change() -> None:
    for group in comparing.compare(read(ONE), read(TWO)):
        assert group.heading.zh and group.heading.en
        assert all(change.en and change.en != change.zh for change in group.changes)
