"""`act`: the one way a case moves. Reads, asks the judge, lets `moving` write, commits nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from ..actors import SYSTEM, Actor
from ..errors import KeyReused, Refused
from ..language.definition import Definition, State
from ..privacy import vault
from ..records import Event
from . import forms, votes
from .batch import one_of_many
from .dossier import Dossier, open_dossier
from .facts import facts_of
from .judge import RETURN, judge
from .moving import Done, Move, overtaken
from .registers import register

_events = Event.__table__


def act(session: Session, case_id: str, trigger: str, actor: Actor, now: datetime, *, revision: int, comment: str = "",
        form: Mapping[str, Any] | None = None, dest: str | None = None, amount: Decimal | None = None,
        declared: bool = False, correct: Sequence[str] = (), idem_key: str | None = None, request_digest: str | None = None,
        extra: Mapping[str, Any] | None = None) -> Done:
    """Carry out one step of a case and return what came of it. In a vote it is one voice, and the step if that settles it.

    `revision` is that of the page the actor looked at. `form` holds raw values laid over the actor's draft; `amount`
    is Decimal yuan where the state lets it be adjusted; `correct` names what must be corrected on a return.
    `request_digest` stands for the request as it was sent, where the caller reads it in the light of the case; `extra`
    is noted in the event.
    Raises `NotFound`, `NotYours`, `Stale`, `Impossible`, `KeyReused`, or `Refused` with every message; then nothing
    has been written.
    """
    said = {"request": request_digest} if request_digest else {
        "trigger": trigger, "comment": comment, "form": form, "dest": dest, "amount": amount, "correct": list(correct)}
    request = digest(session, case=case_id, who=actor.person_id, **said) if idem_key else None
    dossier = open_dossier(session, case_id, actor, lock=True, key=idem_key)
    if dossier.replay is not None:
        return replayed(session, dossier, request)
    if votes.is_ballot(dossier, trigger, actor):
        return _voice(session, dossier, trigger, actor, now, revision, comment, declared, idem_key, request)
    if dossier.row.revision != revision:
        raise overtaken(session, dossier, revision)
    typed, raw, faults = forms.read(dossier, form or {}, register(session, dossier, actor))
    values = {**forms.with_draft(dossier), **typed}
    still = [m for m in forms.unparsed(dossier) if m.field and m.field[5:] not in typed and m.field[5:] not in raw]
    changes = forms.differences(dossier.definition, dossier.form, values)
    changed = frozenset(changes)
    facts = facts_of(session, dossier, now, values, changed)
    touched = [name for name in dossier.definition.form if f"form.{name}" in forms.editable(dossier)]
    faults += still
    if not _gives_up(dossier.definition, dossier.state, trigger):
        faults += forms.invalid(dossier.definition, values, facts, touched)
    try:
        verdict = judge(session, dossier, trigger, actor, now, facts, dest=dest, comment=comment, declared=declared,
                        adjusted=amount, changed=changed)
    except Refused as refused:
        raise Refused([*faults, *(m for m in refused.messages if m not in faults)]) from None
    if faults and not _gives_up(dossier.definition, dossier.state, trigger):
        raise Refused(faults)
    if actor.via == "batch":
        one_of_many(dossier, trigger, verdict.flags)
    move = Move(session, dossier, actor, now, trigger, verdict, facts, values, changes, comment, amount, tuple(correct),
                 idem_key, request, declared, extra or {})
    return _run_on(session, dossier.definition, move.write(), now)


def _voice(session: Session, dossier: Dossier, trigger: str, actor: Actor, now: datetime, revision: int, comment: str,
           declared: bool, idem_key: str | None, request: str | None) -> Done:
    """Give one voice. Where it settles the outcome, the system takes the step that follows, in the same transaction."""
    if votes.stale(dossier, revision):
        raise overtaken(session, dossier, revision)
    if actor.via == "batch":
        one_of_many(dossier, trigger)
    seq = votes.cast(session, dossier, trigger, actor, now, facts_of(session, dossier, now), comment=comment,
                     declared=declared, idem_key=idem_key, request=request)
    row = dossier.row
    done = Done(row.id, row.number, trigger, row.state, row.state, row.revision + 1, row.amount_fen, seq)
    return _run_on(session, dossier.definition, done, now, comment)


def settle(session: Session, case_id: str, now: datetime) -> None:
    """Let the system take the step that follows where a change of voters has settled a vote."""
    dossier = open_dossier(session, case_id, SYSTEM, lock=True)
    row = dossier.row
    _run_on(session, dossier.definition, Done(row.id, row.number, "", row.state, row.state, row.revision, row.amount_fen,
                                              row.last_seq), now)


def _gives_up(definition: Definition, state: str, trigger: str) -> bool:
    """A step that only ends without approval or goes back need not have a faultless form."""
    dests = [definition.states[way.dest] for way in definition.ways(state) if way.trigger == trigger]
    return bool(dests) and (trigger == RETURN or all(d.final and d.outcome != "approved" for d in dests))


def _run_on(session: Session, definition: Definition, done: Done, now: datetime, comment: str = "") -> Done:
    """Carry a case on where nobody has to decide: out of `auto` states by the first route that holds, out of a vote once
    its outcome is certain. Each hop is an event of the system's; `comment` is what the voice that settled a vote said."""
    while True:
        state = definition.states[done.to_state]
        if state.kind != "auto" and state.vote is None:
            return done
        dossier = open_dossier(session, done.case_id, SYSTEM)
        trigger = votes.decided(dossier) if state.vote else definition.ways(done.to_state)[0].trigger
        if trigger is None:
            return done
        comment = comment if state.vote else ""
        done = _by_itself(session, dossier, done, trigger, now, comment, _count(dossier))


