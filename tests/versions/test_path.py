"""Before handing in, the applicant sees through whose hands the case will go, and by when at the latest."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker

from tests.versions.conftest import FORM
from tests.world import World
from workflow import language
from workflow.db import reading
from workflow.engine.path import Ahead, ahead, outline
from workflow.programmes import DEFINITIONS, files

ROUTED = """
schema: 1
key: routed_aid
version: 1
title: 分流救助
initial: draft
number: "FL-{org.code}-{year}-{seq:04d}"
form:
  cost: {label: 费用, type: money, required: true, min: 0}
  bank_card: {label: 银行卡, type: bankcard, sensitive: true}
calc: {amount: form.cost}
amount: {value: calc.amount}
actors:
  applicant: {who: applicant}
  grassroots: {role: grassroots, scope: applicant.union}
  county: {role: county_handler, scope: ancestor(county)}
  leader: {role: county_leader, scope: ancestor(county)}
  doctor: {role: external, scope: ancestor(county)}
separation: {distinct: [first, decide]}
defaults: {return: {resubmit: direct, max: 3}, comment: {return: required, reject: required}}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*]}
  - {name: first, label: 初审, kind: task, actor: grassroots, due: 5wd}
  - {name: sort, label: 分流, kind: auto}
  - {name: both, label: 同时核对, kind: parallel, due: 3wd, join: all, on_pass: approve, on_fail: reject,
     branches: [{key: papers, label: 材料, actor: county}, {key: health, label: 病情, actor: doctor}]}
  - {name: decide, label: 审批, kind: task, actor: leader, due: 10wd}
  - {name: posted, label: 公示, kind: notice, actor: county, notice: {days: 3wd, show: [calc.amount], where: [village_board]},
     timers: [{after: 3wd, do: fire, trigger: published}]}
  - {name: paying, label: 支付, kind: task, actor: county}
  - {name: paid, label: 已付, final: true, outcome: approved}
  - {name: rejected, label: 不批, final: true, outcome: rejected}
transitions:
  - {trigger: submit, label: 提交, source: draft, dest: first, require: [form]}
  - {trigger: approve, label: 同意, source: first, dest: sort}
  - {trigger: route, label: 较大, source: sort, dest: both, when: form.cost > 5000, actor: system}
  - {trigger: route, label: 一般, source: sort, dest: posted, actor: system}
  - {trigger: approve, label: 通过, source: both, dest: decide}
  - {trigger: reject, label: 不通过, source: both, dest: rejected}
  - {trigger: approve, label: 批准, source: decide, dest: posted}
  - {trigger: published, label: 期满, source: posted, dest: paying, actor: system}
  - {trigger: pay, label: 已付, source: paying, dest: paid}
  - {trigger: reject, label: 不批, source: [first, decide], dest: rejected}
progress: [draft, first, decide, posted, paying, paid]
"""


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> World:
    world = World(sessions)
    world.publish(ROUTED, "routed_aid.v1.yaml")
    return world


def path(world: World, case_id: str) -> tuple[Ahead, ...]:
    view = world.look("worker", case_id)
    with reading(world.sessions) as session:
        return ahead(session, view, view.facts, world.now)


def typed(world: World, **form: Any) -> str:
    case_id = world.start("worker", "routed_aid")
    world.save("worker", case_id, form)
    return case_id


def last(step: Ahead) -> date | None:
    return None if step.by is None else (step.by.astimezone(UTC) + timedelta(hours=8, microseconds=-1)).date()


def test_an_empty_form_takes_the_usual_way_and_says_so(world: World) -> None:
    found = path(world, world.start("worker", "routed_aid"))
    assert [(step.state, step.assumed) for step in found] == [
        ("first", False), ("posted", True), ("paying", True), ("paid", True)]


def test_what_is_typed_chooses_the_way(world: World) -> None:
    small, large = path(world, typed(world, cost="100")), path(world, typed(world, cost="9000"))
    assert [step.state for step in small] == ["first", "posted", "paying", "paid"]
    assert [step.state for step in large] == ["first", "both", "decide", "posted", "paying", "paid"]
    assert not any(step.assumed for step in (*small, *large))


def test_roles_unions_and_days_are_those_the_case_will_meet(world: World) -> None:
    found = path(world, typed(world, cost="9000"))                # Monday 15 June 2026; 19 to 21 June are days off
    assert [(step.label.zh, step.role_label.zh, step.organisation) for step in found[:3]] == [
        ("初审", "基层工会经办人", "二建公司工会"), ("同时核对", found[1].role_label.zh, ""), ("审批", "县总工会负责人", "云岭县总工会")]
    assert "县总工会经办人" in found[1].role_label.zh and "、" in found[1].role_label.zh
    assert [last(step) for step in found] == [
        date(2026, 6, 23), date(2026, 6, 26), date(2026, 7, 10), date(2026, 7, 15), None, None], "a step without a time ends the promise"


def test_the_days_seen_are_the_days_the_officers_get(world: World) -> None:
    case_id = typed(world, cost="100", bank_card=FORM["bank_card"])
    seen = path(world, case_id)
    world.act("worker", case_id, "submit")
    assert world.row(case_id).due_at == seen[0].by
    assert path(world, case_id)[0].by == seen[1].by, "the way from there is the rest of the same way"
    world.now = seen[0].by - timedelta(minutes=1)                  # the last minute of the promise
    world.act("basic", case_id, "approve")
    assert (world.row(case_id).state, world.row(case_id).due_at) == ("posted", seen[1].by)


@pytest.mark.parametrize("file", files(DEFINITIONS), ids=lambda path: path.name)
def test_the_guide_of_every_programme_shows_a_way_to_an_approved_end(file: Any) -> None:
    definition = language.read(file.read_bytes(), file.name, DEFINITIONS / "flows").definition
    assert definition is not None
    found = outline(definition, datetime(2026, 11, 21, 2, 0, tzinfo=UTC))
    assert len(found) >= 3
    if any("file.renew" in way.effects for way in definition.transitions):           # a file goes round year after year and ends when it is given up, not by an approval
        assert not found[-1].final
    else:
        assert found[-1].final and definition.states[found[-1].state].outcome == "approved"
    assert all(step.role or step.role_label.zh or step.final or step.kind in ("wait", "notice") for step in found)
