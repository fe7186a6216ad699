"""`flask db …`: the schema. Needs no secrets."""

from __future__ import annotations

import click
from flask import current_app

from workflow import db

from .sentences import Group, say

group = Group("db", help="数据库结构 · the schema")


@group.command("upgrade")
def upgrade() -> None:
    """Bring the database up to date; nothing happens where it is."""
    db.upgrade(current_app.config["DATABASE_URL"])
    say("数据库结构已是最新 · The schema is up to date")


@group.command("check")
def check() -> None:
    """Compare the database with the models; exit 1 where they differ."""
    differences = db.check(current_app.config["DATABASE_URL"])
    for line in differences:
        say(line)
    if differences:
        click.get_current_context().exit(1)
    say("数据库结构与程序一致 · The schema matches the models")
