"""The books come through the migrations as they were, down and up again, with money in every state."""

from __future__ import annotations

from tests.money.conftest import Funds
from tests.world import World
from workflow.db import downgrade, upgrade


def test_books_with_money_in_them_go_down_and_up(world: World, funds: Funds, database: str) -> None:
    funds.open(1_000_000)
    held, paid, dropped = (funds.reviewed() for _ in range(3))
    for case_id in (held, paid, dropped):
        world.act("clerk", case_id, "approve")
    world.act("leader", paid, "approve")
    world.act("cashier", paid, "pay")
    world.act("leader", dropped, "reject", comment="不符合")
    stood, booked = funds.stands(), funds.booked()
    world.sessions.kw["bind"].dispose()
    downgrade(database, "0005")
    upgrade(database)
    assert (funds.stands(), funds.booked()) == (stood, booked) == ((1_000_000, 100_000, 100_000), booked)
    funds.clean()
    world.act("leader", held, "approve")                         # and the books go on
    assert funds.stands() == stood
