"""Golden cases: the examples a county writes beside a definition, run through the very rules that will decide.

Pure: no database, no clock. What a case leaves out is neutral: a member of 35, no money granted before, the params'
defaults, and fields and files that nobody looks at. A field that is given is judged like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from . import machine
from .engine.covering import enrolment, enrols
from .engine.cycles import cycle_of
from .engine.facts import snapshot_facts, worked_out
from .engine.forms import invalid
from .engine.households import UNKNOWN, file_refusals
from .engine.judge import closed, criteria_refusals, fen, flagged, forward, missing
from .errors import Impossible, Message, Refused
from .language.cases import GoldenCase, read_cases
from .language.definition import Definition, Transition
from .language.expressions import Expr
from .language.fields import FieldFault, parse_value
from .language.kinds import ENGINE_FACTS, Kind
from .money import objections

TODAY = date(2026, 6, 15)            # where a case names no day
MOST_STEPS = 100
PLENTY = Decimal(10**9)              # left in the pool, where a case says nothing of it


@dataclass(frozen=True, slots=True)
class Miss:
    """One expectation that did not come true, at its place in the file."""

    case: str
    file: str
    line: int
    code: str
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.code} {self.zh}"


def run_file(definition: Definition, path: Path, name: str | None = None) -> list[Miss]:
    """Return the misses of a `*.cases.yaml`, and whatever is wrong with the file itself."""
    reading = read_cases(path.read_bytes(), name or str(path), definition)
    return [*(Miss("", fault.file, fault.line, fault.code, fault.zh, fault.en) for fault in reading.faults),
            *run_cases(definition, reading.cases)]


def run_cases(definition: Definition, cases: Sequence[GoldenCase]) -> list[Miss]:
    """Return every expectation that did not come true; empty when all did."""
    return [miss for case in cases for miss in _Run(definition, case).misses()]


def _as_written(_spec: Any, text: str) -> str:
    """An example names a union by its code, as rules read it, and a person by whatever stands for them."""
    return text


def neutral(definition: Definition, today: date) -> dict[str, Any]:
    """Return the facts of somebody about whom nothing is remarkable."""
    return {
        **snapshot_facts(definition, today),
        "form": {name: [] if spec.type in ("multi", "table") and spec.default is None else spec.default
                 for name, spec in definition.form.items()},
        "attachments": dict.fromkeys(definition.attachments, 0),
        "applicant": {"id": "applicant", "gender": "male", "age": 35, "union": "0001", "member": True, "member_months": 60,
                      "migrant": False, "model_worker": "none", "granted_this_cycle": Decimal(0), "times_this_cycle": 0,
                      "times_ever": 0},
        "org": {"code": "0001", "name": "云岭县示例工会", "level": "unit", "county": "0000", "has_township": True},
        "case": {"number": None, "submitted_on": today, "cycle": cycle_of(definition, today), "year": today.year},
        "task": {"acted": False, "resubmit_to": None, "changed_material": False},
        "household": dict(UNKNOWN), "budget": {"available": PLENTY}, "cover": {}, "today": today,
    }


def _covered(definition: Definition, facts: dict[str, Any], today: date) -> dict[str, Any]:
    """Return `cover.*` of somebody covered this year and the last, or of the period that is enrolled for."""
    if enrols(definition):
        return enrolment(facts["param"], facts["case"]["submitted_on"])
    return {"active": True, "start": date(today.year, 1, 1), "end": date(today.year, 12, 31), "since": date(today.year - 1, 1, 1), "shares": 1,
            "granted": Decimal(0)}


@dataclass(slots=True)
class _Came:
    """What came of a case: the triggers taken, where it stands, what was left to people, who refused and why."""

    state: str
    route: list[str] = field(default_factory=list)
    flags: dict[str, None] = field(default_factory=dict)
    refused: str | None = None
    messages: list[Message] = field(default_factory=list)


class _Run:
    def __init__(self, definition: Definition, case: GoldenCase) -> None:
        self.definition, self.case = definition, case
        self.today = case.today or TODAY
        self.given = {f"{room}.{name}" for room in ("form", "attachments") for name in case.given.get(room, {})}
        self.facts = neutral(definition, self.today)

    def misses(self) -> list[Miss]:
        """Set the facts, walk, and compare with what was expected."""
        try:
            self._set()
        except FieldFault as fault:
            return [self._miss("given", "CASE_GIVEN", fault.message_zh, fault.message_en)]
        came = self._walk()
        return [*self._steps(came), *self._results(came)]

    def _set(self) -> None:
        for room, values in self.case.given.items():
            for name, raw in values.items():
                self.facts[room][name] = self._value(room, name, raw)
        self.facts["cover"] = _covered(self.definition, self.facts, self.today) | self.facts["cover"]
        self.facts["calc"] = worked_out(self.definition, self.facts)

    def _value(self, room: str, name: str, raw: Any) -> Any:
        if room == "form":
            return parse_value(self.definition.form[name], raw, register=_as_written)
        if room == "param" and self.definition.params[name].type == "date":
            return date.fromisoformat(raw)
        if isinstance(raw, int) and not isinstance(raw, bool) and room in ("region", "budget", "param", "cover"):
            return raw if room == "param" and self.definition.params[name].type == "int" else Decimal(raw)
        return date.fromisoformat(raw) if ENGINE_FACTS.get(f"{room}.{name}") is Kind.DATE and raw is not None else raw

    # --- walking -----------------------------------------------------------------------------------------

    def _walk(self) -> _Came:
        """Fire the triggers of `route`, or go forward where none is written, until an end or a refusal."""
        came = _Came(self.definition.initial)
        back: dict[str, str] = {}                    # who waits for a correction, by the state that makes it
        wanted = list(self.case.route or ())
        while not self.definition.states[came.state].final and len(came.route) < MOST_STEPS:
            state, auto = came.state, self.definition.states[came.state].kind == "auto"
            ways = self.definition.ways(state)
            trigger: str | None
            if auto:
                trigger = ways[0].trigger
            elif self.case.route is not None and len(came.route) >= len(wanted):
                trigger = self.case.refused              # what comes after the steps that were written
            elif self.case.route is not None:
                trigger = wanted[len(came.route)]
            else:
                trigger = forward(self.definition, state)
            if trigger is None:
                break
            try:
                step = self._step(state, trigger, back.get(state))
                if short := objections(self.definition, state, step.dest, trigger, self._amount()[0], self.facts["budget"]["available"]):
                    raise Refused(short)
            except (Refused, Impossible) as refusal:
                came.refused, came.messages = trigger, list(refusal.messages)
                break
            for criterion in flagged(self.definition, self.definition.states[state], step.transition, self.facts):
                if not self._untold(criterion.expr):
                    came.flags[criterion.name] = None
            if step.transition.resubmit == "direct":
                back[step.dest] = state
            else:
                back.pop(state, None)
            came.state = step.dest
            if not auto:
                came.route.append(trigger)
        return came

    def _step(self, state: str, trigger: str, back_to: str | None) -> machine.Step:
        """Return where the trigger leads; what rests only on fields that the case leaves out is not judged."""
        try:
            return machine.step(self.definition, state, self.facts, trigger, more=lambda way: self._more(state, way),
                                back_to=back_to if trigger == forward(self.definition, state) else None)
        except Refused as refusal:
            judged = [message for message in refusal.messages if not self._left_out(message)]
            if judged:
                raise Refused(judged) from None
            way = next(way for way in self.definition.ways(state) if way.trigger == trigger
                       and (way.when is None or machine.holds(self.definition, way.when, self.facts)))
            return machine.Step(way, back_to or way.dest)

    def _more(self, state: str, way: Transition) -> list[Message]:
        """Return what the engine itself has against a step: the same questions in the same order as `judge`."""
        place = self.definition.states[state]
        names = [name for name in self.definition.form if {f"form.{name}"} <= place.edit & self.given]
        return [*closed(self.definition, way, self.today),
                *invalid(self.definition, self.facts["form"], self.facts, names),
                *(one for one in missing(self.definition, place, way, self.facts) if one.field in self.given),
                *criteria_refusals(self.definition, state, way, self.facts),
                *(file_refusals(self.definition, self.facts) if place.kind == "draft" and not self.definition.states[way.dest].final else ())]

    def _untold(self, expr: Expr) -> bool:
        """Return whether it cannot be told only because the case leaves fields out."""
        try:
            machine.holds(self.definition, expr, self.facts)
        except Refused as refusal:
            return all(self._left_out(message) for message in refusal.messages)
        return False

    def _left_out(self, message: Message) -> bool:
        return message.code == "EMPTY" and (message.field or "").startswith("form.") and message.field not in self.given

    # --- comparing ---------------------------------------------------------------------------------------

    def _steps(self, came: _Came) -> Iterable[Miss]:
        case = self.case
        why_zh, why_en = _why(came.messages, "zh"), _why(came.messages, "en")
        if case.refused is None and came.refused is not None:
            yield self._miss("ends", "CASE_REFUSED", f"“{came.refused}”在“{self._name(came.state)}”被拒绝：{why_zh}",
                             f"'{came.refused}' was refused at {came.state}: {why_en}")
        elif case.refused != came.refused:
            yield self._miss("refused", "CASE_NOT_REFUSED",
                             f"应拒绝“{case.refused}”，实际{f'拒绝了“{came.refused}”：{why_zh}' if came.refused else '没有拒绝'}"
                             f"，走到“{self._name(came.state)}”",
                             f"'{case.refused}' should be refused; {f'{came.refused!r} was: {why_en}' if came.refused else 'nothing was'}"
                             f", the case came to {came.state}")
        elif case.messages is not None and not _same(case.messages, came.messages):
            yield self._miss("messages", "CASE_MESSAGES", f"应提示：{'；'.join(case.messages) or '（无）'}；实际提示：{why_zh}",
                             f"Expected the messages: {'; '.join(case.messages) or 'none'}; came: {why_en}")
        if case.route is not None and came.refused is None and list(case.route) != came.route:
            yield self._miss("route", "CASE_ROUTE", f"应依次 {' → '.join(case.route)}，实际 {' → '.join(came.route)}",
                             f"Expected the route {', '.join(case.route)}; came {', '.join(came.route)}")
        if case.ends is not None and case.ends != came.state and came.refused is None:
            yield self._miss("ends", "CASE_ENDS", f"应到“{self._name(case.ends)}”（{case.ends}），实际到“{self._name(came.state)}”（{came.state}）",
                             f"Expected to end at {case.ends}; came to {came.state}")

    def _results(self, came: _Came) -> Iterable[Miss]:
        case = self.case
        if case.flags is not None and list(case.flags) != list(came.flags):
            yield self._miss("flags", "CASE_FLAGS", f"应留给人判断：{'、'.join(case.flags) or '（无）'}；实际：{'、'.join(came.flags) or '（无）'}",
                             f"Expected the flags {', '.join(case.flags) or 'none'}; came {', '.join(came.flags) or 'none'}")
        if case.amount is None:
            return
        amount, why = self._amount()
        if amount is None:
            yield self._miss("amount", "CASE_AMOUNT", f"应为 {case.amount:.2f} 元，实际算不出来：{_why(why, 'zh')}",
                             f"Expected {case.amount:.2f} yuan; it cannot be worked out: {_why(why, 'en')}")
        elif amount != fen(case.amount):
            came_to = Decimal(amount) / 100
            yield self._miss("amount", "CASE_AMOUNT", f"应为 {case.amount:.2f} 元，实际 {came_to:.2f} 元",
                             f"Expected {case.amount:.2f} yuan; came to {came_to:.2f}")

    def _amount(self) -> tuple[int | None, list[Message]]:
        """Return the amount in 分, or why there is none."""
        rule = self.definition.amount
        if rule is None:
            return None, [Message("NO_AMOUNT", "本项目没有金额", "this programme has no amount")]
        try:
            worth = machine.value(self.definition, rule.value, self.facts)
        except Refused as refusal:
            return None, list(refusal.messages)
        return None if worth is None else fen(worth), []

    def _name(self, state: str) -> str:
        return self.definition.states[state].label.zh if state in self.definition.states else state

    def _miss(self, word: str, code: str, zh: str, en: str) -> Miss:
        mark = self.case.marks.get(word, self.case.mark)
        return Miss(self.case.name, mark.file, mark.line, code, f"事例“{self.case.name}”：{zh}", f"Case '{self.case.name}': {en}")


def _same(expected: Sequence[str], came: Sequence[Message]) -> bool:
    return len(expected) == len(came) and all(text in (one.zh, one.en) for text, one in zip(expected, came, strict=True))


def _why(messages: Sequence[Message], lang: str) -> str:
    return ("；" if lang == "zh" else "; ").join(message.text(lang) for message in messages) or ("（无）" if lang == "zh" else "none")
