"""Payment batches: what may be paid, a batch from its gathering to its closing, the sheet that is signed, and the three accounts.

The rules are those of `workflow.payments`; here a button becomes one call. An answer of the bank is booked in one
transaction and each case it pays is carried on in its own, so that a case that cannot go on holds no other up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import segno
from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from workflow.actors import Actor
from workflow.attachments import MAX_BYTES
from workflow.errors import Message, NotFound, Refused, one
from workflow.payments import batches, gathering, layouts, reconciling, settling
from workflow.payments import reading as payments
from workflow.payments.batches import CONFIRMS, SEALS, SENDS
from workflow.payments.capitals import capitals
from workflow.programmes import by_digest

from . import language
from .access import access, person
from .carrying import carry_on
from .db import abandon, now, reading, session, writing

blueprint = Blueprint("payments", __name__, url_prefix="/payments")
PAGE, SHOWN_FAULTS = 50, 30
_BATCH = "/<batch_id>"


@blueprint.get("")
@access(*payments.READERS)
def payment_batches() -> ResponseReturnValue:
    rows = payments.batches(session(), person(), after=request.args.get("after"), limit=PAGE + 1)
    return render_template("payments/batches.html", batches=rows[:PAGE], next=rows[PAGE - 1].id if len(rows) > PAGE else None,
                           gathers=person().holds(SEALS), titles=_titles())


@blueprint.get("/new")
@access(SEALS)
def gather() -> ResponseReturnValue:
    return _gathering((), 200)


@blueprint.post("/new")
@access(SEALS)
def make() -> ResponseReturnValue:
    sent = request.form
    try:
        batch_id = batches.make(session(), person(), now(), sent.getlist("line"), method=sent.get("method", ""), layout=sent.get("layout"),
                                reason=sent.get("reason", ""), organisation_id=_post(person()))
    except Refused as refused:
        return _gathering(refused.messages, 422)
    flash(_("已汇集成批，核对无误后封存"))
    return redirect(url_for(".batch", batch_id=batch_id), 303)


@blueprint.get("/reconcile")
@access(*payments.READERS)
def reconcile() -> ResponseReturnValue:
    return render_template("payments/reconcile.html", books=reconciling.books(session(), person()), banked=reconciling.banked(session(), person()),
                           days=reconciling.days(session(), person()), stock=reconciling.stock(session(), person()))


@blueprint.get(_BATCH)
@access(*payments.READERS)
def batch(batch_id: str) -> ResponseReturnValue:
    return _batch(batch_id, (), 200)


@blueprint.get(_BATCH + "/sheet")
@access(*payments.READERS)
def sheet(batch_id: str) -> ResponseReturnValue:
    """The approval sheet on A4, once there is something sealed to be signed."""
    row = payments.batch(session(), batch_id, person())
    if row.digest is None:
        raise NotFound("batch")
    lines = payments.lines(session(), batch_id)
    address = f"{str(current_app.config['ORIGIN'] or request.host_url).rstrip('/')}{url_for('.batch', batch_id=batch_id, digest=row.digest)}"
    return render_template("payments/sheet.html", row=row, lines=[(line, payments.shown(session(), line)) for line in lines], names=payments.names(session(), row),
                           words=capitals(row.total_fen), titles=_titles(), programmes=_programmes(lines),
                           qr=str(segno.make(address, error="m", micro=False).svg_data_uri(border=0, scale=4)))


@blueprint.post(_BATCH + "/lines")
@access(SEALS)
def change(batch_id: str) -> ResponseReturnValue:
    """Explain a flagged line, or take it out."""
    line, note = request.form.get("line", ""), request.form.get("note", "")
    try:
        if request.form.get("what") == "drop":
            batches.drop(session(), batch_id, line, person(), now())
            flash(_("已移出本批次，以后可以重新汇集"))
        else:
            batches.explain(session(), batch_id, line, note, person(), now())
            flash(_("已记下说明"))
    except Refused as refused:
        return _batch(batch_id, refused.messages, 422)
    return redirect(url_for(".batch", batch_id=batch_id), 303)


@blueprint.post(_BATCH + "/seal")
@access(SEALS)
def seal(batch_id: str) -> ResponseReturnValue:
    return _done(batch_id, _("已封存，请打印审批单签字，交出纳付款"), lambda: batches.seal(session(), batch_id, person(), now()))


@blueprint.post(_BATCH + "/void")
@access(SEALS)
def void(batch_id: str) -> ResponseReturnValue:
    return _done(batch_id, _("已作废，其中的付款可以重新汇集"), lambda: batches.void(session(), batch_id, request.form.get("reason", ""), person(), now()))


@blueprint.post(_BATCH + "/confirm")
@access(CONFIRMS)
def confirm(batch_id: str) -> ResponseReturnValue:
    return _done(batch_id, _("已确认付现金，由出纳办理"), lambda: batches.confirm(session(), batch_id, person(), now()))


@blueprint.post(_BATCH + "/send")
@access(SENDS)
def send(batch_id: str) -> ResponseReturnValue:
    return _done(batch_id, _("已发出，请办理付款"), lambda: batches.send(session(), batch_id, person(), now(), declared="declared" in request.form))


@blueprint.post(_BATCH + "/close")
@access(SEALS)
def close(batch_id: str) -> ResponseReturnValue:
    return _done(batch_id, _("批次已关闭"), lambda: settling.close(session(), batch_id, person(), now()))


@blueprint.post(_BATCH + "/file")
@access(SENDS)
def bank_file(batch_id: str) -> ResponseReturnValue:
    """The bank file; every export is recorded, and from the second on its name says 副本."""
    name, content = batches.export(session(), batch_id, person(), now())
    return Response(content, content_type="application/octet-stream",
                    headers={"Content-Disposition": f"attachment; filename=\"{name.encode('ascii', 'ignore').decode()}\"; filename*=UTF-8''{quote(name)}"})


@blueprint.post(_BATCH + "/answer")
@access(SENDS, SEALS)
def answer(batch_id: str) -> ResponseReturnValue:
    """Book what the bank answered, then carry on what it paid."""
    me, at, file = person(), now(), request.files.get("file")
    data = file.read() if file is not None else b""
    abandon()                        # a workbook takes its time, and every case has a transaction of its own
    try:
        if not data:
            raise Refused(one("NO_FILE", "请选择银行的回单文件", "Choose the bank's answer", "file"))
        with reading() as own:
            rows = settling.rows_of(own, batch_id, me, data)
        with writing() as own:
            taken = settling.take(own, batch_id, data, me, at, rows=rows)
    except Refused as refused:
        return _batch(batch_id, refused.messages, 422)
    if taken.replayed or not taken.fresh:
        flash(_("这份回单已经导入过，没有变化") if taken.replayed else _("回单里没有新的结果"))
    else:
        flash(_("回单已导入：成功 %(paid)s 笔，失败 %(failed)s 笔，处理中 %(waiting)s 笔", paid=taken.paid, failed=taken.failed, waiting=taken.waiting))
    _carry_on(batch_id, me)
    return redirect(url_for(".batch", batch_id=batch_id), 303)


@blueprint.post(_BATCH + "/settle")
@access(SENDS, SEALS)
def settle(batch_id: str) -> ResponseReturnValue:
    """Carry on what was left after a crash or a refusal."""
    payments.batch(session(), batch_id, person())
    me = person()
    abandon()
    _carry_on(batch_id, me)
    return redirect(url_for(".batch", batch_id=batch_id), 303)


@blueprint.post(_BATCH + "/receipt")
@access(SENDS)
def receipt(batch_id: str) -> ResponseReturnValue:
    """Of cash: the receipt a case's payees signed, or that nobody came for it."""
    me, at, case_id, file = person(), now(), request.form.get("case", ""), request.files.get("file")
    data, name = (file.read(), file.filename or "") if file is not None else (b"", "")
    unpaid, reason = request.form.get("what") == "unpaid", request.form.get("reason", "")
    abandon()                        # decoding a photo is too slow for the writer's lock
    try:
        if unpaid:
            with writing() as own:
                settling.unpaid(own, batch_id, case_id, me, reason, at)
            flash(_("已登记未领取，可以重新汇集发放"))
        else:
            if not data or len(data) > MAX_BYTES:
                raise Refused(one("NO_RECEIPT", "请先上传本人签字的签收单，再登记付款", "Upload the signed receipt first", "file"))
            with reading() as own:
                store = own.info["store"]
            clean = store.check(data, name)
            with writing() as own:
                settling.receive(own, batch_id, case_id, clean, me, at)
            flash(_("已登记签收"))
    except Refused as refused:
        return _batch(batch_id, refused.messages, 422)
    return redirect(url_for(".batch", batch_id=batch_id), 303)


