"""Payment batches: read them, and hand in the bank's answer. What people do with a batch before that is in `batches.py`."""

from __future__ import annotations

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from web.access import access, person
from web.db import abandon, now, reading, session, writing
from workflow.actors import Actor
from workflow.errors import BangfuError, Message, Refused, one
from workflow.language.fields import mask
from workflow.payments import reading as payments
from workflow.payments import settling
from workflow.payments.batches import SEALS, SENDS

from . import blueprint, models
from .answers import answer, faults, money
from .bodies import limit
from .marks import speaks

PIECE = 60                           # cases carried on by one request; the next one carries on the rest

@blueprint.get("/payments")
@access(*payments.READERS)
@speaks(gives=models.PaymentBatches, problems=(403,), query=("limit", "after"))
def payment_batches() -> ResponseReturnValue:
    """The payment batches of the caller's organisations, newest first."""
    most = limit()
    rows = payments.batches(session(), person(), after=request.args.get("after"), limit=most + 1)
    return answer(models.PaymentBatches(items=[models.PaymentBatchRow(**_row(row)) for row in rows[:most]], next=rows[most - 1].id if len(rows) > most else None))


@blueprint.get("/payments/<batch_id>")
@access(*payments.READERS)
@speaks(gives=models.PaymentBatch, problems=(403, 404))
def payment_batch(batch_id: str) -> ResponseReturnValue:
    """One batch with its lines."""
    return answer(shown_batch(batch_id))


@blueprint.post("/payments/<batch_id>/answer")
@access(SENDS, SEALS)
@speaks(gives=models.PaymentAnswer, problems=(403, 404, 413, 422), upload=True)
def payment_answer(batch_id: str) -> ResponseReturnValue:
    """Book what the bank answered: multipart `file`, `kind` says `answer`. Every fault names its cell; the same answer again changes nothing."""
    me, at, file = person(), now(), request.files.get("file")
    data = file.stream.read() if file is not None else b""
    abandon()                        # every paid case has a transaction of its own
    with reading() as own:
        payments.batch(own, batch_id, me)
        if not data:
            raise Refused(one("MISSING", "请附上文件 file", "Attach the file", "file"))
        rows = settling.rows_of(own, batch_id, me, data)
    with writing() as own:
        taken = settling.take(own, batch_id, data, me, at, rows=rows)
    _done, left, problems = carry_on(batch_id, me)
    return answer(models.PaymentAnswer(rows=taken.rows, paid=taken.paid, failed=taken.failed, waiting=taken.waiting, fresh=taken.fresh,
                                       left=left, problems=faults(problems)))


def shown_batch(batch_id: str) -> models.PaymentBatch:
    """Return a batch with its lines as the caller may see it. Raises `NotFound` out of scope."""
    row = payments.batch(session(), batch_id, person())
    return models.PaymentBatch(**_row(row), lines=[_line(line) for line in payments.lines(session(), row.id)])


def carry_on(batch_id: str, me: Actor) -> tuple[int, int, list[Message]]:
    """Carry paid cases on, each in a transaction of its own; return how many went on, how many are left for later, and what stood against some."""
    at, done, problems = now(), 0, list[Message]()
    with reading() as own:
        waiting = settling.due(own, batch_id)
    for case_id in waiting[:PIECE]:
        try:
            with writing() as own:
                done += settling.settle(own, batch_id, case_id, me, at) is not None
        except BangfuError as refusal:
            if refusal.status >= 500:
                raise
            problems += refusal.messages
    return done, max(0, len(waiting) - PIECE), problems


def _row(row: Any) -> dict[str, Any]:
    return {"id": row.id, "number": row.number, "organisation": row.organisation, "method": row.method, "layout": row.layout, "status": row.status,
            "count": row.size, "total": money(row.total_fen), "digest": row.digest, "file_sha256": row.file_sha256, "made_at": row.made_at}


def _line(line: Any) -> models.PaymentLineRow:
    said = payments.shown(session(), line)
    return models.PaymentLineRow(n=line.n, case=line.case_id, number=line.case_number, payee=mask("name", said["name"]) or "", account=said["account"],
                                 amount=money(line.amount_fen) or "", status=line.status, reason=(line.sentence or line.code) if line.status == "failed" else None,
                                 settled_on=line.settled_on)
