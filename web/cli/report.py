"""`flask report KIND`: statistics of a period. `work` prints the sentences of the work report, `grants` the figures behind them."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from datetime import date, datetime

import click
import orjson

from web.db import local, now, reading
from workflow.actors import COMMAND
from workflow.reports import Count, counts, measures
from workflow.spreadsheets import workbook

from .sentences import Group, say

group = Group("report", help="统计报表 · what was granted in a period, counted as each programme says")
_DAY = click.DateTime(formats=["%Y-%m-%d"])


def _period(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
            click.option("--format", "form", type=click.Choice(("text", "json", "csv", "xlsx")), default="text", show_default=True),
            click.option("--org", "code", help="code of an organisation: it and all below; everything where left out"),
            click.option("--to", "last", type=_DAY, help="last day; today where left out"),
            click.option("--from", "first", type=_DAY, help="first day, such as 2026-01-01; the year's first where left out")):
        command = option(command)
    return command


@group.command("work")
@_period
def work(first: datetime | None, last: datetime | None, code: str | None, form: str) -> None:
    """Print the sentences of the work report 工作报告."""
    found = _counts(first, last, code)
    if form != "text":
        _figures(found, form)
    for row in found if form == "text" else ():
        say(row.sentence.zh)


@group.command("grants")
@_period
def grants(first: datetime | None, last: datetime | None, code: str | None, form: str) -> None:
    """Print the figures; kinds of value are never added together."""
    _figures(_counts(first, last, code), form)


def _counts(first: datetime | None, last: datetime | None, code: str | None) -> list[Count]:
    end = last.date() if last else local(now()).date()
    with reading() as session:
        return counts(session, COMMAND, first.date() if first else date(end.year, 1, 1), end, code)


def _figures(found: list[Count], form: str) -> None:
    lines = [measures.headings("zh"), *measures.table(found, "zh")]
    if form == "json":
        say(orjson.dumps(measures.plain(found), option=orjson.OPT_INDENT_2).decode())
    elif form == "csv":
        csv.writer(sys.stdout).writerows(lines)
    elif form == "xlsx":
        sys.stdout.buffer.write(workbook(lines[0], lines[1:], measures.WIDTHS, "grants"))
    else:
        for line in lines:
            say("\t".join(line))
