"""Which pools may pay for a case, and in which order they are asked.

Pools of one programme bear one key, each with its source behind it: `539921/2026/aid@central_hardship`. The first with enough
left pays the whole case: an amount is never split, so that every 分 has one source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..errors import Message
from ..language.definition import Definition
from ..language.sources import source_label, sources
from ..records import Pool
from . import ledger

_pools = Pool.__table__
_PART = re.compile(r"\{(org\.code|org\.county|key|year|cycle)\}")
UNITS = {"money": ("元", "yuan"), "heads": ("人", "people"), "items": ("件", "items")}


@dataclass(frozen=True, slots=True)
class Payers:
    """The pools of a case. `ready` may pay for it, in the order they are asked; `barred` bear its key and may not, each with why."""

    key: str
    unit: str
    ready: tuple[Row[Any], ...]
    barred: tuple[Message, ...]

    def first(self, amount: int, own: Mapping[int, int] = {}) -> Row[Any] | None:  # noqa: B006
        """Return the first pool with `amount` left, what the case holds there itself counted in."""
        return next((pool for pool in self.ready if ledger.left(pool) + own.get(pool.id, 0) >= amount), None)

    def fullest(self, own: Mapping[int, int] = {}) -> Row[Any] | None:  # noqa: B006
        """Return the pool that could pay most: the earlier one of two that could pay as much."""
        return max(self.ready, key=lambda pool: ledger.left(pool) + own.get(pool.id, 0), default=None)

    def refusal(self, amount: int, own: Mapping[int, int] = {}) -> Message:  # noqa: B006
        """Say why no pool pays `amount`, naming each, and what to do."""
        if not self.ready:
            return self.barred[0] if self.barred else nowhere(self.key)
        if len(self.ready) == 1:
            pool = self.ready[0]
            return short(pool.key, self.unit, ledger.left(pool) + own.get(pool.id, 0), amount)
        zh, en = UNITS[self.unit]
        left = [(pool.key, written(ledger.left(pool) + own.get(pool.id, 0), self.unit)) for pool in self.ready]
        return Message("BUDGET_SHORT", f"预算余额不足：本件需要 {written(amount, self.unit)} {zh}，由一个资金池支付、不拆分；"
                       + "，".join(f"{key} 余额 {rest} {zh}" for key, rest in left) + "，请联系县总工会财务调整预算后再办",
                       f"Not enough budget: one pool pays the whole {written(amount, self.unit)} {en}; "
                       + ", ".join(f"{rest} left in {key}" for key, rest in left) + "; ask the county's finance officer to adjust it", "budget")


def pattern(text: str, definition: Definition, facts: Mapping[str, Any], cycle: str | None = None) -> str:
    """Return a pattern of pool keys with the words of a case put in."""
    words = {"org.code": facts["org"]["code"], "org.county": facts["org"]["county"] or facts["org"]["code"],
             "key": definition.key, "year": str(facts["case"]["year"]), "cycle": cycle or facts["case"]["cycle"]}
    return _PART.sub(lambda part: str(words[part[1]]), text)


def payers(session: Session, definition: Definition, facts: Mapping[str, Any], cycle: str | None = None, *, lock: frozenset[int] | None = None) -> Payers:
    """Return the pools of a case with these facts.

    With `lock` they are kept from others until the transaction ends, those of these ids too; always in the order of their
    ids, so that no two cases wait for each other.
    """
    assert definition.budget is not None
    key, unit = pattern(definition.budget.pool, definition, facts, cycle), definition.budget.unit
    query = select(_pools).where((_pools.c.key == key) | _pools.c.key.startswith(f"{key}@", autoescape=True))
    if lock is not None:
        query = select(_pools).where((_pools.c.key == key) | _pools.c.key.startswith(f"{key}@", autoescape=True) | _pools.c.id.in_(lock))
        query = query.order_by(_pools.c.id).with_for_update()
    rows = [row for row in session.connection().execute(query) if row.key == key or row.key.startswith(f"{key}@")]
    order = {name: place for place, name in enumerate(definition.sources or sources())}
    rows.sort(key=lambda row: (order.get(row.source, -1 if row.source is None else len(order)), row.key))
    judged = [(row, _barred(definition, row, facts)) for row in rows]
    return Payers(key, unit, tuple(row for row, why in judged if why is None), tuple(why for _, why in judged if why is not None))


def nowhere(key: str) -> Message:
    return Message("NO_POOL", f"预算余额不足：还没有开立资金池 {key}，请县总工会财务开立并经负责人确认后再办",
                   f"There is no pool {key} yet: the county's finance officer opens it, its leader confirms; then try again", "budget")


def short(key: str, unit: str, have: int, need: int) -> Message:
    """Say how much is left and what to do."""
    zh, en = UNITS[unit]
    left, asked = written(have, unit), written(need, unit)
    return Message("BUDGET_SHORT", f"预算余额不足：资金池 {key} 余额 {left} {zh}，本件需要 {asked} {zh}，请联系县总工会财务调整预算后再办",
                   f"Not enough budget: {left} {en} left in {key}, {asked} {en} needed; ask the county's finance officer to adjust it",
                   "budget")


def written(amount: int, unit: str) -> str:
    return f"{amount / 100:,.2f}" if unit == "money" else f"{amount}"


def _barred(definition: Definition, pool: Row[Any], facts: Mapping[str, Any]) -> Message | None:
    """Return why this pool never pays for this programme, whatever is left in it."""
    assert definition.budget is not None
    known = sources().get(pool.source or "")
    title = definition.title
    if pool.unit != definition.budget.unit:
        return Message("POOL_UNIT", f"资金池 {pool.key} 的计量单位与本项目不同，请联系管理员",
                       f"The pool {pool.key} counts in another unit than this programme; tell the administrator", "budget")
    if definition.sources and pool.source not in definition.sources:
        allowed_zh, allowed_en = ("、".join(source_label(name).zh for name in definition.sources),
                                  ", ".join(source_label(name).text("en") for name in definition.sources))
        whose = source_label(pool.source) if pool.source else None
        return Message("POOL_SOURCE", f"资金池 {pool.key} 的资金来源{f'是“{whose.zh}”' if whose else '没有写明'}，“{title.zh}”只能由{allowed_zh}支付",
                       f"The pool {pool.key} holds {whose.text('en') if whose else 'money of an unnamed source'}; "
                       f"“{title.text('en')}” is paid only from: {allowed_en}", "budget")
    if known is not None and definition.value not in known.pays:
        return Message("POOL_SOURCE", f"资金池 {pool.key} 的资金（{known.label.zh}）不能用于“{title.zh}”这类支出",
                       f"The money in {pool.key} ({known.label.text('en')}) may not pay what “{title.text('en')}” grants", "budget")
    if pool.uses is not None and definition.key not in pool.uses:
        return Message("POOL_USES", f"资金池 {pool.key} 的用途不包括“{title.zh}”，请联系县总工会财务",
                       f"The pool {pool.key} may not pay for “{title.text('en')}”; ask the county's finance officer", "budget")
    if pool.closed_on is not None and facts["today"] > pool.closed_on:
        return Message("POOL_CLOSED", f"资金池 {pool.key} 已于 {pool.closed_on} 关账，不能再预留，请联系县总工会财务",
                       f"The pool {pool.key} closed on {pool.closed_on}; nothing more is reserved there, ask the county's finance officer", "budget")
    return None

