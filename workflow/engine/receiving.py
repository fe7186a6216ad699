"""Who may be given work on a case: the same duty checks as for whoever decides, asked about somebody else.

Nobody receives work on their own case, on one their own number stands in, at a step separated from one they decided,
or as an auditor or administrator.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from ..actors import Actor, Post
from ..errors import Message
from ..language.roles import role_label, roles
from ..records import Account, Appointment, Organisation, Person
from .dossier import Dossier, local_day, related_to
from .duties import conflicts
from .places import above, at_level

_NOT_ASKED = frozenset({"applicant", "agent", "auditor", "admin"})
_WHY = {
    "OWN_CASE": ("是本件的申请人或代办人", "applied for or filed this case"),
    "RELATED": ("的证件、电话或银行卡登记在本件中", "has a number of their own in this case"),
    "SAME_PERSON": ("已在须由不同人办理的环节办理过本件", "has decided this case at a step that must be another person's"),
    "AUDITOR": ("是经审人员，只能查阅", "is an auditor, who only reads"),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be given this work: one of their posts, the one it goes to."""

    id: str
    name: str
    role: str
    organisation_id: int
    organisation: str


def officers(session: Session, dossier: Dossier, now: datetime, *, role: str | None = None, organisation_id: int | None = None,
             only: str | None = None) -> list[Candidate]:
    """Return the active officers of the case's county tree, or the holders of one role at one union, duty checks apart.

    Each stands there once, with the post nearest to the case. `only` asks about one person.
    """
    today = local_day(now)
    query = (
        select(Person.id, Person.name, Appointment.role, Organisation.id.label("place"), Organisation.name.label("union"), Organisation.path)
        .join(Appointment, Appointment.person_id == Person.id).join(Organisation, Organisation.id == Appointment.organisation_id)
        .join(Account, Account.person_id == Person.id)
        .where(Account.status == "active", Organisation.active, Appointment.role.not_in(_NOT_ASKED), _today(today)))
    if role is not None:
        query = query.where(Appointment.role == role, Appointment.organisation_id == organisation_id)
    else:
        query = query.where(Organisation.path.startswith(county_path(session, dossier)))
    if only is not None:
        query = query.where(Person.id == only)
    found: dict[str, Candidate] = {}
    for row in session.execute(query.order_by(Organisation.path, Appointment.id)):
        if row.role not in roles() or roles()[row.role].decides:
            found.setdefault(row.id, Candidate(row.id, row.name, row.role, row.place, row.union))
    return list(found.values())


def county_path(session: Session, dossier: Dossier) -> str:
    """Return the path of the county the case lies in; of its root where the tree has no county above it."""
    places = above(session, dossier.row.path)
    county = at_level(places, "county") or places[0]
    return "/" + "".join(f"{place.id}/" for place in places[:places.index(county) + 1])


def unfit(session: Session, dossier: Dossier, people: Iterable[Candidate], now: datetime) -> dict[str, tuple[Message, ...]]:
    """Return why these people may not be given work on this case, by person; who may is not in it."""
    asked = list(people)
    related = related_to(session, dossier.id, [one.id for one in asked]) if asked else frozenset()
    auditors = set(session.scalars(select(Appointment.person_id).where(
        Appointment.person_id.in_([one.id for one in asked]), Appointment.role == "auditor", _today(local_day(now))))) if asked else set()
    reasons: dict[str, tuple[Message, ...]] = {}
    for one in asked:
        posts = [Post(one.role, one.organisation_id, "")] + ([Post("auditor", one.organisation_id, "")] if one.id in auditors else [])
        against = conflicts(replace(dossier, related=one.id in related, related_to=frozenset()), dossier.state, Actor(one.id, one.name, tuple(posts)),
                            one.role, declared=True)
        if against:
            reasons[one.id] = tuple(_said(one, message) for message in against)
    return reasons


def fit(session: Session, dossier: Dossier, people: Iterable[Candidate], now: datetime) -> list[Candidate]:
    """Return those of them who may be given work on this case, in their order."""
    asked = list(people)
    reasons = unfit(session, dossier, asked, now)
    return [one for one in asked if one.id not in reasons]


def described(one: Candidate, lang: str = "zh") -> str:
    """Return "王莉（云岭县总工会 县总工会经办人）"."""
    role = role_label(one.role).text(lang)
    return f"{one.name} ({one.organisation}, {role})" if lang == "en" else f"{one.name}（{one.organisation} {role}）"


def _today(day: date) -> ColumnElement[bool]:
    return (Appointment.starts_on <= day) & or_(Appointment.ends_on.is_(None), Appointment.ends_on >= day)


def _said(one: Candidate, message: Message) -> Message:
    zh, en = _WHY.get(message.code, ("须回避", "must stand aside"))
    return Message(message.code, f"{one.name}{zh}，不能接手，请另选一人", f"{one.name} {en} and cannot be given it; choose somebody else", "to")
