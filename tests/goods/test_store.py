"""Goods come in by two people, are counted by two people, and what is banned never enters the catalogue."""

import pytest
from sqlalchemy import func, select

from tests.goods.conftest import MONEY, Stores
from tests.world import World
from workflow import goods
from workflow.db import reading
from workflow.errors import NotFound, NotYours, Refused
from workflow.language.banned import banned, bans
from workflow.records import Event, GoodsItem, GoodsMove


def test_a_purchase_is_in_stock_once_another_person_has_confirmed_it(world: World, stores: Stores) -> None:
    rice, pool = stores.item(), stores.fund(1_000_000)
    move = stores.do(goods.purchase, "clerk", rice, "100", "58.50", "云岭粮油有限公司", "发票 04417788", pool, "两节慰问方案")
    assert stores.stands() == (0, 0, 0)
    with pytest.raises(NotYours, match="不能由自己确认|财务审核"):
        stores.do(goods.confirm, "clerk", move)
    stores.do(goods.confirm, "leader", move)
    assert stores.stands() == (100, 0, 0)
    assert stores.stands(MONEY) == (1_000_000, 0, 585_000)
    with pytest.raises(Refused, match="已经处理"):
        stores.do(goods.confirm, "finance", move)
    stores.clean()


def test_nobody_confirms_what_they_entered(stores: Stores) -> None:
    rice = stores.item()
    move = stores.do(goods.purchase, "finance", rice, "5", "58.50", "云岭粮油有限公司", "NO-1", None, "")
    with pytest.raises(NotYours, match="不能由自己确认"):
        stores.do(goods.confirm, "finance", move)
    assert stores.move(move).status == "open" and stores.stands() == (0, 0, 0)


def test_a_purchase_never_overspends_its_pool_of_money(stores: Stores) -> None:
    rice, pool = stores.item(), stores.fund(100_000)
    with pytest.raises(Refused, match=r"余额只有 1,000.00 元，这次采购要 5,850.00 元"):
        stores.do(goods.purchase, "clerk", rice, "100", "58.50", "云岭粮油有限公司", "NO-1", pool, "")
    first = stores.do(goods.purchase, "clerk", rice, "17", "58.50", "云岭粮油有限公司", "NO-1", pool, "")
    oil = stores.item("oil-5l", "菜籽油")
    second = stores.do(goods.purchase, "clerk", oil, "1", "90", "云岭粮油有限公司", "NO-2", pool, "")
    stores.do(goods.confirm, "finance", first)
    with pytest.raises(Refused, match=r"余额只有 5.50 元"):          # it fitted when it was entered, and no longer does
        stores.do(goods.confirm, "finance", second)
    assert stores.stands("539921/2026/goods/oil-5l") == (0, 0, 0) and stores.stands(MONEY) == (100_000, 0, 99_450)
    stores.clean()


def test_a_document_is_entered_once(stores: Stores) -> None:
    rice = stores.item()
    stores.bought(rice, 10)
    with pytest.raises(Refused, match="已经入过库"):
        stores.bought(rice, 10)
    assert stores.stands() == (10, 0, 0)


def test_what_is_declined_changes_nothing(stores: Stores) -> None:
    rice = stores.item()
    move = stores.do(goods.purchase, "clerk", rice, "10", "58.50", "云岭粮油有限公司", "NO-1", None, "")
    with pytest.raises(Refused, match="等确认"):
        stores.do(goods.count, "clerk", rice, "3", "年终盘点")
    stores.do(goods.decline, "leader", move)
    assert stores.move(move).status == "declined" and stores.stands() == (0, 0, 0)
    stores.clean()


@pytest.mark.parametrize(("counted", "stock"), [("97", 97), ("103", 103), ("100", 100)])
def test_a_stock_take_books_its_difference_by_two_people(stores: Stores, counted: str, stock: int) -> None:
    rice = stores.item()
    stores.bought(rice, 100)
    move = stores.do(goods.count, "clerk", rice, counted, "年终盘点，破损 3 袋")
    assert stores.stands() == (100, 0, 0)
    stores.do(goods.confirm, "finance", move)
    assert stores.stands() == (stock, 0, 0) and stores.move(move).quantity == stock - 100
    stores.clean()


@pytest.mark.parametrize(("name", "spec"), [("购物卡", "面值 500 元"), ("节日大礼包", "含代金券 1 张"), ("中华香烟", "1 条"), ("白 酒", "500 ml"), ("慰问品", "金条")])
def test_banned_goods_never_enter_the_catalogue(world: World, stores: Stores, name: str, spec: str) -> None:
    with pytest.raises(Refused, match="不能发放"):
        stores.do(goods.add, "clerk", world.orgs["539921"], "thing", name, "张", spec, "500")
    with reading(world.sessions) as session:
        assert session.scalar(select(func.count()).select_from(GoodsItem)) == 0


def test_an_item_is_not_renamed_into_a_banned_one(stores: Stores) -> None:
    rice = stores.item()
    with pytest.raises(Refused, match="不能发放“购物卡”"):
        stores.do(goods.change, "clerk", rice, "购物卡", "张", "", "100", True)
    stores.do(goods.change, "clerk", rice, "东北大米", "袋", "10 kg", "60", True)


def test_every_ban_says_why_and_by_which_rule() -> None:
    assert {"购物卡", "代金券", "香烟", "白酒"} <= {word for ban in bans() for word in ban.words}
    assert all(ban.why.zh and ban.why.en and ban.source for ban in bans())
    assert banned("大米") is None and banned("棉被") is None


def test_an_item_without_a_name_a_price_or_a_code_says_all_of_it(world: World, stores: Stores) -> None:
    with pytest.raises(Refused) as refused:
        stores.do(goods.add, "clerk", world.orgs["539921"], "大米", " ", "", "", "0")
    assert {message.field for message in refused.value.messages} == {"code", "name", "unit", "price"}
    stores.item()
    with pytest.raises(Refused, match="已经有了"):
        stores.item()


def test_the_store_of_another_county_is_unknown(world: World, stores: Stores) -> None:
    rice = stores.item()
    for what, words in ((goods.change, (rice, "米", "袋", "", "1", True)), (goods.count, (rice, "1", "盘点")),
                        (goods.purchase, (rice, "1", "1", "供应商", "NO-1", None, ""))):
        with pytest.raises(NotFound):
            stores.do(what, "outsider", *words)
        with pytest.raises(NotFound):
            stores.do(what, "basic", *words)
    with pytest.raises(NotYours):
        stores.do(goods.change, "cashier", rice, "米", "袋", "", "1", True)
    with reading(world.sessions) as session:
        assert goods.items(session, world.actor("outsider"), 2026) == [] and len(goods.items(session, world.actor("auditor"), 2026)) == 1
        with pytest.raises(NotFound):
            goods.item(session, rice, world.actor("outsider"), 2026)


def test_the_store_tells_its_history_without_names(world: World, stores: Stores) -> None:
    rice = stores.item()
    move = stores.bought(rice, 10)
    with reading(world.sessions) as session:
        events = session.scalars(select(Event).where(Event.stream == f"goods:{rice}").order_by(Event.seq)).all()
        assert [event.kind for event in events] == ["add", "propose", "confirm"]
        assert all("粮油".encode() not in bytes(event.body) for event in events)
        row = goods.item(session, rice, world.actor("clerk"), 2026)
        assert (row.total, row.held, row.spent, row.back, row.waits) == (10, 0, 0, 0, None)
        assert [one.id for one in goods.moves(session, rice)] == [move]
        assert session.scalar(select(func.count()).select_from(GoodsMove)) == 1
