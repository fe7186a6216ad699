"""Verifying the whole history, to reading the same rows and doing nothing with them."""

from __future__ import annotations

from time import perf_counter

from sqlalchemy import text
from sqlalchemy.orm import Session

from workflow import history
from workflow.db import reading, writing
from workflow.history.verifier import COLUMNS

from .county import County
from .databases import Databases
from .measure import Ratio, ratio

CASES = 20_000                           # five events each
ROUNDS = 3
GROUP = "Verifying the history, to reading its rows (events/s)"
_ROWS = text(f'SELECT {", ".join(f"""{chr(34)}{name}{chr(34)}""" for name, _ in COLUMNS)}, body, prev, hash, leaf_index, '
             "details IS NOT NULL FROM events ORDER BY leaf_index")


def run(databases: Databases, cases: int = CASES) -> list[Ratio]:
    found = []
    for kind in ("postgresql", "sqlite"):
        county = County(databases.new(kind))
        county.copy(county.before_the_leader(), cases, 2000)
        with writing(county.sessions) as session:
            while history.sequence(session, 50_000):
                pass
            if kind == "postgresql":
                session.execute(text("ANALYZE"))
        whole: list[float] = []
        chains: list[float] = []
        rows: list[float] = []
        with reading(county.sessions) as session:
            for _ in range(ROUNDS):
                rows.append(_rows(session))
                chains.append(_verified(session, deep=False))
                whole.append(_verified(session, deep=True))
        found.append(ratio(GROUP, f"{kind}: chains, columns, leaves, cases", chains, rows, "1/s", "1M in < 5 s"))
        found.append(ratio(GROUP, f"{kind}: sealed contents opened as well", whole, rows, "1/s"))
        county.sessions.kw["bind"].dispose()
    return found


def _verified(session: Session, *, deep: bool) -> float:
    begun = perf_counter()
    findings = history.verify(session, deep=deep)
    taken = perf_counter() - begun
    if findings.items:
        raise RuntimeError(f"the verifier found something: {findings.items[0]}")
    return findings.events / taken


def _rows(session: Session) -> float:
    begun, count = perf_counter(), 0
    for some in session.connection().execution_options(stream_results=True, yield_per=2000).execute(_ROWS).partitions(2000):
        count += len(some)
    return count / (perf_counter() - begun)
