"""The kinds of lists there are, by name."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from ..errors import NotFound
from .families import FILES
from .kinds import Kind
from .members import PEOPLE
from .organisations import ORGS
from .past import past_cases

KINDS = {one.name: one for one in (ORGS, PEOPLE, FILES)}


def kind(session: Session, name: str, subject: str | None = None, as_of: date | None = None) -> Kind:
    """Return the kind; of past cases, with the columns of their programme. Raises `NotFound`."""
    if name == "cases" and subject is not None and as_of is not None:
        return past_cases(session, subject, as_of)
    if name not in KINDS:
        raise NotFound("import")
    return KINDS[name]
