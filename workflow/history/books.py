"""The funds' books held against themselves and against the log. Part of `verify`; needs no key.

Totals must be the sums of the entries, what is held the sum of the open holds, every movement must name an event that
exists, and what a case reserved or spent must be the amount its events say was decided.
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
    COALESCE((SELECT SUM(h.amount) FROM holds h WHERE h.pool_id = p.id AND h.status = 'open'), 0) AS open,
    COALESCE((SELECT SUM(h.amount - h.returned) FROM holds h WHERE h.pool_id = p.id AND h.status = 'spent'), 0) AS out
    FROM pools p LEFT JOIN ledger_entries e ON e.pool_id = p.id
    GROUP BY p.id, p.key, p.total, p.held, p.spent, p.entries"""
_ENTRIES = """SELECT p.key, p.unit, l.pool_id, l.n, l.kind, l.from_account, l.amount, l.stream, l.seq, l.hold_id, h.case_id,
    h.status, h.amount AS held, e.seq AS told, e.amount_fen, CASE WHEN l.stream LIKE 'pool:%' THEN e.body END AS body
    FROM ledger_entries l JOIN pools p ON p.id = l.pool_id LEFT JOIN holds h ON h.id = l.hold_id
    LEFT JOIN events e ON e.stream = l.stream AND e.seq = l.seq ORDER BY l.pool_id, l.n"""
_STATUS = {"hold": ("open", "released", "spent"), "release": ("released",), "spend": ("spent",), "return": ("spent",)}


def check(connection: Connection, report: Report, heads: Mapping[str, Head]) -> None:
    """Report every pool, hold and entry that does not fit."""
    for row in rows(connection, _POOLS):
        for name, found, wanted in (("total", row.total, row.granted), ("held", row.held, row.reserved), ("spent", row.spent, row.paid),
                                    ("entries", row.entries, row.written), ("entries", row.newest, row.written),
                                    ("held", row.open, row.reserved), ("spent", row.out, row.paid)):
            if found != wanted:
                report.add("POOL", LAST, name=row.key, column=name, found=found, wanted=wanted)
    for row in rows(connection, _ENTRIES):
        if row.told is None:
            report.add("ENTRY_EVENT", LAST, name=row.key, place=row.n)
        elif not _fits(row):
            head = heads.get(row.stream)
            report.add("ENTRY", head.position if head else LAST, row.stream, row.seq, name=row.key, place=row.n)


def _fits(row: Any) -> bool:
    """Whether an entry says what its event says, and its hold what it says."""
    if row.hold_id is None:
        wanted = row.amount if row.from_account == "source" else -row.amount
        return row.body is not None and orjson.loads(bytes(row.body)).get("extra", {}).get("amount") == wanted
    if row.status not in _STATUS[row.kind]:
        return False
    if row.kind == "return":
        return bool(row.amount <= row.held)
    decided = row.unit != "money" or row.kind == "release" or row.amount == row.amount_fen
    return bool(decided and row.amount == row.held and row.stream == row.case_id)

