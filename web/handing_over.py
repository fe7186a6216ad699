"""移交: what is mine alone goes to a colleague, with a receipt to print. The administrator does it for who has left."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow import engine
from workflow.engine.handing_over import WHY, receipts
from workflow.errors import Refused
from workflow.people import absences
from workflow.programmes import by_digest
from workflow.records import Person

from . import language
from .access import STAFF, access, person
from .account import blueprint
from .db import local, now, session


@blueprint.get("/settings/hand-over")
@access(STAFF)
def hand_over() -> ResponseReturnValue:
    return _mine({})


@blueprint.post("/settings/hand-over")
@access(STAFF)
def hand_over_now() -> ResponseReturnValue:
    seq, faults = handed_over(str(person().person_id))
    return _mine(faults) if seq is None else redirect(url_for(".hand_over_receipt", seq=seq), 303)


@blueprint.get("/settings/hand-over/<int:seq>")
@access(STAFF)
def hand_over_receipt(seq: int) -> ResponseReturnValue:
    return printed(str(person().person_id), seq, "/settings/hand-over")


def handed_over(person_id: str) -> tuple[int | None, dict[str, str]]:
    """Hand over as the form of this request asks; return the number of the receipt, or what is wrong."""
    to = request.form.get("to", "")
    if not to:
        return None, {"to": _("请选择一位同事")}
    try:
        done = engine.hand_over(session(), person_id, to, person(), now(), reason=request.form.get("reason", ""),
                                idem_key=request.form.get("key", "")[:120] or None)
    except Refused as refused:
        session().rollback()
        return None, {"to": _("；").join(message.text(language.lang()) for message in refused.messages)}
    flash(_("已移交 %(moved)s 件", moved=len(done.moved)) + (_("，%(kept)s 件不能移交", kept=len(done.kept)) if done.kept else ""))
    return done.seq, {}


def parts(person_id: str, faults: dict[str, str]) -> dict[str, Any]:
    """What the page of a hand-over shows."""
    return {"work": lines(engine.open_work(session(), person_id)), "candidates": absences.colleagues(session(), person_id, local(now()).date()),
            "receipts": receipts(session(), person_id), "faults": faults, "typed": request.form, "holder": session().get_one(Person, person_id)}


def printed(person_id: str, seq: int, back: str) -> str:
    """Return the receipt as one A4 page to sign."""
    done = engine.receipt(session(), person_id, seq)
    names = {row.id: row.name for row in session().query(Person.id, Person.name).filter(Person.id.in_(
        [one for one in (person_id, done.to_id, done.by_id) if one]))}
    return render_template("account/hand_over_receipt.html", done=done, moved=lines(done.moved), kept=lines(done.kept), giver=names[person_id],
                           taker=names[done.to_id], by=names.get(done.by_id or "", ""), back=back)


def lines(work: Any) -> list[dict[str, Any]]:
    """Return each thing in words; what kept it from being moved as `why`."""
    lang = language.lang()
    kinds = {"work": _("待办"), "ballot": _("表决"), "branch": _("并行复核"), "consult": _("征求意见"), "owned": _("委派他人"), "filed": _("代办申请")}
    told = []
    for item in work:
        definition = by_digest(session(), item.definition_digest)
        state = definition.states.get(item.state)
        why = WHY.get(item.why, ("", ""))
        kind = _("为单位工会申报") if item.kind == "filed" and definition.apply_who == "organisation" else kinds.get(item.kind, item.kind)
        told.append({"number": item.number or _("未提交"), "title": definition.title.text(lang), "state": state.label.text(lang) if state else item.state,
                     "kind": kind, "due": item.due_at, "why": why[1] if lang == "en" else why[0]})
    return told


def _mine(faults: dict[str, str]) -> ResponseReturnValue:
    page = render_template("account/hand_over.html", base="/settings/hand-over", back="/settings", oneself=True, **parts(str(person().person_id), faults))
    return page, 422 if faults else 200
