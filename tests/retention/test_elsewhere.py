"""What of an erased case stands elsewhere goes with it: payments, money that came back, its hardship file, the list it came from."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from tests.history.conftest import Dba
from tests.history.test_bundle import findings as at_home
from tests.imports.conftest import Office as ImportDesk
from tests.imports.conftest import sheet
from tests.imports.test_past_cases import ABOUT, HEAD, ROWS
from tests.imports.test_past_cases import TEXT as PAST
from tests.money.test_returning import PAPER
from tests.payments.conftest import KEY, PAID, Office
from tests.retention.conftest import Archive
from tests.retention.test_proving import bundled
from tests.world import World
from workflow import history, money, register
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.engine import returning
from workflow.payments import batches
from workflow.privacy import vault
from workflow.records import Event, GrantLine, HardshipFile, Household, ImportRow, PaymentLine, Repayment, SampledFile


@pytest.fixture
def office(sessions: sessionmaker[Session], archive: Archive) -> Office:
    archive.open_accounts()
    archive.publish(PAID.replace("initial: draft\n", "initial: draft\nretention: 2 years\n"), "paid_grant.v1.yaml")
    with writing(sessions) as session:
        money.open_pool(session, KEY, 10_000_000, COMMAND, archive.now)
    return Office(archive)


def paid_and_returned(archive: Archive, office: Office) -> str:
    """A case of a shared account, explained; the first payment failed, the second arrived, and some of it came back."""
    case_id = office.case()
    for result in ("失败", "成功"):
        batch_id = office.gather(case_id)
        office.do(batches.explain, "finance", batch_id, office.lines(batch_id)[0].id, "账户是张大山的，有结婚证")
        office.do(batches.seal, "finance", batch_id)
        office.do(batches.send, "cashier", batch_id)
        office.answered(batch_id, result)
    with writing(archive.sessions) as session:
        entry = returning.give_back(session, case_id, None, 40_000, archive.actor("finance"), archive.now, kind="refund", reason="张大山退回", receipt=PAPER)
    with writing(archive.sessions) as session:
        returning.confirm(session, entry, archive.actor("leader"), archive.now)
    return case_id


def test_payments_and_what_came_back_lose_their_words(archive: Archive, office: Office, engine: Engine, dba: Dba) -> None:
    case_id = paid_and_returned(archive, office)
    for refused in ("UPDATE repayments SET reason = ''", "UPDATE payment_lines SET note = ''", "UPDATE payment_lines SET sealed = NULL",
                    "UPDATE grant_lines SET sealed = NULL"):
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(text(refused))
    archive.later(3)
    archive.erase(case_id)
    with reading(archive.sessions) as session:
        lines = session.scalars(select(PaymentLine).where(PaymentLine.case_id == case_id).order_by(PaymentLine.status)).all()
        assert [(line.sealed, line.note, line.sentence, line.amount_fen) for line in lines] == [(None, "", "", 100_000)] * 2
        assert [line.status for line in lines] == ["failed", "paid"] and lines[1].bank_ref == "S1"
        back = session.scalars(select(Repayment)).one()
        assert (back.reason, back.amount, back.status) == ("", 40_000, "confirmed")
        assert session.scalars(select(GrantLine.sealed).where(GrantLine.case_id == case_id)).all() == [None]
        assert len(session.scalars(select(Event.seq).where(Event.stream.like("payment:%"), Event.kind == "erase")).all()) == 2
        assert not session.scalars(select(Event.seq).where(Event.stream.like("payment:%"), Event.kind == "explain", Event.details.is_not(None))).all()
    assert archive.findings() == []
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text("UPDATE repayments SET amount = 1"))
    dba("UPDATE events SET kind = 'print' WHERE stream LIKE 'payment:%' AND kind = 'erase'")
    assert set(archive.findings()) == {"COLUMN", "ERASED"}


@pytest.mark.parametrize(("sql", "code"), [("UPDATE repayments SET reason = ''", "RETURN_GONE"), ("UPDATE grant_lines SET sealed = NULL", "PAYEE_GONE"),
                                           ("UPDATE payment_lines SET sealed = NULL", "PAYEE_GONE"),
                                           ("UPDATE events SET details = NULL WHERE stream LIKE 'payment:%'", "ERASED")])
def test_emptied_by_hand_it_is_found(archive: Archive, office: Office, dba: Dba, sql: str, code: str) -> None:
    paid_and_returned(archive, office)
    assert archive.findings() == []
    dba(sql)
    assert set(archive.findings()) == {code}


def filed(archive: Archive, case_id: str) -> str:
    """A household with an address, and the file that case opened, ended again."""
    with writing(archive.sessions) as session:
        home = register.open_household(session, archive.ids["worker"], COMMAND, archive.now, address="梅园三号", role="system")
        file_id = register.open_file(session, home, "KN-1", COMMAND, archive.now, role="system", category="deep", size=3, per_capita_fen=50_000,
                                     opened_on=date(2026, 6, 1), case_id=case_id)
    with writing(archive.sessions) as session:
        drawn = register.draw(session, archive.orgs["539921"], 30, archive.actor("clerk"), archive.now)
        register.check(session, drawn, 1, "changed", "张大山已搬走", archive.actor("clerk"), archive.now)
    with writing(archive.sessions) as session:
        register.end(session, session.get_one(HardshipFile, file_id), "cancelled", "张大山去世", COMMAND, archive.now, role="system", on=date(2026, 6, 20))
    return home


def test_the_hardship_file_loses_its_words_and_the_household_its_address_with_the_last(archive: Archive, dba: Dba) -> None:
    case_id = archive.ended()
    home = filed(archive, case_id)
    other = archive.ended()
    archive.later()
    archive.erase(case_id)
    with reading(archive.sessions) as session:
        file = session.scalars(select(HardshipFile)).one()
        assert (file.end_reason, file.monthly_per_capita_fen, file.number, file.status) == ("", 50_000, "KN-1", "cancelled")
        row = session.get_one(Household, home)
        assert row.address_sealed is not None and vault(session).open("households.address", home, row.address_sealed).decode() == "梅园三号"
        assert [(one.result, one.note_sealed) for one in session.scalars(select(SampledFile))] == [("changed", None)]
        kept = session.scalars(select(Event.kind).where(Event.stream == f"household:{home}", Event.details.is_not(None))).all()
        assert kept == ["open"]
    assert archive.findings() == []
    archive.erase(other)                 # that case opened no file; the address goes with the file's case only where it is the last
    again = archive.findings()
    dba(f"UPDATE events SET details = NULL WHERE stream = 'household:{home}'")
    assert again == [] and set(archive.findings()) == {"ERASED"}


def test_the_address_goes_where_nothing_else_needs_it_and_an_early_erasure_lends_nothing(archive: Archive, dba: Dba) -> None:
    case_id = archive.ended()
    home = filed(archive, case_id)
    archive.later()
    archive.erase(case_id)
    with reading(archive.sessions) as session:
        assert session.get_one(Household, home).address_sealed is None
        assert not session.scalars(select(Event.seq).where(Event.stream == f"household:{home}", Event.details.is_not(None))).all()
    assert archive.findings() == []
    kept = archive.ended("nurse", "hospital")
    with writing(archive.sessions) as session:
        file_id = register.open_file(session, home, "KN-2", COMMAND, archive.now, role="system", category="deep", size=1, per_capita_fen=1,
                                     opened_on=date(2036, 1, 1), case_id=kept)
    with writing(archive.sessions) as session:
        register.end(session, session.get_one(HardshipFile, file_id), "exited", "好转了", COMMAND, archive.now, role="system", on=date(2036, 2, 1))
    dba(f"UPDATE hardship_files SET end_reason = '' WHERE case_id = '{kept}'")
    assert archive.findings() == ["FILE_END_GONE"]


def test_a_notice_emptied_by_hand_is_found(archive: Archive, dba: Dba) -> None:
    kept = archive.ended()
    dba(f"UPDATE notices SET content = '[]' WHERE case_id = '{kept}'")
    assert set(archive.findings()) == {"NOTICE_GONE"} and all("公示" in line for line in said(archive))


def said(archive: Archive) -> list[str]:
    with reading(archive.sessions) as session:
        return [finding.zh for finding in history.verify(session)]


def test_an_imported_case_goes_with_its_row_and_the_list_it_stood_in(archive: Archive) -> None:
    desk = ImportDesk(archive)
    archive.publish(PAST.replace("initial: draft\n", "initial: draft\nretention: 2 years\n"), "past_aid.v1.yaml")
    import_id = desk.run("cases", sheet(HEAD, *ROWS), **ABOUT)
    found = numbers(archive)
    assert len(found) == 2 and desk.counts(import_id)["fault"] == 2
    archive.now += timedelta(days=640)       # the case is over, the list is not: what was refused can still be handed back
    archive.erase(found[0])
    assert left(archive, import_id) == 2 and archive.findings() == []
    archive.now += timedelta(days=120)
    archive.erase(found[1])
    assert left(archive, import_id) == 0 and archive.findings() == []
    assert at_home(bundled(archive, *found)) == []


def numbers(world: World) -> list[str]:
    with reading(world.sessions) as session:
        return list(session.scalars(select(Event.stream).where(Event.kind == "import", Event.to_state.is_not(None)).order_by(Event.stream)))


def left(archive: Archive, import_id: str) -> int:
    with reading(archive.sessions) as session:
        return len(session.scalars(select(ImportRow.n).where(ImportRow.import_id == import_id, ImportRow.sealed.is_not(None))).all())
