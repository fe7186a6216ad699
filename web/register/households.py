"""One household: who lives there, its file, what it was granted, and its cases; opened and kept by the officers of its union."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow import people, register
from workflow.errors import Refused
from workflow.language.identity import mask
from workflow.privacy import vault
from workflow.programmes import by_digest

from ..access import access, person
from ..db import local, now, session
from .room import blueprint, day, keeps, summed, told, typed, union_by


@blueprint.get("/households/new")
@access(*register.KEEPERS)
def new_household() -> ResponseReturnValue:
    return render_template("register/new.html", typed={}, faults={})


@blueprint.post("/households/new")
@access(*register.KEEPERS)
def open_household() -> ResponseReturnValue:
    """Open the household of a worker, found by their identity number or entered with their union."""
    sent = typed("name", "id_no", "union", "address")
    try:
        known = people.find(session(), sent["id_no"]) if sent["id_no"] else None
        union = None if known is not None else union_by(sent["union"])
        head = register.found_or_added(session(), sent["name"], sent["id_no"], person(), now(), union_id=union)
        made = register.open_household(session(), head, person(), now(), address=sent["address"])
    except Refused as refused:
        return render_template("register/new.html", typed=sent, faults=told(refused, "name")), 422
    flash(_("家庭已建立，请登记共同生活的成员"))
    return redirect(url_for(".household_page", household_id=made), 303)


@blueprint.get("/households/<household_id>")
@access(*register.READERS)
def household_page(household_id: str) -> ResponseReturnValue:
    return _page(household_id, {}, {})


@blueprint.post("/households/<household_id>/members")
@access(*register.KEEPERS)
def add_member(household_id: str) -> ResponseReturnValue:
    register.household(session(), household_id, person())            # out of scope: not found, before anything is typed into the register
    sent = typed("name", "id_no", "relation", "since")
    try:
        since = day(sent["since"], "since")
        one_more = register.found_or_added(session(), sent["name"], sent["id_no"], person(), now())
        register.add_member(session(), household_id, one_more, sent["relation"], since, person(), now())
    except Refused as refused:
        return _page(household_id, sent | {"what": "add"}, told(refused, "name")), 422
    flash(_("已加入家庭"))
    return redirect(url_for(".household_page", household_id=household_id), 303)


@blueprint.post("/households/<household_id>/members/<person_id>")
@access(*register.KEEPERS)
def change_member(household_id: str, person_id: str) -> ResponseReturnValue:
    """Let a member leave, or make them head."""
    sent = typed("until", "reason", "relation")
    try:
        if request.form.get("what") == "head":
            register.change_head(session(), household_id, person_id, person(), now(), relation=sent["relation"] or "other")
            flash(_("户主已更改"))
        else:
            register.remove_member(session(), household_id, person_id, day(sent["until"], "until"), sent["reason"], person(), now())
            flash(_("已移出家庭"))
    except Refused as refused:
        return _page(household_id, sent | {"what": person_id}, told(refused, "until")), 422
    return redirect(url_for(".household_page", household_id=household_id), 303)


@blueprint.post("/households/<household_id>/address")
@access(*register.KEEPERS)
def move_address(household_id: str) -> ResponseReturnValue:
    sent = typed("address")
    try:
        register.move_address(session(), household_id, sent["address"], person(), now())
    except Refused as refused:
        return _page(household_id, sent | {"what": "address"}, told(refused, "address")), 422
    flash(_("住址已更新"))
    return redirect(url_for(".household_page", household_id=household_id), 303)


def _page(household_id: str, typed: Mapping[str, str], faults: Mapping[str, str]) -> str:
    view = register.household(session(), household_id, person())
    box = vault(session())
    numbers = {one.person_id: mask("idcard", box.open("people.id_no", one.person_id, one.id_no_sealed).decode())
               for one in view.members if one.id_no_sealed is not None}
    aid = register.aid_of_household(session(), household_id, person())
    return render_template(
        "register/household.html", view=view, numbers=numbers, aid=aid, sums=summed(aid), typed=typed, faults=faults, today=local(now()).date(),
        address=register.address_of(session(), view.row) if keeps() else "", definitions={one.id: by_digest(session(), one.definition_digest) for one in view.cases})
