"""`flask payments …`: batches of payments, the file for the bank and the bank's answer.

Whoever acts is named with --as and passes the same checks as on the pages. A batch is named by its number.
"""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy.orm import Session

from web.carrying import carry_on
from web.db import now, reading, writing
from workflow.actors import COMMAND, Actor
from workflow.errors import NotFound, Refused, one
from workflow.language.fields import mask
from workflow.payments import batches, gathering, layouts, settling
from workflow.payments import reading as payments

from .acting import AS, acting, looking
from .cases import by_number
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
@AS
def waiting(username: str) -> None:
    """List what can be paid now, and why the rest cannot: case, amount in yuan, reason."""
    with reading() as session:
        actor = looking(session, username)
        for place in dict.fromkeys(post.organisation_id for post in actor.posts if post.role == batches.SEALS):
            for line in gathering.payable(session, place):
                why = line.fault or next(iter(line.flags), None)
                say("\t".join([line.case_number, f"{line.amount / 100:.2f}", why.zh if why else "可以发放 · can be paid"]))


@group.command("gather")
@click.option("--layout", default="csv", show_default=True, help="a name of `flask payments layouts`")
@click.option("--case", "numbers", multiple=True, help="number of a case to be paid; may be given again. Everything that can be paid where left out")
@click.option("--cash", "reason", help="pay in cash, for this reason; the leader confirms")
@AS
def gather(layout: str, numbers: tuple[str, ...], reason: str | None, username: str) -> None:
    """Gather what can be paid now into a batch."""
    with writing() as session:
        actor, cash = acting(session, username), reason is not None
        place = next((post.organisation_id for post in actor.posts if post.role == batches.SEALS), -1)
        there = gathering.payable(session, place, cash=cash)
        if missing := set(numbers) - {line.case_number for line in there}:
            raise Refused(one("MOVED", f"{'、'.join(sorted(missing))} 不在本单位的付款环节",
                              f"{', '.join(sorted(missing))} does not stand where this organisation pays"))
        chosen = [line.grant_line_id for line in there if (line.case_number in numbers if numbers else line.fault is None)]
        batch_id = batches.make(session, actor, now(), chosen, method="cash" if cash else "bank", layout=layout, reason=reason or "")
        number = payments.batch(session, batch_id, actor).number
    say(f"已汇集 {number}，{len(chosen)} 笔 · Gathered {len(chosen)} payments")


@group.command("show")
@click.argument("number")
@AS
def show(number: str, username: str) -> None:
    """List the payments of a batch: line, case, payee and account (masked), amount in yuan, status, what the bank said, note."""
    with reading() as session:
        for line in payments.lines(session, payments.by_number(session, number, looking(session, username)).id):
            said = payments.shown(session, line)
            say("\t".join([str(line.n), line.case_number, mask("name", said["name"]) or "", said["account"], f"{line.amount_fen / 100:.2f}", line.status,
                           line.sentence or line.code or "", line.note or ""]))


@group.command("explain")
@click.argument("number")
@click.argument("n", type=int)
@click.argument("note")
@AS
def explain(number: str, n: int, note: str, username: str) -> None:
    """Note why payment N of a batch may stand although its account is flagged."""
    with writing() as session:
        actor = acting(session, username)
        batch_id = payments.by_number(session, number, actor).id
        batches.explain(session, batch_id, _line(session, batch_id, n), note, actor, now())
    say("已记下说明 · Noted")


@group.command("drop")
@click.argument("number")
@click.argument("n", type=int)
@AS
def drop(number: str, n: int, username: str) -> None:
    """Take payment N out of a batch that is not sealed yet."""
    with writing() as session:
        actor = acting(session, username)
        batch_id = payments.by_number(session, number, actor).id
        batches.drop(session, batch_id, _line(session, batch_id, n), actor, now())
    say(f"已移出第 {n} 笔 · Taken out")


@group.command("seal")
@click.argument("number")
@AS
def seal(number: str, username: str) -> None:
    """Seal a batch; prints its hash."""
    with writing() as session:
        actor = acting(session, username)
        digest = batches.seal(session, payments.by_number(session, number, actor).id, actor, now())
    say(f"已封存 {number} · Sealed: {digest}")


@group.command("void")
@click.argument("number")
@click.option("--reason", required=True)
@AS
def void(number: str, reason: str, username: str) -> None:
    """Give up a batch that has not been sent; its payments may be gathered again."""
    with writing() as session:
        actor = acting(session, username)
        batches.void(session, payments.by_number(session, number, actor).id, reason, actor, now())
    say(f"已作废 {number} · Voided")


