"""One verdict on one intended act: may this person do this, where does it lead, what is missing?

`act` writes what the verdict says and `look` offers what the verdict would allow: buttons and refusals come from the
same place. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from .. import machine
from ..actors import Actor
from ..errors import Impossible, Message, NotYours, Refused, one
from ..language.definition import Criterion, Definition, Field, State, Transition
from ..language.expressions import Expr
from ..money import holds
from . import issuing, limits, paying, posting, rows
from .cycles import effective, intake_open, window
from .dossier import Dossier, local_day
from .duties import Standing, guard

RETURN = "return_to"
_TO_AN_ACCOUNT = frozenset({"cash_grant", "pool_payout"})
AUTHORISATION = "authorisation"     # the kind of file that 代办 needs; the checker asks for it where agents may file


@dataclass(frozen=True, slots=True)
class Verdict:
    """What will happen: the step, in which standing, what a person must answer for, and the amount in 分."""

    step: machine.Step
    standing: Standing
    flags: tuple[Criterion, ...]
    amount_fen: int | None


def judge(session: Session, dossier: Dossier, trigger: str, actor: Actor, now: datetime, facts: Mapping[str, Any], *,
          dest: str | None = None, comment: str = "", declared: bool = False, adjusted: Decimal | None = None,
          changed: frozenset[str] = frozenset()) -> Verdict:
    """Return the verdict on `actor` firing `trigger` with these facts.

    Raises `NotYours`, `Impossible`, or `Refused` with every message at once.
    """
    definition, state = dossier.definition, dossier.definition.states[dossier.state]
    ways = [way for way in definition.ways(state.name) if way.trigger == trigger]
    if not ways:
        machine.step(definition, state.name, facts, trigger)      # raises Impossible with the right sentence
        raise Impossible(one("NO_SUCH_STEP", "这一步现在不能做", "This step is not possible now"))
    by_clock = actor.person_id is None
    found = guard(session, dossier, ways[0], actor, declared=declared)
    if trigger == RETURN and not by_clock:       # the result of a vote is no officer's choice and is never refused
        _may_return_again(dossier, ways, dest)
    if state.kind == "notice" and by_clock:
        posting.refuse_early(session, dossier, now)

    def more(way: Transition) -> list[Message]:
        return [*_window(dossier, way, now), *_authorised(dossier, way, facts),
                *missing(definition, state, way, facts), *_nowhere_to_pay(definition, way, facts), *criteria_refusals(definition, state.name, way, facts),
                *_remark(definition, state, way, facts, comment, adjusted)]

    if paying.commits(definition, state.name, trigger):          # before anybody is asked to fill in what a batch fills in by itself
        paying.refuse(session, dossier, trigger, definition.states[ways[0].dest], changed)
    step = machine.step(definition, state.name, facts, trigger, dest=dest, back_to=back_to(dossier, trigger, changed),
                        more=more)
    if step.transition.actor != ways[0].actor:
        found = guard(session, dossier, step.transition, actor, declared=declared)
    posting.refuse_shortcut(session, dossier, definition.states[step.dest], trigger, now)
    amount = _amount(dossier, state, definition.states[step.dest], facts, adjusted, changed)
    if amount is None and definition.amount and definition.states[step.dest].outcome == "approved":
        machine.value(definition, definition.amount.value, facts)
    limits.refuse(session, dossier, trigger, definition.states[step.dest], facts, amount)
    if not paying.commits(definition, state.name, trigger):
        paying.refuse(session, dossier, trigger, definition.states[step.dest], changed)
    issuing.refuse(session, dossier, trigger, definition.states[step.dest])
    holds.refuse_short(session, definition, dossier.row, trigger, step.dest, amount, facts)
    return Verdict(step, found, flagged(definition, state, step.transition, facts), amount)


def back_to(dossier: Dossier, trigger: str, changed: frozenset[str]) -> str | None:
    """Return the state that asked for the correction, when the case goes straight back to it.

    Approvals given in between stay valid then; they are asked for again only if a field changed that they rest on, or the
    account of what is about to be paid.
    """
    returned = dossier.row.returned
    if (returned is None or returned["resubmit"] != "direct" or returned["to"] != dossier.state
            or trigger != forward(dossier.definition, dossier.state)):
        return None
    if changed & set(returned["restart_if_changed"]) or paying.reopens(dossier, str(returned["from"]), changed):
        return None
    return str(returned["from"])


def forward(definition: Definition, state: str) -> str | None:
    """Return the trigger that leads on: what a vote passes by, what the clock fires at the end of a notice or a wait, or
    the first way out that its holder has and is no refusal."""
    here = definition.states[state]
    if here.vote is not None:
        return here.vote.on_pass
    if here.kind in ("notice", "wait"):
        fired = next((timer.trigger for timer in here.timers if timer.do == "fire"), None)
        if fired is not None:
            return fired
    for way in definition.ways(state):
        ends = definition.states[way.dest]
        if way.actor in (None, definition.states[state].actor) and way.trigger != RETURN and not (
                ends.final and ends.outcome != "approved"):
            return way.trigger
    return None


def _may_return_again(dossier: Dossier, ways: list[Transition], dest: str | None) -> None:
    limit = dossier.definition.return_max
    count = sum(decided.trigger == RETURN for decided in dossier.decided)
    if limit and count >= limit:
        raise Refused(one("RETURNED_TOO_OFTEN", f"本件已退回 {count} 次，达到上限，请作出同意或不予批准的决定",
                          f"This case has been returned {count} times already; please decide it"))
    if dest is None and len({way.dest for way in ways}) > 1:
        raise Refused(one("CHOOSE_DEST", "请选择退回到哪个环节", "Choose which step to return it to", "dest"))


def _window(dossier: Dossier, way: Transition, now: datetime) -> list[Message]:
    return [] if dossier.row.submitted_at is not None else closed(dossier.definition, way, local_day(now))


def closed(definition: Definition, way: Transition, today: date) -> list[Message]:
    """Return why a first submission by `way` is not taken today: outside the version's period or the intake window."""
    if definition.states[way.source].kind != "draft" or definition.states[way.dest].final:
        return []
    messages = []
    if not effective(definition, today):
        messages.append(Message("NOT_EFFECTIVE", "本办法今天不在施行期内，请按现行版本重新填报",
                                "This version of the rules is not in force today; please apply under the current one"))
    if not intake_open(definition, today) and definition.intake and definition.intake.late == "refuse":
        first, last = window(definition.intake, today)
        messages.append(Message("INTAKE_CLOSED", f"受理时间为 {first} 至 {last}，现在不在受理期内", f"Applications are taken from {first} to {last}"))
    return messages


