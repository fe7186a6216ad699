"""The register, accounts and passwords, roles, and slowing down who guesses."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from workflow import history, organisations, people
from workflow.actors import COMMAND, Actor, Post
from workflow.errors import BangfuError, NotFound, NotYours, Refused
from workflow.privacy import vault
from workflow.records import Account, ApiToken, Appointment, Event, Organisation, Person, SignIn, Throttle

from .conftest import NOW

TODAY = date(2026, 11, 20)
WANG = "320502199001010012"


@pytest.fixture
def county(session: Session) -> Organisation:
    return organisations.add(session, "ZX", "朝阳县总工会", "county", None, NOW, COMMAND, region="320502")


def codes(refusal: pytest.ExceptionInfo[BangfuError]) -> list[str]:
    return [message.code for message in refusal.value.messages]


def kinds(session: Session, stream: str) -> list[str]:
    return list(session.scalars(select(Event.kind).where(Event.stream == stream).order_by(Event.seq)))


# --- organisations -----------------------------------------------------------------------------------------


def test_an_organisation_knows_its_path_and_leaves_an_event(session: Session, county: Organisation) -> None:
    unit = organisations.add(session, "ZX-01", "第一棉纺厂工会", "unit", county.id, NOW, COMMAND)
    assert (county.path, unit.path) == (f"/{county.id}/", f"/{county.id}/{unit.id}/")
    assert kinds(session, f"organisation:{unit.id}") == ["add"]


@pytest.mark.parametrize(("code", "name", "level", "below", "fault"), [
    ("ZX", "又一个", "unit", True, "ORG_CODE_TAKEN"), (" ", "x", "unit", True, "ORG_EMPTY"),
    ("A", "x", "village", True, "ORG_LEVEL"), ("A", "x", "county", True, "ORG_ORDER"),
    ("A", "x", "province", True, "ORG_ORDER"),
])
def test_the_tree_has_an_order(session: Session, county: Organisation, code: str, name: str, level: str, below: bool,
                               fault: str) -> None:
    with pytest.raises(Refused) as refusal:
        organisations.add(session, code, name, level, county.id, NOW, COMMAND)
    assert codes(refusal) == [fault]
    assert session.scalar(select(func.count()).select_from(Organisation)) == 1


def test_a_change_of_an_organisation_is_an_event_and_no_change_is_none(session: Session, county: Organisation) -> None:
    organisations.change(session, county.id, NOW, COMMAND, name="朝阳县总工会", phone="0512-1")
    organisations.change(session, county.id, NOW, COMMAND, phone="0512-1")
    assert kinds(session, f"organisation:{county.id}") == ["add", "change"]
    last = session.scalars(select(Event).order_by(Event.id.desc())).first()
    assert last is not None and history.details(session, last)["changes"] == {"phone": ["", "0512-1"]}


# --- the register --------------------------------------------------------------------------------------------


def test_numbers_are_sealed_and_found_again(session: Session, county: Organisation) -> None:
    person = people.add_person(session, NOW, COMMAND, " 王  芳 ", id_no=f" {WANG[:6]} {WANG[6:]}", phone="138 0000 0000",
                               bank_card="6222021001122334455", union_id=county.id)
    assert (person.name, person.gender, person.born_on) == ("王 芳", "male", date(1990, 1, 1))
    assert people.find(session, WANG) is person
    assert person.phone_sealed is not None
    assert vault(session).open("people.phone", person.id, person.phone_sealed) == b"13800000000"
    stored = session.scalars(select(Event).where(Event.stream == f"person:{person.id}")).one()
    for number in (WANG.encode(), b"13800000000", "王".encode()):
        assert number not in stored.body
        assert all(number not in (value or b"") for value in (person.id_no_sealed, person.phone_sealed, stored.details))


def test_one_person_has_one_row(session: Session, county: Organisation) -> None:
    people.add_person(session, NOW, COMMAND, "王芳", id_no=WANG)
    with pytest.raises(Refused) as refusal:
        people.add_person(session, NOW, COMMAND, "王方", id_no=WANG)
    assert codes(refusal) == ["PERSON_KNOWN"] and WANG not in str(refusal.value)
    assert session.scalar(select(func.count()).select_from(Person)) == 1


def test_every_fault_of_a_person_is_told_at_once(session: Session, county: Organisation) -> None:
    with pytest.raises(Refused) as refusal:
        people.add_person(session, NOW, COMMAND, " ", id_no="320502199001010013", phone="12", bank_card="x")
    assert [message.field for message in refusal.value.messages] == ["name", "id_no", "phone", "bank_card"]
    assert session.scalar(select(func.count()).select_from(Person)) == 0


# --- accounts ------------------------------------------------------------------------------------------------


@pytest.fixture
def wang(session: Session, county: Organisation) -> Account:
    person = people.add_person(session, NOW, COMMAND, "王芳", id_no=WANG, union_id=county.id)
    return people.add_account(session, person.id, "WangFang", people.hash_password("三月的雨和四月的风"), actor=COMMAND, now=NOW)


def test_a_password_is_kept_as_argon2id_and_verified(wang: Account) -> None:
    assert wang.username == "wangfang" and wang.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert people.verify(wang.password_hash, "三月的雨和四月的风")
    for stored in (wang.password_hash, None, "", "rubbish"):
        assert not people.verify(stored, "nobody's password")


@pytest.mark.parametrize(("password", "fault"), [
    ("短", "PASSWORD_SHORT"), ("x" * 201, "PASSWORD_LONG"), ("my-WangFang-2026", "PASSWORD_USERNAME"),
    ("1234567890", "PASSWORD_COMMON"), ("Woaini1314520", "PASSWORD_COMMON"), ("aaaaaaaaaaab", "PASSWORD_COMMON"),
    ("abcdefghijklm", "PASSWORD_COMMON"), ("PASSWORD123", "PASSWORD_COMMON"),
])
def test_a_password_that_is_guessed_first_is_refused(password: str, fault: str) -> None:
    with pytest.raises(Refused) as refusal:
        people.check_password(password, "wangfang")
    assert codes(refusal) == [fault]


def test_a_long_password_needs_no_special_characters() -> None:
    people.check_password("correct horse battery", "wangfang")


@pytest.mark.parametrize("username", ["", "a", "王芳", "-x", "a b", "x" * 65])
def test_an_account_name_can_be_typed_anywhere(session: Session, wang: Account, username: str) -> None:
    with pytest.raises(Refused) as refusal:
        people.add_account(session, wang.person_id, username, "h", actor=COMMAND, now=NOW)
    assert codes(refusal) == ["ACCOUNT_NAME"]


def test_one_account_a_person_and_one_person_a_name(session: Session, wang: Account) -> None:
    other = people.add_person(session, NOW, COMMAND, "李强")
    for person_id, username, fault in ((wang.person_id, "other", "ACCOUNT_EXISTS"),
                                       (other.id, "WANGFANG", "ACCOUNT_NAME_TAKEN")):
        with pytest.raises(Refused) as refusal:
            people.add_account(session, person_id, username, "h", actor=COMMAND, now=NOW)
        assert codes(refusal) == [fault]
    with pytest.raises(NotFound):
        people.add_account(session, "nobody", "other", "h", actor=COMMAND, now=NOW)


def test_a_new_password_and_a_disabled_account_end_everything(session: Session, wang: Account) -> None:
    def open_both() -> None:
        session.add_all([SignIn(key_hash=b"k" * 32, account_id=wang.id, created_at=NOW, seen_at=NOW),
                         ApiToken(token_hash=bytes([len(tokens())]) * 32, account_id=wang.id, created_at=NOW,
                                  expires_at=NOW + timedelta(days=1))])
        session.flush()

    def tokens() -> list[ApiToken]:
        return list(session.scalars(select(ApiToken).execution_options(populate_existing=True)))

    for end in (lambda: people.set_password(session, wang.id, "h", COMMAND, NOW, must_change=True),
                lambda: people.set_status(session, wang.id, "disabled", COMMAND, NOW)):
        open_both()
        end()
        assert session.scalar(select(func.count()).select_from(SignIn)) == 0
        assert all(token.revoked_at == NOW for token in tokens())
    assert wang.must_change
    with pytest.raises(NotFound):
        people.actor_of(session, wang.id, TODAY, "page")
    people.set_status(session, wang.id, "active", COMMAND, NOW)
    assert kinds(session, f"account:{wang.id}") == ["open", "password", "disable", "enable"]


def test_nobody_disables_their_own_account(session: Session, wang: Account) -> None:
    with pytest.raises(NotYours):
        people.set_status(session, wang.id, "disabled", Actor(wang.person_id, "王芳"), NOW)
    assert wang.status == "active"


# --- roles ---------------------------------------------------------------------------------------------------


def appoint(session: Session, person_id: str, role: str, organisation: Organisation, starts: str = "2026-01-01",
            ends: str | None = None, actor: Actor = COMMAND) -> Appointment:
    return people.appoint(session, person_id, role, organisation.id, date.fromisoformat(starts),
                          date.fromisoformat(ends) if ends else None, actor=actor, now=NOW)


def test_an_actor_holds_the_roles_of_the_day_in_one_select(session: Session, wang: Account,
                                                           county: Organisation) -> None:
    unit = organisations.add(session, "U", "厂工会", "unit", county.id, NOW, COMMAND)
    appoint(session, wang.person_id, "county_handler", county, "2026-11-20", "2026-11-20")
    appoint(session, wang.person_id, "grassroots", unit, "2026-01-01", "2026-11-19")
    appoint(session, wang.person_id, "grassroots", unit, "2026-11-21")
    statements: list[str] = []
    event.listen(session.connection().engine, "before_cursor_execute",
                 lambda _c, _cursor, statement, *_rest: statements.append(statement))
    actor = people.actor_of(session, wang.id, TODAY, "api")
    assert actor == Actor(wang.person_id, "王芳", (Post("county_handler", county.id, county.path, county.name),), "api",
                          wang.id)
    assert len(statements) == 1
    assert [post.role for post in people.actor_of(session, wang.id, date(2026, 11, 21), "page").posts] == ["grassroots"]
    unit.active = False
    session.flush()
    assert people.actor_of(session, wang.id, date(2026, 11, 21), "page").posts == ()


def test_exclusive_roles_are_refused_while_they_overlap(session: Session, wang: Account, county: Organisation) -> None:
    appoint(session, wang.person_id, "auditor", county, "2026-01-01", "2026-06-30")
    for starts, ends in (("2026-06-30", None), ("2025-01-01", "2026-01-01"), ("2025-01-01", None)):
        with pytest.raises(Refused) as refusal:
            appoint(session, wang.person_id, "county_leader", county, starts, ends)
        assert codes(refusal) == ["ROLES_EXCLUSIVE"] and "2026-01-01" in str(refusal.value)
    appoint(session, wang.person_id, "county_leader", county, "2026-07-01")
    assert session.scalar(select(func.count()).select_from(Appointment)) == 2
    assert kinds(session, f"person:{wang.person_id}") == ["add", "appoint", "appoint"]


@pytest.mark.parametrize(("role", "starts", "ends", "fault"), [
    ("emperor", "2026-01-01", None, "ROLE_UNKNOWN"), ("cashier", "2026-01-02", "2026-01-01", "APPOINTMENT_PERIOD"),
    ("auditor", "2026-03-01", None, "APPOINTMENT_HELD"),
])
def test_an_appointment_that_makes_no_sense_is_refused(session: Session, wang: Account, county: Organisation, role: str,
                                                       starts: str, ends: str | None, fault: str) -> None:
    appoint(session, wang.person_id, "auditor", county)
    with pytest.raises(Refused) as refusal:
        appoint(session, wang.person_id, role, county, starts, ends)
    assert codes(refusal) == [fault]


def test_nobody_appoints_themself_or_outside_their_organisation(session: Session, wang: Account,
                                                                county: Organisation) -> None:
    unit = organisations.add(session, "U", "厂工会", "unit", county.id, NOW, COMMAND)
    other = people.add_person(session, NOW, COMMAND, "李强")
    admin = Actor(wang.person_id, "王芳", (Post("admin", unit.id, unit.path),))
    for person_id, place, fault in ((wang.person_id, unit, "APPOINT_ONESELF"), (other.id, county, "APPOINT_SCOPE")):
        with pytest.raises(NotYours) as refusal:
            appoint(session, person_id, "grassroots", place, actor=admin)
        assert codes(refusal) == [fault]
    row = appoint(session, other.id, "grassroots", unit, actor=admin)
    assert row.appointed_by == wang.person_id
    with pytest.raises(NotYours):
        people.end_appointment(session, row.id, TODAY, actor=Actor(other.id, "李强"), now=NOW)


def test_a_role_ends_with_its_last_day_and_is_not_reopened(session: Session, wang: Account,
                                                           county: Organisation) -> None:
    row = appoint(session, wang.person_id, "auditor", county, "2026-12-01")
    people.end_appointment(session, row.id, TODAY, actor=COMMAND, now=NOW)
    assert row.ends_on == row.starts_on == date(2026, 12, 1)
    with pytest.raises(Refused) as refusal:
        people.end_appointment(session, row.id, date(2027, 1, 1), actor=COMMAND, now=NOW)
    assert codes(refusal) == ["APPOINTMENT_OVER"]
    with pytest.raises(NotFound):
        people.end_appointment(session, 99, TODAY, actor=COMMAND, now=NOW)


# --- guessing ------------------------------------------------------------------------------------------------


def guess(session: Session, times: int, address: str = "10.0.0.1", username: str = "wangfang") -> None:
    for _ in range(times):
        people.failed(session, username, address, NOW)


def waits(session: Session, address: str = "10.0.0.1", username: str = "WangFang", after: float = 0) -> bool:
    try:
        people.attempt(session, username, address, NOW + timedelta(minutes=after))
    except Refused:
        return True
    return False


def test_who_guesses_waits_longer_each_time(session: Session) -> None:
    guess(session, 4)
    assert not waits(session)
    guess(session, 1)
    assert waits(session, after=0.9) and not waits(session, after=1)
    guess(session, 3)
    assert waits(session, after=7.9) and not waits(session, after=8)
    guess(session, 3)
    with pytest.raises(Refused, match="15 分钟"):
        people.attempt(session, "wangfang", "10.0.0.1", NOW)


def test_a_stranger_does_not_lock_anybody_out(session: Session) -> None:
    guess(session, 200, address="6.6.6.6")
    assert waits(session, address="6.6.6.6", after=14) and waits(session, address="10.0.0.1", after=0.9)
    assert not waits(session, address="10.0.0.1", after=1)


def test_an_address_that_tries_many_accounts_waits(session: Session) -> None:
    for number in range(50):
        guess(session, 1, username=f"user{number}")
    assert waits(session, username="another") and not waits(session, username="another", address="10.0.0.2")


def test_the_right_password_clears_the_account_and_not_the_address(session: Session) -> None:
    guess(session, 6)
    people.succeeded(session, "wangfang", "10.0.0.1", NOW)
    assert not waits(session)
    assert session.scalars(select(Throttle.key)).all() == ["address:10.0.0.1"]


def test_failures_are_forgotten_after_a_day(session: Session) -> None:
    guess(session, 6)
    people.failed(session, "other", "10.0.0.2", NOW + timedelta(days=2))
    assert all("wangfang" not in key for key in session.scalars(select(Throttle.key)))
