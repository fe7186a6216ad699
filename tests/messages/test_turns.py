"""People who get something of their own to do hear of it: voters, in their turn, and whom work is handed to."""

from __future__ import annotations

from datetime import date

from tests.engine.test_voting import text
from tests.messages.house import House
from tests.money.conftest import GRANT as MONEY
from tests.money.conftest import Funds
from tests.notices.wall import FORM, GRANT
from workflow import people
from workflow.db import writing

EVERY = "vote: {mode: all, on_pass: approve, on_fail: reject}"
IN_TURN = "vote: {mode: sequence, on_pass: approve, on_fail: reject}"




def meeting(house: House, vote: str) -> str:
    house.publish(text(vote), "council.v1.yaml")
    case_id = house.submitted("worker", "council", {"cost": "6000"})
    house.act("clerk", case_id, "approve")
    return case_id


def voters(house: House) -> list[str]:
    return [short for short in ("first", "second", "third", "fourth") if "ballot" in house.kinds(short)]


def test_every_voter_is_asked_at_once_and_nobody_of_the_next_queue(house: House) -> None:
    case_id = meeting(house, EVERY)
    assert voters(house) == ["first", "second", "third", "fourth"]
    for short in ("first", "second", "third", "fourth"):
        house.act(short, case_id, "approve")
    assert house.row(case_id).state == "paying" and house.kinds("finance") == [] and house.kinds("worker") == ["submitted"]


def test_who_votes_in_turn_is_asked_in_their_turn(house: House) -> None:
    case_id = meeting(house, IN_TURN)
    for count, short in enumerate(("first", "second", "third"), 1):
        assert len(voters(house)) == count and short in voters(house)
        house.act(short, case_id, "approve")
    assert voters(house) == ["first", "second", "third", "fourth"]


def test_a_voters_substitute_is_asked_too(house: House) -> None:
    with writing(house.sessions) as session:
        people.arrange(session, house.ids["first"], house.ids["leader"], date(2026, 6, 15), date(2026, 6, 19), "", house.signed_in("admin"), house.now)
    meeting(house, EVERY)
    assert "ballot" in house.kinds("leader") and "ballot" in house.kinds("first")


def test_the_applicant_hears_of_the_notice_with_its_days(house: House) -> None:
    house.publish(GRANT, "posted_grant.v1.yaml")
    case_id = house.submitted("worker", "posted_grant", FORM)
    house.act("basic", case_id, "approve")
    told = [row for row in house.messages("worker") if row.kind == "notice_started"]
    number = house.row(case_id).number
    assert [row.params for row in told] == [{"number": number, "state": "unit_notice", "from": "2026-06-15", "to": "2026-06-23"}]     # the 19th is a holiday


def test_money_on_its_way_is_told_as_such(house: House) -> None:
    house.publish(MONEY, "grant.v1.yaml")
    funds = Funds(house)
    funds.open(500_000)
    case_id = funds.reviewed()
    for short in ("clerk", "leader"):
        house.act(short, case_id, "approve")
    house.act("cashier", case_id, "return_to", dest="draft", comment="账户不对")
    house.later(minutes=1)
    house.act("worker", case_id, "submit")
    house.act("cashier", case_id, "pay")
    assert house.kinds("worker") == ["submitted", "returned", "paid"]
