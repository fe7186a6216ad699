"""Whatever a DBA does, `verify` names it; and it says nothing about a log that is whole."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session, sessionmaker

from workflow import history
from workflow.db import make_sessions, reading, writing
from workflow.history.append import event_hash

from .conftest import Dba, Sealed
from .county import BOB, Town

# In the log of `conftest.build`: case 1 has events 1 to 5, the third attaches a file, the fourth approves.
FIRST = "(SELECT id FROM cases WHERE number = 'HB-0001')"
NEWEST = "(SELECT id FROM cases WHERE number = 'HB-0003')"
FOURTH = f"stream = {FIRST} AND seq = 4"

TAMPERED = [
    # (what was done, the SQL, the codes that name it, whether the case and step are named)
    ("amount", f"UPDATE events SET amount_fen = 999 WHERE {FOURTH}", {"COLUMN"}),
    ("kind", f"UPDATE events SET kind = 'view' WHERE {FOURTH}", {"COLUMN"}),
    ("at", f"UPDATE events SET at = '2026-01-01T00:00:00.000000Z' WHERE {FOURTH}", {"COLUMN"}),
    ("actor", f"UPDATE events SET actor_id = 'p-ann' WHERE {FOURTH}", {"COLUMN"}),
    ("no actor", f"UPDATE events SET actor_id = NULL WHERE {FOURTH}", {"COLUMN"}),
    ("role", f"UPDATE events SET role = 'township' WHERE {FOURTH}", {"COLUMN"}),
    ("organisation", f"UPDATE events SET organisation_id = 2 WHERE {FOURTH}", {"COLUMN"}),
    ("behalf", f"UPDATE events SET on_behalf_of = 'p-ann' WHERE {FOURTH}", {"COLUMN"}),
    ("trigger", f"UPDATE events SET \"trigger\" = 'reject' WHERE {FOURTH}", {"COLUMN"}),
    ("from", f"UPDATE events SET from_state = 'draft' WHERE {FOURTH}", {"COLUMN"}),
    ("to", f"UPDATE events SET to_state = 'paid' WHERE {FOURTH}", {"COLUMN"}),
    ("revision", f"UPDATE events SET revision = 9 WHERE {FOURTH}", {"COLUMN"}),
    ("definition", f"UPDATE events SET definition_digest = '{'d' * 64}' WHERE {FOURTH}", {"COLUMN"}),
    ("snapshot", f"UPDATE events SET snapshot_digest = '{'d' * 64}' WHERE {FOURTH}", {"COLUMN"}),
    ("idem", f"UPDATE events SET idem_key = 'x' WHERE {FOURTH}", {"COLUMN"}),
    ("request", f"UPDATE events SET request_digest = NULL WHERE {FOURTH}", {"COLUMN"}),
    ("prev", f"UPDATE events SET prev = hash WHERE {FOURTH}", {"BODY", "CHAIN"}),
    ("hash", f"UPDATE events SET hash = (SELECT root FROM seals LIMIT 1) WHERE {FOURTH}", {"BODY"}),
    ("details", f"UPDATE events SET details = body WHERE {FOURTH}", {"DETAILS"}),
    ("details of another", f"UPDATE events SET details = (SELECT details FROM events WHERE stream = {FIRST} AND seq = 5)"
     f" WHERE {FOURTH}", {"DETAILS"}),
    ("details gone", f"UPDATE events SET details = NULL WHERE {FOURTH}", {"ERASED"}),
    ("leaf gone", f"UPDATE events SET leaf_index = NULL WHERE {FOURTH}", {"LEAF"}),
    ("event deleted", f"DELETE FROM events WHERE {FOURTH}", {"MISSING", "LEAF", "DECISION_EXTRA"}),
    ("another case's step", f"UPDATE events SET seq = 6 WHERE stream = {FIRST} AND seq = 5", {"COLUMN", "MISSING"}),
    ("file row", f"UPDATE attachments SET sha256 = '{'e' * 64}'", {"FILE"}),
    ("file row gone", "DELETE FROM attachments", {"FILE_GONE"}),
    ("file removed by hand", "UPDATE attachments SET removed_at = added_at", {"FILE"}),
    ("decision", f"UPDATE decisions SET amount_fen = 1 WHERE case_id = {FIRST} AND seq = 4", {"DECISION"}),
    ("decision digest", f"UPDATE decisions SET snapshot_digest = '{'d' * 64}' WHERE case_id = {FIRST} AND seq = 4",
     {"DECISION", "SNAPSHOT"}),
    ("decision facts", f"UPDATE decisions SET snapshot = (SELECT snapshot FROM decisions WHERE case_id = {FIRST} AND seq = 5)"
     f" WHERE case_id = {FIRST} AND seq = 4", {"SNAPSHOT"}),
    ("decision gone", f"DELETE FROM decisions WHERE case_id = {FIRST} AND seq = 4", {"DECISION_GONE"}),
    ("state", "UPDATE cases SET state = 'draft' WHERE number = 'HB-0001'", {"CASE"}),
    ("case amount", "UPDATE cases SET amount_fen = 1 WHERE number = 'HB-0001'", {"CASE"}),
    ("case revision", "UPDATE cases SET revision = 1 WHERE number = 'HB-0001'", {"CASE"}),
    ("case digest", f"UPDATE cases SET definition_digest = '{'d' * 64}' WHERE number = 'HB-0001'", {"CASE", "RELEASE_USED"}),
    ("case step", "UPDATE cases SET last_seq = 4 WHERE number = 'HB-0001'", {"CASE"}),
    ("case hash", "UPDATE cases SET last_hash = (SELECT root FROM seals LIMIT 1) WHERE number = 'HB-0001'", {"CASE"}),
    ("case form", """UPDATE cases SET form = '{"income":"0.00","reason":"火灾"}' WHERE number = 'HB-0001'""", {"FORM"}),
    ("sealed form of another", "UPDATE cases SET sealed = (SELECT sealed FROM cases WHERE number = 'HB-0002')"
     " WHERE number = 'HB-0001'", {"FORM_DAMAGED"}),
]


def test_a_whole_log_raises_nothing(sealed: Sealed) -> None:
    findings = sealed.verify(*sealed.notes)

    assert findings.items == ()
    assert (findings.cases, findings.seals, findings.unchecked) == (4, 2, ())
    assert findings.events == 15


@pytest.mark.parametrize(("what", "sql", "codes"), TAMPERED, ids=[entry[0] for entry in TAMPERED])
def test_each_change_by_hand_is_named_with_its_case(sealed: Sealed, dba: Dba, what: str, sql: str, codes: set[str]) -> None:
    dba(sql)

    findings = sealed.verify(*sealed.notes)

    assert codes <= {finding.code for finding in findings}
    assert any(finding.case == "HB-0001" and finding.seq for finding in findings)
    assert all(finding.zh and finding.en for finding in findings)


@pytest.mark.parametrize("column", ["body", "prev", "hash", "details"])
def test_every_single_bit_of_an_event_counts(sealed: Sealed, dba: Dba, column: str) -> None:
    chance = random.Random(column)
    with reading(sealed.sessions) as session:
        events = [row for row in session.execute(history_rows(column)) if row.data]
    for row in chance.sample(events, 8):
        flipped = bytearray(row.data)
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        dba(f"UPDATE events SET {column} = {literal(sealed, bytes(flipped))} WHERE id = {row.id}")

        findings = sealed.verify()

        assert any((finding.stream, finding.seq) == (row.stream, row.seq) for finding in findings)
        dba(f"UPDATE events SET {column} = {literal(sealed, row.data)} WHERE id = {row.id}")
    assert sealed.verify().clean


def history_rows(column: str) -> TextClause:
    return text(f"SELECT id, stream, seq, {column} AS data FROM events")


def literal(sealed: Sealed, data: bytes) -> str:
    with sealed.sessions() as session:
        sqlite = session.get_bind().dialect.name == "sqlite"
    return f"x'{data.hex()}'" if sqlite else f"'\\x{data.hex()}'::bytea"


def test_each_deleted_event_is_missed(sealed: Sealed, dba: Dba) -> None:
    with reading(sealed.sessions) as session:
        kept = sealed.verify(*sealed.notes).events
        numbers = list(session.execute(history_rows("seq")))
    for row in numbers:
        dba(f"CREATE TABLE spare AS SELECT * FROM events WHERE id = {row.id}; DELETE FROM events WHERE id = {row.id};")
        findings = sealed.verify(*sealed.notes)
        assert findings.events == kept - 1
        assert not findings.clean
        dba("INSERT INTO events SELECT * FROM spare; DROP TABLE spare;")
    assert sealed.verify(*sealed.notes).clean


def test_a_deleted_case_leaves_its_events_behind(sealed: Sealed, dba: Dba) -> None:
    dba("DELETE FROM cases WHERE number = 'HB-0002'")

    assert {(f.code, f.stream) for f in sealed.verify()} >= {("CASE_GONE", sealed.cases[1])}


def test_a_case_without_events_is_named(sealed: Sealed, dba: Dba) -> None:
    dba("DELETE FROM events WHERE stream = (SELECT id FROM cases WHERE number = 'HB-0004')")

    assert ("EVENTS_GONE", "HB-0004") in {(f.code, f.case) for f in sealed.verify()}


def test_a_case_deleted_with_all_its_traces_is_missed_by_the_seals(sealed: Sealed, dba: Dba) -> None:
    """The DBA also closes the gap in the log, so that only the roots tell."""
    one = sealed.cases[1]
    dba(f"DELETE FROM decisions WHERE case_id = '{one}'; DELETE FROM events WHERE stream = '{one}';"
        f"DELETE FROM cases WHERE id = '{one}';" + RENUMBER)

    findings = sealed.verify(*sealed.notes)

    assert [f.code for f in findings] == ["SEAL_ROOT", "LOG_SHORT"]


RENUMBER = """
    CREATE TABLE places AS SELECT id, row_number() OVER (ORDER BY leaf_index) - 1 AS place FROM events WHERE leaf_index IS NOT NULL;
    UPDATE events SET leaf_index = leaf_index + 1000000 WHERE leaf_index IS NOT NULL;
    UPDATE events SET leaf_index = (SELECT place FROM places WHERE places.id = events.id) WHERE leaf_index IS NOT NULL;
    DROP TABLE places;"""


def test_newest_events_cut_off_make_the_log_shorter_than_its_seal(sealed: Sealed, dba: Dba) -> None:
    cut = f"DELETE FROM events WHERE leaf_index IS NULL OR leaf_index > {int(sealed.notes[1].splitlines()[1]) - 3};"
    dba(cut + "DELETE FROM seals WHERE size = (SELECT max(size) FROM seals)")

    findings = sealed.verify(sealed.notes[1])

    assert {"LOG_SHORT", "SEAL_GONE", "NEWEST_GONE"} <= {f.code for f in findings}


def test_newest_events_cut_off_before_any_seal_are_missed_by_their_case(sealed: Sealed, dba: Dba) -> None:
    dba(f"DELETE FROM decisions WHERE case_id = {NEWEST} AND seq = 3; DELETE FROM events WHERE stream = {NEWEST} AND seq = 3;")

    assert [(f.code, f.case) for f in sealed.verify(*sealed.notes)] == [("NEWEST_GONE", "HB-0003")]


def test_an_event_rewritten_with_all_its_hashes_breaks_the_seal(sealed: Sealed, dba: Dba) -> None:
    """The last step of a case, its hash, its row and its leaf all agree; only the signed root does not."""
    case = sealed.cases[0]
    with reading(sealed.sessions) as session:
        row = [r for r in session.execute(history_rows("body")) if (r.stream, r.seq) == (case, 5)][0]
        prev = [r for r in session.execute(history_rows("prev")) if r.id == row.id][0].data
    body = bytes(row.data).replace(b'"amount":380000', b'"amount":980000')
    linked = literal(sealed, event_hash(prev, body))
    dba(f"UPDATE events SET amount_fen = 980000, body = {literal(sealed, body)}, hash = {linked} WHERE id = {row.id};"
        f"UPDATE decisions SET amount_fen = 980000 WHERE case_id = '{case}' AND seq = 5;"
        f"UPDATE cases SET amount_fen = 980000, last_hash = {linked} WHERE id = '{case}';")

    assert [f.code for f in sealed.verify()] == ["SEAL_ROOT"]
    assert {f.code for f in sealed.verify(sealed.notes[1])} == {"SEAL_ROOT"}


@pytest.mark.parametrize(("sql", "codes"), [
    ("UPDATE seals SET root = peaks WHERE size = (SELECT min(size) FROM seals)", {"SEAL_ROW", "SEAL_ROOT"}),
    ("UPDATE seals SET sealed_at = '2020-01-01T00:00:00.000000Z'", {"SEAL_ROW"}),
    ("UPDATE seals SET note = replace(note, 'bangfu.example', 'other.example')", {"SEAL_SIGNATURE"}),
    ("UPDATE seals SET note = replace(note, 'at 2026', 'at 2025')", {"SEAL_ROW", "SEAL_SIGNATURE"}),
    ("UPDATE seals SET peaks = root", {"SEAL_ROW"}),
    ("DELETE FROM seals", {"SEAL_GONE"}),
], ids=["root", "time", "origin", "signed time", "peaks", "removed"])
def test_a_seal_edited_or_removed_is_named(sealed: Sealed, dba: Dba, sql: str, codes: set[str]) -> None:
    dba(sql)

    assert codes <= {f.code for f in sealed.verify(*sealed.notes)}


def test_a_foreign_or_torn_note_is_named(sealed: Sealed) -> None:
    torn, forged = sealed.notes[0][:-20], sealed.notes[0].replace("\n—", "\n—", 1).replace("bangfu", "banfu")

    assert {f.code for f in sealed.verify(torn)} == {"SEAL_UNREADABLE"}
    assert {f.code for f in sealed.verify(forged)} == {"SEAL_SIGNATURE", "SEAL_GONE"}


@pytest.mark.parametrize(("column", "code"), [("document", "RELEASE"), ("source", "RELEASE")])
def test_a_definition_changed_after_its_release_is_named(sealed: Sealed, dba: Dba, column: str, code: str) -> None:
    dba(f"UPDATE releases SET {column} = {column} || ' '")

    assert [f.code for f in sealed.verify()] == [code]


def test_an_erasure_beside_the_cases_needs_a_case_that_was_erased(sealed: Sealed, dba: Dba) -> None:
    """An `erase` of an account's stream excuses nothing by itself: it lends from a case, `tests/retention/test_elsewhere.py`."""
    dba("UPDATE events SET details = NULL WHERE stream = 'account:7'")
    with writing(sealed.sessions) as session:
        history.append_to(session, "account:7", kind="note", at=sealed.town.now, actor=BOB, role="admin", comment="电话")
        history.append_to(session, "account:7", kind="erase", at=sealed.town.now, actor=BOB, role="admin", extra={"case": sealed.cases[0], "events": [1, 2, 3]})
    dba("UPDATE events SET details = NULL WHERE stream = 'account:7'")
    assert {finding.code for finding in sealed.verify(*sealed.notes)} == {"ERASED"}


