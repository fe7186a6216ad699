"""One case's chain, checked link by link: cheap enough for every page that shows the case.

The whole log, its seals, the sealed contents and the rows beside them are `history.verify`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..history.append import event_hash, origin
from ..records import Case, Event, Seal


@dataclass(frozen=True, slots=True)
class Chain:
    """`broken` is the first step that does not fit, None where all do; `sealed` counts steps under the newest seal."""

    events: int
    broken: int | None
    sealed: int
    sealed_at: datetime | None

    @property
    def whole(self) -> bool:
        return self.broken is None


def chain(session: Session, case_id: str) -> Chain:
    """Return whether every step hashes to what is recorded, follows the one before, and ends where the case stands."""
    newest = session.execute(select(Seal.size, Seal.sealed_at).order_by(Seal.size.desc()).limit(1)).first()
    head = session.execute(select(Case.last_seq, Case.last_hash).where(Case.id == case_id)).one()
    before, last, broken, sealed = origin(case_id), 0, None, 0
    for event in session.execute(select(Event.seq, Event.prev, Event.body, Event.hash, Event.leaf_index)
                                 .where(Event.stream == case_id).order_by(Event.seq)):
        good = (event.seq == last + 1 and bytes(event.prev) == before
                and event_hash(bytes(event.prev), bytes(event.body)) == bytes(event.hash))
        if not good and broken is None:
            broken = event.seq
        before, last = bytes(event.hash), event.seq
        sealed += newest is not None and event.leaf_index is not None and event.leaf_index < newest.size
    if broken is None and (last, before) != (head.last_seq, bytes(head.last_hash)):
        broken = last + 1
    return Chain(last, broken, sealed, newest.sealed_at if newest else None)


def seals(session: Session, limit: int = 100) -> list[Seal]:
    """Return the newest seals, newest first."""
    return list(session.scalars(select(Seal).order_by(Seal.size.desc()).limit(limit)))


def unsealed(session: Session) -> int:
    """Return how many events came after the newest seal."""
    size = session.scalar(select(func.max(Seal.size))) or 0
    return (session.scalar(select(func.count()).select_from(Event)) or 0) - size
