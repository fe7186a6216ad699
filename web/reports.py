"""Statistics of a period: what was granted, counted as each programme says, with the sentence of the work report under it."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from workflow import reports
from workflow.errors import Refused, one
from workflow.money import READERS
from workflow.reports import measures
from workflow.spreadsheets import workbook

from . import language
from .access import access, person
from .db import local, now, session

blueprint = Blueprint("reports", __name__, url_prefix="/reports")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("")
@access(*READERS)
def work() -> ResponseReturnValue:
    try:
        first, last = period()
        found = reports.counts(session(), person(), first, last)
    except Refused as refused:
        return render_template("reports/work.html", found=[], groups={}, first=None, last=None, typed=request.args, faults=refused.messages), 422
    groups: dict[str, list[reports.Count]] = {}
    for row in found:
        groups.setdefault(row.value, []).append(row)
    return render_template("reports/work.html", found=found, first=first, last=last, typed={"from": first.isoformat(), "to": last.isoformat()}, faults=(),
                           groups={reports.VALUES[value].text(language.lang()): rows for value, rows in groups.items()})


@blueprint.get("/grants.xlsx")
@access(*READERS)
def grants() -> ResponseReturnValue:
    """The same figures as a workbook."""
    first, last = period()
    lang = language.lang()
    data = workbook(measures.headings(lang), measures.table(reports.counts(session(), person(), first, last), lang), measures.WIDTHS, f"{first} {last}")
    return Response(data, content_type=_XLSX, headers={"Content-Disposition": f'attachment; filename="grants-{first}-{last}.xlsx"'})


def period() -> tuple[date, date]:
    """Return the days asked for, both included: this year up to today where none are. Raises `Refused`."""
    today = local(now()).date()
    try:
        last = date.fromisoformat(request.args.get("to") or today.isoformat())
        return date.fromisoformat(request.args.get("from") or f"{last.year}-01-01"), last
    except ValueError:
        raise Refused(one("DAY", "请写日期，例如 2026-01-01", "Give a date such as 2026-01-01", "from")) from None