def test_findings_come_in_the_order_of_the_log(sealed: Sealed, dba: Dba) -> None:
    dba(f"UPDATE events SET role = 'x' WHERE stream = {NEWEST} AND seq = 1; UPDATE events SET role = 'x' WHERE {FOURTH}")

    findings = [f for f in sealed.verify() if f.code == "COLUMN"]

    assert [(f.case, f.seq) for f in findings] == [("HB-0001", 4), ("HB-0003", 1)]
    assert findings[0].zh.startswith("申请 HB-0001第 4 步（2026-03-0")
    assert "“role”现为 x" in findings[0].zh


def test_without_the_key_it_says_what_was_not_checked(sealed: Sealed) -> None:
    with sealed.sessions() as session:
        engine = session.get_bind().engine
    with reading(make_sessions(engine)) as session:
        findings = history.verify(session)

    assert findings.clean
    assert [message.code for message in findings.unchecked] == ["NO_KEY"]


@pytest.mark.parametrize("seed", range(3))
def test_random_logs_raise_no_false_alarm(sessions: sessionmaker[Session], seed: int) -> None:
    chance, notes = random.Random(seed), []
    for part in range(3):
        with writing(sessions) as session:
            town = Town(session, seed * 10 + part)
            town.grow(0)
            for number in range(chance.randint(1, 6)):
                case = town.open(f"S{seed}-{part}-{number}")
                for state in ("county", "paid")[:chance.randint(0, 2)]:
                    town.act(case, state, "approve", amount=chance.randint(0, 10**9), comment=chance.choice(["", "同意", "“\\\n\x7f"]))
            history.sequence(session, chance.randint(1, 30))
            if chance.random() < 0.7:
                notes.append(town.seal())
    with reading(sessions) as session:
        seen: list[tuple[int, int]] = []
        findings = history.verify(session, seal_notes=notes, progress=lambda done, total: seen.append((done, total)))

    assert findings.items == ()
    assert seen[-1] == (findings.events, findings.events)
