"""The list of files with its filters, and finding a person by identity number."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.engine import Row

from workflow import register
from workflow.errors import NotFound
from workflow.language.identity import id_fault, normalise

from ..access import access, person
from ..db import local, now, session
from .room import PAGE, blueprint, categories, statuses

NONE = "none"                        # in the filter of states: households that have no file


@blueprint.get("")
@access(*register.READERS)
def files() -> ResponseReturnValue:
    asked = {name: request.args.get(name, "").strip()[:60] for name in ("status", "category", "unit", "q", "due", "after")}
    status = asked["status"] if asked["status"] in (*statuses(), NONE) else ""
    category = asked["category"] if asked["category"] in categories() else ""
    rows: list[register.FileRow] = []
    homes: list[Row[Any]] = []
    after = None
    if status == NONE:
        homes, after = register.households_without(session(), person(), after=asked["after"] or None, limit=PAGE)
    else:
        rows, after = register.files(session(), person(), local(now()).date(), status=status, category=category, unit=asked["unit"], text=asked["q"],
                                     overdue=bool(asked["due"]), after=asked["after"] or None, limit=PAGE)
    return render_template("register/files.html", rows=rows, homes=homes, next=after, status=status, category=category, asked=asked,
                           narrowed=any(asked[name] for name in ("status", "category", "unit", "q", "due")),
                           waiting=len(register.proposals(session(), person())) + len(register.corrections(session(), person())))


@blueprint.post("/find")
@access(*register.READERS - {"auditor"})
def find() -> ResponseReturnValue:
    """Lead to the person with this identity number, which is never part of an address."""
    text = normalise("idcard", request.form.get("number", ""))
    known, corrected = register.by_number(session(), text) if id_fault(text) is None else (None, False)
    try:
        found = register.person(session(), known or "", person())[0]
    except NotFound:
        flash(_("没有找到这个身份证号，或不在您的范围内"), "warn")
        return redirect(url_for(".files"), 303)
    if corrected:
        flash(_("这个身份证号登记错过，已更正；现在的号码见下"))
    return redirect(url_for(".person_page", person_id=found.id), 303)
