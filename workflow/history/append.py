"""Writing one event: canonical bytes, chained to the event before, one INSERT.

`body` is what is hashed and is never serialised again. It holds no personal data: comment and values stand in it only
as commitments, HMACs under a key made from the event's random salt, one key a field, so that one field may be shown
and proven without helping anyone to guess the others. The salt and the values are sealed in `details`; erasing those
leaves the chain whole. `hash` = SHA-256("bangfu-event/1\\0" + prev + body).
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Container, Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

import orjson
from sqlalchemy import String, bindparam, insert, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from ..actors import Actor
from ..errors import Damaged, one
from ..privacy import vault
from ..records import Event
from ..records.base import utc_text
from ..statements import Prepared, Rows

VERSION = 1
PLACE = "events.details"

# Text, whole numbers, true, false, null, lists and objects of these. OPT_STRICT_INTEGER refuses what a double cannot
# hold, so that every reader, JavaScript included, sees the number that was hashed.
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_ATOMS = frozenset({str, int, bool, type(None)})
_COLUMNS = tuple(name for name in Event.__table__.c.keys() if name not in ("id", "leaf_index"))
_INSERT = Prepared(insert(Event.__table__).inline(), _COLUMNS)  # inline: nobody needs the id back
_ADD = Rows(Event.__table__, _COLUMNS)
_LAST = text("SELECT seq, hash FROM events WHERE stream = :stream ORDER BY seq DESC LIMIT 1")
# Two transactions that append to one stream wait for each other instead of meeting at the unique constraint.
_QUEUE = text("SELECT pg_advisory_xact_lock(hashtextextended('bangfu-stream ' || :stream, 0))")
# The same for many streams and in their order; OFFSET keeps the server from taking the locks in an order of its own.
_QUEUE_ALL = text("SELECT count(pg_advisory_xact_lock(key)) FROM (SELECT hashtextextended('bangfu-stream ' || stream, 0) AS key"
                  " FROM unnest(:streams) WITH ORDINALITY AS given(stream, place) ORDER BY place OFFSET 0) AS keys").bindparams(
    bindparam("streams", type_=ARRAY(String)))
_ENDS = text("SELECT stream, seq, hash FROM events WHERE (stream, seq) IN (SELECT stream, max(seq) FROM events WHERE stream IN :streams GROUP BY stream)").bindparams(
    bindparam("streams", expanding=True))
_PAGE = 500


class Appended(NamedTuple):
    """Where the event stands in its stream, and the hash the next one chains to."""

    seq: int
    hash: bytes


def origin(stream: str) -> bytes:
    """Return what the first event of a stream has for `prev`."""
    return sha256(b"bangfu-stream/1\0" + stream.encode()).digest()


def event_hash(prev: bytes, body: bytes) -> bytes:
    return sha256(b"bangfu-event/1\0" + prev + body).digest()


def canonical(value: Any) -> bytes:
    """Return the one way to write `value` as JSON; raises `TypeError` for anything that is not exact in every reader.

    Floats are refused (money is 分 or text), and so are times, Decimals and whole numbers beyond 2^53 - 1.
    """
    if value is None:
        return b"null"
    if type(value) not in _ATOMS:
        _exact(value)
    return orjson.dumps(value, option=_OPTIONS)


def field_key(salt: bytes, name: str) -> bytes:
    """Return the key of one field's commitments: what an auditor is given together with the value."""
    return hmac.digest(salt, name.encode(), "sha256")


def commitment(key: bytes, side: str, value: Any) -> str:
    """Return the HMAC, in hex, of one value; `side` is `old`, `new` or `comment`."""
    return hmac.digest(key, side.encode() + b"\0" + canonical(value), "sha256").hex()


