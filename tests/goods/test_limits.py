"""What 送温暖 gives one person in a year ends at its cap; what is banned is refused by name wherever it stands."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.acceptance.reading_room import photo
from tests.goods.conftest import Stores
from tests.goods.giving import CARDS, Giving, row, valid
from tests.goods.giving import IDS as NUMBERS
from tests.world import World
from workflow import engine, goods
from workflow.db import writing
from workflow.errors import Refused

DEFINITION = Path(__file__).resolve().parents[2] / "definitions" / "holiday_visit.v1.yaml"
PLAN = {"occasion": "spring_festival", "groups": ["front_line"], "planned_people": "1", "planned_money": "3000", "visit_from": "2026-02-01", "visit_to": "2026-02-10"}


def visits(world: World, amount: str) -> str:
    """A plan that was passed, and its list handed in for one person."""
    case_id = world.start("clerk", "holiday_visit")
    with writing(world.sessions) as session:
        engine.attach(session, case_id, "plan", "plan.jpg", photo().getvalue(), world.actor("clerk"), world.now)
    world.act("clerk", case_id, "submit", form=PLAN)
    for who in ("leader", "first", "second", "third"):
        world.act(who, case_id, "approve")
    person = {"unit": "二建公司工会", "name": "杨丽华", "id_no": valid(NUMBERS[0]), "amount": amount, "card": CARDS[0]}
    world.act("clerk", case_id, "submit", form={"roster": [person]})
    return case_id


def test_nobody_gets_more_than_6000_yuan_of_visits_a_year(world: World, stores: Stores) -> None:
    world.now = datetime(2026, 1, 20, 2, tzinfo=UTC)
    world.publish(DEFINITION.read_text("utf-8"), "holiday_visit.v1.yaml")
    stores.fund(2_000_000, "539921/2026/holiday_visit@own_union")
    for _visit in range(2):
        case_id = visits(world, "3000")
        world.act("clerk2", case_id, "approve")
        world.act("finance", case_id, "approve", form={"prepared_on": "2026-01-20"})
    with pytest.raises(Refused, match=r"每人每年不超过 6000 元（已有 6,000.00 元，本件 0.01 元，上限 6,000.00 元）"):
        visits(world, "0.01")
    assert stores.stands("539921/2026/holiday_visit@own_union") == (2_000_000, 600_000, 0)
    stores.clean()


@pytest.mark.parametrize("item", ["购物卡", "中华香烟"])
def test_a_list_with_banned_goods_is_refused_by_name(world: World, giving: Giving, item: str) -> None:
    case_id = giving.handed_in(row(0, item=item))
    with pytest.raises(Refused, match=f"不能发放“{item}”"):
        world.act("clerk", case_id, "approve")


def test_goods_for_a_plan_of_the_last_year_are_bought_in_january(stores: Stores) -> None:
    rice = stores.item()
    with writing(stores.world.sessions) as session:
        move = goods.purchase(session, rice, "5", "58.50", "云岭粮油有限公司", "NO-1", None, "", stores.world.actor("clerk"), stores.world.now, year=2025)
    stores.do(goods.confirm, "finance", move)
    assert stores.stands("539921/2025/goods/rice-10kg") == (5, 0, 0) and stores.stands() == (0, 0, 0)
    with pytest.raises(Refused, match="今年和前后一年"), writing(stores.world.sessions) as session:
        goods.purchase(session, rice, "5", "58.50", "云岭粮油有限公司", "NO-2", None, "", stores.world.actor("clerk"), stores.world.now, year=2020)
    stores.clean()
