"""Adding and changing unions. Every change is an event of the stream `organisation:<id>`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from . import history
from .actors import Actor
from .errors import NotFound, Refused, one
from .records import Organisation
from .records.organisations import LEVELS

CHANGEABLE = frozenset({"name", "region", "phone", "active"})


def add(session: Session, code: str, name: str, level: str, parent_id: int | None, now: datetime, actor: Actor,
        region: str = "", phone: str = "") -> Organisation:
    """Add a union below `parent_id` (None: a root).

    Raises `Refused` for an empty or taken code, an unknown level, or a level that is not below the parent's.
    """
    code, name = code.strip(), name.strip()
    if not code or not name:
        raise Refused(one("ORG_EMPTY", "请填写组织代码和名称", "Give the organisation a code and a name"))
    if level not in LEVELS:
        raise Refused(one("ORG_LEVEL", f"没有“{level}”这一层级，请选：{'、'.join(LEVELS)}",
                          f"There is no level {level!r}; choose one of {', '.join(LEVELS)}", "level"))
    if session.scalar(select(Organisation.id).where(Organisation.code == code)) is not None:
        raise Refused(one("ORG_CODE_TAKEN", f"组织代码 {code} 已被使用，请换一个",
                          f"The code {code} is taken; choose another", "code"))
    parent = _parent(session, parent_id, level)
    # The path holds the row's own id, which the database gives at the INSERT; until then the code is as unique.
    row = Organisation(code=code, name=name, level=level, parent_id=parent_id, path=f"new {code}", region=region,
                       phone=phone, active=True)
    session.add(row)
    session.flush()
    row.path = f"{parent.path if parent else '/'}{row.id}/"
    session.flush()
    history.append_to(session, f"organisation:{row.id}", kind="add", at=now, actor=actor, role=actor_role(actor),
                      extra={"code": code, "level": level, "parent": parent_id, "path": row.path},
                      changes={"name": (None, name), "region": (None, region), "phone": (None, phone)})
    return row


def change(session: Session, organisation_id: int, now: datetime, actor: Actor, **values: Any) -> None:
    """Change `name`, `region`, `phone` or `active`; what is equal already leaves no event.

    Code, level and place in the tree stay: cases carry them. Raises `NotFound`.
    """
    if unknown := values.keys() - CHANGEABLE:
        raise TypeError(f"an organisation's {sorted(unknown)} cannot be changed")
    row = session.get(Organisation, organisation_id, with_for_update=True)
    if row is None:
        raise NotFound("organisation")
    changes = {name: (getattr(row, name), value) for name, value in values.items() if getattr(row, name) != value}
    if not changes:
        return
    for name, (_, value) in changes.items():
        setattr(row, name, value)
    session.flush()
    history.append_to(session, f"organisation:{row.id}", kind="change", at=now, actor=actor, role=actor_role(actor),
                      changes=changes)


def actor_role(actor: Actor) -> str:
    """Return in which capacity somebody keeps the registers: as administrator where they are one."""
    if actor.person_id is None:
        return "system"
    return "admin" if actor.holds("admin") else actor.posts[0].role if actor.posts else "applicant"


def _parent(session: Session, parent_id: int | None, level: str) -> Organisation | None:
    if parent_id is None:
        return None
    parent = session.get(Organisation, parent_id)
    if parent is None:
        raise NotFound("organisation")
    if LEVELS.index(parent.level) >= LEVELS.index(level):
        raise Refused(one("ORG_ORDER", f"{parent.name}的下级不能是这一层级，请重新选择上级或层级",
                          f"This level cannot stand below {parent.name}; choose another parent or level", "parent_id"))
    return parent
