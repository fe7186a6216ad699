"""催办: asking the holders of a case to get on with it, once a working day and not before the promise is broken.

Before the promised date there is nothing to urge; where nothing is promised, one working day after the step began.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..actors import Actor
from ..calendar import ZONE, working_calendar
from ..language.definition import Duration
from ..records import Event
from ..scope import BELOW
from .dossier import NO_DUE, Dossier, local_day

_A_DAY = Duration(1, "wd")
_APPLYING = ("applicant", "agent")


def urging(dossier: Dossier, actor: Actor, tasks: Iterable[Any]) -> str | None:
    """Return in which role this person may urge here at all, whatever the day, or None.

    The applicant and whoever filed the case may, and an officer who sees it and whose turn it is not; nobody urges an
    applicant, whose own time it is.
    """
    row, waiting = dossier.row, turns(tasks)
    if dossier.state not in dossier.definition.operations.get("urge", ()) or not waiting or row.submitted_at is None:
        return None
    if any(task.role in _APPLYING for task in waiting) or actor.holds("auditor"):
        return None
    if actor.person_id in (row.applicant_id, row.filed_by):
        return "applicant" if actor.person_id == row.applicant_id else "agent"
    mine = {(post.role, post.organisation_id) for post in actor.posts}
    if any(task.person_id == actor.person_id or task.person_id is None and (task.role, task.organisation_id) in mine for task in waiting):
        return None
    watching = {(task.escalated_role, task.escalated_organisation_id) for task in waiting}
    return next((post.role for post in actor.posts if (post.role, post.organisation_id) in watching
                 or post.role in BELOW and row.path.startswith(post.path)), None)


def turns(tasks: Iterable[Any]) -> list[Any]:
    """Return those of these tasks that the case waits for."""
    return [task for task in tasks if task.status == "open" and task.kind in ("work", "ballot", "branch")]


def urge_from(session: Session, dossier: Dossier, tasks: Iterable[Any]) -> datetime:
    """Return from when on somebody may urge next; a moment that has passed means now. There must be a turn to wait for."""
    waiting, calendar = turns(tasks), working_calendar()
    first = min(task.due_at if task.due_at < NO_DUE else calendar.due(task.opened_at, _A_DAY) for task in waiting)
    last = session.connection().execute(select(func.max(_events.c.at)).where(_events.c.stream == dossier.id, _events.c.kind == "urge")).scalar()
    if last is None:
        return first
    again = datetime.combine(calendar.add_working_days(local_day(last), 1), time(), ZONE)
    return max(first, again)


def last_day_before(moment: datetime) -> str:
    """Return the day that `moment` ends: what is due at 24:00 is named by its day."""
    return local_day(moment - timedelta(microseconds=1)).isoformat()


_events = Event.__table__
