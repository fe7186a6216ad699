"""`flask retention …`: what has been kept for as long as its programme says, and removing its personal data."""

from __future__ import annotations

import sys
from datetime import datetime

import click

from web.db import database, local, now, reading, writing
from workflow import db, engine, queries
from workflow.actors import COMMAND
from workflow.engine import erasing
from workflow.errors import BangfuError

from .sentences import Group, say

group = Group("retention", help="保存期限 · personal data whose time is over")


@group.command("list")
def listing() -> None:
    """List how many cases of each programme are due, and since when the first of them has been over."""
    with reading() as session:
        rows = queries.due_by_programme(session, COMMAND, now())
    for definition, count, first in rows:
        say(f"{definition.key} v{definition.version}\t{definition.title.zh}\t{definition.retention}\t{count}\t{local(first):%Y-%m-%d}")
    total = sum(count for _definition, count, _first in rows)
    say(f"保存期限届满 {total} 件 · {total} cases are due")


@group.command("erase")
@click.option("--reason", required=True, help="on what grounds; it stands in every case's history")
@click.option("--dry-run", is_flag=True, help="say what would be done, and do nothing")
@click.option("--limit", type=click.IntRange(1), help="at most so many cases")
def erase(reason: str, dry_run: bool, limit: int | None) -> None:
    """Remove the personal data of every case that is due, each in a transaction of its own. May be broken off and run again."""
    at = now()
    if dry_run:
        for row in _due(at, limit):
            say(f"{row.number or row.case_id}\t{row.definition.key}\t{local(row.ended_at):%Y-%m-%d}\t{row.blocked.zh if row.blocked else ''}")
        say("没有删除任何内容 · Nothing was removed")
        return
    rows, done, refused = _due(at, limit), 0, []
    with reading() as session:
        left, shelf = erasing.finish(session), session.info["store"]
    with click.progressbar(rows, label="删除 erasing", file=sys.stderr) as bar:
        for row in bar:
            try:
                with writing() as session:
                    erased = engine.erase(session, row.case_id, COMMAND, at, reason=reason)
            except BangfuError as refusal:
                refused.append((row, refusal.messages))
            else:
                erasing.remove(shelf, erased.files)
                done += 1
    for row, messages in refused:
        for message in messages:
            say(f"{row.number or row.case_id}\t{message.zh}\n  {message.en}", err=True)
    if left:
        say(f"补删了上次中断留下的 {left} 个文件 · Removed {left} files a broken run had left")
    say(f"已删除 {done} 件的个人信息，{len(refused)} 件未删除 · Erased {done} cases, {len(refused)} were refused")
    if db.compact(database().engine):
        say("数据库文件已整理，删除的内容不再留在其中；备份请按各自期限销毁 · The database file was written anew; let backups expire")
    else:
        say("PostgreSQL 会自行回收；如需立即清除，请在维护时间运行 VACUUM FULL · PostgreSQL reclaims the space; VACUUM FULL does it at once")
    if refused:
        click.get_current_context().exit(1)


def _due(at: datetime, limit: int | None) -> list[queries.Due]:
    """Everything that is due, a page at a time."""
    rows: list[queries.Due] = []
    after: str | None = None
    with reading() as session:
        while limit is None or len(rows) < limit:
            page = queries.due(session, COMMAND, at, limit=500, after=after)
            rows += page.rows
            after = page.next
            if after is None:
                break
    return rows[:limit]
