"""Whom a step tells: the applicant of what concerns them, and people who get something of their own to do.

What only moves on to the next role's queue tells nobody: the queue does. Nobody is told what they did themself, but for
the receipt of a first submission.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from .. import notifications
from ..language.definition import Definition, State
from ..people.absences import substitutes_of
from . import posting
from .dossier import Dossier, local_day
from .judge import RETURN

_ENDS = {"approved": "approved", "rejected": "rejected"}


def step(session: Session, dossier: Dossier, dest: State, trigger: str, seq: int, now: datetime, *, by: str | None,
         opened: Iterable[Mapping[str, Any]], submitted: str | None) -> None:
    """Tell of event `seq`, which brought the case to `dest`. `submitted` is the number it has just been given, if so."""
    row, kinds = dossier.row, _kinds(dossier.definition, dossier.state, dest, trigger)
    applicants = [person for person in (row.applicant_id, row.filed_by) if person != by]
    params: dict[str, Any] = {"number": submitted or row.number, "state": dest.name}
    if submitted is not None:
        _tell(session, (row.applicant_id, row.filed_by), "submitted", dossier, seq, now, params)
    for kind in kinds:
        _tell(session, applicants, kind, dossier, seq, now, params | (_days(session, dossier) if kind == "notice_started" else {}))
    voters = [task["person_id"] for task in opened if task["kind"] == "ballot" and task["status"] == "open"]
    if voters:
        ballots(session, dossier, voters, dest.name, seq, now, by=by)


def ballots(session: Session, dossier: Dossier, voters: list[str], state: str, seq: int, now: datetime, *, by: str | None) -> None:
    """Tell who has a voice now, and whoever stands in for one of them today."""
    people = [person for person in (*voters, *substitutes_of(session, voters, local_day(now))) if person != by]
    _tell(session, people, "ballot", dossier, seq, now, {"number": dossier.row.number, "state": state})


def _kinds(definition: Definition, source: str, dest: State, trigger: str) -> list[str]:
    """Return what the applicant is told of this step. Pure."""
    budget = definition.budget
    if budget is not None and budget.unit != "heads" and budget.commit == f"{source}.{trigger}":
        return ["paid"]
    if dest.final:
        return [_ENDS.get(dest.outcome or "", "ended")]
    if dest.kind == "notice":
        return ["notice_started"]
    rule = definition.actors.get(dest.actor or "")
    if dest.kind == "draft" or rule is not None and rule.who == "applicant":
        return ["returned" if trigger == RETURN else "asked"]
    return []


def _days(session: Session, dossier: Dossier) -> dict[str, str]:
    notice = posting.running(session, dossier.id)
    return {"from": notice.starts_on.isoformat(), "to": notice.ends_on.isoformat()} if notice else {}


def _tell(session: Session, people: Iterable[str], kind: str, dossier: Dossier, seq: int, now: datetime, params: dict[str, Any]) -> None:
    notifications.tell(session, people, kind, now, stream=dossier.id, seq=seq, case_id=dossier.id, params=params)
