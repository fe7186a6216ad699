"""Released definitions: publish a file, find the version in force, compare two versions in plain words."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from . import comparing, history, language
from .actors import Actor
from .errors import Message, NotFound, Refused, one
from .language.definition import Definition
from .records import Release

DEFINITIONS = Path(__file__).resolve().parent.parent / "definitions"

_by_digest: dict[str, Definition] = {}     # content-addressed, so never stale; parsed once per process


@dataclass(frozen=True, slots=True)
class Published:
    """What `publish` did: `fresh` is False where the very same file had been released before."""

    key: str
    version: int
    digest: str
    fresh: bool


def publish(session: Session, text: str, name: str, actor: Actor, now: datetime, *,
            flows: Path = DEFINITIONS / "flows") -> Published:
    """Release one definition file. Nothing is written unless it is free of faults.

    Raises `Refused` with every fault as `file:line:col: CODE message`, and where this version was released before with
    other content.
    """
    reading = language.read(text, name, flows_dir=flows)
    errors = [fault for fault in reading.faults if fault.severity == "error"]
    if errors or reading.definition is None:
        raise Refused([Message(f.code, f"{f.file}:{f.line}:{f.column}: {f.code} {f.zh}",
                               f"{f.file}:{f.line}:{f.column}: {f.code} {f.en}") for f in errors])
    definition = reading.definition
    known = session.get(Release, (definition.key, definition.version))
    if known is not None:
        if known.digest != definition.digest:
            raise Refused(one("RELEASED_CHANGED", f"{name}: {definition.key} 第 {definition.version} 版已经发布，内容不能再改；请另存为新版本号",
                              f"{name}: version {definition.version} of {definition.key} is released and cannot change; "
                              "save it under the next version number"))
        return Published(known.key, known.version, known.digest, fresh=False)
    document = orjson.dumps(definition.document, option=orjson.OPT_SORT_KEYS).decode()
    session.add(Release(
        key=definition.key, version=definition.version, digest=definition.digest, title=definition.title.zh, document=document,
        source=text, source_digest=hashlib.sha256(text.encode()).hexdigest(), effective_from=definition.effective_from,
        effective_to=definition.effective_to, released_at=now, released_by=actor.person_id))
    session.flush()
    history.append_to(session, f"definition:{definition.key}", kind="publish", at=now, actor=actor,
                      role="admin" if actor.person_id else "system", definition_digest=definition.digest,
                      extra={"version": definition.version})
    _by_digest[definition.digest] = definition
    return Published(definition.key, definition.version, definition.digest, fresh=True)


def by_digest(session: Session, digest: str) -> Definition:
    """Return the released definition with this digest. Raises `NotFound`."""
    definition = _by_digest.get(digest)
    if definition is None:
        document = session.scalar(select(Release.document).where(Release.digest == digest))
        if document is None:
            raise NotFound("definition")
        definition = _by_digest[digest] = language.from_document(orjson.loads(document))
    return definition


def definition(session: Session, key: str, version: int | None = None) -> Definition:
    """Return a released version, the newest where none is named. Raises `NotFound`."""
    wanted = select(Release.digest).where(Release.key == key).order_by(Release.version.desc()).limit(1)
    digest = session.scalar(wanted.where(Release.version == version) if version is not None else wanted)
    if digest is None:
        raise NotFound("programme")
    return by_digest(session, digest)


def in_force(session: Session, key: str, day: date) -> Definition:
    """Return the newest version whose period covers `day`. Raises `NotFound` where there is none."""
    found = {d.key: d for d in current(session, day)}
    if key not in found:
        raise NotFound("programme")
    return found[key]


def current(session: Session, day: date) -> list[Definition]:
    """Return the version in force on `day` of every programme, by key."""
    newest: dict[str, str] = {}
    for row in session.execute(
            select(Release.key, Release.digest).where(
                (Release.effective_from.is_(None)) | (Release.effective_from <= day),
                (Release.effective_to.is_(None)) | (Release.effective_to >= day)).order_by(Release.key, Release.version)):
        newest[row.key] = row.digest
    return [by_digest(session, digest) for digest in newest.values()]


def releases(session: Session) -> list[Release]:
    """Return every released version, newest first within a programme."""
    return list(session.scalars(select(Release).order_by(Release.key, Release.version.desc())))


def files(root: Path = DEFINITIONS) -> list[Path]:
    """Return the definition files in the tree, not their cases, flows or calendars."""
    return sorted(path for path in root.glob("*.v*.yaml") if not path.name.endswith(".cases.yaml"))


def diff(before: Definition, after: Definition) -> list[Message]:
    """Return what changed between two versions, one plain sentence a change; `comparing.compare` has them by subject."""
    return [change for group in comparing.compare(before, after) for change in group.changes]
