"""Open tasks that stand before a post nobody holds today, and votes that have too few voters: work that would wait for ever."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import exists, func, or_, select

from web.access import access, person
from web.db import local, now, session
from workflow import engine
from workflow.engine import meetings
from workflow.errors import Refused
from workflow.language.definition import Label
from workflow.records import Account, Appointment, Case, Organisation, Task

from .. import language
from . import blueprint
from .leaving import left_behind
from .scope import within


@dataclass(frozen=True, slots=True)
class Uncalled:
    """A vote without voters. An administrator sees no case: its number, its step, and how many are missing."""

    case_id: str
    number: str
    union: str
    organisation_id: int | None
    step: Label
    role: str
    needed: int
    there: int
    since: datetime

    @property
    def enough(self) -> bool:
        return self.there >= self.needed


@blueprint.get("/unmanned")
@access("admin")
def unmanned() -> ResponseReturnValue:
    today = local(now()).date()
    held = exists().where(
        Appointment.role == Task.role, Appointment.organisation_id == Task.organisation_id, Appointment.starts_on <= today,
        or_(Appointment.ends_on.is_(None), Appointment.ends_on >= today),
        # A disabled account cannot act, whatever post its holder has.
        Account.person_id == Appointment.person_id, Account.status == "active")
    rows = session().execute(
        select(Organisation.id, Organisation.name, Task.role, func.count().label("tasks"), func.min(Task.opened_at).label("oldest"),
               func.min(Task.due_at).label("due"))
        .join(Organisation, Organisation.id == Task.organisation_id)
        .where(Task.status == "open", Task.person_id.is_(None), Task.role != "admin", within(), ~held)
        .group_by(Organisation.id, Organisation.name, Task.role).order_by(func.min(Task.due_at))).all()
    return render_template("admin/unmanned.html", rows=rows, uncalled=list(_uncalled()), left=left_behind(today))


@blueprint.post("/unmanned/<case_id>/convene")
@access("admin")
def convene(case_id: str) -> ResponseReturnValue:
    """Open the ballots of a vote once enough people are appointed."""
    try:
        count = engine.convene(session(), case_id, person(), now())
    except Refused as refused:
        session().rollback()
        flash(refused.messages[0].text(language.lang()), "bad")
    else:
        flash(_("已召集 %(count)s 名表决人", count=count))
    return redirect(url_for(".unmanned"), 303)


def _uncalled() -> Iterator[Uncalled]:
    for row in session().execute(
            select(Task.case_id, Task.opened_at, Task.organisation_id, Case.number, Organisation.name)
            .join(Case, Case.id == Task.case_id).join(Organisation, Organisation.id == Case.unit_id)
            .where(Task.status == "open", Task.kind == "work", Task.role == "admin", within()).order_by(Task.opened_at).limit(200)):
        found = meetings.quorum(session(), row.case_id, now())
        yield Uncalled(row.case_id, row.number or "", row.name, row.organisation_id, found.state.label, found.role, found.needed, found.there, row.opened_at)
