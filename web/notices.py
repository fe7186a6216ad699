"""公示栏: what hangs now, for everybody, masked; objecting to it, by name or without; and the sheet for the wall.

The sheets are for officers, who print them. Nothing here knows a case: addresses hold the notice's own id, which opens no more
than the notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import segno
from flask import Blueprint, current_app, render_template, request, url_for
from flask import redirect as lead
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from workflow import notices
from workflow.calendar import working_calendar
from workflow.errors import Impossible, Message, NotFound, Refused
from workflow.language.definition import Field, Label
from workflow.language.fields import show
from workflow.notices import Posted

from . import language, objections
from .access import DECIDERS, PUBLIC, access, actor, person
from .db import local, now, session

blueprint = Blueprint("notices", __name__)
_DAY = Field("day", Label("日期", "Day"), "date")
LISTED = 20
SHEET = 200                          # lines of one sheet for the wall, which may then be several pages
WIDE = 28                            # characters of one line of the sheet
SHORT = 7                            # characters of a name or a sum in a list
RECEIVED = "objected"                # in the visitor's cookie: what they have just sent


@blueprint.get("/notices")
@access(PUBLIC)
def wall() -> ResponseReturnValue:
    """What hangs now, the first to end first; narrowed to one union or one programme."""
    union, programme = _union(), request.args.get("programme") or None
    page = notices.posted(session(), now(), union=union, programme=programme, limit=LISTED, after=request.args.get("after"))
    unions, programmes = notices.choices(session(), now())
    return render_template("public/notices.html", page=page, unions=unions, programmes=programmes, union=union, programme=programme,
                           today=local(now()).date())


@blueprint.get("/notices/<notice_id>")
@access(PUBLIC)
def one(notice_id: str) -> ResponseReturnValue:
    received = cookie.get(RECEIVED, "")
    return _page(notice_id, received=received.partition(":")[2] if received.startswith(f"{notice_id}:") else "")


@blueprint.post("/notices/<notice_id>/objections")
@access(PUBLIC)
def object_to(notice_id: str) -> ResponseReturnValue:
    sent, named = request.form, request.form.get("named") == "yes"
    name, text = sent.get("name", ""), sent.get("text", "")
    try:
        if named and not name.strip():
            raise Refused(_without_a_name())
        key = sent.get("key", "")[:100]
        taken = objections.take(notice_id, text, name=name if named else "", phone=sent.get("phone", "") if named else "", actor=actor(),
                                key=f"objection:{key}" if key else None)
    except Refused as refused:
        return _page(notice_id, faults={message.field or "text": message.text(language.lang()) for message in refused.messages}), 422
    except objections.TooMany as wait:
        return _page(notice_id, faults={"text": wait.messages[0].text(language.lang())}), 429
    except (NotFound, Impossible):
        return render_template("public/notice_over.html"), 404
    cookie[RECEIVED] = f"{notice_id}:{taken}"
    return lead(url_for(".one", notice_id=notice_id, _anchor="received"), 303)


@blueprint.get("/notices/<notice_id>/poster")
@access(DECIDERS)
def poster(notice_id: str) -> ResponseReturnValue:
    """One notice on one sheet of A4, to be hung on the unit's board. Raises `NotFound` outside the scope."""
    found = notices.kept(session(), person(), ids=[notice_id]).rows
    if not found:
        raise NotFound("notice")
    return _sheet([found[0].posted], f"{_base()}{url_for('.one', notice_id=notice_id)}")


@blueprint.get("/notices/poster")
@access(DECIDERS)
def posters() -> ResponseReturnValue:
    """Everything that hangs now of one union and one programme as one list. Raises `NotFound` where there is none in scope."""
    union, programme = _union(), request.args.get("programme", "")
    found = [one.posted for one in notices.kept(session(), person(), limit=SHEET, union=union, programme=programme).rows
             if one.status == "running"] if union and programme else []
    if not found:
        raise NotFound("notice")
    return _sheet(found, f"{_base()}{url_for('.wall', union=union, programme=programme)}")


@dataclass(frozen=True, slots=True)
class Column:
    label: dict[str, str]
    values: tuple[str, ...]

    @property
    def short(self) -> bool:
        """Names and sums are not broken over two lines."""
        return all(len(word) <= SHORT for word in (self.label["zh"], *self.values))


def columns(sheet: list[Posted]) -> list[Column]:
    """Return what the notices say as columns; where they do not all say the same, with gaps."""
    labels: dict[str, dict[str, str]] = {line["label"]["zh"]: line["label"] for one in sheet for line in one.content}
    said = [{line["label"]["zh"]: line["value"] for line in one.content} for one in sheet]
    return [Column(label, tuple(values.get(zh, "") for values in said)) for zh, label in labels.items()]


@blueprint.app_template_filter("days_left")
def days_left(last: date) -> str:
    """ "今天 24:00 截止" or "还有 2 个工作日", from today to the last day of a notice."""
    today = local(now()).date()
    if last <= today:
        return _("今天 24:00 截止")
    left = working_calendar().working_days_between(today, last)
    return ngettext("还有 %(num)s 个工作日", "还有 %(num)s 个工作日", left)


@blueprint.app_template_filter("receipt_no")
def receipt_no(objection_id: str) -> str:
    """The end of an objection's id: short enough to be read out on the phone."""
    return objection_id[-8:].upper()


@blueprint.app_template_filter("written")
def written(day: date) -> str:
    """A day as it stands on an official paper: 2026年6月15日."""
    return show(_DAY, day, "en" if language.lang() == "en" else "zh")


def _page(notice_id: str, *, received: str = "", faults: dict[str, str] | None = None) -> Any:
    try:
        found = notices.one(session(), notice_id, now())
    except NotFound:
        return render_template("public/notice_over.html"), 404
    return render_template("public/notice.html", one=found, contacts=notices.contacts(session(), notice_id), received=received,
                           faults=faults or {}, typed=request.form, today=local(now()).date())


def _sheet(sheet: list[Posted], address: str) -> str:
    first = sheet[0]
    calendar = working_calendar()
    return render_template(
        "review/poster.html", sheet=sheet, columns=columns(sheet), first=first, contacts=notices.contacts(session(), first.id),
        same=len({(one.starts_on, one.ends_on) for one in sheet}) == 1, days=calendar.working_days_between(first.starts_on, first.ends_on),
        lines=sum(-(-len(line["value"]) // WIDE) or 1 for one in sheet for line in one.content) if len(sheet) == 1 else 0,
        basis=first.basis.text(language.lang()) if first.basis else "", posted_on=max(one.starts_on for one in sheet),
        qr=str(segno.make(address, error="m", micro=False).svg_data_uri(border=0, scale=4)), address=address)


def _union() -> int | None:
    """The union asked for; a number no row can have is none."""
    text = request.args.get("union", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _base() -> str:
    return str(current_app.config["ORIGIN"] or request.host_url).rstrip("/")


def _without_a_name() -> list[Message]:
    return [Message("OBJECTION_UNNAMED", "请填写姓名，或改选“不留姓名”", "Give your name, or choose to stay anonymous", "name")]


__all__ = ["blueprint", "columns", "days_left"]
