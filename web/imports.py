"""Lists that are imported: sent, looked over row by row, imported with a bar that moves, and undone.

A GET writes nothing, so the page that shows how far an import got only looks again; the rows are written by whoever pressed the
button, for a few seconds, and then by the timers' process, or by the same button again.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from time import monotonic
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow import imports, programmes
from workflow.errors import NotFound, Refused, one

from . import language
from .access import access, person
from .db import abandon, local, now, reading, session, writing
from .language import N_

blueprint = Blueprint("imports", __name__, url_prefix="/imports")
SECONDS, SHOWN = 4.0, 100
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NAMES = {"orgs": N_("单位"), "people": N_("会员"), "files": N_("困难职工档案"), "cases": N_("历史业务件")}


@blueprint.get("")
@access(*imports.READERS)
def listing() -> ResponseReturnValue:
    return _list({}, 200)


@blueprint.post("")
@access(*imports.READERS)
def send() -> ResponseReturnValue:
    """Look a sheet over, keep what would become of every row, and show it."""
    me, time, kind, sent = person(), now(), request.form.get("kind", ""), request.files.get("sheet")
    abandon()                            # reading a long sheet is too slow for an open transaction
    subject = request.form.get("programme") or None if kind == "cases" else None
    place = next((post.organisation_id for post in me.posts if kind in imports.kinds_of(post.role)), None)
    try:
        if place is None:
            raise Refused(one("IMPORT_KIND", "请选择要导入的内容", "Choose what to import", "kind"))
        if sent is None or not sent.filename:
            raise Refused(one("NO_SHEET", "请选择表格文件", "Choose a sheet", "sheet"))
        about: dict[str, Any] = {"subject": subject, "as_of": local(time).date()} if kind == "cases" else {}
        with reading() as own:
            columns = imports.kind(own, kind, **about).columns
        data = sent.read()
        sheet = imports.read(data, columns, local(time).date())
        with reading() as own:
            looked = imports.look_over(own, kind, sheet, data, sent.filename, place, me, time, **about)
        with writing() as own:
            import_id = imports.keep(own, looked)
    except Refused as refused:
        return _list({message.field or "sheet": message.text(language.lang()) for message in refused.messages}, 422)
    return redirect(url_for(".one_import", import_id=import_id), 303)


@blueprint.get("/<import_id>")
@access(*imports.READERS)
def one_import(import_id: str) -> ResponseReturnValue:
    row = imports.one_import(session(), import_id, person())
    wrong = imports.rows(session(), import_id, ["fault", "kept"], limit=SHOWN + 1)
    changed = imports.rows(session(), import_id, ["changed"], limit=SHOWN + 1)
    labels = {column.name: column.label.text(language.lang()) for column in imports.kind(session(), row.kind, row.subject, row.as_of).columns}
    lang = language.lang()
    return render_template(
        "imports/import.html", row=row, name=_(NAMES[row.kind]), rows=sum(row.counts.values()), most=SHOWN,
        wrong=[(n, outcome, [fault.text(lang) for fault in imports.faults_of(said)]) for n, outcome, said in wrong],
        changed=[(n, _("、").join(labels.get(name, name) for name in said["changes"])) for n, _outcome, said in changed if said.get("changes")])


@blueprint.post("/<import_id>/confirm")
@access(*imports.READERS)
def confirm(import_id: str) -> ResponseReturnValue:
    return _step(import_id, imports.confirm, imports.carry_on, _("已全部导入"))


@blueprint.post("/<import_id>/continue")
@access(*imports.READERS)
def go_on(import_id: str) -> ResponseReturnValue:
    """Carry on here and now; what the timers' process does meanwhile is not done again."""
    undoing = imports.one_import(session(), import_id, person()).status == "undoing"
    return _step(import_id, None, imports.undo_on if undoing else imports.carry_on, _("已撤销") if undoing else _("已全部导入"))


@blueprint.post("/<import_id>/undo")
@access(*imports.READERS)
def undo(import_id: str) -> ResponseReturnValue:
    return _step(import_id, imports.undo, imports.undo_on, _("已撤销"))


@blueprint.post("/<import_id>/drop")
@access(*imports.READERS)
def drop(import_id: str) -> ResponseReturnValue:
    imports.drop(session(), import_id, person(), now())
    flash(_("已放弃，没有导入任何内容"))
    return redirect(url_for(".listing"), 303)


@blueprint.get("/<import_id>/faults.xlsx")
@access(*imports.READERS)
def faults(import_id: str) -> ResponseReturnValue:
    """The wrong rows as they were sent, with a column that says what is wrong."""
    row = imports.one_import(session(), import_id, person())
    name = _("有误的行 %(file)s", file=row.file_name.rpartition(".")[0] or row.file_name)
    return send_file(BytesIO(imports.faulty(session(), row, language.lang())), XLSX, as_attachment=True, download_name=f"{name}.xlsx")


@blueprint.get("/templates/<kind>.xlsx")
@access(*imports.READERS)
def template(kind: str) -> ResponseReturnValue:
    if not any(kind in imports.kinds_of(post.role) for post in person().posts):
        raise NotFound("import")
    subject = request.args.get("programme")
    found = imports.kind(session(), kind, subject, local(now()).date() if subject else None)
    return send_file(BytesIO(imports.template(found)), XLSX, as_attachment=True, download_name=f"{_(NAMES[kind])}.xlsx")


def _step(import_id: str, begin: Callable[..., None] | None, step: Callable[..., bool], done: str) -> ResponseReturnValue:
    """Begin, carry on for a few seconds, a transaction a slice, and show how far it got."""
    me, time, started = person(), now(), monotonic()
    abandon()
    if begin is not None:
        with writing() as own:
            begin(own, import_id, me, time)
    more = True
    while more and monotonic() - started < SECONDS:
        with writing() as own:
            more = step(own, import_id, me, time)
    if not more:
        flash(done)
    return redirect(url_for(".one_import", import_id=import_id), 303)


def _list(faults: dict[str, str], status: int) -> ResponseReturnValue:
    with reading() as own:
        kinds = list(dict.fromkeys(kind for post in person().posts for kind in imports.kinds_of(post.role)))
        known = [(definition.key, definition.title.text(language.lang())) for definition in programmes.current(own, local(now()).date())] if "cases" in kinds else []
        rows = imports.imports(own, person())
    page = render_template("imports/imports.html", rows=rows, kinds=[(kind, _(NAMES[kind])) for kind in kinds], names={kind: _(NAMES[kind]) for kind in NAMES},
                           programmes=known, faults=faults, typed=request.form)
    return page, status
