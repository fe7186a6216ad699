"""`flask accounts …`: people who sign in, and tokens for programs."""

from __future__ import annotations

import secrets
from datetime import timedelta

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from web.db import local, now, reading, writing
from web.signins import hash_of
from workflow import people
from workflow.actors import COMMAND
from workflow.errors import NotFound, Refused, one
from workflow.records import Account, ApiToken, Organisation

from .sentences import Group, say

group = Group("accounts", help="账号 · accounts and API tokens")


@group.command("add")
@click.argument("username")
@click.option("--role", required=True, help="applicant agent grassroots township county_handler … admin")
@click.option("--org", "code", required=True, help="code of the organisation")
@click.option("--name", help="the person's name; the user name where left out")
@click.option("--id-no", help="identity number; a person in the register with it is used")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, envvar="BANGFU_PASSWORD",
              help="asked for where left out")
def add(username: str, role: str, code: str, name: str | None, id_no: str | None, password: str) -> None:
    """Open an account for somebody and appoint them to a role. An applicant needs no appointment."""
    people.check_password(password, username)
    hashed = people.hash_password(password)
    with writing() as session:
        organisation = session.scalar(select(Organisation).where(Organisation.code == code))
        if organisation is None:
            raise Refused(one("NO_ORG", f"没有代码为 {code} 的组织，请先用 flask orgs add 登记",
                              f"There is no organisation {code}; add it with flask orgs add"))
        known = people.find(session, id_no) if id_no else None
        person = known or people.add_person(session, now(), COMMAND, name or username, id_no=id_no, union_id=organisation.id)
        people.add_account(session, person.id, username, hashed, actor=COMMAND, now=now())
        if role != "applicant":
            people.appoint(session, person.id, role, organisation.id, local(now()).date(), None, actor=COMMAND, now=now())
        where = organisation.name
    say(f"已开通账号 {username}（{role}，{where}） · Added {username}")


@group.command("token")
@click.argument("username")
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True)
def token(username: str, days: int) -> None:
    """Print a new API token; it is shown this once."""
    text = secrets.token_urlsafe(32)
    with writing() as session:
        account = _account(session, username)
        if account.status != "active":
            raise Refused(one("DISABLED", f"账号 {username} 已停用", f"The account {username} is disabled"))
        session.add(ApiToken(token_hash=hash_of(text), account_id=account.id, created_at=now(),
                             expires_at=now() + timedelta(days=days), revoked_at=None))
    say(text)


@group.command("disable")
@click.argument("username")
def disable(username: str) -> None:
    """Close an account and end its sessions and tokens at once."""
    with writing() as session:
        people.set_status(session, _account(session, username).id, "disabled", COMMAND, now())
    say(f"账号 {username} 已停用，登录和令牌已全部失效 · Disabled {username}")


@group.command("list")
def accounts() -> None:
    """List every account."""
    with reading() as session:
        for account in session.scalars(select(Account).order_by(Account.username)):
            say(f"{account.username}\t{account.status}")


def _account(session: Session, username: str) -> Account:
    account = session.scalar(select(Account).where(Account.username == username.strip().lower()))
    if account is None:
        raise NotFound("account")
    return account
