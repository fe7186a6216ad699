"""Which figure holds for an organisation on a day: of what officers confirmed and what the files say.

The nearest wins: what was entered for the organisation itself before what was entered for one above it, and a row of
`regions.yaml` stands as near as its region (county, prefecture, province, then `default`). Of equally near ones the newest
that has begun wins, and on the same day the entered one wins over the file. The value a definition gives a param is what
remains where nobody entered any.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from ..language.definition import Definition
from ..language.figures import Figure, near
from ..records import Organisation, PolicyFigure

NEARNESS = {"province": 2, "prefecture": 4, "county": 6, "township": 7, "unit": 8}     # as many digits as a region's code has
_rows, _ends, _places = PolicyFigure.__table__, PolicyFigure.__table__.alias("ends"), Organisation.__table__
_ENTERED = (
    select(_rows.c.id, _rows.c.kind, _rows.c.definition_key, _rows.c.name, _rows.c.type, _rows.c.value, _rows.c.path, _rows.c.from_on,
           _rows.c.title, _rows.c.document, _rows.c.decided_at, _places.c.level)
    .join(_places, _places.c.id == _rows.c.organisation_id)
    .where(_rows.c.status == "confirmed", _rows.c.value.is_not(None), _rows.c.from_on <= bindparam("day"),
           ~exists().where(_ends.c.withdraws == _rows.c.id, _ends.c.status == "confirmed", _ends.c.from_on <= bindparam("day"))))
_FOR_CASE = _ENTERED.where(_rows.c.organisation_id.in_(bindparam("places", expanding=True)),
                           or_(_rows.c.kind == "region", _rows.c.definition_key == bindparam("key")))
_FOR_NAME = _ENTERED.where(and_(_rows.c.kind == bindparam("kind"), _rows.c.definition_key == bindparam("key"), _rows.c.name == bindparam("name")))


@dataclass(frozen=True, slots=True)
class Entered:
    """A confirmed row as far as it counts."""

    id: str
    kind: str
    key: str
    name: str
    type: str
    value: str
    path: str
    start: date
    source: str
    rank: tuple[int, date, int, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds: the value as JSON keeps it with a case, since when and by which document; `id` of the row, if entered."""

    value: Any
    start: date | None
    source: str
    id: str | None = None


def entered_for(session: Session, key: str, path: str, day: date) -> tuple[Entered, ...]:
    """Return what was entered for an organisation and those above it, and has begun by `day`."""
    places = [int(part) for part in path.split("/") if part]
    return tuple(made(row) for row in session.connection().execute(_FOR_CASE, {"places": places, "key": key, "day": day}))


def entered_of(session: Session, kind: str, key: str, name: str, day: date) -> tuple[Entered, ...]:
    """Return every organisation's row of one figure that has begun by `day`."""
    return tuple(made(row) for row in session.connection().execute(_FOR_NAME, {"kind": kind, "key": key, "name": name, "day": day}))


def made(row: Any) -> Entered:
    moment = row.decided_at.isoformat() if row.decided_at else "9"           # a proposal is read as if it were confirmed last
    return Entered(row.id, row.kind, row.definition_key, row.name, row.type, row.value, row.path, row.from_on, f"{row.title} {row.document}",
                   (NEARNESS[row.level], row.from_on, 1, moment))


def region_standing(place: str, day: date, entered: Iterable[Entered]) -> dict[str, Standing]:
    """Return every regional figure that holds in a region on a day. Pure."""
    best: dict[str, tuple[tuple[int, date, int, str], Standing]] = {}
    for name, (nearness, figure) in near(place, day).items():
        best[name] = ((nearness, figure.start, 0, ""), _from_file(figure))
    for row in entered:
        if row.kind == "region" and (row.name not in best or best[row.name][0] < row.rank):
            best[row.name] = (row.rank, Standing(row.value, row.start, row.source, row.id))
    return {name: one for name, (_, one) in sorted(best.items())}


def param_standing(definition: Definition, entered: Iterable[Entered]) -> dict[str, Standing]:
    """Return every param of a version with what holds. A row entered under another type is not for this version. Pure."""
    best: dict[str, Entered] = {}
    for row in entered:
        param = definition.params.get(row.name)
        if row.kind == "param" and param is not None and param.type == row.type and (row.name not in best or best[row.name].rank < row.rank):
            best[row.name] = row
    return {name: Standing(stored(param.type, best[name].value), best[name].start, best[name].source, best[name].id) if name in best
            else Standing(plain(param.value), None, param.source) for name, param in definition.params.items()}


def stored(type: str, text: str) -> Any:
    """Return an entered value as JSON keeps it with a case."""
    return int(text) if type == "int" else text == "true" if type == "bool" else text


def plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value.isoformat() if isinstance(value, date) else value


def same(one: Any, other: Any) -> bool:
    """Say whether two stored values mean the same: 780 and 780.00 do."""
    if one == other or isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return bool(one == other)
    try:
        return Decimal(str(one)) == Decimal(str(other))
    except ArithmeticError:
        return False


def _from_file(figure: Figure) -> Standing:
    return Standing(str(figure.value), figure.start, figure.source)