def _carry_on(batch_id: str, me: Actor) -> None:
    """Carry paid cases on, as many as one answer may take time for; flashes what stood against some."""
    carried = carry_on(batch_id, me)
    if carried.done:
        flash(ngettext("%(num)s 件已办结", "%(num)s 件已办结", carried.done))
    for words in dict.fromkeys(message.text(language.lang()) for message in carried.problems):
        flash(_("有案件已到账但没有办结：%(why)s", why=words), "warn")


def _done(batch_id: str, words: str, act: Any) -> ResponseReturnValue:
    try:
        act()
    except Refused as refused:
        return _batch(batch_id, refused.messages, 422)
    flash(words)
    return redirect(url_for(".batch", batch_id=batch_id), 303)


def _batch(batch_id: str, faults: Sequence[Message], status: int) -> ResponseReturnValue:
    me = person()
    row = payments.batch(session(), batch_id, me)
    lines = payments.lines(session(), batch_id)
    roles = {post.role for post in me.posts if row.path.startswith(post.path)} - ({"finance", "cashier", "county_leader"} if me.holds("auditor") else set())
    flags = {}
    if row.status == "draft":
        flags = {found.grant_line_id: (*((found.fault,) if found.fault and found.fault.code != "IN_BATCH" else ()), *found.flags)
                 for found in gathering.payable(session(), row.organisation_id, cash=row.method == "cash", only={line.grant_line_id for line in lines})}
    told = [message.text(language.lang()) for message in faults]
    page = render_template(
        "payments/batch.html", row=row, lines=[(line, payments.shown(session(), line), flags.get(line.grant_line_id, ())) for line in lines],
        names=payments.names(session(), row), answers=payments.answers(session(), batch_id), titles=_titles(), roles=roles, faults=told[:SHOWN_FAULTS],
        more_faults=max(0, len(told) - SHOWN_FAULTS), words=capitals(sum(line.amount_fen for line in lines)), total=sum(line.amount_fen for line in lines),
        due=len(settling.due(session(), batch_id)) if row.status == "sent" else 0, mine=me.person_id, programmes=_programmes(lines),
        declares=any(by_digest(session(), line.definition_digest).separation.relatives for line in lines),
        differs=bool(request.args.get("digest")) and request.args.get("digest") != row.digest,
        waiting=sum(line.status == "sent" for line in lines), receipts=_receipts(row, lines, me))
    return page, status


