"""Made-up facts for a rehearsal: rather often the very numbers that a definition's rules turn on.

Seeded and pure. A value can be made up afresh one by one, so that a rehearsal can correct what a rule refused and leave
the rest of the case as it is, as people do.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from .engine.facts import expressions_of, snapshot_facts, worked_out
from .language.definition import Definition, Field
from .language.expressions import Expr
from .language.kinds import ENGINE_FACTS, ENGINE_OPTIONS, Kind

TODAY = date(2026, 6, 15)
_DAYS = (-7300, -3650, -800, -400, -365, -364, -200, -100, -60, -30, -10, -8, -7, -6, -5, -1, 0, 1, 30)


class Inventor:
    """Makes up the facts of one case after the other."""

    def __init__(self, definition: Definition, dice: random.Random) -> None:
        self.definition, self.dice = definition, dice
        self._fixed = snapshot_facts(definition, TODAY)
        literals = _literals(definition)
        self._texts = sorted({one for one in literals if isinstance(one, str)}) or ["530102"]
        self._marks = _marks(definition, literals, self._fixed)
        self._roots: dict[str, tuple[str, ...]] = {}

    def facts(self) -> dict[str, Any]:
        """Return the facts of a new case."""
        facts: dict[str, Any] = {**self._fixed, "param": self._switched(), "form": {}, "attachments": {}, "today": TODAY}
        for name in ENGINE_FACTS:
            self._put(facts, name)
        for name in self.definition.form:
            facts["form"][name] = self._value(self.definition.form[name])
        for name in self.definition.attachments:
            facts["attachments"][name] = self._count(name)
        worked_out(self.definition, facts)
        return facts

    def _switched(self) -> dict[str, Any]:
        """Return the params of some county: a switch may stand the other way there, and opens or closes optional steps."""
        return {name: not value if isinstance(value, bool) and self.dice.random() < 0.25 else value
                for name, value in self._fixed["param"].items()}

    def correct(self, facts: dict[str, Any], failing: Iterable[Expr]) -> None:
        """Make up afresh what these expressions rest on: now one of it, now all of it."""
        for expr in failing:
            names = self.roots(expr)
            if not names:
                continue
            for name in names if self.dice.random() < 0.3 else [self.dice.choice(names)]:
                self._put(facts, name)
        worked_out(self.definition, facts)

    def roots(self, expr: Expr) -> tuple[str, ...]:
        """Return the names of facts below `expr` that somebody fills in or that differ from case to case."""
        known = self._roots.get(expr.source)
        if known is None:
            found, waiting = set(), list(expr.names)
            while waiting:
                name = waiting.pop()
                if name.startswith("calc."):
                    waiting += self.definition.calc[name[5:]].names
                elif not name.startswith(("param.", "region.")) and name != "today":
                    found.add(name)
            known = self._roots[expr.source] = tuple(sorted(found))
        return known

    def _put(self, facts: dict[str, Any], name: str) -> None:
        room, _, leaf = name.partition(".")
        if room == "form":
            facts["form"][leaf] = self._value(self.definition.form[leaf])
        elif room == "attachments":
            facts["attachments"][leaf] = self._count(leaf)
        elif leaf:
            facts.setdefault(room, {})[leaf] = self._engine_fact(name, ENGINE_FACTS[name])

    def _count(self, kind: str) -> int:
        return 0 if self.dice.random() < 0.1 else max(self.definition.attachments[kind].min, 1)

    def _engine_fact(self, name: str, kind: Kind) -> Any:
        dice = self.dice
        if name in ENGINE_OPTIONS:
            return dice.choice(list(ENGINE_OPTIONS[name]))
        if name == "budget.available":               # a pool is seldom empty
            return Decimal(10**9) if dice.random() < 0.8 else dice.choice(self._marks)
        if name == "applicant.gender":
            return dice.choice(("male", "female"))
        if kind is Kind.BOOL:
            return dice.random() < 0.5
        if kind is Kind.NUMBER:
            return dice.choice((0, 0, 1, 2, 12, 30, 60, 100)) if dice.random() < 0.7 else dice.choice(self._marks)
        if kind is Kind.DATE:
            return TODAY - timedelta(days=dice.randrange(400))
        return dice.choice(self._texts)

    def _value(self, spec: Field) -> Any:
        dice = self.dice
        if spec.required is not True and spec.default is None and dice.random() < 0.15:
            return None
        match spec.type:
            case "bool":
                return dice.random() < 0.5
            case "enum":
                return dice.choice(list(spec.options))
            case "multi":
                return [code for code in spec.options if dice.random() < 0.3]
            case "int" | "decimal" | "money":
                return self._number(spec)
            case "date":
                return TODAY + timedelta(days=dice.choice(_DAYS))
            case "month":
                return date(TODAY.year - dice.randrange(3), dice.randrange(1, 13), 1)
            case "table":
                return [{c.name: self._value(c) for c in spec.columns.values()} for _ in range(dice.randrange(1, 4))]
        return f"文字{dice.randrange(100)}"

    def _number(self, spec: Field) -> Any:
        dice = self.dice
        number: Any = dice.choice((dice.choice(self._marks), 0, 1, dice.randrange(1, 100), dice.randrange(100, 5000),
                                   dice.randrange(5000, 200000)))
        if spec.min is not None and number < spec.min:
            number = spec.min
        if spec.max is not None and number > spec.max:
            number = spec.max
        return int(number) if spec.type == "int" else Decimal(number)


def _marks(definition: Definition, literals: list[Any], fixed: Mapping[str, Any]) -> list[Any]:
    """Return the numbers the rules turn on, and those just beside them."""
    numbers = [*literals, *fixed["param"].values(), *fixed["region"].values(),
               *(cell for table in definition.tables.values() for row in table.rows for cell in row)]
    found = {one for one in numbers if isinstance(one, (int, Decimal)) and not isinstance(one, bool)}
    return sorted({beside for n in found for beside in (n, n + 1, n - 1) if beside >= 0}) or [0]


def _literals(definition: Definition) -> list[Any]:
    return [clause.value for expr in expressions_of(definition) if isinstance(expr, Expr)
            for clause in expr.clauses() if clause.word == "literal"]
