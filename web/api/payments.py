"""Payment batches: read them, and hand in the bank's answer. What people do with a batch before that is in `batches.py`."""

from __future__ import annotations

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from web.access import access, person
from web.carrying import carry_on
from web.db import abandon, now, reading, session, writing
from workflow.errors import Refused, one
from workflow.language.fields import mask
from workflow.payments import reading as payments
from workflow.payments import settling
from workflow.payments.batches import SEALS, SENDS

from . import blueprint, models
from .answers import answer, faults, money
from .bodies import limit
from .marks import speaks


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
    carried = carry_on(batch_id, me)
    return answer(models.PaymentAnswer(rows=taken.rows, paid=taken.paid, failed=taken.failed, waiting=taken.waiting, fresh=taken.fresh,
                                       left=carried.left, problems=faults(carried.problems)))


def shown_batch(batch_id: str) -> models.PaymentBatch:
    """Return a batch with its lines as the caller may see it. Raises `NotFound` out of scope."""
    row = payments.batch(session(), batch_id, person())
    return models.PaymentBatch(**_row(row), lines=[_line(line) for line in payments.lines(session(), row.id)])


def _row(row: Any) -> dict[str, Any]:
    return {"id": row.id, "number": row.number, "organisation": row.organisation, "method": row.method, "layout": row.layout, "status": row.status,
            "count": row.size, "total": money(row.total_fen), "digest": row.digest, "file_sha256": row.file_sha256, "made_at": row.made_at}


def _line(line: Any) -> models.PaymentLineRow:
    said = payments.shown(session(), line)
    return models.PaymentLineRow(n=line.n, case=line.case_id, number=line.case_number, payee=mask("name", said["name"]) or "", account=said["account"],
                                 amount=money(line.amount_fen) or "", status=line.status, reason=(line.sentence or line.code) if line.status == "failed" else None,
                                 settled_on=line.settled_on)
