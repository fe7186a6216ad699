"""From the cases that wait at the cashier's to a closed batch, and everything that must not happen on the way."""

from __future__ import annotations

from datetime import date, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from tests.payments.conftest import CARDS, PAID, Office
from tests.world import World
from workflow import engine
from workflow.db import writing
from workflow.errors import NotFound, NotYours, Refused
from workflow.payments import batches, gathering, settling
from workflow.payments.slips import slip
from workflow.records import Appointment, Organisation, PaymentLine


def receipt(world: World, case_id: str) -> None:
    with writing(world.sessions) as session:
        engine.attach(session, case_id, "receipt", "回单.pdf", slip("回单", [("a", "b")], "c"), world.actor("cashier"), world.now)


def codes(caught: pytest.ExceptionInfo[Refused] | pytest.ExceptionInfo[NotYours]) -> list[str]:
    return [message.code for message in caught.value.messages]


def test_a_batch_is_sealed_sent_answered_and_closed(world: World, office: Office) -> None:
    first, second = office.case("worker", "1000"), office.case("nurse", "2500.50", CARDS[1])
    batch_id = office.gather(first, second)
    digest = office.do(batches.seal, "finance", batch_id)
    row = office.batch(batch_id)
    assert (row.number, row.count, row.total_fen, row.digest) == ("FF-539921-2026-0001", 2, 350_050, digest)
    office.do(batches.send, "cashier", batch_id)
    name, content = office.do(batches.export, "cashier", batch_id)
    assert name == "FF-539921-2026-0001.csv" and content.decode("utf-8-sig").splitlines()[1] == (
        f"FF-539921-2026-0001-0001,{CARDS[0]},李文华,,1000.00,发放试点")
    taken = office.answered(batch_id, "成功", "成功")
    assert (taken.paid, taken.fresh, taken.replayed) == (2, 2, False)
    assert [world.row(case_id).state for case_id in (first, second)] == ["paid", "paid"]
    assert office.spent() == (0, 350_050) and office.paid() == 350_050
    office.do(settling.close, "finance", batch_id)
    assert office.batch(batch_id).status == "closed"
    office.clean()


def test_the_second_export_has_the_same_bytes_and_is_marked(office: Office) -> None:
    batch_id = office.sent(office.case())
    first, second = office.do(batches.export, "cashier", batch_id), office.do(batches.export, "cashier", batch_id)
    assert first[1] == second[1] and second[0] == "FF-539921-2026-0001-副本1.csv"
    assert office.batch(batch_id).copies == 2 and sha256(first[1]).hexdigest() == office.batch(batch_id).file_sha256


@pytest.mark.parametrize("who", ["finance", "leader", "clerk"])
def test_only_the_cashier_sends(office: Office, who: str) -> None:
    batch_id = office.gather(office.case())
    office.do(batches.seal, "finance", batch_id)
    with pytest.raises((NotYours, NotFound)):
        office.do(batches.send, who, batch_id)
    assert office.batch(batch_id).status == "sealed"


def test_one_person_does_not_handle_money_end_to_end(world: World, office: Office) -> None:
    """Also where the register of offices let one person hold two: here they are written in behind its back."""
    case_id = office.case()
    batch_id = office.gather(case_id)
    office.do(batches.seal, "finance", batch_id)
    with writing(world.sessions) as session:
        for short in ("finance", "clerk"):
            session.add(Appointment(person_id=world.ids[short], role="cashier", organisation_id=world.orgs["539921"], starts_on=date(2020, 1, 1),
                                    ends_on=None, appointed_by=None, created_at=world.now))
    for short, code in (("finance", "TWO_PEOPLE"), ("clerk", "SAME_PERSON")):
        with pytest.raises(NotYours) as caught:
            office.do(batches.send, short, batch_id)
        assert codes(caught) == [code]
    assert office.batch(batch_id).status == "sealed" and office.statuses(batch_id) == ["open"]


def test_what_lies_in_a_batch_is_not_paid_by_hand(world: World, office: Office) -> None:
    case_id = office.case()
    receipt(world, case_id)
    batch_id = office.gather(case_id)
    for _ in range(2):
        with pytest.raises(Refused) as caught:
            world.act("cashier", case_id, "pay", form={"paid_on": "2026-06-12"})
        assert codes(caught)[0] in ("IN_BATCH", "AT_THE_BANK") and "FF-539921-2026-0001" in caught.value.messages[0].zh
        if office.batch(batch_id).status == "draft":
            office.do(batches.seal, "finance", batch_id)
            office.do(batches.send, "cashier", batch_id)
    assert [m.code for m in next(a for a in world.look("cashier", case_id).actions if a.trigger == "pay").blocked] == ["AT_THE_BANK"]
    with pytest.raises(Refused) as caught:
        world.act("cashier", case_id, "return_to", dest="draft", comment="账号有误")
    assert codes(caught) == ["AT_THE_BANK"] and world.row(case_id).state == "paying"


