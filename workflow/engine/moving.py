"""One judged step on its way into the database: event + row + decision + tasks + timers, in that order.

The event comes first, because the database refuses a change of a case row that no event explains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, Literal

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from .. import history
from ..actors import Actor
from ..calendar import working_calendar
from ..errors import Stale, one
from ..language.check_filing import VISITORS
from ..language.definition import State
from ..money import holds
from ..privacy import vault
from ..records import Case, CaseIdentity, Draft, Event, Person
from ..statements import Prepared, rows_changed, together
from . import deciding, effects, forms, limits, lines, posting, tasks, telling, timing, uniqueness, votes
from .cycles import cycle_of, intake_open
from .dossier import Dossier, local_day
from .duties import addressed
from .facts import figures_of
from .judge import RETURN, Verdict, flagged, rests_on
from .numbers import draw
from .places import above, at_level

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


def overtaken(session: Session, dossier: Dossier, seen: int) -> Stale:
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
class Move:
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
            raise overtaken(self.session, self.dossier, row.revision)
        if lines.entering(definition, row.state, self.trigger, dest):
            limits.hold(self.session, self.dossier, self.facts, self.verdict.amount_fen)
        less = lines.settle(self.session, self.dossier, self.trigger, dest, self.facts, bool(self.changes), self.verdict.amount_fen,
                            values.get("cycle"), seq, self.now)
        holds.settle(self.session, definition, row, self.trigger, dest.name, self.verdict.amount_fen if less is None else less, self.facts, seq,
                     self.now, cycle=values.get("cycle"))
        if posting.comes_down(definition, left, dest):
            posting.end(self.session, self.dossier, dest, seq, self.actor.person_id, self.now)
        if dest.kind == "notice":
            posting.begin(self.session, replace(self.dossier, form=self.form), dest, seq, self.now, self.facts, opened[0]["organisation_id"],
                          self.verdict.amount_fen)
        if self.dossier.drafts:      # typed against the old revision: nobody's draft fits the case any longer
            connection.execute(_FORGET, {"case_id": row.id})
        if self.changes or row.submitted_at is None:
            self._index_identities()
        if definition.unique and (row.submitted_at is None or dest.final or self.changes):
            uniqueness.settle(self.session, self.dossier, dest, self.facts, first=row.submitted_at is None)
        effects.bring_about(self.verdict.step.transition.effects, effects.Step(
            self.session, self.dossier, dest, self.facts, self.form, self.actor, seq, self.now, values.get("number", row.number)))
        telling.step(self.session, self.dossier, dest, self.trigger, appended.seq, self.now, by=self.actor.person_id, opened=opened,
                     submitted=values.get("number"))
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
        elif effects.AFRESH in self.verdict.step.transition.effects:
            values["figures"] = figures_of(self.session, self.dossier, local_day(self.now))
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
                "figures": figures_of(self.session, self.dossier, today)}

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
        filled = replace(self.dossier, form=self.form)       # an actor may be found through what is only now filled in
        if dest.vote is not None:
            return votes.ballots(self.session, filled, dest, seq, self.now, self.facts, self.actor.person_id)
        place, person, role = None, None, "applicant"
        if dest.kind == "draft" or definition.actors[dest.actor or ""].who == "applicant":
            person = row.filed_by
        else:
            role, place = addressed(self.session, filled, dest.actor or "", local_day(self.now))
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
        named = {name: self.form[name] for name, spec in definition.form.items()
                 if spec.type == "person" and self.form.get(name) and name not in VISITORS}
        if named:                    # whoever a case names stands aside like whose own number stands in it; the two officers of a visit are no party to it
            numbers = {one.id: one.id_no_index for one in connection.execute(select(Person.id, Person.id_no_index).where(
                Person.id.in_(named.values()), Person.id_no_index.is_not(None)))}
            rows += [{"case_id": row.id, "field": name, "kind": "idcard", "digest": numbers[who]} for name, who in named.items()
                     if who in numbers]
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
