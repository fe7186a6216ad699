"""Who looked at whom: full values opened, files viewed, papers printed, evidence carried away."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow import queries
from workflow.programmes import by_digest
from workflow.queries import ReadRow

from .. import language
from ..access import access, person
from ..db import session
from .room import blueprint


@blueprint.get("/reads")
@access("auditor")
def reads() -> ResponseReturnValue:
    who = request.args.get("who", "").strip()[:40]
    page = queries.reads(session(), person(), after=request.args.get("after"), who=who)
    return render_template("audit/reads.html", page=page, who=who, fields={row.id: _fields(row) for row in page.rows})


def _fields(row: ReadRow) -> str:
    definition = by_digest(session(), row.definition_digest)
    return _("、").join(definition.form[name].label.text(language.lang()) if name in definition.form else name for name in row.fields)
