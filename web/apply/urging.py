"""催办 by the applicant, once the promised date has passed; the engine says when."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow import engine
from workflow.errors import Impossible, NotYours, Refused

from .. import language
from ..access import access, person
from ..db import now, session
from .room import blueprint, own


@blueprint.post("/cases/<case_id>/urge")
@access("applicant")
def urge(case_id: str) -> ResponseReturnValue:
    """Remind whoever's turn it is. Too early is said on the page of the case: nothing is lost by asking."""
    own(case_id)
    try:
        engine.operate(session(), case_id, "urge", person(), now(), idem_key=request.form.get("key", "")[:120] or None)
    except (Refused, Impossible, NotYours) as refused:
        session().rollback()
        flash(_("；").join(message.text(language.lang()) for message in refused.messages), "warn")
        return redirect(url_for(".progress", case_id=case_id), 303)
    flash(_("已催办，办理人员会收到提醒"))
    return redirect(url_for(".progress", case_id=case_id), 303)
