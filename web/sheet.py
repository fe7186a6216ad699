"""One case in words: the form by sections, the checks with their numbers, the working of the amount, earlier opinions.

Shared by the officers' pages and the auditor's. Nothing here decides anything; names of people and unions apart, it reads no more than it is given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from workflow.engine import CaseView, registers, votes
from workflow.language.definition import Definition, Field
from workflow.language.explanations import printed
from workflow.language.expressions import Explanation
from workflow.language.fields import from_json, show
from workflow.queries import Difference, EventRow

from . import language, voting
from .apply.boxes import said as masked
from .db import session
from .show import fen, first_rows
from .wording import choices, worded


@dataclass(frozen=True, slots=True)
class Answer:
    """One filled-in field. `hidden`: the reader sees it masked and may ask for all of it."""

    name: str
    spec: Field
    label: str
    words: str
    value: Any
    hidden: bool


@dataclass(frozen=True, slots=True)
class Check:
    """`kind`: ok, warn (a person must judge), bad (refuses), open (cannot be told yet)."""

    label: str
    kind: str
    words: str
    basis: str


@dataclass(frozen=True, slots=True)
class Opinion:
    label: str
    kind: str                        # ok or warn
    who: str
    organisation: str
    at: datetime
    comment: str
    seq: int


def sections(view: CaseView, opened: Collection[str] = ()) -> list[tuple[str, list[Answer]]]:
    """Return [(title, answers)] of everything the reader may see; `opened` are fields shown in full this once."""
    lang, rooms = language.lang(), {name: list[Answer]() for name in view.definition.sections}
    for name in view.shown:
        spec, value = view.definition.form[name], view.form.get(name)
        said = words(spec, value, opened=name in opened)
        rooms.setdefault(spec.section, []).append(Answer(
            name, spec, spec.label.text(lang), said, value, said != words(spec, value, opened=True)))
    return [((view.definition.sections[key].text(lang) if key in view.definition.sections else "") or _("申请内容"), answers)
            for key, answers in rooms.items() if answers]


def words(spec: Field, value: Any, *, opened: bool = False) -> str:
    """Return a value for reading; what is sensitive, and every number of a person or account, masked unless `opened`."""
    lang = language.lang()
    if value is None or value == [] or value == "":
        return ""
    return show(spec, value, "en" if lang == "en" else "zh") if opened else masked(spec, value, lang, own=False)


def _named(definition: Definition, spec: Field, value: Any) -> Any:
    """People and unions stand in an event by their ids alone."""
    return registers.named(session(), definition, {spec.name: value})[spec.name]


def as_words(definition: Definition, changes: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return [(label, before, after)] for {full name: [old, new]} in canonical JSON, masked; "" where nothing stood."""
    lines: list[tuple[str, str, str]] = []
    for full, sides in changes.items():
        spec = definition.form.get(full.partition(".")[2])
        if spec is None:             # the amount, in 分
            lines.append((_("金额"), fen(sides[0]), fen(sides[1])))
            continue
        before, after = ("" if side is None else words(spec, _named(definition, spec, from_json(spec, side))) for side in sides)
        if before and before == after:
            after = _("已更换，显示的部分相同")
        lines.append((spec.label.text(language.lang()), before, after))
    return lines


def since_decision(found: Iterable[Difference]) -> list[tuple[str, str, str]]:
    """Return [(label, at the decision, now)] of what changed since, masked."""
    household = {"size": _("家庭人口"), "category": _("困难类别"), "status": _("档案状态"), "monthly_per_capita": _("人均月收入")}
    lines = []
    for one in found:
        if one.spec is None:
            lines.append((household[one.name], *(choices().get(str(side), "" if side is None else str(side)) for side in (one.then, one.now))))
            continue
        then, since = (words(one.spec, side) for side in (one.then, one.now))
        label = one.spec.label.text(language.lang())
        lines.append((label if one.kind == "form" else _("%(label)s（登记信息）", label=label), then, since if since != then else _("已更换，显示的部分相同")))
    return lines


def cells(answer: Answer) -> tuple[list[str], list[list[str]]]:
    """Return (headings, rows) of a table field, sensitive columns masked; of a long one the first rows."""
    columns = answer.spec.columns
    return ([column.label.text(language.lang()) for column in columns.values()],
            [[words(column, row.get(name)) for name, column in columns.items()] for row in first_rows(answer.value or ())])


def checks(view: CaseView) -> list[Check]:
    """Return the eligibility checks, those that need somebody first."""
    lang, flagged = language.lang(), {criterion.name for criterion in view.flags}
    made = []
    for result in view.checks:
        criterion = result.criterion
        kind = ("ok" if result.ok else "warn" if criterion.name in flagged or criterion.on_fail == "flag"
                else "open" if result.ok is None else "bad")
        told = worded(view.definition, criterion.expr, lang, result.why.names or {}) if result.why else ""
        if result.ok is False:
            told = f"{criterion.message.text(lang)}{'。' if lang == 'zh' else '. '}{told}" if told else criterion.message.text(lang)
        made.append(Check(criterion.label.text(lang), kind, told or (_("还不能判断") if result.ok is None else ""), criterion.basis))
    return sorted(made, key=lambda check: ("warn", "bad", "open", "ok").index(check.kind))


