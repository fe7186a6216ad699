"""Every pool by the source of its money, its books, and changes that two people make.

Finance opens and proposes, the county's leader confirms or declines; the rules are those of `workflow.money`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow import money, programmes
from workflow.engine import returning
from workflow.errors import NotFound, Refused, one
from workflow.language.sources import sources, value_label, values
from workflow.money import CONFIRMS, PROPOSES

from .. import language
from ..access import access, person
from ..db import local, now, session
from .room import blueprint, counted, shown, told

PAGE = 50
_PART = re.compile(r"\{[a-z.]+\}")
_OPENING = ("pool", "unit", "source", "purpose", "uses", "amount")
# The boxes of each form of a pool, by the name of what it refuses; two boxes of one page never bear one id.
_BOXES: Mapping[str, Mapping[str | None, str]] = {
    "adjust": {None: "amount"}, "close": {None: "day", "reason": "why"}, "carry": {None: "into", "to": "into", "amount": "into", "reason": "carried"},
    "transfer": {None: "moved", "amount": "moved", "reason": "grounds"}, "terms": {None: "because", "reason": "because"}}


@blueprint.get("")
@access(*money.READERS)
def funds() -> ResponseReturnValue:
    return _pools({}, {}, 200)


@blueprint.post("")
@access(PROPOSES)
def open_pool() -> ResponseReturnValue:
    typed = {name: request.form.get(name, "").strip() for name in _OPENING}
    try:
        pool_id = money.open_pool(session(), typed["pool"], money.read_amount(typed["amount"], typed["unit"]), person(), now(), unit=typed["unit"],
                                  source=typed["source"] or None, purpose=typed["purpose"], uses=_uses(typed["uses"]))
    except Refused as refused:
        return _pools(typed, told(refused, {None: "pool", "key": "pool"}), 422)
    flash(_("已开立资金池，首笔额度等负责人确认"))
    return redirect(url_for(".pool", pool_id=pool_id), 303)


@blueprint.get("/<int:pool_id>")
@access(*money.READERS)
def pool(pool_id: int) -> ResponseReturnValue:
    return _pool(pool_id, {}, {}, 200)


@blueprint.post("/<int:pool_id>/propose")
@access(PROPOSES)
def propose(pool_id: int) -> ResponseReturnValue:
    """Propose to change the total, to move money, to say whose it is, or to close the pool."""
    row, what = money.pool(session(), pool_id, person()), request.form.get("what", "adjust")
    what = what if what in _BOXES else "adjust"
    typed = {name: request.form.get(name, "").strip() for name in (
        "amount", "reason", "day", "why", "to", "moved", "grounds", "into", "carried", "source", "purpose", "uses", "because")}
    try:
        _propose(what, row, typed)
    except Refused as refused:
        return _pool(pool_id, typed | {"what": what}, told(refused, _BOXES[what]), 422)
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


def _propose(what: str, row: Any, typed: Mapping[str, str]) -> None:
    if what == "close":
        money.close(session(), row.id, _day(typed["day"]), typed["why"] or typed["reason"], person(), now())
    elif what == "transfer":
        money.transfer(session(), row.id, _other(typed["to"]), money.read_amount(typed["moved"], row.unit), typed["grounds"], person(), now())
    elif what == "carry":
        money.carry(session(), row.id, _other(typed["into"]), typed["carried"], person(), now())
    elif what == "terms":
        money.designate(session(), row.id, typed["source"] or None, typed["purpose"], _uses(typed["uses"]), typed["because"], person(), now())
    else:
        money.adjust(session(), row.id, money.read_amount(typed["amount"], row.unit), typed["reason"], person(), now())


def _pools(typed: Mapping[str, str], faults: Mapping[str, str], status: int) -> ResponseReturnValue:
    own, me = session(), person()
    posts = [post for post in me.posts if post.role == PROPOSES]
    rows, spent = money.pools(own, me), money.spent_by_value(own, me)
    page = render_template(
        "money/pools.html", funds=money.by_source(rows), goods=[row for row in rows if row.unit == "items"], names=_names(),
        waiting=money.waiting(own, me), returns=returning.waiting(own, me), places=posts, typed=typed, faults=faults, year=local(now()).year,
        spent=[(value_label(value).text(language.lang()), *spent[value]) for value in values() if value in spent],
        sources=sources(), shown=shown, today=local(now()).date())
    return page, status


def _pool(pool_id: int, typed: Mapping[str, str], faults: Mapping[str, str], status: int) -> ResponseReturnValue:
    pool, me = money.pool(session(), pool_id, person()), person()
    entries = money.entries(session(), pool_id, before=request.args.get("after", type=int), limit=PAGE + 1)
    roles = {post.role for post in me.posts if pool.path.startswith(post.path)}
    waiting, today = _waiting(pool_id), local(now()).date()
    page = render_template(
        "money/pool.html", pool=pool, name=_names().get(pool.key, ""), entries=entries[:PAGE], next=entries[PAGE - 1].n if len(entries) > PAGE else None,
        waiting=waiting, decided=[row for row in money.proposals(session(), pool_id) if row.status != "open"], proposes=PROPOSES in roles,
        confirms=CONFIRMS in roles and waiting is not None and waiting.proposed_by != me.person_id, closed_already=pool.closed_on is not None
        and pool.closed_on < today, takers=money.takers(session(), pool, me) if PROPOSES in roles else (),
        successor=money.pool(session(), pool.successor_id, me) if pool.successor_id else None, sources=sources(),
        uses=_titles(pool.uses or ()), typed=typed, faults=faults, shown=shown(pool.unit), counted=counted(pool.unit))
    return page, status


def _waiting(pool_id: int) -> Any:
    money.pool(session(), pool_id, person())                     # out of scope: not found
    return next((row for row in money.proposals(session(), pool_id) if row.status == "open"), None)


def _names() -> dict[str, str]:
    """What each pool is for: the programmes of today that name it, whatever its source."""
    rules = [(re.compile("[^/]+".join(map(re.escape, _PART.split(known.budget.pool)))), known.title.text(language.lang()))
             for known in programmes.current(session(), local(now()).date()) if known.budget is not None]
    return {row.key: _("、").join(title for rule, title in rules if rule.fullmatch(row.key.partition("@")[0]))
            for row in money.pools(session(), person())}


def _titles(keys: Any) -> list[str]:
    known = {one.key: one.title.text(language.lang()) for one in programmes.current(session(), local(now()).date())}
    return [known.get(key, key) for key in keys]


def _uses(text: str) -> list[str]:
    return [word for word in re.split(r"[^\w.-]+", text) if word]


def _other(text: str) -> int:
    """The pool that was chosen; one out of scope or none at all is asked for again."""
    if not text.isdigit():
        raise Refused(one("OTHER_POOL", "请选择转入的资金池", "Choose the pool the money goes to", "to"))
    return int(money.pool(session(), int(text[:9]), person()).id)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(one("DAY", "请选择日期", "Choose a day", "day")) from None


