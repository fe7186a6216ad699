"""What goes out: models as JSON, sentences in the caller's language, money as text, sensitive values masked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import current_app
from flask.typing import ResponseReturnValue
from pydantic import BaseModel

from web import voting
from web.db import local, now, session
from web.language import lang
from web.show import last_day
from workflow import queries
from workflow.engine import CaseView, Offer
from workflow.engine.path import ahead
from workflow.errors import Message
from workflow.language.called import whole_name
from workflow.language.fields import mask, to_json
from workflow.language.roles import role_label

from . import models


def answer(model: BaseModel, status: int = 200) -> ResponseReturnValue:
    """Return the model as JSON; what was never set is left out, what is None is null."""
    return current_app.response_class(model.model_dump_json(exclude_unset=True), status=status, mimetype="application/json")


def money(fen: int | None) -> str | None:
    """`380000` 分 as "3800.00"."""
    return None if fen is None else f"{fen // 100}.{fen % 100:02d}"


def faults(messages: Iterable[Message]) -> list[models.Fault]:
    return [models.Fault(field=m.field, message=m.text(lang()), code=m.code) for m in messages]


def application(view: CaseView, **more: Any) -> models.Application:
    """Return one case as its reader sees it."""
    row = view.row
    if view.definition.states[row.state].vote is not None:
        more["voting"] = _voting(view)
    if row.submitted_at is None and row.outcome is None:
        more["path"] = _path(view)
    if row.figures:
        more["figures"] = [models.FigureRow(
            kind=one.subject.kind, name=one.subject.name, label=one.subject.label.text(lang()), value=one.value, source=one.source,
            since=one.start.isoformat() if one.start else None, today=one.today)
            for one in queries.standards(session(), view.definition, row.path, row.figures, local(now()).date())]
    return models.Application(
        id=row.id, number=row.number, programme=row.definition_key, version=row.definition_version, state=row.state,
        state_label=view.state_label.text(lang()), form=_form(view), amount=money(view.amount_fen), lines=_lines(view),
        revision=row.revision, actions=_actions(view), waiting_for=_waiting(view), **more)


def _path(view: CaseView) -> list[models.PathStep]:
    return [models.PathStep(
        state=step.state, label=step.label.text(lang()), role=step.role or None, role_label=step.role_label.text(lang()) or None,
        organisation=step.organisation or None, promised=str(step.days) if step.days else None,
        by=last_day(step.by) if step.by else None, assumed=step.assumed) for step in ahead(session(), view, view.facts, now())]


def operation(offer: Offer) -> models.OperationRow:
    label = offer.label.text(lang())
    row: dict[str, Any] = {"operation": offer.operation, "label": label}
    if offer.task_id:
        row["task"] = offer.task_id
    if offer.candidates is not None:
        row["candidates"] = [models.CandidateRow(id=one.id, name=one.name, role=one.role, organisation=one.organisation) for one in offer.candidates]
    return models.OperationRow(**row)


def shown(view: CaseView, name: str, stored: Any) -> Any:
    """Return a stored JSON value of field `name` as this reader may have it: sensitive parts masked."""
    return masked(view.definition.form[name], stored)


def masked(spec: Any, stored: Any) -> Any:
    if stored is None:
        return None
    if spec.type == "table":
        return [{name: mask(spec.columns[name].type, cell) if spec.sensitive and cell is not None
                 else masked(spec.columns[name], cell) for name, cell in row.items() if name in spec.columns} for row in stored]
    return mask(spec.type, stored) if spec.sensitive else stored


def _form(view: CaseView) -> dict[str, Any]:
    """Whoever fills in their own form gets it back as typed, so that it can be sent again; everybody else masked."""
    form = {}
    for name in view.shown:
        spec = view.definition.form[name]
        stored = view.typed[name] if name in view.typed else to_json(spec, view.form[name])
        form[name] = stored if view.mine and f"form.{name}" in view.edit else masked(spec, stored) if name not in view.typed else stored
    return form


def _lines(view: CaseView) -> list[models.LineRow]:
    """A programme without lines of its own grants one, to the applicant."""
    amount = money(view.amount_fen)
    return [] if amount is None else [models.LineRow(person=whole_name(view.definition, view.row.applicant_name, view.row.unit_name), amount=amount)]


def _actions(view: CaseView) -> list[models.ActionRow]:
    rows = []
    for action in view.actions:
        common: dict[str, Any] = {"trigger": action.trigger, "label": action.label.text(lang())}
        if action.blocked:
            common["blocked"] = faults(action.blocked)
        if action.voice:
            common["voice"] = action.voice
        rows += [models.ActionRow(dest=dest, **common) for dest, _label in action.dests] or [models.ActionRow(**common)]
    return rows


def _voting(view: CaseView) -> models.Voting:
    state = view.definition.states[view.row.state]
    told: dict[str, Any] = {"rule": voting.mark(state), "heard": view.heard[0], "voters": view.heard[1]}
    if not view.mine:
        told["voices"] = [models.VoiceRow(
            people=list(voice.people), branch=voice.label.text(lang()) if state.branches else None, vote=voice.vote, at=voice.at) for voice in view.voices]
    return models.Voting(**told)


def _waiting(view: CaseView) -> list[models.WaitingRow]:
    return [models.WaitingRow(role=one.role, label=role_label(one.role).text(lang()), organisation=one.organisation,
                              people=list(one.people), due_at=one.due_at) for one in view.waiting]


def changes(view: CaseView, changed: Mapping[str, Any], *, everything: bool) -> dict[str, list[Any]]:
    """Return {full name: [old, new]} of an event for this reader: hidden fields left out, sensitive ones masked."""
    told: dict[str, list[Any]] = {}
    for full, (old, new) in changed.items():
        room, _, name = full.partition(".")
        if room != "form":
            told[full] = [money(old), money(new)] if full == "amount" else [old, new]
        elif name in view.definition.form and (everything or name in view.shown):
            told[full] = [shown(view, name, old), shown(view, name, new)]
    return told
