"""`flask goods …`: the store. Items, what was bought and counted, and what is handed out on the list of a case.

What one account enters another confirms, as on the pages. An item is named by its code, a case by its number, the lines
of its list by theirs. What is struck off goes back into stock.
"""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from web.db import local, now, reading, writing
from workflow import engine, goods
from workflow.actors import COMMAND, Actor
from workflow.errors import NotFound, Refused, one
from workflow.language.fields import mask
from workflow.queries.grants import grants
from workflow.records import Account, GoodsItem, Organisation

from .acting import AS, acting, looking
from .cases import by_number
from .pools import _pool
from .sentences import Group, say

group = Group("goods", help="物资 · the store of goods")
_ORG = click.option("--org", "code", help="code of the organisation whose store it is, where several have such an item")
_YEAR = click.option("--year", type=click.IntRange(2000, 2100), help="whose stock it is; this year where left out")
_LINES = click.argument("lines", nargs=-1, required=True, type=click.IntRange(1, 10**6))


@group.command("list")
@_YEAR
@click.option("--as", "username", help="the account that looks; every store where left out")
def listing(year: int | None, username: str | None) -> None:
    """List the items: organisation, code, name, unit, came in, promised, went out, left, price, given or stopped, what waits."""
    with reading() as session:
        actor = looking(session, username) if username else COMMAND
        for row in goods.items(session, actor, year or local(now()).year):
            say("\t".join([row.place, row.code, f"{row.name} {row.spec}".strip(), row.unit, *map(str, (row.total, row.held, row.spent, row.total - row.held - row.spent)),
                           f"{row.price_fen / 100:.2f}", "在用 given" if row.active else "停用 stopped", "待确认 to confirm" if row.waits else ""]))


@group.command("add")
@click.argument("code_of_item", metavar="ITEM")
@click.argument("name")
@click.argument("price")
@click.option("--unit", required=True, help="what is counted: 袋, 件, 桶")
@click.option("--spec", default="", help="size, weight or model")
@click.option("--org", "code", required=True, help="code of the organisation whose store it is")
@AS
def add(code_of_item: str, name: str, price: str, unit: str, spec: str, code: str, username: str) -> None:
    """Add an item by the code ITEM; PRICE is in yuan, of one. Nothing is in stock yet."""
    with writing() as session:
        actor = acting(session, username)
        place = session.scalar(select(Organisation.id).where(Organisation.code == code))
        if place is None:
            raise NotFound("organisation")
        goods.add(session, place, code_of_item, name, unit, spec, price, actor, now())
    say(f"已登记物品 {code_of_item}，入库后才能发放 · Added; it is given once some is in stock")


@group.command("change")
@click.argument("item")
@click.option("--name")
@click.option("--unit")
@click.option("--spec")
@click.option("--price", help="in yuan, of one, for the next purchase")
@click.option("--give/--stop", "active", default=None, help="whether it is given at all")
@_ORG
@AS
def change(item: str, name: str | None, unit: str | None, spec: str | None, price: str | None, active: bool | None, code: str | None, username: str) -> None:
    """Change what an item is called, its price, or whether it is given; what is left out stays."""
    with writing() as session:
        actor = acting(session, username)
        row = _item(session, item, code, actor)
        goods.change(session, row.id, row.name if name is None else name, row.unit if unit is None else unit, row.spec if spec is None else spec,
                     f"{row.price_fen / 100:.2f}" if price is None else price, row.active if active is None else active, actor, now())
    say(f"已修改 {item} · Changed")


@group.command("buy")
@click.argument("item")
@click.argument("quantity")
@click.argument("price")
@click.option("--supplier", required=True, help="full name")
@click.option("--document", required=True, help="number of the invoice or purchase")
@click.option("--pool", help="key of the pool of money that pays (flask pools list)")
@click.option("--reason", default="", help="what for")
@_YEAR
@_ORG
@AS
def buy(item: str, quantity: str, price: str, supplier: str, document: str, pool: str | None, reason: str, year: int | None, code: str | None,
        username: str) -> None:
    """Enter a purchase of QUANTITY at PRICE yuan each. It is in stock once another account has confirmed it."""
    with writing() as session:
        actor = acting(session, username)
        goods.purchase(session, _item(session, item, code, actor).id, quantity, price, supplier, document,
                       _pool(session, pool).id if pool else None, reason, actor, now(), year=year)
    say(f"已登记采购 {item}，等另一人确认后入库 · Entered; another person confirms")