@group.command("confirm")
@click.argument("number")
@AS
def confirm(number: str, username: str) -> None:
    """Confirm, as the leader, that a sealed batch is paid in cash."""
    with writing() as session:
        actor = acting(session, username)
        batches.confirm(session, payments.by_number(session, number, actor).id, actor, now())
    say(f"已确认付现金 {number} · Confirmed")


@group.command("send")
@click.argument("number")
@click.option("--declared", is_flag=True, help="related to none of the payees, where a programme asks")
@AS
def send(number: str, username: str, declared: bool) -> None:
    """Send a sealed batch, as its cashier."""
    with writing() as session:
        actor = acting(session, username)
        batches.send(session, payments.by_number(session, number, actor).id, actor, now(), declared=declared)
    say(f"已发出 {number} · Sent")


@group.command("export")
@click.argument("number")
@click.option("--to", "folder", type=click.Path(file_okay=False, exists=True, path_type=Path), default=".", show_default=True)
@AS
def export(number: str, username: str, folder: Path) -> None:
    """Write the bank file. From the second time on it is marked 副本, its bytes are the same."""
    with writing() as session:
        actor = acting(session, username)
        name, content = batches.export(session, payments.by_number(session, number, actor).id, actor, now())
    (folder / name).write_bytes(content)         # once the export stands in the history for good
    say(f"已写出 {folder / name} · Written")


@group.command("answer")
@click.argument("number")
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@AS
def answer(number: str, file: Path, username: str) -> None:
    """Book what the bank answered, and carry on what it paid. The same answer again changes nothing."""
    data = file.read_bytes()
    with writing() as session:
        actor = acting(session, username)
        batch_id = payments.by_number(session, number, actor).id
        taken = settling.take(session, batch_id, data, actor, now())
    say(f"成功 {taken.paid}，失败 {taken.failed}，处理中 {taken.waiting}，新结果 {taken.fresh} · paid {taken.paid}, failed {taken.failed}, "
        f"waiting {taken.waiting}, new {taken.fresh}")
    _carry_on(batch_id, actor)


@group.command("receipt")
@click.argument("number")
@click.argument("case")
@click.argument("file", required=False, type=click.Path(dir_okay=False, exists=True, path_type=Path))
@click.option("--unpaid", "reason", help="nobody came for it, for this reason")
@AS
def receipt(number: str, case: str, file: Path | None, reason: str | None, username: str) -> None:
    """Book the receipt FILE that the payees of CASE signed for cash, or with --unpaid that nobody came for it."""
    with reading() as session:
        actor = acting(session, username)
        batch_id, case_id, store = payments.by_number(session, number, actor).id, by_number(session, case, actor), session.info["store"]
    if file is None and reason is None:
        raise Refused(one("NO_RECEIPT", "请给出本人签字的签收单，再登记付款", "Name the file of the signed receipt", "file"))
    clean = store.check(file.read_bytes(), file.name) if file is not None else None
    with writing() as session:
        if clean is not None:
            settling.receive(session, batch_id, case_id, clean, actor, now())
        else:
            settling.unpaid(session, batch_id, case_id, actor, reason or "", now())
    say(f"已登记 {case} · Booked")


@group.command("settle")
@click.argument("number")
@AS
def settle(number: str, username: str) -> None:
    """Carry on what is paid and was left behind, by a crash or a refusal."""
    with reading() as session:
        actor = acting(session, username)
        batch_id = payments.by_number(session, number, actor).id
    if _carry_on(batch_id, actor):
        click.get_current_context().exit(1)


@group.command("close")
@click.argument("number")
@AS
def close(number: str, username: str) -> None:
    """Carry on what is paid, then close a batch of which every payment has a result."""
    with reading() as session:
        actor = acting(session, username)
        batch_id = payments.by_number(session, number, actor).id
    _carry_on(batch_id, actor)
    with writing() as session:
        settling.close(session, batch_id, actor, now())
    say(f"已关闭 {number} · Closed")


def _line(session: Session, batch_id: str, n: int) -> str:
    found = next((line.id for line in payments.lines(session, batch_id) if line.n == n), None)
    if found is None:
        raise NotFound("line")
    return str(found)


def _carry_on(batch_id: str, actor: Actor) -> int:
    """Carry on everything that is paid, tell what stood against a case, and return against how many."""
    carried = carry_on(batch_id, actor, most=None)
    for message in carried.problems:
        say(f"{message.zh}\n  {message.en}", err=True)
    return carried.refused
