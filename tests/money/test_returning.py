"""Money that comes back after it was paid: entered by finance with its paper, confirmed by the leader, only as new entries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.money.conftest import KEY, Funds
from tests.world import World
from workflow import money
from workflow.actors import COMMAND
from workflow.attachments import Clean
from workflow.db import reading, writing
from workflow.engine import returning
from workflow.errors import BangfuError, NotFound, NotYours, Refused
from workflow.records import Event, GrantLine, Repayment

PAPER = Clean(b"%PDF-1.4 receipt", "回单.pdf", "application/pdf", None, None, "0" * 64)


@pytest.fixture
def paid(world: World, funds: Funds) -> str:
    """A case of 1,000 yuan that was paid out of a pool of 8,000."""
    funds.open(800_000)
    case_id = funds.reviewed()
    world.act("clerk", case_id, "approve")
    world.act("leader", case_id, "approve")
    world.act("cashier", case_id, "pay")
    return case_id


@pytest.fixture
def enter(world: World) -> Callable[..., str]:
    def entered(case_id: str, amount: int, short: str = "finance", **more: Any) -> str:
        words = {"kind": "clawback", "reason": "复核发现不符合条件，予以追回", "receipt": PAPER} | more
        actor = world.actor(short)
        with writing(world.sessions) as session:
            return returning.give_back(session, case_id, words.pop("line", None), amount, actor, world.now, **words)
    return entered


@pytest.fixture
def answer(world: World) -> Callable[..., None]:
    def decide(repayment: str, short: str = "leader", what: Callable[..., None] = returning.confirm) -> None:
        actor = world.actor(short)
        with writing(world.sessions) as session:
            what(session, repayment, actor, world.now)
    return decide


def line(world: World, case_id: str) -> tuple[str, int, int]:
    with reading(world.sessions) as session:
        row = session.scalars(select(GrantLine).where(GrantLine.case_id == case_id)).one()
        return row.status, row.amount_fen, row.returned_fen


def test_part_comes_back_as_a_new_entry_and_nothing_is_rewritten(world: World, funds: Funds, paid: str, enter: Any, answer: Any) -> None:
    before = funds.booked()
    waiting = enter(paid, 40_000)
    assert funds.stands() == (800_000, 0, 100_000) and line(world, paid) == ("paid", 100_000, 0)
    answer(waiting)
    assert funds.stands() == (800_000, 0, 60_000) and funds.booked() == [*before, ("return", 40_000)]
    assert line(world, paid) == ("paid", 100_000, 40_000) and funds.holds(paid)[0].returned == 40_000
    row = world.row(paid)
    assert (row.state, row.outcome, row.amount_fen) == ("paid", "approved", 100_000)          # decided as it was
    with reading(world.sessions) as session:
        kinds = session.scalars(select(Event.kind).where(Event.stream == paid).order_by(Event.seq)).all()[-3:]
        entered = returning.repayments(session, paid)
    assert kinds == ["attach", "propose_return", "return"] and (entered[0].proposer, entered[0].decider) == ("何静", "孙建国")
    funds.clean()
    answer(enter(paid, 60_000, kind="refund"))
    assert funds.stands() == (800_000, 0, 0) and line(world, paid)[2] == 100_000
    funds.clean()


def test_never_more_than_was_paid(world: World, funds: Funds, paid: str, enter: Any, answer: Any) -> None:
    with pytest.raises(Refused, match=r"最多可以退回 1,000\.00 元"):
        enter(paid, 100_001)
    answer(enter(paid, 70_000))
    with pytest.raises(Refused, match=r"最多可以退回 300\.00 元"):
        enter(paid, 30_001)
    unpaid = funds.reviewed()
    with pytest.raises(Refused, match="还没有支出"):
        enter(unpaid, 100)
    assert funds.stands() == (800_000, 0, 30_000)


@pytest.mark.parametrize(("words", "said"), [
    ({"receipt": None}, "收款凭证"), ({"reason": " "}, "依据或理由"), ({"kind": "gift"}, "追回、退款还是更正"), ({"amount": 0}, "大于零"),
    ({"amount": -100}, "大于零"), ({"line": "nothing"}, "没有支付过")])
def test_what_an_entry_must_say(world: World, funds: Funds, paid: str, enter: Any, words: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        enter(paid, words.get("amount", 100), **{name: word for name, word in words.items() if name != "amount"})
    with reading(world.sessions) as session:
        assert session.scalars(select(Repayment)).all() == []


def test_two_people_of_the_right_posts(world: World, funds: Funds, paid: str, enter: Any, answer: Any) -> None:
    for short, kind in (("clerk", NotYours), ("leader", NotYours), ("cashier", NotYours), ("outsider", NotFound), ("nurse", NotFound), ("worker", NotYours)):
        with pytest.raises(kind):
            enter(paid, 100, short)
    waiting = enter(paid, 100)
    refusals: list[tuple[str, type[BangfuError]]] = [("finance", NotYours), ("clerk", NotYours), ("outsider", NotFound), ("auditor", NotYours)]
    for short, kind in refusals:
        with pytest.raises(kind):
            answer(waiting, short)
    with pytest.raises(Refused, match="等负责人确认"):
        enter(paid, 200)
    answer(waiting)
    with pytest.raises(Refused, match="已经处理"):
        answer(waiting)
    assert funds.stands() == (800_000, 0, 99_900)


def test_what_is_declined_books_nothing(world: World, funds: Funds, paid: str, enter: Any, answer: Any) -> None:
    answer(enter(paid, 100), what=returning.decline)
    assert funds.stands() == (800_000, 0, 100_000) and line(world, paid)[2] == 0
    funds.clean()


def test_after_the_year_is_closed_it_comes_into_the_next_years_pool(world: World, funds: Funds, paid: str, enter: Any, answer: Any) -> None:
    funds.close(date(2026, 12, 31))
    world.now += timedelta(days=210)
    waiting = enter(paid, 100_000)
    with pytest.raises(Refused, match="请先办理结转"):
        answer(waiting)
    with writing(world.sessions) as session:
        new = money.open_pool(session, "539921/2027/grant", 1, COMMAND, world.now)
        carry = money.carry(session, funds.pool().id, new, "年终结转", world.actor("finance"), world.now)
        money.confirm(session, carry, world.actor("leader"), world.now)
    answer(waiting)
    assert funds.stands(KEY) == (100_000, 0, 100_000)            # the closed year keeps its figures
    assert funds.stands("539921/2027/grant") == (800_001, 0, 0)  # 700,000 carried, 100,000 come back, 1 of its own
    assert funds.booked()[-1] == ("recover", 100_000) and funds.holds(paid)[0].returned == 100_000
    funds.clean()


def test_the_paper_is_the_offices_and_not_shown_to_the_applicant(world: World, paid: str, enter: Any, answer: Any) -> None:
    answer(enter(paid, 100))
    assert returning.RECEIPT not in {row.kind for row in world.look("worker", paid).attachments}
    assert returning.RECEIPT in {row.kind for row in world.look("finance", paid).attachments}
