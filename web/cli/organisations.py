"""`flask orgs …`: the tree of unions."""

from __future__ import annotations

import click
from sqlalchemy import select

from web.db import now, writing
from workflow import organisations
from workflow.actors import COMMAND
from workflow.errors import Refused, one
from workflow.records import Organisation
from workflow.records.organisations import LEVELS

from .sentences import Group, say

group = Group("orgs", help="工会组织 · the tree of unions")


@group.command("add")
@click.argument("code")
@click.argument("name")
@click.option("--level", type=click.Choice(LEVELS), required=True)
@click.option("--parent", help="code of the organisation above")
@click.option("--region", default="", help="行政区划代码, picks the regional figures; the parent's where left out")
@click.option("--phone", default="", help="the office's public line")
def add(code: str, name: str, level: str, parent: str | None, region: str, phone: str) -> None:
    """Add one union below another."""
    with writing() as session:
        above = session.scalar(select(Organisation).where(Organisation.code == parent)) if parent else None
        if parent and above is None:
            raise Refused(one("NO_ORG", f"没有代码为 {parent} 的组织", f"There is no organisation {parent}"))
        organisations.add(session, code, name, level, above.id if above else None, now(), COMMAND,
                          region=region or (above.region if above else ""), phone=phone)
    say(f"已登记 {name}（{code}） · Added {code}")
