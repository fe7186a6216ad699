"""`flask pools …`: the funds that programmes may grant.

Opening at the command line grants the amount at once; every later change is proposed by one account and confirmed by
another, as on the pages. Money is written in yuan, heads and items as a count.
"""

from __future__ import annotations

from datetime import datetime

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from web.db import now, reading, writing
from workflow import money
from workflow.actors import COMMAND
from workflow.errors import Refused, one
from workflow.language.sources import sources
from workflow.records import Organisation, Pool, PoolProposal

from .acting import AS, acting
from .sentences import Group, say

group = Group("pools", help="资金池 · the funds that programmes may grant")
_UNSIGNED = {"ignore_unknown_options": True}      # so that -500 is an amount


@group.command("list")
def pools() -> None:
    """List every pool: key, unit, total, held, spent, left, closed on, source, programmes it may pay."""
    with reading() as session:
        for row in money.pools(session, COMMAND):
            figures = (row.total, row.held, row.spent, row.total - row.held - row.spent)
            say("\t".join([row.key, row.unit, *(_shown(one, row.unit) for one in figures), str(row.closed_on or ""), row.source or "",
                           ",".join(row.uses or ())]))


@group.command("spent")
def spent() -> None:
    """List what was spent, kind of value by kind of value: the union's own, passed through its hands. They are never added."""
    with reading() as session:
        for value, (own, passed) in money.spent_by_value(session, COMMAND).items():
            say("\t".join([value, _shown(own, "money"), _shown(passed, "money")]))


@group.command("sources")
def known_sources() -> None:
    """List the sources of money that pools and programmes may name, and the kinds of value each may pay."""
    for name, source in sources().items():
        say("\t".join([name, source.label.zh, source.label.text("en"), ",".join(sorted(source.pays))]))


@group.command("open")
@click.argument("key")
@click.argument("amount")
@click.option("--unit", type=click.Choice(("money", "heads", "items")), default="money", show_default=True)
@click.option("--org", "code", help="code of the organisation; what KEY begins with where left out")
@click.option("--source", help="whose money it is; what stands behind @ in KEY where left out (flask pools sources)")
@click.option("--purpose", default="", help="what the donor named")
@click.option("--use", "uses", multiple=True, help="key of a programme it may pay for; may be given again")
def open_pool(key: str, amount: str, unit: str, code: str | None, source: str | None, purpose: str, uses: tuple[str, ...]) -> None:
    """Open a pool with AMOUNT in it."""
    with writing() as session:
        place = session.scalar(select(Organisation.id).where(Organisation.code == code)) if code else None
        if code and place is None:
            raise Refused(one("NO_ORG", f"没有代码为 {code} 的组织", f"There is no organisation {code}"))
        money.open_pool(session, key, money.read_amount(amount, unit), COMMAND, now(), unit=unit, organisation_id=place, source=source,
                        purpose=purpose, uses=uses)
    say(f"已开立资金池 {key} · Opened {key}")


@group.command("adjust", context_settings=_UNSIGNED)
@click.argument("key")
@click.argument("amount")
@click.option("--reason", required=True, help="on what grounds")
@AS
def adjust(key: str, amount: str, reason: str, username: str) -> None:
    """Propose to change the total of a pool by AMOUNT, up or down. Somebody else confirms."""
    with writing() as session:
        pool = _pool(session, key)
        money.adjust(session, pool.id, money.read_amount(amount, pool.unit), reason, acting(session, username), now())
    say(f"已提出调整 {key}，等另一人确认 · Proposed; another person confirms")


@group.command("close")
@click.argument("key")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--reason", required=True, help="on what grounds")
@AS
def close(key: str, day: datetime, reason: str, username: str) -> None:
    """Propose that nothing more is reserved in a pool after DAY. Somebody else confirms."""
    with writing() as session:
        money.close(session, _pool(session, key).id, day.date(), reason, acting(session, username), now())
    say(f"已提出关账 {key}，等另一人确认 · Proposed; another person confirms")


@group.command("transfer")
@click.argument("key")
@click.argument("to")
@click.argument("amount")
@click.option("--reason", required=True, help="on what grounds")
@AS
def transfer(key: str, to: str, amount: str, reason: str, username: str) -> None:
    """Propose to move AMOUNT from the pool KEY to the pool TO, of the same source. Somebody else confirms."""
    with writing() as session:
        pool = _pool(session, key)
        money.transfer(session, pool.id, _pool(session, to).id, money.read_amount(amount, pool.unit), reason, acting(session, username), now())
    say(f"已提出从 {key} 划转到 {to}，等另一人确认 · Proposed; another person confirms")


@group.command("carry")
@click.argument("key")
@click.argument("to")
@click.option("--reason", required=True, help="on what grounds")
@AS
def carry(key: str, to: str, reason: str, username: str) -> None:
    """Propose to carry what is left of the closed pool KEY to its successor TO. Somebody else confirms."""
    with writing() as session:
        money.carry(session, _pool(session, key).id, _pool(session, to).id, reason, acting(session, username), now())
    say(f"已提出把 {key} 的余额结转到 {to}，等另一人确认 · Proposed; another person confirms")


@group.command("terms")
@click.argument("key")
@click.option("--source", help="whose money it is; never changed once given")
@click.option("--purpose", default="", help="what the donor named")
@click.option("--use", "uses", multiple=True, help="key of a programme it may pay for; may be given again, left out for any")
@click.option("--reason", required=True, help="on what grounds")
@AS
def terms(key: str, source: str | None, purpose: str, uses: tuple[str, ...], reason: str, username: str) -> None:
    """Propose whose money a pool holds and which programmes it may pay for. Somebody else confirms."""
    with writing() as session:
        money.designate(session, _pool(session, key).id, source, purpose, uses, reason, acting(session, username), now())
    say(f"已提出 {key} 的来源与用途，等另一人确认 · Proposed; another person confirms")


@group.command("confirm")
@click.argument("key")
@click.option("--decline", is_flag=True, help="turn it down instead")
@AS
def confirm(key: str, decline: bool, username: str) -> None:
    """Confirm what another person has proposed for a pool."""
    with writing() as session:
        waiting = session.scalar(select(PoolProposal.id).where(PoolProposal.pool_id == _pool(session, key).id, PoolProposal.status == "open"))
        if waiting is None:
            raise Refused(one("NO_PROPOSAL", f"资金池 {key} 没有等待确认的调整", f"Nothing waits to be confirmed for {key}"))
        (money.decline if decline else money.confirm)(session, waiting, acting(session, username), now())
    say(f"已处理 {key} · Done")


def _pool(session: Session, key: str) -> Pool:
    row = session.scalar(select(Pool).where(Pool.key == key))
    if row is None:
        raise Refused(one("NO_POOL", f"没有资金池 {key}，用 flask pools list 查看", f"There is no pool {key}; see flask pools list"))
    return row


def _shown(amount: int, unit: str) -> str:
    return f"{amount / 100:,.2f}" if unit == "money" else str(amount)
