"""From a field and its value to what a page shows of it: which kind of box, what stands in it, what is wrong. Pure.

Numbers that name a person or an account are shown masked once they are known; the page offers 修改 beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from workflow.engine import CaseView
from workflow.engine.rows import cell_asked, cell_required
from workflow.errors import Message, Refused
from workflow.language.definition import Field
from workflow.language.expressions import Expr
from workflow.language.fields import Named, mask, show, to_json
from workflow.machine import holds

from ..language import N_
from .room import way_on
from .steps import Faults
from .typed import MAX_ROWS

MASKED = ("idcard", "bankcard", "phone")
RADIOS = 7                           # more choices than this become a select


@dataclass(frozen=True, slots=True)
class Box:
    """One question. `kind` picks the macro: line area radio ticks select date masked table roster."""

    name: str                        # of the input
    id: str
    spec: Field
    kind: str
    value: Any = ""
    faults: tuple[str, ...] = ()
    hidden: bool = False
    optional: bool = False
    unit: str = ""
    was: str | None = None           # what stood there when it was returned for correction
    options: tuple[tuple[str, str], ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[tuple[int, tuple[Box, ...]], ...] = ()


def boxes(view: CaseView, specs: Iterable[Field], faults: Faults, lang: str, *, change: str = "", more: Mapping[str, int],
          before: bool = False) -> tuple[Box, ...]:
    """Return a box for every field. `change` names the masked one to be typed anew, `more` extra rows of tables."""
    return tuple(_box(view, spec, faults.get(f"form.{spec.name}", ()), lang, change, more, before) for spec in specs)


def _box(view: CaseView, spec: Field, faults: tuple[Message, ...], lang: str, change: str, more: Mapping[str, int],
         before: bool) -> Box:
    name, value, raw = spec.name, view.form.get(spec.name), view.typed.get(spec.name)
    common: dict[str, Any] = {
        "hidden": name not in view.shown, "optional": not _required(view, spec),
        "was": said(spec, view.before.get(name), lang, own=True) or _("未填写") if before else None}
    words = tuple(message.text(lang) for message in faults)
    if (spec.type in MASKED and spec.type != "phone" or spec.type == "person") and value is not None and raw is None and change != name and not words:
        return Box(name, f"f-{name}", spec, "masked", said(spec, value, lang, own=True), **common)
    if spec.type == "table":
        words = tuple(m.text(lang) for m in faults if not _of_cell(m))
        if len(raw if raw is not None else value or ()) > MAX_ROWS:      # too long for boxes: its own page takes it as a sheet
            return Box(name, f"f-{name}", spec, "roster", f"{len(raw if raw is not None else value):,}", words[:5], **common)
        held = raw if raw is not None else [
            {column: text_in(cell, row.get(column)) for column, cell in spec.columns.items()} for row in value or ()]
        return Box(name, f"f-{name}", spec, "table", "", words,
                   rows=_rows(view, spec, held, value or [], faults, lang, more.get(name, 0)), **common)
    return _plain(spec, f"f.{name}", f"f-{name}", text_in(spec, value) if raw is None else raw, words, lang, **common)


def _rows(view: CaseView, spec: Field, held: list[dict[str, Any]], parsed: list[dict[str, Any]], faults: tuple[Message, ...], lang: str,
          extra: int) -> tuple[tuple[int, tuple[Box, ...]], ...]:
    count = max(len(held) + extra, 1)
    return tuple(
        (number, tuple(
            _plain(column, f"f.{spec.name}.{number}.{name}", f"f-{spec.name}-{number}-{name}",
                   (held[number - 1].get(name) or "") if number <= len(held) else "",
                   tuple(m.text(lang) for m in faults if _of_cell(m) == f"{number}.{name}"), lang,
                   **_of_row(view, column, parsed[number - 1] if number <= len(parsed) == len(held) else {}))
            for name, column in spec.columns.items()))
        for number in range(1, count + 1))


def _of_row(view: CaseView, column: Field, row: Mapping[str, Any]) -> dict[str, bool]:
    """What its row makes of a cell. A cell that is not asked but filled in stays open, so that it can be emptied."""
    if not row:
        return {"optional": column.required is not True}
    return {"optional": not cell_required(view.definition, column, view.facts, row),
            "hidden": row.get(column.name) in (None, "", []) and not cell_asked(view.definition, column, view.facts, row)}


def _of_cell(message: Message) -> str:
    """`2.income` for a fault of that cell (`members.2.income`), else nothing."""
    parts = (message.field or "").split(".")
    return ".".join(parts[-2:]) if len(parts) >= 3 and parts[-2].isdigit() else ""


def _plain(spec: Field, name: str, id: str, value: Any, faults: tuple[str, ...], lang: str,
           **common: Any) -> Box:
    cell = name.count(".") > 1
    attributes, kind, options = dict(_ATTRIBUTES.get(spec.type, {})), "line", ()
    if spec.type == "note":
        kind = "area"
    elif spec.type in ("enum", "multi", "bool"):
        options = ((("true", _("是")), ("false", _("否"))) if spec.type == "bool"
                   else tuple((code, label.text(lang)) for code, label in spec.options.items()))
        kind = "ticks" if spec.type == "multi" else "select" if len(options) > RADIOS or cell else "radio"
    elif spec.type in ("date", "month"):
        # What could not be read as a date must stay as it was typed, and a date box would drop it.
        attributes |= {"type": spec.type} if not value or _is_day(spec.type, value) else {}
    if spec.prefill == "applicant.name":
        attributes["autocomplete"] = "name"
    if spec.type in _PLACEHOLDERS:
        attributes["placeholder"] = _(_PLACEHOLDERS[spec.type])
    return Box(name, id, spec, kind, value, faults, unit=unit_of(spec), options=options, attributes=attributes, **common)


_ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "int": {"inputmode": "numeric"}, "money": {"inputmode": "decimal", "autocomplete": "off"}, "decimal": {"inputmode": "decimal"},
    "phone": {"inputmode": "tel", "type": "tel", "maxlength": "20"},
    "bankcard": {"inputmode": "numeric", "autocomplete": "off", "maxlength": "30"},
    "idcard": {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "maxlength": "24"},
    "usci": {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "maxlength": "24"},
}


def _is_day(type: str, value: Any) -> bool:
    try:
        return bool(date.fromisoformat(f"{value}-01" if type == "month" else str(value)))
    except ValueError:
        return False


_PLACEHOLDERS = {"person": N_("姓名和证件号后四位，例如 李文华 1234"), "org": N_("工会代码或全称")}
_UNITS = (("人口", N_("人")), ("人数", N_("人")), ("天数", N_("天")), ("月数", N_("个月")), ("年数", N_("年")), ("次数", N_("次")),
          ("年龄", N_("岁")))


def unit_of(spec: Field) -> str:
    """Return what is counted: 元 for money, and for whole numbers what the label ends in."""
    if spec.type == "money":
        return _("元")
    label = spec.label.zh.partition("（")[0].partition("(")[0]
    return next((_(unit) for ending, unit in _UNITS if label.endswith(ending)), "") if spec.type in ("int", "decimal") else ""


def _required(view: CaseView, spec: Field) -> bool:
    way = way_on(view)
    if way is not None and f"form.{spec.name}" in way.require:
        return True
    if not isinstance(spec.required, Expr):
        return spec.required
    try:
        return holds(view.definition, spec.required, view.facts)
    except Refused:
        return False


def text_in(spec: Field, value: Any) -> Any:
    """Return a canonical value as it stands in a box: 48,960 and not 48960.00, codes of choices, ISO dates."""
    if value is None:
        return [] if spec.type == "multi" else ""
    if spec.type == "bool":
        return "true" if value else "false"
    if isinstance(value, Decimal):
        plain = f"{value:,f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    if isinstance(value, Named):
        return value.typed
    return to_json(spec, value) if spec.type in ("date", "month", "multi", "table") else str(value)


def said(spec: Field, value: Any, lang: str, *, own: bool, paper: bool = False) -> str:
    """Return a value for reading: numbers of people and accounts masked, all that is sensitive for others than them.

    One's own phone number is shown, so that it can be checked, but not on `paper`, which passes through many hands.
    """
    if value is None or value == [] or value == "":
        return ""
    if spec.type == "person":
        return show(spec, value)         # masked where it was looked up
    if spec.type in MASKED and (spec.sensitive or paper or spec.type != "phone"):
        return mask(spec.type, str(value))
    if spec.sensitive and not own:
        return mask(spec.type, show(spec, value, "zh"))
    return show(spec, value, "en" if lang == "en" else "zh")