def _authorised(dossier: Dossier, way: Transition, facts: Mapping[str, Any]) -> list[Message]:
    """Whoever files for somebody else attaches the signed paper before handing the case in (代办, domain.md S11).

    An officer who nominates does not act in the worker's name and needs none."""
    definition, row = dossier.definition, dossier.row
    leaves_draft = definition.states[way.source].kind == "draft" and not definition.states[way.dest].final
    if row.filed_by == row.applicant_id or not leaves_draft or definition.apply_who != "person":
        return []
    return _files_missing(definition, AUTHORISATION, facts, named=True)


def _nowhere_to_pay(definition: Definition, way: Transition, facts: Mapping[str, Any]) -> list[Message]:
    """Money that goes to an account never leaves for an empty one, whatever the definition requires (peers' fault)."""
    cards = [spec for spec in definition.form.values() if spec.type == "bankcard" and asked(definition, spec, facts)]
    if (definition.amount is None or definition.value not in _TO_AN_ACCOUNT or not cards
            or definition.states[way.dest].outcome != "approved" or any(facts["form"].get(spec.name) for spec in cards)):
        return []
    return [Message("NO_ACCOUNT", f"“{spec.label.zh}”是空的，不能付款；请退回补填收款账户",
                    f"“{spec.label.text('en')}” is empty, so nothing can be paid; return the case for the account",
                    f"form.{spec.name}") for spec in cards]


