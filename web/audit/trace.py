"""One case from the first step to the last: how long each stage took, who did what, what changed, and does it hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from workflow import engine, history, queries
from workflow.engine.lineage import renamed
from workflow.errors import Damaged, Message, Refused, one
from workflow.notifications import sentences

from .. import sheet
from ..access import access, person
from ..db import local, now, session
from .duties import duties
from .lanes import lanes
from .room import blueprint
from .timeline import timeline


@blueprint.get("/cases/<case_id>")
@access("auditor")
def trace(case_id: str) -> ResponseReturnValue:
    return _page(case_id, asked_for=request.args.get("open", ""))


@blueprint.post("/cases/<case_id>/reveal")
@access("auditor")
def reveal(case_id: str) -> ResponseReturnValue:
    """Show masked values in full, once; answers the page itself, because an address must not hold them."""
    wanted = request.form.getlist("field")
    try:
        values = engine.reveal(session(), case_id, wanted, request.form.get("reason", ""), person(), now())
    except Refused as refused:
        session().rollback()
        return _page(case_id, messages=refused.messages, asked_for=wanted[0] if wanted else ""), 422
    return _page(case_id, opened=values)


@blueprint.post("/cases/<case_id>/bundle")
@access("auditor")
def bundle(case_id: str) -> ResponseReturnValue:
    """The evidence of this case as a zip that can be checked on any computer; masked unless `unmask` is ticked."""
    reason, unmask = request.form.get("reason", "").strip(), "unmask" in request.form
    if len(reason) < 2:
        messages = one("REASON", "请写明导出取证包的理由", "Say why you export the evidence", "reason")
        return _page(case_id, messages=messages), 422
    engine.record(session(), case_id, "export", person(), now(), {"unmask": unmask}, reason=reason)
    view = engine.look(session(), case_id, person(), now())
    data = history.bundle(session(), [case_id], now(), unmask=unmask)
    name = "".join(sign for sign in view.row.number or case_id if sign.isascii() and (sign.isalnum() or sign in "-_"))
    return Response(data, content_type="application/zip",
                    headers={"Content-Disposition": f'attachment; filename="evidence-{name or case_id}.zip"'})


def _page(case_id: str, *, messages: tuple[Message, ...] = (), opened: Mapping[str, Any] | None = None, asked_for: str = "") -> str:
    view = engine.look(session(), case_id, person(), now())
    definition, damaged = view.definition, ""
    try:
        events = queries.events(session(), case_id)
    except Damaged as fault:         # the auditor must still see the page that says so
        events, damaged = queries.events(session(), case_id, opened=False), str(fault)
    try:
        again = queries.recalculate(session(), case_id)
    except Damaged as fault:
        again, damaged = None, damaged or str(fault)
    changed = sheet.since_decision(queries.since_decision(session(), case_id, again.seq, now())) if again else []
    stays = queries.stays(definition, events, now())
    return render_template(
        "audit/trace.html", view=view, lanes=lanes(view, events, now()), groups=timeline(definition, events),
        chain=queries.chain(session(), case_id), damaged=damaged, again=again,
        working=sheet.working(again.definition, again.lines) if again else [], duties=duties(view, events, renamed(session(), case_id, definition)),
        stays=stays, spent=queries.spent(stays), changed=changed,
        standards=queries.standards(session(), definition, view.row.path, view.row.figures, local(now()).date()),
        sent=queries.sent_for(session(), case_id), told=sentences.title, ways=sentences.CHANNELS,
        files=queries.files_ever(session(), case_id), sections=sheet.sections(view, opened or {}), opened=opened or {},
        asked_for=asked_for, messages=messages)
