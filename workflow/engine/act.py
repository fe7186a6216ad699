"""`act`: the one way a case moves. Reads, asks the judge, writes event + row + tasks + decision, commits nothing.

The order of the writes matters: the event comes first, because the database refuses a change of a case row that no
event explains.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, Literal

import orjson
from sqlalchemy import bindparam, delete, insert, literal_column, select, update
from sqlalchemy.orm import Session

from .. import history, ids
from ..actors import SYSTEM, Actor
from ..calendar import working_calendar
from ..errors import KeyReused, Refused, Stale, one
from ..language.definition import Definition, State
from ..privacy import vault
from ..records import Case, CaseIdentity, Decision, Draft, Event, Person, Task
from ..statements import Prepared, rows_changed, together
from . import forms, uniqueness
from .batch import one_of_many
from .cycles import cycle_of, intake_open
from .dossier import NO_DUE, Dossier, local_day, open_dossier
from .duties import addressed
from .facts import facts_of, snapshot_figures
from .judge import RETURN, Verdict, flagged, judge, rests_on
from .numbers import draw
from .places import above, at_level, region

_IDENTITIES: tuple[Literal["idcard", "phone", "bankcard"], ...] = ("idcard", "phone", "bankcard")
_cases, _tasks, _drafts, _decisions, _events = (m.__table__ for m in (Case, Task, Draft, Decision, Event))
_MOVE = update(_cases).where(_cases.c.id == bindparam("case_id"), _cases.c.revision == bindparam("was"))
_CLOSE = Prepared(update(_tasks).where(_tasks.c.id == bindparam("task_id")).values(
    status=literal_column("'done'"), closed_at=bindparam("at", type_=_tasks.c.closed_at.type), closed_by=bindparam("by")))
_OPEN = Prepared(insert(_tasks), tuple(_tasks.c.keys()))
_DECIDE = Prepared(insert(_decisions), tuple(_decisions.c.keys()))
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
        declared: bool = False, correct: Sequence[str] = (), idem_key: str | None = None, request_digest: str | None = None) -> Done:
    """Carry out one step of a case and return what came of it.

    `revision` is that of the page the actor looked at. `form` holds raw values laid over the actor's draft; `amount`
    is Decimal yuan where the state lets it be adjusted; `correct` names what must be corrected on a return.
    `request_digest` stands for the request as it was sent, where the caller reads it in the light of the case.
    Raises `NotFound`, `NotYours`, `Stale`, `Impossible`, `KeyReused`, or `Refused` with every message; then nothing
    has been written.
    """
    said = {"request": request_digest} if request_digest else {
        "trigger": trigger, "comment": comment, "form": form, "dest": dest, "amount": amount, "correct": list(correct)}
    request = _digest(session, case=case_id, who=actor.person_id, **said) if idem_key else None
    dossier = open_dossier(session, case_id, actor, lock=True, key=idem_key)
    if dossier.replay is not None:
        return _replayed(session, dossier, request)
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
        one_of_many(dossier, trigger, verdict)
    move = _Move(session, dossier, actor, now, trigger, verdict, facts, values, changes, comment, amount, tuple(correct),
                 idem_key, request, declared)
    done = move.write()
    return _run_on(session, dossier.definition, done, now)


def _gives_up(definition: Definition, state: str, trigger: str) -> bool:
    """A step that only ends without approval or goes back need not have a faultless form."""
    dests = [definition.states[way.dest] for way in definition.ways(state) if way.trigger == trigger]
    return bool(dests) and (trigger == RETURN or all(d.final and d.outcome != "approved" for d in dests))


def _run_on(session: Session, definition: Definition, done: Done, now: datetime) -> Done:
    """Carry a case through `auto` states: the system takes the first route that holds, each hop its own event."""
    while definition.states[done.to_state].kind == "auto":
        dossier = open_dossier(session, done.case_id, SYSTEM)
        facts = facts_of(session, dossier, now)
        trigger = definition.ways(done.to_state)[0].trigger
        verdict = judge(session, dossier, trigger, SYSTEM, now, facts)
        done = _Move(session, dossier, SYSTEM, now, trigger, verdict, facts, dossier.form, {}, "", None, (), None, None,
                     False).write()
    return done


def _digest(session: Session, **request: Any) -> str:
    """Keyed, because it stands in the event for good and what was typed could be guessed from a plain digest."""
    return vault(session).blind("key", orjson.dumps(request, option=orjson.OPT_SORT_KEYS, default=str).decode()).hex()


def _replayed(session: Session, dossier: Dossier, request: str | None) -> Done:
    """Return the answer the first request got: where the system went on from an `auto` state is part of it."""
    event = dossier.replay
    assert event is not None
    if event.request_digest != request or event.stream != dossier.id:
        raise KeyReused
    while dossier.definition.states[event.to_state].kind == "auto":
        event = session.connection().execute(
            select(_events).where(_events.c.stream == dossier.id, _events.c.seq == event.seq + 1)).one()
    return Done(dossier.id, dossier.row.number, event.trigger, event.from_state, event.to_state, event.revision,
                event.amount_fen, event.seq, replayed=True)


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

    def write(self) -> Done:
        row, definition = self.dossier.row, self.dossier.definition
        dest = definition.states[self.verdict.step.dest]
        values = self._row_values(dest)
        snapshot = self._snapshot(values)
        digest = hashlib.sha256(snapshot).hexdigest()
        place = self._organisation()
        seq = row.last_seq + 1
        task = None if dest.final or dest.kind == "auto" else self._task(dest, seq)
        if self.adjusted is not None:
            self.changes["amount"] = (row.amount_fen, self.verdict.amount_fen)
        connection = self.session.connection()
        with together(connection):
            appended = history.append(
                self.session, stream=row.id, seq=seq, prev=row.last_hash, kind="act", at=self.now, actor=self.actor,
                role=self.verdict.role, organisation_id=place, on_behalf_of=self._behalf(),
                trigger=self.trigger, from_state=row.state, to_state=dest.name, amount_fen=self.verdict.amount_fen,
                revision=row.revision + 1, definition_digest=row.definition_digest, snapshot_digest=digest,
                idem_key=self.idem_key, request_digest=self.request, comment=self.comment, changes=self.changes,
                extra=self._extra(values))
            values |= {"last_seq": appended.seq, "last_hash": appended.hash, "entry": appended.seq}
            moved = _move(tuple(values))(connection, {"case_id": row.id, "was": row.revision, **values})
            _DECIDE(connection, {
                "case_id": row.id, "seq": appended.seq, "state": row.state, "trigger": self.trigger,
                "actor_id": self.actor.person_id, "role": self.verdict.role, "organisation_id": place,
                "at": self.now, "amount_fen": self.verdict.amount_fen, "definition_digest": row.definition_digest,
                "snapshot": vault(self.session).seal("decisions.snapshot", f"{row.id}:{appended.seq}", snapshot),
                "snapshot_digest": digest})
            if row.task_id is not None:
                _CLOSE(connection, {"task_id": row.task_id, "at": self.now, "by": self.actor.person_id})
            if task is not None:
                _OPEN(connection, task)
        if rows_changed(moved) != 1:
            raise _overtaken(self.session, self.dossier, row.revision)
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
        return working_calendar().due(self.now, dest.due) if dest.due else None

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

    def _task(self, dest: State, seq: int) -> dict[str, Any]:
        """Return the row of the task that begins; raises `Refused` where nobody could take it."""
        row, returned = self.dossier.row, self.dossier.row.returned
        place, person, role = None, None, "applicant"
        if dest.kind == "draft" or self.dossier.definition.actors[dest.actor or ""].who == "applicant":
            person = row.filed_by
        else:
            role, place = addressed(self.session, self.dossier, dest.actor or "", local_day(self.now))
        return {
            "id": ids.new(self.now), "case_id": row.id, "entry": seq, "state": dest.name, "definition_key": row.definition_key,
            "role": role, "organisation_id": place.id if place else None, "person_id": person, "status": "open",
            "opened_at": self.now, "due_at": self._due(dest) or NO_DUE, "touched_at": None, "closed_at": None, "closed_by": None,
            "resubmitted": returned is not None and self.trigger != RETURN, "flags": self._flags(dest)}

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

    def _snapshot(self, values: Mapping[str, Any]) -> bytes:
        """Return the facts of this decision as canonical JSON with a salt, so that its digest gives nothing away."""
        definition = self.dossier.definition
        facts = {**self.facts, "form": forms.canonical(definition, self.form)}
        figures = values.get("figures") or self.dossier.row.figures
        return orjson.dumps({"facts": facts, "figures": figures, "amount_fen": self.verdict.amount_fen,
                             "definition": self.dossier.row.definition_digest, "salt": secrets.token_hex(16)},
                            option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)

    def _extra(self, values: Mapping[str, Any]) -> dict[str, Any]:
        extra: dict[str, Any] = {}
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
        return extra

    def _organisation(self) -> int | None:
        if self.dossier.row.task_role == self.verdict.role and self.dossier.row.task_organisation_id is not None:
            return int(self.dossier.row.task_organisation_id)
        post = next((p for p in self.actor.posts if p.role == self.verdict.role), None)
        return post.organisation_id if post else None

    def _behalf(self) -> str | None:
        return str(self.dossier.row.applicant_id) if self.verdict.role == "agent" else None


