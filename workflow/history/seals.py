"""Seals: signed checkpoints of the log, in the form of C2SP signed notes (tlog-checkpoint).

A note is text that can be printed, mailed and kept by somebody else: origin, size, root, the time, an empty line, and
a signature. Whoever holds an older one can prove that nothing before it was changed, removed or put in.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from ..errors import Damaged, one
from ..privacy import vault
from ..records import Seal
from .merkle import Frontier, leaf
from .sequencer import sequence_all

_ED25519 = b"\x01"
_LEAVES = text("SELECT leaf_index, hash FROM events WHERE leaf_index >= :size ORDER BY leaf_index")
_INSERT = insert(Seal.__table__)


@dataclass(frozen=True, slots=True)
class Signature:
    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note. `signed` is the text the signatures are over; `extensions` are lines after the root."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...]
    signed: str
    signatures: tuple[Signature, ...]

    @property
    def sealed_at(self) -> str | None:
        """The time it was written, as signed: UTC with microseconds and Z."""
        return next((line[3:] for line in self.extensions if line.startswith("at ")), None)


def seal(session: Session, now: datetime, origin: str) -> str:
    """Give every event its leaf, sign the size and root of the log, keep and return the note.

    The same note comes back while nothing was added. `origin` names the log for good: a host name or path, without
    spaces or `+`. Needs a write transaction. Raises `Damaged` where the log no longer fits its newest seal.
    """
    if not origin or any(character.isspace() or character == "+" for character in origin):
        raise ValueError("the origin of a log has no spaces and no plus sign")
    size = sequence_all(session)
    last = session.execute(select(Seal.size, Seal.root, Seal.peaks, Seal.note).order_by(Seal.size.desc()).limit(1)
                           ).one_or_none()
    if last is not None and last.size == size:
        return str(last.note)
    frontier = _frontier(last.size, last.peaks, last.root) if last is not None else Frontier()
    for index, hashed in session.connection().execute(_LEAVES, {"size": frontier.size}):
        if index != frontier.size:
            raise _unfit(frontier.size)
        frontier.add(leaf(bytes(hashed)))
    if frontier.size != size:
        raise _unfit(frontier.size)
    at = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    note = write_note(origin, size, frontier.root(), vault(session).signing_key(), (f"at {at}",))
    session.connection().execute(_INSERT, {
        "size": size, "root": frontier.root(), "peaks": frontier.packed(), "note": note, "sealed_at": now})
    return note


def newest(session: Session) -> str | None:
    """Return the newest note, None where the log was never sealed."""
    return session.scalar(select(Seal.note).order_by(Seal.size.desc()).limit(1))


def write_note(origin: str, size: int, root: bytes, key: Ed25519PrivateKey, extensions: tuple[str, ...] = ()) -> str:
    signed = "\n".join((origin, str(size), base64.b64encode(root).decode(), *extensions)) + "\n"
    blob = base64.b64encode(key_id(origin, key.public_key()) + key.sign(signed.encode())).decode()
    return f"{signed}\n— {origin} {blob}\n"


def parse_note(note: str) -> Note:
    """Read a note exactly as written; raises `ValueError` for anything else."""
    signed, gap, tail = note.rpartition("\n\n")
    lines = signed.split("\n")
    if not gap or len(lines) < 3 or not all(lines) or not tail.endswith("\n"):
        raise ValueError("a note is origin, size, root, an empty line and signatures")
    if not (lines[1].isascii() and lines[1].isdigit()) or str(int(lines[1])) != lines[1]:
        raise ValueError("the second line of a note is the number of events")
    root = _base64(lines[2])
    if len(root) != 32:
        raise ValueError("the third line of a note is a root of 32 bytes")
    signatures = tuple(_signature(line) for line in tail[:-1].split("\n"))
    return Note(lines[0], int(lines[1]), root, tuple(lines[3:]), signed + "\n", signatures)


def check_note(note: str, public_key: Ed25519PublicKey) -> bool:
    """Say whether `note` is whole and signed with this key under its own origin; other signatures do not matter."""
    try:
        parsed = parse_note(note)
    except ValueError:
        return False
    wanted = key_id(parsed.origin, public_key)
    for one_of in parsed.signatures:
        if one_of.name == parsed.origin and one_of.key_id == wanted:
            try:
                public_key.verify(one_of.signature, parsed.signed.encode())
            except InvalidSignature:
                return False
            return True
    return False


def key_id(name: str, public_key: Ed25519PublicKey) -> bytes:
    return sha256(name.encode() + b"\n" + _ED25519 + public_key.public_bytes_raw()).digest()[:4]


def printed_key(origin: str, public_key: Ed25519PublicKey) -> str:
    """Return the key as an auditor keeps it (C2SP vkey): `origin+keyid+base64`."""
    blob = base64.b64encode(_ED25519 + public_key.public_bytes_raw()).decode()
    return f"{origin}+{key_id(origin, public_key).hex()}+{blob}"


def _signature(line: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—" or not parts[1]:
        raise ValueError("a signature line is: dash, name, base64")
    blob = _base64(parts[2])
    if len(blob) < 5:
        raise ValueError("a signature begins with four bytes of key id")
    return Signature(parts[1], blob[:4], blob[4:])


def _base64(written: str) -> bytes:
    """Decode base64 in its one canonical spelling, so that no bit of a note can change unseen."""
    try:
        decoded = base64.b64decode(written, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if base64.b64encode(decoded).decode() != written:
        raise ValueError("not canonical base64")
    return decoded


def _frontier(size: int, packed: bytes, root: bytes) -> Frontier:
    try:
        frontier = Frontier.unpacked(size, bytes(packed))
    except ValueError as error:
        raise _unfit(size) from error
    if frontier.root() != root:
        raise _unfit(size)
    return frontier


def _unfit(size: int) -> Damaged:
    return Damaged(one("LOG_UNFIT", f"操作记录第 {size} 位与上一次封存接不上，没有生成新的封存，请立即核验",
                       f"The log does not continue its newest seal at position {size}; nothing was sealed, verify now"))
