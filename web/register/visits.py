"""The paper of a home visit 入户走访表: one A4 sheet with what the case says, room for what the visit finds, and two signatures.

It fits every programme that names two officers of a visit (`visitor_1`, `visitor_2`). Numbers are masked and so is the address, until
its printing has been recorded: then whoever printed it sees the address for a quarter of an hour. The signed sheet is scanned and
attached to the case, whose address is in the code on it.
"""

from __future__ import annotations

from datetime import timedelta

import segno
from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from workflow import engine, register
from workflow.engine import CaseView
from workflow.errors import NotFound
from workflow.language.check_filing import VISITORS
from workflow.records import Event

from .. import language, sheet
from ..access import access, person
from ..db import local, now, session
from .room import blueprint

PAPER = "visit_form"
WIDE = 14                            # characters beyond which an answer gets a row of its own
SEEN = timedelta(minutes=15)
ASKED = ("phone", "address", "work_state", "health", "marital", "cause", "annual_income", "rigid_spending", "cause_note")


@blueprint.get("/visits/<case_id>")
@access(*register.READERS)
def visit_form(case_id: str) -> ResponseReturnValue:
    view, lang = _view(case_id), language.lang()
    printed = _printed(case_id)
    opened = {"address"} if printed else set()
    said = [(view.definition.form[name].label.text(lang), sheet.words(view.definition.form[name], view.form.get(name), opened=name in opened))
            for name in ASKED if name in view.shown]
    family = next((answer for _title, answers in sheet.sections(view) for answer in answers if answer.name == "family" and answer.value), None)
    points = view.definition.form["checklist"].options.values() if "checklist" in view.definition.form else ()
    return render_template("register/visit.html", view=view, said=_paired(said), family=sheet.cells(family) if family else None,
                           points=[one.text(lang) for one in points], printed=printed, qr=_code(case_id), at=local(now()), who=person().name)


@blueprint.post("/visits/<case_id>")
@access(*register.KEEPERS)
def print_visit_form(case_id: str) -> ResponseReturnValue:
    _view(case_id)
    engine.record(session(), case_id, "print", person(), now(), {"paper": PAPER, "fields": ["address"]})
    seq = session().scalar(select(func.max(Event.seq)).where(Event.stream == case_id))
    return redirect(url_for(".visit_form", case_id=case_id, printed=seq), 303)


def _paired(said: list[tuple[str, str]]) -> list[tuple[tuple[str, str], ...]]:
    """Put short answers two in a row, long ones alone, so that the sheet stays one page."""
    rows: list[tuple[tuple[str, str], ...]] = []
    for answer in said:
        short = len(answer[1]) <= WIDE
        if short and rows and len(rows[-1]) == 1 and len(rows[-1][0][1]) <= WIDE:
            rows[-1] = (*rows[-1], answer)
        else:
            rows.append((answer,))
    return rows


def _view(case_id: str) -> CaseView:
    """Return the case. Raises `NotFound` out of scope, and where no visit belongs to it."""
    view = engine.look(session(), case_id, person(), now())
    if not set(VISITORS) <= set(view.definition.form) or view.row.number is None:
        raise NotFound
    return view


def _printed(case_id: str) -> bool:
    """Whether this reader has just recorded that they print this sheet."""
    seq = request.args.get("printed", type=int)
    return seq is not None and session().scalar(select(Event.id).where(
        Event.stream == case_id, Event.seq == seq, Event.kind == "print", Event.actor_id == person().person_id, Event.at >= now() - SEEN)) is not None


def _code(case_id: str) -> str:
    """The QR code of the case's own page, which opens to whoever may see the case."""
    base = str(current_app.config["ORIGIN"] or request.host_url).rstrip("/")
    return str(segno.make(f"{base}{url_for('review.case', case_id=case_id)}", error="m", micro=False).svg_data_uri(border=0, scale=3))
