"""What each operation does to the rows of `tasks`. Who may do it was asked before; the event is written by the caller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable, insert, update

from ..records import Task
from . import duties, tasks
from .desk import Desk, Held
from .dossier import NO_DUE, local_day
from .receiving import Candidate

_tasks = Task.__table__


@dataclass(frozen=True, slots=True)
class Changed:
    """Whose the task was and whose it is now, what has to be written, and who else is to be told."""

    task_id: str
    left: str | None
    to: str | None
    statements: tuple[Executable, ...]
    also: tuple[str, ...] = ()


def _set(task_id: str, **values: Any) -> Executable:
    return update(_tasks).where(_tasks.c.id == task_id).values(**values)


def _claim(desk: Desk, held: Held, _: Candidate | None) -> Changed:
    person = held.owner(desk.actor)
    return Changed(held.task.id, None, person, (_set(held.task.id, person_id=person, claimed_at=desk.now),))


def _release(desk: Desk, held: Held, _: Candidate | None) -> Changed:
    return Changed(held.task.id, held.task.person_id, None, (_set(held.task.id, person_id=None, claimed_at=None),))


def _transfer(desk: Desk, held: Held, to: Candidate | None) -> Changed:
    assert to is not None
    return Changed(held.task.id, held.task.person_id or held.owner(desk.actor), to.id,
                   (_set(held.task.id, person_id=to.id, owner_id=None, claimed_at=None),))


def _delegate(desk: Desk, held: Held, to: Candidate | None) -> Changed:
    assert to is not None
    owner = held.owner(desk.actor)
    return Changed(held.task.id, owner, to.id, (_set(held.task.id, person_id=to.id, owner_id=owner),))


def _back(desk: Desk, held: Held, _: Candidate | None) -> Changed:
    """To its owner, or to the post where the owner does not hold it any longer."""
    task = held.task
    there = task.owner_id in duties.holders(desk.session, task.role, task.organisation_id, local_day(desk.now))
    return Changed(task.id, task.person_id, task.owner_id, (_set(task.id, person_id=task.owner_id if there else None, owner_id=None),),
                   (task.person_id,))


def _add_signer(desk: Desk, held: Held, to: Candidate | None) -> Changed:
    assert to is not None
    state = desk.dossier.definition.states[desk.dossier.state]
    ballots = desk.dossier.ballots
    waits = state.vote is not None and state.vote.mode == "sequence" and any(task.status == "open" for task in ballots)
    return _opened(desk, held, to, "ballot", place=max(task.place or 0 for task in ballots) + 1, status="waiting" if waits else "open")


def _remove_signer(desk: Desk, held: Held, _: Candidate | None) -> Changed:
    statements = [_set(held.task.id, status="cancelled", closed_at=desk.now, closed_by=desk.actor.person_id)]
    following = next((task for task in desk.dossier.ballots if task.status == "waiting" and task.id != held.task.id), None)
    if held.task.status == "open" and following is not None:         # they vote in turn, and it was this one's
        statements.append(_set(following.id, status="open"))
    return Changed(held.task.id, held.task.person_id, None, tuple(statements), (held.task.person_id,))


def _consult(desk: Desk, held: Held, to: Candidate | None) -> Changed:
    assert to is not None
    return _opened(desk, held, to, "consult")


def _cc(desk: Desk, held: Held, to: Candidate | None) -> Changed:
    assert to is not None
    return _opened(desk, held, to, "cc")


def _opened(desk: Desk, held: Held, to: Candidate, kind: str, **more: Any) -> Changed:
    row = desk.dossier.row
    opened = tasks.row(row.id, row.entry, row.state, row.definition_key, desk.now, role=to.role, organisation_id=to.organisation_id, person_id=to.id,
                       due_at=(row.due_at or NO_DUE) if kind != "cc" else None, kind=kind, asked_by=held.owner(desk.actor), **more)
    return Changed(opened["id"], None, to.id, (insert(_tasks).values(opened),))


def _close(desk: Desk, held: Held, _: Candidate | None) -> Changed:
    done = _set(held.task.id, status="done", closed_at=desk.now, closed_by=desk.actor.person_id)
    return Changed(held.task.id, held.task.person_id, held.task.asked_by if held.task.kind == "consult" else None, (done,))


CHANGES: Mapping[str, Callable[[Desk, Held, Candidate | None], Changed]] = {
    "claim": _claim, "release": _release, "transfer": _transfer, "delegate": _delegate, "hand_back": _back, "recall": _back,
    "add_signer": _add_signer, "remove_signer": _remove_signer, "consult": _consult, "cc": _cc, "reply": _close, "read": _close,
}
