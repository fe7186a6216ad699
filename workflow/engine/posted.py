"""What hangs on the wall: the lines of a public notice, masked once and frozen with it.

A person's name is never whole, and an identity number, a phone or a card never stands there, whatever a definition
asks for: such a field is left out, and one that hides in a free text is starred. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from ..language.called import called
from ..language.definition import Definition, Field, Label, NoticeRule
from ..language.fields import show
from ..language.identity import mask
from ..machine import name_of
from .dossier import Dossier

USUAL = ("applicant.name", "applicant.union", "programme", "amount")
"""What is posted where the definition names nothing."""

_NEVER = frozenset({"idcard", "phone", "bankcard", "usci", "file", "table"})
_NUMBERS = re.compile(r"(?<![0-9])(?:[0-9][0-9 \-]{9,20}[0-9Xx])(?![0-9])")   # 11 digits and more: a phone, a card, an identity number
_LONG = 200                          # a sheet on the wall is no file
_SHORT = 20                          # a longer text is no name; it is starred whole
_LABELS = {"applicant.name": Label("申请人", "Applicant"), "applicant.union": Label("所属工会", "Union"),
           "programme": Label("项目", "Programme"), "amount": Label("金额", "Amount"), "case.number": Label("受理编号", "Number")}


def lines(dossier: Dossier, rule: NoticeRule, facts: Mapping[str, Any], amount_fen: int | None) -> list[dict[str, Any]]:
    """Return [{"label": {"zh", "en"}, "value": masked text}] in the order of the definition; what is empty is left out."""
    found = []
    for name in _names(dossier.definition, rule):
        value = _value(dossier, rule, name, facts, amount_fen)
        if value:
            label = _label(dossier.definition, name)
            found.append({"label": {"zh": label.zh, "en": label.text("en")}, "value": value})
    return found


def _names(definition: Definition, rule: NoticeRule) -> Iterator[str]:
    for name in dict.fromkeys(rule.show or USUAL):
        if name == "form.*":
            yield from (f"form.{one}" for one in definition.form)
        else:
            yield name


def _label(definition: Definition, name: str) -> Label:
    if name == "applicant.name" and definition.apply_who == "organisation":
        return Label("申请单位", "Union")
    if name in _LABELS:
        return _LABELS[name]
    found = name_of(definition, name)
    # A result without words of its own is the amount, or nothing people would know.
    return _LABELS["amount"] if name.startswith("calc.") and found.zh in (name, name[5:]) else found


def _value(dossier: Dossier, rule: NoticeRule, name: str, facts: Mapping[str, Any], amount_fen: int | None) -> str:
    room, _, leaf = name.partition(".")
    row, definition = dossier.row, dossier.definition
    if name == "applicant.name":
        return called(definition, row.applicant_name, row.unit_name)
    if name == "amount":
        return _yuan(Decimal(amount_fen) / 100) if amount_fen is not None else ""
    if name == "applicant.union":
        plain = str(row.unit_name)
    elif name == "programme":
        plain = definition.title.zh
    elif name == "case.number":
        plain = str(facts["case"]["number"] or "")
    elif room == "form" and leaf in definition.form:
        return _answer(dossier, definition.form[leaf], name in rule.mask, facts["form"].get(leaf))
    elif room == "calc":
        plain = _result(facts["calc"].get(leaf), amount_fen)
        return "****" if plain and name in rule.mask else plain
    else:
        return ""
    return mask("name", plain) if name in rule.mask else plain


def _answer(dossier: Dossier, spec: Field, masked: bool, value: Any) -> str:
    """Return one answer of the form as it may hang there."""
    text = show(spec, value)
    if not text or spec.type in _NEVER or spec.sensitive:
        return ""
    if spec.type == "person" or spec.prefill == "applicant.name":
        return mask("name", text)
    if masked:
        return mask("name", text) if spec.type in ("text", "org") and len(text) <= _SHORT and not re.search(r"[0-9]", text) else "****"
    if spec.type in ("text", "note", "org"):
        name = str(dossier.row.applicant_name)
        text = _NUMBERS.sub("****", text.replace(name, mask("name", name)))
        text = text if len(text) <= _LONG else text[:_LONG] + "…"
    return text


def _result(value: Any, amount_fen: int | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal | int):
        # Only the amount is known to be money; a result of another kind may be months or a share.
        return _yuan(Decimal(value)) if amount_fen is not None and value * 100 == amount_fen else f"{Decimal(value):,f}"
    return _NUMBERS.sub("****", str(value))


def _yuan(value: Decimal) -> str:
    return f"{value:,.0f} 元" if value == value.to_integral_value() else f"{value:,.2f} 元"
