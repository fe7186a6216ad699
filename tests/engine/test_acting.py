"""A case from the first form to the money, and every way the engine says no."""

from decimal import Decimal

import pytest
from sqlalchemy import func, select

from tests.engine.conftest import FORM
from tests.world import World
from workflow.db import reading
from workflow.errors import Impossible, NotFound, NotYours, Refused, Stale
from workflow.records import Case, CaseKey, Decision, Draft, Event, Task


def counts(world: World) -> tuple[int, ...]:
    """Rows of every table that an act writes: equal before and after means nothing was written."""
    with reading(world.sessions) as session:
        return tuple(session.scalar(select(func.count()).select_from(t)) or 0 for t in (Event, Decision, Task, CaseKey, Draft))


def refused(world: World, error: type[Exception], *args: object, **more: object) -> list[str]:
    """Return the codes of the refusal, having made sure that nothing was written."""
    before = counts(world)
    with pytest.raises(error) as caught:
        world.act(*args, **more)  # type: ignore[arg-type]
    assert counts(world) == before
    return [message.code for message in caught.value.messages]  # type: ignore[attr-defined]


def test_a_case_runs_from_the_form_to_the_money(world: World) -> None:
    case_id = world.submitted("worker", "aid", FORM)
    row = world.row(case_id)
    assert (row.state, row.number, row.amount_fen) == ("first", "SD-539921-01-01-2026-0001", 100000)
    assert "bank_card" not in row.form and row.sealed
    world.act("basic", case_id, "approve", form={"opinion": "属实"})
    done = world.act("clerk", case_id, "approve")
    assert done.to_state == "paying"                       # the auto state was passed in the same act
    world.act("cashier", case_id, "pay")
    row = world.row(case_id)
    assert (row.state, row.outcome, row.amount_fen) == ("paid", "approved", 100000)


def test_a_larger_amount_takes_the_longer_route(world: World) -> None:
    case_id = world.submitted("worker", "aid", FORM | {"cost": "10400.02"})
    world.act("basic", case_id, "approve", form={"opinion": "属实"})
    assert world.act("clerk", case_id, "approve", comment="金额较大，已核实").to_state == "decide"
    assert world.act("leader", case_id, "approve").to_state == "paying"


def test_every_missing_thing_is_told_at_once(world: World) -> None:
    case_id = world.start("worker", "aid")
    codes = refused(world, Refused, "worker", case_id, "submit", form={"cost": "abc"})
    assert codes.count("REQUIRED") >= 2 and len(codes) >= 3


def test_a_criterion_refuses_with_its_message(world: World) -> None:
    case_id = world.start("worker", "aid")
    assert refused(world, Refused, "worker", case_id, "submit", form=FORM | {"cost": "400"}) == ["some_cost"]


def test_a_field_rule_refuses_with_its_message(world: World) -> None:
    case_id = world.start("worker", "aid")
    assert "INVALID" in refused(world, Refused, "worker", case_id, "submit", form=FORM | {"insured": "9000"})


def test_a_field_not_open_at_this_step_is_refused(world: World) -> None:
    case_id = world.submitted("worker", "aid", FORM)
    assert refused(world, Refused, "basic", case_id, "approve", form={"cost": "1"}) == ["NOT_EDITABLE"]


def test_nobody_decides_on_their_own_case(world: World) -> None:
    case_id = world.submitted("basic", "aid", FORM)
    assert refused(world, NotYours, "basic", case_id, "approve", form={"opinion": "属实"}) == ["OWN_CASE"]


def test_an_agent_does_not_decide_on_what_they_filed(world: World) -> None:
    case_id = world.start("basic", "aid", applicant_id=world.ids["worker"])
    with pytest.raises(Refused) as caught:
        world.act("basic", case_id, "submit", form=FORM)
    assert [m.field for m in caught.value.messages] == ["attachments.authorisation"]


def test_nobody_files_for_somebody_of_another_union(world: World) -> None:
    with pytest.raises(NotYours):
        world.start("hospital", "aid", applicant_id=world.ids["worker"])


def test_one_person_with_two_roles_decides_once(world: World) -> None:
    case_id = world.submitted("worker", "aid", FORM | {"cost": "20400"})
    world.act("basic", case_id, "approve", form={"opinion": "属实"})
    world.act("double", case_id, "approve", comment="已核实大额")
    assert refused(world, NotYours, "double", case_id, "approve") == ["SAME_PERSON"]
    assert world.act("leader", case_id, "approve").to_state == "paying"


