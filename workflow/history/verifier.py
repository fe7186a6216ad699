"""Recompute everything that can be recomputed, over the exact stored bytes, and say whatever does not fit.

One pass in the order of the log checks chains, columns, leaves and the root of every seal; then the rows that live
beside the log are held against their last event. Reads a snapshot of its own, so a system at work raises no alarm,
and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, NamedTuple

import orjson
from orjson import loads
from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session

from ..errors import Message
from ..privacy import Vault
from ..records import Case, Seal
from . import books, contents, erasures, payouts, standing
from .append import VERSION, origin
from .findings import LAST, Findings, Report, is_case
from .merkle import Frontier, leaf
from .seals import check_note, parse_note

Progress = Callable[[int, int], None]

# The columns that repeat the body, and their names in it.
COLUMNS = (
    ("stream", "stream"), ("seq", "seq"), ("kind", "kind"), ("at", "at"), ("actor_id", "actor"), ("role", "role"),
    ("organisation_id", "org"), ("on_behalf_of", "behalf"), ("trigger", "trigger"), ("from_state", "from"),
    ("to_state", "to"), ("amount_fen", "amount"), ("revision", "rev"), ("definition_digest", "def"),
    ("snapshot_digest", "snap"), ("idem_key", "idem"), ("request_digest", "req"),
)
_KEYS = tuple(key for _, key in COLUMNS)
_WIDTH = len(COLUMNS)
_DEFINITION = _KEYS.index("def")
MOVES = ("migrate", "migrate_undo")              # the only events after which a case goes by another version
_HASH, _LEAF = _WIDTH + 2, _WIDTH + 3            # behind the columns: body, prev, hash, leaf_index, has details
_UTC_TEXT = "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
_BATCH = 2000


class Head(NamedTuple):
    """The last event of a stream."""

    seq: int
    hash: bytes
    state: str | None
    revision: int | None
    amount: int | None
    definition: str | None
    at: str
    position: float
    number: str | None


class _Sealed(NamedTuple):
    size: int
    root: bytes
    at: str | None


def verify(session: Session, *, seal_notes: Sequence[str] = (), progress: Progress | None = None,
           deep: bool = True) -> Findings:
    """Return all that does not fit, first one first; `seal_notes` are notes kept outside, by the auditor.

    `progress(done, total)` is called every few thousand events. Without `deep`, sealed contents (comments, values,
    the facts of decisions) are not opened. Only what is committed is seen. Raises nothing for what it finds.
    """
    with snapshot(session) as reader:
        connection = reader.connection()
        report = Report()
        vault: Vault | None = session.info.get("vault")
        sealed, stored = _seals(reader, report, vault, seal_notes)
        scan = _Scan(report, sealed)
        total = int(connection.execute(text("SELECT count(*) FROM events")).scalar_one())
        for rows in _events(connection):
            scan.take(rows)
            if progress is not None:
                progress(scan.events, total)
        heads = scan.finish()
        cases = standing.check(connection, report, heads, scan.files)
        books.check(connection, report, heads)
        payouts.check(connection, report)
        rightly = erasures.check(connection, report, heads)
        scan.judge(rightly)
        if deep and vault is not None:
            contents.check(reader, report, scan.erased - rightly)
        numbers = _numbers(connection, report.streams())
        return Findings(report.items(numbers), scan.events, cases, stored, scan.frontier.size, scan.frontier.root(),
                        () if vault is not None else (_NO_VAULT,))


_NO_VAULT = Message("NO_KEY", "没有密钥，未核对签名和加密内容", "Without the key, signatures and sealed contents were not checked")


class _Scan:
    """The pass over all events: the end of every stream, the frontier of the log, files attached and taken out."""

    def __init__(self, report: Report, sealed: list[_Sealed]) -> None:
        self.report, self.sealed = report, sealed
        self.frontier = Frontier()
        self.files: dict[str, list[Any]] = {}
        self.erased: set[str] = set()            # streams whose contents were erased, rightly or not
        self.events = 0
        self._last: dict[str, tuple[Any, ...]] = {}
        self._numbers: dict[str, str] = {}       # drawn by a step of the case
        self._due = 0                            # the next place in the log
        self._bare: dict[str, list[tuple[float, int, str]]] = {}
        self._lent: dict[tuple[str, int], str] = {}     # steps of other streams that went with an erased case

    def take(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Check one batch. The few lines every event runs through are written for speed; what is wrong goes elsewhere."""
        last, keys, width, add = self._last, _KEYS, _WIDTH, self.frontier.add
        self.events += len(rows)
        for row in rows:
            body, prev, hashed, index, has_details = row[width:]
            stream, seq = row[0], row[1]
            before = last.get(stream)
            try:
                intact = sha256(b"bangfu-event/1\0" + prev + body).digest() == hashed
                said = loads(body)
                get = said.get
            except (orjson.JSONDecodeError, TypeError, AttributeError):
                intact, said, get = False, {}, None
            if not intact:
                self.report.add("BODY", _position(row), stream, seq, row[3])
            if get is not None and (tuple(map(get, keys)) != row[:width] or said.get("v") != VERSION):
                self._columns(row, said)
            if before is None:
                if seq != 1 or prev != origin(stream):
                    self._chain(row, 1)
            elif seq != before[1] + 1 or prev != before[_HASH]:
                self._chain(row, before[1] + 1)
            if before is not None and row[_DEFINITION] != before[_DEFINITION] or row[2] in MOVES:
                self._version(row, before, said)
            if "extra" in said:
                self._extra(row, said["extra"])
            if row[2] == "erase" and is_case(stream):
                self._bare.pop(stream, None)
            if ("comment" in said or "changes" in said) is not bool(has_details):
                self._uneven(row, said, bool(has_details))
            if index is not None:
                if index != self._due or self.sealed and self.sealed[0].size <= index:
                    self._place(row, index)
                add(sha256(b"\0" + hashed).digest() if type(hashed) is bytes else leaf(str(hashed).encode()))
                self._due = index + 1
            last[stream] = row

    def finish(self) -> dict[str, Head]:
        """Judge the seals beyond the last event; return every stream's end."""
        while self.sealed:
            self._seal(self.sealed.pop(0))
        return {stream: Head(row[1], row[_HASH], row[10], row[12], row[11], row[13], row[3], _position(row),
                             self._numbers.get(stream)) for stream, row in self._last.items()}

    def judge(self, rightly: Container[str]) -> None:
        """Judge what lost its contents: a case's by its own `erase`, those of another stream by that of a case in `rightly`."""
        for stream, steps in self._bare.items():
            for position, seq, at in steps:
                if self._lent.get((stream, seq)) not in rightly:
                    self.report.add("ERASED", position, stream, seq, at)

    def _columns(self, row: tuple[Any, ...], said: dict[str, Any]) -> None:
        position = _position(row)
        for place, (name, key) in enumerate(COLUMNS):
            if row[place] != said.get(key):
                self.report.add("COLUMN", position, row[0], row[1], row[3], name=name, found=_shown(row[place]),
                                wanted=_shown(said.get(key)))
        if said.get("v") != VERSION:
            self.report.add("BODY", position, row[0], row[1], row[3])

    def _version(self, row: tuple[Any, ...], before: tuple[Any, ...] | None, said: dict[str, Any]) -> None:
        """Judge an event under another version than the one before it: only a move says so, and it names both."""
        was, now, extra = _definition(before), said.get("def"), said.get("extra")
        if not said or not is_case(row[0]) or was == now and said.get("kind") not in MOVES:
            return                   # columns that differ from the bytes are told by themselves
        named = (extra.get("from_digest"), extra.get("to_digest")) if isinstance(extra, dict) else None
        if said.get("kind") not in MOVES or named != (was, now):
            self.report.add("VERSION", _position(row), row[0], row[1], row[3])

    def _chain(self, row: tuple[Any, ...], due: int) -> None:
        stream, seq, at, position = row[0], row[1], row[3], _position(row)
        if seq > due:
            self.report.add("MISSING", position, stream, seq, at, first=due, last=seq - 1)
        elif seq < due:
            self.report.add("ORDER", position, stream, seq, at, wanted=due)
        else:
            self.report.add("CHAIN", position, stream, seq, at)

    def _place(self, row: tuple[Any, ...], index: int) -> None:
        """Judge the seals that end before this leaf, and a leaf that is not the next one."""
        if index > self._due:
            self.report.add("LEAF", self._due - 0.5, row[0], row[1], row[3], first=self._due, last=index - 1)
        elif index < self._due:
            self.report.add("REPEATED", index, row[0], row[1], row[3], place=index)
        while self.sealed and self.sealed[0].size <= index:
            self._seal(self.sealed.pop(0))

    def _seal(self, sealed: _Sealed) -> None:
        if sealed.size > max(self._due, self.frontier.size):
            self.report.add("LOG_SHORT", sealed.size - 0.5, at=sealed.at, size=sealed.size, found=self._due)
        elif self.frontier.size != sealed.size or self.frontier.root() != sealed.root:
            self.report.add("SEAL_ROOT", sealed.size - 0.5, at=sealed.at, size=sealed.size)

    def _extra(self, row: tuple[Any, ...], extra: Any) -> None:
        """Take note of files, and of the number where this step drew it."""
        if not isinstance(extra, dict):
            return
        if row[2] == "erase" and not is_case(row[0]) and isinstance(seqs := extra.get("events"), list):
            self._lent |= {(row[0], seq): str(extra.get("case")) for seq in seqs if type(seq) is int and seq < row[1]}
        if row[2] == "attach" and "attachment" in extra:
            self.files[str(extra["attachment"])] = [row[0], row[1], row[3], _position(row), extra, None]
        elif row[2] == "detach" and (file := self.files.get(str(extra.get("attachment")))) is not None:
            file[5] = row[3]
        if isinstance(number := extra.get("number"), str):
            self._numbers[row[0]] = number

    def _uneven(self, row: tuple[Any, ...], said: dict[str, Any], has_details: bool) -> None:
        """Contents without a commitment, or a commitment without contents: the latter is right once an `erase` follows."""
        if has_details:
            self.report.add("DETAILS", _position(row), row[0], row[1], row[3])
        elif said:
            self.erased.add(row[0])
            self._bare.setdefault(row[0], []).append((_position(row), row[1], row[3]))


