"""Payment batches held against the log. Part of `verify`; needs no key.

A sealed batch has as many lines, of as much money and with the digest, as its seal says; its file is the one that was
sent; and a line is paid or failed because an answer of the bank, or a signed receipt, says so.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import orjson
from sqlalchemy import Connection

from .findings import LAST, Report
from .standing import rows

_BATCHES = """SELECT b.id, b.number, b.status, b.count AS size, b.total_fen, b.digest, b.file_sha256, COUNT(l.id) AS written,
    COALESCE(SUM(l.amount_fen), 0) AS money FROM payment_batches b LEFT JOIN payment_lines l ON l.batch_id = b.id
    GROUP BY b.id, b.number, b.status, b.count, b.total_fen, b.digest, b.file_sha256"""
_LINES = "SELECT b.number, b.id, l.n, l.status, l.answer_seq FROM payment_lines l JOIN payment_batches b ON b.id = l.batch_id WHERE b.status IN ('sent','closed')"
_EVENTS = "SELECT stream, seq, kind, body FROM events WHERE stream LIKE 'payment:%' ORDER BY stream, seq"


def check(connection: Connection, report: Report) -> None:
    """Report every batch and line that is not what its events say."""
    said: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    settled: dict[tuple[str, int], tuple[str, int]] = {}
    for event in rows(connection, _EVENTS):
        extra = _extra(event.body)
        if event.kind in ("seal", "send"):
            said[event.stream][event.kind] = extra
        for status in ("paid", "failed"):
            for n in extra.get(status, ()):
                settled[event.stream, int(n)] = (status, event.seq)
    for row in rows(connection, _BATCHES):
        stream = f"payment:{row.id}"
        if row.status in ("draft", "void"):
            continue
        seal, send = said[stream].get("seal", {}), said[stream].get("send", {})
        for name, found, wanted in (("count", row.size, seal.get("count")), ("count", row.written, seal.get("count")),
                                    ("total", row.total_fen, seal.get("total")), ("total", int(row.money), seal.get("total")),
                                    ("digest", row.digest, seal.get("digest")), ("file", row.file_sha256, send.get("file"))):
            if found != wanted:
                report.add("PAYMENT", LAST, name=row.number, column=name, found=found, wanted=wanted)
    for line in rows(connection, _LINES):
        if (line.status, line.answer_seq) != settled.get((f"payment:{line.id}", line.n), ("sent", None)):
            report.add("PAYMENT_LINE", LAST, name=line.number, place=line.n)


def _extra(body: Any) -> dict[str, Any]:
    """Return what an event says in clear; nothing where that cannot be read, which fits nothing."""
    try:
        found = orjson.loads(bytes(body or b"{}")).get("extra", {})
    except (orjson.JSONDecodeError, AttributeError):
        return {}
    return found if isinstance(found, dict) else {}
