"""Who keeps a pool, and how a change of it is proposed. What every proposal has in common.

Every proposal and every answer is an event of the stream `pool:<id>`; money moves with the confirming event and not before.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from .. import history, ids
from ..actors import Actor
from ..errors import NotFound, NotYours, Refused, one
from ..records import Pool, PoolProposal
from . import ledger
from .reading import READERS

PROPOSES, CONFIRMS = "finance", "county_leader"
MOST = 10**15                            # 分; far beyond any county, far below what a database integer holds
_pools, _proposals = Pool.__table__, PoolProposal.__table__


def kept(session: Session, pool_id: int, actor: Actor, role: str) -> tuple[Row[Any], str]:
    """Return the pool, locked, and the role the actor keeps it in. Raises `NotFound` out of scope, `NotYours`."""
    row = ledger.locked(session, pool_id=pool_id)
    if row is None or actor.person_id is None or not any(
            post.role in READERS and row.path.startswith(post.path) for post in actor.posts):
        raise NotFound("pool")
    return row, standing(actor, row.path, role)


def standing(actor: Actor, path: str, role: str) -> str:
    if actor.person_id is None:
        return "system"
    if not any(post.role == role and path.startswith(post.path) for post in actor.posts):
        who = ("财务审核", "finance officer") if role == PROPOSES else ("县总工会负责人", "county leader")
        raise NotYours(one("POOL_ROLE", f"资金池由{who[0]}办理，您没有这个单位的这一岗位", f"Only the {who[1]} of this organisation may do this"))
    return role


def propose(session: Session, pool_id: int, organisation_id: int, kind: str, actor: Actor, role: str, now: datetime, *,
            reason: str, amount: int = 0, **more: Any) -> str:
    """Write a proposal and return its id. `more`: closes_on, to_id, terms. Raises `Refused` where another one waits."""
    if session.execute(select(_proposals.c.id).where(_proposals.c.pool_id == pool_id, _proposals.c.status == "open")).first():
        raise Refused(one("PROPOSAL_WAITS", "已有一项调整在等负责人确认，请先处理完再提", "Another proposal waits to be confirmed; settle it first"))
    proposal_id = ids.new(now)
    extra: dict[str, Any] = {"proposal": proposal_id, "kind": kind}
    if kind not in ("close", "terms"):
        extra["amount"] = amount
    if more.get("closes_on") is not None:
        extra["closes_on"] = more["closes_on"].isoformat()
    if more.get("to_id") is not None:
        extra["to"] = more["to_id"]
    if more.get("terms") is not None:
        extra |= told(more["terms"])
    event(session, pool_id, "propose", actor, role, organisation_id, now, extra, comment=reason)
    session.execute(insert(_proposals), {
        "id": proposal_id, "pool_id": pool_id, "kind": kind, "amount": amount, "closes_on": None, "to_id": None, "terms": None, **more,
        "reason": reason, "proposed_by": actor.person_id, "proposed_at": now, "status": "open", "decided_by": None, "decided_at": None})
    return proposal_id


def decided(session: Session, proposal_id: str, actor: Actor) -> tuple[Row[Any], Row[Any], str]:
    """Return the proposal and its pool, locked, and in which role it is decided. Raises `NotFound`, `NotYours`, `Refused`."""
    found = session.execute(select(_proposals).where(_proposals.c.id == proposal_id)).one_or_none()
    if found is None:
        raise NotFound("proposal")
    if found.to_id is not None:              # both pools before either is read, always in the same order
        ledger.locked(session, pool_id=min(found.pool_id, found.to_id))
    row, role = kept(session, found.pool_id, actor, CONFIRMS)
    proposal = session.execute(select(_proposals).where(_proposals.c.id == proposal_id)).one()   # as it is under the lock
    if proposal.proposed_by in ({actor.person_id} | actor.stands_for):
        raise NotYours(one("TWO_PEOPLE", "自己提出的调整不能由自己确认，请由另一位负责人办理",
                           "Nobody confirms what they proposed; another person must"))
    if proposal.status != "open":
        raise Refused(one("PROPOSAL_DECIDED", "这项调整已经处理，请刷新页面", "This proposal has been decided already; reload the page"))
    return proposal, row, role


def answer(session: Session, proposal_id: str, status: str, actor: Actor, now: datetime) -> None:
    session.execute(update(_proposals).where(_proposals.c.id == proposal_id, _proposals.c.status == "open").values(
        status=status, decided_by=actor.person_id, decided_at=now))


def event(session: Session, pool_id: int, kind: str, actor: Actor, role: str, organisation_id: int, now: datetime,
          extra: dict[str, Any], comment: str = "") -> int:
    return history.append_to(session, stream(pool_id), kind=kind, at=now, actor=actor, role=role,
                             organisation_id=organisation_id, extra=extra, comment=comment).seq


def told(terms: dict[str, Any]) -> dict[str, Any]:
    """What an event says of terms in clear: not the donor's words, which may name a person."""
    return {"source": terms["source"], "uses": terms["uses"]}


def stream(pool_id: int) -> str:
    return f"pool:{pool_id}"


def positive(amount: int) -> None:
    if not 0 < amount <= MOST:
        raise Refused(one("POOL_AMOUNT", "请写大于零的金额或数量", "Give an amount above zero", "amount"))


def grounds(reason: str) -> str:
    reason = reason.strip()
    if not 2 <= len(reason) <= 200:
        raise Refused(one("REASON", "请写明依据或理由，不超过 200 字", "Say on what grounds, in at most 200 characters", "reason"))
    return reason


def open_today(row: Row[Any], now: datetime) -> None:
    if ledger.closed(row, now):
        raise Refused(one("POOL_CLOSED", f"资金池 {row.key} 已于 {row.closed_on} 关账，不能再调整",
                          f"The pool {row.key} closed on {row.closed_on} and is not changed any more"))


def not_below(row: Row[Any], amount: int) -> None:
    """Raise `Refused` where the total would fall below what is held and spent."""
    if ledger.left(row) + amount < 0:
        left = ledger.left(row)
        shown = f"{left / 100:,.2f} 元" if row.unit == "money" else f"{left} 人" if row.unit == "heads" else f"{left} 件"
        raise Refused(one("BELOW_USED", f"总额不能少于已预留和已支出的合计，最多可以减少 {shown}",
                          f"The total cannot fall below what is held and spent; at most {shown} can be taken out", "amount"))
