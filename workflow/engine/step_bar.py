"""The step bar of a case: what lies behind, where it is, what is to come."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..language.definition import Definition
from ..records import Decision
from .dossier import Dossier
from .judge import RETURN
from .lineage import renamed
from .view import Stage


def stages(session: Session, dossier: Dossier) -> tuple[Stage, ...]:
    """Return the step bar: what lies behind, where the case is, what is to come."""
    definition, now = dossier.definition, dossier.state
    left: dict[str, datetime] = {}
    called = renamed(session, dossier.id, definition) if definition.migrate_from else {}
    for seq, state, at in _left(session, dossier.id):
        left[called.get(seq, state)] = at
    names = list(definition.progress)
    if now not in names and not definition.states[now].final:
        # A step off the bar (a meeting instead of an approval): shown in its place, without what cannot follow from it.
        ahead = _onward(definition, now)
        names = [name for name in names if name in left or name in ahead]
        names.insert(max((place + 1 for place, name in enumerate(names) if name in left), default=0), now)
    here = names.index(now) if now in names else None
    bar = []
    for position, name in enumerate(names):
        if name == now:
            final = definition.states[name].final
            bar.append(Stage(name, definition.states[name].label, "done" if final else "now", dossier.row.entered_at))
        elif here is None:
            bar.append(Stage(name, definition.states[name].label, "done" if name in left else "todo", left.get(name)))
        else:
            behind = position < here
            bar.append(Stage(name, definition.states[name].label, "done" if behind else "todo",
                                left.get(name) if behind else None))
    return tuple(bar)


def _onward(definition: Definition, state: str) -> set[str]:
    """Return every state that can follow without a return."""
    found, waiting = set[str](), [state]
    while waiting:
        for way in definition.ways(waiting.pop()):
            if way.trigger != RETURN and way.dest not in found:
                found.add(way.dest)
                waiting.append(way.dest)
    return found


def _left(session: Session, case_id: str) -> list[tuple[int, str, datetime]]:
    return [(row.seq, row.state, row.at) for row in session.execute(
        select(Decision.seq, Decision.state, Decision.at).where(Decision.case_id == case_id).order_by(Decision.seq))]
