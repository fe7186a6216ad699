"""`budget` of a definition, carried out: reserve, keep, release, spend; and what is refused."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import IntegrityError

from migrations import triggers
from tests.money.conftest import CARD, GRANT, KEY, Funds
from tests.world import World
from workflow import engine, money
from workflow.db import writing
from workflow.errors import Refused
from workflow.history import books
from workflow.history.findings import Report
from workflow.records import Hold, LedgerEntry, Pool


def test_a_case_reserves_once_keeps_and_spends(world: World, funds: Funds) -> None:
    funds.open(500_000)
    case_id = funds.reviewed("1200.50")
    assert funds.stands() == (500_000, 0, 0)
    world.act("clerk", case_id, "approve")
    assert funds.stands() == (500_000, 120_050, 0)
    held = funds.holds(case_id)[0]
    world.act("leader", case_id, "approve")                      # from one hold state to the other
    assert [hold.id for hold in funds.holds(case_id)] == [held.id] and funds.stands() == (500_000, 120_050, 0)
    world.act("cashier", case_id, "pay")
    assert funds.stands() == (500_000, 0, 120_050)
    assert funds.booked() == [("grant", 500_000), ("hold", 120_050), ("spend", 120_050)]
    funds.clean()


def test_every_way_out_of_a_hold_releases(world: World, funds: Funds) -> None:
    funds.open(500_000)
    rejected, returned = funds.reviewed(), funds.reviewed()
    for case_id in (rejected, returned):
        world.act("clerk", case_id, "approve")
    assert funds.stands() == (500_000, 200_000, 0)
    world.act("leader", rejected, "reject", comment="不符合")
    world.act("leader", returned, "approve")
    world.act("cashier", returned, "return_to", dest="draft", comment="账号有误")
    assert funds.stands() == (500_000, 0, 0)
    assert [hold.status for hold in funds.holds(returned)] == ["released"]
    world.act("worker", returned, "submit")                      # the same account: straight back to paying
    assert funds.stands() == (500_000, 100_000, 0) and sorted(h.status for h in funds.holds(returned)) == ["open", "released"]
    funds.clean()


def test_what_is_not_there_is_not_reserved_and_the_sentence_says_what_to_do(world: World, funds: Funds) -> None:
    funds.open(150_000)
    first, second = funds.reviewed(), funds.reviewed()
    world.act("clerk", first, "approve")
    before = world.row(second).revision
    seen = world.look("clerk", second)
    assert (seen.balance.available, seen.balance.after, seen.balance.own) == (50_000, -50_000, 0)
    assert [m.code for m in next(a for a in seen.actions if a.trigger == "approve").blocked] == ["BUDGET_SHORT"]
    with pytest.raises(Refused) as caught:
        world.act("clerk", second, "approve")
    assert caught.value.messages[0].zh == (f"预算余额不足：资金池 {KEY} 余额 500.00 元，本件需要 1,000.00 元，请联系县总工会财务调整预算后再办")
    assert world.row(second).revision == before and funds.stands() == (150_000, 100_000, 0)
    world.act("clerk", second, "approve", amount=Decimal(500))             # less is there
    assert funds.stands() == (150_000, 150_000, 0)
    seen = world.look("leader", second)
    assert (seen.balance.available, seen.balance.own, seen.balance.after) == (0, 50_000, 0)
    assert world.look("worker", second).balance is None
    funds.clean()


def test_a_pool_nobody_opened_holds_nothing(world: World, funds: Funds) -> None:
    case_id = funds.reviewed()
    with pytest.raises(Refused) as caught:
        world.act("clerk", case_id, "approve")
    assert caught.value.messages[0].code == "NO_POOL" and KEY in caught.value.messages[0].zh
    seen = world.look("clerk", case_id).balance
    assert (seen.key, seen.exists, seen.available) == (KEY, False, 0)


def test_a_closed_pool_pays_what_it_holds_and_reserves_nothing_more(world: World, funds: Funds) -> None:
    funds.open(500_000)
    held, late = funds.reviewed(), funds.reviewed()
    world.act("clerk", held, "approve")
    funds.close(date(2026, 6, 14))
    with pytest.raises(Refused) as caught:
        world.act("clerk", late, "approve")
    assert caught.value.messages[0].code == "POOL_CLOSED"
    world.act("leader", held, "approve")
    world.act("cashier", held, "pay")
    assert funds.stands() == (500_000, 0, 100_000)
    funds.clean()


def test_nothing_is_reserved_for_an_amount_nobody_knows(world: World, funds: Funds) -> None:
    """The amount rests on a field that is not asked for; holding nothing and going on would pay what nobody reserved."""
    world.publish(GRANT.replace("key: grant", "key: vague").replace("cost: {label: 费用, type: money, required: true", "cost: {label: 费用, type: money"),
                  "vague.v1.yaml")
    funds.open(500_000)
    case_id = world.submitted("worker", "vague", {"bank_card": CARD})
    with pytest.raises(Refused) as caught:
        world.act("clerk", case_id, "approve")
    assert [m.code for m in caught.value.messages] == ["NO_AMOUNT"] and world.row(case_id).state == "review"


def test_heads_count_one_a_case(world: World, funds: Funds) -> None:
    world.publish(GRANT.replace("key: grant", "key: seats").replace('/grant",', '/seats", unit: heads,'), "seats.v1.yaml")
    funds.open(1, "539921/2026/seats", unit="heads")
    first, second = (world.submitted("worker", "seats", {"cost": "9000", "bank_card": CARD}) for _ in range(2))
    world.act("clerk", first, "approve")
    assert funds.stands("539921/2026/seats") == (1, 1, 0)
    with pytest.raises(Refused, match="余额 0 人"):
        world.act("clerk", second, "approve")
    funds.clean()


def test_a_definition_reads_what_is_left_for_it(world: World, funds: Funds) -> None:
    """The case's own hold counts for it: a check between two hold states does not stumble over its own money."""
    guarded = GRANT.replace("key: grant", "key: guarded").replace("source: meeting, dest: paying}",
                                                                  "source: meeting, dest: paying,\n"
                                                                  "     conditions: [{expr: budget.available >= form.cost, message: 余额不足}]}")
    world.publish(guarded, "guarded.v1.yaml")
    funds.open(100_000)
    case_id = world.submitted("worker", "guarded", {"cost": "1000", "bank_card": CARD})
    world.act("clerk", case_id, "approve")
    assert world.look("leader", case_id).facts["budget"] == {"available": Decimal(1000)}
    world.act("leader", case_id, "approve")
    funds.clean()


