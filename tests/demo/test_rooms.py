"""The rooms of money and families in the demo county: none of them is empty, and what stands there can be gone on with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from tests.conftest import NewDatabase
from tests.demo.test_demo_county import Steps
from web import create_app, db, demo
from workflow import engine, history, people
from workflow.actors import Actor
from workflow.db import reading
from workflow.payments import gathering
from workflow.records import (
    Account,
    Case,
    Cover,
    GoodsMove,
    HardshipFile,
    HouseholdMember,
    Import,
    LineSignature,
    PaymentBatch,
    PaymentLine,
    PolicyFigure,
    Pool,
    PoolProposal,
)

NOW = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
SEES = {
    "/register": ("handler", "leader", "grassroots", "township", "auditor"), "/figures": ("handler", "leader", "auditor"),
    "/funds": ("handler", "leader", "finance", "cashier", "auditor"), "/goods": ("handler", "leader", "finance", "auditor"),
    "/payments": ("finance", "cashier", "leader", "auditor"), "/payments/new": ("finance",), "/payments/reconcile": ("finance", "auditor"),
    "/imports": ("handler",), "/reports": ("handler", "leader", "finance", "auditor"), "/tasks": ("handler", "leader", "finance", "cashier", "committee", "grassroots"),
    "/cases": ("worker", "family", "chair"), "/programmes": ("worker", "family", "chair")}


@pytest.fixture(scope="module")
def county(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with new_database("sqlite") as url:
        app = create_app({"TESTING": True, "DATABASE_URL": url, "SECRET_KEY": "k" * 32, "DATA_KEY": b"d" * 32, "CLOCK": lambda: NOW,
                          "UPLOADS": str(tmp_path_factory.mktemp("uploads")), "UNION": "云岭县总工会", "DEMO": True})
        own = db.database(app).sessions
        with app.app_context():
            demo.load(own, own.kw["info"]["store"], NOW, Steps(), cases=8, workers=200)
        yield app
        db.database(app).engine.dispose()


@pytest.fixture
def session(county: Flask) -> Iterator[Session]:
    sessions: sessionmaker[Session] = db.database(county).sessions
    with reading(sessions) as session:
        yield session


def signed_in(county: Flask, username: str) -> FlaskClient:
    client = county.test_client()
    token = client.get("/sign-in").text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post("/sign-in", data={"csrf_token": token, "username": username, "password": demo.PASSWORD})
    assert answer.status_code == 303, answer.text[:500]
    return client


@pytest.mark.parametrize("username", sorted({who for some in SEES.values() for who in some}))
def test_every_room_of_an_account_shows_something(county: Flask, username: str) -> None:
    client = signed_in(county, username)
    for path, accounts in SEES.items():
        if username in accounts:
            page = client.get(path)
            assert page.status_code == 200, path
            assert 'class="empty"' not in page.text, path


def test_the_history_is_clean(session: Session) -> None:
    found = history.verify(session)
    assert found.clean, [item.zh for item in found.items]


def test_households_of_one_to_five_in_all_three_categories(session: Session) -> None:
    files = session.scalars(select(HardshipFile)).all()
    assert {one.category for one in files} == {"deep", "relative", "accident"} and {one.status for one in files} == {"on_file", "exited", "cancelled"}
    assert {one.size for one in files} == {1, 2, 3, 4, 5} and len(files) >= 20
    living = Counter(session.scalars(select(HouseholdMember.household_id).where(HouseholdMember.until_on.is_(None))))
    assert all(living[one.household_id] == one.size for one in files)


def test_pools_of_several_sources_with_a_transfer_and_an_adjustment_that_wait(session: Session) -> None:
    sources = set(session.scalars(select(Pool.source).where(Pool.source.is_not(None))))
    assert sources == {"central_hardship", "provincial_fiscal", "county_fiscal", "own_union", "upper_union", "donation", "mutual_pool", "bank_loan"}
    assert set(session.scalars(select(PoolProposal.kind).where(PoolProposal.status == "open"))) == {"transfer", "adjust"}
    assert session.scalar(select(Pool.purpose).where(Pool.source == "donation")) and session.scalar(select(func.sum(Pool.spent)).where(Pool.unit == "money"))


def test_figures_by_two_people_with_their_sources(session: Session) -> None:
    rows = session.scalars(select(PolicyFigure)).all()
    assert Counter(one.status for one in rows) == {"confirmed": 4, "declined": 1, "open": 1}
    assert all(one.title and one.document and one.decided_by != one.proposed_by for one in rows)


def test_a_batch_closed_one_with_a_failed_line_one_sealed_and_cases_to_be_gathered(session: Session) -> None:
    assert session.scalars(select(PaymentBatch.status).order_by(PaymentBatch.number)).all() == ["closed", "sent", "sealed"]
    rows = session.execute(select(PaymentBatch.status, PaymentLine.status.label("line")).join(PaymentLine, PaymentBatch.id == PaymentLine.batch_id))
    lines = Counter((row.status, row.line) for row in rows)
    assert lines["sent", "failed"] == 1 and lines["sent", "paid"] > 1 and lines["sealed", "open"] > 0 and lines["closed", "paid"] == 20
    left = [one for one in gathering.payable(session, _post(session, "finance")) if one.fault is None]
    assert any(not one.flags for one in left) and any("上次被银行退回" in flag.zh for one in left for flag in one.flags)


def test_visits_are_signed_for_and_the_new_list_has_faults(session: Session) -> None:
    cases = {(one.definition_key, one.state): one.id for one in session.scalars(select(Case))}
    assert session.scalar(select(func.count()).where(LineSignature.case_id == cases["holiday_visit", "paid"])) == 29
    assert ("summer_cooling", "paid") in cases
    found = engine.duplicates(session, cases["holiday_visit", "roster_check"], _actor(session, "handler"))
    assert {one.kind for one in found} >= {"same_person", "same_account", "granted"}


def test_goods_stand_in_the_store_and_two_entries_wait(session: Session) -> None:
    stock = session.execute(select(Pool.total, Pool.spent).where(Pool.key.like("%/goods/%"))).all()
    assert len(stock) == 5 and all(row.total > row.spent for row in stock)
    assert sorted(session.scalars(select(GoodsMove.kind).where(GoodsMove.status == "open"))) == ["count", "purchase"]


def test_unions_enrol_claim_and_are_refunded(session: Session) -> None:
    assert session.scalar(select(func.count(Cover.id))) == 10
    paid = set(session.scalars(select(Case.definition_key).where(Case.outcome == "approved", Case.ended_at.is_not(None))))
    assert paid >= {"mutual_enrolment", "mutual_aid", "small_payer_refund", "living_aid", "medical_aid", "model_worker_special"}
    me = _actor(session, "chair")
    assert session.scalar(select(func.count()).where(Case.filed_by == me.person_id)) == 2


def test_one_list_is_imported_and_one_is_looked_over(session: Session) -> None:
    rows = {one.kind: one for one in session.scalars(select(Import))}
    assert (rows["people"].status, rows["people"].counts) == ("done", {"new": 12, "fault": 2})
    assert (rows["files"].status, rows["files"].counts["fault"]) == ("previewed", 2)


def _actor(session: Session, username: str) -> Actor:
    account = session.scalars(select(Account.id).where(Account.username == username)).one()
    return people.actor_of(session, account, NOW.date())


def _post(session: Session, username: str) -> int:
    return next(post.organisation_id for post in _actor(session, username).posts)
