"""The blueprint that every view of the applicant's room hangs on, and what several of them need."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, abort
from sqlalchemy import select

from workflow import engine
from workflow.engine import Action, CaseView, cycles
from workflow.engine.start import AGENTS
from workflow.language.definition import Intake, Transition
from workflow.records import Organisation

from ..access import person
from ..db import local, now, session

blueprint = Blueprint("apply", __name__)


def seen(case_id: str) -> CaseView:
    """The case as the person of this request sees it. Raises `NotFound` outside their scope."""
    return engine.look(session(), case_id, person(), now())


def own(case_id: str) -> CaseView:
    """The same, but only for the applicant and whoever filed it: officers have pages of their own."""
    view = seen(case_id)
    if not view.mine:
        abort(404)
    return view


def forward(view: CaseView) -> Action | None:
    """The button that sends the form on, where there is one now."""
    return next((action for action in view.actions if action.forward), None)


def way_on(view: CaseView) -> Transition | None:
    action = forward(view)
    ways = view.definition.ways(view.row.state) if action else ()
    return next((way for way in ways if action and way.trigger == action.trigger), None)


def is_draft(view: CaseView) -> bool:
    return view.row.submitted_at is None and view.row.outcome is None


def may_file_for_others() -> bool:
    return any(post.role in AGENTS for post in person().posts)


def offices(path: str) -> list[Any]:
    """(name, phone, level) of the union at `path` and of the county union above it, nearest first."""
    ids = [int(part) for part in path.split("/") if part]
    rows = session().execute(select(Organisation.id, Organisation.name, Organisation.phone, Organisation.level)
                             .where(Organisation.id.in_(ids))).all()
    return sorted((row for row in rows if row.id == ids[-1] or row.level == "county"), key=lambda row: -ids.index(row.id))


@blueprint.app_template_global()
def window(intake: Intake) -> tuple[str, str]:
    """The days between which applications are taken, real ones where they move with a feast."""
    return cycles.window(intake, local(now()).date())


@blueprint.app_template_filter()
def last_day(moment: datetime) -> str:
    """The day people name as the last one: a promise ends at 24:00, which the clock already calls the next day."""
    return local(moment - timedelta(microseconds=1)).strftime("%Y-%m-%d")