def _receipts(row: Any, lines: Sequence[Any], me: Actor) -> set[int]:
    """Return the lines beside which a signed receipt is asked for: of cash that this cashier pays, the first of each case."""
    if row.method != "cash" or row.status != "sent" or row.sent_by != me.person_id:
        return set()
    return set({line.case_id: line.n for line in reversed(lines) if line.status == "sent"}.values())


def _gathering(faults: Sequence[Message], status: int) -> ResponseReturnValue:
    me, cash = person(), (request.form.get("method") or request.args.get("method")) == "cash"
    place = _post(me)
    found = gathering.payable(session(), place, cash=cash) if place is not None else []
    fit = [one for one in found if one.fault is None]
    last = next((row.layout for row in payments.batches(session(), me) if row.layout), None)
    page = render_template(
        "payments/new.html", fit=fit, out=[one for one in found if one.fault is not None], cash=cash, layouts=_layouts(), sent=request.form,
        layout=request.form.get("layout", last), faults=[message.text(language.lang()) for message in faults][:SHOWN_FAULTS],
        chosen=set(request.form.getlist("line")) or {one.grant_line_id for one in fit})
    return page, status


def _post(me: Actor) -> int | None:
    """Return the organisation whose money this accountant looks after; of several, the one the address names."""
    mine = [post.organisation_id for post in me.posts if post.role == SEALS]
    named = request.values.get("org", type=int)
    return named if named in mine else mine[0] if mine else None


def _layouts() -> list[tuple[str, str]]:
    """Return the layouts that can be read, the plain one last."""
    found = []
    for name in sorted(layouts.names(), key=lambda name: (name == "csv", name)):
        try:
            found.append((name, layouts.layout(name).title.text(language.lang())))
        except Refused:              # told by `flask payments layouts`; it cannot be chosen
            continue
    return found


def _titles() -> dict[str, str]:
    return dict(_layouts())


def _programmes(lines: Sequence[Any]) -> list[tuple[str, int, int]]:
    """Return (title, how many, 分) of each programme in a batch."""
    found: dict[str, tuple[int, int]] = {}
    for line in lines:
        title = by_digest(session(), line.definition_digest).title.text(language.lang())
        number, fen = found.get(title, (0, 0))
        found[title] = (number + 1, fen + line.amount_fen)
    return [(title, number, fen) for title, (number, fen) in found.items()]