def append(
    session: Session, *, stream: str, seq: int, prev: bytes | None, kind: str, at: datetime, actor: Actor, role: str,
    organisation_id: int | None = None, on_behalf_of: str | None = None, trigger: str | None = None,
    from_state: str | None = None, to_state: str | None = None, amount_fen: int | None = None,
    revision: int | None = None, definition_digest: str | None = None, snapshot_digest: str | None = None,
    idem_key: str | None = None, request_digest: str | None = None, comment: str = "",
    changes: Mapping[str, tuple[Any, Any]] = {}, extra: Mapping[str, Any] = {},  # noqa: B006
) -> Appended:
    """Add one event after `prev`, the hash of event `seq - 1` (None for the first).

    `changes` is {full field name: (old, new)}; values and `comment` are sealed. `extra` is written in clear for good:
    ids, codes, digests and counts, never a name. Does not flush the session: what the row refers to (people,
    organisations) must be in the database already, and the case row is written after. Raises `TypeError` for a value
    that is not exact JSON.
    """
    row = _row(
        session, stream, seq, prev, kind, at, actor, role, organisation_id=organisation_id, on_behalf_of=on_behalf_of, trigger=trigger,
        from_state=from_state, to_state=to_state, amount_fen=amount_fen, revision=revision, definition_digest=definition_digest,
        snapshot_digest=snapshot_digest, idem_key=idem_key, request_digest=request_digest, comment=comment, changes=changes, extra=extra)
    _INSERT(session.connection(), row)
    return Appended(seq, row["hash"])


def _row(
    session: Session, stream: str, seq: int, prev: bytes | None, kind: str, at: datetime, actor: Actor, role: str, *,
    organisation_id: int | None = None, on_behalf_of: str | None = None, trigger: str | None = None,
    from_state: str | None = None, to_state: str | None = None, amount_fen: int | None = None,
    revision: int | None = None, definition_digest: str | None = None, snapshot_digest: str | None = None,
    idem_key: str | None = None, request_digest: str | None = None, comment: str = "",
    changes: Mapping[str, tuple[Any, Any]] = {}, extra: Mapping[str, Any] = {},  # noqa: B006
) -> dict[str, Any]:
    """Return the row of an event; arguments as for `append`."""
    body: dict[str, Any] = {
        "v": VERSION, "stream": stream, "seq": seq, "kind": kind, "role": role, "via": actor.via,
        "at": utc_text(at),
    }
    for name, value in (
        ("actor", actor.person_id), ("org", organisation_id), ("behalf", on_behalf_of), ("trigger", trigger),
        ("from", from_state), ("to", to_state), ("amount", amount_fen), ("rev", revision), ("def", definition_digest),
        ("snap", snapshot_digest), ("idem", idem_key), ("req", request_digest),
    ):
        if value is not None:
            body[name] = value
    if extra:
        body["extra"] = dict(extra)
    _exact(body)                     # before the commitments, which are text of our own making
    details = _commit(session, body, f"{stream}:{seq}", comment, changes) if comment or changes else None
    written = orjson.dumps(body, option=_OPTIONS)
    prev = prev if prev is not None else origin(stream)
    link = event_hash(prev, written)
    return {
        "stream": stream, "seq": seq, "kind": kind, "at": at, "actor_id": actor.person_id, "role": role,
        "organisation_id": organisation_id, "on_behalf_of": on_behalf_of, "trigger": trigger,
        "from_state": from_state, "to_state": to_state, "amount_fen": amount_fen, "revision": revision,
        "definition_digest": definition_digest, "snapshot_digest": snapshot_digest, "idem_key": idem_key,
        "request_digest": request_digest, "body": written, "prev": prev, "hash": link, "details": details,
    }


