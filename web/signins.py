"""Who is signed in: a row per browser, a random key in its cookie, nothing else.

The row keeps only the SHA-256 of the key, so a stolen database opens no session. A row that is gone ends the session at
once: signing out, a changed password, a disabled account. Flask-Login asks here and gives us `current_user`.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, current_app, g, request
from flask import session as cookie
from flask_login import LoginManager, UserMixin, current_user, login_user
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from workflow import people
from workflow.actors import Actor
from workflow.errors import Busy, NotFound
from workflow.records import Account, ApiToken, SignIn

from .db import abandon, local, now, session, writing

TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class User(UserMixin):
    """The account behind this request, as a value: it outlives the session it was read in."""

    id: int
    username: str
    person_id: str
    name: str
    actor: Actor
    settings: Mapping[str, Any]
    must_change: bool
    key_hash: bytes | None           # of the browser session; None: an API token

    def get_id(self) -> str:
        return str(self.id)

    @property
    def lang(self) -> str | None:
        return self.settings.get("lang")

    @property
    def shortcuts(self) -> bool:
        return bool(self.settings.get("shortcuts", True))

    @property
    def phrases(self) -> list[str]:
        return list(self.settings.get("phrases", ()))


class _Key(UserMixin):
    """What Flask-Login writes into the cookie at sign-in."""

    def __init__(self, key: str) -> None:
        self.key = key

    def get_id(self) -> str:
        return self.key


def connect(app: Flask) -> None:
    manager = LoginManager(app)
    # Its own protection compares address and browser, which change behind proxies and on phones.
    manager.session_protection = None
    manager.user_loader(_by_cookie)
    manager.request_loader(_by_token)
    app.after_request(_touch)


def open_row(session: Session, account_id: int, now: datetime) -> str:
    """Add a browser session and return its key, which is nowhere else. Ended ones are swept out by the way."""
    key = secrets.token_urlsafe(32)
    session.execute(delete(SignIn).where(SignIn.created_at < now - _absolute()))
    session.add(SignIn(key_hash=hash_of(key), account_id=account_id, created_at=now, seen_at=now,
                       address=(request.remote_addr or "")[:45], device=request.user_agent.string[:200]))
    return key


def begin(key: str) -> None:
    """Start the browser's session anew: whatever the cookie held before, form tokens included, is dropped."""
    cookie.clear()
    login_user(_Key(key))
    g.pop("_login_user", None)


def end(session: Session, *, key_hash: bytes | None = None, account_id: int | None = None,
        but: bytes | None = None) -> None:
    """End one browser session, or all of an account's except `but`."""
    rows = delete(SignIn)
    if key_hash is not None:
        rows = rows.where(SignIn.key_hash == key_hash)
    if account_id is not None:
        rows = rows.where(SignIn.account_id == account_id)
    if but is not None:
        rows = rows.where(SignIn.key_hash != but)
    session.execute(rows)


def of_account(session: Session, account_id: int, now: datetime) -> list[SignIn]:
    """The browser sessions of an account that are still good, latest first."""
    return list(session.scalars(
        select(SignIn).where(SignIn.account_id == account_id, SignIn.seen_at > now - _idle(),
                             SignIn.created_at > now - _absolute()).order_by(SignIn.seen_at.desc())))


def _by_cookie(key: str) -> User | None:
    # The API takes tokens only: a page on another site must not be able to use the browser's cookie there.
    if request.path.startswith("/api/"):
        return None
    row = session().get(SignIn, hash_of(key))
    if row is None or row.seen_at <= now() - _idle() or row.created_at <= now() - _absolute():
        return None
    g.seen_at = row.seen_at
    return _user(row.account_id, "page", row.key_hash)


def _by_token(_request: object) -> User | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if not request.path.startswith("/api/") or scheme.lower() != "bearer" or not token:
        return None
    row = session().scalar(select(ApiToken).where(ApiToken.token_hash == hash_of(token.strip())))
    if row is None or row.revoked_at is not None or row.expires_at <= now():
        return None
    return _user(row.account_id, "api", None)


def _user(account_id: int, via: Any, key_hash: bytes | None) -> User | None:
    try:
        actor = people.actor_of(session(), account_id, local(now()).date(), via)
    except NotFound:                 # disabled since
        return None
    account = session().get_one(Account, account_id)
    return User(account.id, account.username, account.person_id, actor.name, actor, dict(account.settings or {}),
                account.must_change, key_hash)


def _touch(response: Any) -> Any:
    """Note that the session is in use, at most once a minute and in a transaction of its own: a GET writes nothing."""
    user, seen_at = g.get("_login_user"), g.pop("seen_at", None)
    if seen_at is None or now() - seen_at < TOUCH_EVERY or not isinstance(user, User):
        return response
    abandon()
    try:
        with writing() as own:
            row = own.get(SignIn, user.key_hash)
            if row is not None:
                row.seen_at = now()
    except Busy:
        current_app.logger.info("sign-in not touched: the database is busy")   # the next page does it
    return response


def hash_of(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _idle() -> timedelta:
    return timedelta(minutes=current_app.config["SESSION_IDLE_MINUTES"])


def _absolute() -> timedelta:
    return timedelta(hours=current_app.config["SESSION_HOURS"])


def signed_in() -> User | None:
    """The account behind this request, or None."""
    user = current_user._get_current_object()
    return user if isinstance(user, User) else None
