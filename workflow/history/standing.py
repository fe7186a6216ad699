"""The rows beside the log held against it: cases, decisions, released definitions, attachments.

Part of `verify`; needs no key. Times come from the database as ISO text, as they stand in event bodies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, text

from .findings import LAST, Report, is_case

if TYPE_CHECKING:
    from .verifier import Head

_BATCH = 2000
_CASES = """SELECT c.id, c.number, c.state, c.revision, c.amount_fen, c.last_seq, c.last_hash, c.definition_digest,
    r.digest AS released FROM cases c
    LEFT JOIN releases r ON r.key = c.definition_key AND r.version = c.definition_version"""
_DECISIONS = """SELECT e.leaf_index, e.stream, e.seq, {at} AS at, d.case_id, d.seq AS decided, e.snapshot_digest AS snap,
    d.snapshot_digest AS d_snap, e.from_state, d.state, e."trigger" AS e_trigger, d."trigger" AS d_trigger, e.actor_id,
    d.actor_id AS d_actor, e.role, d.role AS d_role, e.organisation_id, d.organisation_id AS d_org,
    e.at AS e_at, d.at AS d_at, e.amount_fen, d.amount_fen AS d_amount, e.definition_digest, d.definition_digest AS d_def
    FROM (SELECT * FROM events WHERE snapshot_digest IS NOT NULL) e {join}
    JOIN decisions d ON d.case_id = e.stream AND d.seq = e.seq"""
_FILES = """SELECT a.id, a.case_id, a.kind, a.media_type, a.size, a.sha256, {added} AS added_at, a.added_by,
    {removed} AS removed_at FROM attachments a"""


def check(connection: Connection, report: Report, heads: Mapping[str, Head], files: dict[str, list[Any]]) -> int:
    """Report every row that is not what the log made of it; return how many cases there are.

    `heads` is the last event of each stream; `files` what was attached, emptied on the way.
    """
    cases = _check_cases(connection, report, heads)
    _check_decisions(connection, report, heads)
    _check_releases(connection, report, heads)
    _check_files(connection, report, heads, files)
    return cases


def _check_cases(connection: Connection, report: Report, heads: Mapping[str, Head]) -> int:
    seen: set[str] = set()
    for row in rows(connection, _CASES):
        seen.add(row.id)
        head = heads.get(row.id)
        if head is None:
            report.add("EVENTS_GONE", LAST, row.id)
            continue
        say = _sayer(report, "CASE", row.id, head.seq, head.at, head.position)
        if row.last_seq > head.seq:
            report.add("NEWEST_GONE", head.position, row.id, head.seq, head.at, wanted=row.last_seq, found=head.seq)
            continue                 # what it should say went with those events
        say("last_seq", row.last_seq, head.seq)
        say("last_hash", bytes(row.last_hash).hex(), head.hash.hex())
        say("state", row.state, head.state)
        say("revision", row.revision, head.revision)
        say("amount_fen", row.amount_fen, head.amount)
        say("definition_digest", row.definition_digest, head.definition)
        say("number", row.number, head.number)
        if row.released != row.definition_digest:
            report.add("RELEASE_USED", head.position, row.id, head.seq, head.at)
    for stream, head in heads.items():
        if stream not in seen and is_case(stream):
            report.add("CASE_GONE", head.position, stream, head.seq, head.at)
    return len(seen)


def _check_decisions(connection: Connection, report: Report, heads: Mapping[str, Head]) -> None:
    at = _iso(connection, "e.at")
    for row in rows(connection, _DECISIONS.format(at=at, join="LEFT")):
        position = LAST if row.leaf_index is None else row.leaf_index
        if row.case_id is None:
            report.add("DECISION_GONE", position, row.stream, row.seq, row.at)
            continue
        say = _sayer(report, "DECISION", row.stream, row.seq, row.at, position)
        say("state", row.state, row.from_state)
        say("trigger", row.d_trigger, row.e_trigger)
        say("actor_id", row.d_actor, row.actor_id)
        say("role", row.d_role, row.role)
        say("organisation_id", row.d_org, row.organisation_id)
        say("at", row.d_at, row.e_at)
        say("amount_fen", row.d_amount, row.amount_fen)
        say("definition_digest", row.d_def, row.definition_digest)
        say("snapshot_digest", row.d_snap, row.snap)
    for row in rows(connection, """SELECT d.case_id, d.seq FROM decisions d WHERE NOT EXISTS (SELECT 1 FROM events e
            WHERE e.stream = d.case_id AND e.seq = d.seq AND e.snapshot_digest IS NOT NULL)"""):
        head = heads.get(row.case_id)
        report.add("DECISION_EXTRA", head.position if head else LAST, row.case_id, row.seq)


def _check_releases(connection: Connection, report: Report, heads: Mapping[str, Head]) -> None:
    told = {(row.stream, row.definition_digest) for row in rows(
        connection, "SELECT stream, definition_digest FROM events WHERE kind = 'publish'")}
    for row in rows(connection, "SELECT key, version, digest, document, source, source_digest FROM releases"):
        name = f"{row.key} v{row.version}"
        if (sha256(row.document.encode()).hexdigest(), sha256(row.source.encode()).hexdigest()) != (
                row.digest, row.source_digest):
            report.add("RELEASE", LAST, name=name)
        if (f"definition:{row.key}", row.digest) not in told:
            report.add("RELEASE_EVENT", LAST, name=name)


def _check_files(connection: Connection, report: Report, heads: Mapping[str, Head], files: dict[str, list[Any]]) -> None:
    query = _FILES.format(added=_iso(connection, "a.added_at"), removed=_iso(connection, "a.removed_at"))
    for row in rows(connection, query):
        if row.id not in files:
            head = heads.get(row.case_id)
            report.add("FILE_EXTRA", head.position if head else LAST, row.case_id, name=row.id)
            continue
        stream, seq, at, position, extra, removed = files.pop(row.id)
        say = _sayer(report, "FILE", stream, seq, at, position, row.id)
        say("case_id", row.case_id, stream)
        say("added_at", row.added_at, at)
        say("removed_at", row.removed_at, removed)
        for name in ("kind", "media_type", "size", "sha256"):
            if name in extra:
                say(name, getattr(row, name), extra[name])
    for file_id, (stream, seq, at, position, _, _) in files.items():
        report.add("FILE_GONE", position, stream, seq, at, name=file_id)


def _sayer(report: Report, code: str, stream: str, seq: int, at: str, position: float,
           file: str | None = None) -> Callable[[str, object, object], None]:
    """Return `say(column, found, wanted)`, which reports where the two differ."""
    def say(column: str, found: object, wanted: object) -> None:
        if found != wanted:
            facts = {"name": column} if file is None else {"name": file, "column": column}
            report.add(code, position, stream, seq, at, found=_shown(found), wanted=_shown(wanted), **facts)
    return say


def rows(connection: Connection, query: str) -> Iterator[Row[Any]]:
    streaming = connection.execution_options(stream_results=True, yield_per=_BATCH)
    for batch in streaming.execute(text(query)).partitions(_BATCH):
        yield from batch


def _iso(connection: Connection, column: str) -> str:
    if connection.dialect.name != "postgresql":
        return column
    return f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"


def _shown(value: object) -> str:
    return "（空）" if value is None else str(value)
