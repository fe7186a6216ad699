"""`flask demo load`: the demo county."""

from __future__ import annotations

import sys
from typing import Any

import click
from flask import current_app

from web.db import database, now

from .audit import origin
from .sentences import Group, say

group = Group("demo", help="演示数据 · the demo county")


@group.command("load")
def load() -> None:
    """Load the demo county; a second time changes nothing."""
    from web import demo  # invents people and draws pictures: imported only by who wants them

    sessions = database().sessions
    done = demo.load(sessions, sessions.kw["info"]["store"], now(), _progress, origin=origin(None),
                     definitions=current_app.config["DEFINITIONS"])
    told = "演示县已载入 · The demo county is loaded" if done.fresh else "演示县已在库中，没有变化 · The demo county is there already"
    say(f"{told} ({sum(done.cases.values())} 件 cases, {done.events} 步 events)")


def _progress(label: str, length: int) -> Any:
    return click.progressbar(length=length, label=label, file=sys.stderr)