@pytest.mark.parametrize("short", ["worker", "nurse", "hospital", "town", "leader", "auditor", "admin", "outsider"])
def test_a_step_is_refused_to_whom_it_is_not_addressed(world: World, short: str) -> None:
    case_id = world.submitted("worker", "aid", FORM)
    assert refused(world, NotYours, short, case_id, "approve", form=None) == ["NOT_ADDRESSED"]


def test_a_person_does_not_take_the_system_step(world: World) -> None:
    case_id = world.submitted("worker", "aid", FORM)
    refused(world, Impossible, "basic", case_id, "route")


def test_the_slower_of_two_reads_who_was_faster(world: World) -> None:
    case_id = world.submitted("worker", "aid", FORM)
    world.act("basic", case_id, "approve", form={"opinion": "属实"})
    revision = world.row(case_id).revision
    world.act("clerk", case_id, "reject", comment="不符合", revision=revision)
    with pytest.raises(Stale) as caught:
        world.act("clerk2", case_id, "approve", revision=revision)
    assert caught.value.by == "王莉" and caught.value.at == world.now


def test_the_same_request_twice_acts_once(world: World) -> None:
    case_id = world.submitted("worker", "aid", FORM)
    first = world.act("basic", case_id, "approve", form={"opinion": "属实"}, idem_key="k1", revision=2)
    again = world.act("basic", case_id, "approve", form={"opinion": "属实"}, idem_key="k1", revision=2)
    assert again.replayed and (again.seq, again.to_state) == (first.seq, first.to_state)
    assert refused(world, Refused.__base__, "basic", case_id, "reject", comment="x", idem_key="k1", revision=2) == ["KEY_REUSED"]


def test_a_flag_asks_for_a_reason(world: World) -> None:
    case_id = world.submitted("worker", "aid", FORM | {"cost": "90400"})
    world.act("basic", case_id, "approve", form={"opinion": "属实"})
    assert [flag.name for flag in world.look("clerk", case_id).flags] == ["not_huge"]
    assert refused(world, Refused, "clerk", case_id, "approve") == ["COMMENT"]
    world.act("clerk", case_id, "approve", comment="票据已逐张核对")


def test_the_amount_is_adjusted_only_where_allowed_with_a_reason_and_within_the_limit(world: World) -> None:
    case_id = world.submitted("worker", "aid", FORM)
    assert "NOT_ADJUSTABLE" in refused(world, Refused, "basic", case_id, "approve", form={"opinion": "是"}, amount=Decimal(1), comment="x")
    world.act("basic", case_id, "approve", form={"opinion": "属实"})
    assert refused(world, Refused, "clerk", case_id, "approve", amount=Decimal("800")) == ["COMMENT"]
    assert refused(world, Refused, "clerk", case_id, "approve", amount=Decimal("1000.01"), comment="多给") == ["AMOUNT_OVER"]
    assert world.act("clerk", case_id, "approve", amount=Decimal("800"), comment="剔除院外购药").amount_fen == 80000
    assert world.row(case_id).adjusted_fen == 80000


def test_a_correction_goes_straight_back_and_keeps_the_approvals(world: World) -> None:
    case_id = world.submitted("worker", "aid", FORM)
    world.act("basic", case_id, "approve", form={"opinion": "属实"})
    world.act("clerk", case_id, "return_to", dest="draft", comment="卡号请核对", correct=["form.bank_card"])
    view = world.look("worker", case_id)
    assert view.correction and view.correction.items == ("form.bank_card",) and view.correction.comment == "卡号请核对"
    assert world.act("worker", case_id, "submit", form={"bank_card": "6228480010000000025"}).to_state == "check"


def test_a_correction_of_what_approvals_rest_on_restarts(world: World) -> None:
    case_id = world.submitted("worker", "aid", FORM)
    world.act("basic", case_id, "approve", form={"opinion": "属实"})
    world.act("clerk", case_id, "return_to", dest="draft", comment="费用不对")
    assert world.act("worker", case_id, "submit", form={"cost": "1400"}).to_state == "first"
    assert world.row(case_id).amount_fen == 50000


def test_only_what_must_be_corrected_is_open(world: World) -> None:
    case_id = world.submitted("worker", "aid", FORM)
    world.act("basic", case_id, "approve", form={"opinion": "属实"})
    world.act("clerk", case_id, "approve")
    world.act("cashier", case_id, "return_to", dest="draft", comment="退票")
    assert refused(world, Refused, "worker", case_id, "submit", form={"cost": "9999"}) == ["NOT_EDITABLE"]
    done = world.act("worker", case_id, "submit", form={"bank_card": "6228480010000000025"})
    assert (done.to_state, done.amount_fen) == ("paying", 100000)


