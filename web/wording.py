"""A rule of a definition in words: `min(a * 0.2, b)` as “a × 20%、b 中较小的”. Pure.

Names become their labels and choices theirs; policy figures carry their value, and so does every name where the values
that were used are given. What has no wording of its own is shown as it is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from workflow.language.clauses import Clause
from workflow.language.definition import Definition, Field
from workflow.language.explanations import printed
from workflow.language.expressions import Expr, Unanswerable
from workflow.language.fields import mask, show
from workflow.language.kinds import ENGINE_OPTIONS
from workflow.machine import name_of

from .language import N_
from .show import yuan


@dataclass(frozen=True, slots=True)
class Speech:
    """Whose rule, in which language, and with which values beside the names: None for the rule alone."""

    definition: Definition
    lang: str
    used: Mapping[str, Any] | None = None


def worded(definition: Definition, expr: Expr, lang: str, used: Mapping[str, Any] | None = None) -> str:
    """Return the whole rule as one sentence part; with `used`, the values by name, as it came out for one case."""
    return _say(Speech(definition, lang, used), expr.clause)


def amount_rule(definition: Definition, lang: str) -> str:
    """Return how the amount is worked out; where it is one named sum, that sum's own rule."""
    if definition.amount is None:
        return ""
    expr = definition.amount.value
    room, _dot, leaf = expr.source.strip().partition(".")
    return worded(definition, definition.calc[leaf] if room == "calc" and leaf in definition.calc else expr, lang)


def param(definition: Definition, name: str) -> str:
    """Return a policy figure for the guide: 1,380 元, 20%, 365, 是."""
    found = definition.params[name]
    return yuan(Decimal(found.value)) if found.type == "money" else _literal(found.value)


def _say(speech: Speech, clause: Clause) -> str:
    parts = _parts(speech, clause)
    match clause.word:
        case "name":
            return _name(speech, clause.name or "")
        case "column":
            return _column(speech, clause.name or "")
        case "literal":
            return _literal(clause.value)
        case "arithmetic" | "compare" if len(parts) == 2:
            return f"{_closed(clause, 0, parts[0])} {_(_SIGNS.get(_between(clause), _between(clause)))} {_closed(clause, 1, parts[1])}"
        case "and":
            return _(" 且 ").join(parts)
        case "or":
            return _(" 或 ").join(parts)
        case "not":
            return _("不是（%(what)s）", what=parts[0])
        case "if" if len(parts) == 3 and (taken := _taken(speech, clause)) is not None:
            return _("%(condition)s，按 %(then)s", condition=parts[1] if taken == 0 else _("不是（%(what)s）", what=parts[1]), then=parts[taken])
        case "if" if len(parts) == 3:
            return _("%(condition)s时为 %(then)s，否则为 %(otherwise)s", condition=parts[1], then=parts[0], otherwise=parts[2])
        case "call":
            return _call(speech, clause, parts)
        case "each":
            return _each(speech, clause, parts)
    return clause.text


def _each(speech: Speech, clause: Clause, parts: list[str]) -> str:
    """What is worked out over the rows of a table, or over those for which the conditions hold."""
    _rows, what, *tests = parts
    table = name_of(speech.definition, clause.parts[0].name or "").text(speech.lang)
    rows = _("“%(table)s”里%(tests)s的各行", table=table, tests=_(" 且 ").join(tests)) if tests else _("“%(table)s”各行", table=table)
    match clause.text.partition("(")[0].strip():
        case "count":
            return _("%(rows)s的行数", rows=rows)
        case "sum":
            return _("%(rows)s的%(what)s合计", rows=rows, what=what)
        case "all":
            return _("%(rows)s都要：%(what)s", rows=rows, what=what)
        case "any":
            return _("%(rows)s中有：%(what)s", rows=rows, what=what)
        case "min":
            return _("%(rows)s中最小的%(what)s", rows=rows, what=what)
        case "max":
            return _("%(rows)s中最大的%(what)s", rows=rows, what=what)
    return clause.text


def _taken(speech: Speech, clause: Clause) -> int | None:
    """Which branch of a choice the values led to, 0 or 2; None for a rule without values, or where it cannot be told."""
    if speech.used is None:
        return None
    facts: dict[str, Any] = {}
    for name, value in speech.used.items():
        room, _dot, leaf = name.partition(".")
        if leaf:
            facts.setdefault(room, {})[leaf] = value
        else:
            facts[name] = value
    try:
        return 0 if clause.parts[1].answer(facts, speech.definition.tables, None) else 2
    except Unanswerable:
        return None


def _parts(speech: Speech, clause: Clause) -> list[str]:
    """The parts in words; a choice's code beside the choice is said as its label."""
    codes: Mapping[str, str] = {}
    for part in clause.parts:
        spec = _field(speech.definition, part.name or "")
        if spec is not None and clause.word == "compare":
            codes = {code: label.text(speech.lang) for code, label in spec.options.items()}
        elif part.name in ENGINE_OPTIONS:
            codes = choices()
    return [codes[part.value] if part.word == "literal" and part.value in codes else _say(speech, part) for part in clause.parts]


