"""Votes and parallel steps: one voice each, a result as soon as it is certain, and nothing left open behind it."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from tests.world import World
from workflow import engine
from workflow.db import reading, writing
from workflow.engine.votes import outcome
from workflow.errors import Impossible, NotYours, Refused, Stale
from workflow.language.definition import Vote
from workflow.records import Decision, Event, Task

VOTERS = ("first", "second", "third", "fourth")


def text(vote: str, kind: str = "countersign", more: str = "") -> str:
    """A programme of three steps whose middle one is the vote."""
    return f"""
schema: 1
key: council
version: 1
title: 集体研究
initial: draft
form:
  cost: {{label: 费用, type: money, required: true}}
calc:
  amount: form.cost
amount: {{value: calc.amount}}
actors:
  applicant: {{who: applicant}}
  county: {{role: county_handler, scope: ancestor(county)}}
  committee: {{role: county_committee, scope: ancestor(county)}}
  medical: {{role: external, scope: ancestor(county)}}
  chief: {{role: county_leader, scope: ancestor(county)}}
  finance: {{role: finance, scope: ancestor(county)}}
separation: {{distinct: [review, paying]}}
defaults: {{return: {{max: 3}}, comment: {{reject: required, return: required}}}}
states:
  - {{name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*]}}
  - {{name: review, label: 审核, kind: task, actor: county, due: 5wd}}
  - {{name: meeting, label: 集体研究, kind: {kind}, {"actor: committee, " if kind == "countersign" else ""}due: 5wd, {vote}}}
  - {{name: paying, label: 发放, kind: task, actor: finance, due: 3wd}}
  - {{name: paid, label: 已发放, final: true, outcome: approved}}
  - {{name: rejected, label: 不予资助, final: true, outcome: rejected}}
