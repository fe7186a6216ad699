"""Who a command acts for: an account named with --as, under the same duties and the same scope as on the pages."""

from __future__ import annotations

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from web.db import local, now
from workflow import people
from workflow.actors import Actor
from workflow.errors import NotFound, NotYours, one
from workflow.records import Account

AS = click.option("--as", "username", required=True, help="the account that does this")


def looking(session: Session, username: str) -> Actor:
    """Return whoever reads. Raises `NotFound` where no active account has this name."""
    account = session.scalar(select(Account.id).where(Account.username == username.strip().lower(), Account.status == "active"))
    if account is None:
        raise NotFound("account")
    return people.actor_of(session, account, local(now()).date()).through("command")


def acting(session: Session, username: str) -> Actor:
    """Return whoever changes something. Raises `NotFound`, and `NotYours` for an auditor, who reads and cannot act."""
    actor = looking(session, username)
    if actor.holds("auditor"):
        raise NotYours(one("AUDITOR_READS", "经审岗位只能查阅，不能办理", "An auditor reads and cannot act"))
    return actor
