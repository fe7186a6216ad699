"""`act`: the one way a case moves. Reads, asks the judge, writes event + row + decision + tasks + timers, commits nothing.

The order of the writes matters: the event comes first, because the database refuses a change of a case row that no
event explains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, Literal

import orjson
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from .. import history
from ..actors import SYSTEM, Actor
from ..calendar import working_calendar
from ..errors import KeyReused, Refused, Stale, one
from ..language.definition import Definition, State
from ..money import holds
from ..privacy import vault
from ..records import Case, CaseIdentity, Draft, Event, Person
from ..statements import Prepared, rows_changed, together
from . import deciding, forms, posting, tasks, timing, uniqueness, votes
from .batch import one_of_many
from .cycles import cycle_of, intake_open
from .dossier import Dossier, local_day, open_dossier
from .duties import addressed
from .facts import facts_of, snapshot_figures
from .judge import RETURN, Verdict, flagged, judge, rests_on
from .numbers import draw
from .places import above, at_level, region

_IDENTITIES: tuple[Literal["idcard", "phone", "bankcard"], ...] = ("idcard", "phone", "bankcard")
_cases, _drafts, _events = (m.__table__ for m in (Case, Draft, Event))
_MOVE = update(_cases).where(_cases.c.id == bindparam("case_id"), _cases.c.revision == bindparam("was"))
_FORGET = delete(_drafts).where(_drafts.c.case_id == bindparam("case_id"))


@cache
def _move(columns: tuple[str, ...]) -> Prepared:
    """The UPDATE of a case row that sets these columns: a submission, an end and a changed form each set more of them."""
    return Prepared(_MOVE, columns)


@dataclass(frozen=True, slots=True)
class Done:
    """What an act brought about. `replayed` means the same request had been carried out before."""

    case_id: str
    number: str | None
    trigger: str
    from_state: str
    to_state: str
    revision: int
    amount_fen: int | None
    seq: int
    replayed: bool = False


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
        raise _overtaken(session, dossier, revision)
    typed, raw, faults = forms.read(dossier, form or {})
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
    move = _Move(session, dossier, actor, now, trigger, verdict, facts, values, changes, comment, amount, tuple(correct),
                 idem_key, request, declared, extra or {})
    return _run_on(session, dossier.definition, move.write(), now)


def _voice(session: Session, dossier: Dossier, trigger: str, actor: Actor, now: datetime, revision: int, comment: str,
           declared: bool, idem_key: str | None, request: str | None) -> Done:
    """Give one voice. Where it settles the outcome, the system takes the step that follows, in the same transaction."""
    if votes.stale(dossier, revision):
        raise _overtaken(session, dossier, revision)
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
    hop = _Move(session, dossier, SYSTEM, now, trigger, verdict, facts, dossier.form, {}, comment, None, (), None, None,
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


def _overtaken(session: Session, dossier: Dossier, seen: int) -> Stale:
    """Say who was faster and when: the last person after the revision `seen`, or the system where there was none."""
    people = Person.__table__
    last = session.connection().execute(
        select(people.c.name, _events.c.at).outerjoin(people, people.c.id == _events.c.actor_id)
        .select_from(_events).where(_events.c.stream == dossier.id, _events.c.revision > seen)
        .order_by(_events.c.actor_id.is_(None), _events.c.revision.desc(), _events.c.seq).limit(1)).first()
    who, at = (last.name or "系统", last.at) if last else ("系统", None)
    return Stale(one("OVERTAKEN", f"此件已由{who}办理，请查看最新情况", f"{who} has already handled this case; look at it afresh"),
                 by=who, at=at)


@dataclass(slots=True)
class _Move:
    """One judged step on its way into the database."""

    session: Session
    dossier: Dossier
    actor: Actor
    now: datetime
    trigger: str
    verdict: Verdict
    facts: dict[str, Any]
    form: dict[str, Any]
    changes: dict[str, tuple[Any, Any]]
    comment: str
    adjusted: Decimal | None
    correct: tuple[str, ...]
    idem_key: str | None
    request: str | None
    declared: bool
    extra: Mapping[str, Any]

    def write(self) -> Done:
        row, definition = self.dossier.row, self.dossier.definition
        dest = definition.states[self.verdict.step.dest]
        values = self._row_values(dest)
        left, standing = definition.states[row.state], self.verdict.standing
        held = deciding.snapshot(self.dossier, self.facts, self.form, values.get("figures") or row.figures, self.verdict.amount_fen)
        place = self._organisation()
        seq = row.last_seq + 1
        opened = self._tasks(dest, seq)
        clocks = timing.plan(dest, row.id, seq, self.now)
        extra = self._extra(values)
        if self.adjusted is not None:
            self.changes["amount"] = (row.amount_fen, self.verdict.amount_fen)
        connection = self.session.connection()
        with together(connection):
            appended = history.append(
                self.session, stream=row.id, seq=seq, prev=row.last_hash, kind="act", at=self.now, actor=self.actor,
                role=standing.role, organisation_id=place, on_behalf_of=self._behalf(),
                trigger=self.trigger, from_state=row.state, to_state=dest.name, amount_fen=self.verdict.amount_fen,
                revision=row.revision + 1, definition_digest=row.definition_digest, snapshot_digest=held[1],
                idem_key=self.idem_key, request_digest=self.request, comment=self.comment, changes=self.changes,
                extra=extra)
            values |= {"last_seq": appended.seq, "last_hash": appended.hash, "entry": appended.seq}
            moved = _move(tuple(values))(connection, {"case_id": row.id, "was": row.revision, **values})
            deciding.decide(self.session, connection, self.dossier, appended.seq, self.trigger, self.now,
                            actor_id=self.actor.person_id, role=standing.role, organisation_id=place,
                            amount_fen=self.verdict.amount_fen, held=held)
            mine = standing.task.id if standing.task is not None else row.task_id
            if mine is not None:
                tasks.CLOSE(connection, {"task_id": mine, "at": self.now, "by": self.actor.person_id})
            if left.vote is not None or left.name in definition.operations.get("consult", ()):
                tasks.CANCEL_ALL(connection, {"in_case": row.id, "at": self.now})
            for task in opened:
                tasks.OPEN(connection, task)
            if left.timers:
                timing.CANCEL(connection, {"in_case": row.id})
            for clock in clocks:
                timing.PLAN(connection, clock)
        if rows_changed(moved) != 1:
            raise _overtaken(self.session, self.dossier, row.revision)
        holds.settle(self.session, definition, row, self.trigger, dest.name, self.verdict.amount_fen, self.facts, seq, self.now,
                     cycle=values.get("cycle"))
        if posting.comes_down(definition, left, dest):
            posting.end(self.session, self.dossier, dest, seq, self.actor.person_id, self.now)
        if dest.kind == "notice":
            posting.begin(self.session, self.dossier, dest, seq, self.now, self.facts, opened[0]["organisation_id"],
                          self.verdict.amount_fen)
        if self.dossier.drafts:      # typed against the old revision: nobody's draft fits the case any longer
            connection.execute(_FORGET, {"case_id": row.id})
        if self.changes or row.submitted_at is None:
            self._index_identities()
        if definition.unique and (row.submitted_at is None or dest.final or self.changes):
            uniqueness.settle(self.session, self.dossier, dest, self.facts, first=row.submitted_at is None)
        return Done(row.id, values.get("number", row.number), self.trigger, row.state, dest.name, row.revision + 1,
                    self.verdict.amount_fen, appended.seq)

    def _row_values(self, dest: State) -> dict[str, Any]:
        """Return the columns of the case row after this step."""
        row, definition = self.dossier.row, self.dossier.definition
        values: dict[str, Any] = {
            "state": dest.name, "revision": row.revision + 1, "entered_at": self.now, "updated_at": self.now,
            "due_at": self._due(dest), "amount_fen": self.verdict.amount_fen, "returned": self._returned(),
            "adjusted_fen": (self.verdict.amount_fen if self.adjusted is not None else
                             None if rests_on(definition) & set(self.changes) else row.adjusted_fen),
        }
        if any(name.startswith("form.") for name in self.changes):
            values["form"], values["sealed"] = forms.stored(self.session, "cases", row.id, definition, self.form)
        if dest.final:
            values |= {"outcome": dest.outcome, "ended_at": self.now}
        if row.submitted_at is None and definition.states[row.state].kind == "draft" and not dest.final:
            values |= self._submission()
        return values

    def _submission(self) -> dict[str, Any]:
        """Draw the number and pin the figures: what holds on this day holds for the whole case."""
        row, definition, today = self.dossier.row, self.dossier.definition, local_day(self.now)
        places = above(self.session, row.path)
        county = at_level(places, "county")
        cycle = cycle_of(definition, today, later=0 if intake_open(definition, today) else 1)
        number = draw(self.session, definition, row.unit_id, today.year, unit=row.unit_code,
                      county=county.code if county else row.unit_code, cycle=cycle)
        return {"submitted_at": self.now, "cycle": cycle, "number": number,
                "figures": snapshot_figures(definition, region(self.session, row.path), today)}

    def _due(self, dest: State) -> datetime | None:
        promised = dest.due or (dest.notice.days if dest.notice else None)
        return working_calendar().due(self.now, promised) if promised else None

    def _returned(self) -> dict[str, Any] | None:
        """Return the open correction after this step: a new one on a return, none once it has been sent on."""
        way, row = self.verdict.step.transition, self.dossier.row
        if self.trigger != RETURN:
            return None
        return {
            "from": row.state, "to": way.dest, "seq": row.last_seq + 1, "resubmit": way.resubmit or "restart",
            "edit_only": None if way.edit_only is None else sorted(way.edit_only),
            "restart_if_changed": sorted(way.restart_if_changed), "items": list(self.correct),
        }

    def _tasks(self, dest: State, seq: int) -> list[dict[str, Any]]:
        """Return the rows of the tasks that begin; raises `Refused` where nobody could take one."""
        row, definition, returned = self.dossier.row, self.dossier.definition, self.dossier.row.returned
        if dest.final or dest.kind == "auto":
            return []
        if dest.vote is not None:
            return votes.ballots(self.session, self.dossier, dest, seq, self.now, self.facts, self.actor.person_id)
        place, person, role = None, None, "applicant"
        if dest.kind == "draft" or definition.actors[dest.actor or ""].who == "applicant":
            person = row.filed_by
        else:
            role, place = addressed(self.session, self.dossier, dest.actor or "", local_day(self.now))
        return [tasks.row(
            row.id, seq, dest.name, row.definition_key, self.now, role=role, organisation_id=place.id if place else None,
            person_id=person, due_at=self._due(dest), resubmitted=returned is not None and self.trigger != RETURN,
            flags=self._flags(dest))]

    def _flags(self, dest: State) -> list[str]:
        """Return the names of the criteria that will be left to whoever decides next, as they stand now."""
        definition = self.dossier.definition
        names: dict[str, None] = {}
        for way in definition.ways(dest.name):
            for criterion in flagged(definition, dest, way, self.facts):
                names[criterion.name] = None
        return list(names)

    def _index_identities(self) -> None:
        """Keep the blind index of the case's identity numbers, phones and cards in step with its form."""
        row, definition, box = self.dossier.row, self.dossier.definition, vault(self.session)
        table, connection = CaseIdentity.__table__, self.session.connection()
        rows = [{"case_id": row.id, "field": name, "kind": kind, "digest": box.blind(kind, str(self.form[name]))}
                for kind in _IDENTITIES for name, spec in definition.form.items()
                if spec.type == kind and self.form.get(name) is not None]
        if row.submitted_at is not None:
            connection.execute(delete(table).where(table.c.case_id == row.id))
        if rows:
            connection.execute(insert(table), rows)

    def _extra(self, values: Mapping[str, Any]) -> dict[str, Any]:
        extra = dict(self.extra)
        if "number" in values:
            extra["number"] = values["number"]
        if self.verdict.flags:
            extra["overridden"] = [flag.name for flag in self.verdict.flags]
        if self.correct:
            extra["correct"] = list(self.correct)
        if self.declared:
            extra["declared"] = "no_relation"
        if self.verdict.step.dest != self.verdict.step.transition.dest:
            extra["direct"] = True
        definition = self.dossier.definition
        if posting.comes_down(definition, definition.states[self.dossier.state], definition.states[self.verdict.step.dest]):
            extra |= posting.record(self.session, self.dossier, self.now)
        return extra

    def _organisation(self) -> int | None:
        standing = self.verdict.standing
        if standing.organisation_id is not None:
            return standing.organisation_id
        post = next((p for p in self.actor.posts if p.role == standing.role), None)
        return post.organisation_id if post else None

    def _behalf(self) -> str | None:
        standing = self.verdict.standing
        return str(self.dossier.row.applicant_id) if standing.role == "agent" else standing.behalf