def choices() -> dict[str, str]:
    """What the engine's own choices are called: categories and states of a file, levels of model workers."""
    return {"none": _("无"), "deep": _("深度困难"), "relative": _("相对困难"), "accident": _("意外致困"), "dibao": _("低保户"), "dibao_edge": _("低保边缘户"),
            "on_file": _("在档"), "exited": _("已脱困"), "cancelled": _("已注销"), "city": _("市级"), "province": _("省级"), "nation": _("全国")}


_SIGNS: Mapping[str, str] = {"*": "×", "/": "÷", "-": N_("－"), "+": N_("＋"), "<=": "≤", ">=": "≥", "==": N_("＝"), "!=": "≠"}


def _between(clause: Clause) -> str:
    """The sign between two parts, as it is written."""
    first, second = clause.parts
    return clause.text[first.end - clause.start:second.start - clause.start].strip(" ()\n") or "?"


def _closed(clause: Clause, position: int, words: str) -> str:
    """A part that is itself a sum or a choice goes into brackets within a product or a difference."""
    part = clause.parts[position]
    needs = part.word in ("if", "and", "or") or part.word == "arithmetic" and len(part.parts) == 2 and _between(part) in "+-" and (
        _between(clause) in "*/" or position == 1)
    return _("（%(what)s）", what=words) if needs else words


def _call(speech: Speech, clause: Clause, parts: list[str]) -> str:
    function = clause.text.partition("(")[0].strip()
    first, *rest = parts or [""]
    inner = clause.parts[0] if clause.parts else None
    if function == "max" and len(parts) == 2 and clause.parts[1].value == 0 and clause.parts[1].word == "literal":
        return _("%(what)s（不足 0 的按 0 计）", what=first)
    if function in ("min", "max"):
        joined = _("、").join(parts)
        return _("%(what)s 中较小的", what=joined) if function == "min" else _("%(what)s 中较大的", what=joined)
    if function.startswith("round") or function in ("floor", "ceil"):
        return _("%(what)s（取整到分）", what=first) if function == "round2" else _("%(what)s（取整）", what=first)
    if function == "coalesce" and speech.used is not None and speech.used.get(clause.parts[0].name or "") is not None:
        return first
    if function == "coalesce" and inner is not None and inner.word == "column" and len(clause.parts) == 2 and clause.parts[1].value in (0, ""):
        return first                 # an empty cell is nothing; nobody needs to be told
    if function == "coalesce":
        return _("%(first)s（没有时按 %(rest)s）", first=first, rest=_("、").join(rest))
    if function in ("sum", "count"):
        return _("%(what)s 合计", what=first) if function == "sum" else _("%(what)s 的个数", what=first)
    if function in ("progressive", "lookup"):
        return _("按下表由 %(what)s 查算", what=_("、").join(rest))
    if function in ("days", "months", "years") and len(parts) == 2:
        unit = {"days": _("天数"), "months": _("整月数"), "years": _("整年数")}[function]
        return _("从 %(start)s 到 %(end)s 的%(unit)s", start=parts[0], end=parts[1], unit=unit)
    if function == "len":
        return _("%(what)s 的个数", what=first)
    return f"{function}({_('，').join(parts)})"


def _name(speech: Speech, name: str) -> str:
    definition, label = speech.definition, name_of(speech.definition, name).text(speech.lang)
    room, _dot, leaf = name.partition(".")
    if room == "param" and leaf in definition.params:
        return f"{label} {_literal(definition.params[leaf].value)}"
    return label if speech.used is None else f"{label} {_value(speech, name)}"


def _value(speech: Speech, name: str) -> str:
    """The value a name had; what is sensitive stays masked."""
    value, spec = (speech.used or {}).get(name), _field(speech.definition, name)
    if value is None:
        return _("未填写")
    if spec is not None:
        return mask(spec.type, str(value)) if spec.sensitive else show(spec, value, "en" if speech.lang == "en" else "zh")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return choices().get(str(value), str(value)) if name in ENGINE_OPTIONS else figure(value)


def _field(definition: Definition, name: str) -> Field | None:
    room, _dot, leaf = name.partition(".")
    return definition.form.get(leaf) if room == "form" else None


def _column(speech: Speech, name: str) -> str:
    parts = name.split(".")
    table = speech.definition.form.get(parts[1]) if len(parts) == 3 else None
    return table.columns[parts[2]].label.text(speech.lang) if table and parts[2] in table.columns else name


def figure(value: object) -> str:
    """A number without a unit: grouped, with two decimals unless it is whole."""
    if isinstance(value, Decimal) or type(value) is int:
        whole = Decimal(value)
        return f"{whole:,.0f}" if whole == whole.to_integral_value() else f"{whole:,.2f}"
    return printed(value)


def _literal(value: Any) -> str:
    if isinstance(value, Decimal) and value not in (0, 1) and abs(value) < 1 and value * 100 == (value * 100).to_integral_value():
        return f"{value * 100:.0f}%"
    return figure(value)