def test_a_line_is_in_one_live_batch_only(office: Office) -> None:
    case_id = office.case()
    first = office.gather(case_id)
    assert [line.fault.code for line in office.payable() if line.fault] == ["IN_BATCH"]
    with pytest.raises(Refused) as caught:
        office.gather(case_id)
    assert codes(caught) == ["IN_BATCH"] and "FF-539921-2026-0001" in caught.value.messages[0].zh
    office.do(batches.void, "finance", first, "改用农行")
    assert office.statuses(office.gather(case_id)) == ["open"]


def test_the_database_itself_lets_a_line_be_in_one_live_batch(world: World, office: Office) -> None:
    case_id = office.case()
    line = office.lines(office.gather(case_id))[0]
    other = office.gather(office.case("nurse", card=CARDS[1]))
    with pytest.raises(IntegrityError), writing(world.sessions) as session:
        session.add(PaymentLine(id="0" * 20, batch_id=other, n=9, grant_line_id=line.grant_line_id, case_id=case_id, account_index=None, sealed=None, amount_fen=1,
                                status="open", note="", code="", sentence="", bank_ref="", settled_on=None, answer_seq=None))
    office.do(batches.seal, "finance", other)
    for change in ({"amount_fen": 1}, {"account_index": b"0" * 16}, {"status": "paid", "settled_on": world.now.date()}):
        with pytest.raises(IntegrityError), writing(world.sessions) as session:
            session.execute(update(PaymentLine).where(PaymentLine.batch_id == other).values(**change))


def test_an_empty_account_is_told_and_kept_out(office: Office) -> None:
    case_id = office.case(card=None)
    assert [line.fault and line.fault.code for line in office.payable()] == ["ACCOUNT_EMPTY"]
    with pytest.raises(Refused) as caught:
        office.gather(case_id)
    assert codes(caught) == ["ACCOUNT_EMPTY"]


def test_a_check_digit_that_does_not_fit_is_explained_first(office: Office) -> None:
    batch_id = office.gather(office.case(card="6228480010000000018"))
    with pytest.raises(Refused) as caught:
        office.do(batches.seal, "finance", batch_id)
    assert codes(caught) == ["ACCOUNT_LUHN"]
    office.do(batches.explain, "finance", batch_id, office.lines(batch_id)[0].id, "存折号，已与存折核对")
    office.do(batches.seal, "finance", batch_id)


def test_somebody_elses_account_is_kept_out() -> None:
    for holder, name, code in (("李文华", "李 文华", None), ("王强", "李文华", "ACCOUNT_FOREIGN"), ("", "李文华", None),
                               ("=李文华", "=李文华", "HOLDER_SIGNS")):
        fault = gathering.account_fault(CARDS[0], holder, name)
        assert (fault and fault.code) == code


def test_somebody_elses_account_is_not_paid_by_hand_either(world: World, office: Office) -> None:
    form = "  bank_card: {label: 银行卡, type: bankcard, sensitive: true}\n"
    world.publish(PAID.replace("key: paid_grant", "key: held_grant").replace("FX-", "HX-").replace(
        form, form + "  holder: {label: 户名, type: text}\n").replace("amount: {value", "lines: {account: form.bank_card, holder: form.holder}\namount: {value"),
        "held_grant.v1.yaml")
    case_id = world.submitted("worker", "held_grant", {"cost": "100", "bank_card": CARDS[0], "holder": "王强"})
    world.act("clerk", case_id, "approve")
    world.act("finance", case_id, "approve")
    assert [line.fault and line.fault.code for line in office.payable()] == ["ACCOUNT_FOREIGN"]
    with pytest.raises(Refused) as caught:
        world.act("cashier", case_id, "pay", form={"paid_on": "2026-06-12"})
    assert codes(caught) == ["ACCOUNT_FOREIGN"] and "王*" in caught.value.messages[0].zh and office.spent() == (10_000, 0)


def test_an_account_two_people_use_is_explained_or_taken_out(office: Office) -> None:
    batch_id = office.gather(office.case("worker"), office.case("nurse"))
    with pytest.raises(Refused) as caught:
        office.do(batches.seal, "finance", batch_id)
    assert codes(caught) == ["ACCOUNT_SHARED", "ACCOUNT_SHARED"] and "和*芬" in caught.value.messages[0].zh
    first, second = office.lines(batch_id)
    office.do(batches.explain, "finance", batch_id, first.id, "夫妻共用账户，有结婚证复印件")
    office.do(batches.drop, "finance", batch_id, second.id)
    office.do(batches.seal, "finance", batch_id)
    assert office.batch(batch_id).total_fen == 100_000


