"""The unions above a unit. A union's level, code and place in the tree never change, so these are read once."""

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


_known: WeakKeyDictionary[Pool, dict[int, Place]] = WeakKeyDictionary()


def above(session: Session, path: str) -> tuple[Place, ...]:
    """Return the unions from the root down to the one `path` names, itself included."""
    known = _known.setdefault(session.get_bind().engine.pool, {})   # one pool a database, whatever the options
    ids = _ids(path)
    missing = [number for number in ids if number not in known]
    if missing:
        for row in session.execute(select(Organisation.id, Organisation.code, Organisation.level)
                                   .where(Organisation.id.in_(missing))):
            known[row.id] = Place(*row)
    return tuple(known[number] for number in ids)


def at_level(places: tuple[Place, ...], level: str) -> Place | None:
    """Return the nearest union of that level, or None where the tree has none."""
    return next((place for place in reversed(places) if place.level == level), None)


def region(session: Session, path: str) -> str:
    """Return the region code whose figures apply today: that of the nearest union that has one."""
    codes = {row.id: row.region for row in session.execute(
        select(Organisation.id, Organisation.region).where(Organisation.id.in_(_ids(path))))}
    return next((codes[number] for number in reversed(_ids(path)) if codes.get(number)), "")


def _ids(path: str) -> list[int]:
    return [int(part) for part in path.split("/") if part]
