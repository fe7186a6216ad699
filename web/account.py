"""Signing in and out, one's own password, one's own settings and one's own open sessions.

A password is verified outside any transaction: it takes a fifth of a second, and nobody else should wait for it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from workflow import people
from workflow.errors import NotFound, Refused
from workflow.records import Account, SignIn

from . import language, signins
from .access import PUBLIC, SIGNED_IN, access
from .db import abandon, now, reading, session, writing
from .signins import User, signed_in

blueprint = Blueprint("account", __name__)
PHRASES, PHRASE_LENGTH = 12, 100


@blueprint.get("/sign-in")
@access(PUBLIC)
def sign_in() -> ResponseReturnValue:
    if signed_in():
        return redirect(_way(request.args.get("next")), 303)
    return render_template("account/sign_in.html", next=request.args.get("next", ""))


@blueprint.post("/sign-in")
@access(PUBLIC)
def sign_in_now() -> ResponseReturnValue:
    username, password = request.form.get("username", "").strip().lower()[:64], request.form.get("password", "")[:200]
    address = request.remote_addr or ""
    try:
        with reading() as own:
            people.attempt(own, username, address, now())
            account = own.scalar(select(Account).where(Account.username == username))
    except Refused as wait:
        return _again(username, wait.messages[0].text(language.lang()), 429)
    good = people.verify(account.password_hash if account else None, password)
    if account is None or not good or account.status != "active":
        with writing() as own:
            people.failed(own, username, address, now())
        return _again(username, _("账号或密码不对。忘了密码请联系本单位的系统管理员"), 422)
    with writing() as own:
        people.succeeded(own, username, address, now())
        _end_old(own)
        key = signins.open_row(own, account.id, now())
    signins.begin(key)
    response = redirect(_way(request.form.get("next")), 303)
    language.remember(response, {k: v for k, v in (account.settings or {}).items() if isinstance(v, str)})
    return response


@blueprint.post("/sign-out")
@access(SIGNED_IN)
def sign_out() -> ResponseReturnValue:
    signins.end(session(), key_hash=_me().key_hash)
    cookie.clear()
    g.pop("_login_user", None)
    response = redirect(url_for(".sign_in"), 303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@blueprint.get("/settings")
@access(SIGNED_IN)
def settings() -> ResponseReturnValue:
    me = _me()
    return render_template("account/settings.html", sessions=signins.of_account(session(), me.id, now()),
                           phrases=me.phrases, limit=PHRASES)


@blueprint.post("/settings")
@access(SIGNED_IN)
def save_settings() -> ResponseReturnValue:
    chosen: dict[str, Any] = {name: request.form[name] for name, known in language.CHOICES.items()
                              if request.form.get(name) in known}
    lines = (line.strip() for line in request.form.get("phrases", "").splitlines())
    chosen["phrases"] = [line[:PHRASE_LENGTH] for line in lines if line][:PHRASES]
    chosen["shortcuts"] = "shortcuts" in request.form
    account = session().get_one(Account, _me().id)
    account.settings = {**(account.settings or {}), **chosen}
    flash(_("设置已保存"))
    response = redirect(url_for(".settings"), 303)
    language.remember(response, {name: str(chosen[name]) for name in language.CHOICES if name in chosen})
    return response


@blueprint.get("/settings/password")
@access(SIGNED_IN)
def password() -> ResponseReturnValue:
    return render_template("account/password.html", faults={})


@blueprint.post("/settings/password")
@access(SIGNED_IN)
def change_password() -> ResponseReturnValue:
    me = _me()
    abandon()
    old, new, again = (request.form.get(name, "")[:200] for name in ("old", "new", "again"))
    faults = {}
    with reading() as own:
        people.attempt(own, me.username, request.remote_addr or "", now())
        stored = own.get_one(Account, me.id).password_hash
    if not people.verify(stored, old):
        with writing() as own:
            people.failed(own, me.username, request.remote_addr or "", now())
        faults["old"] = _("现在的密码不对")
    if new != again:
        faults["again"] = _("两次输入的新密码不一样")
    try:
        people.check_password(new, me.username)
    except Refused as refused:
        faults["new"] = refused.messages[0].text(language.lang())
    if old == new:
        faults.setdefault("new", _("新密码不能和现在的一样"))
    if faults:
        return render_template("account/password.html", faults=faults), 422
    hashed = people.hash_password(new)
    with writing() as own:
        people.set_password(own, me.id, hashed, actor=me.actor, now=now())
        # That ended every session, this one too: whoever knew the old password is out. This browser gets a new key.
        key = signins.open_row(own, me.id, now())
    signins.begin(key)
    flash(_("密码已更换，其他设备上的登录已全部退出"))
    return redirect(url_for(".settings"), 303)


@blueprint.post("/settings/sessions/end")
@access(SIGNED_IN)
def end_sessions() -> ResponseReturnValue:
    """End one session of mine, named by the digest of its key, or all but this one."""
    me, which = _me(), request.form.get("session", "")
    if which == "others":
        signins.end(session(), account_id=me.id, but=me.key_hash)
    else:
        row = session().get(SignIn, bytes.fromhex(which) if len(which) == 64 and which.isalnum() else b"")
        if row is None or row.account_id != me.id:
            raise NotFound("session")
        session().delete(row)
    flash(_("已退出"))
    return redirect(url_for(".settings"), 303)


def _again(username: str, fault: str, status: int) -> ResponseReturnValue:
    page = render_template("account/sign_in.html", username=username, fault=fault, next=request.form.get("next", ""))
    return page, status


def _me() -> User:
    me = signed_in()
    assert me is not None            # every view here but sign-in is for signed-in people
    return me


def _end_old(own: Any) -> None:
    """A browser that signs in again leaves no open session behind."""
    old = cookie.get("_user_id")
    if isinstance(old, str):
        signins.end(own, key_hash=signins.hash_of(old))


def _way(wanted: str | None) -> str:
    """Where to after signing in: a path of this site, or the person's own first page."""
    if wanted and wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable():
        parts = urlsplit(wanted)
        if not parts.scheme and not parts.netloc and "\\" not in wanted:
            return wanted
    return url_for("home.index")


from . import away, handing_over  # noqa: E402,F401
