"""Deciding many at once: a table to look over, then each row in a transaction of its own, a line for each.

What fails stays in the queue and says why. Nothing is skipped: every row passes the same check as a single decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import render_template, request
from flask.typing import ResponseReturnValue

from workflow import engine, queries
from workflow.actors import Actor
from workflow.engine import Preview
from workflow.errors import BangfuError, Message, Refused, one
from workflow.programmes import by_digest
from workflow.queries import CaseRow

from .. import language
from ..access import DECIDERS, access, person
from ..db import abandon, now, reading, session, writing
from .room import blueprint, filters, opinion, phrases

MOST = 200


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one row."""

    row: CaseRow
    amount_fen: int | None
    state: str                       # where it stands now, in words; empty where it failed
    problems: tuple[Message, ...] = ()


@blueprint.get("/tasks/batch")
@access(DECIDERS)
def look_over() -> ResponseReturnValue:
    """The table of all rows with the total. Only reads: the address may be opened again."""
    items = _items(request.args.getlist("s"))
    choices = queries.batch_triggers(session(), person(), [case_id for case_id, _revision in items])
    known = [trigger for trigger, _label in choices]
    trigger = request.args.get("trigger", "") if request.args.get("trigger") in known else known[0] if known else ""
    previews = engine.preview(session(), items, trigger, person(), now(), comment="…") if trigger else []
    lang = language.lang()
    return render_template(
        "review/batch.html", previews=previews, choices=[(t, label.text(lang)) for t, label in choices], trigger=trigger,
        fit=[preview for preview in previews if not preview.problems], total=_total(previews), items=items,
        filters=filters(), phrases=phrases(), goes_to=_goes_to(previews))


@blueprint.post("/tasks/batch")
@access(DECIDERS)
def decide() -> ResponseReturnValue:
    """Decide every row. Answers with the lines themselves: sent again, the same keys give the same lines and act once."""
    items, actor, at = _items(request.form.getlist("s")), person().through("batch"), now()
    trigger, comment, key = request.form.get("trigger", ""), opinion(), request.form.get("key", "")[:64]
    abandon()                        # the rows have transactions of their own; one open around them would lock them out
    with reading() as own:
        known = queries.cases(own, actor, [case_id for case_id, _revision in items])
    results = [_one(known[case_id], revision, trigger, comment, actor, at, f"{key}:{case_id}" if key else None)
               for case_id, revision in items if case_id in known]
    return render_template("review/batch_done.html", results=results, filters=filters(), items=items,
                           done=[result for result in results if not result.problems],
                           failed=[result for result in results if result.problems],
                           total=sum(result.amount_fen or 0 for result in results if not result.problems))


def _one(row: CaseRow, revision: int, trigger: str, comment: str, actor: Actor, at: datetime, key: str | None) -> Result:
    try:
        with writing() as own:
            done = engine.act(own, row.case_id, trigger, actor, at, revision=revision, comment=comment, idem_key=key)
    except BangfuError as refusal:
        return Result(row, None, "", refusal.messages)
    return Result(row, done.amount_fen, row.definition.states[done.to_state].label.text(language.lang()))


def _items(sent: list[str]) -> list[tuple[str, int]]:
    """Read `case:revision` pairs, each case once. Raises `Refused` when there are too many."""
    items: dict[str, int] = {}
    for pair in sent:
        case_id, _colon, revision = pair.partition(":")
        if revision.isdigit():
            items.setdefault(case_id[:20], int(revision))
    if len(items) > MOST:
        raise Refused(one("TOO_MANY", f"一次最多办理 {MOST} 件，请分批", f"At most {MOST} at once; split them"))
    return list(items.items())


def _total(previews: list[Preview]) -> int:
    return sum(preview.amount_fen or 0 for preview in previews if not preview.problems)


def _goes_to(previews: list[Preview]) -> dict[str, str]:
    """Where each row would go, in words."""
    lang, words = language.lang(), {}
    for preview in previews:
        if preview.row is not None and preview.to_state:
            definition = by_digest(session(), preview.row.definition_digest)
            words[preview.case_id] = definition.states[preview.to_state].label.text(lang)
    return words
