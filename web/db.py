"""One session a request, one transaction a request.

A GET reads in one snapshot; anything else holds the write lock from its first `session()` to the end of the view.
An answer below 400 commits, before it leaves; an exception or an answer of 400 and above rolls back. A view that keeps
what was typed although it answers 422 says `keep()`. Password hashing and file work happen outside: such views open
short transactions of their own with `reading()` and `writing()`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from typing import Any, cast

from flask import Flask, current_app, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from workflow import db
from workflow.attachments import Store
from workflow.errors import BangfuError, one
from workflow.notifications import channels
from workflow.privacy import Vault

from .settings import Unset, data_key, unreadable_channels

SAFE = ("GET", "HEAD", "OPTIONS")


class Unconfirmed(BangfuError):
    """The connection broke while the commit was under way: it may have happened. Never called a failure."""

    status = 503

    def __init__(self) -> None:
        super().__init__(one("UNCONFIRMED", "结果确认中：网络在提交时中断，请打开此件看是否已经办好，不要重复提交",
                             "We cannot tell yet whether this went through; open the case and look before sending it again"))


class Database:
    """The engine and the session factory of one application, opened at first use or at the start of a server."""

    def __init__(self, config: dict[str, Any]) -> None:
        if config["UNSET"]:
            raise Unset(config["UNSET"])
        self.engine: Engine = db.make_engine(config["DATABASE_URL"])
        vault = Vault(data_key(config))
        try:
            self.channels = channels.read(config["CHANNELS"], hosts=config["WEBHOOK_HOSTS"], quiet=config["QUIET_HOURS"], union=config["UNION"],
                                          origin=config["ORIGIN"])
        except channels.Unreadable as fault:
            raise Unset(unreadable_channels(fault)) from None
        self.sessions: sessionmaker[Session] = db.make_sessions(self.engine, vault, Store(config["UPLOADS"], vault), self.channels.outside)


def database(app: Flask | None = None) -> Database:
    app = app or current_app._get_current_object()
    if "bangfu" not in app.extensions:
        app.extensions["bangfu"] = Database(app.config)
    return cast(Database, app.extensions["bangfu"])


def reading() -> AbstractContextManager[Session]:
    """A transaction of its own that only reads."""
    return db.reading(database().sessions)


def writing() -> AbstractContextManager[Session]:
    """A transaction of its own that writes. Refused while the request's own write is open: it would wait for itself."""
    if "session" in g and request.method not in SAFE and not g.get("ended"):
        raise RuntimeError("writing() inside the transaction of the request")
    return db.writing(database().sessions)


def session() -> Session:
    """The session of this request. Once the view has ended (an error page is being written) it only reads."""
    if "session" not in g:
        reads = request.method in SAFE or g.get("ended", False)
        g.session = _opened().enter_context(reading() if reads else writing())
    return cast(Session, g.session)


def now() -> datetime:
    """When this request came in, UTC. `CLOCK` in the configuration replaces the clock in tests."""
    if "now" not in g:
        clock: Callable[[], datetime] = current_app.config.get("CLOCK") or (lambda: datetime.now(UTC))
        g.now = clock()
    return cast(datetime, g.now)


def local(moment: datetime) -> datetime:
    """The same moment on the wall clock here."""
    return moment.astimezone(current_app.config["ZONE"])


def keep() -> None:
    """Commit although the answer will be 400 or above: what was typed is saved with its faults."""
    g.keep = True


class OneTransaction(Flask):
    """Flask whose view is one transaction. Error handlers run after it, so a failed commit is an error like any other."""

    def dispatch_request(self) -> ResponseReturnValue:
        answered = False
        try:
            with _opened():
                answer = self.make_response(super().dispatch_request())
                answered = True
                if answer.status_code >= 400 and not g.get("keep"):
                    raise _Undo
        except _Undo:
            pass
        except DBAPIError as error:
            if answered and error.connection_invalidated and request.method not in SAFE:
                raise Unconfirmed from error
            raise
        finally:
            _closed()
        return answer


class _Undo(Exception):
    """Leaves the transaction without committing; the answer is sent all the same."""


def _opened() -> ExitStack:
    if "stack" not in g:
        g.stack = ExitStack()
    return cast(ExitStack, g.stack)


def _closed() -> None:
    g.pop("stack", None)
    g.pop("session", None)
    g.ended = True


def abandon(error: BaseException | None = None) -> None:
    """Roll back what is still open when a request ends: one refused before its view, or an error page that read."""
    stack = g.pop("stack", None)
    if stack is not None:
        stack.__exit__(_Undo, _Undo(), None)
    g.pop("session", None)
