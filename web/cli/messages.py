"""`flask messages …`: send what is due now, list what waits or did not arrive, and try a channel."""

from __future__ import annotations

import click

from web.db import database, local, now, reading
from workflow import ids, queries
from workflow.errors import Refused, one
from workflow.notifications.letters import Letter, Undelivered
from workflow.notifications.outbox import PERSONAL
from workflow.notifications.sending import send_due
from workflow.notifications.sentences import CHANNELS, title

from .sentences import Group, say

group = Group("messages", help="消息发送 · messages: mail, SMS and robots")


@group.command("send")
def send() -> None:
    """Send once what is due; `flask timers run` does so by itself."""
    house = database()
    if not house.channels.names:
        say("没有配置对外渠道（BANGFU_CHANNELS），消息只在站内 · No channels are set (BANGFU_CHANNELS); messages stay in the inbox")
    done = send_due(house.sessions, now(), house.channels)
    say(f"发出 {done.sent} 条，未成功 {done.failed} 条，未送达 {done.dead} 条，不需发送 {done.skipped} 条 · "
        f"Sent {done.sent}, put off {done.failed}, given up {done.dead}, skipped {done.skipped}")


@group.command("list")
@click.option("--dead", is_flag=True, help="only what was given up")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
def listing(dead: bool, limit: int) -> None:
    """List what waits and what did not arrive, without names."""
    with reading() as session:
        board = queries.outbox(session, now(), limit=limit)
    for row in (*board.dead, *(() if dead else board.waiting)):
        say(f"{'未送达 given up' if row.status == 'dead' else '等待 waiting'}\t{row.message_id}.{row.channel}\t{title(row.kind, 'zh')}\t{row.number or '—'}\t"
            f"{local(row.due_at):%Y-%m-%d %H:%M}\t{row.attempts}\t{row.error or ''}")
    for channel, waiting, sent, skipped, lost in board.counts:
        say(f"{' '.join(CHANNELS[channel])}\t等待 {waiting}，七天内发出 {sent}，不需发送 {skipped}，未送达 {lost} · "
            f"{waiting} waiting, {sent} sent in seven days, {skipped} skipped, {lost} given up")


@group.command("test")
@click.argument("channel")
@click.argument("to", default="")
def test(channel: str, to: str) -> None:
    """Send one line through CHANNEL, to an address of yours where it needs one."""
    ways = database().channels
    if channel not in ways.names:
        known = ", ".join(ways.names) or "—"
        raise Refused(one("NO_CHANNEL", f"没有配置“{channel}”，已配置：{known}", f"There is no channel {channel!r}; set are: {known}"))
    if channel in PERSONAL and not to:
        raise Refused(one("NO_ADDRESS", "请写明发到哪个邮箱或手机号", "Say which address or number it goes to"))
    key = f"{ids.new(now())}.{channel}"
    text = f"【{ways.union}】测试消息，收到即表示渠道可用。 A test; the channel works.（{key}）"
    try:
        ways.by_name[channel].send(Letter(key, to, f"【{ways.union}】测试 · Test", text, now()))
    except Undelivered as error:
        raise Refused(one("NOT_DELIVERED", f"没有发出去：{error}", f"Not delivered: {error}")) from None
    say(f"已发出 {key} · Sent {key}")
