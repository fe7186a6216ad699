"""What has been entered, for whoever may see it: figures of their own organisation, of those below, and of those above that hold for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..actors import Actor
from ..errors import NotFound
from ..records import Organisation, Person, PolicyFigure

READERS = frozenset({"county_handler", "county_leader", "county_committee", "finance", "cashier", "auditor", "township", "grassroots"})
_rows = PolicyFigure.__table__


def visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `policy_figures` for what `actor` may read. The command line is no person and reads them all."""
    if actor.via == "command" and actor.person_id is None:
        return _rows.c.id.is_not(None)
    paths = {post.path for post in actor.posts if post.role in READERS}
    above = {int(part) for path in paths for part in path.split("/") if part}
    return or_(_rows.c.organisation_id.in_(sorted(above)), *(_rows.c.path.like(path + "%") for path in sorted(paths))) if paths else false()


def listed(session: Session, actor: Actor, *, key: str | None = None) -> Sequence[Row[Any]]:
    """Return the rows in scope, the newest day first, each with the organisation and who entered and decided it, by name.

    `key` narrows it to one programme, "" to the regional figures.
    """
    query = _whole().where(visible(actor)).order_by(_rows.c.from_on.desc(), _rows.c.id.desc())
    return session.execute(query if key is None else query.where(_rows.c.definition_key == key)).all()


def figure(session: Session, figure_id: str, actor: Actor) -> Row[Any]:
    """Return one row as `listed` does. Raises `NotFound` out of scope."""
    row = session.execute(_whole().where(_rows.c.id == figure_id, visible(actor))).one_or_none()
    if row is None:
        raise NotFound("figure")
    return row


def _whole() -> Any:
    proposer, decider, ends = Person.__table__.alias("proposer"), Person.__table__.alias("decider"), _rows.alias("ends")
    return (select(_rows, Organisation.name.label("organisation"), Organisation.level, proposer.c.name.label("proposer"),
                   decider.c.name.label("decider"), ends.c.from_on.label("ended_on"))
            .join(Organisation, Organisation.id == _rows.c.organisation_id).join(proposer, proposer.c.id == _rows.c.proposed_by)
            .outerjoin(decider, decider.c.id == _rows.c.decided_by)
            .outerjoin(ends, (ends.c.withdraws == _rows.c.id) & (ends.c.status == "confirmed")))
