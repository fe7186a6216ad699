"""The list behind a case: who gets what, what stands twice, who signed; the sheet they sign on, and the page its codes open.

Marks are made by whoever's turn the case is, with a second officer; the rules are those of `workflow.engine.signing`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import segno
from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow import engine, spreadsheets
from workflow.engine.issuing import issues
from workflow.errors import Refused
from workflow.language.fields import mask
from workflow.queries.grants import GrantRow, grants, line_place

from . import language
from .access import DECIDERS, access, person
from .db import local, now, session
from .show import mask_name

blueprint = Blueprint("lines", __name__)
PAGE = 100
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/tasks/<case_id>/lines")
@access(DECIDERS, "auditor")
def roster(case_id: str) -> ResponseReturnValue:
    return _page(case_id, {}, 200)


@blueprint.post("/tasks/<case_id>/lines")
@access(DECIDERS)
def mark(case_id: str) -> ResponseReturnValue:
    """`what`: sign, unsign or strike the lines that were chosen, or sign `all` that are left."""
    try:
        words = _marked(case_id)
    except Refused as refused:
        session().rollback()
        return _page(case_id, {message.field or "lines": message.text(language.lang()) for message in refused.messages}, 422)
    flash(words)
    return redirect(url_for(".roster", case_id=case_id, only=request.args.get("only") or None), 303)


@blueprint.get("/tasks/<case_id>/lines/twice.xlsx")
@access(DECIDERS, "auditor")
def twice(case_id: str) -> ResponseReturnValue:
    """What stands twice, as a sheet; names and numbers are masked in it."""
    people = {row.n: row for row in grants(session(), case_id, person())}
    lines = [[str(one.n), mask_name(people[one.n].name), mask("idcard", people[one.n].id_no), _why(one), *_earlier(one)]
             for one in engine.duplicates(session(), case_id, person())]
    data = spreadsheets.workbook([_("行"), _("姓名"), _("身份证号"), _("问题"), _("案件编号"), _("项目"), _("单位"), _("日期"), _("金额（元）"), _("状态")],
                                 lines, (6, 10, 24, 22, 26, 18, 22, 12, 12, 10), _("查重结果"))
    return Response(data, content_type=_XLSX, headers={"Content-Disposition": 'attachment; filename="duplicates.xlsx"'})


@blueprint.get("/tasks/<case_id>/lines/sheet")
@access(DECIDERS, "auditor")
def sheet(case_id: str) -> ResponseReturnValue:
    """签收表: A4, a box to sign in and a code for everybody who is still to get something or has got it."""
    view = engine.look(session(), case_id, person(), now())
    rows = [row for row in grants(session(), case_id, person()) if row.status != "dropped"]
    base = str(current_app.config["ORIGIN"] or request.host_url).rstrip("/")
    codes = {row.id: str(segno.make(f"{base}{url_for('.one', line_id=row.id)}", error="m", micro=False).svg_data_uri(border=0, scale=3)) for row in rows}
    return render_template("lines/sheet.html", view=view, rows=rows, codes=codes, masked=_masked, goods=_goods(rows), printed=request.args.get("printed"),
                           money=sum(row.amount_fen for row in rows), at=local(now()), who=person().name)


@blueprint.post("/tasks/<case_id>/lines/sheet")
@access(DECIDERS, "auditor")
def record_print(case_id: str) -> ResponseReturnValue:
    engine.record(session(), case_id, "print", person(), now(), {"paper": "signatures"})
    return redirect(url_for(".sheet", case_id=case_id, printed=1), 303)


@blueprint.get("/sign/<line_id>")
@access(DECIDERS)
def one(line_id: str) -> ResponseReturnValue:
    """What the code beside a name opens on the phone of an officer."""
    return _one(line_id, {}, 200)


@blueprint.post("/sign/<line_id>")
@access(DECIDERS)
def sign_one(line_id: str) -> ResponseReturnValue:
    case_id, number = line_place(session(), line_id, person())
    try:
        engine.sign(session(), case_id, [number], "phone", request.form.get("with", ""), person(), now(), idem_key=request.form.get("key") or None)
    except Refused as refused:
        session().rollback()
        return _one(line_id, {message.field or "lines": message.text(language.lang()) for message in refused.messages}, 422)
    flash(_("已登记签收"))
    return redirect(url_for(".one", line_id=line_id), 303)


def _one(line_id: str, faults: dict[str, str], status: int) -> ResponseReturnValue:
    case_id, number = line_place(session(), line_id, person())
    view = engine.look(session(), case_id, person(), now())
    row, = grants(session(), case_id, person(), numbers=[number])
    may = engine.may_mark(session(), case_id, person()) and row.status == "held" and row.signed is None
    page = render_template("lines/one.html", view=view, row=row, may=may, faults=faults, beside=request.form.get("with", ""), masked=_masked,
                           companions=engine.companions(session(), case_id, person(), now()) if may else [])
    return page, status


def _marked(case_id: str) -> str:
    """Carry out one mark and return the sentence that says so."""
    form, me = request.form, person()
    numbers = sorted({int(text) for text in form.getlist("line") if text.isascii() and text.isdigit() and len(text) < 7})
    key, what = form.get("key") or None, form.get("what", "")
    if what == "strike":
        done = engine.strike(session(), case_id, numbers, form.get("reason", ""), me, now(), idem_key=key)
        return _("已取消 %(count)s 行，物品已退回库存", count=done.count)
    if what == "unsign":
        engine.unsign(session(), case_id, numbers[0] if numbers else 0, form.get("reason", ""), me, now(), idem_key=key)
        return _("已撤销签收")
    if form.get("all"):
        numbers = [row.n for row in grants(session(), case_id, me) if row.status == "held" and row.signed is None and row.quantity]
    done = engine.sign(session(), case_id, numbers, form.get("method", ""), form.get("with", ""), me, now(), idem_key=key)
    return _("已登记 %(count)s 人签收", count=done.count)


def _page(case_id: str, faults: dict[str, str], status: int) -> ResponseReturnValue:
    me = person()
    view = engine.look(session(), case_id, me, now())
    rows, found = grants(session(), case_id, me, sealed=True), defaultdict[int, list[Any]](list)
    for duplicate in engine.duplicates(session(), case_id, me):
        found[duplicate.n].append(duplicate)
    live = [row for row in rows if row.status != "dropped"]
    counts = {"all": len(rows), "twice": len(found), "unsigned": sum(row.signed is None and row.quantity is not None for row in live),
              "signed": sum(row.signed is not None for row in live), "struck": len(rows) - len(live)}
    only = request.args.get("only", "")
    shown = [row for row in rows if only == "twice" and row.n in found or only == "unsigned" and row.status != "dropped" and row.signed is None and row.quantity
             or only == "signed" and row.signed or only == "struck" and row.status == "dropped" or only not in counts or only == "all"]
    start = max(request.args.get("after", 0, type=int), 0)
    here, may = [row.n for row in shown[start:start + PAGE]], engine.may_mark(session(), case_id, me)
    page = render_template(
        "lines/roster.html", view=view, rows=grants(session(), case_id, me, numbers=here), next=start + PAGE if len(shown) > start + PAGE else None, found=found,
        counts=counts, only=only, faults=faults, typed=request.form, may=may, masked=_masked, why=_why, issues=issues(view.definition),
        companions=engine.companions(session(), case_id, me, now()) if may else [], goods=_goods(live), money=sum(row.amount_fen for row in live))
    return page, status


def _masked(row: GrantRow) -> str:
    return str(mask("idcard", row.id_no))


def _goods(rows: list[GrantRow]) -> list[tuple[str, int, str]]:
    """What is given in all, by item: (name, how many, of what)."""
    count: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        if row.quantity:
            count[(f"{row.item} {row.spec}".strip(), row.unit)] += row.quantity
    return [(item, number, unit) for (item, unit), number in count.items()]


def _why(one: engine.Duplicate) -> str:
    if one.kind == "same_person":
        return _("与第 %(row)s 行是同一人", row=one.row)
    if one.kind == "same_account":
        return _("与第 %(row)s 行用同一个账户", row=one.row)
    if one.kind == "account_used":
        return _("账户已由他人使用")
    return _("同一人已有慰问或救助") if one.granted else _("同一人另有在办")


def _earlier(one: engine.Duplicate) -> list[str]:
    if one.programme is None:
        return [""] * 6
    return [one.number or _("其他单位"), one.programme.text(language.lang()), one.unit, one.day.isoformat() if one.day else "",
            f"{one.amount_fen / 100:.2f}", _("已发放或已预留") if one.granted else _("在办")]
