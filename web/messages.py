"""消息: what one was told, and how one wants to be told outside. Reading a list changes nothing; opening a message marks it read."""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from workflow import people, queries
from workflow.errors import BangfuError, NotFound, Refused
from workflow.notifications.sentences import CHANNELS, title, words
from workflow.records import Case, Message
from workflow.scope import visible

from . import language
from .access import SIGNED_IN, access, person, words_of
from .db import database, local, now, session
from .signins import signed_in

blueprint = Blueprint("messages", __name__)
PAGE = 50
# Where a message leads that is about no case.
LEADS = {"digest": "/tasks", "hand_over": "/tasks", "timer_parked": "/admin/timers", "clock_back": "/admin/timers", "timers_paused": "/admin/timers",
         "undelivered": "/admin/messages", "absence": "/settings", "absence_end": "/settings"}


@blueprint.get("/messages")
@access(SIGNED_IN, "auditor")
def inbox() -> ResponseReturnValue:
    page = queries.inbox(session(), person(), limit=PAGE, after=request.args.get("after"))
    days = [(day, list(rows)) for day, rows in groupby(page.rows, lambda row: local(row.at).date())]
    return render_template("messages/inbox.html", page=page, days=days, leads=_leads, new=unread(), title=title, words=words)


@blueprint.post("/messages/<message_id>/open")
@access(SIGNED_IN, "auditor")
def open_message(message_id: str) -> ResponseReturnValue:
    row = session().scalar(select(Message).where(Message.id == message_id, Message.person_id == person().person_id))
    if row is None:
        raise NotFound("message")
    row.read_at = row.read_at or now()
    case = session().scalar(select(Case).where(Case.id == row.case_id, visible(person()))) if row.case_id else None
    own = case is not None and person().person_id in (case.applicant_id, case.filed_by)
    return redirect(_leads(row.kind, case.id if case else None, own) or url_for(".inbox"), 303)


@blueprint.post("/messages/read")
@access(SIGNED_IN, "auditor")
def read_all() -> ResponseReturnValue:
    session().execute(update(Message).where(Message.person_id == person().person_id, Message.read_at.is_(None), Message.created_at <= now())
                      .values(read_at=now()))
    flash(_("已全部标为已读"))
    return redirect(url_for(".inbox"), 303)


@blueprint.get("/settings/messages")
@access(SIGNED_IN, "auditor")
def settings() -> ResponseReturnValue:
    return _settings({}, people.email_of(session(), str(person().person_id)))


@blueprint.post("/settings/messages")
@access(SIGNED_IN, "auditor")
def save_settings() -> ResponseReturnValue:
    me = signed_in()
    assert me is not None
    wanted, offered = set(request.form.getlist("channels")), _offered()
    before = set(me.settings.get("silent", ()))
    try:
        people.set_email(session(), me.person_id, request.form.get("email", ""), me.actor, now())
    except Refused as refused:
        return _settings({"email": refused.messages[0].text(language.lang())}, request.form.get("email", "")), 422
    people.choose(session(), me.id, (before - set(offered)) | (set(offered) - wanted), "digest" in request.form or "decider" not in words_of(me.actor))
    flash(_("设置已保存"))
    return redirect(url_for(".settings"), 303)


def unread() -> str:
    """ "3", "99+", or nothing: how many messages this person has not read. An error page must never fail over it."""
    me = signed_in()
    if me is None:
        return ""
    if "unread" not in g:
        try:
            count = queries.unread(session(), me.person_id)
        except (SQLAlchemyError, BangfuError):
            count = 0
        g.unread = "99+" if count > 99 else str(count) if count else ""
    return str(g.unread)


def _settings(faults: dict[str, str], email: str) -> str:
    me = signed_in()
    assert me is not None
    index = int(language.lang() == "en")
    return render_template("messages/settings.html", faults=faults, email=email, silent=me.settings.get("silent", ()), digest=me.settings.get("digest", True),
                           officer="decider" in words_of(me.actor), offered=[(name, CHANNELS[name][index]) for name in _offered()],
                           quiet=database().channels.quiet)


def _offered() -> list[str]:
    """The channels of this house that go to one person."""
    return [name for name in ("email", "sms") if name in database().channels.names]


def _leads(kind: str, case_id: str | None, own: bool) -> str:
    """Where a message leads this reader, or nowhere."""
    if case_id is None:
        return LEADS.get(kind, "")
    if own:
        return f"/cases/{case_id}"
    mine = words_of(person())
    return f"/tasks/{case_id}" if "decider" in mine else f"/audit/cases/{case_id}" if "auditor" in mine else ""
