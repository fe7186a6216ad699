"""Several people and several clicks at the same moment: one wins, the others are told, and nothing is half written."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.engine.conftest import FORM
from tests.engine.test_acting import counts
from tests.world import World
from workflow import engine, history
from workflow.actors import Actor
from workflow.db import reading, writing
from workflow.errors import BangfuError, NotYours, Refused, Stale
from workflow.records import Case, Decision, Event, Task


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Make all calls at the same moment, each in its own thread, and return what each returned or raised."""
    gate = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        gate.wait(30)
        try:
            return call()
        except BangfuError as refusal:
            return refusal

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def acting(world: World, actor: Actor, case_id: str, trigger: str, revision: int, **more: Any) -> Callable[[], engine.Done]:
    def call() -> engine.Done:
        with writing(world.sessions) as session:
            return engine.act(session, case_id, trigger, actor, world.now, revision=revision, **more)
    return call


def number_of(world: World, model: Any, *conditions: Any) -> int:
    with reading(world.sessions) as session:
        return session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def clean(world: World) -> None:
    """Assert that the verifier finds nothing and that every case still open waits for exactly one task."""
    with reading(world.sessions) as session:
        findings = history.verify(session)
        assert not findings.items, findings.items[:3]
        open_tasks = {row[0]: row[1] for row in session.execute(
            select(Task.case_id, func.count()).where(Task.status == "open").group_by(Task.case_id))}
        going_on = set(session.scalars(select(Case.id).where(Case.outcome.is_(None))))
    assert set(open_tasks) == going_on and set(open_tasks.values()) <= {1}


@pytest.fixture
def checked(world: World) -> str:
    """A case on the desk of the county union's two clerks."""
    case_id = world.submitted("worker", "aid", FORM)
    world.act("basic", case_id, "approve", form={"opinion": "属实"})
    return case_id


def test_of_two_approvers_one_wins_and_the_other_reads_who_was_faster(world: World, checked: str) -> None:
    revision, names = world.row(checked).revision, {"clerk": "王莉", "clerk2": "刘芳"}
    calls = [acting(world, world.actor(short), checked, trigger, revision, comment="已核对")
             for short, trigger in (("clerk", "approve"), ("clerk2", "reject"))]
    won, lost = sorted(at_once(calls), key=lambda answer: isinstance(answer, Stale))
    assert isinstance(won, engine.Done) and isinstance(lost, Stale)
    winner = "clerk" if won.trigger != "reject" else "clerk2"
    # An approval goes on through the auto state, and that hop is the system's: the person must be named nevertheless.
    assert lost.by == names[winner] and lost.at == world.now and names[winner] in lost.messages[0].zh
    assert number_of(world, Decision, Decision.case_id == checked, Decision.state == "check") == 1
    clean(world)


def test_sixteen_refusals_at_once_decide_once(world: World, checked: str) -> None:
    revision, actors = world.row(checked).revision, [world.actor("clerk"), world.actor("clerk2")]
    answers = at_once([acting(world, actors[n % 2], checked, "reject", revision, comment="不符合", idem_key=f"k{n}")
                       for n in range(16)])
    assert sum(isinstance(answer, engine.Done) for answer in answers) == 1
    assert sum(isinstance(answer, Stale) for answer in answers) == 15
    clean(world)


def test_a_click_eight_times_over_is_one_event_and_eight_equal_answers(world: World, checked: str) -> None:
    actor, revision = world.actor("clerk"), world.row(checked).revision
    answers = at_once([acting(world, actor, checked, "reject", revision, comment="不符合", idem_key="one") for _ in range(8)])
    assert all(isinstance(answer, engine.Done) for answer in answers), answers
    assert len({(a.case_id, a.number, a.trigger, a.from_state, a.to_state, a.revision, a.amount_fen, a.seq) for a in answers}) == 1
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 7
    assert number_of(world, Event, Event.idem_key == "one") == 1
    clean(world)


def test_a_double_click_through_an_auto_state_gives_equal_answers(world: World, checked: str) -> None:
    actor, revision = world.actor("clerk"), world.row(checked).revision
    answers = at_once([acting(world, actor, checked, "approve", revision, idem_key="one") for _ in range(4)])
    assert {(a.to_state, a.seq, a.revision) for a in answers} == {(answers[0].to_state, answers[0].seq, answers[0].revision)}
    assert answers[0].to_state == "paying" and world.row(checked).state == "paying"
    clean(world)


def test_a_page_opened_yesterday_changes_nothing(world: World, checked: str) -> None:
    yesterday = world.row(checked).revision
    world.act("clerk", checked, "return_to", dest="draft", comment="请改卡号")
    world.act("worker", checked, "submit", form={"bank_card": "6228480010000000025"})
    before = counts(world)
    with pytest.raises(Stale) as caught:
        world.act("clerk", checked, "approve", revision=yesterday)
    assert caught.value.by == "李文华" and counts(world) == before


