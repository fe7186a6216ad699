"""The yearly re-check of hardship files 抽查复核: at least 30 in 100 are drawn by lot, looked at again, and the finding written down.

Hunan's rules leave it to the county (domain.md B1, S14). The lot is a seed in the event of the draw: files come in the order of
SHA-256(seed ":" file), so an auditor draws the same ones again. A union draws once a year; nobody draws until they like the result.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, func, insert, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from .. import ids
from ..actors import Actor
from ..calendar import ZONE
from ..errors import NotFound, NotYours, Refused, one
from ..language.identity import mask
from ..privacy import vault
from ..records import Event, FileSample, HardshipFile, HouseholdMember, Organisation, Person, SampledFile
from .keeping import told, within

LEAST = 30                           # of a hundred files a year
DRAWS = "county_handler"
RESULTS = ("right", "changed", "wrong")
PLACE = "sampled_files.note_sealed"
MOST_NOTE = 200
_files, _drawn, _samples = HardshipFile.__table__, SampledFile.__table__, FileSample.__table__


@dataclass(frozen=True, slots=True)
class Drawn:
    """One file of a draw as pages show it; `name` of the household's head is masked."""

    n: int
    file: HardshipFile
    name: str
    unit: str
    result: str
    note: str
    checker: str
    checked_at: datetime | None


