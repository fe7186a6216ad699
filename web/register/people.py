"""One person: memberships, households, what they were granted, their cases, and every entry of the register that is them."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow import register
from workflow.errors import NotFound, Refused
from workflow.language.identity import mask
from workflow.privacy import vault
from workflow.programmes import by_digest
from workflow.records import Person

from ..access import access, person
from ..db import local, now, session
from .room import blueprint, day, summed, told, typed, union_by

NUMBERS = (("id_no", "idcard"), ("phone", "phone"), ("bank_card", "bankcard"))


@blueprint.get("/people/<person_id>")
@access(*register.READERS)
def person_page(person_id: str) -> ResponseReturnValue:
    return _page(person_id, {}, {})


@blueprint.post("/people/<person_id>/membership")
@access(*register.KEEPERS)
def membership(person_id: str) -> ResponseReturnValue:
    """入会, 转会 or 退会."""
    sent, what = typed("union", "on", "reason", "member_no"), request.form.get("what")
    register.person(session(), person_id, person())
    try:
        on = day(sent["on"], "on")
        if what == "join":
            register.join(session(), person_id, union_by(sent["union"]), on, person(), now(), member_no=sent["member_no"])
            flash(_("会籍已登记"))
        elif what == "leave":
            register.leave(session(), person_id, on, sent["reason"], person(), now())
            flash(_("已办理退会"))
        else:
            register.transfer(session(), person_id, union_by(sent["union"]), on, sent["reason"], person(), now())
            flash(_("已办理转会"))
    except Refused as refused:
        return _page(person_id, sent | {"what": what or ""}, told(refused, "union")), 422
    if what == "transfer":               # they may belong elsewhere now
        return redirect(url_for(".files"), 303)
    return redirect(url_for(".person_page", person_id=person_id), 303)


@blueprint.post("/people/<person_id>/correct")
@access(*register.KEEPERS)
def correct(person_id: str) -> ResponseReturnValue:
    """Propose another name or identity number; another officer confirms."""
    sent = typed("name", "id_no", "reason", "none")
    register.person(session(), person_id, person())
    try:
        register.propose_correction(session(), person_id, person(), now(), name=sent["name"], id_no="" if sent["none"] else sent["id_no"] or None, reason=sent["reason"])
    except Refused as refused:
        return _page(person_id, sent | {"what": "correct"}, told(refused, "name")), 422
    flash(_("已提出更正，等另一位经办人确认"))
    return redirect(url_for(".person_page", person_id=person_id), 303)


@blueprint.post("/corrections/<correction_id>")
@access(*register.KEEPERS)
def decide_correction(correction_id: str) -> ResponseReturnValue:
    row = register.correction(session(), correction_id, person())
    try:
        if request.form.get("answer") == "decline":
            register.decline_correction(session(), correction_id, person(), now())
            flash(_("已退回这项更正"))
        else:
            register.confirm_correction(session(), correction_id, person(), now(), number=request.form.get("number", ""))
            flash(_("已更正；已办的案件仍保留当时填写的内容"))
    except Refused as refused:
        return _page(row.person_id, {"what": "confirm"}, told(refused, "number")), 422
    return redirect(url_for(".person_page", person_id=row.person_id), 303)


def numbers_of(row: Person) -> dict[str, str]:
    """Return the masked numbers of one entry."""
    box = vault(session())
    return {name: mask(kind, box.open(f"people.{name}", row.id, getattr(row, f"{name}_sealed")).decode()) if getattr(row, f"{name}_sealed") else ""
            for name, kind in NUMBERS}


def _page(person_id: str, typed: Mapping[str, str], faults: Mapping[str, str]) -> str:
    row, unit, cases = register.person(session(), person_id, person())
    entries = register.same_person(session(), row.id)
    aid = register.aid_of_person(session(), row.id, person())
    return render_template(
        "register/person.html", row=row, unit=unit, cases=cases, numbers=numbers_of(row), entries=entries[1:],
        stays=register.memberships(session(), entries), homes=[one for entry in entries for one in register.member_places(session(), entry)], aid=aid, sums=summed(aid),
        wrong=register.corrections(session(), person(), person_id=row.id), mine={person().person_id} | person().stands_for, typed=typed, faults=faults,
        same_as=_other(row.id, typed.get("id_no", "")), today=local(now()).date(), definitions={one.id: by_digest(session(), one.definition_digest) for one in cases})


def _other(person_id: str, id_no: str) -> str | None:
    """Return the other entry that has the number somebody asked for, where the reader may look at it: the two may be one person."""
    found = register.by_number(session(), id_no)[0] if id_no else None
    if found is None or found == person_id:
        return None
    try:
        return register.person(session(), found, person())[0].id
    except NotFound:
        return None
