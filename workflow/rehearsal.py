"""A dress rehearsal before a definition is published: 3,000 made-up cases walk through it at random.

Every way must be taken at least once and every case must come to an end. The walk is seeded with the definition's
digest, so that the same file always gives the same answer. Pure: no database, no clock.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from . import machine
from .engine.facts import expressions_of, snapshot_facts, worked_out
from .engine.judge import RETURN, criteria_refusals
from .errors import Impossible, Message, Refused
from .language.definition import Definition, Field, Transition
from .language.expressions import Expr
from .language.kinds import ENGINE_FACTS, ENGINE_OPTIONS, Kind

CASES = 3000
PATIENCE = 40        # attempts with fresh facts before a step counts as refused
LONG = 60            # steps after which a case takes the shortest way out
TODAY = date(2026, 6, 15)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What the walk found: `problems` is empty when all went well."""

    cases: int
    steps: int
    problems: tuple[Message, ...]


def rehearse(definition: Definition, cases: int = CASES) -> Rehearsal:
    """Walk `cases` made-up cases through the definition and return what never happened or never ended."""
    walk = _Walk(definition)
    for _ in range(cases):
        walk.one()
        if walk.stuck:
            break
    problems = list(walk.stuck)
    if not walk.stuck:
        for way in definition.transitions:
            if id(way) not in walk.taken:
                problems.append(Message(
                    "REHEARSAL_NEVER", f"试运行 {cases} 件，从“{way.source}”到“{way.dest}”的“{way.label.zh}”（{way.trigger}）一次也没有走到，"
                    "请检查条件", f"In {cases} rehearsed cases {way.trigger} from {way.source} to {way.dest} was never taken; check its conditions"))
    return Rehearsal(cases, walk.steps, tuple(problems))


