"""A token for a user name and password, throttled exactly as the sign-in page is."""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from web import signins
from web.access import PUBLIC, access
from web.db import abandon, now, reading, writing
from workflow import people
from workflow.errors import BangfuError, NotYours, Refused, one
from workflow.records import Account, ApiToken

from . import blueprint, models
from .answers import answer
from .bodies import read
from .marks import speaks

HOURS = 12


class WrongPassword(BangfuError):
    """The name is unknown, the password is wrong or the account is disabled: the three look the same."""

    status = 401

    def __init__(self) -> None:
        super().__init__(one("WRONG_PASSWORD", "账号或密码不对", "Wrong user name or password"))


class TooOften(BangfuError):
    """Tried too often; the sentence says how long to wait."""

    status = 429


@blueprint.post("/tokens")
@access(PUBLIC)
@speaks(takes=models.Credentials, gives=models.Token, status=201, problems=(401, 403, 429))
def new_token() -> ResponseReturnValue:
    """Sign in for twelve hours."""
    wanted = read(models.Credentials)
    username, address = wanted.username.strip(), request.remote_addr or ""
    abandon()                        # a password takes a fifth of a second to verify: nobody waits for it
    with reading() as own:
        try:
            people.attempt(own, username, address, now())
        except Refused as wait:
            raise TooOften(wait.messages) from None
        account = own.scalar(select(Account).where(Account.username == username))
    good = people.verify(account.password_hash if account else None, wanted.password)
    if account is None or not good or account.status != "active":
        with writing() as own:
            people.failed(own, username, address, now())
        raise WrongPassword
    if account.must_change:
        raise NotYours(one("CHANGE_PASSWORD", "这是一次性密码，请先在网页上换成您自己的密码",
                           "This is a one-time password; change it on the web page first"))
    with writing() as own:
        people.succeeded(own, username, address, now())
        token = models.Token(token=secrets.token_urlsafe(32), expires_at=now() + timedelta(hours=HOURS))
        own.add(ApiToken(token_hash=signins.hash_of(token.token), account_id=account.id, created_at=now(),
                         expires_at=token.expires_at, revoked_at=None))
    return answer(token, 201)
