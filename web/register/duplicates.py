"""Entries that may be one person: found, laid side by side, proposed by one officer, confirmed or turned down by another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from workflow import register
from workflow.errors import NotFound, Refused
from workflow.records import Account, Case, Household, Person

from ..access import access, person
from ..db import now, session
from .people import numbers_of
from .room import blueprint, told, typed


@blueprint.get("/duplicates")
@access(*register.READERS)
def duplicates() -> ResponseReturnValue:
    waiting = register.proposals(session(), person())
    asked = {frozenset((row.stays_id, row.goes_id)) for row in waiting}
    pairs = [pair for pair in register.duplicates(session(), person()) if frozenset((pair[0].id, pair[1].id)) not in asked]
    return render_template("register/duplicates.html", waiting=waiting, pairs=pairs, wrong=register.corrections(session(), person()))


@blueprint.get("/people/<person_id>/same/<other_id>")
@access(*register.READERS)
def compare(person_id: str, other_id: str) -> ResponseReturnValue:
    return _compare(person_id, other_id, {}, {})


@blueprint.post("/people/<person_id>/same/<other_id>")
@access(*register.KEEPERS)
def propose(person_id: str, other_id: str) -> ResponseReturnValue:
    sent = typed("stays", "reason")
    stays, goes = (other_id, person_id) if sent["stays"] == other_id else (person_id, other_id)
    try:
        register.propose(session(), stays, goes, sent["reason"], person(), now())
    except Refused as refused:
        return _compare(person_id, other_id, sent, told(refused, "stays")), 422
    flash(_("已提出合并，等另一位经办人确认"))
    return redirect(url_for(".duplicates"), 303)


@blueprint.post("/merges/<proposal_id>")
@access(*register.KEEPERS)
def decide(proposal_id: str) -> ResponseReturnValue:
    row = register.proposal(session(), proposal_id, person())
    if request.form.get("answer") == "decline":
        register.decline(session(), proposal_id, person(), now())
        flash(_("已退回这项合并"))
        return redirect(url_for(".duplicates"), 303)
    register.confirm(session(), proposal_id, person(), now())
    flash(_("已合并，两条登记的经历都保留"))
    return redirect(url_for(".person_page", person_id=row.stays_id), 303)


def _compare(person_id: str, other_id: str, typed: Mapping[str, str], faults: Mapping[str, str]) -> str:
    sides = [_side(one) for one in (person_id, other_id)]
    if sides[0]["row"].id == sides[1]["row"].id:
        raise NotFound("person")
    waiting = next((row for row in register.proposals(session(), person()) if {row.stays_id, row.goes_id} == {person_id, other_id}), None)
    return render_template("register/compare.html", sides=sides, waiting=waiting, typed=typed, faults=faults,
                           mine=waiting is not None and waiting.proposed_by in {person().person_id} | person().stands_for)


def _side(person_id: str) -> dict[str, Any]:
    row, unit, _cases = register.person(session(), person_id, person())
    home = register.household_now(session(), row.id)
    head = session().scalar(select(Person.name).join(Household, Household.head_id == Person.id).where(Household.id == home)) if home else ""
    return {"row": row, "unit": unit, "numbers": numbers_of(row), "home": home, "head": head or "",
            "account": session().scalar(select(Account.username).where(Account.person_id == row.id)) is not None,
            "cases": session().scalar(select(func.count()).where(Case.applicant_id == row.id))}

