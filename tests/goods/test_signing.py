"""Goods go out against stock and signatures: issued equals signed before a case closes, and leftovers stay in stock."""

import pytest
from sqlalchemy import select

from tests.goods.conftest import MONEY, Stores
from tests.goods.giving import Giving, row
from tests.world import World
from workflow.db import reading
from workflow.errors import Impossible, NotFound, NotYours, Refused
from workflow.records import Event, LineSignature


def test_what_was_signed_for_leaves_the_stock_and_what_was_not_stays(world: World, giving: Giving, stores: Stores) -> None:
    case_id = giving.delivering(row(0, quantity="2"), row(1, quantity="3"), row(2, quantity="1"))
    assert stores.stands() == (10, 6, 0)
    with pytest.raises(Refused, match="还有 3 人没有签收"):
        world.act("clerk", case_id, "approve")
    giving.sign(case_id, 1, 3)
    with pytest.raises(Refused, match="还有 1 人没有签收"):
        world.act("clerk", case_id, "approve")
    assert stores.stands() == (10, 6, 0) and world.row(case_id).state == "delivering"
    giving.strike(case_id, 2)
    assert stores.stands() == (10, 3, 0)                              # three bags are back in stock at once
    world.act("clerk", case_id, "approve")
    world.act("cashier", case_id, "pay")
    assert stores.stands() == (10, 0, 3)
    assert giving.lines(case_id) == [(1, "paid"), (2, "dropped"), (3, "paid")]
    stores.clean()


def test_money_of_a_struck_line_stays_in_its_pool(world: World, giving: Giving, stores: Stores) -> None:
    case_id = giving.delivering(row(0, "500"), row(1, "300"))
    assert stores.stands(MONEY) == (1_000_000, 80_000, 0)
    giving.sign(case_id, 1)
    giving.strike(case_id, 2)
    world.act("clerk", case_id, "approve")
    world.act("cashier", case_id, "pay")
    assert stores.stands(MONEY) == (1_000_000, 0, 50_000)
    stores.clean()


def test_goods_never_go_out_without_stock(world: World, giving: Giving, stores: Stores) -> None:
    case_id = giving.handed_in(row(0, quantity="11"))
    with pytest.raises(Refused, match="库存不足：rice-10kg 可用 10 件，本件需要 11 件"):
        world.act("clerk", case_id, "approve")
    other = giving.handed_in(row(1, item="quilt"))
    with pytest.raises(Refused, match="库存不足：quilt 可用 0 件"):
        world.act("clerk", other, "approve")
    assert stores.stands() == (10, 0, 0) and world.row(case_id).state == "review"
    stores.clean()


def test_two_lists_cannot_both_have_the_last_bags(world: World, giving: Giving, stores: Stores) -> None:
    giving.delivering(row(0, quantity="7"))
    second = giving.handed_in(row(1, quantity="4"))
    with pytest.raises(Refused, match="可用 3 件，本件需要 4 件"):
        world.act("clerk", second, "approve")
    assert stores.stands() == (10, 7, 0)


def test_two_officers_are_needed_and_neither_signs_for_themself(world: World, giving: Giving) -> None:
    case_id = giving.delivering(row(0), row(1))
    for beside in ("clerk", "", "worker", "auditor", "outsider"):
        with pytest.raises(Refused, match="两人到场"):
            giving.sign(case_id, 1, beside=beside)
    with pytest.raises(NotYours):
        giving.sign(case_id, 1, by="cashier")
    with pytest.raises(NotFound):
        giving.sign(case_id, 1, by="outsider")
    with reading(world.sessions) as session:
        assert session.scalars(select(LineSignature)).all() == []


def test_a_signature_is_marked_once_and_can_be_taken_back_with_a_reason(world: World, giving: Giving) -> None:
    case_id = giving.delivering(row(0), row(1))
    assert giving.sign(case_id, 1, 2).count == 2
    with pytest.raises(Refused, match="都已经签收"):
        giving.sign(case_id, 1)
    with pytest.raises(Refused, match="已经签收，不能取消"):
        giving.strike(case_id, 2)
    from workflow import engine
    with pytest.raises(Refused, match="写明原因"):
        giving.do(engine.unsign, "clerk", case_id, 2, " ")
    giving.do(engine.unsign, "clerk", case_id, 2, "勾错了人")
    giving.strike(case_id, 2)
    with reading(world.sessions) as session:
        kinds = session.scalars(select(Event.kind).where(Event.stream == case_id).order_by(Event.seq)).all()
        signature = session.scalars(select(LineSignature)).one()
    assert kinds[-3:] == ["sign", "unsign", "strike"] and (signature.by_id, signature.with_id) == (world.ids["clerk"], world.ids["basic"])


def test_the_same_request_marks_once(giving: Giving) -> None:
    case_id = giving.delivering(row(0), row(1))
    first = giving.sign(case_id, 1, idem_key="a" * 32)
    again = giving.sign(case_id, 1, idem_key="a" * 32)
    assert not first.replayed and again.replayed and again.seq == first.seq


def test_paper_signatures_need_the_paper(giving: Giving, world: World) -> None:
    case_id = giving.delivering(row(0))
    with pytest.raises(Refused, match="先上传签字后的签收表"):
        giving.sign(case_id, 1, method="paper")
    with pytest.raises(Refused, match="签收方式"):
        giving.sign(case_id, 1, method="word of mouth")


def test_what_was_signed_for_cannot_be_unissued(world: World, giving: Giving, stores: Stores) -> None:
    case_id = giving.delivering(row(0), row(1))
    giving.sign(case_id, 1)
    for trigger in ("return_to", "reject"):
        with pytest.raises(Refused, match="已有 1 人签收，物品已经发出"):
            world.act("clerk", case_id, trigger, comment="名单有误")
    assert stores.stands() == (10, 2, 0)
    stores.clean()


def test_nobody_signs_before_anything_is_issued_or_after(world: World, giving: Giving) -> None:
    case_id = giving.handed_in(row(0))
    with pytest.raises(Impossible):
        giving.sign(case_id, 1)
    world.act("clerk", case_id, "approve")
    giving.sign(case_id, 1)
    world.act("clerk", case_id, "approve")
    world.act("cashier", case_id, "pay")
    with pytest.raises(Impossible):
        giving.strike(case_id, 1)


def test_a_list_on_which_nobody_is_left_is_not_issued(world: World, giving: Giving, stores: Stores) -> None:
    case_id = giving.delivering(row(0))
    giving.strike(case_id, 1)
    world.act("clerk", case_id, "approve")
    with pytest.raises(Refused, match="各行都已取消"):
        world.act("cashier", case_id, "pay")
    assert stores.stands() == (10, 0, 0)
