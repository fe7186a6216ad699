"""公示与异议: the notices in the officer's scope, their photos and posters, and what was objected. Nothing here shortens one."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow import engine, notices
from workflow.engine.posting import PHOTO
from workflow.errors import NotFound, Refused, one
from workflow.notices import Kept

from .. import language
from ..access import DECIDERS, access, person
from ..db import abandon, now, reading, session, writing
from .room import blueprint


@blueprint.get("/tasks/notices")
@access(DECIDERS)
def notice_list() -> ResponseReturnValue:
    """What hangs now, the first to end first; `?over=1` what is over, with its record."""
    return _page()


@blueprint.post("/tasks/notices/<notice_id>/photos")
@access(DECIDERS)
def notice_photos(notice_id: str) -> ResponseReturnValue:
    """Add photos of the sheet as it hangs."""
    files = [(file.filename or "", file.read()) for file in request.files.getlist("photo") if file.filename]
    row = _one(notice_id)
    try:
        if not files:
            raise Refused(one("NO_PHOTO", "请先选择公示照片", "Choose a photo of the notice first", "photo"))
        abandon()                    # decoding a photo is too slow for the writer's lock
        with reading() as own:
            store = own.info["store"]
        clean = [store.check(data, name, ("jpg", "png", "webp", "pdf")) for name, data in files]
        with writing() as own:
            for name, file in zip((name for name, _data in files), clean, strict=True):
                engine.attach(own, row.case_id, PHOTO, name, file, person(), now())
    except Refused as refused:
        return _page(faults={notice_id: [message.text(language.lang()) for message in refused.messages]}), 422
    flash(_("已上传 %(count)s 份公示照片", count=len(files)))
    return redirect(f"/tasks/notices#n-{notice_id}", 303)


@blueprint.post("/tasks/notices/<notice_id>/objections/<objection_id>")
@access(DECIDERS)
def settle(notice_id: str, objection_id: str) -> ResponseReturnValue:
    """Settle one objection: `upheld` yes or no, with what was found."""
    row = _one(notice_id)
    if all(said.id != objection_id for said in row.objections):
        raise NotFound("objection")
    upheld = request.form.get("upheld")
    try:
        if upheld not in ("yes", "no"):
            raise Refused(one("UPHELD", "请选择异议成立或不成立", "Choose whether the objection is upheld", "upheld"))
        engine.settle_objection(session(), objection_id, upheld == "yes", request.form.get("opinion", ""), person(), now())
    except Refused as refused:
        session().rollback()
        return _page(faults={objection_id: [message.text(language.lang()) for message in refused.messages]}), 422
    flash(_("异议已处理：成立") if upheld == "yes" else _("异议已处理：不成立，公示期满后继续办理"))
    return redirect(f"/tasks/notices#n-{notice_id}", 303)


def _one(notice_id: str) -> Kept:
    """Return a notice that is up in the reader's scope. Raises `NotFound`."""
    found = notices.kept(session(), person(), ids=[notice_id]).rows
    if not found:
        raise NotFound("notice")
    return found[0]


def _page(faults: dict[str, list[str]] | None = None) -> Any:
    over = request.args.get("over") == "1"
    page = notices.kept(session(), person(), over=over, after=request.args.get("after"))
    running = {(row.posted.union_id, row.posted.programme): row.posted for row in page.rows if row.status == "running"}
    counts = Counter((row.posted.union_id, row.posted.programme) for row in page.rows if row.status == "running")
    together = [(posted, counts[key]) for key, posted in running.items() if counts[key] > 1]
    return render_template("review/notices.html", page=page, over=over, faults=faults or {}, typed=request.form, moment=now(),
                           together=together)