def append_to(session: Session, stream: str, **event: Any) -> Appended:
    """Add one event at the end of a stream whose last event the caller does not hold; arguments as for `append`."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(_QUEUE, {"stream": stream})
    last = connection.execute(_LAST, {"stream": stream}).one_or_none()
    seq, prev = (last.seq + 1, last.hash) if last else (1, None)
    return append(session, stream=stream, seq=seq, prev=prev, **event)


def append_all(session: Session, events: Iterable[Mapping[str, Any]], new: Container[str] = ()) -> dict[str, Appended]:
    """Add many events in one go, each at the end of its stream; return where every stream they are in ends now.

    Each has the arguments of `append_to`, `stream` among them. Streams in `new` begin here: nobody looks for their end.
    """
    events, connection = list(events), session.connection()
    ends: dict[str, tuple[int, bytes | None]] = {event["stream"]: (0, None) for event in events}
    going_on = sorted(stream for stream in ends if stream not in new)  # sorted: two imports never wait for each other in a ring
    if going_on and connection.dialect.name == "postgresql":
        connection.execute(_QUEUE_ALL, {"streams": going_on})
    for start in range(0, len(going_on), _PAGE):
        for stream, seq, link in connection.execute(_ENDS, {"streams": going_on[start:start + _PAGE]}):
            ends[stream] = (seq, link)
    rows = []
    for event in events:
        stream = event["stream"]
        seq, prev = ends[stream]
        rows.append(_row(session, **{**event, "seq": seq + 1, "prev": prev}))
        ends[stream] = (seq + 1, rows[-1]["hash"])
    _ADD(connection, rows)
    return {stream: Appended(seq, prev) for stream, (seq, prev) in ends.items() if prev is not None}


def details(session: Session, event: Event) -> dict[str, Any]:
    """Return {"comment": text, "changes": {field: [old, new]}} of an event, proven against the commitments in `body`.

    Both are empty where there was nothing, or where it has been erased. Raises `Damaged` where what is stored does
    not decrypt or is not what was committed to.
    """
    opened = open_details(session, event.stream, event.seq, event.details)
    if opened is None:
        return {"comment": "", "changes": {}}
    if not kept(orjson.loads(event.body), opened):
        raise Damaged(one("DETAILS", "该步骤的意见或字段内容与存证不符，请联系审计员",
                          "The comment or values of this step do not match their commitments; tell the auditor"))
    return {"comment": opened["comment"], "changes": opened["changes"]}


def open_details(session: Session, stream: str, seq: int, sealed: bytes | None) -> dict[str, Any] | None:
    """Return {"salt": hex, "comment", "changes"} as it was sealed, None where there is none; raises `Damaged`."""
    if sealed is None:
        return None
    opened = vault(session).open_json(PLACE, f"{stream}:{seq}", sealed)
    return dict(opened)


def kept(body: Mapping[str, Any], opened: Mapping[str, Any]) -> bool:
    """Say whether opened details are exactly what `body` committed to: no value more, less or different."""
    salt = bytes.fromhex(opened["salt"])
    comment = opened["comment"]
    said = commitment(field_key(salt, "comment"), "comment", comment) if comment else None
    changes = {name: _sides(salt, name, old, new) for name, (old, new) in opened["changes"].items()}
    return said == body.get("comment") and changes == body.get("changes", {})


def _commit(session: Session, body: dict[str, Any], row: str, comment: str,
            changes: Mapping[str, tuple[Any, Any]]) -> bytes:
    """Put the commitments into `body`; return what they commit to, sealed."""
    salt = os.urandom(32)
    if comment:
        body["comment"] = commitment(field_key(salt, "comment"), "comment", comment)
    if changes:
        body["changes"] = {name: _sides(salt, name, old, new) for name, (old, new) in changes.items()}
    values = {name: [old, new] for name, (old, new) in changes.items()}
    sealed: bytes = vault(session).seal_json(PLACE, row, {"salt": salt.hex(), "comment": comment, "changes": values})
    return sealed


def _sides(salt: bytes, name: str, old: Any, new: Any) -> list[str]:
    key = field_key(salt, name)
    return [commitment(key, "old", old), commitment(key, "new", new)]


def _exact(value: Any) -> None:
    """Raise `TypeError` unless `value` is JSON without floats; orjson alone would write floats, times and enums."""
    kind = type(value)
    if kind in _ATOMS:
        return
    if kind is dict:
        for key, inner in value.items():
            if type(key) is not str:
                raise TypeError(f"an event key must be text, not {key!r}")
            if type(inner) not in _ATOMS:
                _exact(inner)
    elif kind is list or kind is tuple:
        for inner in value:
            _exact(inner)
    else:
        raise TypeError(f"an event holds text, whole numbers, true, false and null, not {kind.__name__}: {value!r}")
