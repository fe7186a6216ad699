"""For auditors: the seals over all histories."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from web.access import access
from web.db import session
from workflow.records import Seal

from . import blueprint, models
from .answers import answer
from .bodies import limit
from .marks import speaks


@blueprint.get("/audit/seals")
@access("auditor")
@speaks(gives=models.Seals, problems=(403,), query=("limit", "after"))
def seals() -> ResponseReturnValue:
    """Every seal, latest first: how many events it covers, their Merkle root, and the signed note."""
    rows = select(Seal).order_by(Seal.size.desc()).limit(limit())
    after = request.args.get("after", "")
    if after.isascii() and after.isdigit():
        rows = rows.where(Seal.size < int(after[:18]))
    return answer(models.Seals([models.SealRow(size=seal.size, root=seal.root.hex(), sealed_at=seal.sealed_at, note=seal.note)
                                for seal in session().scalars(rows)]))