def drawn_from(seed: str, population: Sequence[str], percent: int) -> list[str]:
    """Return which files the seed draws, in their order: `percent` of a hundred, rounded up. Pure."""
    count = -(-len(population) * percent // 100)
    return sorted(population, key=lambda file_id: sha256(f"{seed}:{file_id}".encode()).digest())[:count]


def draw(session: Session, organisation_id: int, percent: int, actor: Actor, now: datetime, *, seed: str | None = None) -> str:
    """Draw this year's files of a union and those below it, and return the id of the draw. Raises `Refused` where that was done."""
    place = session.get(Organisation, organisation_id, with_for_update=True)
    if place is None:
        raise NotFound("organisation")
    _may(actor, place.path)
    if not LEAST <= percent <= 100:
        raise Refused(one("SAMPLE_PERCENT", f"抽查比例为 {LEAST} 至 100（％）", f"Draw {LEAST} to 100 in a hundred", "percent"))
    year = now.astimezone(ZONE).year
    if session.scalar(select(_samples.c.id).where(_samples.c.organisation_id == place.id, _samples.c.year == year)) is not None:
        raise Refused(one("SAMPLE_DRAWN", f"{year} 年已经抽取过，一年只抽一次，不能重抽", f"The files of {year} have been drawn; that is done once a year", "percent"))
    population = list(session.scalars(select(_files.c.id).where(_files.c.status == "on_file", _files.c.path.like(place.path + "%")).order_by(_files.c.id)))
    if not population:
        raise Refused(one("SAMPLE_EMPTY", "没有在档的档案，不用抽查", "There is no file on record to draw from", "percent"))
    seed = seed or secrets.token_hex(32)
    chosen, sample_id = drawn_from(seed, population, percent), ids.new(now)
    session.execute(insert(_samples), {"id": sample_id, "organisation_id": place.id, "path": place.path, "year": year, "percent": percent, "seed": seed,
                                       "population": population, "drawn_by": actor.person_id, "drawn_at": now})
    session.execute(insert(_drawn), [{"sample_id": sample_id, "n": n, "file_id": file_id, "result": "", "note_sealed": None, "checked_by": None,
                                      "checked_at": None} for n, file_id in enumerate(chosen, 1)])
    told(session, f"sample:{sample_id}", "draw", actor, DRAWS, place.id, now, {
        "year": year, "percent": percent, "seed": seed, "population": len(population), "digest": digest(population), "drawn": len(chosen)})
    return sample_id


def digest(population: Sequence[str]) -> str:
    """Return SHA-256 over the files that could have been drawn, a line each."""
    return sha256("\n".join(population).encode()).hexdigest()


def redrawn(session: Session, sample_id: str) -> bool:
    """Draw again from the seed the event holds; return whether the files drawn, and those they were drawn from, are the same."""
    row = session.get_one(FileSample, sample_id)
    body = session.scalar(select(Event.body).where(Event.stream == f"sample:{sample_id}", Event.seq == 1, Event.kind == "draw"))
    said: dict[str, Any] = orjson.loads(body)["extra"] if body else {}
    there = list(session.scalars(select(_drawn.c.file_id).where(_drawn.c.sample_id == sample_id).order_by(_drawn.c.n)))
    return (said.get("digest"), said.get("seed"), said.get("percent"), said.get("drawn")) == (digest(row.population), row.seed, row.percent, len(there)) and (
        drawn_from(str(said["seed"]), row.population, int(said["percent"])) == there)


def check(session: Session, sample_id: str, n: int, result: str, note: str, actor: Actor, now: datetime) -> None:
    """Write down what the re-check of one file found; written again, the later finding stands and both stay in the history."""
    row = session.get(FileSample, sample_id)
    found = session.get(SampledFile, (sample_id, n), with_for_update=True) if row is not None else None
    if row is None or found is None:
        raise NotFound("sample")
    file = session.get_one(HardshipFile, found.file_id)
    _may(actor, file.path)
    if session.scalar(select(HouseholdMember.id).where(HouseholdMember.household_id == file.household_id,
                                                       HouseholdMember.person_id.in_({actor.person_id} | actor.stands_for)).limit(1)) is not None:
        raise NotYours(one("OWN_FILE", "涉及您本人或家人的档案，须由他人复核", "This is the file of your own household; somebody else must check it"))
    if result not in RESULTS:
        raise Refused(one("SAMPLE_RESULT", "请选择复核结果", "Choose what was found", f"result-{n}"))
    note = " ".join(note.split())
    if len(note) > MOST_NOTE or result != "right" and len(note) < 2:
        raise Refused(one("SAMPLE_NOTE", f"请写明复核发现的情况，不超过 {MOST_NOTE} 字", f"Say what was found, in at most {MOST_NOTE} characters", f"note-{n}"))
    found.result, found.checked_by, found.checked_at = result, actor.person_id, now
    found.note_sealed = vault(session).seal(PLACE, f"{sample_id}:{n}", note.encode()) if note else None
    session.flush()
    told(session, f"sample:{sample_id}", "check", actor, DRAWS, file.unit_id, now, {"file": file.id, "n": n, "result": result}, comment=note)


def samples(session: Session, actor: Actor) -> Sequence[Row[Any]]:
    """Return the draws in scope, newest first, each with the union, who drew, and how many are drawn and checked."""
    counts = select(_drawn.c.sample_id, func.count().label("drawn"), func.count(_drawn.c.checked_by).label("checked")).group_by(_drawn.c.sample_id).subquery()
    return session.execute(
        select(_samples.c.id, _samples.c.year, _samples.c.percent, _samples.c.drawn_at, Organisation.name.label("unit"), Person.name.label("drawer"),
               counts.c.drawn, counts.c.checked).join(Organisation, Organisation.id == _samples.c.organisation_id)
        .join(Person, Person.id == _samples.c.drawn_by).join(counts, counts.c.sample_id == _samples.c.id)
        .where(within(actor, _samples.c.path)).order_by(_samples.c.id.desc())).all()


def sample(session: Session, sample_id: str, actor: Actor) -> FileSample:
    """Return one draw. Raises `NotFound` out of scope."""
    row = session.scalar(select(FileSample).where(FileSample.id == sample_id, within(actor, FileSample.path)))
    if row is None:
        raise NotFound("sample")
    return row


def drawn(session: Session, sample_id: str, actor: Actor, *, result: str | None = None, after: int = 0, limit: int = 50) -> tuple[list[Drawn], int | None]:
    """Return the files of a draw in the order they were drawn, of one result where given, and the number to go on after."""
    tests: list[ColumnElement[bool]] = [SampledFile.sample_id == sample_id, SampledFile.n > after, within(actor, HardshipFile.path)]
    if result is not None:
        tests.append(SampledFile.result == result)
    checker = Person.__table__.alias("checker")
    rows = session.execute(
        select(SampledFile, HardshipFile, Person.name, Organisation.name, checker.c.name).join(HardshipFile, HardshipFile.id == SampledFile.file_id)
        .join(Person, Person.id == HardshipFile.head_id).join(Organisation, Organisation.id == HardshipFile.unit_id)
        .outerjoin(checker, checker.c.id == SampledFile.checked_by).where(and_(*tests)).order_by(SampledFile.n).limit(limit + 1)).all()
    box = vault(session)
    found = [Drawn(one_of.n, file, mask("name", name), unit, one_of.result,
                   box.open(PLACE, f"{sample_id}:{one_of.n}", one_of.note_sealed).decode() if one_of.note_sealed else "", by or "", one_of.checked_at)
             for one_of, file, name, unit, by in rows[:limit]]
    return found, found[-1].n if len(rows) > limit else None


def _may(actor: Actor, path: str) -> None:
    """Raise unless the actor handles for the county: `NotFound` beyond their reach, `NotYours` for whoever only reads."""
    places = [post for post in actor.posts if path.startswith(post.path)]
    if actor.person_id is None or not places:
        raise NotFound("sample")
    if actor.holds("auditor") or not any(post.role == DRAWS for post in places):
        raise NotYours(one("SAMPLE_ROLE", "抽查复核由县总工会的经办人办理", "The county's handling officers draw and check"))
