"""The funds' books held against themselves and against the log. Part of `verify`; needs no key.

Totals must be the sums of the entries, what is held the sum of the open holds, every movement must name an event that
exists, and what a case reserved or spent must be the amount its events say was decided, or less where lines were dropped.
What came back for a case is the sum of its entries, what was moved out of one pool went into another, and a pool closed on
the day its events say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Connection

from .findings import LAST, Report
from .standing import rows

if TYPE_CHECKING:
    from .verifier import Head

_SUM = "COALESCE(SUM(CASE WHEN to_account = '{0}' THEN amount WHEN from_account = '{0}' THEN -amount ELSE 0 END), 0)"
_POOLS = f"""SELECT p.id, p.key, p.total, p.held, p.spent, p.entries, COUNT(e.n) AS written, COALESCE(MAX(e.n), 0) AS newest,
    -{_SUM.format("source")} AS granted, {_SUM.format("held")} AS reserved, {_SUM.format("spent")} AS paid,
    COALESCE((SELECT SUM(h.amount) FROM holds h WHERE h.pool_id = p.id AND h.status = 'open'), 0) AS open, p.closed_on
    FROM pools p LEFT JOIN ledger_entries e ON e.pool_id = p.id
    GROUP BY p.id, p.key, p.total, p.held, p.spent, p.entries, p.closed_on"""
_ENTRIES = """SELECT p.key, p.unit, l.pool_id, l.n, l.kind, l.from_account, l.amount, l.stream, l.seq, l.hold_id, h.case_id,
    h.status, h.amount AS held, e.seq AS told, e.amount_fen, CASE WHEN l.hold_id IS NULL THEN e.body END AS body,
    (SELECT SUM(g.amount_fen) FROM grant_lines g WHERE g.case_id = h.case_id AND g.status = 'paid' AND l.amount <> e.amount_fen) AS lines,
    (SELECT SUM(m.amount) FROM ledger_entries m WHERE m.stream = l.stream AND m.seq = l.seq AND m.kind = l.kind AND m.pool_id <> l.pool_id
     AND m.from_account <> l.from_account AND l.kind IN ('transfer','carry')) AS moved
    FROM ledger_entries l JOIN pools p ON p.id = l.pool_id LEFT JOIN holds h ON h.id = l.hold_id
    LEFT JOIN events e ON e.stream = l.stream AND e.seq = l.seq ORDER BY l.pool_id, l.n"""
_HOLDS = """SELECT h.id, h.case_id, p.key, h.returned, h.status,
    COALESCE(SUM(CASE WHEN l.kind IN ('return','recover') THEN l.amount ELSE 0 END), 0) AS back,
    COALESCE(SUM(CASE WHEN l.kind = 'hold' THEN 1 ELSE 0 END), 0) AS held,
    COALESCE(SUM(CASE WHEN l.kind IN ('release','spend') THEN 1 ELSE 0 END), 0) AS resolved,
    COALESCE(SUM(CASE WHEN l.kind IN ('hold','release','spend') AND l.pool_id <> h.pool_id THEN 1 ELSE 0 END), 0) AS strayed
    FROM holds h JOIN pools p ON p.id = h.pool_id LEFT JOIN ledger_entries l ON l.hold_id = h.id
    GROUP BY h.id, h.case_id, p.key, h.returned, h.status"""
_CLOSINGS = "SELECT stream, body FROM events WHERE kind = 'close' AND stream LIKE 'pool:%' ORDER BY stream, seq"
_STATUS = {"hold": ("open", "released", "spent"), "release": ("released",), "spend": ("spent",), "return": ("spent",), "recover": ("spent",)}


def check(connection: Connection, report: Report, heads: Mapping[str, Head]) -> None:
    """Report every pool, hold and entry that does not fit."""
    closings = {row.stream: _said(row.body, "closes_on") for row in rows(connection, _CLOSINGS)}
    for row in rows(connection, _POOLS):
        for name, found, wanted in (("total", row.total, row.granted), ("held", row.held, row.reserved), ("spent", row.spent, row.paid),
                                    ("entries", row.entries, row.written), ("entries", row.newest, row.written),
                                    ("held", row.open, row.reserved), ("closed_on", str(row.closed_on or "") or None, closings.get(f"pool:{row.id}"))):
            if found != wanted:
                report.add("POOL", LAST, name=row.key, column=name, found=found, wanted=wanted)
    for row in rows(connection, _HOLDS):
        if row.back != row.returned or row.held != 1 or row.resolved != (row.status != "open") or row.strayed:
            head = heads.get(row.case_id)
            report.add("HOLD", head.position if head else LAST, row.case_id, name=row.key)
    for row in rows(connection, _ENTRIES):
        if row.told is None:
            report.add("ENTRY_EVENT", LAST, name=row.key, place=row.n)
        elif not _fits(row):
            head = heads.get(row.stream)
            report.add("ENTRY", head.position if head else LAST, row.stream, row.seq, name=row.key, place=row.n)


def _fits(row: Any) -> bool:
    """Whether an entry says what its event says, and its hold what it says."""
    if row.hold_id is None:
        said = _said(row.body, "amount")
        if row.kind in ("transfer", "carry"):
            return bool(said == row.amount == row.moved)
        return bool(said == (-row.amount if row.from_account == "available" and row.kind == "adjust" else row.amount))
    if row.status not in _STATUS[row.kind]:
        return False
    if row.kind in ("return", "recover"):
        return bool(row.amount <= row.held and row.stream == row.case_id)
    decided = row.unit != "money" or row.kind == "release" or row.amount in (row.amount_fen, row.lines)
    return bool(decided and row.amount == row.held and row.stream == row.case_id)


def _said(body: Any, name: str) -> Any:
    """Return what an event says of `name`; None where it says nothing that can be read, which fits nothing."""
    try:
        return orjson.loads(bytes(body or b"{}")).get("extra", {}).get(name)
    except (orjson.JSONDecodeError, AttributeError):
        return None
