"""Saving what an officer has typed and uploaded at their step, without deciding yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow import engine
from workflow.engine import CaseView
from workflow.errors import Refused

from ..access import DECIDERS, access, person
from ..db import now, session
from .pane import pane, raw
from .queue import page
from .room import blueprint, filters


@dataclass(frozen=True, slots=True)
class Upload:
    kind: str
    name: str
    data: bytes


def uploads(view: CaseView) -> tuple[Upload, ...]:
    """Return the files that came with this request, of the kinds open at this step."""
    return tuple(
        Upload(kind, file.filename or "", file.read())
        for kind in view.definition.attachments if f"attachments.{kind}" in view.edit
        for file in request.files.getlist(f"attachments.{kind}") if file.filename)


def attach(case_id: str, files: Sequence[Upload]) -> None:
    for file in files:
        engine.attach(session(), case_id, file.kind, file.name, file.data, person(), now())


@blueprint.post("/tasks/<case_id>/keep")
@access(DECIDERS)
def keep(case_id: str) -> ResponseReturnValue:
    """Keep fields, opinion and files; `remove` names one file to take out again."""
    view = engine.look(session(), case_id, person(), now())
    comment = request.form.get("comment", "")
    try:
        engine.save(session(), case_id, person(), now(), raw(view, request.form), comment=comment,
                    revision=request.form.get("revision", 0, int))
        files = uploads(view)
        attach(case_id, files)
        if request.form.get("remove"):
            engine.detach(session(), case_id, request.form["remove"], person(), now())
    except Refused as refused:
        session().rollback()
        return page(pane(case_id, messages=refused.messages, comment=comment)), 422
    flash(_("已上传 %(count)s 份材料", count=len(files)) if files else _("已保存，还没有办理"))
    return redirect(filters().address(f"/tasks/{case_id}") + "#files", 303)
