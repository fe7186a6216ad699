"""What a state of an earlier version is called in a later one, as the later one's `migrate_from` says."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..language.definition import Definition
from ..programmes import by_digest, definition
from ..records import Decision

_decisions = Decision.__table__


def today(session: Session, later: Definition, digest: str, state: str) -> str:
    """Return what `state` of the version with this digest is called in `later`; itself where nobody renamed it."""
    earlier = by_digest(session, digest)
    if earlier.version >= later.version:
        return state
    if earlier.version in later.migrate_from:
        return later.migrate_from[earlier.version].get(state, state)
    for version in sorted((v for v in later.migrate_from if v > earlier.version), reverse=True):
        between = definition(session, later.key, version)
        return later.migrate_from[version].get(name := today(session, between, digest, state), name)
    return state


def renamed(session: Session, case_id: str, later: Definition) -> dict[int, str]:
    """Return {seq: state} of the decisions that a case took under earlier versions, in the words of `later`.

    Separation of duties goes by these names: a step that was renamed stays the step somebody has already decided at.
    """
    return {row.seq: today(session, later, row.definition_digest, row.state) for row in session.connection().execute(
        select(_decisions.c.seq, _decisions.c.state, _decisions.c.definition_digest).where(
            _decisions.c.case_id == case_id, _decisions.c.definition_digest != later.digest))}
