"""What people type as an amount: read as they mean it, or refused with a sentence, never an error of ours and never another amount."""

from __future__ import annotations

from datetime import date

import pytest

from tests.goods.conftest import Stores
from tests.world import World
from workflow import goods, money
from workflow.errors import Refused
from workflow.payments import answers, layouts

TODAY = date(2026, 6, 15)


@pytest.mark.parametrize(("text", "fen"), [
    ("200000", 20_000_000), (" 1,234,567.89 ", 123_456_789), ("１２３４", 123_400), ("1，234", 123_400), ("-50.5", -5_050), ("0.01", 1), ("¥3,800.00元", 380_000)])
def test_an_amount_is_read_as_it_is_meant(text: str, fen: int) -> None:
    assert money.read_amount(text, "money") == fen


@pytest.mark.parametrize("text", ["", "1e999999999", "1e308", "-1e999999999", "1e-999999999", "1e5", "NaN", "sNaN", "Infinity", "1_000", "1,50", "1，5", "12,34,567",
                                  "0.001", "--5", "9" * 40, "5 元整左右"])
def test_an_amount_that_nobody_means_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="请写金额"):
        money.read_amount(text, "money")


def test_a_count_has_no_decimals() -> None:
    assert money.read_amount("1,200", "heads") == 1_200
    with pytest.raises(Refused):
        money.read_amount("1.5", "heads")


@pytest.mark.parametrize("text", ["000000000001999999999", "0000000000010" + "9" * 30, "9" * 400])
def test_a_number_of_goods_is_not_more_than_it_looks(text: str, stores: Stores) -> None:
    rice = stores.item()
    with pytest.raises(Refused, match="请写数量"):
        stores.do(goods.purchase, "clerk", rice, text, "58.50", "云岭粮油有限公司", "NO-1", None, "")


@pytest.mark.parametrize("text", ["1e999999999", "1_000.00", "1e5", "10,00.00", "NaN"])
def test_an_amount_in_a_banks_answer_is_read_or_named(text: str) -> None:
    sent = [answers.Sent(1, "FF-1-0001", "6228480010000000017", "李文华", 100_000, "sent")]
    rows = [["编号", "账号", "户名", "金额", "结果"], ["FF-1-0001", "6228480010000000017", "李文华", text, "成功"]]
    found = answers.read(layouts.layout("csv").answer, rows, sent, "FF-1", TODAY)
    assert not found.told and "D2" in found.faults[0].zh and "读不懂" in found.faults[0].zh


@pytest.fixture
def world(sessions):  # type: ignore[no-untyped-def]
    return World(sessions)


@pytest.fixture
def stores(world: World) -> Stores:
    return Stores(world)
