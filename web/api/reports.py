"""Statistics of a period, as the command `flask report` prints them."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from web.access import access, person
from web.db import session
from web.reports import period
from workflow.errors import NotFound
from workflow.money import READERS
from workflow.reports import KINDS, counts, measures

from . import blueprint, models
from .answers import answer
from .marks import speaks


@blueprint.get("/reports/<kind>")
@access(*READERS)
@speaks(gives=models.Report, problems=(403, 404, 422), query=("from", "to", "org"))
def report(kind: str) -> ResponseReturnValue:
    """`work` and `grants`: what was settled from day to day, programme by programme, in the caller's scope."""
    if kind not in KINDS:
        raise NotFound("report")
    first, last = period()
    found = counts(session(), person(), first, last, request.args.get("org"))
    return answer(models.Report(kind=kind, first=first, last=last, items=[models.ReportRow(**row) for row in measures.plain(found)]))
