"""`look`: everything a page, the API or a print shows about one case, for one reader. Read only.

What the reader may not see is not in it; what the reader may do comes from the judge that will judge the POST.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from .. import history, machine
from ..actors import Actor
from ..errors import Impossible, Message, NotFound, NotYours, Refused
from ..language.definition import Criterion, Definition, Label, Transition
from ..language.expressions import Explanation, Unanswerable
from ..language.roles import role_label
from ..money import balance
from ..records import Account, Appointment, Attachment, Case, Event, Organisation, Person, Task
from ..scope import visible
from . import forms, votes
from .dossier import Dossier, local_day, open_dossier
from .duties import conflicts, keeping, standing
from .facts import facts_of
from .judge import RETURN, applying, asked, behind, judge, rests_on
from .meetings import MINUTES
from .registers import named
from .returning import RECEIPT
from .step_bar import stages
from .view import Action, CaseView, CheckResult, Correction, Line, Voice, Waiting


def look(session: Session, case_id: str, actor: Actor, now: datetime) -> CaseView:
    """Return the case as `actor` sees it. Raises `NotFound` where there is none in their scope."""
    if session.execute(select(Case.id).where(Case.id == case_id, visible(actor))).first() is None:
        raise NotFound
    dossier = open_dossier(session, case_id, actor)
    definition, state = dossier.definition, dossier.definition.states[dossier.state]
    found = next((one for way in definition.ways(state.name) if way.actor in (None, state.actor) or state.vote is not None
                  if (one := standing(session, dossier, way, actor))), None) or keeping(dossier, actor)
    holds = found is not None
    form = forms.with_draft(dossier) if holds else dossier.form
    changed = frozenset(forms.differences(definition, dossier.form, form))
    facts = facts_of(session, dossier, now, form, changed)
    objections = tuple(conflicts(dossier, state.name, actor, found.role, declared=True, behalf=found.behalf)) if found else ()
    auditor = actor.holds("auditor")
    mine = actor.person_id in (dossier.row.applicant_id, dossier.row.filed_by)
    hidden = frozenset() if auditor else state.hide
    if mine:                         # what the form never showed its applicant stays between the officers
        hidden |= definition.states[definition.initial].hide | {f"attachments.{MINUTES}", f"attachments.{RECEIPT}"}   # others stand in them too
    erased = dossier.row.erased_at is not None       # nothing is left to show, to check or to work out
    shown = () if erased else tuple(name for name, spec in definition.form.items()
                                    if f"form.{name}" not in hidden and asked(definition, spec, facts))
    waiting = _waiting(session, dossier, now, named=not (mine and state.vote is not None))
    return CaseView(
        row=dossier.row, definition=definition, state_label=state.label, mine=mine,
        form=named(session, definition, {name: form.get(name) for name in shown}),
        typed={name: held["r"] for name, held in dossier.draft.items() if "r" in held} if holds else {},
        facts=facts, edit=forms.editable(dossier) if holds and not objections and not state.final else frozenset(), shown=shown,
        actions=_actions(session, dossier, actor, now, facts, changed), objections=objections,
        checks=() if erased else _checks(dossier, facts),
        flags=tuple(c for c in applying(definition, state) if c.on_fail == "flag" and _verdict(definition, c, facts) is not True)
        if holds else (),
        working=() if erased else _working(definition, facts), amount_fen=_amount(dossier, facts, changed),
        adjustable=holds and definition.amount is not None and state.name in definition.amount.adjustable_in,
        adjust_max=_adjust_max(definition, facts),
        attachments=() if erased else tuple(row for row in _files(session, case_id) if f"attachments.{row.kind}" not in hidden),
        waiting=waiting, stages=stages(session, dossier), correction=_correction(session, dossier),
        draft_saved_at=dossier.row.draft_saved_at if holds else None,
        draft_comment=(dossier.row.draft_comment or "") if holds else "", related=dossier.related,
        voices=() if mine else _voices(session, dossier, actor, now),
        heard=(sum(task.status == "done" for task in dossier.ballots), len(dossier.ballots)),
        balance=None if mine or state.final else balance(session, definition, facts, case_id, _amount(dossier, facts, changed)),
        before=named(session, definition, {name: dossier.form.get(name) for name in shown}), erased=erased,
    )


def _actions(session: Session, dossier: Dossier, actor: Actor, now: datetime, facts: Mapping[str, Any],
             changed: frozenset[str]) -> tuple[Action, ...]:
    definition = dossier.definition
    state = definition.states[dossier.state]
    by_trigger: dict[str, list[Transition]] = {}
    for way in definition.ways(state.name):
        by_trigger.setdefault(way.trigger, []).append(way)
    actions = _ballot(session, dossier, actor, facts)
    for trigger, ways in by_trigger.items():
        if votes.is_ballot(dossier, trigger, actor):
            continue
        taken = ways[0]
        blocked: tuple[Message, ...] = ()
        try:
            verdict = judge(session, dossier, trigger, actor, now, facts, dest=ways[0].dest if ways[0].chosen else None,
                            comment="…", declared=True, changed=changed)
            taken = verdict.step.transition
        except (NotYours, Impossible):
            continue
        except Refused as refused:
            blocked = refused.messages
        end = definition.states[taken.dest]
        dests = tuple(dict.fromkeys((way.dest, definition.states[way.dest].label) for way in ways)) if ways[0].chosen else ()
        gives_up = trigger == RETURN or end.final and end.outcome != "approved" or end.kind == "draft"
        flags = [c for c in applying(definition, state, trigger)
                 if c.on_fail == "flag" and _verdict(definition, c, facts) is not True]
        actions.append(Action(
            trigger, taken.label, dests, taken.comment == "required" or bool(flags), end.outcome if end.final else None,
            blocked, not gives_up, tuple(sorted(taken.edit_only or ()))))
    return tuple(sorted(actions, key=lambda action: not action.forward))


def _ballot(session: Session, dossier: Dossier, actor: Actor, facts: Mapping[str, Any]) -> list[Action]:
    """Return what the reader can say in the vote the case is in; empty where they have no voice."""
    definition, state = dossier.definition, dossier.definition.states[dossier.state]
    if state.vote is None or actor.person_id is None:
        return []
    try:
        votes.judged(session, dossier, state.vote.on_pass, actor, facts, comment="…", declared=True)
    except (NotYours, Refused, Impossible):
        return []
    owed = {way.trigger for way in definition.ways(state.name) if way.comment == "required"}
    return [Action(trigger, label, (), voice == "disagree" and trigger in owed, None, (), voice == "agree", (), voice)
            for trigger, label, voice in votes.choices(state)]


def _voices(session: Session, dossier: Dossier, actor: Actor, now: datetime) -> tuple[Voice, ...]:
    state, found = dossier.definition.states[dossier.state], []
    branches = {branch.key: branch.label for branch in state.branches}
    for task in dossier.ballots:
        person = task.closed_by or task.person_id
        names = (tuple(session.scalars(select(Person.name).where(Person.id == person))) if person
                 else _holders(session, task.role, task.organisation_id, local_day(now)))
        found.append(Voice(task.id, branches.get(task.branch or "") or role_label(task.role), names, task.status, task.vote,
                           task.closed_at, actor.person_id is not None and person == actor.person_id))
    return tuple(found)


def _checks(dossier: Dossier, facts: Mapping[str, Any]) -> tuple[CheckResult, ...]:
    return tuple(CheckResult(c, _verdict(dossier.definition, c, facts), _why(dossier.definition, c.expr, facts))
                 for c in dossier.definition.criteria)


def _verdict(definition: Definition, criterion: Criterion, facts: Mapping[str, Any]) -> bool | None:
    try:
        return machine.holds(definition, criterion.expr, facts)
    except Refused:
        return None


def _why(definition: Definition, expr: Any, facts: Mapping[str, Any]) -> Explanation | None:
    try:
        explanation: Explanation = expr.explain(facts, definition.tables)
        return explanation
    except Unanswerable:
        return None


def _working(definition: Definition, facts: Mapping[str, Any]) -> tuple[Line, ...]:
    used = behind(definition)
    return tuple(Line(name, definition.calc_labels.get(name, Label(name)), facts["calc"].get(name),
                      _why(definition, expr, facts), f"calc.{name}" in used) for name, expr in definition.calc.items())


def _amount(dossier: Dossier, facts: Mapping[str, Any], changed: frozenset[str]) -> int | None:
    """As it stands; where the reader's own draft changes what it rests on, as it would be."""
    rule = dossier.definition.amount
    if rule is None or dossier.row.submitted_at is not None and not changed & rests_on(dossier.definition):
        return None if dossier.row.amount_fen is None else int(dossier.row.amount_fen)
    try:
        worth = rule.value.evaluate(facts, dossier.definition.tables)
    except Unanswerable:
        return None
    return None if worth is None or worth < 0 else int((Decimal(worth) * 100).quantize(Decimal(1), rounding="ROUND_HALF_UP"))


