"""The rows of `tasks`: opened, closed, cancelled. Who they are addressed to is decided in `duties` and `votes`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, literal_column, update

from .. import ids
from ..records import Task
from ..statements import Prepared
from .dossier import NO_DUE

_tasks = Task.__table__
_AT = bindparam("at", type_=_tasks.c.closed_at.type)

OPEN = Prepared(insert(_tasks), tuple(_tasks.c.keys()))
CLOSE = Prepared(update(_tasks).where(_tasks.c.id == bindparam("task_id")).values(
    status=literal_column("'done'"), closed_at=_AT, closed_by=bindparam("by")))
# Everything that waits for this stay of the case, whoever it waits for; a cc only waits to be read and stays.
CANCEL_ALL = Prepared(update(_tasks).where(
    _tasks.c.case_id == bindparam("in_case"), literal_column("status IN ('open','waiting') AND kind <> 'cc'")).values(
    status=literal_column("'cancelled'"), closed_at=_AT))


def row(case_id: str, entry: int, state: str, definition_key: str, now: datetime, *, role: str, organisation_id: int | None,
        person_id: str | None = None, due_at: datetime | None = None, **more: Any) -> dict[str, Any]:
    """Return one open task as a row to insert; `more` sets any other column."""
    return {
        "id": ids.new(now), "case_id": case_id, "entry": entry, "state": state, "definition_key": definition_key,
        "kind": "work", "branch": None, "place": None, "role": role, "organisation_id": organisation_id,
        "person_id": person_id, "owner_id": None, "asked_by": None, "claimed_at": None, "status": "open", "vote": None,
        "opened_at": now, "due_at": due_at or NO_DUE, "touched_at": None, "flags": [], "resubmitted": False,
        "escalated_role": None, "escalated_organisation_id": None, "closed_at": None, "closed_by": None, **more}
