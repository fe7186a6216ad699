"""A figure is entered by one officer of an organisation and confirmed or declined by another; then it stands as it is.

The handler enters, the leader confirms, both of the organisation it holds for or one above it. Each is an event of the
stream `figures:<organisation>`. No case changes with it: cases keep the figures of the day they were handed in.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import exists, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from .. import history, ids
from ..actors import Actor
from ..calendar import ZONE
from ..errors import Message, NotFound, NotYours, Refused, one
from ..records import Organisation, PolicyFigure
from .subjects import read_value, subject

PROPOSES, CONFIRMS = "county_handler", "county_leader"
EARLIEST, AHEAD = date(2000, 1, 1), timedelta(days=5 * 366)
_rows = PolicyFigure.__table__


def propose(session: Session, organisation_id: int, kind: str, name: str, typed: str, from_on: date | None, title: str, document: str,
            actor: Actor, now: datetime, *, key: str = "") -> str:
    """Enter a figure and return its id; it holds for nobody before another person confirms it.

    Raises `NotFound`, `NotYours`, or `Refused` with everything that is wrong, each with its field.
    """
    place, role = _kept(session, organisation_id, actor, PROPOSES)
    return _propose(session, place, role, actor, now, **draft(session, kind, key, name, typed, from_on, title, document, now))


def draft(session: Session, kind: str, key: str, name: str, typed: str, from_on: date | None, title: str, document: str,
          now: datetime) -> dict[str, Any]:
    """Return the columns of a figure as it was typed. Raises `Refused` with everything that is wrong. Writes nothing."""
    found: list[Message] = []
    values: dict[str, Any] = {"kind": kind, "definition_key": key, "name": name, "withdraws": None}
    try:
        asked = subject(session, kind, key, name)
        values["type"] = asked.type
        values["value"] = read_value(asked, typed)
    except Refused as refused:
        found += refused.messages
    today = now.astimezone(ZONE).date()
    if from_on is None or not EARLIEST <= from_on <= today + AHEAD:
        found.append(Message("FIGURE_FROM", "请选择从哪一天起执行，最早 2000-01-01，最晚五年以后",
                             "Choose the day it begins, from 2000-01-01 and at most five years ahead", "from_on"))
    return values | {"from_on": from_on} | _source(title, document, found)


def withdraw(session: Session, figure_id: str, title: str, document: str, actor: Actor, now: datetime) -> str:
    """Propose that a confirmed figure holds no longer, from today or from its own first day if that is later."""
    row = _row(session, figure_id)
    place, role = _kept(session, row.organisation_id, actor, PROPOSES)
    if row.status != "confirmed" or row.value is None or session.execute(
            select(_rows.c.id).where(_rows.c.withdraws == figure_id, _rows.c.status == "confirmed")).first() is not None:
        raise Refused(one("FIGURE_STANDING", "只有已确认、还没有撤销的标准可以撤销", "Only a figure that is confirmed and stands can be withdrawn"))
    found: list[Message] = []
    source = _source(title, document, found)
    return _propose(session, place, role, actor, now, kind=row.kind, definition_key=row.definition_key, name=row.name, type=row.type, value=None,
                    withdraws=figure_id, from_on=max(row.from_on, now.astimezone(ZONE).date()), **source)


def confirm(session: Session, figure_id: str, actor: Actor, now: datetime) -> None:
    """Put in force what another person entered. Raises `NotFound`, `NotYours`, or `Refused` where it is decided already."""
    _decide(session, figure_id, "confirmed", "confirm", actor, now)


def decline(session: Session, figure_id: str, actor: Actor, now: datetime) -> None:
    """Turn down what another person entered; nothing changes."""
    _decide(session, figure_id, "declined", "decline", actor, now)


def may_decide(row: Row[Any], actor: Actor) -> bool:
    """Say whether this person may confirm this row: neither who entered it nor their substitute."""
    return (row.status == "open" and row.proposed_by not in ({actor.person_id} | actor.stands_for)
            and any(post.role == CONFIRMS and row.path.startswith(post.path) for post in actor.posts))


def _propose(session: Session, place: Row[Any], role: str, actor: Actor, now: datetime, **values: Any) -> str:
    same = [_rows.c[name] == values[name] for name in ("kind", "definition_key", "name", "from_on")]
    figure_id, ends = ids.new(now), _rows.alias("ends")
    _event(session, "propose", figure_id, place.id, actor, role, now, values, comment=f"{values['title']} {values['document']}")
    standing = session.execute(select(_rows.c.status, _rows.c.value).where(
        _rows.c.organisation_id == place.id, *same, _rows.c.status.in_(("open", "confirmed")),
        ~exists().where(ends.c.withdraws == _rows.c.id, ends.c.status == "confirmed"))).all()
    if any(row.status == "open" for row in standing):
        raise Refused(one("FIGURE_WAITS", "这一项同一天起的另一条在等确认，请先处理完", "Another entry of the same day waits to be confirmed", "from_on"))
    if values["value"] is not None and any(row.value is not None for row in standing):
        raise Refused(one("FIGURE_TAKEN", "这一项从这一天起的标准已经确认，不能改；请另写一个生效日期，或先撤销它",
                          "A figure of this day is confirmed and does not change; give another day, or withdraw it first", "from_on"))
    session.execute(insert(_rows), {
        **values, "id": figure_id, "organisation_id": place.id, "path": place.path, "proposed_by": actor.person_id, "proposed_at": now,
        "status": "open", "decided_by": None, "decided_at": None})
    return figure_id


def _decide(session: Session, figure_id: str, status: str, kind: str, actor: Actor, now: datetime) -> None:
    row = _row(session, figure_id, lock=True)
    _, role = _kept(session, row.organisation_id, actor, CONFIRMS)
    if row.proposed_by in ({actor.person_id} | actor.stands_for):
        raise NotYours(one("TWO_PEOPLE", "自己录入的标准不能由自己或代自己的人确认，请由另一位负责人办理",
                           "Nobody confirms what they entered, nor what the person they stand in for entered; another person must"))
    if row.status != "open":
        raise Refused(one("FIGURE_DECIDED", "这一条已经处理，请刷新页面", "This entry has been decided already; reload the page"))
    _event(session, kind, figure_id, row.organisation_id, actor, role, now, row._asdict())
    session.execute(update(_rows).where(_rows.c.id == figure_id, _rows.c.status == "open").values(
        status=status, decided_by=actor.person_id, decided_at=now))


def _row(session: Session, figure_id: str, *, lock: bool = False) -> Row[Any]:
    query = select(_rows).where(_rows.c.id == figure_id)
    row = session.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound("figure")
    return row


def _kept(session: Session, organisation_id: int, actor: Actor, role: str) -> tuple[Row[Any], str]:
    """Return the organisation and the role the actor keeps its figures in. Raises `NotFound` out of scope, `NotYours`."""
    places = Organisation.__table__
    place = session.execute(select(places).where(places.c.id == organisation_id)).one_or_none()
    if place is None or actor.person_id is None or not any(place.path.startswith(post.path) for post in actor.posts):
        raise NotFound("figure")
    if not any(post.role == role and place.path.startswith(post.path) for post in actor.posts):
        who = ("县总工会经办人录入", "handler enters") if role == PROPOSES else ("县总工会负责人确认", "leader confirms")
        raise NotYours(one("FIGURE_ROLE", f"标准由{who[0]}，您没有这个单位的这一岗位", f"The county's {who[1]} figures; you hold no such post here"))
    return place, role


def _source(title: str, document: str, found: list[Message]) -> dict[str, str]:
    title, document = title.strip(), document.strip()
    if not 2 <= len(title) <= 200:
        found.append(Message("FIGURE_TITLE", "请写文件名称，不超过 200 字", "Give the title of the document, in at most 200 characters", "title"))
    if not 2 <= len(document) <= 80:
        found.append(Message("FIGURE_DOCUMENT", "请写文号，例如 云岭民发〔2026〕16号", "Give the number of the document", "document"))
    if found:
        raise Refused(found)
    return {"title": title, "document": document}


def _event(session: Session, kind: str, figure_id: str, organisation_id: int, actor: Actor, role: str, now: datetime, values: dict[str, Any],
           comment: str = "") -> None:
    history.append_to(session, f"figures:{organisation_id}", kind=kind, at=now, actor=actor, role=role, organisation_id=organisation_id, extra={
        "figure": figure_id, "kind": values["kind"], "key": values["definition_key"], "name": values["name"], "value": values["value"],
        "withdraws": values["withdraws"], "from": values["from_on"].isoformat(), "document": values["document"]}, comment=comment)
