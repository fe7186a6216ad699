"""Which items there are, how many are in stock, and how they came and went, for whoever may see them. Read only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, String, and_, cast, false, func, literal, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..actors import Actor
from ..errors import NotFound
from ..records import Case, GoodsItem, GoodsMove, Hold, LedgerEntry, Organisation, Person, Pool

READERS = frozenset({"county_handler", "county_leader", "county_committee", "finance", "cashier", "auditor"})
_items, _moves, _pools, _entries, _holds = (m.__table__ for m in (GoodsItem, GoodsMove, Pool, LedgerEntry, Hold))


def visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `goods_items` for what `actor` may read: those of their organisation and below it."""
    if actor.via == "command" and actor.person_id is None:
        return GoodsItem.id.is_not(None)
    paths = {post.path for post in actor.posts if post.role in READERS}
    return or_(*(GoodsItem.path.like(path + "%") for path in sorted(paths))) if paths else false()


def _stock(year: int) -> Any:
    """Items beside the pool of `year`: `total` came in, `spent` went out, `held` is promised, `back` came back, `waits` a move."""
    back = select(func.coalesce(func.sum(_entries.c.amount), 0)).where(_entries.c.pool_id == _pools.c.id, _entries.c.kind == "return").scalar_subquery()
    waits = select(_moves.c.id).where(_moves.c.item_id == _items.c.id, _moves.c.status == "open").scalar_subquery()
    key = Organisation.code + literal(f"/{year}/goods/") + _items.c.code
    return select(
        _items, Organisation.name.label("organisation"), Organisation.code.label("place"), _pools.c.id.label("pool_id"),
        func.coalesce(_pools.c.total, 0).label("total"), func.coalesce(_pools.c.held, 0).label("held"), func.coalesce(_pools.c.spent, 0).label("spent"),
        cast(func.coalesce(back, 0), Integer).label("back"), cast(waits, String).label("waits"),
    ).join(Organisation, Organisation.id == _items.c.organisation_id).outerjoin(_pools, and_(_pools.c.key == key, _pools.c.unit == "items"))


def items(session: Session, actor: Actor, year: int) -> Sequence[Row[Any]]:
    """Return the items in scope with their stock of `year`, given ones first, then by code."""
    return session.execute(_stock(year).where(visible(actor)).order_by(_items.c.active.desc(), Organisation.code, _items.c.code)).all()


def item(session: Session, item_id: int, actor: Actor, year: int) -> Row[Any]:
    """Return one item with its stock of `year`. Raises `NotFound` out of scope."""
    row = session.execute(_stock(year).where(_items.c.id == item_id, visible(actor))).one_or_none()
    if row is None:
        raise NotFound("item")
    found: Row[Any] = row
    return found


def moves(session: Session, item_id: int) -> Sequence[Row[Any]]:
    """Return purchases and stock-takes of an item, newest first, with names and the pool of money."""
    proposer, decider = Person.__table__.alias("proposer"), Person.__table__.alias("decider")
    return session.execute(select(_moves, proposer.c.name.label("proposer"), decider.c.name.label("decider"), _pools.c.key.label("money"))
                           .join(proposer, proposer.c.id == _moves.c.proposed_by).outerjoin(decider, decider.c.id == _moves.c.decided_by)
                           .outerjoin(_pools, _pools.c.id == _moves.c.money_pool_id)
                           .where(_moves.c.item_id == item_id).order_by(_moves.c.id.desc()).limit(200)).all()


def ledger_of(session: Session, pool_id: int, limit: int = 100) -> Sequence[Row[Any]]:
    """Return the newest entries of an item's pool, with `case_id` and `number` of the case."""
    return session.execute(select(_entries, _holds.c.case_id, Case.number).outerjoin(_holds, _holds.c.id == _entries.c.hold_id)
                           .outerjoin(Case, Case.id == _holds.c.case_id).where(_entries.c.pool_id == pool_id)
                           .order_by(_entries.c.n.desc()).limit(limit)).all()
