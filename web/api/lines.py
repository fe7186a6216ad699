"""The list behind a case: who gets what, what stands twice, who signed; and marking that they did."""

from __future__ import annotations

from collections import defaultdict

from flask import request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from web.access import DECIDERS, access, person
from web.db import now, session
from web.language import lang
from workflow import engine
from workflow.engine.issuing import unsigned
from workflow.language.fields import mask
from workflow.queries.grants import GrantRow, grants
from workflow.records import Account

from . import blueprint, line_models
from .answers import answer, money
from .bodies import case_id, idempotency_key, limit, read
from .marks import speaks


@blueprint.get("/applications/<id>/lines")
@access(DECIDERS, "auditor")
@speaks(gives=line_models.GrantLines, problems=(403, 404), query=("limit", "after"))
def lines(id: str) -> ResponseReturnValue:
    """What a case grants, line by line, with what stands twice and who signed. Names and numbers are masked."""
    me, most, after = person(), limit(), request.args.get("after", "0")
    rows, twice = grants(session(), case_id(id), me), defaultdict[int, list[line_models.DuplicateRow]](list)
    for one in engine.duplicates(session(), id, me):
        twice[one.n].append(_duplicate(one))
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 7 else 0
    shown = [row for row in rows if row.n > start]
    return answer(line_models.GrantLines(
        count=len(rows), unsigned=unsigned(session(), id), items=[_line(row, twice[row.n]) for row in shown[:most]],
        next=str(shown[most - 1].n) if len(shown) > most else None))


@blueprint.post("/applications/<id>/lines/sign")
@access(DECIDERS)
@speaks(takes=line_models.Sign, gives=line_models.Marked, problems=(403, 404, 409, 422))
def sign(id: str) -> ResponseReturnValue:
    """Mark lines as signed for before the caller and a second officer."""
    wanted = read(line_models.Sign)
    done = engine.sign(session(), case_id(id), wanted.lines, wanted.method, _person(wanted.beside), person(), now(), idem_key=idempotency_key())
    return answer(line_models.Marked(count=done.count, event=done.seq))


@blueprint.post("/applications/<id>/lines/strike")
@access(DECIDERS)
@speaks(takes=line_models.Strike, gives=line_models.Marked, problems=(403, 404, 409, 422))
def strike(id: str) -> ResponseReturnValue:
    """Strike lines off with a reason; their goods are back in stock at once."""
    wanted = read(line_models.Strike)
    done = engine.strike(session(), case_id(id), wanted.lines, wanted.reason, person(), now(), idem_key=idempotency_key())
    return answer(line_models.Marked(count=done.count, event=done.seq))


@blueprint.post("/applications/<id>/lines/unsign")
@access(DECIDERS)
@speaks(takes=line_models.Unsign, gives=line_models.Marked, problems=(403, 404, 409, 422))
def unsign(id: str) -> ResponseReturnValue:
    """Take back a mark that was made by mistake."""
    wanted = read(line_models.Unsign)
    done = engine.unsign(session(), case_id(id), wanted.line, wanted.reason, person(), now(), idem_key=idempotency_key())
    return answer(line_models.Marked(count=done.count, event=done.seq))


def _person(named: str) -> str:
    """Return the id of the person with this account, or what was given: the engine knows whether it is anybody's."""
    return str(session().scalar(select(Account.person_id).where(Account.username == named.strip().lower())) or named)


def _line(row: GrantRow, twice: list[line_models.DuplicateRow]) -> line_models.GrantLineRow:
    return line_models.GrantLineRow(
        n=row.n, name=mask("name", row.name) or "", id_no=mask("idcard", row.id_no) or "", amount=money(row.amount_fen) or "0.00",
        item=f"{row.item} {row.spec}".strip() or None, quantity=row.quantity, status=row.status,
        signed_at=row.signed.signed_at if row.signed else None, signed_before=[row.signed.by, row.signed.beside] if row.signed else [], duplicates=twice)


def _duplicate(one: engine.Duplicate) -> line_models.DuplicateRow:
    return line_models.DuplicateRow(
        kind=one.kind, row=one.row, number=one.number, programme=one.programme.text(lang()) if one.programme else None, unit=one.unit, day=one.day,
        amount=money(one.amount_fen) if one.programme else None, granted=one.granted)
