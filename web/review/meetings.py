"""会议票决: the results of a meeting held on paper, many cases by one sheet with one set of minutes.

First a table to look over, in which every fault is named by row and column; then piece by piece, each case in a
transaction of its own. What is entered is what was looked over: it travels signed, the minutes lie encrypted on the shelf.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from flask import Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from workflow import engine, programmes
from workflow.actors import Actor
from workflow.attachments import Clean, Store
from workflow.engine import meetings
from workflow.errors import BangfuError, Damaged, Message, Refused, one
from workflow.records import Case, Task

from .. import language
from ..access import DECIDERS, access, person
from ..db import abandon, local, now, reading, session, writing
from ..show import called
from . import meeting_sheet
from .meeting_sheet import COLUMNS, IN_FAVOUR, MOST, NUMBER, REMARK, RESULT, Line
from .room import blueprint

PIECE = 25                           # cases a page: none is waited for longer than a few seconds
VALID = 4 * 3600                     # seconds in which what was looked over may be entered
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_COLUMN_OF = {"in_favour": IN_FAVOUR, "passed": RESULT, "comment": REMARK}


@dataclass(frozen=True, slots=True)
class Looked:
    """One row as it was looked over. `name` is masked where the case was found."""

    line: Line
    case_id: str | None
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of one row: where the case is now, or why it stayed."""

    number: str
    case_id: str
    state: str
    problems: tuple[str, ...]


@blueprint.get("/tasks/meetings")
@access(DECIDERS)
def meeting() -> ResponseReturnValue:
    return _form({})


@blueprint.get("/tasks/meetings/template")
@access(DECIDERS)
def meeting_template() -> ResponseReturnValue:
    """The sheet with the numbers of the reader's own cases that wait for a vote already in it."""
    data = meeting_sheet.template(_waiting(session(), person()))
    return Response(data, content_type=_XLSX, headers={"Content-Disposition": 'attachment; filename="meeting.xlsx"'})


@blueprint.post("/tasks/meetings")
@access(DECIDERS)
def look_over_meeting() -> ResponseReturnValue:
    """Judge every row and write nothing but the minutes onto the shelf, where they are swept away if nobody goes on."""
    me, at, sent = person(), now(), request.form
    held_on, declared = _day(sent.get("held_on", "")), "declared" in sent
    abandon()                        # decoding files is too slow for an open transaction
    faults: dict[str, str] = {}
    lines: list[Line] = []
    minutes: Clean | None = None
    with reading() as own:
        store: Store = own.info["store"]
    if held_on is None:
        faults["held_on"] = _("请填写会议日期")
    try:
        sheet = request.files.get("sheet")
        if sheet is None or not sheet.filename:
            faults["sheet"] = _("请选择填好的表格")
        else:
            lines = meeting_sheet.read(sheet.read())
    except Refused as refused:
        faults["sheet"] = refused.messages[0].text(language.lang())
    try:
        paper = request.files.get("minutes")
        if paper is None or not paper.filename:
            faults["minutes"] = _("请选择会议纪要")
        else:
            minutes = store.check(paper.read(), paper.filename)
    except Refused as refused:
        faults["minutes"] = refused.messages[0].text(language.lang())
    if faults or minutes is None or held_on is None:
        return _form(faults), 422
    with reading() as own:
        looked = [_looked(own, line, held_on, me, at, declared=declared) for line in lines]
    good = [row for row in looked if not row.line.faults]
    carried = {"who": me.person_id, "key": token_urlsafe(12), "day": held_on.isoformat(), "declared": declared, "at": 0, "done": [],
               "minutes": {"as": store.put(minutes), **_about(minutes)},
               "rows": [[row.case_id, row.line.number, *row.line.counts, row.line.passed, row.line.remark] for row in good]} if good else {}
    return render_template("review/meetings_look.html", looked=looked, good=good, held_on=held_on, minutes=minutes.name,
                           carried=_signer().dumps(carried) if carried else "", piece=PIECE)


