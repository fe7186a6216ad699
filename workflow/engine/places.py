"""The unions above a unit. A union's level, code and place in the tree never change, so they are read once."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from ..records import Organisation


@dataclass(frozen=True, slots=True)
class Place:
    id: int
    code: str
    level: str
    name: str
    region: str
    path: str
    phone: str


_known: WeakKeyDictionary[Pool, dict[int, Place]] = WeakKeyDictionary()


def above(session: Session, path: str) -> tuple[Place, ...]:
    """Return the unions from the root down to the one `path` names, itself included."""
    known = _known.setdefault(session.get_bind().engine.pool, {})   # one pool a database, whatever the options
    ids = [int(part) for part in path.split("/") if part]
    missing = [number for number in ids if number not in known]
    if missing:
        found = session.execute(select(
            Organisation.id, Organisation.code, Organisation.level, Organisation.name, Organisation.region,
            Organisation.path, Organisation.phone).where(Organisation.id.in_(missing)))
        for row in found:
            known[row.id] = Place(*row)
    return tuple(known[number] for number in ids)


def at_level(places: tuple[Place, ...], level: str) -> Place | None:
    """Return the nearest union of that level, or None where the tree has none."""
    return next((place for place in reversed(places) if place.level == level), None)


def region(places: tuple[Place, ...]) -> str:
    """Return the region code whose figures apply: the nearest one given."""
    return next((place.region for place in reversed(places) if place.region), "")