def test_a_batch_does_the_good_rows_and_names_the_bad_ones(world: World) -> None:
    """200 rows, 7 of them bad: two need judgement, four are overtaken, one is not there."""
    worker, basic = world.actor("worker"), world.actor("basic")
    items = [(_before_the_clerk(world, worker, basic, FORM | {"bill_no": f"B{n}"} | ({"cost": "90400"} if n in (3, 77) else {})), 3)
             for n in range(200)]
    world.act("clerk2", items[50][0], "approve")                                 # these moved on since the page was drawn
    world.act("clerk2", items[120][0], "return_to", dest="draft", comment="补充说明")
    world.act("clerk2", items[150][0], "reject", comment="不符合")
    items[11] = ("0" * 20, 3)                                                    # no such case
    items[199] = (items[199][0], 2)                                              # an older page still
    clerk = world.actor("clerk", via="batch")
    answers, before = [], counts(world)
    for case_id, revision in items:
        try:
            answers.append(acting(world, clerk, case_id, "approve", revision)())
        except BangfuError as refusal:
            answers.append(refusal)
    refused = {n: answer for n, answer in enumerate(answers) if not isinstance(answer, engine.Done)}
    assert sorted(refused) == [3, 11, 50, 77, 120, 150, 199]
    assert all(answer.messages and answer.messages[0].zh for answer in refused.values())
    assert [refused[n].messages[0].code for n in (3, 77)] == ["COMMENT", "COMMENT"]
    assert all(isinstance(refused[n], Stale) for n in (50, 120, 150, 199))
    after = counts(world)
    assert after[1] - before[1] == 2 * 193 and after[0] - before[0] == 2 * 193       # the clerk's and the system's hop
    clean(world)


def _before_the_clerk(world: World, worker: Actor, basic: Actor, form: dict[str, str]) -> str:
    """Bring a case to the county's desk in one transaction."""
    with writing(world.sessions) as session:
        case_id = engine.start(session, "aid", worker, world.now)
        engine.act(session, case_id, "submit", worker, world.now, revision=1, form=form)
        engine.act(session, case_id, "approve", basic, world.now, revision=2, form={"opinion": "属实"})
    return case_id


def test_one_person_with_two_roles_cannot_race_through_two_steps(world: World) -> None:
    case_id = world.submitted("worker", "aid", FORM | {"cost": "20400"})
    world.act("basic", case_id, "approve", form={"opinion": "属实"})
    world.act("double", case_id, "approve", comment="已核实大额")
    double, revision = world.actor("double"), world.row(case_id).revision
    answers = at_once([acting(world, double, case_id, "approve", revision) for _ in range(4)]
                      + [acting(world, world.actor("leader"), case_id, "approve", revision)])
    assert isinstance(answers[-1], engine.Done)
    assert all(isinstance(answer, (NotYours, Stale)) for answer in answers[:-1])
    with reading(world.sessions) as session:
        assert session.scalars(select(Decision.actor_id).where(Decision.case_id == case_id, Decision.state == "decide")).all() == [
            world.ids["leader"]]
    clean(world)


def test_no_number_comes_twice_or_is_skipped(world: World) -> None:
    """Eight applicants hand in at once, four times over; a refused one in between uses up no number."""
    worker = world.actor("worker")
    drafts = [world.start("worker", "aid") for _ in range(32)]
    refused = [world.start("worker", "aid") for _ in range(4)]
    answers: list[Any] = []
    for turn in range(4):
        forms = [FORM | {"bill_no": f"N{turn}-{n}"} for n in range(8)]
        calls = [acting(world, worker, case_id, "submit", 1, form=form)
                 for case_id, form in zip(drafts[turn * 8:turn * 8 + 8], forms, strict=True)]
        calls.append(acting(world, worker, refused[turn], "submit", 1, form=FORM | {"bill_no": "x", "cost": "400"}))
        answers += at_once(calls)
    assert sum(isinstance(answer, Refused) for answer in answers) == 4
    numbers = sorted(int(answer.number[-4:]) for answer in answers if isinstance(answer, engine.Done))
    assert numbers == list(range(1, 33))
    clean(world)


def test_of_two_cases_with_one_bill_handed_in_at_once_one_is_taken(world: World) -> None:
    calls = [acting(world, world.actor(short), world.start(short, "aid"), "submit", 1, form=FORM) for short in ("worker", "nurse")]
    answers = at_once(calls)
    assert sorted(type(answer).__name__ for answer in answers) == ["Done", "Refused"]
    assert [m.code for a in answers if isinstance(a, Refused) for m in a.messages] == ["DUPLICATE"]
    clean(world)
