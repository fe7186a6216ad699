"""What may be entered: the regional figures that `regions.yaml` names, and the params of released programmes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from .. import programmes
from ..errors import NotFound, Refused, one
from ..language.definition import Definition, Label
from ..language.faults import did_you_mean
from ..language.fields import FieldFault, parse_value, show
from ..language.figures import labels
from .standing import stored

MOST = 200                           # characters of a value; so many fit into the table


@dataclass(frozen=True, slots=True)
class Subject:
    """One figure as something to type into a box; `key` and `programme` of a param."""

    kind: str
    key: str
    name: str
    type: str
    label: Label
    programme: Label | None = None
    options: Mapping[str, Label] = field(default_factory=dict)
    min: Decimal | None = None       # numbers of policy are never below zero
    max: Decimal | None = None

    @property
    def id(self) -> str:
        """How a form names it: `region..dibao`, `param.<programme>.<name>`."""
        return f"{self.kind}.{self.key}.{self.name}"

    def said(self, value: Any, lang: str) -> str:
        """Return a stored value for people."""
        if value is None:
            return ""
        typed: Any = (Decimal(str(value)) if self.type in ("money", "decimal") else date.fromisoformat(value) if self.type == "date" else value)
        return show(self, typed, "en" if lang == "en" else "zh")


def subjects(session: Session, day: date) -> tuple[Subject, ...]:
    """Return everything that can be entered on `day`: regional figures first, then the params of each programme in force."""
    found = [region_subject(name) for name in labels()]
    for definition in programmes.current(session, day):
        found += [param_subject(definition, name) for name in definition.params]
    return tuple(found)


def subject(session: Session, kind: str, key: str, name: str) -> Subject:
    """Return one of them, of the newest version of its programme. Raises `Refused` where there is none of that name."""
    known: Mapping[str, Any] = labels()
    if kind == "param":
        try:
            definition = programmes.definition(session, key)
        except NotFound:
            raise Refused(one("UNKNOWN_PROGRAMME", f"没有发布过项目“{key}”", f"No programme '{key}' was released", "name")) from None
        if name in definition.params:
            return param_subject(definition, name)
        known = definition.params
    elif kind == "region" and name in known and not key:
        return region_subject(name)
    zh, en = did_you_mean(name, known)
    raise Refused(one("UNKNOWN_FIGURE", f"没有“{name}”这一项标准{zh}", f"There is no figure '{name}'{en}", "name"))


def read_value(asked: Subject, typed: str) -> str:
    """Return what was typed as the table keeps it. Raises `Refused` on the field `value`."""
    try:
        value = parse_value(asked, typed, required=True)
    except FieldFault as fault:
        raise Refused([type(message)(message.code, message.zh, message.en, "value") for message in fault.messages]) from None
    text = "true" if value is True else "false" if value is False else f"{value:f}" if isinstance(value, Decimal) else (
        value.isoformat() if isinstance(value, date) else str(value))
    if len(text) > MOST:
        raise Refused(one("FIGURE_LONG", f"不超过 {MOST} 字", f"At most {MOST} characters", "value"))
    return text


def told(asked: Subject, text: str | None, lang: str) -> str:
    """Return the text of a row for people."""
    return "" if text is None else asked.said(stored(asked.type, text), lang)


def param_subject(definition: Definition, name: str) -> Subject:
    param = definition.params[name]
    written = definition.document.get("params", {}).get(name, {}).get("options", {}) if param.type == "enum" else {}
    options = {code: Label(str(said.get("zh", code)), str(said.get("en", ""))) if isinstance(said, Mapping) else Label(str(said))
               for code, said in written.items()}
    return Subject("param", definition.key, name, param.type, param.label, definition.title, options,
                   Decimal(0) if param.type in ("int", "decimal", "money") else None)


def region_subject(name: str) -> Subject:
    """Return a regional figure; one that `regions.yaml` no longer names keeps its name for a label."""
    return Subject("region", "", name, "money", labels().get(name, Label(name)), min=Decimal(0))
