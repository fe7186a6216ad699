"""Public notices and objecting to them, without signing in."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from web import objections
from web.access import PUBLIC, access, actor
from web.db import now, session
from web.language import lang
from workflow import notices
from workflow.notices import Posted

from . import blueprint, models
from .answers import answer
from .bodies import limit, read
from .marks import speaks


@blueprint.get("/notices")
@access(PUBLIC)
@speaks(gives=models.Notices, problems=(422,), query=("limit", "after", "programme"))
def posted() -> ResponseReturnValue:
    """The public notices that run now, masked, the first to end first."""
    page = notices.posted(session(), now(), limit=limit(), after=request.args.get("after"), programme=request.args.get("programme"))
    return answer(models.Notices(total=page.total, items=[_row(one) for one in page.rows], next=page.next))


@blueprint.post("/notices/<notice_id>/objections")
@access(PUBLIC)
@speaks(takes=models.NewObjection, gives=models.ObjectionTaken, status=201, problems=(404, 409, 422, 429))
def object_to(notice_id: str) -> ResponseReturnValue:
    """Object to a public notice until its last day is over, by name or, without one, anonymously."""
    wanted = read(models.NewObjection)
    someone = actor()
    taken = objections.take(notice_id, wanted.text, name=wanted.name, phone=wanted.phone if wanted.name else "",
                            actor=someone.through("api") if someone else None)
    return answer(models.ObjectionTaken(id=taken), 201)


def _row(one: Posted) -> models.NoticeRow:
    return models.NoticeRow(
        id=one.id, programme=one.programme, title=one.title.text(lang()), union=one.union, phone=one.phone, starts_on=one.starts_on,
        ends_on=one.ends_on, ends_at=one.ends_at,
        lines=[models.NoticeLine(label=line["label"][lang()], value=line["value"]) for line in one.content])
