"""Issue 4, "Shows" 7, of goods: nothing goes out that is not in stock, that nobody signed for, or that may not be given.

Each is tried by page, by API and by command, as in `test_money_refusals.py`.
"""

from __future__ import annotations

import pytest

from tests.acceptance.doors import Door
from tests.acceptance.purse import RICE, County, Refusals
from tests.goods.giving import GIVING, row


@pytest.fixture
def item(county: County) -> int:
    """Ten bags in stock, and the programme that gives them."""
    county.world.publish(GIVING, "giving.v1.yaml")
    return county.item()


def listed(county: County, *quantities: str, item: str = "rice-10kg", by: str = "basic") -> str:
    """A list as it waits to be approved."""
    return county.world.submitted(by, "giving", {"roster": [row(n, quantity=quantity, item=item) for n, quantity in enumerate(quantities)]})


def test_goods_do_not_go_out_without_stock(county: County, door: Door, item: int) -> None:
    case_id = listed(county, "7", "4")
    Refusals.of(county).says(door.act("clerk", case_id, "approve"), "STOCK_SHORT", "库存不足：rice-10kg 可用 10 件，本件需要 11 件", "10 of rice-10kg left, 11 needed")
    assert door.buy("clerk", item, 1, "58.50", "NO-2", "539921/2026/visits").done
    Refusals.of(county).says(door.act("clerk", case_id, "approve"), "STOCK_SHORT", "可用 10 件", "10 of rice-10kg left")      # entered, not confirmed
    assert door.confirm("finance", item).done
    assert door.act("clerk", case_id, "approve").done and county.pool(RICE) == (11, 11, 0)
    county.clean()


def test_two_lists_do_not_get_the_same_bags(county: County, door: Door, item: int) -> None:
    first, second = listed(county, "7"), listed(county, "4", by="hospital")
    assert door.act("clerk", first, "approve").done
    Refusals.of(county).says(door.act("clerk", second, "approve"), "STOCK_SHORT", "可用 3 件，本件需要 4 件", "3 of rice-10kg left, 4 needed")
    county.act("clerk", first, "reject", comment="名单作废")
    assert door.act("clerk", second, "approve").done and county.pool(RICE) == (10, 4, 0)


def test_what_was_never_bought_does_not_go_out(county: County, door: Door, item: int) -> None:
    case_id = listed(county, "1", item="quilt")
    Refusals.of(county).says(door.act("clerk", case_id, "approve"), "STOCK_SHORT", "quilt 可用 0 件", "0 of quilt left")
    county.item("quilt", 1)
    assert door.act("clerk", case_id, "approve").done


def test_the_books_are_not_written_below_what_is_promised(county: County, door: Door, item: int) -> None:
    county.act("clerk", listed(county, "7"), "approve")
    Refusals.of(county).says(door.count("clerk", item, 6), "BELOW_HELD", "盘点数少于已预留的 7 件", "7 are promised already")
    assert door.count("clerk", item, 7).done and door.confirm("leader", item).done and county.pool(RICE) == (7, 7, 0)
    county.clean()


def test_nobody_confirms_what_they_bought_or_counted(county: County, door: Door, item: int) -> None:
    assert door.buy("finance", item, 5, "58.50", "NO-2", "539921/2026/visits").done
    Refusals.of(county).says(door.confirm("finance", item), "TWO_PEOPLE", "自己登记的出入库不能由自己确认", "Nobody confirms what they entered")
    assert county.pool(RICE) == (10, 0, 0) and door.confirm("leader", item).done and county.pool(RICE) == (15, 0, 0)
    assert door.count("finance", item, 14).done
    Refusals.of(county).says(door.confirm("finance", item), "TWO_PEOPLE", "自己登记的出入库不能由自己确认", "Nobody confirms what they entered")
    assert door.confirm("leader", item).done and county.pool(RICE) == (14, 0, 0)
    county.clean()


def test_a_purchase_is_entered_once(county: County, door: Door, item: int) -> None:
    Refusals.of(county).says(door.buy("clerk", item, 10, "58.50", "NO-1", "539921/2026/visits"), "DOCUMENT_TWICE", "单据 NO-1 已经入过库", "was entered already")
    assert door.buy("clerk", item, 10, "58.50", "NO-2", "539921/2026/visits").done
    Refusals.of(county).says(door.buy("clerk", item, 10, "58.50", "NO-3", "539921/2026/visits"), "PROPOSAL_WAITS", "已有一项登记在等确认", "waits to be confirmed")


def test_what_may_not_be_given_gets_into_no_store(county: County, door: Door, item: int) -> None:
    for name, said in (("超市购物卡", "不能发放“购物卡”"), ("茅台酒", "不能发放“"), ("中华香烟", "不能发放“")):
        Refusals.of(county).says(door.add("clerk", "card-200", name), "ITEM_BANNED", said, "may not be given")
    assert door.add("clerk", "oil-5l", "菜籽油").done


def test_a_list_is_not_closed_before_everybody_signed_before_two_officers(county: County, door: Door, item: int) -> None:
    case_id = listed(county, "2", "3")
    county.act("clerk", case_id, "approve")
    Refusals.of(county).says(door.act("clerk", case_id, "approve"), "UNSIGNED", "还有 2 人没有签收", "2 ")
    Refusals.of(county).says(door.hand_out("clerk", case_id, 1, "clerk"), "TWO_OFFICERS", "两人到场", "")
    assert door.hand_out("clerk", case_id, 1, "basic").done
    Refusals.of(county).says(door.hand_out("clerk", case_id, 1, "basic"), "SIGNED_BEFORE", "都已经签收", "signed already")
    Refusals.of(county).says(door.act("clerk", case_id, "approve"), "UNSIGNED", "还有 1 人没有签收", "1 ")
    assert door.hand_out("clerk", case_id, 2, "basic").done and door.act("clerk", case_id, "approve").done
    assert door.act("cashier", case_id, "pay").done and county.pool(RICE) == (10, 0, 5)
    county.clean()
