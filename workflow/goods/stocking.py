"""What was bought and what was counted: proposed by one person, booked when another confirms.

A purchase brings goods in and, where a pool of money is named, takes what they cost out of it by the same confirmation. A
stock-take books the difference between what lies in the store and what the books said when it was counted.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from .. import ids, money
from ..actors import Actor
from ..calendar import ZONE
from ..errors import Message, NotFound, NotYours, Refused, one
from ..money import keeping, ledger
from ..records import GoodsItem, GoodsMove, Organisation, Pool
from .catalogue import PROPOSES, kept, read_price, tell

CONFIRMS = ("finance", "county_leader")
_items, _moves, _pools = GoodsItem.__table__, GoodsMove.__table__, Pool.__table__


def purchase(session: Session, item_id: int, quantity: str, price: str, supplier: str, document: str, money_pool_id: int | None, reason: str,
             actor: Actor, now: datetime, *, year: int | None = None) -> str:
    """Propose that goods were bought and return the proposal's id. `price` in yuan, of one; nothing is in stock yet.

    `year` says for which year's lists: a plan of December may be bought for in January.
    """
    row, role = kept(session, item_id, actor, PROPOSES)
    _alone(session, item_id)
    found: list[Message] = []
    number = fen = 0
    for read, text, name in ((_number, quantity, "quantity"), (read_price, price, "price")):
        try:
            value = read(text, name)
            number, fen = (value, fen) if name == "quantity" else (number, value)
        except Refused as refused:
            found += refused.messages
    supplier, document = " ".join(supplier.split()), document.strip()
    if not 2 <= len(supplier) <= 100:
        found.append(Message("SUPPLIER", "请写供应商全称，不超过 100 字", "Give the supplier's full name, in at most 100 characters", "supplier"))
    if not 2 <= len(document) <= 60:
        found.append(Message("DOCUMENT", "请写发票号或采购单号，不超过 60 字", "Give the number of the invoice or purchase, in at most 60 characters", "document"))
    elif session.execute(select(_moves.c.id).where(_moves.c.item_id == item_id, _moves.c.supplier == supplier, _moves.c.document == document,
                                                   _moves.c.kind == "purchase", _moves.c.status != "declined")).first():
        found.append(Message("DOCUMENT_TWICE", f"“{supplier}”的单据 {document} 已经入过库", f"The document {document} of this supplier was entered already", "document"))
    if not row.active:
        found.append(Message("ITEM_STOPPED", "这种物品已停用，不能再采购", "This item is not given any more, so none is bought", None))
    if money_pool_id is not None:
        found += _payer(session, row, money_pool_id, number * fen)
    if abs((year or _year(now)) - _year(now)) > 1:
        found.append(Message("GOODS_YEAR", "只能登记今年和前后一年的采购", "A purchase is entered for this year, the last or the next", None))
    if found:
        raise Refused(found)
    return _propose(session, row, "purchase", actor, role, now, year=year or _year(now), quantity=number, counted=None, price_fen=fen, supplier=supplier,
                    document=document, money_pool_id=money_pool_id, reason=reason.strip()[:200])


def count(session: Session, item_id: int, counted: str, reason: str, actor: Actor, now: datetime, *, year: int | None = None) -> str:
    """Propose what a stock-take found in the store, promised goods included, and return the proposal's id."""
    row, role = kept(session, item_id, actor, PROPOSES)
    _alone(session, item_id)
    number, grounds = _number(counted, "counted", least=0), keeping.grounds(reason)
    pool = ledger.locked(session, key=_key(session, row, year or _year(now)))
    there = 0 if pool is None else pool.total - pool.spent
    _enough(pool, number - there)
    return _propose(session, row, "count", actor, role, now, year=year or _year(now), quantity=number - there, counted=number, price_fen=0, supplier="", document="",
                    money_pool_id=None, reason=grounds)


def confirm(session: Session, move_id: str, actor: Actor, now: datetime) -> None:
    """Book what another person proposed. Raises `NotFound`, `NotYours`, or `Refused` where it no longer fits."""
    move, row, role = _decided(session, move_id, actor)
    seq = tell(session, row.id, "confirm", actor, role, row.organisation_id, now, {"move": move.id, "kind": move.kind, "quantity": move.quantity})
    if move.quantity:
        pool_id = _pool(session, row, actor, role, now, year=move.year, quantity=move.quantity)
        kind = "grant" if move.kind == "purchase" else "adjust"
        at = keeping.event(session, pool_id, kind, actor, role, row.organisation_id, now, {"amount": move.quantity, "move": move.id, "goods": row.id, "seq": seq})
        ledger.book(session, pool_id, kind, move.quantity, keeping.stream(pool_id), at, now)
    if move.money_pool_id is not None:
        amount = move.quantity * move.price_fen
        _paid(session, row, move, amount, actor, role, now)
    if move.kind == "purchase":
        session.execute(update(_items).where(_items.c.id == row.id).values(price_fen=move.price_fen))
    _answer(session, move.id, "confirmed", actor, now)


def decline(session: Session, move_id: str, actor: Actor, now: datetime) -> None:
    """Turn down what another person proposed; nothing changes."""
    move, row, role = _decided(session, move_id, actor)
    tell(session, row.id, "decline", actor, role, row.organisation_id, now, {"move": move.id})
    _answer(session, move.id, "declined", actor, now)


