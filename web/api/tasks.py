"""What waits for the caller's decision, and deciding many of them: each in a transaction of its own."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from web.access import DECIDERS, access, person
from web.db import abandon, now, reading, session, writing
from web.language import lang
from workflow import engine, queries
from workflow.actors import Actor
from workflow.engine.dossier import NO_DUE
from workflow.errors import BangfuError, NotFound
from workflow.queries import TaskRow

from . import blueprint, models
from .answers import answer, faults, money
from .bodies import idempotency_key, limit, read
from .marks import speaks


@blueprint.get("/tasks")
@access(DECIDERS)
@speaks(gives=models.Tasks, problems=(403,), query=("limit", "after", "programme"))
def tasks() -> ResponseReturnValue:
    """What the caller can decide, first due first."""
    page = queries.tasks(session(), person(), now(), limit=limit(), after=request.args.get("after"),
                         programme=request.args.get("programme"))
    return answer(models.Tasks(total=page.total, items=[_row(row) for row in page.rows], next=page.next))


@blueprint.post("/tasks/batch")
@access(DECIDERS)
@speaks(takes=models.Batch, gives=models.BatchRows, problems=(403, 422))
def batch() -> ResponseReturnValue:
    """Take one step for many cases. Each row succeeds or fails alone, and says so."""
    wanted, actor, key = read(models.Batch), person().through("batch"), idempotency_key()
    abandon()                        # every row is a transaction of its own
    with reading() as own:
        seen = queries.cases(own, actor, [item.id for item in wanted.items])
    return answer(models.BatchRows([
        _decide(item, wanted, actor, key) if item.id in seen else _failed(item, NotFound()) for item in wanted.items]))


def _decide(item: models.BatchItem, wanted: models.Batch, actor: Actor, key: str | None) -> models.BatchRow:
    try:
        with writing() as own:
            done = engine.act(own, item.id, wanted.trigger, actor, now(), revision=item.revision, comment=wanted.comment,
                              idem_key=key and f"{key}:{item.id}")
        return models.BatchRow(id=item.id, ok=True, state=done.to_state)
    except BangfuError as refusal:
        if refusal.status >= 500:
            raise
        return _failed(item, refusal)


def _failed(item: models.BatchItem, refusal: BangfuError) -> models.BatchRow:
    return models.BatchRow(id=item.id, ok=False, errors=faults(refusal.messages))


def _row(row: TaskRow) -> models.TaskRow:
    definition = row.definition
    return models.TaskRow(
        id=row.case_id, number=row.number, programme=definition.key, title=definition.title.text(lang()), state=row.state,
        state_label=definition.states[row.state].label.text(lang()), applicant=row.name, unit=row.unit,
        amount=money(row.amount_fen), due_at=None if row.due_at >= NO_DUE else row.due_at, revision=row.revision,
        flags=list(row.flags), resubmitted=row.resubmitted, others_only=row.others_only, kind=row.kind, personal=row.personal,
        delegated=row.delegated, behalf=row.behalf)