@group.command("count")
@click.argument("item")
@click.argument("counted")
@click.option("--reason", required=True, help="on what occasion, and why it differs")
@_YEAR
@_ORG
@AS
def count(item: str, counted: str, reason: str, year: int | None, code: str | None, username: str) -> None:
    """Enter what a stock-take found, promised goods included. The books follow once another account has confirmed it."""
    with writing() as session:
        actor = acting(session, username)
        goods.count(session, _item(session, item, code, actor).id, counted, reason, actor, now(), year=year)
    say(f"已登记盘点 {item}，等另一人确认后调账 · Entered; another person confirms")


@group.command("confirm")
@click.argument("item")
@click.option("--decline", is_flag=True, help="turn it down instead")
@_ORG
@AS
def confirm(item: str, decline: bool, code: str | None, username: str) -> None:
    """Confirm the purchase or stock-take that another account has entered."""
    with writing() as session:
        actor = acting(session, username)
        waits = _item(session, item, code, actor).waits
        if waits is None:
            raise Refused(one("NO_PROPOSAL", f"{item} 没有等待确认的登记", f"Nothing waits to be confirmed for {item}"))
        (goods.decline if decline else goods.confirm)(session, waits, actor, now())
    say(f"已处理 {item} · Done")


@group.command("moves")
@click.argument("item")
@_ORG
@AS
def moves(item: str, code: str | None, username: str) -> None:
    """List purchases and stock-takes of an item, newest first: day, kind, quantity, price, supplier, document, status, by whom, confirmed by."""
    with reading() as session:
        for row in goods.moves(session, _item(session, item, code, looking(session, username)).id):
            say("\t".join([f"{local(row.proposed_at):%Y-%m-%d}", row.kind, f"{row.quantity:+d}", f"{row.price_fen / 100:.2f}", row.supplier or "",
                           row.document or "", row.status, row.proposer, row.decider or ""]))


@group.command("lines")
@click.argument("number")
@AS
def lines(number: str, username: str) -> None:
    """List who gets what on the case NUMBER: line, name (masked), item, quantity, money in yuan, status, signed on."""
    with reading() as session:
        actor = looking(session, username)
        for row in grants(session, by_number(session, number, actor), actor):
            say("\t".join([str(row.n), mask("name", row.name) or "", f"{row.item or ''} {row.spec}".strip(), str(row.quantity or ""), f"{row.amount_fen / 100:.2f}",
                           row.status, f"{local(row.signed.signed_at):%Y-%m-%d}" if row.signed else ""]))


@group.command("hand-out")
@click.argument("number")
@_LINES
@click.option("--beside", required=True, help="account of the second officer present")
@click.option("--method", default="paper", show_default=True, help="paper or phone")
@AS
def hand_out(number: str, lines: tuple[int, ...], beside: str, method: str, username: str) -> None:
    """Mark LINES of the case NUMBER as signed for, before two officers."""
    with writing() as session:
        actor = acting(session, username)
        second = session.scalar(select(Account.person_id).where(Account.username == beside.strip().lower())) or beside
        done = engine.sign(session, by_number(session, number, actor), lines, method, str(second), actor, now())
    say(f"已登记 {done.count} 人签收 · {done.count} signed")


@group.command("take-back")
@click.argument("number")
@click.argument("line", type=click.IntRange(1, 10**6))
@click.option("--reason", required=True, help="why the mark was wrong")
@AS
def take_back(number: str, line: int, reason: str, username: str) -> None:
    """Take back a signature of the case NUMBER that was marked by mistake."""
    with writing() as session:
        actor = acting(session, username)
        engine.unsign(session, by_number(session, number, actor), line, reason, actor, now())
    say(f"已撤销第 {line} 行的签收 · Taken back")


@group.command("return")
@click.argument("number")
@_LINES
@click.option("--reason", required=True, help="why they are not handed out")
@AS
def give_back(number: str, lines: tuple[int, ...], reason: str, username: str) -> None:
    """Strike LINES of the case NUMBER off its list; their goods are back in stock at once."""
    with writing() as session:
        actor = acting(session, username)
        done = engine.strike(session, by_number(session, number, actor), lines, reason, actor, now())
    say(f"已取消 {done.count} 人，物品已退回库存 · {done.count} struck off, their goods are back in stock")


def _item(session: Session, code: str, place: str | None, actor: Actor) -> Row[Any]:
    """Return the item of this code in the actor's scope. Raises `NotFound`, and `Refused` where several stores have one."""
    found = session.scalars(select(GoodsItem.id).join(Organisation, Organisation.id == GoodsItem.organisation_id).where(
        GoodsItem.code == code.strip(), goods.visible(actor), *([Organisation.code == place] if place else []))).all()
    if len(found) > 1:
        raise Refused(one("WHICH_STORE", f"有 {len(found)} 个单位登记了物品 {code}，请用 --org 指明是哪个单位",
                          f"{len(found)} organisations have an item {code}; name one with --org"))
    if not found:
        raise NotFound("item")
    return goods.item(session, found[0], actor, local(now()).year)