def _definition(row: tuple[Any, ...] | None) -> Any:
    """The version an event went by, as its bytes say."""
    try:
        return None if row is None else loads(row[_WIDTH]).get("def")
    except (orjson.JSONDecodeError, TypeError, AttributeError):
        return None


def _position(row: tuple[Any, ...]) -> float:
    """The place in the log, after everything where there is none yet."""
    return LAST if row[_LEAF] is None else float(row[_LEAF])


def _events(connection: Connection) -> Iterator[list[tuple[Any, ...]]]:
    """Yield all events in batches: in the order of the log, then those that have no leaf yet.

    Straight from the driver, whose rows are plain tuples: SQLAlchemy's would cost as much again as checking them.
    """
    postgresql = connection.dialect.name == "postgresql"
    names = ", ".join(_UTC_TEXT if postgresql and name == "at" else f'"{name}"' for name, _ in COLUMNS)
    query = f"SELECT {names}, body, prev, hash, leaf_index, details IS NOT NULL FROM events WHERE leaf_index IS"
    driver: Any = connection.connection.driver_connection
    for rest in ("NOT NULL ORDER BY leaf_index", "NULL ORDER BY id"):
        cursor = driver.cursor("verify") if postgresql else driver.cursor()
        try:
            cursor.execute(f"{query} {rest}")
            while batch := cursor.fetchmany(_BATCH):
                yield batch
        finally:
            cursor.close()


