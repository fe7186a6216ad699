"""Running cases and a new version: pinned ones stay, moved ones lose nothing, nothing moves in silence."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from tests.versions.conftest import FORM, ONE, TWO, at_check
from tests.world import World
from workflow import engine, history
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.engine import migrating
from workflow.errors import NotYours, Refused
from workflow.records import Event, Message, Task, Timer


def publish(world: World, *swaps: tuple[str, str]) -> None:
    made = TWO
    for was, now in swaps:
        assert was in made, was
        made = made.replace(was, now)
    world.publish(made, "winter_aid.v2.yaml")


def plan(world: World) -> list[migrating.Planned]:
    with reading(world.sessions) as session:
        return migrating.plan(session, "winter_aid", 1, 2, world.now)


def move(world: World, case_id: str) -> migrating.Moved:
    with writing(world.sessions) as session:
        return migrating.migrate_one(session, case_id, 2, COMMAND, world.now)


def back(world: World, case_id: str) -> migrating.Moved:
    with writing(world.sessions) as session:
        return migrating.undo_one(session, case_id, COMMAND, world.now)


def rows(world: World, table: Any, case_id: str, *where: Any) -> list[Any]:
    with reading(world.sessions) as session:
        return list(session.execute(select(table.__table__).where(table.case_id == case_id, *where).order_by(table.id)))


def codes(caught: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [message.code for message in caught.value.messages]


def clean(world: World) -> list[str]:
    with reading(world.sessions) as session:
        return [item.zh for item in history.verify(session)]


def test_a_running_case_stays_with_its_version_and_ends_under_it(world: World) -> None:
    case_id = at_check(world)
    publish(world)
    assert world.row(case_id).definition_version == 1
    world.act("clerk", case_id, "approve")
    assert world.row(case_id).state == "decide" and world.row(case_id).definition_version == 1
    newer = world.submitted("nurse", "winter_aid", FORM | {"bill_no": "B2"})
    assert world.row(newer).definition_version == 2 and world.row(newer).amount_fen == 130000


def test_a_version_that_pins_refuses_to_move_anything(world: World) -> None:
    case_id = at_check(world)
    publish(world, ("running: migrate, migrate_from: {1: {check: verify}}", "running: pin"))
    with pytest.raises(Refused) as refused:
        plan(world)
    assert "按原版本办完" in refused.value.messages[0].zh
    with pytest.raises(Refused):
        move(world, case_id)


def test_peer_fault_a_definition_edit_strands_no_running_case(world: World) -> None:
    """The peer's fault: a step was renamed, and cases that stood in it could never be decided again."""
    stays, goes = at_check(world), at_check(world, "A2")
    publish(world)
    assert world.look("clerk", stays).actions, "an edit by itself changes nothing"
    move(world, goes)
    assert [action.trigger for action in world.look("leader", goes).actions][0] == "approve"
    for case_id in (stays, goes):
        holders = rows(world, Task, case_id, Task.status == "open")
        assert len(holders) == 1, "one next actor, before and after"
    publish3 = TWO.replace("version: 2\n", "version: 3\n", 1).replace("migrate_from: {1: {check: verify}}", "migrate_from: {}").replace("verify", "audit")
    world.publish(publish3, "winter_aid.v3.yaml")
    with reading(world.sessions) as session:
        found = migrating.plan(session, "winter_aid", 2, 3, world.now)
    assert [[m.code for m in row.problems] for row in found] == [["NO_PLACE"]], "a step without a place is told before anybody moves"
    assert clean(world) == []


def test_a_dry_run_tells_everything_and_writes_nothing(world: World) -> None:
    case_id = at_check(world)
    publish(world)
    before = rows(world, Task, case_id), world.row(case_id).last_seq
    [row] = plan(world)
    assert (row.case_id, row.from_state, row.to_state, row.problems) == (case_id, "check", "verify", ())
    assert [m.zh for m in row.told] == ["按新版应为 1,100.00 元，现为 1,000.00 元；迁移不改金额"]
    assert (rows(world, Task, case_id), world.row(case_id).last_seq) == before


