"""我的申请 and the page of one case: where it stands, whose turn it is, what changed, the result, and pulling it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.exceptions import NotFound as NoSuchPage

from workflow import engine, history, programmes, queries
from workflow.engine import Action, CaseView
from workflow.engine.judge import RETURN
from workflow.engine.path import Ahead, ahead
from workflow.errors import Impossible, NotYours, Refused, Stale
from workflow.language.definition import Label
from workflow.records import Decision, Event, Organisation

from .. import language
from ..access import SIGNED_IN, access, person
from ..db import abandon, local, now, session, writing
from ..wording import amount_rule
from .answers import filled
from .codes import code
from .form import asked_for, overtaken
from .room import blueprint, is_draft, offices, own, seen


@blueprint.get("/cases")
@access("applicant")
def mine() -> ResponseReturnValue:
    page = queries.my_cases(session(), person(), after=request.args.get("after"))
    return render_template("apply/mine.html", page=page)


@blueprint.get("/cases/<case_id>")
@access(SIGNED_IN)
def progress(case_id: str) -> ResponseReturnValue:
    """Steps in plain words, whose turn, until when; at the end the result. Officers are sent to their own page."""
    view = seen(case_id)
    if not view.mine:
        return redirect(f"/audit/cases/{case_id}" if person().holds("auditor") else f"/tasks/{case_id}", 303)
    if is_draft(view):
        return redirect(url_for(".tasks", case_id=case_id), 303)
    lang = language.lang()
    unions = offices(view.row.path)
    return render_template(
        "apply/progress.html", view=view, code=code(case_id), ahead=path_ahead(view), story=_story(view, lang),
        reason=_reason(view), county=unions[-1], answers=filled(view, lang), correct=bool(view.edit),
        standards=() if view.amount_fen is None else queries.standards(session(), view.definition, view.row.path, view.row.figures, local(now()).date()),
        formula=amount_rule(view.definition, lang), urge_from=engine.urge_open_from(session(), case_id, person(), now()),
        buttons=[action for action in view.actions if not (view.edit and action.forward)],
        items=[view.definition.form[name[5:]].label if name.startswith("form.") else view.definition.attachments[name[12:]].label
               for name in asked_for(view)])


@blueprint.get("/cases/<case_id>/act/<trigger>")
@access("applicant")
def confirm(case_id: str, trigger: str) -> ResponseReturnValue:
    """Ask once more before something is pulled back, given up or confirmed."""
    view = own(case_id)
    return render_template("apply/confirm.html", view=view, action=_action(view, trigger), faults={}, comment="")


@blueprint.post("/cases/<case_id>/act/<trigger>")
@access("applicant")
def act(case_id: str, trigger: str) -> ResponseReturnValue:
    me, comment = person(), request.form.get("comment", "")[:2000]
    abandon()
    try:
        with writing() as transaction:
            view = engine.look(transaction, case_id, me, now())
            done = engine.act(transaction, case_id, trigger, me, now(), revision=request.form.get("revision", 0, int), comment=comment,
                              dest=request.form.get("dest") or None, idem_key=request.form.get("key") or None)
    except (Stale, Impossible, NotYours) as error:
        return overtaken(case_id, {}, error)
    except Refused as refused:
        faults = {"comment" if message.field == "comment" else f"e{number}": message.text(language.lang())
                  for number, message in enumerate(refused.messages)}
        return render_template("apply/confirm.html", view=view, action=_action(view, trigger), faults=faults, comment=comment), 422
    flash(_("已办理，现在是“%(state)s”", state=view.definition.states[done.to_state].label.text(language.lang())))
    return redirect(url_for(".progress", case_id=case_id), 303)


def _action(view: CaseView, trigger: str) -> Action:
    action = next((action for action in view.actions if action.trigger == trigger), None)
    if action is None:
        raise NoSuchPage
    return action


def path_ahead(view: CaseView) -> tuple[Ahead, ...]:
    """Return the steps to come, with the latest day of each as far as every one of them promises a time."""
    return ahead(session(), view, view.facts, now())


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened, for the applicant: roles and unions, no officers' names, no internal remarks."""

    at: datetime
    state: Label
    act: Label
    role: str
    union: str
    amount_fen: int | None               # where this step changed it
    returned: bool
    comment: str


def _story(view: CaseView, lang: str) -> list[Told]:
    story: list[Told] = []
    amount: int | None = None
    rows = session().execute(
        select(Decision.state, Decision.trigger, Decision.at, Decision.role, Decision.amount_fen, Decision.seq, Event.to_state,
               Decision.definition_digest,               Organisation.name)
        .join(Event, (Event.stream == Decision.case_id) & (Event.seq == Decision.seq))
        .outerjoin(Organisation, Organisation.id == Decision.organisation_id)
        .where(Decision.case_id == view.row.id, Event.kind == "act").order_by(Decision.seq))     # no single voice of a vote
    for row in rows:
        then = programmes.by_digest(session(), row.definition_digest)
        way = next((way for way in then.ways(row.state) if way.trigger == row.trigger and way.dest == row.to_state), None) or next(
            (way for way in then.ways(row.state) if way.trigger == row.trigger), None)
        changed = row.amount_fen if amount is not None and row.amount_fen != amount else None
        amount = row.amount_fen
        returned = row.trigger == RETURN
        story.append(Told(row.at, then.states[row.state].label, way.label if way else Label(row.trigger), row.role,
                          row.name or "", changed, returned, _comment(view.row.id, row.seq) if returned else ""))
    return story


def _reason(view: CaseView) -> str:
    """What was written when the case was refused: the applicant is owed it. Remarks on an approval stay inside."""
    if view.row.outcome in (None, "approved", "withdrawn"):
        return ""
    return _comment(view.row.id, view.row.entry)


def _comment(case_id: str, seq: int) -> str:
    event = session().execute(select(Event.__table__).where(Event.stream == case_id, Event.seq == seq)).one_or_none()
    return "" if event is None else str(history.details(session(), event)["comment"])
