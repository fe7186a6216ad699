"""Handing work on and asking others: who may, to whom, and that the case stays where it is."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.operations.conftest import at_check, at_meeting, events, holder, tasks, told
from tests.world import World
from workflow import engine, people
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.engine.operations import OPERATIONS
from workflow.errors import Impossible, KeyReused, NotFound, NotYours, Refused
from workflow.records import Case, Event, Task


def offered(world: World, short: str, case_id: str) -> dict[str, tuple[str, ...] | None]:
    """What somebody may do, and whom they may name, by short name."""
    shorts = {person: short for short, person in world.ids.items()}
    with reading(world.sessions) as session:
        return {offer.operation: None if offer.candidates is None else tuple(shorts[one.id] for one in offer.candidates)
                for offer in engine.operations_for(session, case_id, world.signed_in(short), world.now)}


def codes(caught: pytest.ExceptionInfo[Exception]) -> list[str]:
    return [message.code for message in caught.value.messages]


# --- claiming ----------------------------------------------------------------------------------------------


def test_what_is_claimed_is_one_persons_alone(world: World) -> None:
    case_id = at_check(world)
    before = world.row(case_id)
    world.operate("clerk", case_id, "claim")
    assert holder(world, case_id) == "clerk" and (world.row(case_id).state, world.row(case_id).revision) == (before.state, before.revision)
    with pytest.raises(Impossible) as caught:
        world.operate("clerk2", case_id, "claim")
    assert codes(caught) == ["TAKEN"] and "王莉" in str(caught.value)
    with pytest.raises(NotYours):
        world.act("clerk2", case_id, "approve")
    world.operate("clerk", case_id, "release")
    assert holder(world, case_id) is None
    world.act("clerk2", case_id, "approve")


def test_an_unclaimed_case_may_be_decided_by_any_holder(world: World) -> None:
    case_id = at_check(world)
    world.act("clerk2", case_id, "approve")


def test_two_people_claim_at_once_and_one_gets_it(world: World) -> None:
    case_id = at_check(world)
    ready, outcomes = threading.Barrier(2), []

    def claim(short: str) -> None:
        ready.wait()
        try:
            world.operate(short, case_id, "claim")
            outcomes.append("ok")
        except Impossible as refusal:
            outcomes.append(refusal.messages[0].code)

    threads = [threading.Thread(target=claim, args=(short,)) for short in ("clerk", "clerk2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["TAKEN", "ok"] and len(events(world, case_id, "claim")) == 1


# --- transfer ----------------------------------------------------------------------------------------------


def test_a_case_is_transferred_to_a_holder_of_the_same_post_only(world: World) -> None:
    case_id = at_check(world)
    assert set(offered(world, "clerk", case_id)["transfer"] or ()) == {"clerk2", "double"}
    with pytest.raises(Refused) as caught:
        world.operate("clerk", case_id, "transfer", "leader")
    assert codes(caught) == ["NOT_A_CANDIDATE"] and "刘芳" in str(caught.value)
    with pytest.raises(Refused) as caught:
        world.operate("clerk", case_id, "transfer")
    assert codes(caught) == ["TO"]
    assert events(world, case_id, "transfer") == []
    done = world.operate("clerk", case_id, "transfer", "clerk2", comment="我明天出差")
    assert holder(world, case_id) == "clerk2" and told(world, "clerk2", "transfer") == 1 and done.to == world.ids["clerk2"]
    with pytest.raises(NotYours):
        world.act("clerk", case_id, "approve")
    world.act("clerk2", case_id, "approve")


def test_the_account_name_will_do_for_the_person(world: World) -> None:
    case_id = at_check(world)
    with writing(world.sessions) as session:
        engine.operate(session, case_id, "transfer", world.signed_in("clerk"), world.now, to="CLERK2 ")
    assert holder(world, case_id) == "clerk2"


def test_nobody_receives_work_on_their_own_case_or_a_separated_step(world: World) -> None:
    with writing(world.sessions) as session:
        people.appoint(session, world.ids["nurse"], "county_handler", world.orgs["539921"], world.now.date(), None, actor=COMMAND, now=world.now)
        people.appoint(session, world.ids["hospital"], "county_handler", world.orgs["539921"], world.now.date(), None, actor=COMMAND, now=world.now)
    case_id = at_check(world, "nurse")
    assert set(offered(world, "clerk", case_id)["transfer"] or ()) == {"clerk2", "double"}
    for operation in ("transfer", "delegate", "consult", "cc"):
        for short, code in (("nurse", "OWN_CASE"), ("hospital", "SAME_PERSON")):
            with pytest.raises(Refused) as caught:
                world.operate("clerk", case_id, operation, short, comment="请协助")
            assert codes(caught) == [code]
    assert [kind for kind in ("transfer", "delegate", "consult", "cc") if events(world, case_id, kind)] == []


def test_neither_auditor_nor_administrator_receives_work(world: World) -> None:
    case_id = at_check(world)
    for short in ("auditor", "admin", "outsider", "worker"):
        for operation in ("delegate", "consult", "cc"):
            with pytest.raises(Refused):
                world.operate("clerk", case_id, operation, short, comment="请协助")


def test_whom_it_was_escalated_to_may_transfer(world: World) -> None:
    case_id = at_check(world)
    world.operate("clerk", case_id, "claim")
    with pytest.raises(NotYours):
        world.operate("leader", case_id, "transfer", "clerk2")
    escalate(world, case_id)
    assert offered(world, "leader", case_id)["transfer"] == ("clerk2", "double")
    world.operate("leader", case_id, "transfer", "clerk2")
    assert holder(world, case_id) == "clerk2"


def escalate(world: World, case_id: str) -> None:
    with writing(world.sessions) as session:
        task = session.scalars(select(Task).where(Task.case_id == case_id, Task.status == "open")).one()
        task.escalated_role, task.escalated_organisation_id = "county_leader", world.orgs["539921"]


def test_the_administrator_transfers_only_what_nobody_can_act_on(world: World) -> None:
    case_id = at_check(world)
    world.operate("clerk", case_id, "claim")
    with pytest.raises(NotFound):
        world.operate("admin", case_id, "transfer", "clerk2")
    with writing(world.sessions) as session:
        people.set_status(session, world.accounts["clerk"], "disabled", COMMAND, world.now)
    world.operate("admin", case_id, "transfer", "clerk2")
    assert holder(world, case_id) == "clerk2"


def test_a_branch_of_a_parallel_step_is_transferred(world: World) -> None:
    case_id = at_check(world, cost="600")
    world.act("clerk", case_id, "approve")
    assert world.row(case_id).state == "review"
    assert offered(world, "leader", case_id)["transfer"] == ("double",)
    world.operate("leader", case_id, "transfer", "double")
    with pytest.raises(NotYours):
        world.act("leader", case_id, "approve")
    world.act("double", case_id, "approve")
    assert world.act("doctor", case_id, "approve").to_state == "paying"


# --- delegation --------------------------------------------------------------------------------------------


def test_a_delegate_cannot_decide_and_hands_back(world: World) -> None:
    case_id = at_check(world)
    world.operate("clerk", case_id, "delegate", "town", comment="请核实家庭情况")
    task = tasks(world, case_id, "work")[0]
    assert (holder(world, case_id), task.owner_id) == ("town", world.ids["clerk"])
    for short in ("town", "clerk", "clerk2"):
        with pytest.raises(NotYours):
            world.act(short, case_id, "approve")
    assert world.look("town", case_id).actions == () and offered(world, "clerk", case_id).keys() == {"recall"}
    with pytest.raises(Refused) as caught:
        world.operate("town", case_id, "hand_back")
    assert codes(caught) == ["COMMENT"]
    world.operate("town", case_id, "hand_back", comment="情况属实")
    assert holder(world, case_id) == "clerk" and tasks(world, case_id, "work")[0].owner_id is None and told(world, "clerk", "hand_back") == 1
    world.act("clerk", case_id, "approve")


def test_the_owner_recalls_what_they_delegated(world: World) -> None:
    case_id = at_check(world)
    world.operate("clerk", case_id, "delegate", "clerk2")
    with pytest.raises(NotYours):
        world.operate("double", case_id, "recall")
    world.operate("clerk", case_id, "recall")
    assert holder(world, case_id) == "clerk" and told(world, "clerk2", "recall") == 1
    with pytest.raises(NotYours):
        world.operate("clerk2", case_id, "hand_back", comment="晚了")


# --- asking others -----------------------------------------------------------------------------------------


def test_a_consultation_holds_nothing_up_and_is_cancelled_on_leaving(world: World) -> None:
    case_id = at_check(world)
    world.operate("clerk", case_id, "consult", "finance", comment="资金是否到位")
    world.operate("clerk", case_id, "consult", "town", comment="家庭情况如何")
    with pytest.raises(Refused) as caught:
        world.operate("clerk2", case_id, "consult", "town", comment="再问一次")
    assert codes(caught) == ["ASKED_ALREADY"]
    world.operate("finance", case_id, "reply", comment="已到位")
    assert told(world, "clerk", "reply") == 1
    world.act("clerk", case_id, "approve")
    assert {task.kind for task in tasks(world, case_id)} == {"ballot"}
    with pytest.raises(NotYours):
        world.operate("town", case_id, "reply", comment="情况属实")


def test_whoever_gets_a_copy_may_read_and_nothing_else(world: World) -> None:
    case_id = at_check(world)
    with pytest.raises(NotFound):
        world.look("hospital", case_id)
    world.operate("clerk", case_id, "cc", "hospital")
    assert world.look("hospital", case_id).actions == () and offered(world, "hospital", case_id).keys() == {"read"}
    world.operate("hospital", case_id, "read")
    assert tasks(world, case_id, "cc") == [] and world.look("hospital", case_id) is not None
    with pytest.raises(NotYours):
        world.operate("hospital", case_id, "read")


# --- signers -----------------------------------------------------------------------------------------------


def test_a_signer_is_added_and_counts(world: World) -> None:
    case_id = at_meeting(world)
    for short in ("first", "second"):
        world.act(short, case_id, "approve")
    world.operate("third", case_id, "add_signer", "leader", comment="请负责人参加")
    assert len(tasks(world, case_id, "ballot")) == 3
    assert world.act("third", case_id, "approve").to_state == "meeting"          # three of five; of four they were enough
    assert world.act("leader", case_id, "approve").to_state == "paying"
    vote = events(world, case_id, "vote")[-1]
    assert (vote.actor_id, vote.role) == (world.ids["leader"], "county_leader")


def test_nobody_has_a_second_ballot(world: World) -> None:
    case_id = at_meeting(world)
    world.act("first", case_id, "approve")
    for short in ("first", "second"):
        with pytest.raises(Refused) as caught:
            world.operate("third", case_id, "add_signer", short)
        assert codes(caught) == ["SECOND_BALLOT"]
    assert len(tasks(world, case_id, "ballot")) == 3 and events(world, case_id, "add_signer") == []


def test_a_signer_taken_away_settles_the_vote(world: World) -> None:
    case_id = at_meeting(world)
    world.act("first", case_id, "approve")
    world.operate("first", case_id, "add_signer", "leader")
    world.operate("first", case_id, "add_signer", "town")
    for short in ("second", "third"):
        assert world.act(short, case_id, "approve").to_state == "meeting"        # three of six
    world.operate("first", case_id, "remove_signer", "leader")                   # of five: still not two thirds
    assert world.row(case_id).state == "meeting"
    world.operate("first", case_id, "remove_signer", "town")                     # of four: enough
    assert world.row(case_id).state == "paying" and [task.kind for task in tasks(world, case_id)] == ["work"]


def test_no_voter_is_taken_away_who_has_voted_or_whom_the_rules_called(world: World) -> None:
    case_id = at_meeting(world)
    world.act("first", case_id, "approve")
    world.operate("first", case_id, "add_signer", "leader")
    assert offered(world, "second", case_id)["remove_signer"] == ("second",)      # may stand aside themself
    for who, whom in (("first", "second"), ("second", "first"), ("second", "leader"), ("clerk2", "first")):
        with pytest.raises(Refused):
            world.operate(who, case_id, "remove_signer", whom)
    assert len(tasks(world, case_id, "ballot")) == 4
    assert set(offered(world, "clerk2", case_id)["remove_signer"] or ()) == {"second", "third", "fourth", "leader"}   # keeps the minutes


def test_too_few_voters_are_never_left(world: World) -> None:
    case_id = at_meeting(world)
    world.operate("clerk2", case_id, "remove_signer", "fourth")
    with pytest.raises(Refused) as caught:
        world.operate("clerk2", case_id, "remove_signer", "third")
    assert codes(caught) == ["TOO_FEW_LEFT"] and len(tasks(world, case_id, "ballot")) == 3


# --- urging ------------------------------------------------------------------------------------------------


def test_a_case_is_urged_after_the_promised_date_and_once_a_working_day(world: World) -> None:
    case_id = at_check(world)                        # Monday; promised within five working days
    assert "urge" not in offered(world, "worker", case_id)
    with pytest.raises(Refused) as caught:
        world.operate("worker", case_id, "urge")
    assert codes(caught) == ["URGE_EARLY"] and told(world, "clerk", "urge") == 0
    world.now += timedelta(days=10)                  # Thursday of the week after, which is past it
    world.operate("worker", case_id, "urge", comment="麻烦尽快")
    assert (told(world, "clerk", "urge"), told(world, "clerk2", "urge")) == (1, 1)
    with pytest.raises(Refused):
        world.operate("leader", case_id, "urge")
    world.now += timedelta(days=1)
    world.operate("leader", case_id, "urge")
    world.now += timedelta(days=1)                   # a Saturday
    with pytest.raises(Refused):
        world.operate("worker", case_id, "urge")
    world.now += timedelta(days=2)
    world.operate("worker", case_id, "urge")
    assert [event.role for event in events(world, case_id, "urge")] == ["applicant", "county_leader", "applicant"]
    with pytest.raises(NotYours):
        world.operate("clerk", case_id, "urge")      # it is their own turn


def test_where_nothing_is_promised_one_working_day_is_waited(world: World) -> None:
    case_id = at_meeting(world)
    for short in ("first", "second", "third"):
        world.act(short, case_id, "approve")
    assert world.row(case_id).state == "paying"
    with pytest.raises(Refused):
        world.operate("worker", case_id, "urge")
    world.now += timedelta(days=2)
    world.operate("worker", case_id, "urge")
    assert told(world, "finance", "urge") == 1


def test_nobody_urges_the_applicant(world: World) -> None:
    case_id = at_check(world)
    world.act("clerk", case_id, "return_to", comment="请补充")
    world.now += timedelta(days=30)
    for short in ("worker", "leader"):
        with pytest.raises((NotYours, Impossible)):
            world.operate(short, case_id, "urge")


# --- whatever the operation --------------------------------------------------------------------------------


def test_a_case_out_of_scope_is_not_found(world: World) -> None:
    case_id = at_check(world)
    for short in ("outsider", "nurse", "admin"):
        for operation in OPERATIONS:
            with pytest.raises(NotFound):
                world.operate(short, case_id, operation, "clerk2", comment="试一试")


def test_a_state_that_does_not_open_an_operation_refuses_it(world: World) -> None:
    case_id = world.submitted("worker", "aid", {"cost": "100"})
    with pytest.raises(Impossible) as caught:
        world.operate("basic", case_id, "delegate", "town")
    assert codes(caught) == ["OPERATION_CLOSED"]
    with pytest.raises(Refused) as caught:
        world.operate("basic", case_id, "approve")
    assert codes(caught) == ["NO_SUCH_OPERATION"]


def test_the_same_key_operates_once(world: World) -> None:
    case_id = at_check(world)
    first = world.operate("clerk", case_id, "consult", "town", comment="如何", idem_key="k1")
    again = world.operate("clerk", case_id, "consult", "town", comment="如何", idem_key="k1")
    assert (again.seq, again.task_id, again.replayed) == (first.seq, first.task_id, True)
    assert len(tasks(world, case_id, "consult")) == 1
    for more in ({"to": "finance"}, {"comment": "别的"}):
        with pytest.raises(KeyReused):
            world.operate("clerk", case_id, "consult", **{"to": "town", "comment": "如何", "idem_key": "k1"} | more)


def test_an_operation_leaves_one_event_and_no_decision(world: World) -> None:
    case_id = at_check(world)
    before = world.row(case_id)
    world.operate("clerk", case_id, "transfer", "clerk2", comment="请接手")
    with reading(world.sessions) as session:
        event = session.scalars(select(Event).where(Event.stream == case_id).order_by(Event.seq.desc()).limit(1)).one()
        case = session.scalars(select(Case).where(Case.id == case_id)).one()
        decided = session.scalar(select(func.count()).select_from(Event).where(Event.stream == case_id, Event.snapshot_digest.is_not(None)))
    assert (event.kind, event.trigger, event.from_state, event.to_state, event.revision) == ("transfer", None, "check", "check", before.revision)
    assert (case.state, case.revision, case.last_seq) == ("check", before.revision, before.last_seq + 1)
    assert decided == 2
