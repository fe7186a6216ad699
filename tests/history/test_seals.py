"""The order of the log and its seals."""

from __future__ import annotations

import threading
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from workflow import history
from workflow.db import reading, writing
from workflow.errors import Damaged
from workflow.history.merkle import Frontier, leaf
from workflow.history.seals import printed_key
from workflow.records import Event, Seal

from .conftest import Dba, Sealed
from .county import ANN, ORIGIN, START, Town, furnish, new_vault

PUBLIC = new_vault().signing_key().public_key()


def test_sequencing_gives_the_oldest_first_a_place_without_gaps(sessions: sessionmaker[Session]) -> None:
    with writing(sessions) as session:
        Town(session).grow(6)
        count = session.scalar(select(func.count()).select_from(Event)) or 0
        assert [history.sequence(session, 7), history.sequence(session, 7)] == [7, 7]
        assert history.sequence(session) == count - 14
        assert history.sequence(session) == 0
        rows = session.execute(select(Event.id, Event.leaf_index).order_by(Event.id)).all()

    assert [row.leaf_index for row in rows] == list(range(count))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_competing_sequencers_leave_no_gap_while_events_arrive(sessions: sessionmaker[Session]) -> None:
    with writing(sessions) as session:
        furnish(session)
    faults: list[BaseException] = []
    writers_done = threading.Event()

    def write(stream: str) -> None:
        for _ in range(60):
            with writing(sessions) as session:
                history.append_to(session, stream, kind="note", at=START, actor=ANN, role="admin")
                time.sleep(0.001)        # commits overtake one another, so ids become visible out of order

    def sequence() -> None:
        while True:
            last = writers_done.is_set()
            with writing(sessions) as session:
                if history.sequence(session, 13) == 0 and last:
                    break

    def guarded(work: object, *args: object) -> threading.Thread:
        def run() -> None:
            try:
                work(*args)              # type: ignore[operator]
            except BaseException as fault:
                faults.append(fault)
        thread = threading.Thread(target=run)
        thread.start()
        return thread

    writers = [guarded(write, f"account:{number}") for number in range(4)]
    sequencers = [guarded(sequence) for _ in range(2)]
    for thread in writers:
        thread.join()
    writers_done.set()
    for thread in sequencers:
        thread.join()

    assert faults == []
    with writing(sessions) as session:
        history.seal(session, START, ORIGIN)
        places = session.scalars(select(Event.leaf_index).order_by(Event.leaf_index)).all()
    assert places == list(range(241))
    with reading(sessions) as session:
        assert history.verify(session).clean


def test_a_seal_is_signed_and_says_size_root_and_time(sealed: Sealed) -> None:
    note = history.parse_note(sealed.notes[1])
    with reading(sealed.sessions) as session:
        frontier = Frontier()
        for hashed in session.scalars(select(Event.hash).where(Event.leaf_index < note.size).order_by(Event.leaf_index)):
            frontier.add(leaf(hashed))
        assert history.newest(session) == sealed.notes[1]

    assert (note.origin, note.root) == (ORIGIN, frontier.root())
    assert note.sealed_at is not None and note.sealed_at.startswith("2026-03-0")
    assert history.check_note(sealed.notes[1], PUBLIC)
    assert not history.check_note(sealed.notes[1], Ed25519PrivateKey.generate().public_key())
    assert printed_key(ORIGIN, PUBLIC).startswith(f"{ORIGIN}+{note.signatures[0].key_id.hex()}+")


def test_sealing_again_without_events_returns_the_same_note(sealed: Sealed) -> None:
    with writing(sealed.sessions) as session:
        first = history.seal(session, START, ORIGIN)
        again = history.seal(session, sealed.town.now, ORIGIN)
        assert session.scalar(select(func.count()).select_from(Seal)) == 3

    assert first == again


def test_an_empty_log_can_be_sealed(sessions: sessionmaker[Session]) -> None:
    with writing(sessions) as session:
        note = history.seal(session, START, ORIGIN)
    with reading(sessions) as session:
        assert history.verify(session, seal_notes=[note]).clean


def test_every_bit_of_a_note_counts(sealed: Sealed) -> None:
    data = sealed.notes[0].encode()
    for place in range(len(data)):
        for bit in range(8):
            flipped = data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1:]
            try:
                text = flipped.decode()
            except UnicodeDecodeError:
                continue
            assert not history.check_note(text, PUBLIC), (place, bit)


@pytest.mark.parametrize("text", ["", "\n\n", "a\n1\n\n", "a\n01\nAA==\n\n— a AAAA\n", "a\nx\ny\n\n— a b\n"])
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        history.parse_note(text)


@pytest.mark.parametrize("origin", ["", "two words", "a+b"])
def test_an_origin_without_spaces_or_plus(sealed: Sealed, origin: str) -> None:
    with writing(sealed.sessions) as session, pytest.raises(ValueError, match="origin"):
        history.seal(session, START, origin)


def test_a_log_cut_below_its_seal_gets_no_new_events_sealed(sealed: Sealed, dba: Dba) -> None:
    dba("DELETE FROM events WHERE leaf_index IS NULL OR leaf_index > 5")
    for attempt in (lambda session: history.sequence(session), lambda session: history.seal(session, START, ORIGIN)):
        with pytest.raises(Damaged), writing(sealed.sessions) as session:
            attempt(session)


def test_a_seal_with_a_changed_frontier_is_not_continued(sealed: Sealed, dba: Dba) -> None:
    dba("UPDATE seals SET peaks = root")
    with pytest.raises(Damaged), writing(sealed.sessions) as session:
        history.seal(session, START, ORIGIN)
