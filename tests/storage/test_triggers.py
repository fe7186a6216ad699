"""What the database refuses, whoever asks: here, plain SQL."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from workflow.records import Attachment, Case, Decision, Event, Organisation, Person, Release, Seal, Task

from .conftest import NOW


def event(seq: int, state: str = "draft", revision: int = 1, **other: object) -> dict[str, object]:
    return {"stream": "c1", "seq": seq, "kind": "act", "at": NOW, "role": "applicant", "to_state": state,
            "revision": revision, "body": b"{}", "prev": b"p" * 32, "hash": bytes([seq]) * 32, "details": b"sealed",
            **other}


CASE = {
    "id": "c1", "definition_key": "k", "definition_version": 1, "definition_digest": "d", "applicant_id": "p1",
    "filed_by": "p1", "unit_id": 1, "path": "/1/", "state": "draft", "revision": 1, "entry": 1, "entered_at": NOW,
    "form": {}, "figures": {}, "last_seq": 1, "last_hash": b"\1" * 32, "created_at": NOW, "updated_at": NOW,
}


@pytest.fixture
def case(session: Session) -> Session:
    """One case in state draft, explained by event 1, with a row of everything that hangs on it."""
    session.add_all([Organisation(id=1, code="A", name="县总", level="county", path="/1/"),
                     Person(id="p1", name="王芳", created_at=NOW)])
    session.flush()
    session.add(Release(key="k", version=1, digest="d", title="t", document="{}", source="", source_digest="",
                        released_at=NOW))
    session.flush()
    session.execute(insert(Event), [event(1)])
    session.execute(insert(Case), [CASE])
    session.add_all([
        Task(id="t1", case_id="c1", entry=1, state="draft", definition_key="k", role="applicant", status="open",
             opened_at=NOW, due_at=NOW, flags=[]),
        Attachment(id="a1", case_id="c1", kind="id", name="x", media_type="image/png", size=1, sha256="s",
                   stored_as="aa/b", added_at=NOW, added_by="p1"),
        Decision(case_id="c1", seq=1, state="draft", trigger="submit", role="applicant", at=NOW, definition_digest="d",
                 snapshot=b"", snapshot_digest=""),
        Seal(size=1, root=b"r" * 32, peaks=b"", note="n", sealed_at=NOW),
    ])
    session.commit()
    return session


def refused(session: Session, statement: object, sentence: str, *rows: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match=sentence):
        session.execute(text(statement) if isinstance(statement, str) else statement, *([rows] if rows else []))  # type: ignore[call-overload]
    session.rollback()


@pytest.mark.parametrize("change", [
    "state = 'paid'",                                                     # no event at all
    "state = 'paid', last_seq = 2",                                       # an event that is not there
    "revision = 2", "last_seq = 0", "amount_fen = 100", "form = '{}'", "id = 'c2'",
])
def test_a_case_does_not_change_without_an_event(case: Session, change: str) -> None:
    refused(case, f"UPDATE cases SET {change} WHERE id = 'c1'", "only together with a new event")
    assert case.scalars(select(Case.state)).one() == "draft"


def test_a_case_changes_with_the_event_that_says_so(case: Session) -> None:
    case.execute(insert(Event), [event(2, "review", 2)])
    case.execute(update(Case).values(state="review", revision=2, last_seq=2, last_hash=b"\2" * 32))
    case.commit()
    assert case.scalars(select(Case.state)).one() == "review"


@pytest.mark.parametrize("other", [
    {"to_state": "draft"}, {"revision": 3}, {"hash": b"x" * 32}, {"stream": "c2"}, {"to_state": None},
])
def test_an_event_that_says_something_else_explains_nothing(case: Session, other: dict[str, object]) -> None:
    case.execute(insert(Event), [event(2, "review", 2) | other])
    refused(case, update(Case).values(state="review", revision=2, last_seq=2, last_hash=b"\2" * 32), "a new event")


def test_one_event_does_not_explain_two_changes(case: Session) -> None:
    case.execute(insert(Event), [event(2, "review", 2)])
    change = update(Case).values(state="review", revision=2, last_seq=2, last_hash=b"\2" * 32)
    case.execute(change)
    refused(case, change.values(amount_fen=100_000), "a new event")


def test_a_case_does_not_begin_without_an_event(case: Session) -> None:
    refused(case, insert(Case), "together with the event", CASE | {"id": "c9"})


@pytest.mark.parametrize("column", [
    column.name for column in Event.__table__.columns if column.name not in ("leaf_index", "details")])
def test_no_column_of_an_event_can_be_changed(case: Session, column: str) -> None:
    kind = Event.__table__.c[column].type.python_type
    value = {str: "'x'", int: "77", bytes: "body || prev"}.get(kind, "'2020-01-01T00:00:00.000000Z'")
    value = {"actor_id": "'p1'", "on_behalf_of": "'p1'", "organisation_id": "1"}.get(column, value)
    refused(case, f'UPDATE events SET "{column}" = {value}', "never changed")


def test_an_event_gets_its_leaf_index_once(case: Session) -> None:
    case.execute(text("UPDATE events SET leaf_index = 0"))
    case.commit()
    for value in ("1", "NULL"):
        refused(case, f"UPDATE events SET leaf_index = {value}", "leaf_index once")


def test_an_event_may_lose_its_details_and_get_no_others(case: Session) -> None:
    refused(case, "UPDATE events SET details = body", "lose its details")
    case.execute(text("UPDATE events SET details = NULL"))
    case.commit()
    refused(case, "UPDATE events SET details = body", "lose its details")


@pytest.mark.parametrize("statement", [
    "UPDATE decisions SET trigger = 'approve'", "UPDATE releases SET document = '{} '", "UPDATE seals SET note = ''"])
def test_decisions_releases_and_seals_are_never_changed(case: Session, statement: str) -> None:
    refused(case, statement, "never changed")


@pytest.mark.parametrize("table", ["cases", "tasks", "attachments", "events", "decisions", "releases", "seals"])
def test_nothing_of_a_case_is_ever_deleted(case: Session, engine: Engine, table: str) -> None:
    refused(case, f"DELETE FROM {table}", "never deleted")
    if engine.dialect.name == "postgresql":
        refused(case, f"TRUNCATE {table} CASCADE", "never emptied")
    assert case.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_replacing_a_row_is_deleting_it(case: Session) -> None:
    refused(case, "INSERT OR REPLACE INTO seals SELECT size, root, peaks, 'other', sealed_at FROM seals", "never deleted")


def test_tasks_and_attachments_do_change(case: Session) -> None:
    case.execute(text("UPDATE tasks SET status = 'done'"))
    case.execute(text("UPDATE attachments SET removed_at = added_at"))
    case.commit()