transitions:
  - {{trigger: submit, label: 提交, source: draft, dest: review, require: [form]}}
  - {{trigger: approve, label: 提交研究, source: review, dest: meeting}}
  - {{trigger: approve, label: 通过, source: meeting, dest: paying, actor: system}}
  - {{trigger: reject, label: 未通过, source: meeting, dest: rejected, actor: system}}
  - {{trigger: return_to, label: 退回核对, source: meeting, dest: [review]}}
  - {{trigger: pay, label: 已发放, source: paying, dest: paid}}
{more}"""


RATIO = "vote: {mode: ratio, pass: 2/3, min_voters: 3, on_pass: approve, on_fail: reject}"
PARALLEL = ("join: all, on_pass: approve, on_fail: reject, branches: [{key: med, label: 医学复核, actor: medical}, "
            "{key: chief, label: 负责人复核, actor: chief}, {key: big, label: 大额, actor: finance, when: calc.amount > 9000}]")


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> World:
    return World(sessions)


def meeting(world: World, vote: str = RATIO, kind: str = "countersign", cost: str = "6000") -> str:
    world.publish(text(vote, kind), "council.v1.yaml")
    case_id = world.submitted("worker", "council", {"cost": cost})
    world.act("clerk", case_id, "approve")
    return case_id


def tasks(world: World, case_id: str) -> list[tuple[str, str]]:
    with reading(world.sessions) as session:
        return [(row.kind, row.status) for row in session.scalars(select(Task).where(Task.case_id == case_id).order_by(Task.entry, Task.place, Task.id))]


def still_open(world: World, case_id: str) -> list[str]:
    return [kind for kind, status in tasks(world, case_id) if status in ("open", "waiting")]


def test_a_vote_goes_on_as_soon_as_its_outcome_is_certain(world: World) -> None:
    case_id = meeting(world)
    assert still_open(world, case_id) == ["ballot"] * 4
    assert world.act("first", case_id, "approve").to_state == "meeting"
    assert world.act("second", case_id, "abstain").to_state == "meeting"
    assert world.act("third", case_id, "approve").to_state == "meeting"
    assert world.act("fourth", case_id, "approve").to_state == "paying"
    assert still_open(world, case_id) == ["work"]
    with reading(world.sessions) as session:
        events = [(e.kind, e.trigger, e.actor_id is None) for e in session.scalars(
            select(Event).where(Event.stream == case_id, Event.from_state == "meeting").order_by(Event.seq))]
        decided = session.scalars(select(Decision.actor_id).where(Decision.case_id == case_id, Decision.state == "meeting")).all()
    assert events == [("vote", "approve", False), ("vote", "abstain", False), ("vote", "approve", False),
                      ("vote", "approve", False), ("act", "approve", True)]
    assert len(decided) == 5 and decided.count(None) == 1


def test_two_refusals_of_four_settle_a_two_thirds_vote(world: World) -> None:
    case_id = meeting(world)
    world.act("first", case_id, "reject", comment="材料不足")
    assert world.act("second", case_id, "reject", comment="不符合条件").to_state == "rejected"
    assert still_open(world, case_id) == []
    with pytest.raises((NotYours, Impossible)):
        world.act("third", case_id, "approve")


def test_one_person_has_one_vote(world: World) -> None:
    case_id = meeting(world)
    world.act("first", case_id, "approve")
    with pytest.raises(NotYours) as caught:
        world.act("first", case_id, "approve")
    assert [m.code for m in caught.value.messages] == ["VOTED"]
    with pytest.raises(NotYours):
        world.act("leader", case_id, "approve")


def test_a_refusal_without_a_reason_is_not_taken(world: World) -> None:
    case_id = meeting(world)
    with pytest.raises(Refused) as caught:
        world.act("first", case_id, "reject")
    assert [m.code for m in caught.value.messages] == ["COMMENT"]


def test_votes_in_between_make_nobodys_page_stale_but_anything_else_does(world: World) -> None:
    case_id = meeting(world)
    seen = world.row(case_id).revision
    for voter in ("first", "second"):
        world.act(voter, case_id, "approve", revision=seen)
    with pytest.raises(Stale):
        world.act("third", case_id, "approve", revision=seen - 1)
    with pytest.raises(Stale):
        world.act("third", case_id, "approve", revision=seen + 3)
    assert world.act("third", case_id, "approve", revision=seen).to_state == "paying"      # 3 of 4 is two thirds


def test_two_first_votes_at_once_both_count(world: World) -> None:
    case_id = meeting(world, "vote: {mode: all, on_pass: approve, on_fail: reject}")
    seen, ready = world.row(case_id).revision, threading.Barrier(4)

    def vote(who: str) -> None:
        ready.wait()
        world.act(who, case_id, "approve", revision=seen)

    threads = [threading.Thread(target=vote, args=(who,)) for who in VOTERS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert world.row(case_id).state == "paying"


def test_a_return_out_of_a_vote_cancels_the_sibling_tasks(world: World) -> None:
    case_id = meeting(world)
    world.act("first", case_id, "approve")
    done = world.act("second", case_id, "return_to", dest="review", comment="请补材料")
    assert done.to_state == "review" and still_open(world, case_id) == ["work"]
    world.act("clerk", case_id, "approve")
    assert still_open(world, case_id) == ["ballot"] * 4    # everybody votes afresh, who voted before as well
    assert world.act("first", case_id, "approve").to_state == "meeting"


def test_voters_in_sequence_have_their_turn_one_by_one(world: World) -> None:
    case_id = meeting(world, "vote: {mode: sequence, on_pass: approve, on_fail: reject}")
    with pytest.raises(NotYours):
        world.act("second", case_id, "approve")
    for voter in VOTERS[:3]:
        assert world.act(voter, case_id, "approve").to_state == "meeting"
    assert world.act("fourth", case_id, "approve").to_state == "paying"


def test_a_veto_ends_the_vote_and_holds_a_pass_back_until_all_have_spoken(world: World) -> None:
    case_id = meeting(world, "vote: {mode: quorum, pass: 2, veto: true, on_pass: approve, on_fail: reject}")
    for voter in VOTERS[:3]:
        assert world.act(voter, case_id, "approve").to_state == "meeting"
    assert world.act("fourth", case_id, "reject", comment="不同意").to_state == "rejected"


def test_too_few_voters_are_the_administrators_business(world: World) -> None:
    case_id = meeting(world, "vote: {mode: all, min_voters: 9, on_pass: approve, on_fail: reject}")
    assert tasks(world, case_id)[-1] == ("work", "open")
    assert world.look("clerk", case_id).waiting[0].role == "admin"
    with pytest.raises(NotYours):
        world.act("first", case_id, "approve")


def test_too_few_voters_refuse_the_step_where_the_definition_says_so(world: World) -> None:
    with pytest.raises(Refused) as caught:
        meeting(world, "vote: {mode: all, min_voters: 9, on_empty: refuse, on_pass: approve, on_fail: reject}")
    assert [m.code for m in caught.value.messages] == ["NO_QUORUM"]


def test_an_applicant_has_no_voice_in_their_own_vote(world: World) -> None:
    world.publish(text("vote: {mode: all, on_pass: approve, on_fail: reject}"), "council.v1.yaml")
    case_id = world.submitted("first", "council", {"cost": "10"})
    world.act("clerk", case_id, "approve")
    with reading(world.sessions) as session:
        voters = session.scalars(select(Task.person_id).where(Task.case_id == case_id, Task.kind == "ballot")).all()
    assert set(voters) == {world.ids[name] for name in VOTERS[1:]}


def test_parallel_branches_go_on_together_when_all_have_agreed(world: World) -> None:
    case_id = meeting(world, PARALLEL, "parallel")
    assert still_open(world, case_id) == ["branch", "branch"]       # the third branch is for large amounts
    assert world.act("doctor", case_id, "approve").to_state == "meeting"
    assert [voice.vote for voice in world.look("clerk", case_id).voices] == ["agree", None]
    assert world.act("leader", case_id, "approve").to_state == "paying"


def test_a_conditional_branch_is_there_when_its_condition_holds(world: World) -> None:
    case_id = meeting(world, PARALLEL, "parallel", cost="12000")
    assert len(still_open(world, case_id)) == 3
    world.act("doctor", case_id, "approve")
    assert world.act("leader", case_id, "reject", comment="超标准").to_state == "rejected"
    assert still_open(world, case_id) == []


def test_a_return_out_of_a_parallel_step_leaves_exactly_one_task(world: World) -> None:
    case_id = meeting(world, PARALLEL, "parallel")
    world.act("doctor", case_id, "return_to", dest="review", comment="缺出院小结")
    assert still_open(world, case_id) == ["work"]


def test_the_page_offers_a_voter_their_choices_and_nobody_else(world: World) -> None:
    case_id = meeting(world)
    assert [(a.trigger, a.voice) for a in world.look("first", case_id).actions][:3] == [
        ("approve", "agree"), ("reject", "disagree"), ("abstain", "abstain")]
    assert world.look("clerk", case_id).actions == ()
    assert len(world.look("clerk", case_id).voices) == 4 and world.look("worker", case_id).voices == ()


def test_a_repeated_vote_request_gets_the_first_answer(world: World) -> None:
    case_id = meeting(world, "vote: {mode: any, on_pass: approve, on_fail: reject}")
    first = world.act("first", case_id, "approve", idem_key="v1")
    again = world.act("first", case_id, "approve", revision=first.revision, idem_key="v1")
    assert first.to_state == again.to_state == "paying" and again.replayed
    with writing(world.sessions) as session:
        engine.settle(session, case_id, world.now)
    assert world.row(case_id).revision == first.revision


@given(st.lists(st.sampled_from(["agree", "disagree", "abstain"]), min_size=1, max_size=8),
       st.sampled_from(["all", "any", "quorum", "ratio", "sequence"]), st.booleans(), st.integers(1, 4), st.integers(1, 6))
def test_an_outcome_once_certain_is_the_outcome_at_the_end(said: list[str], mode: str, veto: bool, least: int, part: int) -> None:
    from fractions import Fraction

    share = Fraction(part, 6) if mode == "ratio" else Fraction(part) if mode == "quorum" else None
    vote = Vote(mode, share, least, veto, "approve", "reject")  # type: ignore[arg-type]
    final = outcome(vote, said)
    assert final in ("pass", "fail")
    for given_so_far in range(len(said)):
        early = outcome(vote, [*said[:given_so_far], *[None] * (len(said) - given_so_far)])
        assert early in (None, final)
