"""定时任务: what fires next, what could not fire and why, and going on after a clock went wrong.

An administrator sees the number of a case and the step it stands at, and nothing of what is in it.
"""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from web.access import access, person
from web.db import now, session
from workflow import timers
from workflow.errors import NotFound
from workflow.timers.board import path_of

from . import blueprint

SHOWN = 50


@blueprint.get("/timers")
@access("admin")
def timers_page() -> ResponseReturnValue:
    board = timers.board(session(), now(), within=_mine(), limit=SHOWN)
    since = (now() - board.swept_at).total_seconds() if board.swept_at else None
    return render_template("admin/timers.html", board=board, since=since, late=since is not None and since > 300)


@blueprint.post("/timers/<timer_id>/retry")
@access("admin")
def retry_timer(timer_id: str) -> ResponseReturnValue:
    if not path_of(session(), timer_id).startswith(_mine()):
        raise NotFound("timer")
    timers.unpark(session(), timer_id, person(), now())
    flash(_("已重新排入，一分钟之内会再试一次"))
    return redirect(url_for(".timers_page"), 303)


@blueprint.post("/timers/confirm")
@access("admin")
def confirm_clock() -> ResponseReturnValue:
    """Anybody who administers a union may: until somebody does, no deadline of anybody's is kept."""
    timers.confirm(session(), person(), now())
    flash(_("已确认时钟，定时任务继续"))
    return redirect(url_for(".timers_page"), 303)


def _mine() -> tuple[str, ...]:
    return tuple(post.path for post in person().posts if post.role == "admin")
