"""The blueprint of the auditor's room."""

from __future__ import annotations

from flask import Blueprint

from workflow import history

from ..access import person
from ..db import now, session

blueprint = Blueprint("audit", __name__, url_prefix="/audit")


def looked(kind: str, **extra: object) -> None:
    """Leave an event that the auditor looked, where it is about no single case: on the stream of their account."""
    actor = person()
    history.append_to(session(), f"account:{actor.account_id}", kind=kind, at=now(), actor=actor, role="auditor", extra=extra)
