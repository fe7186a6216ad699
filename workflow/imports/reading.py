"""Imports as they are shown: the list, one of them, its rows, and sheets to download. Read only, within the reader's reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from .. import spreadsheets
from ..actors import Actor
from ..errors import NotFound
from ..records import Import, ImportRow, Organisation, Person
from .kinds import Kind
from .known import KINDS
from .running import faults_of, opened
from .sheets import Fault

READERS = frozenset({"admin", "county_handler"})
_imports, _rows = Import.__table__, ImportRow.__table__


def visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `imports` for what `actor` may see: lists of a kind they may import, of their place and below."""
    if actor.person_id is None and actor.via == "command":
        return _imports.c.id.is_not(None)
    ways = [_imports.c.path.like(post.path + "%") & _imports.c.kind.in_(sorted(kinds_of(post.role))) for post in actor.posts if post.role in READERS]
    return or_(*ways) if ways else false()


def kinds_of(role: str) -> list[str]:
    return [name for name, one in KINDS.items() if role in one.roles] + (["cases"] if role == "county_handler" else [])


def imports(session: Session, actor: Actor, limit: int = 50) -> Sequence[Row[Any]]:
    """Return the latest imports in reach with the names of the place and of who did it."""
    return session.execute(_query().where(visible(actor)).order_by(_imports.c.at.desc(), _imports.c.id.desc()).limit(limit)).all()


def one_import(session: Session, import_id: str, actor: Actor) -> Row[Any]:
    row = session.execute(_query().where(_imports.c.id == import_id, visible(actor))).one_or_none()
    if row is None:
        raise NotFound("import")
    return row


def _query() -> Any:
    return select(_imports, Organisation.name.label("organisation"), Person.name.label("who")).join(
        Organisation, Organisation.id == _imports.c.organisation_id).outerjoin(Person, Person.id == _imports.c.by)


def rows(session: Session, import_id: str, outcomes: Sequence[str], limit: int = 200, after: int = 0) -> list[tuple[int, str, dict[str, Any]]]:
    """Return (row number, outcome, what it says) of the first rows with these outcomes."""
    query = select(_rows).where(_rows.c.import_id == import_id, _rows.c.outcome.in_(outcomes), _rows.c.n > after).order_by(_rows.c.n).limit(limit)
    return [(row.n, row.outcome, opened(session, row)) for row in session.execute(query)]


def faulty(session: Session, row: Row[Any], lang: str = "zh") -> bytes:
    """Return the wrong rows as they were sent, under their own headings, with one more column that says what is wrong."""
    return faulty_sheet(row.head, [(said.get("cells", []), faults_of(said)) for _, _, said in rows(session, row.id, ["fault"], limit=100_000)], lang)


def faulty_sheet(head: Sequence[str], wrong: Sequence[tuple[Sequence[str], Sequence[Fault]]], lang: str = "zh") -> bytes:
    """Return such a sheet of (cells, faults). Every cell is text, so that nothing in it can act."""
    wide, title = len(head), "错误" if lang != "en" else "Faults"
    lines = [[*[*cells, *[""] * wide][:wide], "；".join(fault.text(lang) for fault in faults)] for cells, faults in wrong]
    return spreadsheets.workbook([*head, title], lines, [*[16] * wide, 60], title)


def template(found: Kind) -> bytes:
    """Return an empty sheet with the headings of a kind; columns one must have are marked with a star."""
    headings = [f"{one.label.zh}{' *' if one.required else ''}" for one in found.columns]
    return spreadsheets.workbook(headings, [], [one.width for one in found.columns], found.label.zh[:31])
