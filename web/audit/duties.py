"""Separation of duties of one case, as it was: who decided at which stage, and are they all different people? Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from workflow.engine import CaseView
from workflow.queries import EventRow

from .. import language
from ..show import fen


@dataclass(frozen=True, slots=True)
class Duties:
    """`lines` are (y or w, sentence, more); `seats` (stage, people) in the order they acted."""

    people: int
    stages: int
    lines: tuple[tuple[str, str, str], ...]
    seats: tuple[tuple[str, str], ...]


def duties(view: CaseView, events: Sequence[EventRow], called: Mapping[int, str]) -> Duties:
    """Return what the history shows; the engine refused the rest when it was tried.

    `called` is what the steps decided at under earlier versions are called now, by the seq of the decision.
    """
    lang, definition = language.lang(), view.definition
    acts = [event for event in events if event.kind in ("act", "vote", "meeting") and event.actor_id and event.role not in ("applicant", "agent")]
    by_state: dict[str, dict[str, str]] = {}
    for event in acts:
        by_state.setdefault(called.get(event.seq, event.from_state or ""), {})[event.actor_id or ""] = event.who
    states_of: dict[str, list[str]] = {}
    for state, people in by_state.items():
        for person in people:
            states_of.setdefault(person, []).append(state)
    names = {event.actor_id: event.who for event in acts}

    def label(state: str) -> str:
        return definition.states[state].label.text(lang) if state in definition.states else state

    lines: list[tuple[str, str, str]] = []
    twice = {person: states for person, states in states_of.items() if len(states) > 1}
    if acts and not twice:
        lines.append(("y", _("每个环节都由不同的人办理"), ""))
    for person, states in twice.items():
        distinct = [state for state in states if state in definition.separation.distinct]
        lines.append(("w", _("%(who)s 办理了 %(states)s", who=names[person], states=_("、").join(map(label, states))),
                      _("本项目规定这些环节须由不同的人办理") if len(distinct) > 1 else _("本项目没有规定这些环节必须分开")))
    own = {view.row.applicant_id, view.row.filed_by} & set(states_of)
    if acts:
        lines.append(("w", _("申请人或代办人参与了审批"), "") if own else ("y", _("申请人和代办人没有参与审批"), ""))
    if any(event.extra.get("declared") for event in acts):
        lines.append(("y", _("办理人声明与申请人没有亲属关系"), ""))
    before: int | None = None
    for event in events:
        if event.kind == "act" and event.actor_id and before is not None and event.amount_fen not in (None, before) and event in acts:
            lines.append(("w", _("%(who)s 在“%(state)s”改了金额", who=event.who, state=label(called.get(event.seq, event.from_state or ""))),
                          _("%(before)s 改为 %(after)s，见第 %(seq)s 条", before=fen(before), after=fen(event.amount_fen), seq=event.seq)))
        if event.kind == "act":
            before = event.amount_fen
    return Duties(len(states_of), len(by_state), tuple(lines),
                  tuple((label(state), _("、").join(people.values())) for state, people in by_state.items()))