def _seals(session: Session, report: Report, vault: Vault | None, notes: Sequence[str]) -> tuple[list[_Sealed], int]:
    """Check every note by itself; return what the log must show, by size, and how many seals are stored."""
    key = vault.signing_key().public_key() if vault is not None else None
    claims, rows = [], session.execute(select(Seal).order_by(Seal.size)).scalars().all()
    for row in rows:
        at = f"{row.sealed_at:%Y-%m-%dT%H:%M:%S.%f}Z"
        claims.append(_Sealed(row.size, row.root, at))
        if not _row_is_its_note(row, at):
            report.add("SEAL_ROW", row.size - 0.5, at=at, size=row.size)
        if key is not None and not check_note(row.note, key):
            report.add("SEAL_SIGNATURE", row.size - 0.5, at=at, size=row.size)
    kept = {row.note for row in rows}
    for note in notes:
        try:
            parsed = parse_note(note)
        except ValueError:
            report.add("SEAL_UNREADABLE", -1)
            continue
        if key is not None and not check_note(note, key):
            report.add("SEAL_SIGNATURE", parsed.size - 0.5, at=parsed.sealed_at, size=parsed.size)
        if note not in kept:
            report.add("SEAL_GONE", parsed.size - 0.5, at=parsed.sealed_at, size=parsed.size)
        claims.append(_Sealed(parsed.size, parsed.root, parsed.sealed_at))
    return sorted({(c.size, c.root): c for c in claims}.values(), key=lambda c: c.size), len(rows)


def _row_is_its_note(row: Seal, at: str) -> bool:
    try:
        note, frontier = parse_note(row.note), Frontier.unpacked(row.size, bytes(row.peaks))
    except ValueError:
        return False
    return (note.size, note.root, note.sealed_at, frontier.root()) == (row.size, row.root, at, row.root)


def _numbers(connection: Connection, streams: set[str]) -> dict[str, str | None]:
    if not streams:
        return {}
    if len(streams) > 500:           # beyond any list of parameters: read them all
        rows = connection.execute(select(Case.id, Case.number))
    else:
        rows = connection.execute(select(Case.id, Case.number).where(Case.id.in_(streams)))
    return {row.id: row.number for row in rows}


@contextmanager
def snapshot(session: Session) -> Iterator[Session]:
    """A session that sees one committed state throughout; on PostgreSQL READ COMMITTED would see a new one each query."""
    engine = session.get_bind().engine.execution_options(tx="read")
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with Session(engine, info=session.info) as reader:
        yield reader


def _shown(value: object) -> str:
    return "（空）" if value is None else str(value)
