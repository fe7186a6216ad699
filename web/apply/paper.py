"""审批表: one sheet of A4 for the file cabinet. Numbers of people and accounts are masked on it, whoever prints.

Looking at it leaves no trace; taking it away does: the button that prints records it first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow import engine, queries
from workflow.engine import CaseView
from workflow.engine.judge import RETURN
from workflow.language.definition import Definition, Label
from workflow.language.fields import mask
from workflow.privacy import vault
from workflow.queries import EventRow
from workflow.records import Person

from .. import language, voting
from ..access import SIGNED_IN, access, person
from ..db import local, now, session
from ..wording import amount_rule
from .answers import Answer, filled
from .codes import qr_number
from .room import blueprint, seen

WIDE = 14                            # characters beyond which an answer gets a row of its own


@dataclass(frozen=True, slots=True)
class Opinion:
    """The last thing decided at one step."""

    state: Label
    act: Label
    union: str
    name: str
    comment: str
    at: datetime
    voices: tuple[str, ...] = ()         # of a vote, one a voter


@blueprint.get("/cases/<case_id>/print")
@access(SIGNED_IN)
def paper(case_id: str) -> ResponseReturnValue:
    view, lang = seen(case_id), language.lang()
    register = session().get_one(Person, view.row.applicant_id)
    id_no = vault(session()).open("people.id_no", register.id, register.id_no_sealed).decode() if register.id_no_sealed and not view.erased else ""
    known = {"applicant.name", "applicant.gender", "applicant.born_on", "applicant.id_no"}
    answers = [a for a in filled(view, lang, paper=True) if view.definition.form[a.name].prefill not in known]
    return render_template(
        "apply/paper.html", view=view, id_no=mask("idcard", id_no), born=None if view.erased else register.born_on,
        pairs=_paired(answers), tables=[a for a in answers if a.rows],
        opinions=_opinions(view), qr=qr_number(view) if view.row.number else "", printed=request.args.get("printed"),
        formula=amount_rule(view.definition, lang), at=local(now()), who=person().name)


@blueprint.post("/cases/<case_id>/print")
@access(SIGNED_IN, "auditor")
def record_print(case_id: str) -> ResponseReturnValue:
    engine.record(session(), case_id, "print", person(), now(), {"paper": "form"})
    return redirect(url_for(".paper", case_id=case_id, printed=1), 303)


def _paired(answers: list[Answer]) -> list[tuple[Answer, ...]]:
    """Put short answers two in a row, long ones alone, keeping their order."""
    rows: list[tuple[Answer, ...]] = []
    for answer in answers:
        if answer.rows:
            continue
        if len(answer.value) <= WIDE and rows and len(rows[-1]) == 1 and len(rows[-1][0].value) <= WIDE:
            rows[-1] = (*rows[-1], answer)
        else:
            rows.append((answer,))
    return rows


def _opinions(view: CaseView) -> list[Opinion]:
    """What every step decided last, in the order of the steps; returns and the applicant's own acts are left out.

    Of a vote the counts, and for officers every voice: its applicant reads nobody's name there.
    """
    latest: dict[str, Opinion] = {}
    voices: list[EventRow] = []
    for event in queries.events(session(), view.row.id):
        if event.kind in ("vote", "meeting"):
            voices.append(event)
        if event.kind != "act":
            continue
        then, state = event.definition or view.definition, event.from_state or ""
        counts = event.extra.get("voices")
        if counts or event.trigger != RETURN and event.role not in ("applicant", "agent", "system"):
            way = next((way for way in then.ways(state) if way.trigger == event.trigger), None)
            latest.pop(state, None)
            said = () if view.mine else tuple(_voice(then, one) for one in voices) if counts else ()
            latest[state] = Opinion(
                then.states[state].label, way.label if way else Label(event.trigger or ""),
                voices[0].organisation if counts and voices else event.organisation, event.who,
                f"{way.label.text(language.lang()) if way else ''}{_('：')}{voting.counted(counts)}" if counts else event.comment, event.at, said)
        voices = []
    return list(latest.values())


def _voice(definition: Definition, event: EventRow) -> str:
    """施洁 同意：情况属实"""
    branch = next((one.label.text(language.lang()) for one in definition.states[event.from_state or ""].branches
                   if one.key == event.extra.get("branch")), "")
    words = " ".join(filter(None, (branch, event.who, voting.spoken(event))))
    return f"{words}{_('：')}{event.comment}" if event.comment else words
