"""`save`: keep what somebody has typed, beside the case row. It makes nobody's page stale and loses nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ..actors import Actor
from ..errors import Message, NotYours, Stale, one
from ..language.fields import to_json
from ..privacy import vault
from ..records import Draft, Task
from . import forms
from .dossier import Dossier, open_dossier
from .duties import conflicts, keeping, standing
from .facts import facts_of
from .registers import register

_drafts, _tasks = Draft.__table__, Task.__table__


def save(session: Session, case_id: str, actor: Actor, now: datetime, form: Mapping[str, Any], *, revision: int,
         comment: str | None = None) -> tuple[Message, ...]:
    """Keep these raw values as the actor's draft and return what is wrong with them so far.

    What cannot be parsed is kept as typed. Raises `NotFound`, `NotYours`, `Stale`, or `Refused` for a field that is
    not open at this step.
    """
    dossier = open_dossier(session, case_id, actor, lock=True)
    holder(session, dossier, actor)
    if dossier.row.revision != revision:
        raise Stale(one("OVERTAKEN", "此件已有新的进展，请刷新页面后再填写", "This case has moved on; reload the page"))
    values, raw, messages = forms.read(dossier, form, register(session, dossier, actor))
    specs = dossier.definition.form
    typed = dict(dossier.draft)
    for name, value in values.items():
        typed[name] = {"v": None if value is None else to_json(specs[name], value)}
    for name, text in raw.items():
        typed[name] = {"r": text}
    secret = {name: held for name, held in typed.items() if name in specs and specs[name].sensitive}
    plain = {name: held for name, held in typed.items() if name not in secret}
    insert = (postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert)(_drafts)
    columns = {
        "revision": revision, "form": plain, "saved_at": now,
        "comment": dossier.row.draft_comment or "" if comment is None else comment[:2000],
        "sealed": vault(session).seal_json("drafts.sealed", case_id, secret) if secret else None,
    }
    session.connection().execute(
        insert.values(case_id=case_id, person_id=actor.person_id, **columns)
        .on_conflict_do_update(index_elements=["case_id", "person_id"], set_=columns))
    touch(session, dossier, actor, now)
    whole = {**forms.with_draft(dossier), **values}
    names = [name for name in whole if f"form.{name}" in forms.editable(dossier) and name not in raw]
    return tuple(messages + forms.invalid(dossier.definition, whole, facts_of(session, dossier, now, whole), names))


def holder(session: Session, dossier: Dossier, actor: Actor) -> str:
    """Return the role in which the actor holds this case now. Raises `NotYours` where they may not work on it."""
    state = dossier.definition.states[dossier.state]
    if not state.final:
        for way in dossier.definition.ways(dossier.state):
            if way.actor in (None, state.actor):
                found = standing(session, dossier, way, actor)
                if found is not None:
                    reasons = conflicts(dossier, dossier.state, actor, found.role, declared=True, behalf=found.behalf)
                    if reasons:
                        raise NotYours(reasons)
                    return found.role
        kept = keeping(dossier, actor)
        if kept is not None:
            reasons = conflicts(dossier, dossier.state, actor, kept.role, declared=True, behalf=kept.behalf)
            if reasons:
                raise NotYours(reasons)
            return kept.role
    raise NotYours(one("NOT_HOLDER", "本件现在不在您手上，不能修改", "This case is not with you now and cannot be changed"))


def touch(session: Session, dossier: Dossier, actor: Actor, now: datetime) -> None:
    """Note that the officer whose turn it is has begun, so that the applicant can no longer pull the case back."""
    if dossier.row.task_id is not None and dossier.row.task_touched_at is None and actor.person_id not in (
            dossier.row.applicant_id, dossier.row.filed_by):
        session.connection().execute(update(_tasks).where(_tasks.c.id == dossier.row.task_id).values(touched_at=now))
