"""Who may open which page. Every view says so; a view that does not is refused before it runs.

    @blueprint.get("/tasks")
    @access(DECIDERS)
    def queue(): …

This is the door of the building, not of the case: which case, which step and which button is judged by the engine for
every single call. An auditor reads everything and changes nothing, whatever other post they hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, current_app, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow.actors import Actor
from workflow.errors import BangfuError, NotYours, one
from workflow.figures import READERS as FIGURE_READERS
from workflow.imports import READERS as IMPORTERS
from workflow.language.roles import roles as known
from workflow.money import READERS
from workflow.payments.reading import READERS as PAYERS
from workflow.register import READERS as KEPT_BY

from .db import SAFE
from .signins import User, signed_in

View = TypeVar("View", bound=Callable[..., object])

PUBLIC = "public"                    # anyone, signed in or not
SIGNED_IN = "signed_in"              # any account
STAFF = ("staff",)                   # holds any post today
DECIDERS = ("decider",)              # holds a post that can be asked to decide


class SignInFirst(BangfuError):
    """Nobody is signed in, or the session has ended."""

    status = 401

    def __init__(self) -> None:
        super().__init__(one("SIGN_IN_FIRST", "请先登录；长时间没有操作会自动退出", "Please sign in; idle sessions end by themselves"))


def access(*who: str | tuple[str, ...]) -> Callable[[View], View]:
    """Mark a view with who may open it: `"public"`, `"signed_in"`, `STAFF`, `DECIDERS` or names of roles.

    `"applicant"` is every signed-in person: an officer may apply for themselves too.
    """
    words = frozenset(word for item in who for word in ((item,) if isinstance(item, str) else item))

    def mark(view: View) -> View:
        view.access = words  # type: ignore[attr-defined]
        return view
    return mark


def connect(app: Flask) -> None:
    access(PUBLIC)(app.view_functions["static"])
    app.before_request(_guard)


def actor() -> Actor | None:
    """The person of this request with the posts they hold today, or None."""
    user = signed_in()
    return user.actor if user else None


def person() -> Actor:
    """As `actor()`, for views that only signed-in people reach."""
    user = signed_in()
    if user is None:
        raise SignInFirst
    return user.actor


def words_of(actor: Actor) -> frozenset[str]:
    """The words of `access` that fit this person."""
    roles = {post.role for post in actor.posts}
    words = roles | {SIGNED_IN, PUBLIC, "applicant"}
    if roles:
        words.add("staff")
    # A role that only a definition names is one that decides; roles.yaml says it of its own.
    if any(role not in known() or known()[role].decides for role in roles):
        words.add("decider")
    if roles & READERS:
        words.add("funds")
    if roles & IMPORTERS:
        words.add("importer")
    if roles & PAYERS:
        words.add("payments")
    if roles & KEPT_BY:
        words.add("register")
    if roles & FIGURE_READERS:
        words.add("figures")
    return frozenset(words)


def _guard() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None
    view = current_app.view_functions[request.endpoint]
    declared = getattr(view, "access", None)
    if declared is None:
        raise NotYours(one("UNDECLARED", "这个页面没有声明谁可以打开，已关闭", "This page does not say who may open it; it stays closed"))
    if PUBLIC in declared:
        # Sign-in itself verifies a password and must not do so inside a transaction.
        if request.blueprint != "account" or request.method in SAFE:
            _auditors_only_read(declared, signed_in())
        return None
    user = signed_in()
    if user is None:
        if request.path.startswith("/api/") or request.method not in SAFE:
            raise SignInFirst
        return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")), 303)
    g.declared = declared
    if not declared & words_of(user.actor):
        raise NotYours(one("WRONG_ROLE", "您现在的岗位不能打开这个页面", "The posts you hold today do not open this page"))
    _auditors_only_read(declared, user)
    if user.must_change and user.key_hash and request.blueprint != "account":
        flash(_("这是一次性密码，请先换成您自己的密码"))
        return redirect(url_for("account.password"), 303)
    return None


def _auditors_only_read(declared: frozenset[str], user: User | None) -> None:
    """Their own exports and checks, marked with the role itself, and their own account are all an auditor may POST."""
    if user is None or request.method in SAFE or not user.actor.holds("auditor"):
        return
    if "auditor" not in declared and request.blueprint != "account":
        raise NotYours(one("AUDITOR_READS", "经审岗位只能查阅，不能办理", "An auditor reads and cannot act"))
