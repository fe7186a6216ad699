"""The accounts of a roster that the bank sent back: shown by themselves, with a box for the right one, whatever the length of the roster.

Only here does an officer change a roster whose money is reserved: amounts and payees stay, and what arrived keeps its account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from workflow.engine import CaseView
from workflow.language.definition import Field
from workflow.language.fields import to_json
from workflow.payments.reading import sent_back

from ..db import session
from ..show import mask_name


@dataclass(frozen=True, slots=True)
class Box:
    """What may be typed for one line: the account, or the bank beside it."""

    name: str
    label: Any
    value: str


@dataclass(frozen=True, slots=True)
class Returned:
    """One payment that the bank sent back, and the boxes for the account it goes to next."""

    n: int
    name: str
    amount_fen: int
    why: str
    tail: str
    boxes: tuple[Box, ...]


def corrected(view: CaseView) -> Field | None:
    """Return the roster of which the accounts, and nothing else, are open at this step."""
    rule = view.definition.lines
    if rule is None or rule.each is None or f"form.{rule.each}" not in view.edit or not _columns(view):
        return None
    ways = view.definition.ways(view.row.state)
    return view.definition.form[rule.each] if any("account.correct" in way.effects for way in ways) else None


def returned(view: CaseView) -> tuple[Returned, ...]:
    """Return what came back of this case, each with what was typed for it, or what the reader's draft has."""
    spec = corrected(view)
    if spec is None:
        return ()
    stored, kept = view.before.get(spec.name) or [], view.form.get(spec.name) or []
    found = []
    for line in sent_back(session(), view.row.id):
        if not 0 < line.n <= min(len(stored), len(kept)):
            continue
        boxes = tuple(Box(name := f"line.{line.n}.{column}", spec.columns[column].label, request.form.get(name, _again(stored, kept, line.n, column, must)))
                      for column, must in _columns(view).items())
        found.append(Returned(line.n, mask_name(line.name or ""), line.amount_fen, line.why, (line.account or "")[-4:], boxes))
    return tuple(found)


def rows(view: CaseView, sent: MultiDict[str, str]) -> dict[str, Any]:
    """Return {roster: all its rows, with the accounts that were typed}; nothing where none was."""
    spec = corrected(view)
    if spec is None:
        return {}
    kept: list[dict[str, Any]] = [dict(row) for row in to_json(spec, view.form.get(spec.name) or [])]
    changed = False
    for line in sent_back(session(), view.row.id):
        for column in _columns(view):
            typed = sent.get(f"line.{line.n}.{column}", "").strip()
            if typed and 0 < line.n <= len(kept):
                kept[line.n - 1][column], changed = typed, True
    return {spec.name: kept} if changed else {}


def _columns(view: CaseView) -> Mapping[str, bool]:
    """The columns of the account, its holder and its bank; True for the account, which is never shown again as it was."""
    rule = view.definition.lines
    assert rule is not None
    named = [(rule.account, True), (rule.holder, False), (rule.bank, False)]
    return {name.removeprefix("row."): must for expr, must in named if expr is not None for name in sorted(expr.names) if name.startswith("row.")}


def _again(stored: Any, kept: Any, n: int, column: str, must: bool) -> str:
    """What stands in the box at first: the reader's own draft; of the bank also what was there before."""
    old, new = stored[n - 1].get(column), kept[n - 1].get(column)
    return str(new or "") if new != old or not must else ""
