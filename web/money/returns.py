"""Money that comes back from one case: who was paid what, what came back, and the form to enter more.

Finance enters it with the paper of the bank or the cashier, the county's leader confirms; the rules are those of
`workflow.engine.returning`.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow import engine, money
from workflow.attachments import Clean
from workflow.engine import lines, returning
from workflow.errors import NotFound, Refused, one
from workflow.money import CONFIRMS, PROPOSES

from ..access import access, person
from ..db import abandon, now, reading, session, writing
from .room import blueprint, told

_BOXES = ("line", "kind", "amount", "reason")


@blueprint.get("/cases/<case_id>")
@access(*money.READERS)
def returns(case_id: str) -> ResponseReturnValue:
    return _page(case_id, {}, {}, 200)


@blueprint.post("/cases/<case_id>")
@access(PROPOSES)
def enter_return(case_id: str) -> ResponseReturnValue:
    """Enter that money came back, with its paper."""
    typed = {name: request.form.get(name, "").strip() for name in _BOXES}
    file = request.files.get("receipt")
    data, name = (file.read(), file.filename) if file is not None and file.filename else (b"", "")
    engine.look(session(), case_id, person(), now())             # out of scope: not found, before anything is decoded
    try:
        amount = money.read_amount(typed["amount"], "money")
        abandon()                                                # decoding a photo is too slow for the writer's lock
        paper = _paper(data, name)
        with writing() as own:
            returning.give_back(own, case_id, typed["line"] or None, amount, person(), now(), kind=typed["kind"], reason=typed["reason"], receipt=paper)
    except Refused as refused:
        abandon()
        return _page(case_id, typed, told(refused, {None: "amount"}), 422)
    flash(_("已登记退款，等负责人确认后入账"))
    return redirect(url_for(".returns", case_id=case_id), 303)


@blueprint.post("/cases/<case_id>/decide")
@access(CONFIRMS)
def decide_return(case_id: str) -> ResponseReturnValue:
    engine.look(session(), case_id, person(), now())
    found = next((row for row in returning.repayments(session(), case_id) if row.status == "open" and row.id == request.form.get("proposal")), None)
    if found is None:
        raise NotFound("repayment")
    if request.form.get("answer") == "decline":
        returning.decline(session(), found.id, person(), now())
        flash(_("已退回这笔退款登记"))
    else:
        returning.confirm(session(), found.id, person(), now())
        flash(_("已确认，退款已入账"))
    return redirect(url_for(".returns", case_id=case_id), 303)


def _page(case_id: str, typed: Mapping[str, str], faults: Mapping[str, str], status: int) -> ResponseReturnValue:
    own, me = session(), person()
    view = engine.look(own, case_id, me, now())
    roles = {post.role for post in me.posts if view.row.path.startswith(post.path)}
    rows = returning.repayments(own, case_id)
    waiting = next((row for row in rows if row.status == "open"), None)
    paid = [(line, lines.opened(own, line.id, line.sealed)["name"] or "") for line in returning.paid_lines(own, case_id)]
    page = render_template(
        "money/returns.html", view=view, rows=[row for row in rows if row.status != "open"], waiting=waiting, paid=paid, typed=typed, faults=faults,
        proposes=PROPOSES in roles, confirms=CONFIRMS in roles and waiting is not None and waiting.proposed_by != me.person_id)
    return page, status


def _paper(data: bytes, name: str) -> Clean | None:
    if not data:
        return None
    with reading() as own:
        store = own.info["store"]
    try:
        return store.check(data, name, ("jpg", "png", "webp", "pdf"))  # type: ignore[no-any-return]
    except Refused as refused:
        raise Refused(one("RECEIPT", refused.messages[0].zh, refused.messages[0].en, "receipt")) from None
