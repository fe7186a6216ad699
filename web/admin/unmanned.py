"""Open tasks that stand before a post nobody holds today: work that would wait for ever."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import exists, func, or_, select

from web.access import access
from web.db import local, now, session
from workflow.records import Account, Appointment, Organisation, Task

from . import blueprint
from .scope import within


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
        .where(Task.status == "open", Task.person_id.is_(None), within(), ~held)
        .group_by(Organisation.id, Organisation.name, Task.role).order_by(func.min(Task.due_at))).all()
    return render_template("admin/unmanned.html", rows=rows)