def test_an_account_changed_after_the_seal_is_not_sent(world: World, office: Office) -> None:
    case_id = office.case()
    batch_id = office.gather(case_id)
    office.do(batches.seal, "finance", batch_id)
    world.act("cashier", case_id, "return_to", dest="draft", comment="账号有误")
    for _ in range(2):
        with pytest.raises(Refused) as caught:
            office.do(batches.send, "cashier", batch_id)
        assert codes(caught)[-1] == "BATCH_STALE"
        if world.row(case_id).state == "draft":
            world.act("worker", case_id, "submit", form={"bank_card": CARDS[2]})
            assert world.row(case_id).state == "review"                       # not straight back to where it is paid
            world.act("clerk", case_id, "approve")
            world.act("finance", case_id, "approve")
    assert office.statuses(batch_id) == ["open"]
    office.do(batches.void, "finance", batch_id, "账户更正")
    again = office.sent(case_id)
    office.answered(again, "成功")
    assert world.row(case_id).state == "paid" and office.paid() == 100_000


def test_an_account_changed_where_it_is_paid_or_checked_is_not_paid(world: World, office: Office) -> None:
    case_id = world.submitted("worker", "paid_grant", {"cost": "1000", "bank_card": CARDS[0]})
    world.act("clerk", case_id, "approve")
    world.act("finance", case_id, "approve", form={"bank_card": CARDS[3]})     # the accountant writes another account in
    assert [line.fault and line.fault.code for line in office.payable()] == ["ACCOUNT_UNAPPROVED"]
    receipt(world, case_id)
    with pytest.raises(Refused) as caught:
        world.act("cashier", case_id, "pay", form={"paid_on": "2026-06-12"})
    assert codes(caught) == ["ACCOUNT_UNAPPROVED"]
    with pytest.raises(Refused) as caught:
        world.act("cashier", case_id, "pay", form={"paid_on": "2026-06-12", "bank_card": CARDS[2]})
    assert codes(caught) == ["ACCOUNT_NOW"] and office.spent() == (100_000, 0)


def test_cash_needs_a_reason_the_leader_and_a_signed_receipt(world: World, office: Office) -> None:
    case_id = office.case()
    with pytest.raises(Refused):
        office.gather(case_id, method="cash", layout=None)
    batch_id = office.gather(case_id, method="cash", layout=None, reason="老人无银行账户，乡镇无网点")
    office.do(batches.seal, "finance", batch_id)
    with pytest.raises(Refused) as caught:
        office.do(batches.send, "cashier", batch_id)
    assert codes(caught) == ["CASH_UNCONFIRMED"]
    with pytest.raises(NotYours):
        office.do(batches.confirm, "finance", batch_id)
    office.do(batches.confirm, "leader", batch_id)
    office.do(batches.send, "cashier", batch_id)
    with pytest.raises(Refused):
        office.do(settling.close, "finance", batch_id)
    with writing(world.sessions) as session:
        clean = session.info["store"].check(slip("签收单", [("签名", "李文华")], ""), "签收.pdf")
        settling.receive(session, batch_id, case_id, clean, world.signed_in("cashier"), world.now)
    assert world.row(case_id).state == "paid" and office.statuses(batch_id) == ["paid"]
    office.do(settling.close, "finance", batch_id)
    office.clean()


def test_a_crash_after_the_answer_is_carried_on_later(world: World, office: Office) -> None:
    first, second = office.case("worker"), office.case("nurse", card=CARDS[1])
    batch_id = office.sent(first, second)
    office.do(settling.take, "finance", batch_id, office.answer(batch_id, "成功", "成功"))       # and the server stops here
    assert [world.row(case_id).state for case_id in (first, second)] == ["paying", "paying"]
    with pytest.raises(Refused) as caught:
        office.do(settling.close, "finance", batch_id)
    assert codes(caught) == ["STILL_DUE"]
    world.now += timedelta(hours=1)
    office.settle(batch_id, "finance")
    office.settle(batch_id, "finance")
    assert [world.row(case_id).state for case_id in (first, second)] == ["paid", "paid"] and office.spent() == (0, 200_000)
    office.do(settling.close, "finance", batch_id)
    office.clean()


def test_gathering_does_not_wait_for_whoever_only_names_the_union(world: World, office: Office) -> None:
    """A step of a case holds its case and names the union in its event; gathering holds the union and asks for cases: neither may wait for the other."""
    case_id = office.case()
    database = world.sessions.kw["bind"]
    named = select(Organisation.id).where(Organisation.id == world.orgs["539921"])
    with database.connect() as beside:
        if database.dialect.name == "postgresql":              # what a foreign key takes; SQLite has one writer and no such lock
            beside.execute(named.with_for_update(read=True, key_share=True))
        assert office.statuses(office.gather(case_id)) == ["open"]
