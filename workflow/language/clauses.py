"""The parts of a checked expression: each a text, a kind and a closure that answers it.

An expression becomes a tree of closures over plain values. Nothing is handed to Python's own compiler, so there are
no attributes, builtins or frames to climb out to, and the same tree answers and explains. A closure takes the
facts, the policy tables and the current row of a comprehension; it raises `Unanswerable` naming what was empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from .exact import MAX_ROWS, RuntimeTable, Stuck, before, number, same
from .expression_faults import Unanswerable
from .kinds import Kind

Facts = Mapping[str, Any]
Tables = Mapping[str, RuntimeTable]
Row = Mapping[str, Any] | None
Answer = Callable[[Facts, Tables, Row], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Clause:
    """`word` says what it is: name column literal list and or not compare arithmetic call if each."""

    word: str
    text: str
    kind: Kind
    answer: Answer
    parts: tuple[Clause, ...] = ()
    name: str | None = None          # of a name or column: the full dotted name
    element: Kind = Kind.ANY         # of a list: the kind of what is in it
    value: Any = None                # of a literal
    start: int = 0
    end: int = 0
    depth: int = 1

    def leaves(self) -> Iterator[Clause]:
        """Yield the names and columns below, in the order they are written."""
        if self.name is not None:
            yield self
        for part in self.parts:
            yield from part.leaves()


def to_blame(clause: Clause, facts: Facts, tables: Tables, row: Row) -> tuple[str, ...]:
    """Return the names below `clause` that are empty, or all its names when none is."""
    if clause.word == "if":
        chosen = clause.parts[0 if clause.parts[1].answer(facts, tables, row) else 2]
        return to_blame(chosen, facts, tables, row)
    empty = [leaf.name for leaf in _outside_rows(clause) if leaf.name and leaf.answer(facts, tables, row) is None]
    return tuple(empty or (leaf.name for leaf in clause.leaves() if leaf.name))


def _outside_rows(clause: Clause) -> Iterator[Clause]:
    """Yield the leaves that can be read here: a comprehension's columns have no row outside it."""
    if clause.name is not None:
        yield clause
    for part in clause.parts:
        if clause.word != "each":
            yield from _outside_rows(part)


def reading(path: Sequence[str]) -> Answer:
    """Read a fact. What the engine did not provide is empty, which refuses wherever a value is needed."""
    if len(path) == 1:
        only = path[0]
        return lambda facts, tables, row: facts.get(only)
    if len(path) == 2:
        group, field = path

        def read(facts: Facts, tables: Tables, row: Row) -> Any:
            try:
                return facts[group][field]
            except (KeyError, TypeError):
                return None
        return read

    def read_deep(facts: Facts, tables: Tables, row: Row) -> Any:
        value: Any = facts
        for step in path:
            if not isinstance(value, Mapping):
                return None
            value = value.get(step)
        return value
    return read_deep


def column(name: str) -> Answer:
    return lambda facts, tables, row: None if row is None else row.get(name)


def constant(value: Any) -> Answer:
    return lambda facts, tables, row: value


def listing(parts: Sequence[Clause]) -> Answer:
    if all(part.word == "literal" for part in parts):
        values = [part.value for part in parts]
        return lambda facts, tables, row: values.copy()
    answers = [part.answer for part in parts]
    return lambda facts, tables, row: [answer(facts, tables, row) for answer in answers]


def applying(function: Callable[..., Any], parts: Sequence[Clause]) -> Answer:
    """Answer `function(*parts)`; when it is stuck, blame the part that is empty."""
    answers = tuple(part.answer for part in parts)
    if len(answers) == 2:
        first, second = answers

        def two(facts: Facts, tables: Tables, row: Row) -> Any:
            a, b = first(facts, tables, row), second(facts, tables, row)
            try:
                return function(a, b)
            except Stuck as stuck:
                raise _unanswerable(stuck, parts, (a, b), facts, tables, row) from None
        return two

    def any_number(facts: Facts, tables: Tables, row: Row) -> Any:
        values = [answer(facts, tables, row) for answer in answers]
        try:
            return function(*values)
        except Stuck as stuck:
            raise _unanswerable(stuck, parts, values, facts, tables, row) from None
    return any_number


def _unanswerable(stuck: Stuck, parts: Sequence[Clause], values: Sequence[Any],
                  facts: Facts, tables: Tables, row: Row) -> Unanswerable:
    guilty: Sequence[Clause] = parts
    if stuck.reason == "EMPTY":
        guilty = [part for part, value in zip(parts, values, strict=True) if value is None] or parts
    elif stuck.reason == "DIVISION_BY_ZERO":
        guilty = parts[-1:]
    return Unanswerable(stuck.reason, (name for part in guilty for name in to_blame(part, facts, tables, row)))


