"""Erasures held against the rules: contents may be gone only where an `erase` event says so, and it only once the time was over.

Part of `verify`; needs no key. When the case ended is read from its events, how long it is kept from the definition it went by.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Connection

from ..calendar import working_calendar
from ..language.definition import Duration
from .findings import LAST, Report, is_case
from .standing import rows

if TYPE_CHECKING:
    from .verifier import Head

_KEPT = re.compile(r"([1-9][0-9]{0,3}) ?(month|year)s?\Z")
_ERASED = """SELECT e.stream, e.seq, e.at, e.body, e.leaf_index, r.document, (SELECT body FROM events l WHERE l.stream = e.stream AND l.seq < e.seq
    AND (l.from_state IS NOT NULL AND l.from_state <> l.to_state OR l.kind = 'import') ORDER BY l.seq DESC LIMIT 1) AS last
    FROM events e LEFT JOIN releases r ON r.digest = e.definition_digest WHERE e.kind = 'erase' ORDER BY e.stream, e.seq"""
_EMPTY = (("SNAPSHOT_GONE", "SELECT case_id, seq FROM decisions WHERE snapshot IS NULL ORDER BY case_id, seq"),
          ("OBJECTION_GONE", "SELECT case_id, seq FROM objections WHERE sealed IS NULL ORDER BY case_id, seq"),
          ("NOTICE_GONE", "SELECT case_id, entry AS seq FROM notices WHERE content = '[]' ORDER BY case_id, entry"),
          ("RETURN_GONE", "SELECT case_id, 0 AS seq FROM repayments WHERE reason = '' ORDER BY case_id"),
          ("PAYEE_GONE", "SELECT case_id, 0 AS seq FROM grant_lines WHERE sealed IS NULL ORDER BY case_id"),
          ("PAYEE_GONE", "SELECT case_id, 0 AS seq FROM payment_lines WHERE sealed IS NULL ORDER BY case_id"),
          ("FILE_END_GONE", "SELECT case_id, 0 AS seq FROM hardship_files WHERE status <> 'on_file' AND end_reason = '' AND case_id IS NOT NULL"))


def check(connection: Connection, report: Report, heads: Mapping[str, Head]) -> frozenset[str]:
    """Report what is gone without a right to be; return the cases that were erased rightly."""
    erased: dict[str, int] = {}
    told: set[str] = set()
    for row in rows(connection, _ERASED):
        if not is_case(row.stream):          # streams of accounts and the like have no retention period of a programme
            continue
        told.add(row.stream)
        if _over(row):
            erased[row.stream] = row.seq
        else:
            report.add("ERASE_EARLY", LAST if row.leaf_index is None else row.leaf_index, row.stream, row.seq, orjson.loads(bytes(row.body)).get("at"))
    for code, query in _EMPTY:
        for row in rows(connection, query):
            if row.seq >= erased.get(row.case_id, 0):
                head = heads.get(row.case_id)
                report.add(code, head.position if head else LAST, row.case_id, row.seq or None)
    for row in rows(connection, "SELECT id FROM cases WHERE erased_at IS NOT NULL"):
        if row.id not in told:
            head = heads.get(row.id)
            report.add("ERASE_UNTOLD", head.position if head else LAST, row.id)
    return frozenset(erased)


def _over(row: Any) -> bool:
    """Whether the retention period of the case was over when it was erased."""
    try:
        kept = _KEPT.match(str(orjson.loads(row.document).get("retention")))
        last, at = orjson.loads(bytes(row.last)), datetime.fromisoformat(orjson.loads(bytes(row.body))["at"])
        # A case from before this system ended on the day its list said, not when it was imported.
        ended = datetime.fromisoformat(last["extra"]["ended_on"] + "T04:00:00+00:00" if last["kind"] == "import" else last["at"])
    except (orjson.JSONDecodeError, TypeError, ValueError, KeyError, AttributeError):
        return False
    if kept is None:
        return False
    return at >= working_calendar().due(ended, Duration(int(kept[1]), "years" if kept[2] == "year" else "months"))
