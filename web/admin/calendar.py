"""节假日: the days off and make-up days of each year as a picture, and taking the file of a new year into use.

The calendar holds for everybody, so only the administrator of the whole tree may change it, as with programmes. Dates that
were promised before stay as they were promised.
"""

from __future__ import annotations

from calendar import Calendar as Weeks
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import orjson
from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from web import language as tongue
from web.access import access, person
from web.db import local, now, session
from workflow import calendar, holidays
from workflow.errors import NotYours, Refused, one
from workflow.records import Event, Person

from . import blueprint
from .definitions import may_publish

NOVEMBER = 11                        # when the State Council announces the next year


@dataclass(frozen=True)
class Day:
    """One square: `kind` off, work (a weekend day worked in return), end (an ordinary weekend day), or nothing."""

    number: int
    kind: str
    words: str


@dataclass(frozen=True)
class Taken:
    """Who took the file of a year into use, and when."""

    digest: str
    who: str
    at: datetime


@blueprint.get("/calendar")
@access("admin")
def calendar_page() -> ResponseReturnValue:
    return _page(())


@blueprint.post("/calendar")
@access("admin")
def upload_calendar() -> ResponseReturnValue:
    """Take a file into use, or say what is wrong with it, line by line."""
    if not may_publish():
        raise NotYours(one("NOT_ROOT_CALENDAR", "上传节假日要由最上级单位的系统管理员办理",
                           "Only an administrator of the highest organisation may upload the days off"))
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return _page((_("请选择文件"),))
    name = Path(upload.filename.replace("\\", "/")).name[:120]
    try:
        year = holidays.keep(session(), _directory(), upload.read(holidays.LARGEST + 1), name, person(), now())
    except Refused as refused:
        return _page(tuple(message.text(tongue.lang()) for message in refused.messages))
    calendar.use(_directory())
    flash(_("%(year)s 年放假安排已启用；已经承诺的日期不变", year=year.year))
    return redirect(url_for(".calendar_page", year=year.year), 303)


def _page(faults: tuple[str, ...]) -> ResponseReturnValue:
    today = local(now()).date()
    over, bad = holidays.uploaded(_directory())
    known = holidays.merged(calendar.shipped(), over)
    shown = request.args.get("year", today.year, int)
    year = known.get(shown) or known.get(today.year)
    taken = _taken()
    page = render_template(
        "admin/calendar.html", faults=faults, bad=[message.text(tongue.lang()) for message in bad], years=sorted(known), year=year,
        shown=shown, months=_months(year) if year else (), may_upload=may_publish(), uploaded=year is not None and year.year in over,
        taken=taken.get(year.year) if year else None, today=today, missing=[n for n in (today.year, today.year + 1) if n not in known],
        late=today.month >= NOVEMBER, heads=_heads())
    return page, 422 if faults else 200


def _months(year: holidays.Year) -> list[tuple[int, list[list[Day | None]]]]:
    names = {day: name for name, days in year.off for day in days}
    work = frozenset(year.work)

    def square(day: date) -> Day:
        if day in names:
            return Day(day.day, "off", names[day])
        if day in work:
            return Day(day.day, "work", _("补班"))
        return Day(day.day, "end" if day.weekday() >= 5 else "", "")

    return [(month, [[square(day) if day.month == month else None for day in week]
                     for week in Weeks().monthdatescalendar(year.year, month)]) for month in range(1, 13)]


def _heads() -> tuple[str, ...]:
    return (_("一"), _("二"), _("三"), _("四"), _("五"), _("六"), _("日"))


def _taken() -> dict[int, Taken]:
    """Return by year who uploaded it last; told by the events, so that a file slipped in by hand can be told apart."""
    found = {}
    for event, name in session().execute(
            select(Event, Person.name).outerjoin(Person, Person.id == Event.actor_id)
            .where(Event.stream == holidays.STREAM, Event.kind == "calendar").order_by(Event.seq)):
        extra = orjson.loads(event.body)["extra"]
        found[extra["year"]] = Taken(extra["sha256"], name or "", event.at)
    return found


def _directory() -> Path:
    folder: Path = current_app.config["CALENDARS"]
    return folder