def as_declared(clause: Clause, value: Any) -> Any:
    """Return the value of a whole expression. Raises `Unanswerable` when it is not of the kind known at load.

    Between clauses every operation checks what it takes; this is for a bare name, which passes through none.
    """
    wanted = _TYPES.get(clause.kind)
    try:
        if clause.kind is Kind.NUMBER or type(value) in (Decimal, int, float):
            return value if value is None else number(value)
        if value is None or wanted is None or type(value) in wanted:
            return value
        raise Stuck("WRONG_TYPE")
    except Stuck as stuck:
        raise Unanswerable(stuck.reason, (leaf.name for leaf in clause.leaves() if leaf.name)) from None


_TYPES: Mapping[Kind, tuple[type, ...]] = {
    Kind.BOOL: (bool,), Kind.TEXT: (str,), Kind.DATE: (date,), Kind.LIST: (list, tuple), Kind.ROWS: (list, tuple),
}


def truth(part: Clause) -> Answer:
    """Answer a part that must be yes or no. An empty one is neither."""
    answer = part.answer

    def run(facts: Facts, tables: Tables, row: Row) -> bool:
        value = answer(facts, tables, row)
        if value is True or value is False:
            return value
        raise Unanswerable("EMPTY" if value is None else "WRONG_TYPE", to_blame(part, facts, tables, row))
    return run


def conjunction(parts: Sequence[Clause]) -> Answer:
    answers = tuple(truth(part) for part in parts)

    def run(facts: Facts, tables: Tables, row: Row) -> bool:
        for answer in answers:
            if not answer(facts, tables, row):
                return False
        return True
    return run


def disjunction(parts: Sequence[Clause]) -> Answer:
    answers = tuple(truth(part) for part in parts)

    def run(facts: Facts, tables: Tables, row: Row) -> bool:
        for answer in answers:
            if answer(facts, tables, row):
                return True
        return False
    return run


def negation(part: Clause) -> Answer:
    answer = truth(part)
    return lambda facts, tables, row: not answer(facts, tables, row)


def choice(then: Clause, test: Clause, otherwise: Clause) -> Answer:
    asked, yes, no = truth(test), then.answer, otherwise.answer
    return lambda facts, tables, row: (yes if asked(facts, tables, row) else no)(facts, tables, row)


COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": same, "!=": lambda a, b: not same(a, b), "<": before, ">": lambda a, b: before(b, a),
    "<=": lambda a, b: not before(b, a), ">=": lambda a, b: not before(a, b),
}


def emptiness(part: Clause, wanted: bool) -> Answer:
    """Answer `part == None` (wanted True) or `part != None`."""
    answer = part.answer
    return lambda facts, tables, row: (answer(facts, tables, row) is None) is wanted


def first_filled(parts: Sequence[Clause]) -> Answer:
    answers = tuple(part.answer for part in parts)

    def run(facts: Facts, tables: Tables, row: Row) -> Any:
        for answer in answers:
            value = answer(facts, tables, row)
            if value is not None:
                return value
        return None
    return run


def rows_of(table: Clause) -> Answer:
    """Answer the rows of a form table; a table nobody filled in is empty, not zero rows."""
    answer, name = table.answer, (table.name or "",)

    def run(facts: Facts, tables: Tables, row: Row) -> Sequence[Mapping[str, Any]]:
        rows = answer(facts, tables, row)
        if rows is None:
            raise Unanswerable("EMPTY", name)
        if not isinstance(rows, (list, tuple)) or not all(isinstance(one, Mapping) for one in rows):
            raise Unanswerable("WRONG_TYPE", name)
        if len(rows) > MAX_ROWS:
            raise Unanswerable("TOO_MANY_ROWS", name)
        return rows
    return run


def numbered(rows: Answer, element: Clause, tests: Sequence[Clause]) -> Callable[
        [Facts, Tables], Iterator[tuple[int, Mapping[str, Any], Any]]]:
    """Yield (number from 1, row, value of `element`) for every row that passes all `tests`."""
    asked = tuple(truth(test) for test in tests)
    answer = element.answer

    def run(facts: Facts, tables: Tables) -> Iterator[tuple[int, Mapping[str, Any], Any]]:
        for count, row in enumerate(rows(facts, tables, None), start=1):
            try:
                if all(ask(facts, tables, row) for ask in asked):
                    yield count, row, answer(facts, tables, row)
            except Unanswerable as error:
                raise Unanswerable(error.reason, error.names, error.row or count) from None
    return run


def gathering(gather: Callable[..., Any], table: Clause, element: Clause, tests: Sequence[Clause]) -> Answer:
    """Answer `gather(element for row in table if tests)`."""
    each = numbered(rows_of(table), element, tests)

    def run(facts: Facts, tables: Tables, row: Row) -> Any:
        count, current = 0, row

        def values() -> Iterator[Any]:
            nonlocal count, current
            for found in each(facts, tables):
                count, current, value = found
                yield value
        try:
            return gather(values())
        except Stuck as stuck:
            if stuck.reason == "NO_ROWS":
                raise Unanswerable(stuck.reason, (table.name or "",)) from None
            raise Unanswerable(stuck.reason, to_blame(element, facts, tables, current), count) from None
    return run
