"""Who stands on two lists, twice on one, or shares an account is found with the earlier grant beside it."""

from tests.goods.conftest import MONEY, Stores
from tests.goods.giving import GIVING, Giving, row
from tests.world import World


def test_the_same_person_twice_on_one_list(giving: Giving) -> None:
    case_id = giving.handed_in(row(0), row(1), row(0))
    assert [(one.n, one.kind, one.row) for one in giving.twice(case_id)] == [(1, "same_person", 3), (3, "same_person", 1)]


def test_one_account_for_two_people(giving: Giving) -> None:
    case_id = giving.handed_in(row(0, "100", card=0), row(1, "100", card=0), row(2, "100", card=2))
    assert [(one.n, one.kind, one.row) for one in giving.twice(case_id)] == [(1, "same_account", 2), (2, "same_account", 1)]


def test_an_earlier_grant_of_another_unit_is_shown_with_its_number_day_and_amount(world: World, giving: Giving) -> None:
    first = giving.delivering(row(0, "200", card=0), row(1, "100"))
    giving.sign(first, 1, 2)
    world.act("clerk", first, "approve")
    world.act("cashier", first, "pay")
    second = giving.handed_in(row(0, "300", card=0), row(2), by="hospital")
    found, = giving.twice(second)
    assert (found.n, found.kind, found.number, found.amount_fen, found.quantity) == (1, "granted", world.row(first).number, 20_000, 1)
    assert found.programme is not None and found.programme.zh == "试点慰问" and found.unit == "二建公司工会"
    assert str(found.day) == "2026-06-15" and found.granted
    hidden, = giving.twice(second, "hospital")                       # a unit sees that there is one, and not whose case it is
    assert (hidden.number, hidden.case_id, hidden.unit, hidden.amount_fen) == (None, None, "", 20_000)


def test_another_list_under_way_and_another_programme_count_too(world: World, giving: Giving) -> None:
    world.publish(GIVING.replace("key: giving", "key: cooling").replace("试点慰问", "试点送清凉").replace("SW-", "QL-"), "cooling.v1.yaml")
    other = world.submitted("hospital", "cooling", {"roster": [row(1)]})
    case_id = giving.handed_in(row(1), row(2))
    found, = giving.twice(case_id)
    assert (found.n, found.granted, found.number) == (1, False, world.row(other).number)
    assert found.programme is not None and found.programme.zh == "试点送清凉"


def test_an_account_that_another_person_was_paid_on(world: World, giving: Giving) -> None:
    giving.delivering(row(0, "200", card=0))
    case_id = giving.handed_in(row(1, "100", card=0))
    assert [(one.n, one.kind) for one in giving.twice(case_id)] == [(1, "account_used")]


def test_lists_that_came_to_nothing_do_not_count(world: World, giving: Giving, stores: Stores) -> None:
    gone = giving.delivering(row(0))
    world.act("clerk", gone, "reject", comment="方案取消")
    struck = giving.delivering(row(1))
    giving.strike(struck, 1)
    assert giving.twice(giving.handed_in(row(0), row(1))) == []
    assert stores.stands(MONEY) == (1_000_000, 0, 0)