def _decided(session: Session, move_id: str, actor: Actor) -> tuple[Row[Any], Row[Any], str]:
    found = session.execute(select(_moves.c.item_id).where(_moves.c.id == move_id)).one_or_none()
    if found is None:
        raise NotFound("move")
    row, role = kept(session, found.item_id, actor, CONFIRMS)
    move = session.execute(select(_moves).where(_moves.c.id == move_id)).one()           # as it is under the lock
    if move.proposed_by in ({actor.person_id} | actor.stands_for):
        raise NotYours(one("TWO_PEOPLE", "自己登记的出入库不能由自己确认，请由另一位办理", "Nobody confirms what they entered; another person must"))
    if move.status != "open":
        raise Refused(one("PROPOSAL_DECIDED", "这项登记已经处理，请刷新页面", "This entry has been decided already; reload the page"))
    return move, row, role


def _propose(session: Session, row: Row[Any], kind: str, actor: Actor, role: str, now: datetime, **words: Any) -> str:
    move_id = ids.new(now)
    tell(session, row.id, "propose", actor, role, row.organisation_id, now, {
        "move": move_id, "kind": kind, "quantity": words["quantity"], "price": words["price_fen"], "pool": words["money_pool_id"]},
        comment="；".join(word for word in (words["supplier"], words["document"], words["reason"]) if word))
    session.execute(insert(_moves), {
        "id": move_id, "item_id": row.id, "kind": kind, **words, "proposed_by": actor.person_id, "proposed_at": now,
        "status": "open", "decided_by": None, "decided_at": None})
    return move_id


def _answer(session: Session, move_id: str, status: str, actor: Actor, now: datetime) -> None:
    session.execute(update(_moves).where(_moves.c.id == move_id, _moves.c.status == "open").values(
        status=status, decided_by=actor.person_id, decided_at=now))


def _alone(session: Session, item_id: int) -> None:
    if session.execute(select(_moves.c.id).where(_moves.c.item_id == item_id, _moves.c.status == "open")).first():
        raise Refused(one("PROPOSAL_WAITS", "这种物品已有一项登记在等确认，请先处理完", "Another entry of this item waits to be confirmed; settle it first"))


def _pool(session: Session, row: Row[Any], actor: Actor, role: str, now: datetime, *, year: int, quantity: int) -> int:
    """Return the pool of that year's stock, opened where this is its first purchase."""
    key = _key(session, row, year)
    pool = ledger.locked(session, key=key)
    _enough(pool, quantity)
    if pool is not None:
        return int(pool.id)
    pool_id = int(session.execute(insert(_pools).values(
        key=key, unit="items", organisation_id=row.organisation_id, path=row.path, total=0, held=0, spent=0, entries=0, closed_on=None,
        created_at=now, source=None, purpose=None, uses=None, successor_id=None).returning(_pools.c.id)).scalar_one())
    keeping.event(session, pool_id, "open", actor, role, row.organisation_id, now, {"key": key, "unit": "items", "goods": row.id})
    return pool_id


def _enough(pool: Row[Any] | None, quantity: int) -> None:
    left = 0 if pool is None else ledger.left(pool)
    if left + quantity < 0:
        held = 0 if pool is None else pool.held
        raise Refused(one("BELOW_HELD", f"盘点数少于已预留的 {held} 件，请先退回或取消占用的名单再盘点",
                          f"{held} are promised already, more than were counted; free them first", "counted"))


def _payer(session: Session, row: Row[Any], pool_id: int, amount: int) -> list[Message]:
    pool = session.execute(select(_pools).where(_pools.c.id == pool_id)).one_or_none()
    if pool is None or pool.unit != "money" or pool.organisation_id != row.organisation_id:
        return list(one("NO_POOL", "请选择本单位按金额计的资金池", "Choose a pool of money of this organisation", "pool"))
    if ledger.left(pool) < amount:
        return list(one("BUDGET_SHORT", f"资金池 {pool.key} 余额只有 {ledger.left(pool) / 100:,.2f} 元，这次采购要 {amount / 100:,.2f} 元",
                        f"Only {ledger.left(pool) / 100:,.2f} yuan is left in {pool.key}; this purchase costs {amount / 100:,.2f}", "pool"))
    return []


def _paid(session: Session, row: Row[Any], move: Row[Any], amount: int, actor: Actor, role: str, now: datetime) -> None:
    """Take what the goods cost out of the pool of money; its own event says so, in its own stream."""
    faults = _payer(session, row, move.money_pool_id, amount)
    if faults:
        raise Refused(faults)
    seq = keeping.event(session, move.money_pool_id, "purchase", actor, role, row.organisation_id, now,
                        {"amount": amount, "pool": move.money_pool_id, "goods": row.id, "move": move.id}, comment=f"{move.supplier}；{move.document}")
    money.purchase(session, move.money_pool_id, amount, keeping.stream(move.money_pool_id), seq, now)


def _number(text: str, field: str = "quantity", *, least: int = 1) -> int:
    plain = text.strip().replace(",", "").replace("，", "")
    if not plain.isascii() or not plain.isdigit() or len(plain) > 12 or not least <= int(plain) <= 1_000_000:
        raise Refused(one("GOODS_NUMBER", f"请写数量：{least} 至 1,000,000 的整数", f"Give a whole number from {least} to 1,000,000", field))
    return int(plain)


def _key(session: Session, row: Row[Any], year: int) -> str:
    code = session.execute(select(Organisation.code).where(Organisation.id == row.organisation_id)).scalar_one()
    return f"{code}/{year}/goods/{row.code}"


def _year(now: datetime) -> int:
    return now.astimezone(ZONE).year
