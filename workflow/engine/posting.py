"""Public notices as the engine sees them: posted on entering a notice state, taken down when its time is over.

Nobody shortens one. A case that is taken aside to look into an objection keeps its notice on the wall, and goes on only
when its days are full; only a withdrawal, a return or a refusal takes a notice down before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from .. import ids
from ..calendar import working_calendar
from ..errors import Refused, one
from ..language.definition import Definition, State, Transition
from ..programmes import by_digest
from ..records import Attachment, Case, Event, Notice, Objection
from .dossier import Dossier, local_day
from .posted import lines
from .registers import named

PHOTO = "notice_photo"
RETURN = "return_to"

_notices, _objections, _files, _cases, _events = (m.__table__ for m in (Notice, Objection, Attachment, Case, Event))
_UP = _notices.c.status.in_(("running", "held"))


def begin(session: Session, dossier: Dossier, state: State, entry: int, now: datetime, facts: Mapping[str, Any],
          organisation_id: int | None, amount_fen: int | None = None) -> None:
    """Post the case: the masked lines as they are now, until 24:00 of the last day."""
    assert state.notice is not None
    ends_at = working_calendar().due(now, state.notice.days)
    facts = {**facts, "form": named(session, dossier.definition, dossier.form)}
    session.connection().execute(insert(_notices), {
        "id": ids.new(now), "case_id": dossier.id, "entry": entry, "state": state.name,
        "definition_key": dossier.row.definition_key, "organisation_id": organisation_id or dossier.row.unit_id,
        "path": dossier.row.path, "starts_on": local_day(now), "ends_on": local_day(ends_at - timedelta(microseconds=1)),
        "ends_at": ends_at, "content": lines(dossier, state.notice, facts, amount_fen), "status": "running", "ended_at": None})


def record(session: Session, dossier: Dossier, now: datetime) -> dict[str, Any]:
    """Return what the event that takes the notice down says of it: which one, its days, how many objections and photos."""
    row = running(session, dossier.id)
    if row is None:
        return {}
    rule = dossier.definition.states[row.state].notice
    connection = session.connection()
    objections = connection.execute(select(func.count()).where(_objections.c.notice_id == row.id)).scalar_one()
    photos = connection.execute(select(func.count()).where(
        _files.c.case_id == row.case_id, _files.c.kind == PHOTO, _files.c.removed_at.is_(None),
        _files.c.added_at >= posted_at(session, row))).scalar_one()
    return {"notice": row.id, "from": row.starts_on.isoformat(), "to": row.ends_on.isoformat(), "days": str(rule.days) if rule else "",
            "objections": objections, "photos": photos, "full": now >= row.ends_at}


def end(session: Session, dossier: Dossier, dest: State, seq: int, by: str | None, now: datetime) -> None:
    """Take the case's notice down by event `seq`: ended when its time is full, withdrawn before.

    What was still open is settled by where the case went: upheld where it does not go on, dismissed where it does.
    """
    row = running(session, dossier.id)
    if row is None:
        return
    session.connection().execute(update(_notices).where(_notices.c.id == row.id).values(
        status="ended" if now >= row.ends_at else "withdrawn", ended_at=now))
    session.connection().execute(update(_objections).where(
        _objections.c.case_id == dossier.id, _objections.c.status == "open").values(
        status="upheld" if given_up(dest) else "dismissed", settled_at=now, settled_seq=seq, settled_by=by))


def hold(session: Session, case_id: str) -> None:
    """Mark the notice as over and held by an objection: it is no longer public, and the case does not go on."""
    session.connection().execute(update(_notices).where(_notices.c.case_id == case_id, _notices.c.status == "running")
                                 .values(status="held"))


def objected(session: Session, case_id: str) -> bool:
    """Return whether an objection holds the case: one that is open, or one upheld where somebody can still turn it down."""
    row = running(session, case_id)
    if row is None:
        return False
    found = set(session.connection().execute(select(_objections.c.status).where(_objections.c.notice_id == row.id)).scalars())
    if "upheld" not in found or "open" in found:
        return "open" in found
    digest = session.connection().execute(select(_cases.c.definition_digest).where(_cases.c.id == case_id)).scalar_one()
    definition = by_digest(session, digest)
    return any(_by_hand(definition, way) for way in definition.ways(row.state))


def refuse_early(session: Session, dossier: Dossier, now: datetime) -> None:
    """Raise `Refused` where the clock would end a notice whose time is not over, or that an objection holds."""
    row = running(session, dossier.id)
    if row is None or now < row.ends_at:
        raise _early()
    if objected(session, dossier.id):
        raise Refused(one("NOTICE_OBJECTED", "公示期间有人提出异议，核查处理完之前不能结束公示",
                          "Somebody has objected; the notice cannot end before that is settled"))


def refuse_shortcut(session: Session, dossier: Dossier, dest: State, trigger: str, now: datetime) -> None:
    """Raise `Refused` where a step would carry the case past its notice before the days are full, by whatever detour."""
    definition, state = dossier.definition, dossier.definition.states[dossier.state]
    if state.kind != "notice" and state.name not in checking(definition):
        return
    if trigger == RETURN or given_up(dest) or dest.name in checking(definition):
        return
    row = running(session, dossier.id)
    if row is not None and now < row.ends_at and dest.name != row.state:
        raise _early()


def comes_down(definition: Definition, source: State, dest: State) -> bool:
    """Return whether this move takes the notice off the wall. Looking into an objection does not."""
    return (source.kind == "notice" or source.name in checking(definition)) and dest.name not in checking(definition)


_checking: dict[str, frozenset[str]] = {}     # by definition digest


def checking(definition: Definition) -> frozenset[str]:
    """Return the states where an objection is looked into: where somebody takes a case out of a notice without ending it."""
    found = _checking.get(definition.digest)
    if found is None:
        found = _checking[definition.digest] = frozenset(
            way.dest for state in definition.states.values() if state.kind == "notice" for way in definition.ways(state.name)
            if _by_hand(definition, way) and way.trigger != RETURN and not definition.states[way.dest].final
            and definition.states[way.dest].kind not in ("draft", "notice"))
    return found


def given_up(dest: State) -> bool:
    """Return whether the case does not go on from here as it is: turned down, withdrawn, lapsed, or back with its applicant."""
    return dest.kind == "draft" or dest.final and dest.outcome != "approved"


def running(session: Session, case_id: str) -> Row[Any] | None:
    """Return the notice of this case that is up, over and held included, or None."""
    return session.connection().execute(select(_notices).where(_notices.c.case_id == case_id, _UP)).one_or_none()


def posted_at(session: Session, notice: Row[Any]) -> datetime:
    """Return the moment the notice began: that of the event that brought the case there."""
    moment: datetime = session.connection().execute(select(_events.c.at).where(
        _events.c.stream == notice.case_id, _events.c.seq == notice.entry)).scalar_one()
    return moment


def _by_hand(definition: Definition, way: Transition) -> bool:
    """Return whether an officer takes this way, and not the clock or the applicant."""
    actor = definition.actors.get(way.actor or definition.states[way.source].actor or "")
    return way.actor != "system" and actor is not None and actor.who is None


def _early() -> Refused:
    return Refused(one("NOTICE_RUNNING", "公示期还没有结束，任何人都不能提前结束公示",
                       "The notice is still running; nobody can end it early"))
