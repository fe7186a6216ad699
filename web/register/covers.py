"""参保名册: who is covered by mutual aid, by union, period and state; found by name or number, and taken along as csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow import history, register
from workflow.language.identity import id_fault, normalise

from .. import language
from ..access import access, person
from ..db import local, now, session
from .room import PAGE, blueprint

MOST = 50_000                        # rows of one csv


def cover_states() -> dict[str, str]:
    return {"running": _("保障中"), "coming": _("未开始"), "ended": _("已结束")}


@blueprint.get("/covers")
@access(*register.READERS)
def covers() -> ResponseReturnValue:
    return _page(request.args)


@blueprint.post("/covers/find")
@access(*register.READERS - {"auditor"})
def find_cover() -> ResponseReturnValue:
    """Show the covers of whoever has this identity number, which is never part of an address."""
    text = normalise("idcard", request.form.get("number", ""))
    if id_fault(text) is not None:
        return _page({}, faults={"number": _("身份证号不正确，请核对")}), 422
    return _page({}, id_no=text)


@blueprint.post("/covers.csv")
@access(*register.READERS - {"auditor"})
def covers_csv() -> ResponseReturnValue:
    """The list as it is filtered, masked as on the page. That it was taken along is recorded."""
    asked = _asked(request.form)
    rows, after = register.covers(session(), person(), local(now()).date(), state=asked["state"], scheme=asked["scheme"], unit=asked["unit"],
                                  on=_on(asked["on"]), text=asked["q"], limit=MOST)
    post = person().posts[0]
    history.append_to(session(), "covers:list", kind="export", at=now(), actor=person(), role=post.role, organisation_id=post.organisation_id,
                      extra={"rows": len(rows), "more": after is not None, **{name: asked[name] for name in ("state", "scheme", "on") if asked[name]}})
    out, said = io.StringIO(newline=""), cover_states()
    writer = csv.writer(out)
    writer.writerow([_("姓名"), _("身份证号"), _("单位"), _("保障项目"), _("保障开始"), _("保障结束"), _("份数"), _("状态"), _("参保件编号"), _("理赔件编号")])
    for row in rows:
        writer.writerow([_plain(one) for one in (
            row.name, row.id_no, row.unit, row.title.text(language.lang()), row.from_on.isoformat(), row.until_on.isoformat(), str(row.shares), said[row.state],
            row.number or "", " ".join(claim.number or "" for claim in row.claims))])
    return Response("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="covers.csv"'})


def _plain(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return "'" + text if text[:1] in ("=", "+", "-", "@") else text


def _page(given: Mapping[str, str], *, id_no: str = "", faults: Mapping[str, str] | None = None) -> str:
    asked, today = _asked(given), local(now()).date()
    after = asked["after"]
    rows, following = register.covers(
        session(), person(), today, state=asked["state"], scheme=asked["scheme"], unit=asked["unit"], on=_on(asked["on"]), text=asked["q"], id_no=id_no,
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 16 else None, limit=MOST if id_no else PAGE)
    return render_template("register/covers.html", rows=rows, next=None if id_no else following, asked=asked, states=cover_states(), found=bool(id_no),
                           faults=faults or {}, narrowed=bool(id_no) or any(asked[name] for name in ("state", "scheme", "unit", "on", "q")),
                           schemes={"": _("不限")} | {key: title.text(language.lang()) for key, title in register.schemes(session(), person()).items()})


def _asked(given: Mapping[str, str]) -> dict[str, str]:
    asked = {name: str(given.get(name, "")).strip()[:60] for name in ("state", "scheme", "unit", "on", "q", "after")}
    return asked | {"state": asked["state"] if asked["state"] in register.STATES else "", "on": asked["on"] if _on(asked["on"]) else ""}


def _on(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
