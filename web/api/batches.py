"""What a batch of payments goes through: gathered, explained, sealed, sent, carried on, closed. Each call is one button of the page."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

from flask.typing import ResponseReturnValue
from sqlalchemy import select

from web.access import access, person
from web.carrying import carry_on
from web.db import abandon, now, session
from workflow.errors import NotFound, Refused, one
from workflow.language.fields import mask
from workflow.payments import batches, gathering, settling
from workflow.payments import reading as payments
from workflow.payments.batches import CONFIRMS, SEALS, SENDS
from workflow.records import Organisation

from . import blueprint, models, money_models
from .answers import answer, faults, money
from .bodies import read
from .marks import speaks
from .payments import shown_batch


@blueprint.get("/payments/waiting")
@access(SEALS)
@speaks(gives=money_models.WaitingPayments, problems=(403,))
def waiting_payments() -> ResponseReturnValue:
    """What can be paid now, and why the rest cannot. Names and accounts are masked."""
    places = dict.fromkeys(post.organisation_id for post in person().posts if post.role == SEALS)
    return answer(money_models.WaitingPayments(items=[_waiting(line) for place in places for line in gathering.payable(session(), place)]))


@blueprint.post("/payments")
@access(SEALS)
@speaks(takes=money_models.NewBatch, gives=models.PaymentBatch, status=201, problems=(403, 404, 422))
def new_batch() -> ResponseReturnValue:
    """Gather payments into a batch."""
    wanted = read(money_models.NewBatch)
    batch_id = batches.make(session(), person(), now(), wanted.grant_lines, method=wanted.method, layout=wanted.layout, reason=wanted.reason,
                            organisation_id=_place(wanted.organisation))
    return answer(shown_batch(batch_id), 201)


@blueprint.post("/payments/<batch_id>/lines")
@access(SEALS)
@speaks(takes=money_models.ChangedLine, gives=models.PaymentBatch, problems=(403, 404, 422))
def change_batch(batch_id: str) -> ResponseReturnValue:
    """Explain a payment whose account is flagged, or take it out."""
    wanted = read(money_models.ChangedLine)
    payments.batch(session(), batch_id, person())
    line = next((line.id for line in payments.lines(session(), batch_id) if line.n == wanted.n), None)
    if line is None:
        raise NotFound("line")
    if wanted.what == "drop":
        batches.drop(session(), batch_id, line, person(), now())
    elif wanted.what == "explain":
        batches.explain(session(), batch_id, line, wanted.note, person(), now())
    else:
        raise Refused(one("WHAT", "what 只能是 explain 或 drop", "what is explain or drop", "what"))
    return answer(shown_batch(batch_id))


@blueprint.post("/payments/<batch_id>/seal")
@access(SEALS)
@speaks(gives=models.PaymentBatch, problems=(403, 404, 422))
def seal_batch(batch_id: str) -> ResponseReturnValue:
    """Check every payment and seal the batch: the digest is what is printed on the approval sheet."""
    batches.seal(session(), batch_id, person(), now())
    return answer(shown_batch(batch_id))


@blueprint.post("/payments/<batch_id>/void")
@access(SEALS)
@speaks(takes=money_models.Reason, gives=models.PaymentBatch, problems=(403, 404, 422))
def void_batch(batch_id: str) -> ResponseReturnValue:
    """Give up a batch that has not been sent; its payments may be gathered again."""
    batches.void(session(), batch_id, read(money_models.Reason).reason, person(), now())
    return answer(shown_batch(batch_id))


@blueprint.post("/payments/<batch_id>/confirm")
@access(CONFIRMS)
@speaks(gives=models.PaymentBatch, problems=(403, 404, 422))
def confirm_batch(batch_id: str) -> ResponseReturnValue:
    """Let the leader confirm that a sealed batch is paid in cash."""
    batches.confirm(session(), batch_id, person(), now())
    return answer(shown_batch(batch_id))


@blueprint.post("/payments/<batch_id>/send")
@access(SENDS)
@speaks(takes=money_models.Sending, gives=models.PaymentBatch, problems=(403, 404, 422))
def send_batch(batch_id: str) -> ResponseReturnValue:
    """Send a sealed batch, as its cashier, who is none of those who gathered, sealed or decided it."""
    batches.send(session(), batch_id, person(), now(), declared=read(money_models.Sending).declared)
    return answer(shown_batch(batch_id))


@blueprint.post("/payments/<batch_id>/file")
@access(SENDS)
@speaks(gives=money_models.BankFile, problems=(403, 404, 422))
def bank_file(batch_id: str) -> ResponseReturnValue:
    """The file for the bank, always of the same bytes; every export is recorded, and from the second on its name says 副本."""
    name, content = batches.export(session(), batch_id, person(), now())
    return answer(money_models.BankFile(name=name, sha256=sha256(content).hexdigest(), content=b64encode(content).decode()))


@blueprint.post("/payments/<batch_id>/settle")
@access(SENDS, SEALS)
@speaks(gives=money_models.Settled, problems=(403, 404))
def settle_batch(batch_id: str) -> ResponseReturnValue:
    """Carry on what is paid and was left behind, by a crash or a refusal."""
    me = person()
    payments.batch(session(), batch_id, me)
    abandon()                        # every paid case has a transaction of its own
    carried = carry_on(batch_id, me)
    return answer(money_models.Settled(done=carried.done, left=carried.left, problems=faults(carried.problems)))


@blueprint.post("/payments/<batch_id>/close")
@access(SEALS)
@speaks(gives=models.PaymentBatch, problems=(403, 404, 422))
def close_batch(batch_id: str) -> ResponseReturnValue:
    """Close a batch of which every payment has a result and every paid case has gone on."""
    settling.close(session(), batch_id, person(), now())
    return answer(shown_batch(batch_id))


def _place(code: str | None) -> int | None:
    """Return the organisation of this code. One whose money the caller does not keep is refused by whoever gathers."""
    if code is None:
        return None
    found = session().scalar(select(Organisation.id).where(Organisation.code == code))
    if found is None:
        raise NotFound("organisation")
    return found


def _waiting(line: gathering.Payable) -> money_models.WaitingRow:
    return money_models.WaitingRow(
        grant_line=line.grant_line_id, case=line.case_id, number=line.case_number, payee=mask("name", line.name) or "",
        account=mask("bankcard", line.account) or "", amount=money(line.amount) or "", fault=faults([line.fault])[0] if line.fault else None,
        flags=faults(line.flags))
