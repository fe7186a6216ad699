"""Pools as people keep them: opened, enlarged or reduced, given their terms, and closed, always by two people.

Finance proposes, the county's leader confirms. The command line is no person: it opens a pool with its money at once, and
changes nothing afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..actors import Actor
from ..errors import Message, Refused, one
from ..language.faults import did_you_mean
from ..language.reading_values import amount_written
from ..language.sources import sources
from ..records import Organisation, Pool, Release
from . import ledger, moves
from .keeping import (
    CONFIRMS,
    MOST,
    PROPOSES,
    answer,
    decided,
    event,
    grounds,
    kept,
    not_below,
    open_today,
    positive,
    propose,
    standing,
    stream,
    told,
)

_KEY = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{2,119}(@[a-z_]{2,30}(\.[0-9A-Za-z-]{1,20})?)?")
_pools = Pool.__table__


def read_amount(text: str, unit: str) -> int:
    """Return what was typed as 分 or as a count, with its sign. Raises `Refused`."""
    plain = amount_written(text)
    if plain is not None:
        value = plain * (100 if unit == "money" else 1)
        if value == value.to_integral_value() and abs(value) <= MOST:
            return int(value)
    raise Refused(one("POOL_AMOUNT", "请写金额（元，最多两位小数）或人数，例如 200000",
                      "Give an amount in yuan with two decimals at most, or a count, for example 200000", "amount"))


def open_pool(session: Session, key: str, amount: int, actor: Actor, now: datetime, *, unit: str = "money",
              organisation_id: int | None = None, source: str | None = None, purpose: str = "", uses: Sequence[str] = ()) -> int:
    """Open a pool and return its id. `amount` in 分 or as a count.

    It belongs to the organisation whose code its key begins with, where none is named, and its money comes from the source
    that stands behind `@` in its key. A person opens it empty, and proposes its first amount. Raises `Refused` for a key
    that is taken or belongs nowhere, `NotYours`.
    """
    if not _KEY.fullmatch(key):
        raise Refused(one("POOL_KEY", "请写资金池编号，例如 539921/2026/aid 或 539921/2026/aid@county_fiscal：字母、数字和 / . _ -",
                          "A pool key has letters, digits and / . _ -, for example 539921/2026/aid or 539921/2026/aid@county_fiscal", "key"))
    if unit not in ("money", "heads", "items"):
        raise Refused(one("POOL_UNIT", "资金池按金额（money）、人数（heads）或件数（items）计", "A pool counts money, heads or items", "unit"))
    positive(amount)
    place = session.execute(select(Organisation.id, Organisation.path).where(
        Organisation.code == key.partition("/")[0] if organisation_id is None else Organisation.id == organisation_id)).one_or_none()
    if place is None:
        raise Refused(one("POOL_PLACE", "资金池编号要以单位编码开头，例如 539921/2026/aid",
                          "A pool key begins with the code of the organisation whose money it is", "key"))
    role = standing(actor, place.path, PROPOSES)
    terms = _terms(session, key, source, purpose, uses)
    if session.execute(select(_pools.c.id).where(_pools.c.key == key)).first() is not None:
        raise Refused(one("POOL_TAKEN", f"资金池 {key} 已经开立", f"The pool {key} is open already", "key"))
    pool_id = int(session.execute(insert(_pools).values(
        key=key, unit=unit, organisation_id=place.id, path=place.path, total=0, held=0, spent=0, entries=0, closed_on=None,
        created_at=now, successor_id=None, **terms).returning(_pools.c.id)).scalar_one())
    seq = event(session, pool_id, "open", actor, role, place.id, now, {"key": key, "unit": unit} | told(terms), comment=terms["purpose"] or "")
    if actor.person_id is None:
        seq = event(session, pool_id, "grant", actor, role, place.id, now, {"amount": amount})
        ledger.book(session, pool_id, "grant", amount, stream(pool_id), seq, now)
    else:
        propose(session, pool_id, place.id, "grant", actor, role, now, amount=amount, reason=key)
    return pool_id


def adjust(session: Session, pool_id: int, amount: int, reason: str, actor: Actor, now: datetime) -> str:
    """Propose to change the total by `amount` (signed, 分 or a count) and return the proposal's id; it changes nothing yet.

    Raises `Refused` without a reason, below what is held and spent, for a closed pool, or where another proposal waits.
    """
    row, role = kept(session, pool_id, actor, PROPOSES)
    positive(abs(amount))
    open_today(row, now)
    not_below(row, amount)
    return propose(session, pool_id, row.organisation_id, "adjust", actor, role, now, amount=amount, reason=grounds(reason))


def close(session: Session, pool_id: int, closes_on: date, reason: str, actor: Actor, now: datetime) -> str:
    """Propose that after the day `closes_on` nothing more is reserved; what is held may still be paid or released."""
    row, role = kept(session, pool_id, actor, PROPOSES)
    open_today(row, now)
    return propose(session, pool_id, row.organisation_id, "close", actor, role, now, closes_on=closes_on, reason=grounds(reason))


def designate(session: Session, pool_id: int, source: str | None, purpose: str, uses: Sequence[str], reason: str, actor: Actor,
              now: datetime) -> str:
    """Propose whose money a pool holds and which programmes it may pay. A source once given is never changed."""
    row, role = kept(session, pool_id, actor, PROPOSES)
    open_today(row, now)
    terms = _terms(session, row.key, source or row.source, purpose or row.purpose or "", uses)
    _same_source(row, terms)
    return propose(session, pool_id, row.organisation_id, "terms", actor, role, now, terms=terms, reason=grounds(reason))


def confirm(session: Session, proposal_id: str, actor: Actor, now: datetime) -> None:
    """Carry out what another person proposed. Raises `NotFound`, `NotYours`, or `Refused` where it no longer fits."""
    proposal, row, role = decided(session, proposal_id, actor)
    if proposal.kind == "close":
        open_today(row, now)                 # its last day may have come while the proposal waited: a closed year is not opened again
        event(session, row.id, "close", actor, role, row.organisation_id, now, {
            "proposal": proposal_id, "closes_on": proposal.closes_on.isoformat()})
        session.execute(update(_pools).where(_pools.c.id == row.id).values(closed_on=proposal.closes_on))
    elif proposal.kind == "terms":
        open_today(row, now)
        _same_source(row, proposal.terms)
        event(session, row.id, "terms", actor, role, row.organisation_id, now, {"proposal": proposal_id} | told(proposal.terms))
        session.execute(update(_pools).where(_pools.c.id == row.id).values(**proposal.terms))
    elif proposal.kind in ("transfer", "carry"):
        moves.carry_out(session, proposal, row, actor, role, now)
    else:
        open_today(row, now)
        not_below(row, proposal.amount)
        seq = event(session, row.id, proposal.kind, actor, role, row.organisation_id, now, {
            "proposal": proposal_id, "amount": proposal.amount})
        ledger.book(session, row.id, proposal.kind, proposal.amount, stream(row.id), seq, now)
    answer(session, proposal_id, "confirmed", actor, now)


def decline(session: Session, proposal_id: str, actor: Actor, now: datetime) -> None:
    """Turn down what another person proposed; nothing changes."""
    _, row, role = decided(session, proposal_id, actor)
    event(session, row.id, "decline", actor, role, row.organisation_id, now, {"proposal": proposal_id})
    answer(session, proposal_id, "declined", actor, now)


def _terms(session: Session, key: str, source: str | None, purpose: str, uses: Sequence[str]) -> dict[str, Any]:
    """Return {source, purpose, uses} as they go into the row; raises `Refused` with everything wrong at once."""
    found: list[Message] = []
    behind = key.partition("@")[2].partition(".")[0] or None
    source, purpose, uses = source or behind, purpose.strip(), list(dict.fromkeys(one for one in uses if one))
    known = sources().get(source or "")
    if source and known is None:
        zh, en = did_you_mean(source, sources())
        found.append(Message("UNKNOWN_SOURCE", f"没有资金来源“{source}”{zh}", f"There is no source '{source}'{en}", "source"))
    if behind and source != behind:
        found.append(Message("POOL_SOURCE", f"编号 @ 后面的来源“{behind}”与填写的来源不一致", f"The key names the source '{behind}'; give the same one", "source"))
    if known is not None and known.purpose and not 2 <= len(purpose) <= 200:
        found.append(Message("POOL_PURPOSE", f"“{known.label.zh}”要写明捐赠人限定的用途，不超过 200 字；没有限定的写“未限定”",
                             f"Money of the source '{source}' needs the purpose its donor named, in at most 200 characters", "purpose"))
    elif len(purpose) > 200:
        found.append(Message("POOL_PURPOSE", "用途不超过 200 字", "The purpose has at most 200 characters", "purpose"))
    programmes = set(session.scalars(select(Release.key).distinct())) if uses else set()
    for name in uses:
        if name not in programmes:
            zh, en = did_you_mean(name, programmes)
            found.append(Message("UNKNOWN_PROGRAMME", f"没有发布过项目“{name}”{zh}", f"No programme '{name}' was released{en}", "uses"))
    if found:
        raise Refused(found)
    return {"source": source, "purpose": purpose or None, "uses": uses or None}


def _same_source(row: Row[Any], terms: dict[str, Any]) -> None:
    if row.source is not None and terms["source"] != row.source:
        raise Refused(one("POOL_SOURCE", "资金来源写定后不能改，请另开资金池并划拨", "The source of a pool never changes; open another pool and transfer", "source"))


__all__ = ["CONFIRMS", "MOST", "PROPOSES", "adjust", "close", "confirm", "decline", "designate", "open_pool", "read_amount"]
