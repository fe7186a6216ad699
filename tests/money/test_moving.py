"""Money moves between pools, and from a closed year to the next, by two people, and none is made or lost on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from tests.money.conftest import KEY, Funds
from tests.world import World
from workflow import history, money
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.errors import BangfuError, Damaged, NotFound, NotYours, Refused
from workflow.money import ledger
from workflow.records import LedgerEntry, Pool

FUND, NEXT = "539921/2026/fund@central_hardship", "539921/2027/grant@central_hardship"
CENTRAL = f"{KEY}@central_hardship"


@pytest.fixture
def do(world: World) -> Callable[..., Any]:
    """`do(money.transfer, "finance", pool_id, …)`: one call in a transaction of its own."""
    def call(what: Callable[..., Any], short: str, *words: Any) -> Any:
        actor = world.actor(short)
        with writing(world.sessions) as session:
            return what(session, *words, actor, world.now)
    return call


def test_an_allocation_takes_two_people_and_moves_what_it_says(world: World, funds: Funds, do: Callable[..., Any]) -> None:
    fund, pool = funds.open(1_000_000, FUND), funds.open(100_000, CENTRAL)
    waiting = do(money.transfer, "finance", fund, pool, 400_000, "首批分配，会议纪要3号")
    assert funds.stands(FUND) == (1_000_000, 0, 0)
    with pytest.raises(NotYours):
        do(money.confirm, "finance", waiting)
    do(money.confirm, "leader", waiting)
    assert (funds.stands(FUND), funds.stands(CENTRAL)) == ((600_000, 0, 0), (500_000, 0, 0))
    assert sorted(funds.booked())[2:] == [("transfer", 400_000), ("transfer", 400_000)]
    funds.clean()
    declined = do(money.transfer, "finance", fund, pool, 1_000, "再分一笔")
    do(money.decline, "leader", declined)
    assert funds.stands(FUND) == (600_000, 0, 0)


@pytest.mark.parametrize(("key", "more", "amount", "said"), [
    (f"{KEY}@county_fiscal", {}, 1, "资金来源不同"), (f"{KEY}@central_hardship.b", {"unit": "heads"}, 1, "计量单位不同"),
    (CENTRAL, {}, 1_000_001, r"余额只有 10,000\.00 元"), (FUND, {}, 1, "另一个资金池"), (CENTRAL, {}, 0, "大于零"), (CENTRAL, {}, -5, "大于零")])
def test_a_transfer_that_does_not_fit_is_refused(world: World, funds: Funds, do: Callable[..., Any], key: str, more: Any, amount: int, said: str) -> None:
    fund = funds.open(1_000_000, FUND)
    other = fund if key == FUND else funds.open(100_000, key, **more)
    with pytest.raises(Refused, match=said):
        do(money.transfer, "finance", fund, other, amount, "分配")
    funds.clean()


def test_bound_money_stays_bound(world: World, funds: Funds, do: Callable[..., Any]) -> None:
    bound = funds.open(500_000, "539921/2026/gift@donation", purpose="嘉定区捐赠，助困", uses=["grant"])
    free = funds.open(1_000, "539921/2026/grant@donation", purpose="嘉定区捐赠，助困")
    other = funds.open(1_000, "539921/2026/grant@donation.b", purpose="助学", uses=["grant"])
    fits = funds.open(1_000, "539921/2026/grant@donation.c", purpose="嘉定区捐赠，助困", uses=["grant"])
    for taker, said in ((free, "超出了这笔资金的用途"), (other, "限定的用途不同")):
        with pytest.raises(Refused, match=said):
            do(money.transfer, "finance", bound, taker, 1_000, "分配")
    do(money.confirm, "leader", do(money.transfer, "finance", bound, fits, 1_000, "分配"))
    funds.clean()


def test_only_whoever_keeps_both_pools_moves_money(world: World, funds: Funds, do: Callable[..., Any]) -> None:
    mine, theirs = funds.open(100_000), funds.open(100_000, "539922/2026/grant")
    for short, pair, kind in (("finance", (mine, theirs), NotFound), ("clerk", (mine, mine + 99), BangfuError), ("leader", (mine, theirs), BangfuError)):
        with pytest.raises(kind):
            do(money.transfer, short, *pair, 1_000, "划转")
    assert funds.stands() == (100_000, 0, 0)


def test_what_is_left_is_carried_over_after_the_last_day_and_what_is_held_stays(world: World, funds: Funds, do: Callable[..., Any]) -> None:
    old, new = funds.open(1_000_000, CENTRAL), funds.open(1, NEXT)
    held = funds.reviewed()
    world.act("clerk", held, "approve")
    with pytest.raises(Refused, match="还没有关账"):
        do(money.carry, "finance", old, new, "年终结转")
    funds.close(date(2026, 12, 31), CENTRAL)
    world.now += timedelta(days=210)                             # January
    do(money.confirm, "leader", do(money.carry, "finance", old, new, "年终结转"))
    assert (funds.stands(CENTRAL), funds.stands(NEXT)) == ((100_000, 100_000, 0), (900_001, 0, 0))
    assert funds.pool(CENTRAL).successor_id == new
    with pytest.raises(Refused, match="没有余额可以结转"):
        do(money.carry, "finance", old, new, "再结转")
    world.act("leader", held, "reject", comment="不符合")          # what is released later is carried later, to the same place
    with pytest.raises(Refused, match="余下的也要转到那里"):
        do(money.carry, "finance", old, funds.open(1, "539921/2027/other@central_hardship"), "转到别处")
    do(money.confirm, "leader", do(money.carry, "finance", old, new, "余下的结转"))
    assert (funds.stands(CENTRAL), funds.stands(NEXT)) == ((0, 0, 0), (1_000_001, 0, 0))
    funds.clean()


def test_nothing_is_booked_into_a_closed_year(world: World, funds: Funds, do: Callable[..., Any]) -> None:
    """Threat 11: money moved between years after closing. The room refuses it, and so does the database."""
    old, new = funds.open(1_000_000, CENTRAL), funds.open(100_000, NEXT)
    funds.close(date(2026, 6, 14), CENTRAL)
    for what, words in ((money.adjust, (old, 5_000, "补记")), (money.transfer, (new, old, 5_000, "倒回")), (money.transfer, (old, new, 5_000, "转出"))):
        with pytest.raises(Refused, match="关账"):
            do(what, "finance", *words)
    with writing(world.sessions) as session:
        seq = history.append_to(session, f"pool:{old}", kind="adjust", at=world.now, actor=COMMAND, role="system", extra={"amount": 5_000}).seq
    entry = {"pool_id": old, "n": 2, "kind": "adjust", "from_account": "source", "to_account": "available", "amount": 5_000, "hold_id": None,
             "stream": f"pool:{old}", "seq": seq, "at": world.now, "total": 1_005_000, "held": 0, "spent": 0}
    with pytest.raises(IntegrityError), writing(world.sessions) as session:
        session.execute(insert(LedgerEntry.__table__), entry)
    with pytest.raises(IntegrityError), writing(world.sessions) as session:
        session.execute(update(Pool.__table__).where(Pool.id == old).values(closed_on=None))
    assert funds.stands(CENTRAL) == (1_000_000, 0, 0)


def test_a_move_cannot_make_money(world: World, funds: Funds) -> None:
    """An entry that puts money into a pool as a transfer needs the one that took it out of another."""
    pool = funds.open(100_000)
    with writing(world.sessions) as session:
        seq = history.append_to(session, f"pool:{pool}", kind="transfer", at=world.now, actor=COMMAND, role="system", extra={"amount": 5_000}).seq
    entry = {"pool_id": pool, "n": 2, "kind": "transfer", "from_account": "source", "to_account": "available", "amount": 5_000, "hold_id": None,
             "stream": f"pool:{pool}", "seq": seq, "at": world.now, "total": 105_000, "held": 0, "spent": 0}
    with pytest.raises(IntegrityError), writing(world.sessions) as session:
        session.execute(insert(LedgerEntry.__table__), entry)


def test_money_that_left_and_arrived_nowhere_is_found(world: World, funds: Funds) -> None:
    pool = funds.open(100_000)
    with writing(world.sessions) as session:
        seq = history.append_to(session, f"pool:{pool}", kind="transfer", at=world.now, actor=COMMAND, role="system", extra={"amount": 5_000}).seq
        ledger.book(session, pool, "transfer", -5_000, f"pool:{pool}", seq, world.now)
    with reading(world.sessions) as session:
        assert [finding.code for finding in history.verify(session)] == ["ENTRY"]


def test_goods_are_bought_with_what_is_left_and_never_more(world: World, funds: Funds) -> None:
    pool = funds.open(100_000)

    def buy(amount: int, kind: Callable[..., None] = money.purchase, told: int | None = None) -> None:
        with writing(world.sessions) as session:
            seq = history.append_to(session, f"pool:{pool}", kind="purchase", at=world.now, actor=world.actor("finance"), role="finance",
                                    extra={"amount": amount if told is None else told}).seq
            kind(session, pool, amount, f"pool:{pool}", seq, world.now)
    buy(60_000)
    for amount, kind in ((40_001, money.purchase), (60_001, money.refund), (0, money.purchase), (-1, money.refund)):
        with pytest.raises(Refused):
            buy(amount, kind)
    with pytest.raises(Damaged):
        buy(500, told=400)
    buy(10_000, money.refund)
    assert funds.stands() == (100_000, 0, 50_000)
    funds.clean()


def test_terms_are_given_by_two_people_and_a_source_never_changes(world: World, funds: Funds, do: Callable[..., Any]) -> None:
    pool = funds.open(100_000)
    do(money.confirm, "leader", do(money.designate, "finance", pool, "county_fiscal", "", ["grant"], "补记来源"))
    with reading(world.sessions) as session:
        row = session.scalars(select(Pool).where(Pool.id == pool)).one()
        assert (row.source, row.uses) == ("county_fiscal", ["grant"])
    with pytest.raises(Refused, match="不能改"):
        do(money.designate, "finance", pool, "own_union", "", [], "改来源")
    with pytest.raises(IntegrityError), writing(world.sessions) as session:
        session.execute(update(Pool.__table__).where(Pool.id == pool).values(source="own_union"))
    do(money.confirm, "leader", do(money.designate, "finance", pool, None, "", [], "放宽用途"))
    funds.clean()
