"""Who keeps the register and who reads it, by the union of a household or a person; and the events every change leaves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, false, or_, select
from sqlalchemy.orm import Session

from .. import history
from ..actors import Actor
from ..errors import NotFound, NotYours, one
from ..records import Household, HouseholdMember, Organisation, Person

KEEPERS = frozenset({"grassroots", "township", "county_handler"})
READERS = KEEPERS | {"county_leader", "county_committee", "auditor"}


def standing(actor: Actor, path: str) -> str:
    """Return the role in which somebody keeps what belongs to the union at `path`. The command line and the system may.

    Raises `NotFound` out of the reader's scope, `NotYours` for whoever only reads.
    """
    if actor.person_id is None:
        return "system"
    roles = [post.role for post in actor.posts if path.startswith(post.path)]
    if not READERS & set(roles):
        raise NotFound("register")
    if actor.holds("auditor"):
        raise NotYours(one("AUDITOR", "经审人员只能查阅，不能办理", "Auditors may look but not decide"))
    found = next((role for role in roles if role in KEEPERS), None)
    if found is None:
        raise NotYours(one("REGISTER_ROLE", "档案由基层、乡镇工会和县总工会的经办人维护，您只能查阅",
                           "The register is kept by the handling officers of the unions; you may only read it"))
    return found


def within(actor: Actor, path: Any, roles: frozenset[str] = READERS) -> ColumnElement[bool]:
    """Return the condition on a column of paths for what this person may read."""
    if actor.person_id is None and actor.via == "command":
        return path.is_not(None)  # type: ignore[no-any-return]  # a column of any table
    places = sorted({post.path for post in actor.posts if post.role in roles})
    return or_(*(path.like(place + "%") for place in places)) if places else false()


def people_within(actor: Actor, roles: frozenset[str] = READERS, who: Any = Person) -> ColumnElement[bool]:
    """Return the condition on people: members of a union in scope, and whoever lives in a household of one."""
    return or_(who.union_id.in_(select(Organisation.id).where(within(actor, Organisation.path, roles))),
               exists().where(HouseholdMember.person_id == who.id, HouseholdMember.until_on.is_(None),
                              Household.id == HouseholdMember.household_id, within(actor, Household.path, roles)))


def told(session: Session, stream: str, kind: str, actor: Actor, role: str, organisation_id: int | None, now: datetime, extra: Mapping[str, Any],
         changes: Mapping[str, tuple[Any, Any]] = {}, comment: str = "") -> int:  # noqa: B006
    """Leave the event of one change. `extra` stands in clear: ids, codes and days; names and addresses go into `changes`."""
    return history.append_to(session, stream, kind=kind, at=now, actor=actor, role=role, organisation_id=organisation_id,
                             extra={name: value for name, value in extra.items() if value is not None}, changes=changes, comment=comment).seq
