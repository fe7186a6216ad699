"""Goods that are reserved stay what they are: another item or number in the form is refused until the list goes back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.goods.giving import GIVING, Giving, row
from tests.world import World
from workflow.errors import Refused

CORRECTING = (GIVING.replace("hold_in: [delivering, paying]", "hold_in: [delivering, paying, correcting]")
              .replace("  - {name: paid, label", "  - {name: correcting, label: 更正账户, kind: task, actor: county, due: 5wd, edit: [form.roster]}\n"
                       "  - {name: paid, label")
              .replace("source: paying, dest: [delivering]}", "source: paying, dest: [delivering, correcting]}\n"
                       "  - {trigger: approve, label: 账户已更正, source: correcting, dest: paying, effects: [account.correct]}")
              .replace("version: 1\ntitle", "version: 2\ntitle"))


@pytest.mark.parametrize("changed", [{"quantity": "5"}, {"quantity": "0", "amount": "0"}, {"item": "oil-5l"}])
def test_goods_that_are_reserved_are_not_changed_beside_the_stock(world: World, giving: Giving, changed: dict[str, Any]) -> None:
    world.publish(CORRECTING, "giving.v2.yaml")
    case_id = giving.handed_in(row(0, "100", card=0), row(1, "100", card=1))
    world.act("clerk", case_id, "approve")
    giving.sign(case_id, 1, 2)
    world.act("clerk", case_id, "approve")
    world.act("cashier", case_id, "return_to", dest="correcting", comment="更正账户")
    stood = giving.stores.stands()
    with pytest.raises(Refused, match="已经预留|缺少身份证号"):
        world.act("clerk", case_id, "approve", form={"roster": [row(0, **{"amount": "100", "card": 2} | changed), row(1, "100", card=1)]})
    assert giving.stores.stands() == stood
    giving.stores.clean()
