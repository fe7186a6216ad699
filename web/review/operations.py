"""Operations on tasks from the case page, and the lists beside the queue: 抄送我的, 督办 and what I gave to others."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow import engine, queries
from workflow.engine.operations import OPERATIONS
from workflow.errors import Impossible, KeyReused, Message, NotFound, Refused
from workflow.records import Person

from .. import language
from ..access import DECIDERS, access, person
from ..db import now, session
from .pane import pane
from .queue import page
from .room import blueprint, filters


@blueprint.post("/tasks/<case_id>/operate")
@access(DECIDERS)
def operate(case_id: str) -> ResponseReturnValue:
    """Carry out one operation, and go back to the case, or to the queue where it can be seen no longer."""
    sent = request.form
    try:
        done = engine.operate(
            session(), case_id, sent.get("operation", ""), person(), now(), to=sent.get("to") or None, comment=sent.get("comment", "")[:2000],
            task_id=sent.get("task") or None, idem_key=sent.get("key", "")[:120] or None)
    except (Refused, Impossible, KeyReused) as refused:
        session().rollback()
        # What was refused is no fault of the decision's own boxes: said above the case, the form below stays open.
        told = [Message(message.code, message.zh, message.en) for message in refused.messages]
        return page(pane(case_id, messages=told, comment="")), refused.status
    flash(_said(done.operation, done.to))
    return redirect(filters().address(f"/tasks/{case_id}" if _seen(case_id) else "/tasks"), 303)


@blueprint.get("/tasks/copies")
@access(DECIDERS)
def copies() -> ResponseReturnValue:
    return render_template("review/copies.html", page=queries.copies(session(), person(), after=request.args.get("after")))


@blueprint.get("/tasks/watch")
@access(DECIDERS)
def watch() -> ResponseReturnValue:
    """What was escalated to my post, and what I delegated or asked and wait for."""
    return render_template("review/watch.html", escalated=queries.escalated(session(), person()), given=queries.given(session(), person()))


def _seen(case_id: str) -> bool:
    try:
        engine.look(session(), case_id, person(), now())
    except NotFound:
        return False
    return True


def _said(operation: str, to: str | None) -> str:
    label = OPERATIONS[operation].text(language.lang())
    someone = session().get(Person, to) if to and operation != "claim" else None
    return _("已%(what)s：%(name)s", what=label, name=someone.name) if someone else _("已%(what)s", what=label)
