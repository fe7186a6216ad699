"""Issue 4, "Shows" 7, of accounts and of people: an empty account, somebody else's, one that several share; one person end to end.

Each is tried by page, by API and by command, as in `test_money_refusals.py`.
"""

from __future__ import annotations

from tests.acceptance.doors import Door
from tests.acceptance.purse import KEY, County, Refusals
from tests.payments.conftest import CARDS
from workflow.payments import batches

PAID_ON = {"paid_on": "2026-06-12"}


def test_an_empty_account_is_not_paid_by_hand(county: County, door: Door) -> None:
    case_id = county.waiting(card=None)
    county.receipt(case_id)
    Refusals.of(county).says(door.act("cashier", case_id, "pay", **PAID_ON), "NO_ACCOUNT", "“银行卡”是空的，不能付款", "is empty, so nothing can be paid")
    county.corrected(case_id, bank_card=CARDS[0])
    assert door.act("cashier", case_id, "pay", **PAID_ON).done and county.pool() == (10_000_000, 0, 100_000)
    county.clean()


def test_an_empty_account_is_not_gathered(county: County, door: Door) -> None:
    case_id = county.waiting(card=None)
    Refusals.of(county).says(door.gather("finance", case_id), "ACCOUNT_EMPTY", "收款账户是空的", "There is no account to pay to")
    county.corrected(case_id, bank_card=CARDS[0])
    assert door.gather("finance", case_id).done


def test_somebody_elses_account_is_not_paid_by_hand(county: County, door: Door) -> None:
    case_id = county.waiting(holder="和桂芬")
    county.receipt(case_id)
    Refusals.of(county).says(door.act("cashier", case_id, "pay", **PAID_ON), "ACCOUNT_FOREIGN", "不是收款人本人", "only their own account is paid")
    county.corrected(case_id, bank_card=CARDS[0], holder="李文华")
    assert door.act("cashier", case_id, "pay", **PAID_ON).done and county.pool() == (10_000_000, 0, 100_000)
    county.clean()


def test_somebody_elses_account_is_not_gathered(county: County, door: Door) -> None:
    case_id = county.waiting(holder="和桂芬")
    Refusals.of(county).says(door.gather("finance", case_id), "ACCOUNT_FOREIGN", "账户户名（和*芬）不是收款人本人（李*华）", "only their own account is paid")
    county.corrected(case_id, bank_card=CARDS[0], holder="李文华")
    assert door.gather("finance", case_id).done


def test_an_account_that_several_share_is_not_sealed_unexplained(county: County, door: Door) -> None:
    first, second = county.waiting(), county.waiting("nurse")
    batch_id = county.gather(first, second)
    Refusals.of(county).says(door.seal("finance", batch_id), "ACCOUNT_SHARED", "同一账户还登记为和*芬的收款账户", "The same account is registered for")
    assert door.explain("finance", batch_id, 1, "夫妻共用，已核对结婚证").done
    Refusals.of(county).says(door.seal("finance", batch_id), "ACCOUNT_SHARED", "第 2 笔", "Payment 2")
    assert door.explain("finance", batch_id, 2, "夫妻共用，已核对结婚证").done
    assert door.seal("finance", batch_id).done and county.batch(batch_id).status == "sealed"
    county.clean()


def test_an_account_that_several_share_is_not_paid_by_hand(county: County, door: Door) -> None:
    first, second = county.waiting(), county.waiting("nurse")
    county.receipt(first)
    Refusals.of(county).says(door.act("cashier", first, "pay", **PAID_ON), "ACCOUNT_SHARED", "同一账户还登记为和*芬的收款账户", "The same account is registered for")
    county.corrected(second, bank_card=CARDS[1])
    assert door.act("cashier", first, "pay", **PAID_ON).done and county.pool() == (10_000_000, 100_000, 100_000)
    county.clean()


def test_whoever_sealed_a_batch_does_not_send_it(county: County, door: Door) -> None:
    case_id = county.waiting()
    assert door.gather("changed", case_id).done
    batch_id = county.newest()
    assert door.seal("changed", batch_id).done
    county.tomorrow()
    Refusals.of(county).says(door.send("changed", batch_id), "TWO_PEOPLE", "不能由同一人经手", "One person does not gather, seal, confirm and pay")
    assert county.batch(batch_id).status == "sealed"
    assert door.send("cashier", batch_id).done
    assert door.answer("changed", batch_id, county.answer(batch_id, "成功")).done
    assert county.world.row(case_id).state == "paid" and county.pool() == (10_000_000, 0, 100_000)
    county.clean()


def test_whoever_only_gathered_a_batch_does_not_send_it_either(county: County, door: Door) -> None:
    batch_id = county.gather(county.waiting(), who="changed")
    county.do(batches.seal, "finance", batch_id)
    county.tomorrow()
    Refusals.of(county).says(door.send("changed", batch_id), "TWO_PEOPLE", "请由另一人办理", "another must do this")
    assert door.send("cashier", batch_id).done


def test_whoever_checked_a_case_does_not_pay_it(county: County, door: Door) -> None:
    case_id = county.waiting(steps=1)
    assert door.act("changed", case_id, "approve").done
    county.tomorrow()
    county.receipt(case_id)
    Refusals.of(county).says(door.act("changed", case_id, "pay", **PAID_ON), "SAME_PERSON", "同一人不能办理两个环节", "")
    assert door.act("cashier", case_id, "pay", **PAID_ON).done and county.pool() == (10_000_000, 0, 100_000)


def test_whoever_checked_a_case_does_not_send_its_batch(county: County, door: Door) -> None:
    case_id = county.waiting(steps=1)
    county.act("changed", case_id, "approve")
    batch_id = county.gather(case_id)
    county.do(batches.seal, "finance", batch_id)
    county.tomorrow()
    Refusals.of(county).says(door.send("changed", batch_id), "SAME_PERSON", "同一人不能办理两个环节", "Payment 1")
    assert door.send("cashier", batch_id).done


def test_nobody_approves_seals_or_pays_their_own(county: County, door: Door) -> None:
    case_id = county.waiting("changed", steps=0)
    county.act("clerk", case_id, "approve")
    own = Refusals.of(county)
    own.says(door.act("changed", case_id, "approve"), "OWN_CASE", "须由他人办理", "")
    county.act("finance", case_id, "approve")
    batch_id = county.gather(case_id, who="finance")
    Refusals.of(county).says(door.seal("changed", batch_id), "OWN_CASE", "须由另一位会计封存", "another accountant seals it")
    assert door.seal("finance", batch_id).done
    county.tomorrow()
    Refusals.of(county).says(door.send("changed", batch_id), "OWN_CASE", "须由他人办理", "Payment 1")
    assert door.send("cashier", batch_id).done and county.pool(KEY) == (10_000_000, 100_000, 0)
    county.clean()
