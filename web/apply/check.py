"""核对后提交 and 提交成功: every answer once more, the statement of truth, handing in, and the receipt."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow import engine
from workflow.engine import CaseView
from workflow.errors import Impossible, Message, NotYours, Refused, Stale

from .. import language
from ..access import access, person
from ..db import abandon, now, writing
from . import estimate
from .answers import sections
from .cases import path_ahead
from .codes import address, code, qr
from .form import overtaken
from .room import blueprint, forward, own
from .steps import anchor, faults_of, step_with, steps_of, whole


@blueprint.get("/cases/<case_id>/check")
@access("applicant")
def check(case_id: str) -> ResponseReturnValue:
    view = own(case_id)
    if not view.edit:
        return redirect(url_for(".progress", case_id=case_id), 303)
    return _page(view, {}, ())


@blueprint.post("/cases/<case_id>/check")
@access("applicant")
def submit(case_id: str) -> ResponseReturnValue:
    """Hand the application in. The engine judges it whole; what is wrong comes back as a list with the ways there."""
    if "consent" not in request.form:
        return _page(own(case_id), {"consent": _("请先勾选“我已阅读并同意以上承诺”")}, ()), 422
    me = person()
    abandon()
    try:
        with writing() as session:
            view = engine.look(session, case_id, me, now())
            # From the page and not from the case: the same page sent twice must be the same request.
            engine.act(session, case_id, request.form.get("trigger", ""), me, now(), revision=request.form.get("revision", 0, int),
                       idem_key=request.form.get("key") or None)
    except (Stale, Impossible, NotYours) as error:
        return overtaken(case_id, {}, error)
    except Refused as refused:
        return _page(_again(case_id), {}, refused.messages), 422
    return redirect(url_for(".progress" if view.correction else ".receipt", case_id=case_id), 303)


@blueprint.get("/cases/<case_id>/receipt")
@access("applicant")
def receipt(case_id: str) -> ResponseReturnValue:
    view = own(case_id)
    if view.row.number is None:
        return redirect(url_for(".tasks", case_id=case_id), 303)
    return render_template("apply/receipt.html", view=view, code=code(case_id), qr=qr(view), address=address(view),
                           ahead=path_ahead(view))


def _again(case_id: str) -> CaseView:
    from ..db import reading

    with reading() as session:
        return engine.look(session, case_id, person(), now())


def _page(view: CaseView, faults: dict[str, str], refused: tuple[Message, ...]) -> str:
    lang, steps, action = language.lang(), steps_of(view), forward(view)
    wrong = faults_of(view, complete=True)
    missing = [(_way(view, steps, name), messages[0].text(lang)) for name, messages in wrong.items()]
    told = {message.text(lang) for messages in wrong.values() for message in messages}
    # Rules of the programme that stand in the way; what is merely missing is in the list already.
    others = refused or (action.blocked if action else ())
    rules = [message.text(lang) for message in others if message.text(lang) not in told and message.code not in ("EMPTY", "COMMENT")
             and (message.field not in wrong)]
    return render_template(
        "apply/check.html", view=view, ahead=path_ahead(view), action=action, sections=sections(view, lang), faults=faults, missing=missing,
        rules=list(dict.fromkeys(rules)), steps=steps, lines=[line for line in estimate.of(view, whole(view), lang) if line.kind != "ok"])


def _way(view: CaseView, steps: Any, name: str) -> str:
    step = step_with(steps, name)
    return "" if step is None else url_for(".step", case_id=view.row.id, number=step.number, **{"return": "check"}) + f"#{anchor(name)}"
