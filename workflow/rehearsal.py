"""A dress rehearsal before a definition is published: 3,000 made-up cases walk through it at random.

Every way must be taken at least once and every case must come to an end. The walk is seeded with the definition's
digest, so that the same file always gives the same answer. Pure: no database, no clock.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import machine
from .engine.judge import RETURN, applying, criteria_refusals
from .errors import Impossible, Message, Refused
from .invented import Inventor
from .language.definition import Definition, Transition
from .language.expressions import Expr, Unanswerable

CASES = 3000
TRIES = 20           # corrections after which another way is tried
LONG = 60            # steps after which a case takes the shortest way out
BOLD = 0.6           # how often a case turns towards a way that nobody has taken yet


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
            return Rehearsal(cases, walk.steps, tuple(walk.stuck))
    return Rehearsal(cases, walk.steps, tuple(
        Message("REHEARSAL_NEVER",
                f"试运行 {cases} 件，从“{way.source}”到“{way.dest}”的“{way.label.zh}”（{way.trigger}）一次也没有走到，请检查条件",
                f"In {cases} rehearsed cases {way.trigger} from {way.source} to {way.dest} was never taken; "
                "check its conditions")
        for way in definition.transitions if id(way) not in walk.taken))


class _Walk:
    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.dice = random.Random(definition.digest)
        self.inventor = Inventor(definition, self.dice)
        self.ways = {name: definition.ways(name) for name in definition.states}
        self.taken: set[int] = set()
        self.steps = 0
        self.stuck: list[Message] = []
        self.out = _distances(definition, [name for name, state in definition.states.items() if state.final])
        self.fresh = self._fresh()

    def one(self) -> None:
        """Walk one case to its end."""
        state, returns, steps = self.definition.initial, 0, 0
        facts = self.inventor.facts()
        while not self.definition.states[state].final:
            ways = list(self.ways[state])
            if self.definition.return_max and returns >= self.definition.return_max:
                ways = [way for way in ways if way.trigger != RETURN] or ways
            step = self._step(state, ways, facts, hurry=steps > LONG)
            if step is None:
                label = self.definition.states[state].label
                self.stuck.append(Message("REHEARSAL_STUCK", f"试运行中有申请停在“{label.zh}”（{state}），每一个操作都被条件拒绝，无法继续",
                                          f"A rehearsed case is stuck at {state}: every step is refused by its conditions"))
                return
            if id(step.transition) not in self.taken:
                self.taken.add(id(step.transition))
                self.fresh = self._fresh()
            returns += step.transition.trigger == RETURN
            state, steps, self.steps = step.dest, steps + 1, self.steps + 1
            if steps > LONG * 5:
                self.stuck.append(Message("REHEARSAL_ENDLESS", f"试运行中有申请走了 {steps} 步仍未结束，停在“{state}”",
                                          f"A rehearsed case took {steps} steps without ending; it is at {state}"))
                return

    def _step(self, state: str, ways: list[Transition], facts: dict[str, Any], *, hurry: bool) -> machine.Step | None:
        """Take one way on. What a rule refuses is corrected and tried again; another way may be tried in between."""
        way = self._choice(ways, hurry)
        for attempt in range(TRIES * (len(ways) + 2)):
            if attempt and attempt % TRIES == 0:
                way = ways[attempt // TRIES % len(ways)]       # every way is tried before a case counts as stuck
            wanted = way.when is not None and id(way) not in self.taken and attempt % TRIES < TRIES // 2
            if not wanted or self._holds(way.when, facts):
                try:
                    return machine.step(self.definition, state, facts, way.trigger, dest=way.dest if way.chosen else None,
                                        more=lambda w: criteria_refusals(self.definition, state, w, facts))
                except (Refused, Impossible):
                    pass
            self.inventor.correct(facts, self._failing(state, way, facts))
        return None

    def _choice(self, ways: list[Transition], hurry: bool) -> Transition:
        far = self.out if hurry else self.fresh if self.fresh and self.dice.random() < BOLD else None
        if far is None:
            return self.dice.choice(ways)
        if not hurry and (new := [way for way in ways if id(way) not in self.taken]):
            return self.dice.choice(new)
        least = min(far.get(way.dest, 99) for way in ways)
        return self.dice.choice([way for way in ways if far.get(way.dest, 99) == least])

    def _fresh(self) -> Mapping[str, int]:
        """Return how far each state is from one that has a way nobody has taken; empty when all have been."""
        return _distances(self.definition, {way.source for way in self.definition.transitions if id(way) not in self.taken})

    def _failing(self, state: str, way: Transition, facts: Mapping[str, Any]) -> list[Expr]:
        """Return the expressions that stand in the way of `way`, and the routes that lead elsewhere before it."""
        checks = [check.expr for check in way.conditions]
        checks += [c.expr for c in applying(self.definition, self.definition.states[state], way.trigger) if c.on_fail == "refuse"]
        checks += [way.when] if way.when is not None else []
        elsewhere = []
        for other in self.ways[state]:
            if other is way:
                break
            if other.trigger == way.trigger and other.when is not None:
                elsewhere.append(other.when)
        return ([expr for expr in checks if not self._holds(expr, facts)]
                or [expr for expr in elsewhere if self._holds(expr, facts) is not False])

    def _holds(self, expr: Expr | None, facts: Mapping[str, Any]) -> bool | None:
        """Return whether it holds; None where it cannot be told."""
        try:
            return expr is None or expr.holds(facts, self.definition.tables)
        except Unanswerable:
            return None


def _distances(definition: Definition, goals: Any) -> Mapping[str, int]:
    """Return how many steps each state is from the nearest of `goals`."""
    far = dict.fromkeys(goals, 0)
    while True:
        nearer = {way.source: far[way.dest] + 1 for way in definition.transitions
                  if way.dest in far and far[way.dest] + 1 < far.get(way.source, 999)}
        if not nearer:
            return far
        for name, steps in nearer.items():
            far[name] = min(steps, far.get(name, 999))
