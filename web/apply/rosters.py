"""The roster of a form from a sheet: sent, checked cell by cell, and kept in the draft as a whole or not at all.

A long roster is never shown box by box: its page says how many rows there are and shows the first of them.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow import engine, imports, spreadsheets
from workflow.engine import CaseView
from workflow.errors import NotFound, NotYours, Refused, Stale, one
from workflow.language.definition import Field
from workflow.language.fields import most_rows, to_json

from .. import language
from ..access import access, person
from ..db import abandon, local, now, reading, writing
from .boxes import said
from .form import overtaken
from .room import blueprint, own
from .steps import step_with, steps_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN, WRONG, TWICE = 10, 100, 5


@blueprint.get("/cases/<case_id>/roster/<field>")
@access("applicant")
def roster(case_id: str, field: str) -> ResponseReturnValue:
    view = own(case_id)
    return _page(view, _table(view, field), [], 200)


@blueprint.get("/cases/<case_id>/roster/<field>/template")
@access("applicant")
def roster_template(case_id: str, field: str) -> ResponseReturnValue:
    """An empty sheet with the roster's headings."""
    spec = _table(own(case_id), field)
    columns = imports.columns_of(spec)
    data = spreadsheets.workbook([f"{one.label.text(language.lang())}{' *' if one.required else ''}" for one in columns], [], [one.width for one in columns],
                                 spec.label.text(language.lang())[:31])
    return send_file(BytesIO(data), XLSX, as_attachment=True, download_name=f"{spec.label.text(language.lang())}.xlsx")


@blueprint.post("/cases/<case_id>/roster/<field>")
@access("applicant")
def keep_roster(case_id: str, field: str) -> ResponseReturnValue:
    """Keep the rows of a sheet in the draft, in place of those there or behind them; with a single fault none of them."""
    me, time, sent = person(), now(), request.files.get("sheet")
    abandon()                            # reading a long sheet is too slow for an open transaction
    with reading() as session:
        view = engine.look(session, case_id, me, time)
        if not view.mine:
            raise NotFound
        spec = _table(view, field)
    today, data = local(time).date(), sent.read() if sent is not None else b""
    try:
        rows, wrong = imports.read_roster(spec, data, today)
        if wrong and request.form.get("go") == "faults":
            return send_file(BytesIO(imports.faulty_roster(spec, data, today, language.lang())), XLSX, as_attachment=True,
                             download_name=f"{_('有误的行 %(file)s', file=spec.label.text(language.lang()))}.xlsx")
        if wrong:
            return _page(view, spec, [fault.text(language.lang()) for line in wrong for fault in line.faults], 422)
        if request.form.get("how") == "behind":
            rows = [*to_json(spec, view.form.get(field) or []), *rows]
        if len(rows) > most_rows(spec):
            raise Refused(one("ROSTER_LONG", f"最多 {most_rows(spec)} 行，合起来有 {len(rows)} 行", f"At most {most_rows(spec)} rows; together these are {len(rows)}"))
        with writing() as session:
            messages = engine.save(session, case_id, me, time, {field: rows}, revision=request.form.get("revision", 0, int))
    except Refused as refused:
        return _page(view, spec, [message.text(language.lang()) for message in refused.messages], 422)
    except (Stale, NotYours):
        return overtaken(case_id, {})
    left = [message for message in messages if (message.field or "").removeprefix("form.").partition(".")[0] == field]
    flash(_("名单已放进草稿，共 %(count)s 行", count=f"{len(rows):,}"))
    for same in _twice(view, field, rows):
        flash(_("第 %(rows)s 行是同一个人，请核对是否重复", rows=_("、").join(same)), "warn")
    if left:
        flash(_("其中 %(count)s 处还要核对：%(first)s", count=len(left), first=left[0].text(language.lang())), "warn")
    return redirect(url_for(".roster", case_id=case_id, field=field), 303)


def _twice(view: CaseView, field: str, rows: list[dict[str, Any]]) -> list[list[str]]:
    """Return the numbers of the rows that are about one person, where the programme gives each person a row; the first few of them."""
    rule = view.definition.lines
    column = next(iter(rule.person.names), "") if rule is not None and rule.each == field and rule.person is not None else ""
    found: dict[str, list[str]] = {}
    for n, row in enumerate(rows, 1):
        if number := row.get(column.removeprefix("row.")):
            found.setdefault(number, []).append(str(n))
    return [numbers for numbers in found.values() if len(numbers) > 1][:TWICE]


def _table(view: CaseView, field: str) -> Field:
    spec = view.definition.form.get(field)
    if spec is None or spec.type != "table" or f"form.{field}" not in view.edit:
        raise NotFound
    return spec


def _page(view: CaseView, spec: Field, faults: list[str], status: int) -> ResponseReturnValue:
    lang, held = language.lang(), view.form.get(spec.name) or []
    step = step_with(steps_of(view), f"form.{spec.name}")
    first: list[list[Any]] = [[said(cell, row.get(name), lang, own=False, paper=True) for name, cell in spec.columns.items()] for row in held[:SHOWN]]
    page = render_template("apply/roster.html", view=view, spec=spec, count=len(held), first=first, faults=faults[:WRONG], more=max(len(faults) - WRONG, 0),
                           most=most_rows(spec), back=f"/cases/{view.row.id}/form/{step.number}" if step else f"/cases/{view.row.id}/form?all=1")
    return page, status
