"""The small county with a store of goods, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from tests.world import World
from workflow import goods, history, money
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.records import GoodsMove, Pool

RICE = "539921/2026/goods/rice-10kg"
MONEY = "539921/2026/visits"


class Stores:
    """What lies in the county's store, and what its people do with it."""

    def __init__(self, world: World) -> None:
        self.world = world

    def do(self, what: Callable[..., Any], short: str, *words: Any) -> Any:
        actor = self.world.actor(short)
        with writing(self.world.sessions) as session:
            return what(session, *words, actor, self.world.now)

    def fund(self, amount: int, key: str = MONEY) -> int:
        with writing(self.world.sessions) as session:
            return money.open_pool(session, key, amount, COMMAND, self.world.now)

    def item(self, code: str = "rice-10kg", name: str = "大米", price: str = "58.50") -> int:
        return int(self.do(goods.add, "clerk", self.world.orgs["539921"], code, name, "袋", "10 kg", price))

    def bought(self, item_id: int, quantity: int, document: str = "NO-1", pool: int | None = None) -> str:
        move: str = self.do(goods.purchase, "clerk", item_id, str(quantity), "58.50", "云岭粮油有限公司", document, pool, "两节慰问")
        self.do(goods.confirm, "finance", move)
        return move

    def stands(self, key: str = RICE) -> tuple[int, int, int]:
        """total, held, spent."""
        with reading(self.world.sessions) as session:
            pool = session.scalars(select(Pool).where(Pool.key == key)).one_or_none()
            return (0, 0, 0) if pool is None else (pool.total, pool.held, pool.spent)

    def move(self, move_id: str) -> GoodsMove:
        with reading(self.world.sessions) as session:
            return session.scalars(select(GoodsMove).where(GoodsMove.id == move_id)).one()

    def clean(self) -> None:
        """Assert that the verifier finds nothing."""
        with reading(self.world.sessions) as session:
            findings = history.verify(session)
            assert not findings.items, findings.items[:3]


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> World:
    return World(sessions)


@pytest.fixture
def stores(world: World) -> Stores:
    return Stores(world)


@pytest.fixture
def giving(world: World, stores: Stores) -> Any:
    """The programme `giving`, ten bags of rice in stock and 10,000 yuan in the pool."""
    from tests.goods.giving import GIVING, Giving
    world.open_accounts()
    world.publish(GIVING, "giving.v1.yaml")
    stores.fund(1_000_000)
    stores.bought(stores.item(), 10)
    return Giving(world, stores)
