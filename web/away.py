"""外出代理: who stands in for me while I am away. The administrator's page of an account uses the same parts."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow import people
from workflow.errors import NotFound, Refused
from workflow.people import absences
from workflow.records import Absence, Person

from . import language
from .access import STAFF, access, person
from .account import blueprint
from .db import local, now, session


@blueprint.get("/settings/away")
@access(STAFF)
def away() -> ResponseReturnValue:
    return _mine({})


@blueprint.post("/settings/away")
@access(STAFF)
def arrange() -> ResponseReturnValue:
    faults = arranged(str(person().person_id))
    return _mine(faults) if faults else redirect(url_for(".away"), 303)


@blueprint.post("/settings/away/<int:absence_id>/cancel")
@access(STAFF)
def cancel_absence(absence_id: int) -> ResponseReturnValue:
    row = session().get(Absence, absence_id)
    if row is None or row.person_id != person().person_id:
        raise NotFound("absence")
    people.cancel(session(), absence_id, person(), now())
    flash(_("代理已取消"))
    return redirect(url_for(".away"), 303)


def arranged(person_id: str) -> dict[str, str]:
    """Arrange what the form of this request asks for; return what is wrong with it, empty when it is done."""
    typed = request.form
    first, last = day(typed.get("starts_on")), day(typed.get("ends_on"))
    faults = {name: _("请填写日期") for name, found in (("starts_on", first), ("ends_on", last)) if found is None}
    if not typed.get("substitute"):
        faults["substitute"] = _("请选择一位同事")
    if faults or first is None or last is None:
        return faults
    try:
        people.arrange(session(), person_id, typed.get("substitute", ""), first, last, typed.get("reason", ""), person(), now())
    except Refused as refused:
        session().rollback()
        return {message.field or "substitute": message.text(language.lang()) for message in refused.messages}
    flash(_("代理已安排，到时间自动开始、自动结束"))
    return {}


def day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def parts(person_id: str, faults: dict[str, str]) -> dict[str, Any]:
    """What the page shows about one person's absences."""
    today = local(now()).date()
    return {"rows": people.arrangements(session(), [person_id], today), "candidates": absences.candidates(session(), person_id, today),
            "today": today, "faults": faults, "typed": request.form, "holder": session().get_one(Person, person_id)}


def _mine(faults: dict[str, str]) -> ResponseReturnValue:
    page = render_template("account/away.html", base="/settings/away", cancel="/settings/away/{}/cancel", back="/settings", oneself=True,
                           **parts(str(person().person_id), faults))
    return page, 422 if faults else 200
