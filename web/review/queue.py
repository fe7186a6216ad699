"""The queue with one case beside it, the same case as a page of its own on a phone, finding, and what I have decided."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from workflow import engine, queries
from workflow.errors import Refused

from ..access import DECIDERS, access, person
from ..db import now, session
from .pane import Pane, pane
from .room import Filters, blueprint, filters, queue_page


@blueprint.get("/tasks")
@access(DECIDERS)
def queue() -> ResponseReturnValue:
    return page(None, asked=request.args.get("case"))


@blueprint.get("/tasks/<case_id>")
@access(DECIDERS)
def case(case_id: str) -> ResponseReturnValue:
    """On a desk the queue with this case open; on a phone this case alone."""
    return page(pane(case_id, asked_for=request.args.get("open", "")))


@blueprint.post("/tasks/<case_id>/reveal")
@access(DECIDERS)
def reveal(case_id: str) -> ResponseReturnValue:
    """Show masked values in full, once, with the reason kept. Answers the page itself: an address must not hold them."""
    wanted = request.form.getlist("field")
    try:
        values = engine.reveal(session(), case_id, wanted, request.form.get("reason", ""), person(), now())
    except Refused as refused:
        session().rollback()
        return page(pane(case_id, messages=refused.messages, asked_for=wanted[0] if wanted else "")), 422
    return page(pane(case_id, opened=values))


@blueprint.get("/tasks/find")
@access(DECIDERS)
def find() -> ResponseReturnValue:
    text = request.args.get("q", "").strip()
    found = queries.search(session(), person(), text, after=request.args.get("after")) if text else None
    return render_template("review/find.html", text=text, found=found)


@blueprint.post("/tasks/find")
@access(DECIDERS)
def find_number() -> ResponseReturnValue:
    """By ID number, phone or card: sent in the body, so that it stands in no address and no log."""
    return render_template("review/find.html", text="", found=queries.search_identity(session(), person(), request.form.get("number", "")),
                           by_number=True)


@blueprint.get("/done")
@access(DECIDERS)
def done() -> ResponseReturnValue:
    return render_template("review/done.html", page=queries.decided(session(), person(), after=request.args.get("after")))


def page(open_case: Pane | None, *, asked: str | None = None, **more: Any) -> str:
    """Return the split page. Without a case the first of the queue opens by itself."""
    chosen = filters()
    rows = queue_page(chosen, after=chosen.after)
    alone = open_case is not None
    if open_case is None and (asked or rows.rows):
        open_case = pane(asked or rows.rows[0].case_id)
    return render_template(
        "review/queue.html", page=rows, filters=chosen, chips=queries.chips(session(), person(), now()), pane=open_case, alone=alone,
        **_beside(chosen, rows.rows, open_case), **more)


def _beside(chosen: Filters, rows: Any, open_case: Pane | None) -> dict[str, str | None]:
    """The addresses of the cases before and after the open one, for the buttons K and J."""
    ids = [row.case_id for row in rows]
    here = ids.index(open_case.view.row.id) if open_case and open_case.view.row.id in ids else None
    around = {"before": here - 1 if here else None, "behind": here + 1 if here is not None and here + 1 < len(ids) else None}
    return {name: None if at is None else chosen.address(f"/tasks/{ids[at]}") for name, at in around.items()}