@blueprint.post("/tasks/meetings/enter")
@access(DECIDERS)
def enter_meeting() -> ResponseReturnValue:
    """Enter the next piece of what was looked over. Sent twice, the same page brings the same answers and acts once."""
    me, at = person().through("batch"), now()
    abandon()
    try:
        carried: dict[str, Any] = _signer().loads(request.form.get("carried", ""), max_age=VALID)
    except BadSignature:
        raise Refused(one("LOOKED_LONG_AGO", "预览已经过期，没有登记任何结果，请重新上传表格", "This preview has expired and nothing was entered; "
                          "send the sheet again")) from None
    if carried["who"] != me.person_id:
        raise Refused(one("LOOKED_BY_OTHERS", "这份预览是别人的，没有登记任何结果，请重新上传表格", "This preview is somebody else's and nothing was "
                          "entered; send the sheet again"))
    with reading() as own:
        store: Store = own.info["store"]
    minutes, rows = _minutes(store, carried["minutes"]), carried["rows"]
    results = [Entered(number, case_id, state, tuple(problems)) for number, case_id, state, problems in carried["done"]]
    for row in rows[carried["at"]:carried["at"] + PIECE]:
        results.append(_entered(row, carried, minutes, me, at))
    carried |= {"at": carried["at"] + PIECE, "done": [[r.number, r.case_id, r.state, list(r.problems)] for r in results]}
    left = max(0, len(rows) - carried["at"])
    return render_template("review/meetings_done.html", results=results, left=left, total=len(rows), piece=PIECE,
                           carried=_signer().dumps(carried) if left else "", failed=[r for r in results if r.problems])


def _form(faults: Mapping[str, str]) -> str:
    """The page to choose files on. Works within its own transaction, and after one was given up."""
    waiting = _waiting(session(), person()) if not faults else []
    return render_template("review/meetings.html", faults=faults, waiting=waiting, columns=[_(column) for column in COLUMNS], most=MOST, sent=request.form,
                           today=local(now()).date().isoformat(), declares=_declares())


def _looked(own: Session, line: Line, held_on: date, me: Actor, at: datetime, *, declared: bool) -> Looked:
    case_id = meetings.by_number(own, line.number, me) if line.number else None
    if case_id is None:
        return Looked(line.but((_(COLUMNS[NUMBER]), _("没有这个编号，或不在您的范围内"))) if line.number else line, None, "", "")
    dossier = engine.dossier.open_dossier(own, case_id, me)
    found = Looked(line, case_id, called(dossier.row), dossier.definition.title.text(language.lang()))
    if line.passed is None or line.faults:
        return found
    tally = meetings.Tally(*line.counts, held_on, line.passed, line.remark)
    messages = meetings.try_result(own, case_id, me, at, tally, declared=declared)
    return Looked(line.but(*((_column(message), message.text(language.lang())) for message in messages)), case_id, found.name, found.title)


def _column(message: Message) -> str:
    if message.field == "held_on":
        return _("会议日期")
    return _(COLUMNS[_COLUMN_OF[message.field]]) if message.field in _COLUMN_OF else ""


def _entered(row: Sequence[Any], carried: Mapping[str, Any], minutes: Clean, me: Actor, at: datetime) -> Entered:
    case_id, number, in_favour, against, abstained, passed, remark = row
    try:
        with writing() as own:
            done = engine.enter_result(
                own, case_id, me, at, in_favour=in_favour, against=against, abstained=abstained, held_on=date.fromisoformat(carried["day"]),
                minutes=minutes, passed=passed, comment=remark, declared=carried["declared"], idem_key=f"{carried['key']}:{case_id}")
            digest = own.scalars(select(Case.definition_digest).where(Case.id == case_id)).one()
            state = programmes.by_digest(own, digest).states[done.to_state].label.text(language.lang())
    except BangfuError as refusal:
        return Entered(number, case_id, "", tuple(message.text(language.lang()) for message in refusal.messages))
    return Entered(number, case_id, state, ())


def _minutes(store: Store, held: Mapping[str, Any]) -> Clean:
    data = store.get(held["as"])
    if sha256(data).hexdigest() != held["sha256"]:
        raise Damaged(one("DAMAGED", "会议纪要读不出来，没有登记任何结果，请重新上传", "The minutes cannot be read; nothing was entered, send them again"))
    return Clean(data, held["name"], held["media_type"], held["width"], held["height"], held["sha256"])


def _about(clean: Clean) -> dict[str, Any]:
    """Return all that is known of a file but what is in it."""
    return {name: value for name, value in asdict(clean).items() if name != "data"}


def _waiting(own: Session, me: Actor) -> list[str]:
    """Return the numbers of the cases in which the reader has an open ballot."""
    return [number for number in own.scalars(
        select(Case.number).join(Task, Task.case_id == Case.id).where(
            Task.person_id == me.person_id, Task.kind == "ballot", Task.status.in_(("open", "waiting"))).order_by(Case.number)) if number]


def _declares() -> bool:
    """Whether any programme in force asks who decides to declare that they are no relatives."""
    return any(definition.separation.relatives == "declare" and any(state.kind == "countersign" for state in definition.states.values())
               for definition in programmes.current(session(), local(now()).date()))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt="meeting looked over")
