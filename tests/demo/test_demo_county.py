"""The demo county: every state, nobody real, a clean history, and a second load that changes nothing."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from tests.conftest import NewDatabase
from web import demo
from web.demo import pictures, rooms
from web.demo.invention import card_number, id_number
from web.demo.places import REGION
from web.demo.tales import tales
from workflow import engine, history, people, programmes
from workflow.actors import COMMAND
from workflow.attachments import Store
from workflow.db import make_engine, make_sessions, reading, writing
from workflow.engine.dossier import ZONE
from workflow.errors import Refused
from workflow.language.identity import id_fault, luhn_holds
from workflow.organisations import add
from workflow.privacy import Vault
from workflow.records import Account, Attachment, Case, Event, Person, Task

NOW = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)      # a Friday morning
COUNT = 36 + len(tales(NOW.date()))
PROGRAMMES_OF_TALES = ("medical_aid", "study_dream", "model_worker_living", "accident_aid", "study_aid")
OF_THE_ROOMS = Case.definition_key.in_(rooms.LATER) | (Case.definition_key == "medical_aid") & (Case.definition_version == 2)


class Steps:
    """Counts what a progress bar is told."""

    def __init__(self) -> None:
        self.told: Counter[str] = Counter()
        self.lengths: dict[str, int] = {}

    @contextmanager
    def __call__(self, label: str, length: int) -> Iterator["_Bar"]:
        self.lengths[label] = length
        yield _Bar(self.told, label)


class _Bar:
    def __init__(self, told: Counter[str], label: str) -> None:
        self.told, self.label = told, label

    def update(self, n_steps: int) -> None:
        self.told[self.label] += n_steps


@pytest.fixture(scope="module")
def sessions(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sessionmaker[Session]]:
    vault = Vault(b"demo" * 8)
    with new_database("sqlite") as url:
        engine = make_engine(url)
        yield make_sessions(engine, vault, Store(tmp_path_factory.mktemp("uploads"), vault))
        engine.dispose()


@pytest.fixture(scope="module")
def steps() -> Steps:
    return Steps()


@pytest.fixture(scope="module")
def loaded(sessions: sessionmaker[Session], steps: Steps) -> demo.Loaded:
    return demo.load(sessions, sessions.kw["info"]["store"], NOW, steps, cases=36, workers=200)


@pytest.fixture
def session(sessions: sessionmaker[Session], loaded: demo.Loaded) -> Iterator[Session]:
    with reading(sessions) as session:
        yield session


def account(session: Session, username: str) -> Account:
    return session.execute(select(Account).where(Account.username == username)).scalar_one()


def actor(session: Session, username: str):
    return people.actor_of(session, account(session, username).id, NOW.astimezone(ZONE).date())


def test_some_case_stands_in_every_state_of_every_flow(session: Session, loaded: demo.Loaded) -> None:
    states = {name for key in (*PROGRAMMES_OF_TALES, "hardship_file") for name in programmes.definition(session, key, 1).states}
    assert loaded.fresh and loaded.cases.total() == COUNT + len(session.scalars(select(Case.id).where(OF_THE_ROOMS)).all())
    assert states - set(loaded.cases) == {"county_notice", "county_objection"}       # this county posts no second notice
    assert len(session.execute(select(Case.definition_key).distinct()).all()) == 5 + len(rooms.LATER)
    filed = set(session.scalars(select(Case.state).where(Case.definition_key == "hardship_file")))
    assert filed == set(programmes.definition(session, "hardship_file").states)      # every state of a file's life


def test_the_history_of_the_demo_is_clean_and_sealed_every_year(session: Session, loaded: demo.Loaded) -> None:
    found = history.verify(session)
    assert found.clean, [item.zh for item in found.items]
    assert (found.cases, found.seals) == (loaded.cases.total(), 5)


def test_a_second_load_changes_nothing(sessions: sessionmaker[Session], loaded: demo.Loaded) -> None:
    steps = Steps()
    again = demo.load(sessions, sessions.kw["info"]["store"], NOW, steps, cases=36, workers=200)
    assert not again.fresh and (again.cases, again.events) == (loaded.cases, loaded.events)
    assert steps.lengths == {}


def test_the_progress_that_is_told_adds_up(steps: Steps, loaded: demo.Loaded) -> None:
    assert set(steps.told) == set(steps.lengths)
    assert all(steps.told[label] >= length * 0.9 for label, length in steps.lengths.items())


def test_nothing_happens_after_now_and_no_history_goes_backwards(session: Session) -> None:
    assert session.scalar(select(func.max(Event.at))) < NOW
    assert session.execute(text("""SELECT count(*) FROM events a JOIN events b ON a.stream = b.stream AND b.seq = a.seq + 1
                                   WHERE b.at < a.at""")).scalar_one() == 0


def test_every_account_people_are_told_of_opens_with_its_password(session: Session) -> None:
    for one in demo.DEMO_ACCOUNTS:
        row = account(session, one.username)
        assert people.verify(row.password_hash, one.password), one.username
        assert session.get(Person, row.person_id).name == one.name
        assert one.username in demo.listing() and one.task in demo.listing()
    roles = {one.username: {post.role for post in actor(session, one.username).posts} for one in demo.DEMO_ACCOUNTS}
    assert roles == {
        "worker": set(), "family": set(), "chair": {"grassroots"}, "grassroots": {"grassroots"}, "township": {"township"}, "handler": {"county_handler"},
        "leader": {"county_leader"}, "committee": {"county_committee"}, "finance": {"finance"}, "cashier": {"cashier"}, "auditor": {"auditor"}, "admin": {"admin"}}


def test_the_worker_finds_a_case_returned_for_correction(session: Session) -> None:
    me = actor(session, "worker")
    case = session.execute(select(Case.id).where(Case.applicant_id == me.person_id, Case.state == "draft")).scalar_one()
    view = engine.look(session, case, me, NOW)
    assert view.correction is not None and view.correction.items and view.correction.comment
    assert view.edit


def test_the_grassroots_officer_cannot_decide_on_her_own_case(session: Session) -> None:
    me = actor(session, "grassroots")
    case = session.execute(select(Case.id).where(Case.applicant_id == me.person_id)).scalar_one()
    assert "OWN_CASE" in {message.code for message in engine.look(session, case, me, NOW).objections}


def test_some_task_is_due_today_and_some_is_overdue(session: Session) -> None:
    due = [task.due_at for task in session.scalars(select(Task).where(Task.status == "open"))]
    assert any(one < NOW for one in due)
    assert any(NOW < one <= datetime(2026, 11, 20, 16, tzinfo=UTC) for one in due)


def test_flags_returns_adjustments_and_filing_for_others_all_occur(session: Session) -> None:
    flags = {flag for task in session.scalars(select(Task)) for flag in task.flags}
    assert flags >= {"income", "migrant", "full_year", "first_this_year"}
    triggers = set(session.scalars(select(Event.trigger).where(Event.trigger.is_not(None))))
    assert triggers >= {
        "submit", "approve", "pay", "return_to", "reject", "withdraw", "abandon", "notice_passed", "object", "lapse"}
    assert session.scalar(select(func.count()).where(Case.adjusted_fen.is_not(None))) > 0
    assert session.scalar(select(func.count()).where(Case.filed_by != Case.applicant_id)) > 0


def test_every_picture_can_be_opened_and_says_sample(session: Session) -> None:
    store: Store = session.info["store"]
    rows = session.scalars(select(Attachment).limit(20)).all()
    assert rows and all(store.get(row.stored_as).startswith(b"\xff\xd8\xff") for row in rows)


def test_a_database_that_holds_other_unions_is_left_alone(new_database: NewDatabase, tmp_path: Path) -> None:
    vault = Vault(b"demo" * 8)
    store = Store(tmp_path, vault)
    with new_database("sqlite") as url:
        sessions = make_sessions(make_engine(url), vault, store)
        with writing(sessions) as session:
            add(session, "530000", "某县总工会", "county", None, NOW, COMMAND)
        with pytest.raises(Refused, match="空库"):
            demo.load(sessions, store, NOW, Steps())
        with reading(sessions) as session:
            assert session.scalar(select(func.count()).select_from(Person)) == 0
        sessions.kw["bind"].dispose()


# --- invented numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [1, 250, 499, 500])
@pytest.mark.parametrize("gender", ["male", "female"])
def test_an_invented_identity_number_is_right_and_nobodys(order: int, gender: str) -> None:
    number = id_number(date(1981, 5, 6), order, gender)
    assert id_fault(number) is None
    assert number.startswith(REGION) and int(number[16]) % 2 == (gender == "male")


def test_invented_cards_have_their_check_digit_and_no_banks_number() -> None:
    cards = {card_number(order) for order in range(1, 500)}
    assert len(cards) == 499
    assert all(luhn_holds(card) and card.startswith("990088") and len(card) == 19 for card in cards)


def test_papers_are_drawn_without_any_chinese_font(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_FONTS", ())
    pictures._font.cache_clear()
    try:
        assert pictures.draw("id_card", "张三", ("样本",)).startswith(b"\xff\xd8\xff")
    finally:
        pictures._font.cache_clear()