def test_a_move_keeps_the_promise_the_money_and_the_figures_and_gives_the_task_to_whom_the_new_version_names(world: World) -> None:
    case_id = at_check(world)
    publish(world)
    was = world.row(case_id)
    world.now += timedelta(days=1)
    done = move(world, case_id)
    now = world.row(case_id)
    assert (done.from_state, done.to_state, done.to_version) == ("check", "verify", 2)
    assert (now.definition_version, now.state, now.revision, now.entry) == (2, "verify", was.revision + 1, done.seq)
    assert (now.due_at, now.amount_fen, now.entered_at, now.number) == (was.due_at, was.amount_fen, was.entered_at, was.number)
    assert now.figures["param"] == {"rate": "0.50", "extra": "100"}, "pinned figures stay; only what is new is added"
    [task] = rows(world, Task, case_id, Task.status == "open")
    assert (task.role, task.state, task.due_at) == ("county_leader", "verify", was.due_at)
    kept, fresh = sorted(rows(world, Timer, case_id, Timer.status == "due"), key=lambda timer: timer.place)
    assert (kept.kind, fresh.kind) == ("remind", "remind")
    assert kept.due_at == rows(world, Timer, case_id, Timer.status == "cancelled", Timer.state == "check", Timer.place == 0)[0].due_at
    assert fresh.due_at > world.now + timedelta(days=7), "a clock that is new begins now"
    assert world.look("worker", case_id).form["bank_card"] == FORM["bank_card"]
    assert clean(world) == []
    with reading(world.sessions) as session:
        event = session.scalars(select(Event).where(Event.stream == case_id, Event.seq == done.seq)).one()
        assert (event.kind, event.from_state, event.to_state, event.definition_digest) == ("migrate", "check", "verify", now.definition_digest)
        told = set(session.scalars(select(Message.person_id).where(Message.kind == "migrated", Message.case_id == case_id)))
    assert {world.ids["worker"], world.ids["leader"]} <= told


def test_a_renamed_step_stays_the_step_somebody_decided_at(world: World) -> None:
    """Otherwise a rename would let one person decide twice."""
    case_id = world.submitted("worker", "winter_aid", FORM)
    world.act("basic", case_id, "approve")
    world.act("double", case_id, "approve")                        # as county handler, at `check`
    publish(world)
    move(world, case_id)
    assert world.row(case_id).state == "decide"
    with pytest.raises(NotYours) as refused:
        world.act("double", case_id, "approve")                    # as county leader, at `decide`
    assert "SAME_PERSON" in [message.code for message in refused.value.messages]
    world.act("leader", case_id, "approve")


def test_what_somebody_is_typing_goes_along(world: World) -> None:
    case_id = world.start("worker", "winter_aid")
    world.save("worker", case_id, {"bill_no": "T1", "bank_card": FORM["bank_card"]})
    publish(world)
    move(world, case_id)
    view = world.look("worker", case_id)
    assert view.form["bill_no"] == "T1" and view.form["bank_card"] == FORM["bank_card"] and "note_line" in view.shown
    world.act("worker", case_id, "submit", form={"cost": "100", "kind": "ill"})
    assert world.row(case_id).amount_fen == 16000
    assert clean(world) == []


@pytest.mark.parametrize(("swap", "code"), [
    (("  bank_card: {label: 银行卡, type: bankcard, sensitive: true}\n", ""), "FIELD_GONE"),
    (("bill_no: {label: 单据号, type: text, required: true}", "bill_no: {label: 单据号, type: int, required: true}"), "FIELD_TYPE"),
    (("options: {ill: 生病, fire: 火灾}", "options: {fire: 火灾}"), "OPTION_GONE"),
    (("migrate_from: {1: {check: verify}}", "migrate_from: {1: {}}"), "NO_PLACE"),
    (("migrate_from: {1: {check: verify}}", "migrate_from: {1: {check: meeting}}"), "KIND"),
    (("migrate_from: {1: {check: verify}}", "migrate_from: {1: {check: paid}}"), "KIND"),
    (("leader: {role: county_leader, scope: ancestor(county)}", "leader: {role: finance, scope: ancestor(prefecture), empty: refuse}"), "NOBODY"),
    (("value: 0.60", "value: 0.70"), None),
])
def test_a_case_that_does_not_fit_stays_and_says_why(world: World, swap: tuple[str, str], code: str | None) -> None:
    case_id = at_check(world)
    publish(world, swap)
    [row] = plan(world)
    assert [m.code for m in row.problems] == ([code] if code else [])
    if code:
        with pytest.raises(Refused) as refused:
            move(world, case_id)
        assert codes(refused) == [code]
        assert world.row(case_id).definition_version == 1 and clean(world) == []


def test_a_file_that_the_new_version_does_not_know_keeps_the_case(world: World) -> None:
    case_id = world.start("worker", "winter_aid")
    from tests.acceptance.reading_room import photo
    with writing(world.sessions) as session:
        engine.attach(session, case_id, "receipt", "a.jpg", photo().getvalue(), world.actor("worker"), world.now)
    publish(world, ("  receipt: {label: 收据, min: 0, max: 2}", "  bill: {label: 账单, min: 0, max: 2}"))
    assert [[m.code for m in row.problems] for row in plan(world)] == [["FILES_GONE"]]