def missing(definition: Definition, state: State, way: Transition, facts: Mapping[str, Any]) -> list[Message]:
    """Return a message for every field and file that `way` requires and that is not there."""
    messages: list[Message] = []
    for name in way.require:
        if name == "form":
            messages += [message for kind in definition.attachments.values() if kind.answer and f"attachments.{kind.name}" in state.edit - state.hide
                         for message in _files_missing(definition, kind.name, facts, named=False)]
            for spec in definition.form.values():
                if f"form.{spec.name}" in state.edit and f"form.{spec.name}" not in state.hide:
                    messages += _field_missing(definition, spec, facts, named=False)
        elif name == "attachments":
            for kind in definition.attachments:
                if f"attachments.{kind}" in state.edit - state.hide and not definition.attachments[kind].answer:
                    messages += _files_missing(definition, kind, facts, named=False)
        elif name.startswith("form."):
            messages += _field_missing(definition, definition.form[name[5:]], facts, named=True)
        else:
            messages += _files_missing(definition, name.partition(".")[2], facts, named=True)
    return messages


def asked(definition: Definition, spec: Field, facts: Mapping[str, Any]) -> bool:
    """Return whether the field is shown at all with what has been filled in so far."""
    return rows.told(definition, spec.visible, facts)


def _field_missing(definition: Definition, spec: Field, facts: Mapping[str, Any], *, named: bool) -> list[Message]:
    if not asked(definition, spec, facts):
        return []
    value = facts["form"].get(spec.name)
    if value not in (None, "", []):
        return rows.missing(definition, spec, value, facts) if spec.type == "table" else []
    if not named and not rows.told(definition, spec.required, facts):
        return []
    verb = "请选择" if spec.type in ("enum", "multi", "bool") else "请填写"
    return [Message("REQUIRED", f"{verb}“{spec.label.zh}”", f"Please fill in “{spec.label.text('en')}”", f"form.{spec.name}")]


def _files_missing(definition: Definition, kind: str, facts: Mapping[str, Any], *, named: bool) -> list[Message]:
    spec, count = definition.attachments[kind], facts["attachments"].get(kind, 0)
    if not rows.told(definition, spec.visible, facts):
        return []
    needed = max(spec.min, 1) if named else spec.min if rows.told(definition, spec.required, facts) else 0
    if isinstance(spec.required, Expr) and needed and not named:
        needed = max(needed, 1)
    if count >= needed:
        return []
    if spec.answer:
        return [Message("FILES_MISSING", f"请上传“{spec.label.zh}”", f"Please upload “{spec.label.text('en')}”", f"attachments.{kind}")]
    return [Message("FILES_MISSING", f"请上传“{spec.label.zh}”，至少 {needed} 份（已有 {count} 份）",
                    f"Please upload “{spec.label.text('en')}”: at least {needed}, {count} so far", f"attachments.{kind}")]


def applying(definition: Definition, state: State, trigger: str | None = None) -> tuple[Criterion, ...]:
    """Return the criteria judged when `trigger` (any, where None) is fired in `state`."""
    triggers = {way.trigger for way in definition.ways(state.name)} if trigger is None else {trigger}
    return tuple(c for c in definition.criteria if c.trigger in triggers and c.state in (None, state.name))


def criteria_refusals(definition: Definition, state: str, way: Transition, facts: Mapping[str, Any]) -> list[Message]:
    """Return the messages of the criteria that stop this step."""
    messages: list[Message] = []
    for criterion in applying(definition, definition.states[state], way.trigger):
        if criterion.on_fail != "refuse":
            continue
        try:
            if not machine.holds(definition, criterion.expr, facts):
                messages.append(Message(criterion.name, criterion.message.zh, criterion.message.text("en")))
        except Refused as empty:
            messages += [message for message in empty.messages if message not in messages]
    return messages


def flagged(definition: Definition, state: State, way: Transition, facts: Mapping[str, Any]) -> tuple[Criterion, ...]:
    """Return the criteria left to the person who decides here: those that fail, or that cannot be told."""
    return tuple(c for c in applying(definition, state, way.trigger) if c.on_fail == "flag" and not _told(definition, c, facts))


def _told(definition: Definition, criterion: Criterion, facts: Mapping[str, Any]) -> bool:
    try:
        return machine.holds(definition, criterion.expr, facts)
    except Refused:
        return False


