"""`flask figures …`: regional figures and params of programmes, entered by one account and confirmed by another.

A figure is named `dibao`, or `<programme>.<param>`.
"""

from __future__ import annotations

from datetime import datetime

import click
from sqlalchemy import select

from web.db import now, reading, writing
from workflow import figures
from workflow.actors import COMMAND
from workflow.errors import Refused, one
from workflow.records import Organisation

from .acting import AS, acting
from .sentences import Group, say

group = Group("figures", help="标准与参数 · figures of policy that officers enter")
_UNSIGNED = {"ignore_unknown_options": True}      # so that -5 is a value, and refused as one


@group.command("list")
def listing() -> None:
    """List every entry: id, name, organisation, value, first day, document, status, who entered and who decided."""
    with reading() as session:
        for row in figures.listed(session, COMMAND):
            name = f"{row.definition_key}.{row.name}" if row.definition_key else row.name
            say("\t".join([row.id, name, row.organisation, row.value if row.value is not None else f"-{row.withdraws}", str(row.from_on),
                           f"{row.title} {row.document}", row.status, row.proposer, row.decider or ""]))


@group.command("propose", context_settings=_UNSIGNED)
@click.argument("name")
@click.argument("value")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--org", "code", required=True, help="code of the organisation it holds for, with all below it")
@click.option("--title", required=True, help="title of the document")
@click.option("--number", "document", required=True, help="number of the document")
@AS
def propose(name: str, value: str, day: datetime, code: str, title: str, document: str, username: str) -> None:
    """Enter that NAME is VALUE from DAY on. Somebody else confirms."""
    key, _dot, bare = name.rpartition(".")
    with writing() as session:
        place = session.scalar(select(Organisation.id).where(Organisation.code == code))
        if place is None:
            raise Refused(one("NO_ORG", f"没有代码为 {code} 的组织", f"There is no organisation {code}"))
        figure_id = figures.propose(session, place, "param" if key else "region", bare, value, day.date(), title, document,
                                    acting(session, username), now(), key=key)
    say(f"已录入 {figure_id}，等另一人确认 · Entered; another person confirms")


@group.command("confirm")
@click.argument("figure_id", metavar="ID")
@click.option("--decline", is_flag=True, help="turn it down instead")
@AS
def confirm(figure_id: str, decline: bool, username: str) -> None:
    """Confirm what another person has entered."""
    with writing() as session:
        (figures.decline if decline else figures.confirm)(session, figure_id, acting(session, username), now())
    say(f"已处理 {figure_id} · Done")
