"""`record` and `reveal`: looking closely and carrying away are events too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..actors import Actor
from ..errors import NotFound, Refused, one
from ..records import Case
from ..scope import visible
from .dossier import open_dossier
from .files import note
from .forms import canonical


def record(session: Session, case_id: str, kind: str, actor: Actor, now: datetime, extra: Mapping[str, Any] | None = None,
           *, reason: str = "") -> None:
    """Leave an event (`view_file`, `print`, `export`) that changes nothing else. Raises `NotFound` out of scope."""
    _seen(session, case_id, actor)
    dossier = open_dossier(session, case_id, actor, lock=True)
    note(session, dossier, kind, actor, acting_as(actor), now, dict(extra or {}), comment=reason)


def reveal(session: Session, case_id: str, fields: Sequence[str], reason: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return the full values of masked fields, and leave an event naming who looked at which, and why.

    Raises `NotFound` out of scope, `Refused` without a reason or for a field the definition does not have.
    """
    _seen(session, case_id, actor)
    if len(reason.strip()) < 2:
        raise Refused(one("REASON", "请写明查看完整信息的理由", "Say why you need to see it in full", "reason"))
    dossier = open_dossier(session, case_id, actor, lock=True)
    if dossier.row.erased_at is not None:
        raise Refused(one("ERASED", "个人信息已按保存期限删除，不能再查看", "The personal data were removed at the end of the retention period"))
    state = dossier.definition.states[dossier.state]
    hidden = state.hide if not any(p.role == "auditor" for p in actor.posts) else frozenset()
    unknown = [name for name in fields if name not in dossier.definition.form or f"form.{name}" in hidden]
    if unknown or not fields:
        raise Refused(one("UNKNOWN_FIELD", "没有这个字段，或这一环节不能查看", "No such field, or not open at this step"))
    note(session, dossier, "reveal", actor, acting_as(actor), now, {"fields": sorted(fields)}, comment=reason.strip())
    values = canonical(dossier.definition, dossier.form)
    return {name: values.get(name) for name in fields}


def acting_as(actor: Actor) -> str:
    """Return the role a reader reads in: the first post held, otherwise the applicant."""
    return actor.posts[0].role if actor.posts else "applicant" if actor.person_id else "system"


def _seen(session: Session, case_id: str, actor: Actor) -> None:
    """Raise `NotFound` out of scope. A command is no person: it has no scope, and leaves its event like everybody."""
    if actor.via != "command" and session.execute(select(Case.id).where(Case.id == case_id, visible(actor))).first() is None:
        raise NotFound
