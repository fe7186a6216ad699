"""保存期限: cases kept for as long as their programme says, and removing their personal data, at most fifty at a time.

An administrator sees numbers and dates here and no content. Each case is a transaction of its own; files go after it.
"""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from web import language
from web.access import access, person
from web.db import abandon, now, session, writing
from workflow import engine, queries
from workflow.engine import erasing
from workflow.errors import BangfuError

from . import blueprint

MOST = 50
WORDS = ("删除", "erase")            # what must be typed, so that no slip of the mouse does it


@blueprint.get("/retention")
@access("admin")
def retention() -> ResponseReturnValue:
    return _page({})


@blueprint.post("/retention")
@access("admin")
def erase() -> ResponseReturnValue:
    """Erase what was ticked. Nothing is done unless a reason and the word are there."""
    wanted, reason = list(dict.fromkeys(request.form.getlist("case"))), request.form.get("reason", "").strip()
    faults = {}
    if not wanted:
        faults["cases"] = _("请先勾选要删除的案件")
    elif len(wanted) > MOST:
        faults["cases"] = _("一次最多 %(most)s 件，请分批", most=MOST)
    if not 2 <= len(reason) <= erasing.MOST_REASON:
        faults["reason"] = _("请写明理由，2 至 %(most)s 字", most=erasing.MOST_REASON)
    if request.form.get("confirm", "").strip().lower() not in WORDS:
        faults["confirm"] = _("请在框里输入“删除”两个字")
    if faults:
        return _page(faults, wanted), 422
    actor, at = person(), now()
    abandon()                        # each case has a transaction of its own; one open around them would lock them out
    done = 0
    for case_id in wanted:
        try:
            with writing() as own:
                erased, shelf = engine.erase(own, case_id[:20], actor, at, reason=reason), own.info["store"]
        except BangfuError as refusal:
            flash(_("未删除：%(why)s", why=refusal.messages[0].text(language.lang())), "bad")
        else:
            erasing.remove(shelf, erased.files)
            done += 1
    if done:
        flash(_("已删除 %(count)s 件的个人信息，编号、金额和办理记录仍然保留", count=done))
    return redirect(url_for(".retention"), 303)


def _page(faults: dict[str, str], wanted: list[str] | None = None) -> str:
    page = queries.due(session(), person(), now(), limit=MOST, after=request.args.get("after"))
    return render_template("admin/retention.html", page=page, counts=queries.due_by_programme(session(), person(), now()),
                           faults=faults, wanted=wanted, typed=request.form, word=WORDS[language.lang() == "en"])
