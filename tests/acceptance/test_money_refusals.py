"""Issue 4, "Shows" 7, of money: overspending, paying twice, an empty or foreign account, one person end to end.

Each is tried by page, by API and by command: refused with the same sentence, not one row changed, and the same step works
at the same door once the fault is gone.
"""

from __future__ import annotations

from tests.acceptance.doors import Door
from tests.acceptance.purse import KEY, VISITS, County, Refusals
from tests.payments.conftest import CARDS
from workflow.payments import batches

PAID_ON = {"paid_on": "2026-06-12"}


def test_more_than_the_pool_has_is_not_approved(county: County, door: Door) -> None:
    case_id = county.waiting(cost="100001", steps=0)
    Refusals.of(county).says(door.act("clerk", case_id, "approve"), "BUDGET_SHORT", "预算余额不足", "100,000.00")
    assert county.pool() == (10_000_000, 0, 0)
    county.raised(KEY, 50)
    assert county.pool() == (10_000_050, 0, 0)
    Refusals.of(county).says(door.act("clerk", case_id, "approve"), "BUDGET_SHORT", "本件需要 100,001.00 元", "100,001.00")
    county.raised(KEY, 99_950)
    assert door.act("clerk", case_id, "approve").done and county.pool() == (10_100_000, 10_000_100, 0)
    county.clean()


def test_two_cases_cannot_have_the_same_money(county: County, door: Door) -> None:
    first, second = county.waiting(cost="60000", steps=0), county.waiting("nurse", cost="60000", card=CARDS[1], steps=0)
    assert door.act("clerk", first, "approve").done
    Refusals.of(county).says(door.act("clerk", second, "approve"), "BUDGET_SHORT", "余额 40,000.00 元", "40,000.00")
    county.act("finance", first, "return_to", dest="draft", comment="材料有误，退回重填", correct=("form.bank_card",))
    assert county.pool() == (10_000_000, 0, 0)
    assert door.act("clerk", second, "approve").done and county.pool() == (10_000_000, 6_000_000, 0)


def test_goods_are_not_bought_beyond_the_pool_of_money(county: County, door: Door) -> None:
    item_id = county.item()
    Refusals.of(county).says(door.buy("clerk", item_id, 1000, "58.50", "NO-2", VISITS), "BUDGET_SHORT",
                             "余额只有 10,000.00 元，这次采购要 58,500.00 元", "Only 10,000.00 yuan is left")
    assert door.buy("clerk", item_id, 100, "58.50", "NO-2", VISITS).done
    assert door.confirm("leader", item_id).done and county.pool(VISITS) == (1_000_000, 0, 585_000)
    county.clean()


def test_a_batch_is_sent_once(county: County, door: Door) -> None:
    assert door.gather("finance", county.waiting()).done
    batch_id = county.newest()
    Refusals.of(county).says(door.send("cashier", batch_id), "BATCH_STATUS", "批次还没有封存", "not sealed yet")
    assert door.seal("finance", batch_id).done and door.send("cashier", batch_id).done
    once = Refusals.of(county)
    for who in ("cashier", "cashier2"):
        once.says(door.send(who, batch_id), "BATCH_STATUS", "批次已经发出", "was sent already")
    once.says(door.seal("finance", batch_id), "BATCH_STATUS", "批次已经发出", "was sent already")
    assert county.statuses(batch_id) == ["sent"]


def test_a_line_is_in_one_batch_only(county: County, door: Door) -> None:
    case_id = county.waiting()
    batch_id = county.gather(case_id)
    Refusals.of(county).says(door.gather("finance", case_id), "IN_BATCH", "已在发放批次 FF-539921-2026-0001 中", "In payment batch FF-539921-2026-0001")
    county.do(batches.void, "finance", batch_id, "重新汇集")
    assert door.gather("finance", case_id).done and county.statuses(county.newest()) == ["open"]


def test_what_lies_in_a_batch_is_not_paid_by_hand_as_well(county: County, door: Door) -> None:
    case_id = county.waiting()
    county.receipt(case_id)
    batch_id = county.gather(case_id)
    Refusals.of(county).says(door.act("cashier", case_id, "pay", **PAID_ON), "IN_BATCH", "由批次统一付款，不能单独办理，以免重复支付", "would pay it twice")
    county.do(batches.seal, "finance", batch_id)
    Refusals.of(county).says(door.act("cashier", case_id, "pay", **PAID_ON), "IN_BATCH", "以免重复支付", "would pay it twice")
    county.do(batches.void, "finance", batch_id, "改为单独付款")
    assert door.act("cashier", case_id, "pay", **PAID_ON).done and county.pool() == (10_000_000, 0, 100_000)
    county.clean()


def test_what_is_at_the_bank_is_not_paid_by_hand_as_well(county: County, door: Door) -> None:
    case_id = county.waiting()
    county.receipt(case_id)
    batch_id = county.sent(case_id)
    Refusals.of(county).says(door.act("cashier", case_id, "pay", **PAID_ON), "AT_THE_BANK", "已随发放批次 FF-539921-2026-0001 送银行", "with the bank")
    assert door.answer("cashier", batch_id, county.answer(batch_id, "失败")).done
    county.corrected(case_id, bank_card=CARDS[2])
    assert door.act("cashier", case_id, "pay", **PAID_ON).done and county.pool() == (10_000_000, 0, 100_000)
    county.clean()


def test_an_answer_that_comes_again_pays_nothing_again(county: County, door: Door) -> None:
    first, second = county.waiting(), county.waiting("nurse", card=CARDS[1])
    batch_id = county.sent(first, second)
    data = county.answer(batch_id, "成功", "失败")
    assert door.answer("cashier", batch_id, data).done
    assert county.pool() == (10_000_000, 100_000, 100_000) and county.statuses(batch_id) == ["paid", "failed"]
    before = county.book()
    for who, again in (("cashier", data), ("finance", data), ("cashier2", county.reordered(data))):
        told = door.answer(who, batch_id, again)
        assert told.done and any(said in told.words for said in ("没有变化", "没有新的结果", '"fresh":0', "新结果 0"))
    after = county.book()
    assert {name for name in after if after[name] != before[name]} <= {"events", "streams", "payment_answers"}       # that a new file came in is told
    assert county.pool() == (10_000_000, 100_000, 100_000) and county.paid() == 100_000
    flipped = data.replace("失败".encode(), "成功".encode())
    Refusals.of(county).says(door.answer("cashier", batch_id, flipped), "ANSWER_CELL", "单元格 E3：第 2 笔上次回单为失败，这里却是成功", "E3")
    county.clean()


def test_what_was_paid_is_not_paid_again(county: County, door: Door) -> None:
    case_id = county.waiting()
    county.answered(county.sent(case_id), "成功")
    assert county.world.row(case_id).state == "paid"
    once = Refusals.of(county)
    once.says(door.act("cashier", case_id, "pay"), "NO_SUCH_STEP", "不能做这个操作", "not possible now")
    once.says(door.gather("finance", case_id), "MOVED", "付款环节", "")
    assert county.pool() == (10_000_000, 0, 100_000) and county.paid() == 100_000
