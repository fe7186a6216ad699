"""Programmes in force, and what each asks for."""

from __future__ import annotations

from typing import Any

from flask.typing import ResponseReturnValue

from web.access import SIGNED_IN, access
from web.db import local, now, session
from web.language import lang
from workflow import programmes
from workflow.engine.cycles import intake_open, window
from workflow.language.definition import Definition, Field
from workflow.language.fields import json_schema

from . import blueprint, models
from .answers import answer
from .marks import speaks


@blueprint.get("/programmes")
@access(SIGNED_IN)
@speaks(gives=models.Programmes)
def all_programmes() -> ResponseReturnValue:
    """The programmes that can be applied for today."""
    today = local(now()).date()
    return answer(models.Programmes([models.ProgrammeRow(**_row(d)) for d in programmes.current(session(), today) if _open(d)]))


@blueprint.get("/programmes/<key>")
@access(SIGNED_IN)
@speaks(gives=models.Programme, problems=(404,))
def programme(key: str) -> ResponseReturnValue:
    """One programme in force: its form as JSON Schema, its files, its steps with the promised time."""
    definition = programmes.in_force(session(), key, local(now()).date())
    return answer(models.Programme(
        **_row(definition), open=_open(definition), form=_form(definition), attachments=_attachments(definition),
        steps=_steps(definition),
        basis=[{"title": b.title.text(lang()), "number": b.number, "clause": b.clause} for b in definition.basis]))


def _open(definition: Definition) -> bool:
    intake = definition.intake
    return intake_open(definition, local(now()).date()) or intake is not None and intake.late == "next_cycle"


def _row(definition: Definition) -> dict[str, Any]:
    intake = definition.intake
    return {"key": definition.key, "version": definition.version, "title": definition.title.text(lang()),
            "summary": definition.summary.text(lang()),
            "intake": dict(zip(("from", "to"), window(intake, local(now()).date()), strict=True)) if intake else None}


def _form(definition: Definition) -> dict[str, Any]:
    """Return the JSON Schema of what an applicant fills in; the server checks more than a schema can say."""
    first = definition.states[definition.initial]
    asked = {name: spec for name, spec in definition.form.items()
             if f"form.{name}" in first.edit and f"form.{name}" not in first.hide}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "additionalProperties": False,
            "properties": {name: _field(spec) for name, spec in asked.items()},
            "required": [name for name, spec in asked.items() if spec.required is True and spec.default is None]}


def _field(spec: Field) -> dict[str, Any]:
    schema = json_schema(spec) | {"title": spec.label.text(lang())}
    if spec.help.text(lang()):
        schema["description"] = spec.help.text(lang())
    if spec.type in ("enum", "multi"):
        choices = [{"const": code, "title": label.text(lang())} for code, label in spec.options.items()]
        if spec.type == "enum":
            schema["oneOf"] = choices
        else:
            schema["items"] = schema["items"] | {"oneOf": choices}
    if spec.type == "table":
        schema["items"] = schema["items"] | {"properties": {name: _field(column) for name, column in spec.columns.items()}}
    return schema


def _attachments(definition: Definition) -> list[models.AttachmentKind]:
    first = definition.states[definition.initial]
    return [models.AttachmentKind(
        kind=kind.name, label=kind.label.text(lang()), help=kind.help.text(lang()), min=kind.min, max=kind.max,
        accept=list(kind.accept), required=kind.min > 0 and kind.required if isinstance(kind.required, bool) and kind.visible is True else None)
        for kind in definition.attachments.values()
        if f"attachments.{kind.name}" in first.edit and f"attachments.{kind.name}" not in first.hide]


def _steps(definition: Definition) -> list[models.Step]:
    steps = []
    for name in definition.progress or list(definition.states):
        state = definition.states[name]
        steps.append(models.Step(state=name, label=state.label.text(lang()), promised=str(state.due) if state.due else None,
                                 promised_days=state.due.count if state.due and state.due.unit in ("wd", "d") else None))
    return steps
