"""Several pools for one programme: by source, by use, in the definition's order, and an amount is never split."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.money.conftest import GRANT, KEY, Funds
from tests.world import World
from workflow.db import writing
from workflow.engine.dossier import open_dossier
from workflow.engine.facts import facts_of
from workflow.engine.files import note
from workflow.errors import Refused
from workflow.money import holds

CENTRAL, OWN, GIVEN = f"{KEY}@central_hardship", f"{KEY}@own_union", f"{KEY}@donation.jiading"
ORDERED = GRANT.replace("version: 1", "version: 2").replace("initial: draft", "initial: draft\nsources: [own_union, central_hardship, donation]")


@pytest.fixture
def ordered(world: World) -> World:
    world.publish(ORDERED, "grant.v2.yaml")
    return world


def approve(world: World, funds: Funds, cost: str = "1000") -> str:
    case_id = funds.reviewed(cost)
    world.act("clerk", case_id, "approve")
    return case_id


def refused(world: World, funds: Funds, cost: str = "1000") -> str:
    case_id, before = funds.reviewed(cost), funds.booked()
    with pytest.raises(Refused) as told:
        world.act("clerk", case_id, "approve")
    assert funds.booked() == before
    assert all(message.en for message in told.value.messages)
    return str(told.value)


def test_the_first_in_the_definitions_order_with_enough_pays_the_whole(ordered: World, funds: Funds) -> None:
    funds.open(500_000, CENTRAL)
    funds.open(150_000, OWN)
    approve(ordered, funds)                                      # 1,000 of 1,500: the union's own
    case_id = approve(ordered, funds)                            # 500 left there, so the central fund pays all of it
    assert (funds.stands(OWN), funds.stands(CENTRAL)) == ((150_000, 100_000, 0), (500_000, 100_000, 0))
    approve(ordered, funds, "500")
    assert funds.stands(OWN) == (150_000, 150_000, 0)
    ordered.act("leader", case_id, "approve")
    ordered.act("cashier", case_id, "pay")
    assert funds.stands(CENTRAL) == (500_000, 0, 100_000)
    funds.clean()


def test_nothing_is_split_and_the_refusal_names_every_pool(ordered: World, funds: Funds) -> None:
    funds.open(80_000, CENTRAL)
    funds.open(70_000, OWN)
    said = refused(ordered, funds)
    assert f"{OWN} 余额 700.00 元" in said and f"{CENTRAL} 余额 800.00 元" in said and "不拆分" in said
    approve(ordered, funds, "800")
    assert funds.stands(CENTRAL) == (80_000, 80_000, 0)


@pytest.mark.parametrize(("key", "more", "said"), [
    (KEY, {}, "资金来源没有写明"), (f"{KEY}@county_fiscal", {}, "资金来源是“县财政资金”"),
    (OWN, {"unit": "heads"}, "计量单位与本项目不同"), (GIVEN, {"purpose": "只用于助学", "uses": ["shuffle"]}, "用途不包括")])
def test_a_pool_that_may_not_pay_does_not(ordered: World, funds: Funds, key: str, more: dict[str, Any], said: str) -> None:
    ordered.publish(GRANT.replace("key: grant", "key: shuffle"), "shuffle.v1.yaml")
    funds.open(1_000_000, key, **more)
    told = refused(ordered, funds)
    assert said in told and key in told


def test_a_donation_pays_what_it_was_given_for(ordered: World, funds: Funds) -> None:
    funds.open(1_000_000, GIVEN, purpose="嘉定区捐赠，助困", uses=["grant"])
    approve(ordered, funds)
    assert funds.stands(GIVEN) == (1_000_000, 100_000, 0)


def test_money_held_in_trust_pays_no_grant_even_where_no_source_is_named(world: World, funds: Funds) -> None:
    funds.open(1_000_000, f"{KEY}@mutual_pool")
    assert "互助金（代管）" in refused(world, funds)
    funds.open(1_000_000, KEY)                                   # without sources any other pool of the key may pay
    approve(world, funds)
    assert funds.stands() == (1_000_000, 100_000, 0)


@pytest.mark.parametrize(("key", "more", "said"), [
    (f"{KEY}@own_unoin", {}, "是否想写“own_union”"), (GIVEN, {}, "捐赠人限定的用途"), (OWN, {"source": "donation", "purpose": "助困"}, "不一致"),
    (OWN, {"uses": ["grnt"]}, "是否想写“grant”"), (f"{KEY}@", {}, "资金池编号")])
def test_a_pool_is_opened_with_terms_that_hold_together(ordered: World, funds: Funds, key: str, more: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        funds.open(1_000, key, **more)


def test_what_is_left_beside_the_button_is_that_of_the_pool_that_would_pay(ordered: World, funds: Funds) -> None:
    funds.open(500_000, CENTRAL)
    funds.open(50_000, OWN)
    case_id = funds.reviewed()
    balance = ordered.look("clerk", case_id).balance
    assert balance is not None and (balance.key, balance.available, balance.after, balance.others) == (CENTRAL, 500_000, 400_000, 1)
    ordered.act("clerk", case_id, "approve")
    held = ordered.look("leader", case_id).balance
    assert held is not None and (held.key, held.own, held.after, held.source) == (CENTRAL, 100_000, 400_000, "central_hardship")


def test_a_pool_is_not_asked_after_its_last_day(ordered: World, funds: Funds) -> None:
    funds.open(500_000, OWN)
    funds.open(500_000, CENTRAL)
    funds.close(date(2026, 6, 14), OWN)
    approve(ordered, funds)
    assert (funds.stands(OWN), funds.stands(CENTRAL)) == ((500_000, 0, 0), (500_000, 100_000, 0))


def test_a_closed_pool_pays_less_than_it_had_promised_and_no_more(ordered: World, funds: Funds) -> None:
    """Lines were dropped after the year had ended: the same event releases the hold and makes a smaller one in its place."""
    funds.open(500_000, OWN)
    funds.open(500_000, CENTRAL)
    case_id = approve(ordered, funds)
    ordered.act("leader", case_id, "approve")
    funds.close(date(2026, 6, 14), OWN)
    cashier, now = ordered.actor("cashier"), ordered.now
    with writing(ordered.sessions) as session:
        dossier = open_dossier(session, case_id, cashier, lock=True)
        facts = facts_of(session, dossier, now)
        seq = note(session, dossier, "act", cashier, "cashier", now, {})
        holds.settle(session, dossier.definition, dossier.row, "pay", "paid", 60_000, facts, seq, now)
    assert (funds.stands(OWN), funds.stands(CENTRAL)) == ((500_000, 0, 60_000), (500_000, 0, 0))
    assert funds.booked()[-5:] == [("hold", 100_000), ("release", 100_000), ("hold", 60_000), ("spend", 60_000), ("grant", 500_000)]
