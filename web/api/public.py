"""How far a case is, for whoever holds its number and query code; nobody signs in."""

from __future__ import annotations

import hmac

from flask import request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from web.access import PUBLIC, access
from web.db import abandon, now, reading, writing
from web.language import lang
from workflow import people
from workflow.errors import NotFound, Refused, one
from workflow.privacy import vault
from workflow.programmes import by_digest
from workflow.records import Case

from . import blueprint, models
from .answers import answer, money
from .marks import speaks
from .tokens import TooOften


@blueprint.get("/progress/<path:number>")
@access(PUBLIC)
@speaks(gives=models.Progress, problems=(404, 429), query=("code",))
def progress(number: str) -> ResponseReturnValue:
    """State and amount for the holder of the query code. A wrong code and an unknown number look the same."""
    code, address, what = request.args.get("code", ""), request.remote_addr or "", f"code:{number}"
    abandon()
    with reading() as own:
        try:
            people.attempt(own, what, address, now())
        except Refused:
            raise TooOften(one("CODE_WAIT", "查询码输错次数太多，请过几分钟再试", "Too many wrong codes; try again in a few minutes")) from None
        case = own.scalar(select(Case).where(Case.number == number))
        known = vault(own).code(case.id) if case else "-" * 8
        definition = by_digest(own, case.definition_digest) if case else None
    if not hmac.compare_digest(known.encode(), code.encode()) or case is None or definition is None:
        # Guesses are counted, in a transaction of its own: the one thing a GET here ever writes.
        with writing() as own:
            people.failed(own, what, address, now())
        raise NotFound
    return answer(models.Progress(
        number=number, programme=definition.title.text(lang()), state=case.state,
        state_label=definition.states[case.state].label.text(lang()), amount=money(case.amount_fen)))
