"""查进度: with the number of a case and its query code anybody may see how far it is, and nothing about whom.

A wrong number and a wrong code are answered alike, and guessing is slowed down.
"""

from __future__ import annotations

import hmac

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import select

from workflow import engine, people
from workflow.actors import Actor
from workflow.errors import Refused
from workflow.privacy import vault
from workflow.records import Case

from .access import PUBLIC, access
from .db import abandon, now, reading, session, writing

blueprint = Blueprint("public", __name__)
MINUTES = 15                         # how long an answer may be looked at again without asking anew


@blueprint.get("/progress")
@access(PUBLIC)
def ask() -> ResponseReturnValue:
    """The two boxes; a QR code fills them in."""
    return render_template("public/ask.html", number=request.args.get("number", "")[:60], code=request.args.get("code", "")[:8], fault="")


@blueprint.post("/progress")
@access(PUBLIC)
def find() -> ResponseReturnValue:
    number, typed = request.form.get("number", "").strip()[:60], "".join(request.form.get("code", "").split())[:20]
    # A name of its own for these counts, so that nobody is kept from signing in by somebody who looks up progress.
    who, whence = f"progress {number}", f"progress {request.remote_addr or ''}"
    abandon()
    fault = _("受理编号或查询码不对，请对照回执核对")
    try:
        with reading() as own:
            people.attempt(own, who, whence, now())
            case_id = own.scalar(select(Case.id).where(Case.number.in_((number, "".join(number.split()))))) if number else None
            right = vault(own).code(case_id or "nothing")
    except Refused:
        return render_template("public/ask.html", number=number, code="", fault=_("查询次数太多，请过几分钟再试")), 429
    if not hmac.compare_digest(right.encode(), typed.encode()) or case_id is None:
        with writing() as own:
            people.failed(own, who, whence, now())
        return render_template("public/ask.html", number=number, code="", fault=fault), 422
    return redirect(url_for(".show", token=_signer().dumps(case_id)), 303)


@blueprint.get("/progress/<token>")
@access(PUBLIC)
def show(token: str) -> ResponseReturnValue:
    try:
        case_id = _signer().loads(token, max_age=MINUTES * 60)
    except BadSignature:
        return redirect(url_for(".ask"), 303)
    applicant = session().scalar(select(Case.applicant_id).where(Case.id == case_id))
    # The one who may always see the case is its applicant; the page takes from it only what names nobody.
    view = engine.look(session(), case_id, Actor(applicant, ""), now())
    return render_template(
        "public/progress.html", number=view.row.number, title=view.definition.title, state=view.state_label, stages=view.stages,
        outcome=view.row.outcome, ended=view.row.ended_at, amount=view.row.amount_fen, due=view.row.due_at,
        waiting=[waiting.role for waiting in view.waiting])


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt="public progress")
