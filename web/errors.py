"""Where every refusal and every fault becomes a page, or a problem document under /api.

Pages say what happened, what to do next and, for a fault of ours, a number the help desk finds in the log. They never
show a trace.
"""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Any

from flask import Flask, current_app, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException

from workflow.errors import BangfuError, Busy, Message, Stale, one

from . import language
from .access import SignInFirst
from .db import abandon


def connect(app: Flask) -> None:
    app.register_error_handler(BangfuError, _refused)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(Exception, _fault)


def _refused(error: BangfuError) -> ResponseReturnValue:
    if error.status >= 500 and not isinstance(error, Busy):
        current_app.logger.error("incident %s: %s", _incident(), error, exc_info=error)
    return _answer(error.status, error.messages, error)


def _stale_form(error: CSRFError) -> ResponseReturnValue:
    return _answer(400, one("FORM_EXPIRED", "页面已过期，没有提交。请返回上一页刷新后再提交一次",
                            "This form has expired and nothing was sent. Go back, reload and send it again"))


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error                                 # a redirect of the router
    return _answer(error.code, _SENTENCES.get(error.code) or one(f"HTTP_{error.code}", "这个请求无法处理", error.name))


def _database(error: DBAPIError) -> ResponseReturnValue:
    if not isinstance(error, OperationalError) and not error.connection_invalidated:
        return _fault(error)
    current_app.logger.error("incident %s: the database does not answer", _incident(), exc_info=error)
    return _answer(503, one("NO_DATABASE", "数据库暂时连接不上，本次操作没有写入，请稍后再试",
                            "The database cannot be reached; nothing was written, please try again later"))


def _fault(error: Exception) -> ResponseReturnValue:
    current_app.logger.error("incident %s: %s %s", _incident(), request.method, request.path, exc_info=error)
    if current_app.testing and current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    return _answer(500, one("FAULT", "系统出错了，本次操作没有写入。请把下面的事件编号告诉管理员",
                            "Something went wrong and nothing was written. Please tell the administrator the incident number"))


def _incident() -> str:
    """The number of this incident: short enough to be read out on the phone."""
    if "incident" not in g:
        g.incident = f"{secrets.randbelow(10**8):08d}"
    return str(g.incident)


def _answer(status: int, messages: tuple[Message, ...], error: BangfuError | None = None) -> ResponseReturnValue:
    abandon()
    if request.path.startswith("/api/"):
        return problem(status, messages)
    page = render_template("errors/page.html", status=status, title=_title(status), messages=messages, error=error,
                           stale=error if isinstance(error, Stale) else None,
                           sign_in=isinstance(error, SignInFirst), incident=g.get("incident"))
    return page, status


def problem(status: int, messages: tuple[Message, ...]) -> ResponseReturnValue:
    """RFC 9457: `title`, `status`, `detail`, and `errors` where fields are concerned, or where a program must tell refusals apart by their code."""
    lang = language.lang()
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status,
                            "detail": _("；").join(m.text(lang) for m in messages)}
    errors = [{"field": m.field, "message": m.text(lang), "code": m.code} for m in messages]
    if any(m.field for m in messages) or len(messages) > 1 or status in (403, 409, 422):
        body["errors"] = errors
    if "incident" in g:
        body["incident"] = g.incident
    response = jsonify(body)
    response.status_code = status
    response.content_type = "application/problem+json"
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _title(status: int) -> str:
    titles = {400: _("这个请求有问题"), 401: _("请先登录"), 403: _("没有权限"), 404: _("没有找到"), 405: _("不能这样打开"),
              409: _("此件已有变动"), 413: _("文件太大"), 422: _("不能这样办理"), 429: _("请稍后再试"), 503: _("暂时不可用")}
    return titles.get(status, _("系统出错了"))


_SENTENCES = {
    400: one("BAD_REQUEST", "提交的内容不完整或格式不对，请返回重新填写", "The request is incomplete or malformed; go back and try again"),
    404: one("NOT_FOUND", "这个地址没有内容，或不在您的范围内", "There is nothing here, or it is not within your scope"),
    405: one("METHOD", "这个地址不能直接打开，请从页面上的按钮进入", "This address cannot be opened directly; use the buttons"),
    413: one("TOO_LARGE", "文件太大，没有上传；已填的内容请返回查看。照片拍小一些或分次上传",
             "The file is too large and was not uploaded; go back to what you typed and send smaller files"),
}
