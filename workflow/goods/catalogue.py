"""The items of a county: code, name, what is counted, price. What may not be given is refused here, before it is bought.

Every change is an event of the stream `goods:<id>`.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from .. import history
from ..actors import Actor
from ..errors import Message, NotFound, NotYours, Refused, one
from ..language.banned import banned
from ..money.pools import read_amount
from ..records import GoodsItem, Organisation
from .reading import READERS

PROPOSES = ("county_handler", "finance")
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{1,29}", re.ASCII)
_items = GoodsItem.__table__


def add(session: Session, organisation_id: int, code: str, name: str, unit: str, spec: str, price: str, actor: Actor, now: datetime) -> int:
    """Add an item and return its id; `price` in yuan, of one. Raises `Refused` with everything wrong, `NotFound`, `NotYours`."""
    place = session.execute(select(Organisation.id, Organisation.path).where(Organisation.id == organisation_id)).one_or_none()
    if place is None or actor.person_id is not None and not any(post.role in READERS and place.path.startswith(post.path) for post in actor.posts):
        raise NotFound("organisation")
    role = standing(actor, place.path, PROPOSES)
    code = code.strip()
    found = [] if _CODE.fullmatch(code) else list(one(
        "ITEM_CODE", "物品编码用 2 至 30 位字母、数字，例如 rice-10kg", "An item code has 2 to 30 letters and digits, for example rice-10kg", "code"))
    if not found and session.execute(select(_items.c.id).where(_items.c.organisation_id == organisation_id, _items.c.code == code)).first():
        found = list(one("ITEM_TAKEN", f"物品编码 {code} 已经有了", f"The code {code} is taken", "code"))
    words, faults = _words(name, unit, spec, price)
    if found or faults:
        raise Refused([*found, *faults])
    item_id = int(session.execute(insert(_items).values(
        organisation_id=organisation_id, path=place.path, code=code, active=True, created_at=now, **words).returning(_items.c.id)).scalar_one())
    tell(session, item_id, "add", actor, role, organisation_id, now, {"code": code, "price": words["price_fen"]}, comment=words["name"])
    return item_id


def change(session: Session, item_id: int, name: str, unit: str, spec: str, price: str, active: bool, actor: Actor, now: datetime) -> None:
    """Change what people call an item, its price for the next purchase, and whether it is given at all. Its code stays."""
    row, role = kept(session, item_id, actor, PROPOSES)
    words, faults = _words(name, unit, spec, price)
    if faults:
        raise Refused(faults)
    words["active"] = active
    changes = {word: (getattr(row, word), value) for word, value in words.items() if getattr(row, word) != value}
    if not changes:
        return
    tell(session, item_id, "change", actor, role, row.organisation_id, now, {}, changes=changes)
    session.execute(update(_items).where(_items.c.id == item_id).values(**words))


def kept(session: Session, item_id: int, actor: Actor, roles: tuple[str, ...]) -> tuple[Row[Any], str]:
    """Return the item, locked, and the role the actor keeps it in. Raises `NotFound` out of scope, `NotYours`."""
    row = session.execute(select(_items).where(_items.c.id == item_id).with_for_update()).one_or_none()
    if row is None or not any(post.role in READERS and row.path.startswith(post.path) for post in actor.posts):
        raise NotFound("item")
    return row, standing(actor, row.path, roles)


def standing(actor: Actor, path: str, roles: tuple[str, ...]) -> str:
    if actor.person_id is None:
        return "system"
    found = next((post.role for role in roles for post in actor.posts if post.role == role and path.startswith(post.path)), None)
    if found is None:
        who = (("县总工会经办人或财务审核", "county officer or the finance officer") if roles == PROPOSES
               else ("县总工会负责人或财务审核", "county leader or the finance officer"))
        raise NotYours(one("GOODS_ROLE", f"这一步由{who[0]}办理，您没有这个单位的这一岗位", f"Only the {who[1]} of this organisation may do this"))
    return found


def tell(session: Session, item_id: int, kind: str, actor: Actor, role: str, organisation_id: int, now: datetime, extra: dict[str, Any],
         comment: str = "", changes: dict[str, tuple[Any, Any]] | None = None) -> int:
    return history.append_to(session, f"goods:{item_id}", kind=kind, at=now, actor=actor, role=role, organisation_id=organisation_id,
                             extra=extra, comment=comment, changes=changes or {}).seq


def read_price(text: str, field: str = "price") -> int:
    """Return yuan as 分, above zero. Raises `Refused`."""
    try:
        fen = read_amount(text, "money")
    except Refused:
        fen = 0
    if not 0 < fen <= 10**8:
        raise Refused(one("ITEM_PRICE", "请写单价（元，最多两位小数），例如 58.50", "Give the price of one in yuan, for example 58.50", field))
    return fen


def _words(name: str, unit: str, spec: str, price: str) -> tuple[dict[str, Any], list[Message]]:
    name, unit, spec = " ".join(name.split()), unit.strip(), " ".join(spec.split())
    found: list[Message] = []
    fen = 0
    try:
        fen = read_price(price)
    except Refused as refused:
        found += refused.messages
    for text, most, field, zh, en in ((name, 60, "name", "名称", "name"), (unit, 10, "unit", "计量单位（件、袋、桶）", "unit of count")):
        if not 0 < len(text) <= most:
            found.append(Message("ITEM_WORDS", f"请写{zh}，不超过 {most} 字", f"Give the {en}, in at most {most} characters", field))
    if len(spec) > 100:
        found.append(Message("ITEM_WORDS", "规格不超过 100 字", "The specification has at most 100 characters", "spec"))
    ban = banned(f"{name} {spec}")
    if ban is not None:
        found.append(Message("ITEM_BANNED", f"不能发放“{ban[0]}”：{ban[1].why.zh}（{ban[1].source}）", f"'{ban[0]}' may not be given: {ban[1].why.text('en')}", "name"))
    return {"name": name, "unit": unit, "spec": spec, "price_fen": fen}, found


__all__ = ["PROPOSES", "add", "change", "kept", "read_price", "standing", "tell"]