def test_nothing_is_paid_twice_until_it_has_come_back(world: World, funds: Funds) -> None:
    funds.open(500_000)
    case_id = funds.reviewed()
    world.act("clerk", case_id, "approve")
    world.act("leader", case_id, "approve")
    world.act("cashier", case_id, "pay")
    hold = funds.holds(case_id)[0]
    for amount, left in ((40_000, 60_000), (60_000, 0)):
        with writing(world.sessions) as session:
            engine.record(session, case_id, "refund", world.actor("cashier"), world.now)
            money.give_back(session, hold.id, amount, case_id, world.row(case_id).last_seq + 1, world.now)
        assert funds.stands() == (500_000, 0, left)
    with pytest.raises(Refused), writing(world.sessions) as session:
        engine.record(session, case_id, "refund", world.actor("cashier"), world.now)
        money.give_back(session, hold.id, 1, case_id, world.row(case_id).last_seq + 1, world.now)
    funds.clean()


BENT_BY_HAND = (
    "UPDATE pools SET total = total + 100000", "UPDATE pools SET held = 1", "UPDATE pools SET key = 'x'", "DELETE FROM pools",
    "UPDATE ledger_entries SET amount = 1", "DELETE FROM ledger_entries", "DELETE FROM holds", "UPDATE holds SET amount = 1",
    "UPDATE pools SET held = held + 1, entries = entries + 1",
    "INSERT INTO ledger_entries SELECT pool_id, n + 1, kind, from_account, to_account, amount, hold_id, 'nowhere', seq, at, total, held,"
    " spent FROM ledger_entries WHERE kind = 'grant'",
    "UPDATE holds SET status = 'open', resolved_at = NULL")
BENT_BEHIND = (
    (update(Pool).values(total=600_000), "POOL"), (update(Pool).values(held=0), "POOL"), (update(Hold).values(amount=1), "ENTRY"),
    (update(LedgerEntry).where(LedgerEntry.kind == "hold").values(seq=99), "ENTRY_EVENT"),
    (update(LedgerEntry).where(LedgerEntry.kind == "grant").values(amount=400_000), "ENTRY"), (delete(LedgerEntry), "POOL"))


def test_the_books_cannot_be_bent_by_hand(world: World, funds: Funds) -> None:
    funds.open(500_000)
    case_id = funds.reviewed()
    world.act("clerk", case_id, "approve")
    world.act("leader", case_id, "reject", comment="不符合")
    for statement in BENT_BY_HAND:
        with pytest.raises(IntegrityError), writing(world.sessions) as session:
            session.execute(text(statement))
            pytest.fail(statement)
    funds.clean()


def test_the_verifier_sees_books_bent_behind_its_back(world: World, funds: Funds) -> None:
    funds.open(500_000)
    world.act("clerk", funds.reviewed(), "approve")
    for bend, code in BENT_BEHIND:
        report = Report()
        with world.sessions() as session:
            session.connection(execution_options={"tx": "write"})
            triggers.drop(session.connection())
            session.execute(bend)
            books.check(session.connection(), report, {})
            session.rollback()
        assert code in {entry[1] for entry in report.raised}, (str(bend), code)
    funds.clean()