def working(definition: Definition, lines: Iterable[tuple[str, Any, Explanation | None]]) -> list[tuple[str, str, str]]:
    """Return [(what, how, how much)] of the amount, in the order it is worked out."""
    lang, made = language.lang(), []
    for name, value, why in lines:
        label = definition.calc_labels[name].text(lang) if name in definition.calc_labels else name
        how = worded(definition, definition.calc[name], lang, why.names or {}) if why else ""
        made.append((label, how, plain(value)))
    return made


def plain(value: Any) -> str:
    """A result without a unit: numbers grouped, money-like ones with two decimals."""
    if isinstance(value, bool) or value is None:
        return _("是") if value else _("否") if value is False else "—"
    if isinstance(value, (int, Decimal)):
        number = Decimal(value)
        return f"{number:,.0f}" if isinstance(value, int) else f"{number:,.2f}"
    return printed(value)


def opinions(definition: Definition, history: Sequence[EventRow], running: int = 0) -> list[Opinion]:
    """Return what officers decided before, oldest first, and what a vote came to; the applicant's own steps are not opinions.

    Voices given after event `running` belong to the vote that the case is in, which is shown by itself.
    """
    made = []
    for event in history:
        if event.kind == "act" and event.extra.get("voices"):
            made.append(Opinion(trigger_label(definition, event), "warn" if _backward(definition, event) else "ok", _("表决结果"), "", event.at,
                                voting.counted(event.extra["voices"]), event.seq))
        elif event.kind in ("act", "vote", "meeting") and event.role not in ("applicant", "agent", "system"):
            if event.kind == "vote" and running and event.seq > running:
                continue
            against = event.extra.get("vote") == "disagree" if event.kind == "vote" else _backward(definition, event)
            label = _("登记会议结果") if event.kind == "meeting" else trigger_label(definition, event)
            said = event.comment if event.kind != "meeting" else _("；").join(filter(None, (voting.met(event), event.comment)))
            made.append(Opinion(label, "warn" if against else "ok", acting(event) or _("系统"), event.organisation, event.at, said, event.seq))
    return made


def acting(event: EventRow) -> str:
    """Return who acted, and for whom where they stood in for an officer who was away: "何静（代理 王莉）"."""
    if not event.behalf or event.role == "agent":
        return event.who
    return event.who + _("（代理 %(name)s）", name=event.behalf)


def trigger_label(definition: Definition, event: EventRow) -> str:
    """Return the words of the button that was pressed; of what the system did, those of the step."""
    if event.kind in ("vote", "meeting"):
        return voting.spoken(event)
    return button(definition, event.from_state or "", event.trigger or "", voice=event.actor_id is not None)


def button(definition: Definition, state: str, trigger: str, *, voice: bool = True) -> str:
    """Return what a person's button says, in a vote that of their `voice`; the trigger itself where the rules know no such step."""
    here = definition.states.get(state)
    if voice and here is not None and here.vote is not None:
        for name, label, _voice in votes.choices(here):
            if name == trigger:
                return label.text(language.lang())
    return next((way.label.text(language.lang()) for way in definition.ways(state) if way.trigger == trigger), trigger)


def _backward(definition: Definition, event: EventRow) -> bool:
    end = definition.states.get(event.to_state or "")
    return event.trigger == "return_to" or (end is not None and end.final and end.outcome != "approved")


def since_return(definition: Definition, history: Sequence[EventRow]) -> list[tuple[str, str, str]]:
    """Return [(label, before, after)] of everything that changed since the case was last returned, files included."""
    returned = max((event.seq for event in history if event.trigger == "return_to"), default=None)
    if returned is None:
        return []
    merged: dict[str, list[Any]] = {}
    files: list[tuple[str, str, str]] = []
    for event in history:
        if event.seq <= returned:
            continue
        for name, (old, new) in event.changes.items():
            merged[name] = [merged[name][0] if name in merged else old, new]
        if event.kind in ("attach", "detach"):
            files.append(_file(definition, event.kind, event.extra))
    return as_words(definition, {name: pair for name, pair in merged.items() if pair[0] != pair[1]}) + files


def _file(definition: Definition, kind: str, extra: Mapping[str, Any]) -> tuple[str, str, str]:
    known = definition.attachments.get(str(extra.get("kind")))
    label = known.label.text(language.lang()) if known else str(extra.get("kind"))
    return (label, "", _("新增一份")) if kind == "attach" else (label, _("原有一份"), _("已删除"))
