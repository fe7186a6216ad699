"""A pool is opened, changed and closed by two people, and seen only by the officers of its organisation and above."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.money.conftest import KEY, Funds
from tests.world import World
from workflow import money
from workflow.db import reading, writing
from workflow.errors import BangfuError, NotFound, NotYours, Refused
from workflow.records import Event, Pool


@pytest.fixture
def do(world: World) -> Callable[..., Any]:
    """`do(money.adjust, "finance", pool_id, …)`: one call in a transaction of its own."""
    def call(what: Callable[..., Any], short: str, *words: Any) -> Any:
        actor = world.actor(short)
        with writing(world.sessions) as session:
            return what(session, *words, actor, world.now)
    return call


def test_one_proposes_and_another_confirms(world: World, funds: Funds, do: Callable[..., Any]) -> None:
    pool_id = do(money.open_pool, "finance", KEY, 800_000)
    assert funds.stands() == (0, 0, 0)                           # nothing is there before somebody else has agreed
    with reading(world.sessions) as session:
        first = money.proposals(session, pool_id)[0]
    assert (first.kind, first.amount, first.proposer) == ("grant", 800_000, "何静")
    do(money.confirm, "leader", first.id)
    more = do(money.adjust, "finance", pool_id, 50_000, "县财政追加，云财〔2026〕12号")
    do(money.confirm, "leader", more)
    less = do(money.adjust, "finance", pool_id, -150_000, "年中调减")
    do(money.decline, "leader", less)
    assert funds.stands() == (850_000, 0, 0) and funds.booked() == [("grant", 800_000), ("adjust", 50_000)]
    with reading(world.sessions) as session:
        kinds = session.scalars(select(Event.kind).where(Event.stream == f"pool:{pool_id}").order_by(Event.seq)).all()
    assert kinds == ["open", "propose", "grant", "propose", "adjust", "propose", "decline"]
    funds.clean()


def test_never_one_person_and_never_another_role(world: World, funds: Funds, do: Callable[..., Any]) -> None:
    pool_id = funds.open(100_000)
    waiting = do(money.adjust, "finance", pool_id, 5_000, "追加")
    refused: list[tuple[type[BangfuError], Any]] = [
        (NotYours, (money.adjust, "leader", pool_id, 1, "自己加")), (NotYours, (money.confirm, "finance", waiting)),
        (NotYours, (money.confirm, "clerk", waiting)), (NotYours, (money.confirm, "cashier", waiting)),
        (NotFound, (money.confirm, "outsider", waiting)), (NotFound, (money.adjust, "basic", pool_id, 1, "加一点")),
        (NotYours, (money.open_pool, "clerk", "539921/2026/other", 1)), (NotYours, (money.open_pool, "finance", "539922/2026/other", 1)),
        (Refused, (money.adjust, "finance", pool_id, 7_000, "再加一次")), (Refused, (money.open_pool, "finance", KEY, 1))]
    for kind, (what, short, *words) in refused:
        with pytest.raises(kind):
            do(what, short, *words)
    assert funds.stands() == (100_000, 0, 0)
    do(money.confirm, "leader", waiting)
    with pytest.raises(Refused):
        do(money.confirm, "leader", waiting)                     # once
    assert funds.stands() == (105_000, 0, 0)


def test_somebody_who_holds_both_posts_confirms_nothing_of_their_own(world: World, funds: Funds) -> None:
    pool_id = funds.open(100_000)
    both = world.actor("finance")
    both = type(both)(both.person_id, both.name, (*both.posts, *world.actor("leader").posts))
    with writing(world.sessions) as session:
        waiting = money.adjust(session, pool_id, 5_000, "追加", both, world.now)
    with pytest.raises(NotYours), writing(world.sessions) as session:
        money.confirm(session, waiting, both, world.now)


def test_a_total_never_falls_below_what_is_held_and_spent(world: World, funds: Funds, do: Callable[..., Any]) -> None:
    pool_id = funds.open(300_000)
    waiting = do(money.adjust, "finance", pool_id, -300_000, "收回")         # proposed in time …
    world.act("clerk", funds.reviewed(), "approve")
    with pytest.raises(Refused, match=r"最多可以减少 2,000\.00 元"):           # … and judged again when it is confirmed
        do(money.confirm, "leader", waiting)
    do(money.decline, "leader", waiting)
    with pytest.raises(Refused):
        do(money.adjust, "finance", pool_id, -200_001, "收回")
    do(money.confirm, "leader", do(money.adjust, "finance", pool_id, -200_000, "收回"))
    assert funds.stands() == (100_000, 100_000, 0)
    funds.clean()


def test_a_closed_pool_is_not_changed_any_more(world: World, funds: Funds, do: Callable[..., Any]) -> None:
    pool_id = funds.open(300_000)
    funds.close(date(2026, 6, 14))
    with pytest.raises(Refused):
        do(money.adjust, "finance", pool_id, 1_000, "补一笔")
    assert funds.stands() == (300_000, 0, 0) and funds.pool().closed_on == date(2026, 6, 14)
    funds.clean()


def test_pools_are_seen_by_their_officers_and_those_above(world: World, funds: Funds) -> None:
    pool_id = funds.open(100_000)
    funds.open(100_000, "539922/2026/grant")
    with reading(world.sessions) as session:
        for short, seen in (("finance", [KEY]), ("auditor", [KEY]), ("clerk", [KEY]), ("basic", []), ("town", []), ("admin", []),
                            ("worker", []), ("outsider", ["539922/2026/grant"])):
            assert [row.key for row in money.pools(session, world.actor(short))] == seen, short
        with pytest.raises(NotFound):
            money.pool(session, pool_id, world.actor("outsider"))
        assert session.scalar(select(Pool.id).where(Pool.key == KEY)) == pool_id


@pytest.mark.parametrize("key", ["", "a", "nowhere/2026/x", "539921/../x y", "539921/2026/<b>"])
def test_a_key_belongs_somewhere_and_can_be_read(world: World, funds: Funds, key: str) -> None:
    with pytest.raises(Refused):
        funds.open(1_000, key)


def test_a_year_that_closed_while_a_later_day_waited_is_not_opened_again(world: World, funds: Funds, do: Callable[..., Any]) -> None:
    pool_id = funds.open(500_000)
    funds.close(world.now.date())
    later = do(money.close, "finance", pool_id, date(2026, 12, 31), "延后关账")
    world.now += timedelta(days=2)
    with pytest.raises(Refused, match="已于 2026-06-15 关账"):
        do(money.confirm, "leader", later)
    assert funds.pool().closed_on == date(2026, 6, 15)
    do(money.decline, "leader", later)                      # and does not stand in the way of the carry-over
