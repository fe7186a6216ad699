"""The store: items with their stock, what was bought and counted. Goods go out by the lines of a case (`lines.py`)."""

from __future__ import annotations

from typing import Any

from flask.typing import ResponseReturnValue
from sqlalchemy import select

from web.access import access, person
from web.db import local, now, session
from workflow import goods
from workflow.errors import NotFound, Refused, one
from workflow.records import Organisation, Pool

from . import blueprint, money_models
from .answers import answer, money
from .bodies import read
from .marks import speaks

_ITEM = "/goods/<int:item_id>"


@blueprint.get("/goods")
@access(*goods.READERS)
@speaks(gives=money_models.Goods, problems=(403,))
def store() -> ResponseReturnValue:
    """The items of the caller's organisations with their stock of this year."""
    return answer(money_models.Goods(items=[money_models.GoodsRow(**_row(row)) for row in goods.items(session(), person(), _year())]))


@blueprint.post("/goods")
@access(*goods.PROPOSES)
@speaks(takes=money_models.NewItem, gives=money_models.GoodsItem, status=201, problems=(403, 404, 422))
def new_item() -> ResponseReturnValue:
    """Add an item; nothing of it is in stock yet."""
    wanted = read(money_models.NewItem)
    place = session().scalar(select(Organisation.id).where(Organisation.code == wanted.place))
    if place is None:
        raise NotFound("organisation")
    return answer(_item(goods.add(session(), place, wanted.code, wanted.name, wanted.unit, wanted.spec, str(wanted.price), person(), now())), 201)


@blueprint.get(_ITEM)
@access(*goods.READERS)
@speaks(gives=money_models.GoodsItem, problems=(403, 404))
def one_item(item_id: int) -> ResponseReturnValue:
    """One item with what was bought and counted."""
    return answer(_item(item_id))


@blueprint.patch(_ITEM)
@access(*goods.PROPOSES)
@speaks(takes=money_models.ChangedItem, gives=money_models.GoodsItem, problems=(403, 404, 422))
def change_item(item_id: int) -> ResponseReturnValue:
    """Change what an item is called, its price for the next purchase, and whether it is given at all."""
    wanted = read(money_models.ChangedItem)
    goods.change(session(), item_id, wanted.name, wanted.unit, wanted.spec, str(wanted.price), wanted.active, person(), now())
    return answer(_item(item_id))


@blueprint.post(_ITEM + "/purchases")
@access(*goods.PROPOSES)
@speaks(takes=money_models.Purchase, gives=money_models.GoodsItem, problems=(403, 404, 422))
def purchase(item_id: int) -> ResponseReturnValue:
    """Enter a purchase. It is in stock, and paid for, once another person has confirmed it."""
    wanted = read(money_models.Purchase)
    goods.item(session(), item_id, person(), _year())            # out of scope: not found
    goods.purchase(session(), item_id, str(wanted.quantity), str(wanted.price), wanted.supplier, wanted.document, _pool(wanted.pool), wanted.reason,
                   person(), now(), year=wanted.year)
    return answer(_item(item_id))


@blueprint.post(_ITEM + "/counts")
@access(*goods.PROPOSES)
@speaks(takes=money_models.Count, gives=money_models.GoodsItem, problems=(403, 404, 422))
def count(item_id: int) -> ResponseReturnValue:
    """Enter what a stock-take found, promised goods included. The books follow once another person has confirmed it."""
    wanted = read(money_models.Count)
    goods.count(session(), item_id, str(wanted.counted), wanted.reason, person(), now(), year=wanted.year)
    return answer(_item(item_id))


@blueprint.post(_ITEM + "/decide")
@access(*goods.CONFIRMS)
@speaks(takes=money_models.Decided, gives=money_models.GoodsItem, problems=(403, 404, 422))
def decide(item_id: int) -> ResponseReturnValue:
    """Confirm or decline the purchase or stock-take that another person has entered."""
    wanted = read(money_models.Decided)
    waits = goods.item(session(), item_id, person(), _year()).waits
    if waits is None or waits != wanted.move:
        raise NotFound("move")
    (goods.decline if wanted.answer == "decline" else goods.confirm)(session(), waits, person(), now())
    return answer(_item(item_id))


def _item(item_id: int) -> money_models.GoodsItem:
    row = goods.item(session(), item_id, person(), _year())
    return money_models.GoodsItem(**_row(row), moves=[money_models.GoodsMoveRow(
        id=move.id, kind=move.kind, quantity=move.quantity, price=money(move.price_fen) or "0.00", supplier=move.supplier or "", document=move.document or "",
        pool=move.money, status=move.status, proposed_by=move.proposer, decided_by=move.decider, proposed_at=move.proposed_at)
        for move in goods.moves(session(), item_id)])


def _row(row: Any) -> dict[str, Any]:
    return {"id": row.id, "organisation": row.place, "code": row.code, "name": row.name, "spec": row.spec, "unit": row.unit, "price": money(row.price_fen),
            "active": row.active, "total": row.total, "held": row.held, "spent": row.spent, "left": row.total - row.held - row.spent, "waits": row.waits}


def _pool(key: str | None) -> int | None:
    """Return the pool of this key. Whether it may pay is judged with the purchase."""
    if key is None:
        return None
    found = session().scalar(select(Pool.id).where(Pool.key == key))
    if found is None:
        raise Refused(one("NO_POOL", "请选择本单位按金额计的资金池", "Choose a pool of money of this organisation", "pool"))
    return found


def _year() -> int:
    return local(now()).year
