"""Finding a case: words in the address, identity numbers only in the body of a POST, which leaves an event."""

from __future__ import annotations

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from workflow import queries

from ..access import access, person
from ..db import session
from .room import blueprint, looked


@blueprint.get("", strict_slashes=False)
@access("auditor")
def search() -> ResponseReturnValue:
    """A number that fits one case leads straight to it."""
    text = request.args.get("q", "").strip()
    found = queries.search(session(), person(), text, after=request.args.get("after")) if text else None
    if found is not None and len(found.rows) == 1 and found.rows[0].number == text:
        return redirect(f"/audit/cases/{found.rows[0].case_id}", 303)
    return render_template("audit/search.html", text=text, found=found)


@blueprint.post("", strict_slashes=False)
@access("auditor")
def search_number() -> ResponseReturnValue:
    number = request.form.get("number", "")
    found = queries.search_identity(session(), person(), number)
    looked("search", by=queries.identity_kind(number) or "unknown", found=len(found.rows))
    return render_template("audit/search.html", text="", found=found)
