"""The store: items with their stock, what was bought and counted, and what went out on which case.

One officer enters a purchase or a stock-take, another confirms it; the rules are those of `workflow.goods`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow import goods, money
from workflow.errors import NotFound, Refused

from . import language
from .access import access, person
from .db import local, now, session

blueprint = Blueprint("goods", __name__, url_prefix="/goods")


@blueprint.get("")
@access(*goods.READERS)
def store() -> ResponseReturnValue:
    return _store({}, {}, 200)


@blueprint.post("")
@access(*goods.PROPOSES)
def add() -> ResponseReturnValue:
    typed = _typed("code", "name", "unit", "spec", "price", "place")
    try:
        item_id = goods.add(session(), request.form.get("place", 0, type=int), typed["code"], typed["name"], typed["unit"], typed["spec"], typed["price"],
                            person(), now())
    except Refused as refused:
        return _store(typed, _faults(refused, "code"), 422)
    flash(_("已登记物品，入库后才能发放"))
    return redirect(url_for(".item", item_id=item_id), 303)


@blueprint.get("/<int:item_id>")
@access(*goods.READERS)
def item(item_id: int) -> ResponseReturnValue:
    return _item(item_id, {}, {}, 200)


@blueprint.post("/<int:item_id>")
@access(*goods.PROPOSES)
def enter(item_id: int) -> ResponseReturnValue:
    """`what`: a purchase, a stock-take, or other words for the item."""
    what = request.form.get("what", "")
    typed = _typed("quantity", "price", "supplier", "document", "pool", "reason", "counted", "name", "unit", "spec") | {"what": what}
    goods.item(session(), item_id, person(), _year())            # out of scope: not found
    try:
        if what == "count":
            goods.count(session(), item_id, typed["counted"], typed["reason"], person(), now(), year=_year())
            flash(_("盘点已登记，等另一人确认后调账"))
        elif what == "change":
            goods.change(session(), item_id, typed["name"], typed["unit"], typed["spec"], typed["price"], request.form.get("active") == "1", person(), now())
            flash(_("已修改"))
        else:
            goods.purchase(session(), item_id, typed["quantity"], typed["price"], typed["supplier"], typed["document"],
                           request.form.get("pool", type=int), typed["reason"], person(), now(), year=_year())
            flash(_("采购已登记，等另一人确认后入库"))
    except Refused as refused:
        own = {"count": {"reason": "why"}, "change": {"price": "new-price"}}.get(what, {})     # boxes of one name have ids of their own
        return _item(item_id, typed, {own.get(name, name): words for name, words in _faults(refused, "quantity").items()}, 422)
    return redirect(url_for(".item", item_id=item_id, year=request.args.get("year")), 303)


@blueprint.post("/<int:item_id>/decide")
@access(*goods.CONFIRMS)
def decide(item_id: int) -> ResponseReturnValue:
    waits = goods.item(session(), item_id, person(), _year()).waits
    if waits is None or waits != request.form.get("move"):
        raise NotFound("move")
    if request.form.get("answer") == "decline":
        goods.decline(session(), waits, person(), now())
        flash(_("已退回这项登记"))
    else:
        goods.confirm(session(), waits, person(), now())
        flash(_("已确认，库存已更新"))
    return redirect(url_for(".item", item_id=item_id), 303)


def _store(typed: Mapping[str, str], faults: Mapping[str, str], status: int) -> ResponseReturnValue:
    year = _year()
    page = render_template("goods/store.html", items=goods.items(session(), person(), year), year=year, this=local(now()).year,
                           places=[post for post in person().posts if post.role in goods.PROPOSES], typed=typed, faults=faults)
    return page, status


def _item(item_id: int, typed: Mapping[str, str], faults: Mapping[str, str], status: int) -> ResponseReturnValue:
    row = goods.item(session(), item_id, person(), _year())
    moves = goods.moves(session(), item_id)
    waiting = next((move for move in moves if move.status == "open"), None)
    roles = {post.role for post in person().posts if row.path.startswith(post.path)}
    pools = [pool for pool in money.pools(session(), person()) if pool.unit == "money" and pool.organisation_id == row.organisation_id
             and pool.closed_on is None]
    page = render_template(
        "goods/item.html", item=row, moves=moves, waiting=waiting, entries=goods.ledger_of(session(), row.pool_id) if row.pool_id else [],
        proposes=bool(roles & set(goods.PROPOSES)), pools=pools, typed=typed, faults=faults, year=_year(), this=local(now()).year,
        confirms=bool(roles & set(goods.CONFIRMS)) and waiting is not None and waiting.proposed_by != person().person_id)
    return page, status


def _year() -> int:
    """The year whose stock is looked at: this one, or an earlier one that is asked for."""
    this = local(now()).year
    asked = request.args.get("year", type=int)
    return asked if asked is not None and 2000 <= asked <= this + 1 else this


def _typed(*names: str) -> dict[str, str]:
    return {name: request.form.get(name, "").strip() for name in names}


def _faults(refused: Refused, otherwise: str) -> dict[str, Any]:
    return {message.field or otherwise: message.text(language.lang()) for message in refused.messages}