class _Walk:
    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.dice = random.Random(definition.digest)
        self.taken: set[int] = set()
        self.steps = 0
        self.stuck: list[Message] = []
        self.marks = _marks(definition)
        self.far = _distances(definition)

    def one(self) -> None:
        """Walk one case to its end."""
        state, returns, steps = self.definition.initial, 0, 0
        facts = self._facts()
        while not self.definition.states[state].final:
            ways = list(self.definition.ways(state))
            if self.definition.return_max and returns >= self.definition.return_max:
                ways = [way for way in ways if way.trigger != RETURN] or ways
            step = self._step(state, ways, facts, hurry=steps > LONG)
            if step is None:
                label = self.definition.states[state].label
                self.stuck.append(Message("REHEARSAL_STUCK", f"试运行中有申请停在“{label.zh}”（{state}），每一个操作都被条件拒绝，无法继续",
                                          f"A rehearsed case is stuck at {state}: every step is refused by its conditions"))
                return
            self.taken.add(id(step.transition))
            returns += step.transition.trigger == RETURN
            state, steps, self.steps = step.dest, steps + 1, self.steps + 1
            if steps > LONG * 5:
                self.stuck.append(Message("REHEARSAL_ENDLESS", f"试运行中有申请走了 {steps} 步仍未结束，停在“{state}”",
                                          f"A rehearsed case took {steps} steps without ending; it is at {state}"))
                return

    def _step(self, state: str, ways: list[Transition], facts: dict[str, Any], *, hurry: bool) -> machine.Step | None:
        for attempt in range(PATIENCE):
            if hurry:
                way = min(ways, key=lambda w: (self.far.get(w.dest, 99), self.dice.random()))
                hurry = attempt < PATIENCE // 2
            else:
                fresh = [w for w in ways if id(w) not in self.taken]
                way = self.dice.choice(fresh if fresh and self.dice.random() < 0.5 else ways)
            try:
                return machine.step(self.definition, state, facts, way.trigger, dest=way.dest if way.chosen else None,
                                    more=lambda w: criteria_refusals(self.definition, state, w, facts))
            except (Refused, Impossible):
                facts.update(self._facts())       # somebody corrects what was wrong and tries again
        return None

    def _facts(self) -> dict[str, Any]:
        definition, dice = self.definition, self.dice
        facts: dict[str, Any] = snapshot_facts(definition, TODAY)
        for name, kind in ENGINE_FACTS.items():
            room, _, leaf = name.partition(".")
            if leaf:
                facts.setdefault(room, {})[leaf] = self._engine_fact(name, kind)
        facts["today"] = TODAY
        facts["form"] = {spec.name: self._value(spec) for spec in definition.form.values()}
        facts["attachments"] = {kind: 0 if dice.random() < 0.1 else max(spec.min, 1)
                                for kind, spec in definition.attachments.items()}
        facts["calc"] = worked_out(definition, facts)
        return facts

    def _engine_fact(self, name: str, kind: Kind) -> Any:
        if name in ENGINE_OPTIONS:
            return self.dice.choice(list(ENGINE_OPTIONS[name]))
        if kind is Kind.BOOL:
            return self.dice.random() < 0.5
        if kind is Kind.NUMBER:
            return self.dice.choice([0, 0, 1, 2, 12, 30, 60, 100, *self.marks])
        if kind is Kind.DATE:
            return TODAY - timedelta(days=self.dice.randrange(400))
        return self.dice.choice(sorted(self._texts(name)) or ["530102"])

    def _texts(self, name: str) -> set[str]:
        """Return the texts that expressions compare this fact with."""
        return {str(literal) for literal in _literals(self.definition) if isinstance(literal, str)}

    def _value(self, spec: Field) -> Any:
        """Return a made-up value, rather often one of the numbers that the rules turn on."""
        dice = self.dice
        if spec.required is not True and spec.default is None and dice.random() < 0.15:
            return None
        match spec.type:
            case "bool":
                return dice.random() < 0.5
            case "enum":
                return dice.choice(list(spec.options))
            case "multi":
                return [code for code in spec.options if dice.random() < 0.5] or [next(iter(spec.options))]
            case "int" | "decimal" | "money":
                return self._number(spec)
            case "date":
                return TODAY + timedelta(days=dice.choice([-3650, -800, -365, -200, -100, -60, -30, -10, -7, -5, -1, 0, 1, 30]))
            case "month":
                return date(TODAY.year - dice.randrange(2), dice.randrange(1, 13), 1)
            case "table":
                return [{c.name: self._value(c) for c in spec.columns.values()} for _ in range(dice.randrange(1, 4))]
        return f"文字{dice.randrange(100)}"

    def _number(self, spec: Field) -> Any:
        dice = self.dice
        pool = [*self.marks, 0, 1, dice.randrange(1, 100), dice.randrange(100, 5000), dice.randrange(5000, 200000)]
        number: Any = dice.choice(pool)
        if spec.min is not None and number < spec.min:
            number = spec.min
        if spec.max is not None and number > spec.max:
            number = spec.max
        return int(number) if spec.type == "int" else Decimal(number)


def _marks(definition: Definition) -> list[Any]:
    """Return the numbers the rules turn on, and those just beside them."""
    numbers = {literal for literal in _literals(definition) if isinstance(literal, (int, Decimal)) and not isinstance(literal, bool)}
    numbers |= {param.value for param in definition.params.values()
                if isinstance(param.value, (int, Decimal)) and not isinstance(param.value, bool)}
    for table in definition.tables.values():
        numbers |= {cell for row in table.rows for cell in row if isinstance(cell, (int, Decimal))}
    return sorted({beside for n in numbers for beside in (n, n + 1, n - 1) if beside >= 0})


def _literals(definition: Definition) -> list[Any]:
    found: list[Any] = []
    for expr in _all(definition):
        found += [clause.value for clause in expr.clauses() if clause.word == "literal"]
    return found


def _all(definition: Definition) -> list[Expr]:
    return [expr for expr in expressions_of(definition) if isinstance(expr, Expr)]


def _distances(definition: Definition) -> Mapping[str, int]:
    """Return how many steps each state is from an end."""
    far = {name: 0 for name, state in definition.states.items() if state.final}
    while True:
        nearer = {way.source: far[way.dest] + 1 for way in definition.transitions
                  if way.dest in far and far[way.dest] + 1 < far.get(way.source, 999)}
        if not nearer:
            return far
        for name in nearer:
            far[name] = min(nearer[name], far.get(name, 999))
