"""Which open cases a figure would touch if they went by it: shown before it is entered and before it is confirmed.

It touches none: a case keeps the figures of the day it was handed in. The list says whom the change concerns, so that somebody
may tell them or hand in anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..calendar import ZONE
from ..engine.facts import reads
from ..errors import NotFound
from ..figures import Entered, entered_of, made, param_standing, region_standing, same
from ..language.called import called
from ..language.definition import Definition, Label
from ..programmes import by_digest
from ..records import Case, Organisation, Person

SHOWN = 100
_cases, _places = Case.__table__, Organisation.__table__


@dataclass(frozen=True, slots=True)
class TouchedRow:
    case_id: str
    number: str | None
    name: str                        # masked
    programme: Label
    state: Label
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Touched:
    """`rows` are the first `SHOWN` of them, the oldest first."""

    count: int
    rows: tuple[TouchedRow, ...]


def touched(session: Session, figure: Row[Any] | Mapping[str, Any], now: datetime) -> Touched:
    """Return the open cases whose figure would differ with this one in force, whether it waits, stands or is only being typed.

    `figure` has the columns of `policy_figures` and the `level` of its organisation. The day is the figure's first, or today
    if that is later.
    """
    it = dict(figure) if isinstance(figure, Mapping) else figure._asdict()
    day = max(now.astimezone(ZONE).date(), it["from_on"])
    others = [row for row in entered_of(session, it["kind"], it["definition_key"], it["name"], day) if row.id not in (it.get("id"), it["withdraws"])]
    if it["value"] is not None:
        others.append(made(_Row(it)))
    conditions = [_cases.c.submitted_at.is_not(None), _cases.c.ended_at.is_(None), _cases.c.path.like(it["path"] + "%")]
    if it["kind"] == "param":
        conditions.append(_cases.c.definition_key == it["definition_key"])
    places, seen = _regions(session), dict[tuple[str, str], Any]()
    count, rows = 0, list[TouchedRow]()
    for row in session.execute(
            select(_cases.c.id, _cases.c.number, _cases.c.path, _cases.c.state, _cases.c.figures, _cases.c.definition_digest, Person.name,
                   Organisation.name.label("unit"))
            .join(Person, Person.id == _cases.c.applicant_id).join(Organisation, Organisation.id == _cases.c.unit_id).where(*conditions)
            .order_by(_cases.c.submitted_at, _cases.c.id)):
        definition = by_digest(session, row.definition_digest)
        before = row.figures.get(it["kind"], {}).get(it["name"])
        if f"{it['kind']}.{it['name']}" not in reads(definition):
            continue
        place = (row.definition_digest, row.path)
        if place not in seen:
            seen[place] = _value(definition, it, [one for one in others if row.path.startswith(one.path)], _region(places, row.path), day)
        if same(before, seen[place]):
            continue
        count += 1
        if len(rows) < SHOWN:
            rows.append(TouchedRow(row.id, row.number, called(definition, row.name, row.unit), definition.title, definition.states[row.state].label, before, seen[place]))
    return Touched(count, tuple(rows))


def level_of(session: Session, organisation_id: int) -> Row[Any]:
    """Return path and level of an organisation, for a figure that is only being typed. Raises `NotFound`."""
    row = session.execute(select(_places).where(_places.c.id == organisation_id)).one_or_none()
    if row is None:
        raise NotFound("organisation")
    return row


class _Row:
    """A figure as `made` reads it."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__.update({"id": "", "decided_at": None, **values})


def _value(definition: Definition, it: Mapping[str, Any], entered: list[Entered], place: str, day: date) -> Any:
    known = param_standing(definition, entered) if it["kind"] == "param" else region_standing(place, day, entered)
    return known[it["name"]].value if it["name"] in known else None


def _regions(session: Session) -> dict[int, str]:
    return {row.id: row.region for row in session.execute(select(_places.c.id, _places.c.region).where(_places.c.region != ""))}


def _region(places: Mapping[int, str], path: str) -> str:
    return next((places[int(part)] for part in reversed(path.split("/")) if part and int(part) in places), "")
