"""消息发送: which ways out of the house there are, what waits, and what did not arrive.

An administrator sees to whom and when, with the number of the case, and nothing of what is in it.
"""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from web import language
from web.access import access, person
from web.db import database, now, session
from workflow import queries
from workflow.errors import NotFound
from workflow.notifications import outbox
from workflow.notifications.sentences import CHANNELS, title
from workflow.queries.inbox import reach
from workflow.records import Message, Organisation, Person

from . import blueprint


@blueprint.get("/messages")
@access("admin")
def messages() -> ResponseReturnValue:
    index = int(language.lang() == "en")
    return render_template("admin/messages.html", board=queries.outbox(session(), now(), _mine()), ways=database().channels, title=title,
                           names={name: words[index] for name, words in CHANNELS.items()})


@blueprint.post("/messages/<message_id>/<channel>/resend")
@access("admin")
def resend_message(message_id: str, channel: str) -> ResponseReturnValue:
    found = session().scalar(
        select(Message.id).outerjoin(Person, Person.id == Message.person_id).outerjoin(Organisation, Organisation.id == Person.union_id)
        .where(Message.id == message_id, *reach(_mine())))
    if found is None:
        raise NotFound("message")
    outbox.resend(session(), message_id, channel, person(), now())
    flash(_("已重新排入，一分钟之内会再发一次"))
    return redirect(url_for(".messages"), 303)


def _mine() -> tuple[str, ...]:
    return tuple(post.path for post in person().posts if post.role == "admin")