def _adjust_max(definition: Definition, facts: Mapping[str, Any]) -> Decimal | None:
    if definition.amount is None or definition.amount.max is None:
        return None
    try:
        limit: Decimal | None = definition.amount.max.evaluate(facts, definition.tables)
        return limit
    except Unanswerable:
        return None


def _files(session: Session, case_id: str) -> list[Row[Any]]:
    files = Attachment.__table__
    return list(session.execute(select(files).where(files.c.case_id == case_id, files.c.removed_at.is_(None))
                                .order_by(files.c.added_at, files.c.id)))


def _waiting(session: Session, dossier: Dossier, now: datetime, *, named: bool = True) -> tuple[Waiting, ...]:
    """Return whose turn it is, by role, union, its phone, and who holds the role there today.

    Not `named` for an applicant whose case is being voted on: one line a role then, and no names.
    """
    today = local_day(now)
    result: dict[Waiting, None] = {}
    for task in session.execute(select(Task.role, Task.person_id, Task.organisation_id, Task.due_at, Organisation.name,
                                       Organisation.phone).outerjoin(Organisation, Organisation.id == Task.organisation_id)
                                .where(Task.case_id == dossier.id, Task.status == "open", Task.kind.in_(("work", "ballot", "branch")))
                                .order_by(Task.id)):
        names: tuple[str, ...] = ()
        if named:
            names = (tuple(session.scalars(select(Person.name).where(Person.id == task.person_id))) if task.person_id is not None
                     else _holders(session, task.role, task.organisation_id, today))
        result[Waiting(task.role, task.name or dossier.row.unit_name, task.phone or "", names, dossier.row.due_at)] = None
    return tuple(result)


def _holders(session: Session, role: str, organisation_id: int | None, today: date) -> tuple[str, ...]:
    """Return the names of who holds this role there today and can sign in."""
    return tuple(session.scalars(
        select(Person.name).join(Appointment, Appointment.person_id == Person.id)
        .join(Account, Account.person_id == Person.id)
        .where(Appointment.role == role, Appointment.organisation_id == organisation_id,
               Account.status == "active", Appointment.starts_on <= today,
               (Appointment.ends_on.is_(None)) | (Appointment.ends_on >= today)).order_by(Person.name)))


def _correction(session: Session, dossier: Dossier) -> Correction | None:
    returned = dossier.row.returned
    if returned is None or returned["to"] != dossier.state:
        return None
    event = session.scalars(select(Event).where(Event.stream == dossier.id, Event.seq == returned["seq"])).one()
    comment = history.details(session, event)["comment"]
    edit_only = returned["edit_only"]
    return Correction(dossier.definition.states[returned["from"]].label, comment, tuple(returned["items"]),
                      None if edit_only is None else tuple(edit_only), returned["resubmit"] == "direct")
