"""What the answers so far come to: the figures, checks and amount that rest on one page of questions. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _

from workflow.engine import CaseView
from workflow.language.expressions import Expr

from ..show import yuan
from ..wording import figure
from .steps import Step


@dataclass(frozen=True, slots=True)
class Estimate:
    """`kind`: figure, amount, ok or doubt."""

    kind: str
    label: str
    value: str = ""


def of(view: CaseView, step: Step, lang: str) -> tuple[Estimate, ...]:
    """Return what to show in the box 按您填写的情况 below the questions of `step`."""
    definition, here = view.definition, frozenset(step.names)
    rule = definition.amount
    whole = rule.value.source.strip() if rule is not None else ""        # the figure that is the amount is told once
    lines = [Estimate("figure", line.label.text(lang), figure(line.value)) for line in view.working
             if line.name in definition.calc_labels and whole != f"calc.{line.name}" and isinstance(line.value, (int, Decimal))
             and not isinstance(line.value, bool) and _rests(view, definition.calc[line.name], here)]
    for check in view.checks:
        if check.ok is not None and _rests(view, check.criterion.expr, here):
            words = check.criterion.label if check.ok or check.criterion.on_fail == "flag" else check.criterion.message
            lines.append(Estimate("ok" if check.ok else "doubt", words.text(lang)))
    if rule is not None and view.amount_fen is not None and _rests(view, rule.value, here):
        lines.append(Estimate("amount", _("估算金额"), yuan(view.amount_fen)))
    return tuple(lines)


def _rests(view: CaseView, expr: Expr, here: frozenset[str]) -> bool:
    """Whether `expr` reads one of these fields, itself or through what it is worked out from."""
    waiting, seen = list(expr.names), set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in here:
            return True
        room, _dot, leaf = name.partition(".")
        if room == "calc" and leaf in view.definition.calc:
            waiting += view.definition.calc[leaf].names
    return False
