"""What leaves the house: an auditor with Python and nothing else finds every change, and no personal data unasked."""

from __future__ import annotations

import ast
import base64
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from workflow import history
from workflow.db import reading, writing
from workflow.errors import Damaged, one
from workflow.history import PROGRAM
from workflow.history.append import event_hash
from workflow.history.verify import CannotCheck, Report, check

from .conftest import Dba, Sealed
from .county import START

Members = dict[str, bytes]


def export(sealed: Sealed, *cases: str, **options: Any) -> bytes:
    with reading(sealed.sessions) as session:
        return history.bundle(session, cases or tuple(sealed.cases), START, **options)


def run(tmp_path: Path, data: bytes, *arguments: str, seal: str | None = None) -> tuple[int, str]:
    """Run the program as an auditor does, away from this repository."""
    (tmp_path / "b.zip").write_bytes(data)
    extra = []
    if seal is not None:
        (tmp_path / "seal.txt").write_text(seal, encoding="utf-8")
        extra = ["--seal", "seal.txt"]
    done = subprocess.run([sys.executable, "-I", PROGRAM, "b.zip", *extra, *arguments], cwd=tmp_path,
                          capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def findings(data: bytes, *seals: str) -> list[str]:
    report = Report()
    check(data, seals, None, report)
    return [zh for zh, _ in report.findings]


def members_of(data: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: Members) -> bytes:
    """Pack a bundle anew with a fitting outer hash, as a forger would."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.comment = b"0" * 64
    written = buffer.getvalue()[:-64]
    return written + hashlib.sha256(written).hexdigest().encode()


def events_of(members: Members) -> list[dict[str, Any]]:
    return [json.loads(line) for line in members["events.jsonl"].splitlines()]


def lines(events: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(event, ensure_ascii=False).encode() + b"\n" for event in events)


# --- clean -----------------------------------------------------------------------------------------------


def test_a_clean_bundle_passes_in_both_languages(sealed: Sealed, tmp_path: Path) -> None:
    data = export(sealed)

    code, said = run(tmp_path, data, seal=sealed.notes[0])
    assert (code, "核验 4 件、13 步：全部一致" in said, "您的封存（7 条）与取证包一致" in said) == (0, True, True)
    code, said = run(tmp_path, data, "--en", seal=sealed.notes[1])
    assert (code, "4 cases, 13 steps: all in order" in said, "Your seal (12 events) fits the bundle" in said) == (0, True, True)
    assert sealed.notes[1].splitlines()[2] in said


def test_the_program_in_the_bundle_is_ours_and_needs_nothing(sealed: Sealed) -> None:
    source = members_of(export(sealed))["verify.py"]
    imported = {name.name.split(".")[0] for node in ast.walk(ast.parse(source, feature_version=(3, 8)))
                if isinstance(node, ast.Import) for name in node.names}

    assert source == Path(PROGRAM).read_bytes()
    assert imported - {"cryptography"} <= sys.stdlib_module_names


def test_without_cryptography_it_says_to_compare_the_root(sealed: Sealed, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(export(sealed))
    code = f"import sys, runpy; sys.modules['cryptography'] = None; sys.argv = ['verify.py', 'b.zip']; runpy.run_path({PROGRAM!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)

    assert (done.returncode, "签名未核对，请以总哈希为准" in done.stdout) == (0, True)


def test_one_case_alone_is_proven_too(sealed: Sealed) -> None:
    for case in sealed.cases:
        assert findings(export(sealed, case), *sealed.notes) == []


def test_an_unsealed_log_is_said_to_be_unsealed(sealed: Sealed, dba: Dba, tmp_path: Path) -> None:
    dba("DELETE FROM seals")
    code, said = run(tmp_path, export(sealed))

    assert (code, "包内没有封存" in said) == (0, True)


def test_personal_data_are_masked_unless_asked_for(sealed: Sealed) -> None:
    masked, whole = members_of(export(sealed)), members_of(export(sealed, unmask=True))

    assert not any(b"320500199001011234" in data for data in masked.values())
    assert "320500********1234" in masked["cases.json"].decode()
    assert b"320500199001011234" in whole["cases.json"] and b"320500199001011234" in whole["events.jsonl"]
    assert "病历.pdf" in whole["attachments.json"].decode() and "病历.pdf" not in masked["attachments.json"].decode()
    assert findings(packed(whole)) == []
    assert all("snapshot" not in one for one in json.loads(masked["decisions.json"]))
    for event in events_of(masked):
        for name, change in (event["details"] or {}).get("changes", {}).items():
            assert ("key" in change) is (name != "form.id_no")


def test_numbers_in_comments_are_masked(sealed: Sealed) -> None:
    with writing(sealed.sessions) as session:
        sealed.town.session = session
        sealed.town.act(sealed.cases[3], "county", "approve", comment="已电话 138 1234 6021 核实")
    masked, whole = export(sealed), export(sealed, unmask=True)

    assert "1234 6021" not in members_of(masked)["events.jsonl"].decode()
    assert "已电话 **** 核实" in members_of(masked)["events.jsonl"].decode()
    assert "已电话 138 1234 6021 核实" in members_of(whole)["events.jsonl"].decode()
    assert findings(masked) == findings(whole) == []


def test_files_can_be_left_out(sealed: Sealed) -> None:
    members = members_of(export(sealed, include_files=False))

    assert not [name for name in members if name.startswith("files/")]
    assert findings(packed(members)) == []


# --- tampered in the database, then exported ---------------------------------------------------------------

FIRST = "(SELECT id FROM cases WHERE number = 'HB-0001')"
AT_HOME = [
    ("column", f"UPDATE events SET amount_fen = 999 WHERE stream = {FIRST} AND seq = 4"),
    ("actor", f"UPDATE events SET actor_id = 'p-ann' WHERE stream = {FIRST} AND seq = 4"),
    ("prev", f"UPDATE events SET prev = hash WHERE stream = {FIRST} AND seq = 4"),
    ("hash", f"UPDATE events SET hash = (SELECT root FROM seals LIMIT 1) WHERE stream = {FIRST} AND seq = 4"),
    ("body", f"UPDATE events SET body = details WHERE stream = {FIRST} AND seq = 4"),
    ("details", f"UPDATE events SET details = body WHERE stream = {FIRST} AND seq = 4"),
    ("details gone", f"UPDATE events SET details = NULL WHERE stream = {FIRST} AND seq = 4"),
    ("deleted", f"DELETE FROM events WHERE stream = {FIRST} AND seq = 4"),
    ("newest deleted", f"DELETE FROM events WHERE stream = {FIRST} AND seq = 5"),
    ("state", "UPDATE cases SET state = 'draft' WHERE number = 'HB-0001'"),
    ("amount", "UPDATE cases SET amount_fen = 1 WHERE number = 'HB-0001'"),
    ("form", """UPDATE cases SET form = '{"income":"0.00","reason":"火灾"}' WHERE number = 'HB-0001'"""),
    ("decision", f"UPDATE decisions SET actor_id = 'p-ann' WHERE case_id = {FIRST} AND seq = 4"),
    ("decision gone", f"DELETE FROM decisions WHERE case_id = {FIRST} AND seq = 4"),
    ("file", f"UPDATE attachments SET sha256 = '{'e' * 64}'"),
    ("file gone", "DELETE FROM attachments"),
]


@pytest.mark.parametrize(("what", "sql"), AT_HOME, ids=[entry[0] for entry in AT_HOME])
def test_what_a_dba_changed_is_named_at_home_too(sealed: Sealed, dba: Dba, tmp_path: Path, what: str, sql: str) -> None:
    dba(sql)
    code, said = run(tmp_path, export(sealed, sealed.cases[0]))

    assert code == 1
    assert "× HB-0001 第 " in said


def test_a_deleted_case_is_named_at_home(sealed: Sealed, dba: Dba, tmp_path: Path) -> None:
    dba("DELETE FROM cases WHERE number = 'HB-0002'")
    code, said = run(tmp_path, export(sealed, sealed.cases[1]))

    assert (code, sealed.cases[1] in said) == (1, True)


def test_an_older_seal_shows_that_hashes_were_recomputed(sealed: Sealed, dba: Dba, tmp_path: Path) -> None:
    """The DBA renumbers the log without one event and drops the seals; the auditor's own seal remains."""
    newest = sealed.cases[3]
    dba(f"DELETE FROM decisions WHERE case_id = '{newest}'; DELETE FROM events WHERE stream = '{newest}' OR stream = 'account:7';"
        f"DELETE FROM cases WHERE id = '{newest}'; DELETE FROM seals;")
    code, said = run(tmp_path, export(sealed, sealed.cases[0]), seal=sealed.notes[1])

    assert (code, "您的封存有 12 条记录，取证包只到 0 条" in said) == (1, True)


def test_a_seal_removed_from_the_system_has_no_proof(sealed: Sealed, dba: Dba, tmp_path: Path) -> None:
    dba("DELETE FROM seals WHERE size = (SELECT min(size) FROM seals)")
    code, said = run(tmp_path, export(sealed, sealed.cases[0]), seal=sealed.notes[0])

    assert (code, "没有您这份封存（7 条）的衔接证明" in said) == (1, True)


def test_a_changed_seal_is_named_at_home(sealed: Sealed, dba: Dba, tmp_path: Path) -> None:
    dba("UPDATE seals SET note = replace(note, 'at 2026', 'at 2025')")
    code, said = run(tmp_path, export(sealed))

    assert (code, "的签名不对" in said) == (1, True)


def test_a_file_that_is_lost_is_named(sealed: Sealed) -> None:
    class Lost:
        def get(self, stored_as: str) -> bytes:
            raise Damaged(one("LOST", stored_as, stored_as))

    sealed.sessions.configure(info={**sealed.sessions.kw["info"], "store": Lost()})

    assert [line for line in findings(export(sealed)) if "文件已打不开" in line]


# --- tampered after the export -------------------------------------------------------------------------------


def test_damage_anywhere_is_reported_by_the_program(sealed: Sealed, tmp_path: Path) -> None:
    data = export(sealed)
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 1

    assert run(tmp_path, bytes(flipped))[0] in (1, 2)
    assert run(tmp_path, data[:-1])[0] in (1, 2)
    assert run(tmp_path, b"not a zip")[0] == 2
    assert run(tmp_path, data, seal="rubbish")[0] == 1


@pytest.fixture(scope="module")
def exported(shared: Sealed) -> bytes:
    return export(shared)


@settings(max_examples=300)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_bit_of_a_bundle_flipped_is_reported(exported: bytes, place: float, bit: int) -> None:
    data, flipped = exported, bytearray(exported)
    flipped[int(place * len(data))] ^= 1 << bit
    report = Report()
    try:
        check(bytes(flipped), (), None, report)
    except CannotCheck:
        return

    assert report.findings


FORGERIES: list[tuple[str, Callable[[list[dict[str, Any]]], None]]] = []


def forgery(change: Callable[[list[dict[str, Any]]], None]) -> Callable[[list[dict[str, Any]]], None]:
    FORGERIES.append((change.__name__, change))
    return change


def rehash(event: dict[str, Any], body: bytes) -> None:
    event["body"] = base64.b64encode(body).decode()
    event["hash"] = event_hash(bytes.fromhex(event["prev"]), body).hex()


@forgery
def amount_with_recomputed_hash(events: list[dict[str, Any]]) -> None:
    one = next(event for event in events if event["columns"]["amount_fen"] == 380_000)
    one["columns"]["amount_fen"] = 980_000
    rehash(one, base64.b64decode(one["body"]).replace(b"380000", b"980000"))


@forgery
def sealed_step_called_unsealed(events: list[dict[str, Any]]) -> None:
    """Whoever recomputes a whole chain must hide it from the proofs, and then its order gives it away."""
    first = [event for event in events if event["columns"]["stream"] == events[0]["columns"]["stream"]]
    first[0]["leaf"], first[0]["proof"] = None, []


@forgery
def last_step_left_out(events: list[dict[str, Any]]) -> None:
    stream = events[0]["columns"]["stream"]
    events.remove([event for event in events if event["columns"]["stream"] == stream][-1])


@forgery
def steps_swapped(events: list[dict[str, Any]]) -> None:
    events[0], events[1] = events[1], events[0]


@forgery
def proof_shortened(events: list[dict[str, Any]]) -> None:
    next(event for event in events if event["proof"])["proof"].pop()


@forgery
def proof_of_another(events: list[dict[str, Any]]) -> None:
    with_proof = [event for event in events if event["proof"]]
    with_proof[0]["proof"] = with_proof[3]["proof"]


@forgery
def comment_changed(events: list[dict[str, Any]]) -> None:
    next(event for event in events if event["details"] and event["details"]["comment"])["details"]["comment"] = "不同意"


@forgery
def value_changed(events: list[dict[str, Any]]) -> None:
    events[0]["details"]["changes"]["form.income"]["new"] = "0.00"


@forgery
def value_left_out(events: list[dict[str, Any]]) -> None:
    del events[0]["details"]["changes"]["form.income"]


@forgery
def contents_left_out(events: list[dict[str, Any]]) -> None:
    events[0]["details"] = None


@pytest.mark.parametrize(("name", "change"), FORGERIES, ids=[name for name, _ in FORGERIES])
def test_a_forged_event_in_a_repacked_bundle_is_named(shared: Sealed, name: str,
                                                      change: Callable[[list[dict[str, Any]]], None]) -> None:
    members = members_of(export(shared))
    assert findings(packed(members)) == []
    events = events_of(members)
    change(events)
    members["events.jsonl"] = lines(events)

    found = findings(packed(members))
    assert any("第 " in line for line in found)


@pytest.mark.parametrize(("name", "old", "new"), [
    ("cases.json", '"state": "paid"', '"state": "draft"'),
    ("cases.json", '"amount_fen": 380000', '"amount_fen": 80000'),
    ("cases.json", '"number": "HB-0001"', '"number": "HB-9999"'),
    ("decisions.json", '"trigger": "approve"', '"trigger": "reject"'),
    ("attachments.json", '"kind": "proof"', '"kind": "other"'),
    ("definitions/hardship.v1.json", "money", "moneys"),
    ("seals.json", "\\nat 2026", "\\nat 2025"),
])
def test_any_other_part_forged_in_a_repacked_bundle_is_named(shared: Sealed, name: str, old: str, new: str) -> None:
    members = members_of(export(shared))
    assert old in members[name].decode()
    members[name] = members[name].decode().replace(old, new).encode()

    assert findings(packed(members))


def test_a_replaced_file_is_named(shared: Sealed) -> None:
    members = members_of(export(shared))
    name = next(name for name in members if name.startswith("files/"))
    for forged in ({**members, name: b"%PDF-other"}, {key: data for key, data in members.items() if key != name}):
        assert any("的内容与上传时不同" in line for line in findings(packed(forged)))


def test_one_member_missing_means_it_cannot_be_checked(shared: Sealed, tmp_path: Path) -> None:
    members = members_of(export(shared))
    for name in ("events.jsonl", "manifest.json", "seals.json"):
        code, said = run(tmp_path, packed({key: data for key, data in members.items() if key != name}))
        assert (code, "无法核验" in said) == (2, True)
