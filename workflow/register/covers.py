"""Who is covered by mutual aid 参保名册, for whoever may see it: by union, period and state, with the enrolment and the claims. Read only.

Whoever stands on a roster only, and not in the register, is known by the blind index of their number; their name is sealed in the
line of their union's enrolment and cannot be searched for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from ..actors import Actor
from ..calendar import ZONE
from ..language.identity import mask
from ..privacy import vault
from ..programmes import by_digest
from ..records import Case, Cover, GrantLine, Organisation, Person, Release
from ..scope import visible
from .keeping import within

STATES = ("running", "coming", "ended")
_ESCAPE = "\\"
_covers, _people, _cases, _lines = Cover.__table__, Person.__table__, Case.__table__, GrantLine.__table__
_SHOWN: tuple[Any, ...] = (_covers, Organisation.name.label("unit"), _cases.c.number, _cases.c.definition_digest, _cases.c.erased_at,
                           _people.c.id.label("known_id"), _people.c.name, _people.c.id_no_sealed, _lines.c.id.label("line_id"), _lines.c.sealed)


@dataclass(frozen=True, slots=True)
class Claim:
    """A case that rests on a cover, as far as the reader may open it."""

    case_id: str
    number: str | None
    title: Any                       # Label
    state: Any                       # Label of where it stands
    outcome: str | None


@dataclass(frozen=True, slots=True)
class CoverRow:
    """One person's cover in a list. Name and number are masked; `case_id` None where the reader may not open the enrolment."""

    id: int
    scheme: str
    title: Any                       # Label of the programme that enrolled them
    unit: str
    name: str
    id_no: str
    person_id: str | None
    from_on: date
    until_on: date
    shares: int
    state: str                       # running | coming | ended
    number: str | None
    case_id: str | None
    claims: tuple[Claim, ...]


def covers(session: Session, actor: Actor, today: date, *, state: str = "", scheme: str = "", unit: str = "", on: date | None = None, text: str = "",
           id_no: str = "", after: int | None = None, limit: int = 50) -> tuple[list[CoverRow], int | None]:
    """Return the covers in scope, latest first, and the id to go on after.

    `on`: who was covered that day; `unit`: part of the union's name or its code; `text`: number of the enrolment or name of
    somebody in the register; `id_no`: the whole identity number, for the roster too.
    """
    tests: list[ColumnElement[bool]] = [within(actor, _covers.c.path)]
    if state in STATES:
        tests.append({"running": and_(_covers.c.from_on <= today, _covers.c.until_on >= today), "coming": _covers.c.from_on > today,
                      "ended": _covers.c.until_on < today}[state])
    if scheme:
        tests.append(_covers.c.scheme == scheme)
    if on is not None:
        tests.append(and_(_covers.c.from_on <= on, _covers.c.until_on >= on))
    if unit.strip():
        tests.append(or_(Organisation.code == unit.strip(), Organisation.name.like(f"%{_like(unit)}%", escape=_ESCAPE)))
    if text.strip():
        tests.append(or_(_cases.c.number.like(f"%{_like(text)}%", escape=_ESCAPE), _people.c.name.like(f"{_like(text)}%", escape=_ESCAPE)))
    if id_no:
        index = vault(session).blind("idcard", id_no)
        tests.append(or_(_covers.c.id_index == index, _people.c.id_no_index == index))
    if after:
        tests.append(_covers.c.id < after)
    # Somebody who came into the register after they were enrolled is found by their number.
    known = or_(_people.c.id == _covers.c.person_id, and_(_covers.c.person_id.is_(None), _people.c.id_no_index == _covers.c.id_index))
    rows = session.execute(
        select(*_SHOWN).select_from(_covers).join(Organisation, Organisation.id == _covers.c.unit_id).join(_cases, _cases.c.id == _covers.c.case_id)
        .outerjoin(_people, known).outerjoin(_lines, and_(_lines.c.case_id == _covers.c.case_id, _lines.c.n == _covers.c.n))
        .where(*tests).order_by(_covers.c.id.desc()).limit(limit + 1)).all()
    return _shown(session, rows[:limit], actor, today), rows[limit - 1].id if len(rows) > limit else None


def schemes(session: Session, actor: Actor) -> dict[str, Any]:
    """Return the titles of the programmes that somebody in scope is covered by."""
    keys = session.scalars(select(_covers.c.scheme).where(within(actor, _covers.c.path)).distinct()).all()
    found: dict[str, Any] = {}
    for key, digest in session.execute(select(Release.key, Release.digest).where(Release.key.in_(keys)).order_by(Release.version)):
        found[key] = by_digest(session, digest).title
    return found


def _shown(session: Session, rows: Sequence[Any], actor: Actor, today: date) -> list[CoverRow]:
    mine = set(session.scalars(select(_cases.c.id).where(_cases.c.id.in_({row.case_id for row in rows}), visible(actor)))) if rows else set()
    claims = _claims(session, {row.known_id for row in rows if row.known_id}, actor)
    found = []
    for row in rows:
        name, number = _said(session, row)
        found.append(CoverRow(
            row.id, row.scheme, by_digest(session, row.definition_digest).title, row.unit, mask("name", name) if name else "", mask("idcard", number) if number else "",
            row.known_id, row.from_on, row.until_on, row.shares, "coming" if row.from_on > today else "ended" if row.until_on < today else "running",
            row.number, row.case_id if row.case_id in mine else None,
            tuple(claim for scheme, day, claim in claims.get(row.known_id, ()) if scheme == row.scheme and row.from_on <= day <= row.until_on)))
    return found


def _said(session: Session, row: Any) -> tuple[str, str]:
    """Return name and number as the register has them, or as the roster said; nothing once that is erased."""
    box = vault(session)
    if row.known_id is not None and row.erased_at is None:
        return row.name, box.open("people.id_no", row.known_id, row.id_no_sealed).decode() if row.id_no_sealed else ""
    if row.sealed is None:
        return "", ""
    said = box.open_json("grant_lines.sealed", row.line_id, row.sealed)
    return str(said.get("name") or ""), str(said.get("id_no") or "")


def _claims(session: Session, people: set[str], actor: Actor) -> dict[str, list[tuple[str, date, Claim]]]:
    """Return by person (scheme, the day it is about, claim) of their cases that rest on a cover, oldest first."""
    found: dict[str, list[tuple[str, date, Claim]]] = defaultdict(list)
    if not people:
        return found
    for row in session.execute(select(_cases).where(_cases.c.applicant_id.in_(people), _cases.c.submitted_at.is_not(None), visible(actor)).order_by(_cases.c.id)):
        definition = by_digest(session, row.definition_digest)
        if "scheme" not in definition.params:
            continue
        day = _day(row.form.get("event_on")) or row.submitted_at.astimezone(ZONE).date()
        claim = Claim(row.id, row.number, definition.title, definition.states[row.state].label, row.outcome)
        found[row.applicant_id].append((str(definition.params["scheme"].value), day, claim))
    return found


def _day(said: Any) -> date | None:
    try:
        return date.fromisoformat(str(said)[:10])
    except ValueError:
        return None


def _like(text: str) -> str:
    return text.strip()[:60].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