def conclude(session: Session, done: Done, trigger: str, now: datetime, comment: str, count: Mapping[str, Any]) -> Done:
    """Let the system take the step that a meeting decided on paper, and what follows from it by itself."""
    dossier = open_dossier(session, done.case_id, SYSTEM)
    return _run_on(session, dossier.definition, _by_itself(session, dossier, done, trigger, now, comment, count), now)


def _by_itself(session: Session, dossier: Dossier, done: Done, trigger: str, now: datetime, comment: str,
               count: Mapping[str, Any]) -> Done:
    definition, state = dossier.definition, dossier.definition.states[dossier.state]
    facts = facts_of(session, dossier, now)
    dest = state.vote.fail_dest if state.vote and trigger == state.vote.on_fail else None
    verdict = judge(session, dossier, trigger, SYSTEM, now, facts, dest=dest or _only_dest(definition, state, trigger),
                    comment=comment or "表决结果")
    hop = Move(session, dossier, SYSTEM, now, trigger, verdict, facts, dossier.form, {}, comment, None, (), None, None,
                False, count).write()
    return replace(hop, trigger=done.trigger or hop.trigger, from_state=done.from_state)


def _only_dest(definition: Definition, state: State, trigger: str) -> str | None:
    """Return where a return out of a vote goes when there is no choice."""
    dests = {way.dest for way in definition.ways(state.name) if way.trigger == trigger and way.chosen}
    return dests.pop() if len(dests) == 1 else None


def _count(dossier: Dossier) -> dict[str, Any]:
    """Return the result of a vote as it goes into the event: how many voices, and how they fell."""
    if not dossier.ballots:
        return {}
    return {"voices": {voice: sum(task.vote == voice for task in dossier.ballots) for voice in ("agree", "disagree", "abstain")}
            | {"voters": len(dossier.ballots)}}


def digest(session: Session, **request: Any) -> str:
    """Keyed, because it stands in the event for good and what was typed could be guessed from a plain digest."""
    return vault(session).blind("key", orjson.dumps(request, option=orjson.OPT_SORT_KEYS, default=str).decode()).hex()


def replayed(session: Session, dossier: Dossier, request: str | None) -> Done:
    """Return the answer the first request got: where the system went on from an `auto` state is part of it."""
    event = dossier.replay
    assert event is not None
    if event.request_digest != request or event.stream != dossier.id:
        raise KeyReused
    first = event
    while True:                      # what the system did at once in answer to it: the same moment, the next event
        state = dossier.definition.states[event.to_state]
        following = None if state.kind != "auto" and state.vote is None else session.connection().execute(select(_events).where(
            _events.c.stream == dossier.id, _events.c.seq == event.seq + 1, _events.c.kind == "act",
            _events.c.actor_id.is_(None), _events.c.at == first.at, _events.c.from_state == event.to_state)).one_or_none()
        if following is None:
            return Done(dossier.id, dossier.row.number, first.trigger, first.from_state, event.to_state, event.revision,
                        event.amount_fen, event.seq, replayed=True)
        event = following
