"""Expressions: a whitelisted subset of Python syntax, read once, checked, then answered and explained.

    income = compile_expression("form.income / form.size < param.line", names)
    income.holds(facts, tables)          # True, False, or raises Unanswerable; empty is never "no"
    income.explain(facts, tables)        # the same, clause by clause, with the numbers it used

Facts are plain nested mappings (`{"form": {…}, "param": {…}, "today": date}`); numbers are int or Decimal. A name
that is missing or None is empty. Empty is refused wherever a value is needed, with these exceptions: `x == None` and
`x != None`; `coalesce`, which takes the first that is filled in; `x in [None, …]`, where the list says so itself;
`count`, which skips it. `and` and `or` stop at the first part that decides, from the left, as in Python.

Pure, and never hands anything to Python's compiler: an expression is a tree of closures over values (`clauses.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import clauses, grammar
from .clauses import Clause, Facts
from .exact import NO_TABLES, RuntimeTable
from .explanations import Explanation, explain
from .expression_faults import ExpressionFault, Unanswerable
from .kinds import ENGINE_FACTS, ENGINE_OPTIONS, Kind, Names, Rows, TableShape
from .tokens import MAX_CHARACTERS

__all__ = [
    "ENGINE_FACTS", "ENGINE_OPTIONS", "MAX_CHARACTERS", "Explanation", "Expr", "ExpressionFault", "Kind", "Names",
    "Rows", "RuntimeTable", "TableShape", "Unanswerable", "compile_expression", "faults",
]


def compile_expression(source: str, names: Names) -> Expr:
    """Return the checked expression. Raises the first `ExpressionFault`, by place; `faults` tells all."""
    clause, check = grammar.read(source, names)
    if check.faults or clause is None:
        raise min(check.faults, key=lambda fault: fault.offset)
    return Expr(
        source=source, kind=clause.kind, clause=clause, tables=frozenset(check.tables),
        names=frozenset(leaf.name for leaf in clause.leaves() if leaf.word == "name" and leaf.name),
        columns=frozenset(check.columns),
    )


def faults(source: str, names: Names) -> list[ExpressionFault]:
    """Return everything wrong with `source`, in the order of the text; [] when it may be compiled."""
    return sorted(grammar.read(source, names)[1].faults, key=lambda fault: fault.offset)


@dataclass(frozen=True, slots=True)
class Expr:
    """A checked expression. Two are equal when their text and kind are."""

    source: str
    kind: Kind
    names: frozenset[str]            # dotted names of `Names.facts` that it reads
    columns: frozenset[str]          # columns of form tables that it reads: form.roster.amount
    tables: frozenset[str]           # policy tables that it reads
    clause: Clause = field(compare=False, repr=False)

    def evaluate(self, facts: Facts, tables: Mapping[str, RuntimeTable] | None = None) -> Any:
        """Return the value: Decimal or int, text, bool, date, list, or None where that is the value.

        A yes-or-no expression never returns None. Raises `Unanswerable`.
        """
        value = clauses.as_declared(self.clause, self.clause.answer(facts, NO_TABLES if tables is None else tables, None))
        if value is None and self.kind is Kind.BOOL:
            raise Unanswerable("EMPTY", self.names)
        return value

    def holds(self, facts: Facts, tables: Mapping[str, RuntimeTable] | None = None) -> bool:
        """Return whether it is true: for `when`, `conditions`, `criteria`, `required`. Raises `Unanswerable`."""
        return bool(clauses.truth(self.clause)(facts, NO_TABLES if tables is None else tables, None))

    def explain(self, facts: Facts, tables: Mapping[str, RuntimeTable] | None = None) -> Explanation:
        """Return the clauses with their values. Never raises for empty facts: such clauses have a `problem`."""
        return explain(self.clause, facts, NO_TABLES if tables is None else tables)

    def clauses(self) -> Iterator[Clause]:
        """Yield every clause, outermost first, for checks on how the expression is written."""
        waiting = [self.clause]
        while waiting:
            clause = waiting.pop()
            yield clause
            waiting.extend(reversed(clause.parts))
