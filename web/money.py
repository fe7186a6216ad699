"""The funds: every pool with what is held, spent and left, its books, and changes that two people make.

Finance opens and proposes, the county's leader confirms or declines; the rules are those of `workflow.money`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow import money, programmes
from workflow.errors import NotFound, Refused, one
from workflow.money.pools import CONFIRMS, PROPOSES

from . import language
from .access import access, person
from .db import local, now, session
from .show import fen

blueprint = Blueprint("money", __name__, url_prefix="/funds")
PAGE = 50
_PART = re.compile(r"\{[a-z.]+\}")


@blueprint.get("")
@access(*money.READERS)
def funds() -> ResponseReturnValue:
    return _pools({}, {}, 200)


@blueprint.post("")
@access(PROPOSES)
def open_pool() -> ResponseReturnValue:
    typed = {name: request.form.get(name, "").strip() for name in ("pool", "amount", "unit")}
    try:
        pool_id = money.open_pool(session(), typed["pool"], money.read_amount(typed["amount"], typed["unit"]), person(), now(),
                                  unit=typed["unit"])
    except Refused as refused:
        return _pools(typed, {"pool" if m.field in ("key", None) else m.field: m.text(language.lang()) for m in refused.messages}, 422)
    flash(_("已开立资金池，首笔额度等负责人确认"))
    return redirect(url_for(".pool", pool_id=pool_id), 303)


@blueprint.get("/<int:pool_id>")
@access(*money.READERS)
def pool(pool_id: int) -> ResponseReturnValue:
    return _pool(pool_id, {}, {}, 200)


@blueprint.post("/<int:pool_id>/propose")
@access(PROPOSES)
def propose(pool_id: int) -> ResponseReturnValue:
    """Propose to change the total, or to close the pool where a last day is given."""
    typed = {name: request.form.get(name, "").strip() for name in ("amount", "reason", "day")}
    row = money.pool(session(), pool_id, person())
    try:
        if request.form.get("what") == "close":
            money.close(session(), pool_id, _day(typed["day"]), typed["reason"], person(), now())
        else:
            money.adjust(session(), pool_id, money.read_amount(typed["amount"], row.unit), typed["reason"], person(), now())
    except Refused as refused:
        what = request.form.get("what", "")
        names = {None: "amount", "reason": "why"} if what == "close" else {None: "amount"}     # the second box of that name has another id
        return _pool(pool_id, typed | {"what": what}, {names.get(m.field, m.field): m.text(language.lang()) for m in refused.messages}, 422)
    flash(_("已提出，等负责人确认后生效"))
    return redirect(url_for(".pool", pool_id=pool_id), 303)


@blueprint.post("/<int:pool_id>/decide")
@access(CONFIRMS)
def decide(pool_id: int) -> ResponseReturnValue:
    waiting = _waiting(pool_id)
    if waiting is None or waiting.id != request.form.get("proposal"):
        raise NotFound("proposal")
    if request.form.get("answer") == "decline":
        money.decline(session(), waiting.id, person(), now())
        flash(_("已退回这项调整"))
    else:
        money.confirm(session(), waiting.id, person(), now())
        flash(_("已确认，资金池已更新"))
    return redirect(url_for(".pool", pool_id=pool_id), 303)


def _pools(typed: Mapping[str, str], faults: Mapping[str, str], status: int) -> ResponseReturnValue:
    posts = [post for post in person().posts if post.role == PROPOSES]
    page = render_template("money/pools.html", pools=money.pools(session(), person()), names=_names(), waiting=money.waiting(session(), person()),
                           places=posts, typed=typed, faults=faults, year=local(now()).year)
    return page, status


def _pool(pool_id: int, typed: Mapping[str, str], faults: Mapping[str | None, str], status: int) -> ResponseReturnValue:
    pool = money.pool(session(), pool_id, person())
    entries = money.entries(session(), pool_id, before=request.args.get("after", type=int), limit=PAGE + 1)
    roles = {post.role for post in person().posts if pool.path.startswith(post.path)}
    waiting = _waiting(pool_id)
    page = render_template(
        "money/pool.html", pool=pool, name=_names().get(pool.key, ""), entries=entries[:PAGE],
        next=entries[PAGE - 1].n if len(entries) > PAGE else None, waiting=waiting,
        decided=[row for row in money.proposals(session(), pool_id) if row.status != "open"], proposes=PROPOSES in roles,
        confirms=CONFIRMS in roles and waiting is not None and waiting.proposed_by != person().person_id,
        today=local(now()).date(), typed=typed, faults=faults, shown=_shown(pool.unit))
    return page, status


def _waiting(pool_id: int) -> Any:
    money.pool(session(), pool_id, person())                     # out of scope: not found
    return next((row for row in money.proposals(session(), pool_id) if row.status == "open"), None)


def _names() -> dict[str, str]:
    """What each pool is for: the programmes of today that name it."""
    rules = [(re.compile("[^/]+".join(map(re.escape, _PART.split(known.budget.pool)))), known.title.text(language.lang()))
             for known in programmes.current(session(), local(now()).date()) if known.budget is not None]
    return {row.key: _("、").join(title for rule, title in rules if rule.fullmatch(row.key))
            for row in money.pools(session(), person())}


def _shown(unit: str) -> Any:
    """How an amount of this unit is written."""
    return fen if unit == "money" else lambda amount: f"{amount:,}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(one("DAY", "请选择日期", "Choose a day", "day")) from None
