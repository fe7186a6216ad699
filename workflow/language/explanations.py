"""Why an expression came out as it did, clause by clause, with the numbers it used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from .clauses import Clause, Facts, Row, Tables, as_declared, numbered, rows_of
from .expression_faults import Unanswerable
from .kinds import Kind

MAX_EXPLAINED_ROWS = 200             # a page cannot show more, and the sum beside them is complete anyway

_PRINTED = Context(prec=40, rounding=ROUND_HALF_UP)
_QUOTED_OR_NAME = re.compile(r"'[^']*'|\"[^\"]*\"|[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*")


@dataclass(frozen=True, slots=True)
class Explanation:
    """One clause as it is written, with its value, or with the `problem` why it has none.

    `word` is the clause's (name column literal list and or not compare arithmetic call if each); `names` are the
    dotted names in it with the values used. `skipped` parts of and, or and if did not matter for the result. The
    children of `each` are the rows that counted, each with its `row` number from 1.
    """

    text: str
    word: str
    kind: Kind
    value: Any
    children: tuple[Explanation, ...] = ()
    names: Mapping[str, Any] | None = None
    problem: Unanswerable | None = None
    skipped: bool = False
    row: int | None = None

    def steps(self, depth: int = 0) -> Iterator[tuple[int, Explanation]]:
        """Yield (depth, clause) for this clause and those that explain it, leaving out bare names and literals."""
        yield depth, self
        for child in self.children:
            if child.word not in ("name", "column", "literal"):
                yield from child.steps(depth + 1)

    def sentence(self, label: Callable[[str], str] = str, show: Callable[[str, Any], str] | None = None) -> str:
        """Return the clause in words: `人均月收入 1020 < 低保线 1380 ✓`, or `… = 值` for what is no yes-or-no.

        `label` names a dotted name; `show` prints its value (by default plainly, numbers to two decimals).
        """
        used = dict(self._used())

        def replaced(found: re.Match[str]) -> str:
            written = re.sub(r"\s", "", found.group())
            if written not in used:
                return found.group()
            name, value = used[written]
            return f"{label(name)} {printed(value) if show is None else show(name, value)}"

        text = _QUOTED_OR_NAME.sub(replaced, self.text)
        if self.problem is not None:
            return f"{text} ？"
        if isinstance(self.value, bool):
            return text + (" ✓" if self.value else " ✗")
        return text if self.word in ("name", "column", "literal") else f"{text} = {printed(self.value)}"

    def _used(self) -> Iterator[tuple[str, tuple[str, Any]]]:
        if self.word in ("name", "column"):
            for name, value in (self.names or {}).items():
                yield self.text.replace(" ", ""), (name, value)
        elif self.word != "each":
            for child in self.children:
                yield from child._used()


def printed(value: Any) -> str:
    """Return a value plainly: numbers with at most two decimals, dates ISO, — for what is empty."""
    if value is None:
        return "—"
    if isinstance(value, Decimal):
        rounded = value if value == value.to_integral_value() else value.quantize(Decimal("0.01"), context=_PRINTED)
        return f"{rounded:f}".rstrip("0").rstrip(".") if "." in f"{rounded:f}" else f"{rounded:f}"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        if value and isinstance(value[0], Mapping):
            return f"{len(value)} 行"
        return "、".join(printed(one) for one in value)
    return str(value)


def explain(clause: Clause, facts: Facts, tables: Tables, row: Row = None, *, skipped: bool = False) -> Explanation:
    """Return the explanation of `clause`; each part is answered on its own, so that skipped ones show too."""
    value, problem = None, None
    try:
        value = as_declared(clause, clause.answer(facts, tables, row))
    except Unanswerable as error:
        problem = error
    if clause.word == "each":
        children = tuple(_rows(clause, facts, tables))
    else:
        unused = _unused(clause, facts, tables, row)
        children = tuple(explain(part, facts, tables, row, skipped=skipped or part in unused) for part in clause.parts)
    names: dict[str, Any] = {clause.name: value} if clause.name else {}
    for child in () if clause.word == "each" else children:
        names.update(child.names or {})
    if clause.word == "each":
        table = clause.parts[0]
        names[table.name or ""] = table.answer(facts, tables, row)
    return Explanation(clause.text, clause.word, clause.kind, value, children, names, problem, skipped)


def _unused(clause: Clause, facts: Facts, tables: Tables, row: Row) -> list[Clause]:
    """Return the parts of and, or, if that the result did not depend on."""
    parts = clause.parts
    try:
        if clause.word == "if":
            return [parts[2] if parts[1].answer(facts, tables, row) else parts[0]]
        if clause.word in ("and", "or"):
            for position, part in enumerate(parts):
                if part.answer(facts, tables, row) is (clause.word == "or"):
                    return list(parts[position + 1:])
    except Unanswerable:
        pass                          # what stopped it is told by the part's own `problem`
    return []


def _rows(clause: Clause, facts: Facts, tables: Tables) -> Iterator[Explanation]:
    table, element, *tests = clause.parts
    try:
        for number, current, _ in numbered(rows_of(table), element, tests)(facts, tables):
            if number > MAX_EXPLAINED_ROWS:
                return
            made = explain(element, facts, tables, current)
            yield Explanation(made.text, made.word, made.kind, made.value, made.children, made.names, made.problem,
                              row=number)
    except Unanswerable:
        return                        # the row that stopped it is told by the comprehension's own `problem`
