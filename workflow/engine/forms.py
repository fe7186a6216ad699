"""From what people typed to canonical values: parse, keep drafts, seal what is sensitive, name what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from sqlalchemy.orm import Session

from .. import machine
from ..errors import Message, Refused
from ..language.definition import Definition
from ..language.fields import FieldFault, Register, from_json, nobody, parse_value, to_json
from ..privacy import vault
from . import rows
from .dossier import Dossier, empty


def editable(dossier: Dossier) -> frozenset[str]:
    """Return the full names (`form.x`, `attachments.y`) the current state lets its holder change."""
    state = dossier.definition.states[dossier.state]
    names = state.edit - state.hide
    returned = dossier.row.returned
    if returned and returned["to"] == dossier.state and returned["edit_only"] is not None:
        return names & frozenset(returned["edit_only"])
    return names


def read(dossier: Dossier, typed: Mapping[str, Any], register: Register, lang: Literal["zh", "en"] = "zh") -> tuple[dict[str, Any], dict[str, Any], list[Message]]:
    """Return (parsed values, raw values that could not be parsed, messages). Raises `Refused` on a field not open here.

    `register` finds the people and unions that the actor may name.
    """
    allowed = editable(dossier)
    closed = [name for name in typed if f"form.{name}" not in allowed]
    if closed:
        raise Refused([Message("NOT_EDITABLE", f"“{machine.name_of(dossier.definition, f'form.{name}').zh}”在这一环节不能修改",
                               f"“{name}” cannot be changed at this step", f"form.{name}") for name in closed])
    values: dict[str, Any] = {}
    raw: dict[str, Any] = {}
    messages: list[Message] = []
    for name, text in typed.items():
        spec = dossier.definition.form[name]
        try:
            values[name] = parse_value(spec, text, lang, register=register)
        except FieldFault as fault:
            raw[name] = text
            messages += _at(name, fault)
    return values, raw, messages


def with_draft(dossier: Dossier) -> dict[str, Any]:
    """Return the stored form with the reader's own draft laid over it, as far as it could be parsed."""
    form = dict(dossier.form)
    for name, held in dossier.draft.items():
        if name in dossier.definition.form and "v" in held:
            spec = dossier.definition.form[name]
            form[name] = empty(spec) if held["v"] is None else from_json(spec, held["v"])
    return form


def unparsed(dossier: Dossier) -> list[Message]:
    """Return the faults of what stands in the draft but could not be parsed."""
    messages = []
    for name, held in dossier.draft.items():
        if "r" in held and name in dossier.definition.form:
            try:
                parse_value(dossier.definition.form[name], held["r"], "zh", register=nobody)
            except FieldFault as fault:
                messages += _at(name, fault)
    return messages


def _at(name: str, fault: FieldFault) -> list[Message]:
    """Name the field, and in a table the cell, that each message of a fault belongs to."""
    return [replace(message, field=f"form.{message.field or name}") for message in fault.messages]


def invalid(definition: Definition, form: Mapping[str, Any], facts: Mapping[str, Any], names: Any) -> list[Message]:
    """Return the messages of `validate` rules that fail among the filled-in fields `names`."""
    messages = []
    for name in names:
        spec = definition.form[name]
        if spec.type == "table":
            messages += rows.invalid(definition, spec, facts["form"].get(name), facts)
        if isinstance(spec.validate, bool) or form.get(name) is None:
            continue
        try:
            good = machine.holds(definition, spec.validate, facts)
        except Refused as empty:
            messages += [message for message in empty.messages if message not in messages]
            continue
        if not good:
            messages.append(Message("INVALID", spec.message.zh or f"“{spec.label.zh}”填写有误，请核对",
                                    spec.message.text("en") or f"Please check “{spec.label.text('en')}”", f"form.{name}"))
    return messages


def stored(session: Session, table: str, row_id: str, definition: Definition, form: Mapping[str, Any]) -> tuple[dict[str, Any], bytes | None]:
    """Return (plain JSON, sealed bytes) for a form: sensitive fields only ever in the sealed part."""
    plain: dict[str, Any] = {}
    secret: dict[str, Any] = {}
    for name, value in form.items():
        if value in (None, []) or name not in definition.form:
            continue
        spec = definition.form[name]
        (secret if spec.sensitive else plain)[name] = to_json(spec, value)
    return plain, vault(session).seal_json(f"{table}.sealed", row_id, secret) if secret else None


def differences(definition: Definition, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return `{"form.x": (old, new)}` in canonical JSON for every field that differs."""
    changes = {}
    for name, value in after.items():
        old = before.get(name)
        if old != value and not (old in (None, []) and value in (None, [])):
            spec = definition.form[name]
            changes[f"form.{name}"] = (None if old is None else to_json(spec, old), None if value is None else to_json(spec, value))
    return changes


def canonical(definition: Definition, form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole form as JSON values, empty fields left out."""
    return {name: to_json(definition.form[name], value) for name, value in form.items() if value not in (None, [])}
