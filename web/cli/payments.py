"""`flask payments …`: batches of payments, the file for the bank and the bank's answer.

Whoever acts is named with --as and passes the same checks as on the pages. A batch is named by its number.
"""

from __future__ import annotations

from pathlib import Path

import click

from web.db import now, reading, writing
from workflow.actors import COMMAND, Actor
from workflow.errors import BangfuError, Refused
from workflow.payments import batches, gathering, layouts, settling
from workflow.payments import reading as payments

from .pools import _AS, _actor
from .sentences import Group, say

group = Group("payments", help="发放批次 · batches of payments")


@group.command("list")
def list_batches() -> None:
    """List every batch: number, status, by what, how many, total in yuan, hash."""
    with reading() as session:
        for row in payments.batches(session, COMMAND, limit=10_000):
            say("\t".join([row.number, row.status, row.layout or row.method, str(row.size), f"{row.total_fen / 100:.2f}", row.digest or ""]))


@group.command("layouts")
def list_layouts() -> None:
    """Check every file in definitions/banks and name the line of every fault."""
    bad = False
    for name in layouts.names():
        try:
            say(f"{name}\t{layouts.layout(name).title}")
        except Refused as refused:
            bad = True
            for message in refused.messages:
                say(f"{message.zh}\n  {message.en}", err=True)
    if bad:
        click.get_current_context().exit(1)


@group.command("waiting")
@_AS
def waiting(username: str) -> None:
    """List what can be paid now, and why the rest cannot: case, amount in yuan, reason."""
    with reading() as session:
        actor = _actor(session, username)
        for place in dict.fromkeys(post.organisation_id for post in actor.posts if post.role == batches.SEALS):
            for one in gathering.payable(session, place):
                why = one.fault or next(iter(one.flags), None)
                say("\t".join([one.case_number, f"{one.amount / 100:.2f}", why.zh if why else "可以发放 · can be paid"]))


@group.command("gather")
@click.option("--layout", default="csv", show_default=True, help="a name of `flask payments layouts`")
@_AS
def gather(layout: str, username: str) -> None:
    """Gather everything that can be paid now into a batch."""
    with writing() as session:
        actor = _actor(session, username)
        place = next((post.organisation_id for post in actor.posts if post.role == batches.SEALS), -1)
        chosen = [one.grant_line_id for one in gathering.payable(session, place) if one.fault is None]
        batch_id = batches.make(session, actor, now(), chosen, layout=layout)
        number = payments.batch(session, batch_id, actor).number
    say(f"已汇集 {number}，{len(chosen)} 笔 · Gathered {len(chosen)} payments")


@group.command("seal")
@click.argument("number")
@_AS
def seal(number: str, username: str) -> None:
    """Seal a batch; prints its hash."""
    with writing() as session:
        actor = _actor(session, username)
        digest = batches.seal(session, payments.by_number(session, number, actor).id, actor, now())
    say(f"已封存 {number} · Sealed: {digest}")


@group.command("send")
@click.argument("number")
@click.option("--declared", is_flag=True, help="related to none of the payees, where a programme asks")
@_AS
def send(number: str, username: str, declared: bool) -> None:
    """Send a sealed batch, as its cashier."""
    with writing() as session:
        actor = _actor(session, username)
        batches.send(session, payments.by_number(session, number, actor).id, actor, now(), declared=declared)
    say(f"已发出 {number} · Sent")


@group.command("export")
@click.argument("number")
@click.option("--to", "folder", type=click.Path(file_okay=False, exists=True, path_type=Path), default=".", show_default=True)
@_AS
def export(number: str, username: str, folder: Path) -> None:
    """Write the bank file. From the second time on it is marked 副本, its bytes are the same."""
    with writing() as session:
        actor = _actor(session, username)
        name, content = batches.export(session, payments.by_number(session, number, actor).id, actor, now())
    (folder / name).write_bytes(content)         # once the export stands in the history for good
    say(f"已写出 {folder / name} · Written")


@group.command("answer")
@click.argument("number")
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@_AS
def answer(number: str, file: Path, username: str) -> None:
    """Book what the bank answered, and carry on what it paid. The same answer again changes nothing."""
    data = file.read_bytes()
    with writing() as session:
        actor = _actor(session, username)
        batch_id = payments.by_number(session, number, actor).id
        taken = settling.take(session, batch_id, data, actor, now())
    say(f"成功 {taken.paid}，失败 {taken.failed}，处理中 {taken.waiting}，新结果 {taken.fresh} · paid {taken.paid}, failed {taken.failed}, "
        f"waiting {taken.waiting}, new {taken.fresh}")
    _carry_on(batch_id, actor)


@group.command("close")
@click.argument("number")
@_AS
def close(number: str, username: str) -> None:
    """Carry on what is paid, then close a batch of which every payment has a result."""
    with reading() as session:
        actor = _actor(session, username)
        batch_id = payments.by_number(session, number, actor).id
    _carry_on(batch_id, actor)
    with writing() as session:
        settling.close(session, batch_id, actor, now())
    say(f"已关闭 {number} · Closed")


def _carry_on(batch_id: str, actor: Actor) -> None:
    with reading() as session:
        due = settling.due(session, batch_id)
    for case_id in due:
        try:
            with writing() as session:
                settling.settle(session, batch_id, case_id, actor, now())
        except BangfuError as refusal:
            if refusal.status >= 500:
                raise
            for message in refusal.messages:
                say(f"{message.zh}\n  {message.en}", err=True)
