"""`flask timers …`: the process that fires what is due, one sweep by hand, what comes next, and going on after a clock went wrong."""

from __future__ import annotations

import logging
import os
import threading
from datetime import UTC, datetime

import click
from flask import current_app
from flask.cli import with_appcontext

from web.db import database, local, now, reading, writing
from workflow import imports, timers
from workflow.actors import COMMAND
from workflow.errors import Refused, one
from workflow.notifications import digest
from workflow.notifications.sending import send_due
from workflow.programmes import by_digest

from .sentences import Group, say

group = Group("timers", help="定时任务 · timers: reminders, escalations, ends of notices and waits")
KINDS = {"remind": "提醒 reminder", "escalate": "升级督办 escalation", "fire": "到期办理 step"}


def jobs() -> tuple[timers.Job, ...]:
    """What the timer process does besides sweeping, all of it safe to do in several processes at once."""
    house = database()
    return (timers.Job("messages", 10, lambda now: send_due(house.sessions, now, house.channels)),
            timers.Job("digests", 300, lambda now: digest.write(house.sessions, now, house.channels)),
            timers.Job("imports", 5, lambda now: imports.forward(house.sessions, now)))


@group.command("run")
@click.option("--with-parent", is_flag=True, hidden=True, help="end when standard input does, as the server's own child")
@with_appcontext
def run(with_parent: bool) -> None:
    """Fire what is due, every few seconds, until stopped. Any number of these may run, on any number of machines."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("bangfu").setLevel(logging.INFO)
    sessions, stopped = database().sessions, threading.Event()
    if with_parent:
        threading.Thread(target=_outlive_nobody, args=(stopped,), daemon=True).start()
    say("定时任务已启动 · The timers are running (Ctrl+C to stop)")
    timers.run(sessions, jobs(), lambda: datetime.now(UTC), stopped=stopped)
    say("定时任务已停止 · The timers have stopped")


@group.command("sweep")
@click.option("--now", "moment", help="pretend it is this time (ISO 8601); a later one than now only in the demo")
def sweep(moment: str | None) -> None:
    """Fire what is due once, and print it."""
    at = _moment(moment) if moment else None
    if at is not None and not current_app.config["DEMO"] and _standing_still():
        raise _paused()                  # a made-up time is no way round a clock that cannot be trusted
    found = timers.sweep(database().sessions, at or now(), watched=at is None)
    if found.paused:
        raise _paused()
    for word, rows in (("已执行 fired", found.fired), ("有异议，暂缓 held", found.held), ("未成功，将重试 failed", found.failed),
                       ("已停放，待处理 set aside", found.parked)):
        for row in rows:
            say(f"{word}\t{row.number or row.case_id}\t{_step(row)}\t{KINDS[row.kind]}\t{local(row.due_at):%Y-%m-%d %H:%M}")
    say(f"执行 {len(found.fired)} 个，暂缓 {len(found.held)} 个，失败 {len(found.failed)} 个，停放 {len(found.parked)} 个 · "
        f"Fired {len(found.fired)}, held {len(found.held)}, failed {len(found.failed)}, set aside {len(found.parked)}")


@group.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
def listing(limit: int) -> None:
    """List what fires next and what was set aside."""
    with reading() as session:
        board = timers.board(session, now(), limit=limit)
    for line in board.next:
        say(f"{local(line.at):%Y-%m-%d %H:%M}\t{line.number or '—'}\t{line.title.zh} {line.state.zh}\t{KINDS[line.kind]}"
            f"{' ' + line.what.zh if line.what else ''}")
    for line in board.parked:
        say(f"已停放 set aside\t{line.number or '—'}\t{line.title.zh} {line.state.zh}\t{KINDS[line.kind]}\t{line.error or ''}")
    swept = f"{local(board.swept_at):%Y-%m-%d %H:%M:%S}" if board.swept_at else "—"
    say(f"等待 {board.due} 个，停放 {len(board.parked)} 个，上次检查 {swept} · "
        f"{board.due} waiting, {len(board.parked)} set aside, last sweep {swept}")
    if board.trouble is not None:
        for message in _paused().messages:
            say(f"{message.zh}\n  {message.en}", err=True)


@group.command("confirm")
def confirm() -> None:
    """Say that the clock of this machine is right, so that timers go on."""
    with writing() as session:
        timers.confirm(session, COMMAND, now())
    say(f"已确认时钟 {local(now()):%Y-%m-%d %H:%M}，定时任务继续 · The clock is confirmed, timers go on")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(one("NOT_A_TIME", f"看不懂时间“{text}”，请写成 2026-06-15T10:00", f"“{text}” is no time; write 2026-06-15T10:00")) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=current_app.config["ZONE"])
    if moment > now() and not current_app.config["DEMO"]:
        raise Refused(one("NOT_YET", "不能把时间拨到以后：那样就能提前结束公示，演示系统（BANGFU_DEMO=1）里才可以",
                          "A later time than now is only for the demo (BANGFU_DEMO=1): it would let somebody end notices early"))
    return moment.astimezone(UTC)


def _outlive_nobody(stopped: threading.Event) -> None:
    """Wait for the end of standard input: a pipe closes however the parent dies, kill -9 included."""
    while os.read(0, 1024):
        pass
    stopped.set()


def _standing_still() -> bool:
    with reading() as session:
        return timers.health(session, now()).stands_still


def _step(row: timers.Fired) -> str:
    with reading() as session:
        state = by_digest(session, row.definition_digest).states.get(row.state)
    return state.label.zh if state else row.state


def _paused() -> Refused:
    return Refused(one("PAUSED", "系统时钟异常，定时任务已暂停：请核对这台机器的时间，无误后运行 flask timers confirm",
                       "The clock went wrong and timers stand still: check the time of this machine, then run flask timers confirm"))
