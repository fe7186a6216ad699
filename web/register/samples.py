"""抽查复核: drawing the files of the year by lot, the list of those drawn, and what the re-check of each found."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from workflow import register
from workflow.errors import Refused
from workflow.records import Organisation

from ..access import access, person
from ..db import local, now, session
from .room import PAGE, blueprint, told, typed


def results() -> dict[str, str]:
    return {"right": _("与档案一致"), "changed": _("情况有变，要按程序更新"), "wrong": _("不符合条件，要按程序撤档")}


@blueprint.get("/samples")
@access(*register.READERS)
def samples() -> ResponseReturnValue:
    return _samples({}, {})


@blueprint.post("/samples")
@access(register.DRAWS)
def draw() -> ResponseReturnValue:
    sent = typed("percent", "place")
    try:
        percent = int(sent["percent"]) if sent["percent"].isascii() and sent["percent"].isdigit() and len(sent["percent"]) < 4 else 0
        place = int(sent["place"]) if sent["place"].isascii() and sent["place"].isdigit() and len(sent["place"]) < 10 else 0
        sample_id = register.draw(session(), place, percent, person(), now())
    except Refused as refused:
        return _samples(sent, told(refused, "percent")), 422
    flash(_("已抽取；种子记在操作记录里，经审人员可以照样重抽"))
    return redirect(url_for(".sample", sample_id=sample_id), 303)


@blueprint.get("/samples/<sample_id>")
@access(*register.READERS)
def sample(sample_id: str) -> ResponseReturnValue:
    return _sample(sample_id, {}, {})


@blueprint.post("/samples/<sample_id>/<int:n>")
@access(register.DRAWS)
def check(sample_id: str, n: int) -> ResponseReturnValue:
    sent = typed("result", "note", "after", "found")
    register.sample(session(), sample_id, person())
    try:
        register.check(session(), sample_id, n, sent["result"], sent["note"], person(), now())
    except Refused as refused:
        return _sample(sample_id, sent | {"n": str(n)}, told(refused, f"result-{n}")), 422
    flash(_("已登记第 %(n)s 份的复核结果", n=n))
    return redirect(url_for(".sample", sample_id=sample_id, after=sent["after"] or None, found=sent["found"] or None), 303)


def _samples(sent: Mapping[str, str], faults: Mapping[str, str]) -> str:
    me = person()
    posts = {post.organisation_id for post in me.posts if post.role == register.DRAWS} if not me.holds("auditor") else set()
    places = session().execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(posts)).order_by(Organisation.path)).all() if posts else []
    return render_template("register/samples.html", rows=register.samples(session(), me), places={str(one.id): one.name for one in places}, least=register.LEAST,
                           year=local(now()).year, typed=sent, faults=faults)


def _sample(sample_id: str, sent: Mapping[str, str], faults: Mapping[str, str]) -> str:
    row, me = register.sample(session(), sample_id, person()), person()
    asked = {name: (sent.get(name) or request.args.get(name, "")).strip()[:10] for name in ("after", "found")}
    wanted = {"open": "", **{code: code for code in register.RESULTS}}.get(asked["found"])
    after = int(asked["after"]) if asked["after"].isascii() and asked["after"].isdigit() else 0
    rows, following = register.drawn(session(), sample_id, me, result=wanted, after=after, limit=PAGE)
    told_of = next(one for one in register.samples(session(), me) if one.id == sample_id)
    checks = any(post.role == register.DRAWS for post in me.posts) and not me.holds("auditor")
    return render_template(
        "register/sample.html", row=row, about=told_of, rows=rows, next=following, results=results(), asked=asked, population=len(row.population), checks=checks,
        same=register.redrawn(session(), sample_id), typed=sent, faults=faults)
