"""A rule of a definition in words, for the guide: `min(a * 0.2, b)` as “a × 20% 与 b 中较小的”. Pure.

Names become their labels, policy figures carry their value. What has no wording of its own is shown as it is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from workflow.language.clauses import Clause
from workflow.language.definition import Definition
from workflow.language.expressions import Expr
from workflow.machine import name_of

from ..language import N_
from ..show import yuan
from .estimate import figure


def worded(definition: Definition, expr: Expr, lang: str) -> str:
    """Return the whole rule as one sentence part."""
    return _say(definition, expr.clause, lang)


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


def _say(definition: Definition, clause: Clause, lang: str) -> str:
    parts = [_say(definition, part, lang) for part in clause.parts]
    match clause.word:
        case "name":
            return _name(definition, clause.name or "", lang)
        case "column":
            return _column(definition, clause.name or "", lang)
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
        case "if" if len(parts) == 3:
            return _("%(condition)s时为 %(then)s，否则为 %(otherwise)s", condition=parts[1], then=parts[0], otherwise=parts[2])
        case "call":
            return _call(clause, parts)
    return clause.text


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


def _call(clause: Clause, parts: list[str]) -> str:
    function = clause.text.partition("(")[0].strip()
    first, *rest = parts or [""]
    if function == "max" and len(parts) == 2 and clause.parts[1].value == 0 and clause.parts[1].word == "literal":
        return _("%(what)s（不足 0 的按 0 计）", what=first)
    if function in ("min", "max"):
        joined = _("、").join(parts)
        return _("%(what)s 中较小的", what=joined) if function == "min" else _("%(what)s 中较大的", what=joined)
    if function.startswith("round") or function in ("floor", "ceil"):
        return _("%(what)s（取整到分）", what=first) if function == "round2" else _("%(what)s（取整）", what=first)
    if function == "coalesce":
        return _("%(first)s（没有时按 %(rest)s）", first=first, rest=_("、").join(rest))
    if function in ("sum", "count"):
        return _("%(what)s 合计", what=first) if function == "sum" else _("%(what)s 的个数", what=first)
    if function in ("progressive", "lookup"):
        return _("按下表由 %(what)s 查算", what=_("、").join(rest))
    return f"{function}({_('，').join(parts)})"


def _name(definition: Definition, name: str, lang: str) -> str:
    label = name_of(definition, name).text(lang)
    room, _dot, leaf = name.partition(".")
    if room == "param" and leaf in definition.params:
        return f"{label} {_literal(definition.params[leaf].value)}"
    return label


def _column(definition: Definition, name: str, lang: str) -> str:
    parts = name.split(".")
    table = definition.form.get(parts[1]) if len(parts) == 3 else None
    return table.columns[parts[2]].label.text(lang) if table and parts[2] in table.columns else name


def _literal(value: Any) -> str:
    if isinstance(value, Decimal) and value not in (0, 1) and abs(value) < 1 and value * 100 == (value * 100).to_integral_value():
        return f"{value * 100:.0f}%"
    return figure(value)
