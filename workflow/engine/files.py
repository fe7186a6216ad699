"""`attach` and `detach`: files of a case come and go by events; a removed file's row stays for the auditor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from .. import history, ids
from ..actors import Actor
from ..attachments import Clean, Store
from ..errors import KeyReused, Message, NotFound, Refused
from ..records import Attachment, Case
from . import forms
from .dossier import Dossier, open_dossier
from .drafts import holder, touch

_cases, _files = Case.__table__, Attachment.__table__


def store(session: Session) -> Store:
    found: Store = session.info["store"]
    return found


def attach(session: Session, case_id: str, kind: str, name: str, data: bytes | Clean, actor: Actor, now: datetime, *,
           idem_key: str | None = None, request_digest: str | None = None) -> str:
    """Add one file to the case and return its id; `data` is checked by content and images are re-encoded.

    Pages check it first and hand in the `Clean` file: decoding a photo is too slow to be done under the writer's lock.

    Raises `NotFound`, `NotYours`, `KeyReused`, or `Refused` saying what to do with the file.
    """
    dossier = open_dossier(session, case_id, actor, lock=True, key=idem_key)
    if dossier.replay is not None:
        if (dossier.replay.stream, dossier.replay.request_digest) != (case_id, request_digest):
            raise KeyReused
        return str(orjson.loads(dossier.replay.body)["extra"]["attachment"])
    role = holder(session, dossier, actor)
    spec = dossier.definition.attachments.get(kind)
    if spec is None or f"attachments.{kind}" not in forms.editable(dossier):
        label = spec.label.zh if spec else kind
        raise Refused([Message("NOT_EDITABLE", f"这一环节不能上传“{label}”", f"“{kind}” cannot be uploaded at this step",
                               f"attachments.{kind}")])
    if dossier.attached.get(kind, 0) >= spec.max:
        raise Refused([Message("TOO_MANY", f"“{spec.label.zh}”最多 {spec.max} 份，请先删除不需要的",
                               f"At most {spec.max} files of “{spec.label.text('en')}”; remove one first", f"attachments.{kind}")])
    clean = data if isinstance(data, Clean) else store(session).check(data, name, spec.accept)
    file_id = keep(session, dossier, kind, clean, actor, role, now, idem_key=idem_key, request_digest=request_digest)
    touch(session, dossier, actor, now)
    return file_id


def keep(session: Session, dossier: Dossier, kind: str, clean: Clean, actor: Actor, role: str, now: datetime, *,
         idem_key: str | None = None, request_digest: str | None = None) -> str:
    """Write a checked file beside the case, with its event; who may add it was asked before. The dossier is stale then."""
    file_id = ids.new(now)
    note(session, dossier, "attach", actor, role, now, {
        "attachment": file_id, "kind": kind, "sha256": clean.sha256, "size": len(clean.data), "media_type": clean.media_type},
         idem_key=idem_key, request_digest=request_digest)
    session.connection().execute(insert(_files), {
        "id": file_id, "case_id": dossier.id, "kind": kind, "name": clean.name, "media_type": clean.media_type,
        "size": len(clean.data), "sha256": clean.sha256, "stored_as": store(session).put(clean), "added_at": now,
        "added_by": actor.person_id, "removed_at": None})
    return file_id


def detach(session: Session, case_id: str, attachment_id: str, actor: Actor, now: datetime) -> None:
    """Take a file out of the case; it stays on the shelf for the auditor. Raises `NotFound`, `NotYours`, `Refused`."""
    dossier = open_dossier(session, case_id, actor, lock=True)
    role = holder(session, dossier, actor)
    row = session.execute(select(_files).where(
        _files.c.id == attachment_id, _files.c.case_id == case_id, _files.c.removed_at.is_(None))).one_or_none()
    if row is None:
        raise NotFound("attachment")
    if f"attachments.{row.kind}" not in forms.editable(dossier):
        raise Refused([Message("NOT_EDITABLE", "这一环节不能删除这份材料", "This file cannot be removed at this step",
                               f"attachments.{row.kind}")])
    note(session, dossier, "detach", actor, role, now, {"attachment": row.id, "kind": row.kind, "sha256": row.sha256})
    session.connection().execute(update(_files).where(_files.c.id == row.id).values(removed_at=now))


_NOTE = update(_cases).where(_cases.c.id == bindparam("case_id"), _cases.c.last_seq == bindparam("was"))


def note(session: Session, dossier: Dossier, kind: str, actor: Actor, role: str, now: datetime,
         extra: dict[str, object], *, comment: str = "", idem_key: str | None = None,
         request_digest: str | None = None, beside: Mapping[str, Any] = {}) -> int:  # noqa: B006
    """Add an event that leaves state, amount and revision as they are, move the case's chain head to it, and return its seq.

    `beside` are other columns of the case that change with it: one event explains one change of the row.
    """
    row = dossier.row
    # Of several posts of this role the one that has the task, and of several of those one's own before a substitute's.
    post = min((p for p in actor.posts if p.role == role), default=None,
               key=lambda p: (p.organisation_id != row.task_organisation_id, p.behalf is not None))
    appended = history.append(
        session, stream=row.id, seq=row.last_seq + 1, prev=row.last_hash, kind=kind, at=now, actor=actor, role=role,
        organisation_id=post.organisation_id if post else None,
        on_behalf_of=row.applicant_id if role == "agent" else post.behalf if post else None,
        from_state=row.state, to_state=row.state, amount_fen=row.amount_fen, revision=row.revision,
        definition_digest=row.definition_digest, comment=comment, extra=extra, idem_key=idem_key,
        request_digest=request_digest)
    session.connection().execute(_NOTE, {"case_id": row.id, "was": row.last_seq, "last_seq": appended.seq,
                                         "last_hash": appended.hash, **beside})
    return appended.seq
