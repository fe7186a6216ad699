"""The room's blueprint, and how amounts are written in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint
from flask_babel import gettext as _

from workflow.errors import Refused

from .. import language
from ..show import fen

blueprint = Blueprint("money", __name__, url_prefix="/funds")


def shown(unit: str) -> Callable[[int], str]:
    """How an amount of this unit is written."""
    return fen if unit == "money" else lambda amount: f"{amount:,}"


def counted(unit: str) -> str:
    return str({"money": _("金额单位：元"), "heads": _("按人数"), "items": _("按件数")}[unit])


def told(refused: Refused, names: Mapping[str | None, str]) -> dict[str, str]:
    """The sentences of a refusal by the box they belong to; `names` are the boxes that are not called like the field."""
    found: dict[str, str] = {}
    for message in refused.messages:
        box = names.get(message.field, message.field or "reason")
        found[box] = f"{found[box]} {message.text(language.lang())}" if box in found else message.text(language.lang())
    return found
