"""Gone for good, and provably by right: the bytes, the triggers, the verifier here, the program at home, and what tampering looks like."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from tests.history.conftest import Dba
from tests.history.test_bundle import findings as at_home
from tests.retention.conftest import PLAIN, Archive
from workflow import engine as door
from workflow import history, notices, queries
from workflow.actors import COMMAND
from workflow.db import compact, reading, writing
from workflow.engine import erasing
from workflow.errors import Refused
from workflow.history.append import append_to
from workflow.records import Attachment


def test_no_byte_stays_in_the_file_or_on_the_shelf(archive: Archive, engine: Engine, tmp_path: Path) -> None:
    case_id = archive.ended()
    other = archive.submitted("nurse", "posted_grant", {"child": "另一个孩子", "cost": "1", "bank_card": "6228480010000000017"})
    archive.later()
    shelf = tmp_path / "uploads"
    assert len([path for path in shelf.rglob("*") if path.is_file()]) == 1
    files = [Path(str(engine.url.database) + end) for end in ("", "-wal")] if engine.dialect.name == "sqlite" else []
    if files:
        before = b"".join(path.read_bytes() for path in files)
        assert all(word.encode() in before for word in PLAIN)
    erased = archive.erase(case_id)
    with reading(archive.sessions) as session:
        # A crash between the commit and the deletion leaves the file; the next run finds it.
        assert erasing.finish(session) == len(erased.files) == 1 and erasing.finish(session) == 0
    assert [path for path in shelf.rglob("*") if path.is_file()] == []
    assert compact(engine) is (engine.dialect.name == "sqlite")
    for path in files:
        after = path.read_bytes()
        assert [word for word in PLAIN if word.encode() in after] == []
    for table in ("cases", "drafts", "attachments", "notices", "objections", "decisions", "events"):
        with engine.connect() as connection:
            rows = repr(connection.execute(text(f"SELECT * FROM {table}")).all())
            assert [word for word in PLAIN if word in rows] == []
    assert archive.look("nurse", other).form["child"] == "另一个孩子" and archive.findings() == []
    with reading(archive.sessions) as session:
        assert session.query(Attachment).filter_by(case_id=case_id).count() == 1


def test_the_database_refuses_to_empty_anything_else(archive: Archive, engine: Engine) -> None:
    erased, kept = archive.erased(), archive.ended()
    for statement in (f"UPDATE decisions SET snapshot = NULL WHERE case_id = '{kept}'", f"UPDATE objections SET sealed = NULL WHERE case_id = '{kept}'",
                      f"UPDATE notices SET content = '[]' WHERE case_id = '{kept}'", f"UPDATE decisions SET amount_fen = 1 WHERE case_id = '{erased}'",
                      f"UPDATE decisions SET snapshot = 'x' WHERE case_id = '{erased}'", f"UPDATE notices SET content = '[1]' WHERE case_id = '{erased}'",
                      f"UPDATE notices SET ends_on = '2026-01-01' WHERE case_id = '{erased}'", f"UPDATE objections SET named = NOT named WHERE case_id = '{erased}'",
                      f"UPDATE objections SET status = 'upheld' WHERE case_id = '{erased}'", f"DELETE FROM decisions WHERE case_id = '{erased}'",
                      f"UPDATE cases SET erased_at = NULL WHERE id = '{erased}'"):
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(text(statement))
    assert archive.findings() == []


@pytest.mark.parametrize(("sql", "codes"), [
    ("UPDATE decisions SET snapshot = NULL WHERE case_id = '{kept}'", {"SNAPSHOT_GONE"}),
    ("UPDATE decisions SET snapshot = NULL WHERE case_id = '{kept}' AND seq = (SELECT MAX(seq) FROM decisions WHERE case_id = '{kept}')", {"SNAPSHOT_GONE"}),
    ("UPDATE objections SET sealed = NULL WHERE case_id = '{kept}'", {"OBJECTION_GONE"}),
    ("UPDATE events SET details = NULL WHERE stream = '{kept}'", {"ERASED"}),
    ("UPDATE cases SET form = '{{}}' WHERE id = '{kept}'", {"FORM"}),
    ("UPDATE cases SET erased_at = updated_at WHERE id = '{kept}'", {"ERASE_UNTOLD"}),
    ("UPDATE cases SET form = '{{\"child\": \"李小凤凰\"}}' WHERE id = '{erased}'", {"FORM"}),
    ("UPDATE decisions SET amount_fen = 7 WHERE case_id = '{erased}'", {"DECISION"}),
    ("DELETE FROM attachments WHERE case_id = '{erased}'", {"FILE_GONE"}),
    ("DELETE FROM decisions WHERE case_id = '{erased}'", {"DECISION_GONE"}),
    ("UPDATE events SET details = NULL WHERE stream = '{erased}'", {"ERASED"}),
    ("UPDATE events SET kind = 'print' WHERE stream = '{erased}' AND kind = 'erase'",
     {"COLUMN", "ERASED", "SNAPSHOT_GONE", "OBJECTION_GONE", "NOTICE_GONE", "PAYEE_GONE", "ERASE_UNTOLD"}),
    ("UPDATE notices SET content = '[]' WHERE case_id = '{kept}'", {"NOTICE_GONE"}),
])
def test_what_was_emptied_without_a_right_is_found(archive: Archive, dba: Dba, sql: str, codes: set[str]) -> None:
    erased, kept = archive.erased(), archive.ended()
    assert archive.findings() == []
    dba(sql.format(erased=erased, kept=kept))
    assert set(archive.findings()) == codes


def test_an_erase_event_before_its_time_excuses_nothing(archive: Archive, dba: Dba) -> None:
    """Whoever can write the chain can forge the event; when the case ended and how long it is kept stand in what was sealed before."""
    case_id = archive.ended()
    archive.later(9)
    row = archive.row(case_id)
    with writing(archive.sessions) as session:
        done = append_to(session, case_id, kind="erase", at=archive.now, actor=COMMAND, role="system", from_state=row.state, to_state=row.state,
                         amount_fen=row.amount_fen, revision=row.revision, definition_digest=row.definition_digest)
        session.execute(text("UPDATE cases SET last_seq = :seq, last_hash = :hash WHERE id = :id"), {"seq": done.seq, "hash": done.hash, "id": case_id})
    dba(f"UPDATE decisions SET snapshot = NULL WHERE case_id = '{case_id}'")
    assert set(archive.findings()) == {"ERASE_EARLY", "SNAPSHOT_GONE"}
    assert any("保存期限届满以前" in line for line in at_home(bundled(archive, case_id, unmask=True)))


def bundled(archive: Archive, *cases: str, unmask: bool = False) -> bytes:
    with writing(archive.sessions) as session:
        history.seal(session, archive.now, "bangfu.example")
    with reading(archive.sessions) as session:
        return history.bundle(session, cases, archive.now, unmask=unmask)


@pytest.mark.parametrize("unmask", [False, True])
def test_at_home_an_erased_case_is_in_order(archive: Archive, dba: Dba, unmask: bool) -> None:
    erased, kept = archive.erased(), archive.ended()
    data = bundled(archive, erased, kept, unmask=unmask)
    assert at_home(data) == [] and not any(word.encode() in data for word in ("父亲张大山住院", "出院小结张大山"))
    dba(f"UPDATE decisions SET snapshot = NULL WHERE case_id = '{kept}'")
    told = at_home(bundled(archive, erased, kept, unmask=True))
    assert told and all("依据被清空" in line and archive.row(kept).number in line for line in told)


def test_a_file_lost_before_its_time_is_missed_at_home(archive: Archive, tmp_path: Path) -> None:
    kept = archive.ended()
    for path in (tmp_path / "uploads").rglob("*"):
        if path.is_file():
            path.unlink()
    assert any("打不开" in line for line in at_home(bundled(archive, kept)))


def test_every_reader_of_an_erased_case_goes_on(archive: Archive) -> None:
    case_id = archive.erased()
    for who in ("worker", "clerk", "leader", "auditor"):
        view = archive.look(who, case_id)
        assert view.erased and view.shown == () and not view.form and view.attachments == () and view.checks == () and view.actions == ()
        assert view.amount_fen == 380_000
    with reading(archive.sessions) as session:
        assert queries.recalculate(session, case_id) is None
        assert {event.comment for event in queries.events(session, case_id)} == {"", "保存期限届满"}
        kept = notices.kept(session, archive.actor("clerk"), over=True).rows
        assert len(kept) == 2 and all(one.erased and one.posted.content == [] for one in kept)
        assert {said.text for one in kept for said in one.objections} == {""}
    with writing(archive.sessions) as session, pytest.raises(Refused, match="已按保存期限删除"):
        door.reveal(session, case_id, ["bank_card"], "核对", archive.actor("auditor"), archive.now)
