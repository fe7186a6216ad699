"""The tree of unions: look at it, add to it."""

from __future__ import annotations

from collections import defaultdict

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from web import language
from web.access import access, person
from web.db import now, session
from workflow import organisations as unions
from workflow.errors import Refused
from workflow.records import Organisation

from . import blueprint, scope


@blueprint.get("/organisations")
@access("admin")
def organisations() -> ResponseReturnValue:
    return _page({}, {}, 200)


@blueprint.post("/organisations")
@access("admin")
def add_organisation() -> ResponseReturnValue:
    typed = {name: request.form.get(name, "").strip() for name in ("parent", "code", "name", "level", "region", "phone")}
    parent = scope.organisation(int(typed["parent"]) if typed["parent"].isdecimal() else None)
    faults = {name: _("请填写") for name in ("code", "name") if not typed[name]}
    if not faults:
        try:
            unions.add(session(), code=typed["code"], name=typed["name"], level=typed["level"], parent_id=parent.id,
                       actor=person(), now=now(), region=typed["region"] or parent.region, phone=typed["phone"])
        except Refused as refused:
            faults = {(m.field or "code").replace("_id", ""): m.text(language.lang()) for m in refused.messages}
    if faults:
        return _page(typed, faults, 422)
    flash(_("已增加单位 %(name)s", name=typed["name"]))
    return redirect(url_for(".organisations"), 303)


def _page(typed: dict[str, str], faults: dict[str, str], status: int) -> ResponseReturnValue:
    known = scope.organisations()
    below: dict[int | None, list[Organisation]] = defaultdict(list)
    ids = {one.id for one in known}
    for one in known:
        below[one.parent_id if one.parent_id in ids else None].append(one)
    page = render_template("admin/organisations.html", below=below, known=known, typed=typed, faults=faults)
    return page, status
