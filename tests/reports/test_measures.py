"""What was granted in a period: counted by programme, in scope, said in the programme's own sentence, exact to the 分."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session, sessionmaker

from tests.money.conftest import CARD, GRANT, Funds
from tests.world import World
from workflow import reports
from workflow.actors import COMMAND
from workflow.db import reading
from workflow.errors import NotFound, Refused
from workflow.reports import measures

SENTENCE = '\nmeasure: {grain: persons, sentence: {zh: "资助{persons}人{person_times}人次{amount_wan}万元。", en: "{persons} people, {amount} yuan."}}\n'
YEAR = (date(2026, 1, 1), date(2026, 12, 31))


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> World:
    return World(sessions)


@pytest.fixture
def funds(world: World) -> Funds:
    world.publish(GRANT + SENTENCE, "grant.v1.yaml")
    made = Funds(world)
    made.open(1_000_000)
    return made


def pay(world: World, cost: str) -> None:
    case_id = world.submitted("worker", "grant", {"cost": cost, "bank_card": CARD})
    for who, trigger in (("clerk", "approve"), ("leader", "approve"), ("cashier", "pay")):
        world.act(who, case_id, trigger)


def counted(world: World, who: str | None = None, code: str | None = None, days: tuple[date, date] = YEAR) -> list[reports.Count]:
    with reading(world.sessions) as session:
        return reports.counts(session, COMMAND if who is None else world.actor(who), *days, code)


def test_two_grants_of_one_person_are_two_person_times(world: World, funds: Funds) -> None:
    pay(world, "1234.56")
    pay(world, "0.01")
    world.submitted("worker", "grant", {"cost": "900", "bank_card": CARD})          # under way: not granted, not counted

    (row,) = counted(world)

    assert (row.persons, row.person_times, row.cases, row.amount_fen) == (1, 2, 2, 123457)
    assert row.sentence.zh == "资助1人2人次0.12万元。" and row.sentence.en == "1 people, 1,234.57 yuan."
    assert measures.table([row], "zh")[0][:2] == ["试点补助", "发放资金"]


def test_a_period_without_payments_and_a_turned_period(world: World, funds: Funds) -> None:
    pay(world, "100")
    assert counted(world, days=(date(2025, 1, 1), date(2025, 12, 31))) == []
    with pytest.raises(Refused):
        counted(world, days=(YEAR[1], YEAR[0]))


def test_nobody_counts_beyond_their_scope(world: World, funds: Funds) -> None:
    pay(world, "100")
    assert [row.cases for row in counted(world, "leader")] == [1]
    assert counted(world, "outsider") == []
    with pytest.raises(NotFound):
        counted(world, code="000000")


def test_wan_is_rounded_once_from_exact_fen() -> None:
    assert measures.wan(75_404_999) == "75.40" and measures.wan(75_405_000) == "75.41"
    assert measures.wan(24_700_000 + 17_970_000 + 32_730_000) == "75.40"            # printed as 75.41 in 泗县's report (domain.md S91)