def test_an_open_vote_and_a_running_notice_are_left_alone(world: World) -> None:
    voting, posted = at_check(world), at_check(world, "A2")
    for case_id in (voting, posted):
        world.act("clerk", case_id, "approve")
        world.act("leader", case_id, "approve")
    for voter in ("first", "second", "third", "fourth"):
        world.act(voter, posted, "approve")
    assert (world.row(voting).state, world.row(posted).state) == ("meeting", "posted")
    publish(world)
    assert {row.case_id: [m.code for m in row.problems] for row in plan(world)} == {voting: ["VOTE_OPEN"], posted: ["NOTICE_RUNNING"]}
    for case_id in (voting, posted):
        with pytest.raises(Refused):
            move(world, case_id)


def test_a_correction_goes_along_and_comes_back_to_the_renamed_step(world: World) -> None:
    case_id = at_check(world)
    world.act("clerk", case_id, "return_to", comment="费用不符", correct=["form.cost"])
    publish(world)
    move(world, case_id)
    view = world.look("worker", case_id)
    assert view.correction is not None and view.correction.by_state.zh == "县级复核" and view.edit == frozenset({"form.cost"})
    world.act("worker", case_id, "submit", form={"cost": "1000"})
    assert world.row(case_id).state == "verify" and clean(world) == []


def test_undo_puts_everything_back_until_somebody_acts(world: World) -> None:
    case_id = at_check(world)
    publish(world)
    was = world.row(case_id)
    tasks, timers = rows(world, Task, case_id), rows(world, Timer, case_id)
    move(world, case_id)
    with writing(world.sessions) as session:
        engine.record(session, case_id, "view_file", world.actor("auditor"), world.now, {})
    done = back(world, case_id)
    now = world.row(case_id)
    for name in ("definition_version", "definition_digest", "state", "entry", "due_at", "figures", "form", "amount_fen", "returned"):
        assert getattr(now, name) == getattr(was, name), name
    assert now.revision == was.revision + 2 and done.to_version == 1
    assert [row for row in rows(world, Task, case_id) if row.id in {t.id for t in tasks}] == tasks
    assert [row for row in rows(world, Timer, case_id) if row.id in {t.id for t in timers}] == timers
    assert len(rows(world, Task, case_id, Task.status == "open")) == 1
    assert clean(world) == []
    with pytest.raises(Refused) as refused:
        back(world, case_id)
    assert codes(refused) == ["NOT_MOVED"]
    world.act("clerk", case_id, "approve")
    move(world, case_id)                                           # and it may be moved again
    world.act("leader", case_id, "approve")
    with pytest.raises(Refused) as refused:
        back(world, case_id)
    assert codes(refused) == ["ACTED"]
    with reading(world.sessions) as session:
        assert migrating.moved(session, "winter_aid", 1, 2) == [case_id]


def test_two_cases_do_not_share_a_tuple_of_the_new_version(world: World) -> None:
    one, two = at_check(world), at_check(world, "A2")
    publish(world, ("unique: [form.bill_no]", "unique: [form.bank_card]"))
    move(world, one)
    assert [[m.code for m in row.problems] for row in plan(world)] == [["DUPLICATE"]]
    with pytest.raises(Refused):
        move(world, two)


@pytest.mark.parametrize("with_event", [False, True])
def test_a_version_changed_by_hand_is_found(world: World, with_event: bool) -> None:
    case_id = at_check(world)
    publish(world)
    other = world.submitted("nurse", "winter_aid", FORM | {"bill_no": "B9"})
    digest = world.row(other).definition_digest
    with world.sessions() as session:                              # the DBA first takes the triggers away
        connection = session.connection()
        from migrations import triggers
        triggers.drop(connection)
        connection.execute(text("UPDATE cases SET definition_version = 2, definition_digest = :d, state = 'verify',"
                                " figures = (SELECT figures FROM cases WHERE id = :o) WHERE id = :c"), {"d": digest, "c": case_id, "o": other})
        connection.execute(text("UPDATE tasks SET state = 'verify' WHERE case_id = :c AND status = 'open'"), {"c": case_id})
        triggers.create(connection)
        session.commit()
    if with_event:                                                 # and the next honest step covers it up
        world.act("clerk", case_id, "reject", comment="不符")
        assert any("没有相应的迁移记录" in line for line in clean(world))
    else:
        assert any("definition_digest" in line for line in clean(world))


def test_the_old_file_did_not_change(world: World) -> None:
    publish(world)
    with pytest.raises(Refused):
        world.publish(ONE.replace("0.50", "0.70"), "winter_aid.v1.yaml")


def test_the_bundle_an_auditor_takes_away_accepts_a_moved_case(world: World, tmp_path: Path) -> None:
    case_id = at_check(world)
    publish(world)
    move(world, case_id)
    world.act("leader", case_id, "approve")
    with reading(world.sessions) as session:
        bundle = tmp_path / "bundle.zip"
        bundle.write_bytes(history.bundle(session, [case_id], world.now, unmask=True))
    with zipfile.ZipFile(bundle) as packed:
        packed.extractall(tmp_path / "out")
    done = subprocess.run([sys.executable, "out/verify.py", "bundle.zip"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