def test_a_case_is_returned_twice_and_no_more(world: World) -> None:
    case_id = world.submitted("worker", "aid", FORM)
    for number in ("6228480010000000025", "6228480010000000017"):
        world.act("basic", case_id, "return_to", comment="请改卡号")
        world.act("worker", case_id, "submit", form={"bank_card": number})
    assert refused(world, Refused, "basic", case_id, "return_to", comment="再改") == ["RETURNED_TOO_OFTEN"]


def test_an_application_is_pulled_back_until_work_begins(world: World) -> None:
    case_id = world.submitted("worker", "aid", FORM)
    assert world.act("worker", case_id, "withdraw").to_state == "draft"
    world.act("worker", case_id, "submit")
    world.save("basic", case_id, {"opinion": "正在核实"})
    assert refused(world, Refused, "worker", case_id, "withdraw") == ["CONDITION"]


def test_a_draft_makes_no_page_stale_and_is_merged_when_sent(world: World) -> None:
    case_id = world.start("worker", "aid")
    before = world.row(case_id).revision
    messages = world.save("worker", case_id, FORM | {"cost": "一千"})
    assert [m.field for m in messages][:1] == ["form.cost"] and world.row(case_id).revision == before
    assert world.look("worker", case_id).typed == {"cost": "一千"}
    world.save("worker", case_id, {"cost": "2400"})
    assert world.act("worker", case_id, "submit").amount_fen == 100000


def test_what_was_typed_wrongly_is_not_sent(world: World) -> None:
    case_id = world.start("worker", "aid")
    world.save("worker", case_id, FORM | {"cost": "一千"})
    assert refused(world, Refused, "worker", case_id, "submit")


def test_a_second_case_with_the_same_bill_is_refused_until_the_first_ends(world: World) -> None:
    case_id = world.submitted("worker", "aid", FORM)
    second = world.start("nurse", "aid")
    assert refused(world, Refused, "nurse", second, "submit", form=FORM) == ["DUPLICATE"]
    world.act("worker", case_id, "abandon")
    assert world.act("nurse", second, "submit", form=FORM).to_state == "first"


def test_numbers_have_no_gap(world: World) -> None:
    first = world.start("worker", "aid")
    with pytest.raises(Refused):
        world.act("worker", first, "submit", form=FORM | {"cost": "400"})
    numbers = []
    for bill in "ABC":
        case_id = world.submitted("worker", "aid", FORM | {"bill_no": bill})
        numbers.append(world.row(case_id).number[-4:])
    assert numbers == ["0001", "0002", "0003"]


@pytest.mark.parametrize("short", ["nurse", "hospital", "outsider", "admin", "far_worker"])
def test_a_case_out_of_scope_is_not_there(world: World, short: str) -> None:
    case_id = world.submitted("worker", "aid", FORM)
    with pytest.raises(NotFound):
        world.look(short, case_id)


def test_a_draft_is_nobody_elses_business(world: World) -> None:
    case_id = world.start("worker", "aid")
    for short in ("basic", "clerk", "auditor"):
        with pytest.raises(NotFound):
            world.look(short, case_id)


def test_the_buttons_are_those_the_judge_allows(world: World) -> None:
    case_id = world.submitted("worker", "aid", FORM)
    assert [a.trigger for a in world.look("worker", case_id).actions] == ["withdraw", "abandon"]
    assert {a.trigger for a in world.look("basic", case_id).actions} == {"approve", "return_to", "reject"}
    assert world.look("clerk", case_id).actions == () and world.look("auditor", case_id).actions == ()


def test_a_decision_keeps_its_facts_and_a_later_one_does_not_change_the_first(world: World) -> None:
    case_id = world.submitted("worker", "aid", FORM)
    world.act("basic", case_id, "approve", form={"opinion": "属实"})
    with reading(world.sessions) as session:
        rows = session.scalars(select(Decision).where(Decision.case_id == case_id).order_by(Decision.seq)).all()
        events = session.scalars(select(Event).where(Event.stream == case_id, Event.kind == "act").order_by(Event.seq)).all()
    assert [r.snapshot_digest for r in rows] == [e.snapshot_digest for e in events] and len(rows) == 2


def test_the_row_agrees_with_its_last_event(world: World) -> None:
    case_id = world.submitted("worker", "aid", FORM)
    world.act("basic", case_id, "approve", form={"opinion": "属实"})
    with reading(world.sessions) as session:
        row = session.scalars(select(Case).where(Case.id == case_id)).one()
        last = session.scalars(select(Event).where(Event.stream == case_id).order_by(Event.seq.desc())).first()
    assert last and (row.state, row.last_seq, row.last_hash, row.revision) == (last.to_state, last.seq, last.hash, last.revision)
