"""What every answer and every POST has in common: headers, form tokens, where a request may come from, how large it is."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, request
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from workflow.errors import BangfuError, one

from .db import SAFE

CONTENT_POLICY = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob: data:", "connect-src 'self'",
    "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"))
FILES_AT_ONCE = 3                    # as many of the largest size in one form
csrf = CSRFProtect()


class Unstorable(BangfuError):
    """The request holds the one character that PostgreSQL stores nowhere; no keyboard types it."""

    status = 400

    def __init__(self) -> None:
        super().__init__(one("UNSTORABLE", "内容里有不能使用的字符（空字符），没有写入；请删除后再提交",
                             "There is a character that cannot be used (NUL) and nothing was written; remove it and send it again"))


class Foreign(BangfuError):
    """The browser says that another site sent this form."""

    status = 403

    def __init__(self) -> None:
        super().__init__(one("FOREIGN", "这个请求来自别的网站，没有执行；请回到本站页面再操作",
                             "This request came from another site and was not carried out; use the pages of this one"))


def connect(app: Flask) -> None:
    config = app.config
    config.update(
        SESSION_COOKIE_NAME="__Host-bangfu" if config["HTTPS"] else "bangfu",
        SESSION_COOKIE_SECURE=config["HTTPS"], SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax",
        # Valid as long as the session: somebody filling in a form takes the time they need.
        WTF_CSRF_TIME_LIMIT=None,
        # Referer is stripped by proxies and phone apps; Sec-Fetch-Site and Origin say the same and are checked below.
        WTF_CSRF_SSL_STRICT=False,
        MAX_CONTENT_LENGTH=config["UPLOAD_MB"] * 1024 * 1024, MAX_FORM_MEMORY_SIZE=1024 * 1024, MAX_FORM_PARTS=2000)
    if config["ORIGIN"]:
        config["TRUSTED_HOSTS"] = [urlsplit(config["ORIGIN"]).hostname]
    hops = config["TRUSTED_PROXIES"]
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.before_request(_several_files)
    app.before_request(_same_site)
    csrf.init_app(app)
    app.before_request(_storable)
    app.after_request(_headers)


def _several_files() -> None:
    """The forms of a case carry several photos at once. Each is judged by itself, so that one that is too large costs neither
    the others nor what was typed; only a body beyond all measure is refused unread."""
    if "case_id" in (request.view_args or {}):
        request.max_content_length = FILES_AT_ONCE * int(current_app.config["MAX_CONTENT_LENGTH"])


def _same_site() -> None:
    if request.method in SAFE or request.path.startswith("/api/"):
        return
    ours = current_app.config["ORIGIN"] or request.host_url.rstrip("/")
    origin = request.headers.get("Origin", ours)
    # A browser that hides where a form comes from says "null"; then Sec-Fetch-Site and the form token decide.
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none") or origin not in (ours, "null"):
        raise Foreign


def _storable() -> None:
    """Refused here once instead of at every parameter. The bodies of the API are read and judged by the API."""
    given = [request.path, *request.args.values()]
    if not request.path.startswith("/api/"):
        given += [text for pair in request.form.items(multi=True) for text in pair]
    if any("\0" in text for text in given):
        raise Unstorable


def _headers(response: Any) -> Any:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(), microphone=(), payment=()")
    if current_app.config["HTTPS"]:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint == "static" and response.status_code == 200 and "v" in request.args:
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    elif request.endpoint != "static":
        # Pages hold people's data and the computer in the union's office is shared.
        headers["Cache-Control"] = "no-store"
        headers.add("Vary", "Cookie")
    return response
