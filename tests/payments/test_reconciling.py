"""三账核对: the accounts agree while everything goes its way, and a difference names the case behind it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.payments.conftest import CARDS, KEY, Office
from tests.payments.test_batches import receipt
from tests.world import World
from workflow import history
from workflow.db import reading
from workflow.payments import reconciling
from workflow.payments.capitals import capitals


def test_books_bank_and_days_agree(world: World, office: Office) -> None:
    first, second, by_hand = office.case("worker"), office.case("nurse", "250", CARDS[1]), office.case("doctor", "70", CARDS[2])
    batch_id = office.sent(first, second)
    office.answered(batch_id, "成功", "失败")
    receipt(world, by_hand)
    world.act("cashier", by_hand, "pay", form={"paid_on": "2026-06-12"})
    with reading(world.sessions) as session:
        actor = world.signed_in("auditor")
        books = next(one for one in reconciling.books(session, actor) if one.key == KEY)
        assert (books.spent, books.granted, books.paid, books.by_hand, books.difference, books.odd) == (107_000, 107_000, 100_000, 7_000, 0, ())
        banked = reconciling.banked(session, actor)[0]
        assert (banked.total, banked.paid, banked.failed, banked.waiting, banked.told, banked.difference) == (125_000, 100_000, 25_000, 0, 100_000, 0)
        assert [(day.day.isoformat(), day.number, int(day.total)) for day in reconciling.days(session, actor)] == [("2026-06-12", 1, 100_000)]
        assert reconciling.books(session, world.signed_in("outsider")) == []


def test_a_difference_is_shown_with_its_case(world: World, office: Office) -> None:
    """Somebody with the owner's rights takes the triggers away and writes another amount into a paid line."""
    case_id = office.case()
    office.answered(office.sent(case_id), "成功")
    with world.sessions() as session:
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text('DROP TRIGGER "guard_grant_lines_update"'))
        else:
            session.execute(text('ALTER TABLE grant_lines DISABLE TRIGGER "guard_grant_lines_update"'))
        session.execute(text("UPDATE grant_lines SET amount_fen = 90000"))
        session.commit()
    with reading(world.sessions) as session:
        books = next(one for one in reconciling.books(session, world.signed_in("finance")) if one.key == KEY)
    assert books.difference == 10_000 and {(one.case_id, one.first, one.second) for one in books.odd} == {(case_id, 100_000, 90_000)}


@pytest.mark.parametrize(("fen", "words"), [
    (0, "人民币零元整"), (1, "人民币壹分"), (10, "人民币壹角整"), (105, "人民币壹元零伍分"), (350_050, "人民币叁仟伍佰元伍角整"), (100_500, "人民币壹仟零伍元整"),
    (2_010_000, "人民币贰万零壹佰元整"), (10_000_500, "人民币壹拾万零伍元整"), (123_456_789_012, "人民币壹拾贰亿叁仟肆佰伍拾陆万柒仟捌佰玖拾元壹角贰分"),
])
def test_amounts_are_written_as_on_a_voucher(fen: int, words: str) -> None:
    assert capitals(fen) == words


@pytest.mark.parametrize(("change", "code"), [
    ("UPDATE payment_lines SET status = 'paid', settled_on = '2026-06-12' WHERE status = 'failed'", "PAYMENT_LINE"),
    ("UPDATE payment_lines SET amount_fen = 1 WHERE n = 1", "PAYMENT"),
    ("UPDATE payment_batches SET digest = 'ff'", "PAYMENT"),
])
def test_a_batch_bent_behind_the_systems_back_is_found(world: World, office: Office, change: str, code: str) -> None:
    office.answered(office.sent(office.case("worker"), office.case("nurse", "250", CARDS[1])), "成功", "失败")
    office.clean()
    with world.sessions() as session:
        for table in ("payment_lines", "payment_batches"):
            session.execute(text(f'DROP TRIGGER "guard_{table}_update"' if session.get_bind().dialect.name == "sqlite" else
                                 f'ALTER TABLE {table} DISABLE TRIGGER "guard_{table}_update"'))
        session.execute(text(change))
        session.commit()
    with reading(world.sessions) as session:
        assert code in {finding.code for finding in history.verify(session).items}