def _remark(definition: Definition, state: State, way: Transition, facts: Mapping[str, Any], comment: str,
            adjusted: Decimal | None) -> list[Message]:
    """A comment is owed where the step asks for one, a flag is overridden, or the amount is set by hand."""
    messages: list[Message] = []
    if not comment.strip():
        if way.comment == "required":
            messages.append(Message("COMMENT", "请写明意见或理由", "Please give your reasons", "comment"))
        else:
            messages += [Message("COMMENT", f"“{flag.label.zh}”需要您判断，请写明为什么可以继续",
                                 f"“{flag.label.text('en')}” needs your judgement: say why the case may go on", "comment")
                         for flag in flagged(definition, state, way, facts)]
            if adjusted is not None and definition.amount and definition.amount.reason_required:
                messages.append(Message("COMMENT", "调整了金额，请写明理由", "You changed the amount; say why", "comment"))
    if adjusted is not None:
        messages += _adjustment(definition, state, facts, adjusted)
    return messages


def _adjustment(definition: Definition, state: State, facts: Mapping[str, Any], adjusted: Decimal) -> list[Message]:
    amount = definition.amount
    if amount is None or state.name not in amount.adjustable_in:
        return list(one("NOT_ADJUSTABLE", "这一环节不能调整金额", "The amount cannot be changed at this step", "amount"))
    if adjusted < 0 or adjusted != adjusted.quantize(Decimal("0.01")):
        return list(one("AMOUNT", "金额不能为负，最多两位小数", "The amount must not be negative, two decimals at most", "amount"))
    if amount.max is not None:
        limit = machine.value(definition, amount.max, facts)
        if limit is None or adjusted > limit:
            return list(one("AMOUNT_OVER", f"核定金额不能超过 {limit} 元", f"The amount may not exceed {limit} yuan", "amount"))
    return []


def _amount(dossier: Dossier, state: State, dest: State, facts: Mapping[str, Any], adjusted: Decimal | None,
            changed: frozenset[str]) -> int | None:
    """Return the amount in 分 after this act.

    It is worked out afresh at the first submission, where the definition lets somebody adjust it, and when a field it
    rests on has changed; otherwise the decided amount stands, whatever registers say by then. An amount set by hand
    stands until a field it rests on changes.
    """
    rule, row = dossier.definition.amount, dossier.row
    if rule is None:
        return None
    if adjusted is not None:
        return int(adjusted * 100)
    moved = bool(changed & rests_on(dossier.definition))
    afresh = row.submitted_at is None or row.amount_fen is None or state.name in rule.adjustable_in or moved
    if not afresh or dest.final and dest.outcome != "approved":
        return None if row.amount_fen is None else int(row.amount_fen)
    if row.adjusted_fen is not None and not moved:
        return int(row.adjusted_fen)
    try:
        worth = machine.value(dossier.definition, rule.value, facts)
    except Refused:
        return None
    if worth is None:
        return None
    if worth < 0:
        raise Refused(one("AMOUNT", "金额算出来是负数，请联系管理员检查项目定义",
                          "The amount works out negative; ask the administrator"))
    return fen(worth)


def rests_on(definition: Definition) -> frozenset[str]:
    """Return the fields (`form.x`) that the amount is worked out from, directly or through `calc`."""
    return frozenset(name for name in behind(definition) if name.startswith("form."))


def behind(definition: Definition) -> set[str]:
    """Return every fact name the amount is worked out from, the named steps on the way included."""
    names: set[str] = set()
    waiting = [definition.amount.value] if definition.amount else []
    while waiting:
        for name in waiting.pop().names - names:
            names.add(name)
            if name.startswith("calc."):
                waiting.append(definition.calc[name[5:]])
    return names


def fen(yuan: Decimal | int) -> int:
    """Return integer 分, rounded half up."""
    return int((Decimal(yuan) * 100).quantize(Decimal(1), rounding="ROUND_HALF_UP"))


__all__ = ["NotYours", "Verdict", "applying", "asked", "back_to", "fen", "flagged", "forward", "judge", "missing"]
