"""Turns what the grammar recognises into clauses, and collects every fault of names and kinds on the way.

A faulty part becomes a clause of kind ANY, so that one mistake is told once and the rest is still checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from . import clauses, exact
from .clauses import Clause
from .expression_faults import ExpressionFault
from .kinds import Kind, Names, Rows, fits, joined

MAX_NODES = 400
MAX_DEPTH = 60
_MAX_SUGGESTIONS = 4                 # a near name among 400 costs 10 ms to find, and many faults have one cause

_ARITHMETIC: dict[str, Callable[[Any, Any], Decimal]] = {
    "+": exact.plus, "-": exact.minus, "*": exact.times, "/": exact.over, "//": exact.whole, "%": exact.rest,
}


class Checker:
    """Builds the clauses of one expression."""

    def __init__(self, source: str, names: Names) -> None:
        self.source, self.names = source, names
        self.faults: list[ExpressionFault] = []
        self.tables: set[str] = set()
        self.columns: set[str] = set()
        self.row: tuple[str, str, Rows | None] | None = None     # variable, dotted table name, its columns
        self._nodes = self._suggested = 0

    def fault(self, code: str, zh: str, en: str, offset: int) -> None:
        self.faults.append(ExpressionFault(code, zh, en, offset))

    def clause(self, word: str, kind: Kind, answer: clauses.Answer, start: int, end: int,
               parts: Sequence[Clause] = (), **more: Any) -> Clause:
        """Return a clause for the text from `start` to `end`.

        Raises `ExpressionFault` when there are too many, or they are nested too deep to be answered safely.
        """
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise ExpressionFault("EXPR_TOO_LONG", f"表达式超过 {MAX_NODES} 个部分，请拆成几个 calc",
                                  f"More than {MAX_NODES} parts; split it into several calc entries", start)
        depth = 1 + max((part.depth for part in parts), default=0)
        if depth > MAX_DEPTH:
            raise ExpressionFault("EXPR_TOO_LONG", f"表达式嵌套超过 {MAX_DEPTH} 层，请拆成几个 calc",
                                  f"Nested more than {MAX_DEPTH} levels; split it into several calc entries", start)
        text = " ".join(self.source[start:end].split())
        return Clause(word, text, kind, answer, tuple(parts), start=start, end=end, depth=depth, **more)

    def wider(self, clause: Clause, start: int, end: int) -> Clause:
        return replace(clause, text=" ".join(self.source[start:end].split()), start=start, end=end)

    def literal(self, value: Any, start: int, end: int) -> Clause:
        kind = {str: Kind.TEXT, bool: Kind.BOOL, date: Kind.DATE, type(None): Kind.NONE}.get(type(value), Kind.NUMBER)
        return self.clause("literal", kind, clauses.constant(value), start, end, value=value)

    def name(self, path: Sequence[str], start: int, end: int) -> Clause:
        dotted = ".".join(path)
        if self.row and path[0] == self.row[0]:
            return self._column(path, start, end)
        known = self.names.facts.get(dotted)
        if known is None:
            self._unknown_name(dotted, start)
            return self.clause("name", Kind.ANY, clauses.constant(None), start, end, name=dotted)
        kind = Kind.ROWS if isinstance(known, Rows) else known
        return self.clause("name", kind, clauses.reading(path), start, end, name=dotted)

    def _column(self, path: Sequence[str], start: int, end: int) -> Clause:
        assert self.row is not None
        variable, table, rows = self.row
        if len(path) != 2:
            self.fault("EXPR_UNKNOWN_NAME", f"“{variable}”后面要写一个列名，例如 {variable}.amount",
                       f"Write one column after {variable!r}, as in {variable}.amount", start)
            return self.clause("column", Kind.ANY, clauses.constant(None), start, end, name=table)
        self.columns.add(f"{table}.{path[1]}")
        kind = Kind.ANY if rows is None else rows.columns.get(path[1])
        if kind is None:
            self._unknown(f"{table} 的列", path[1], rows.columns if rows else (), start, "EXPR_UNKNOWN_NAME")
        return self.clause("column", kind or Kind.ANY, clauses.column(path[1]), start, end, name=f"{table}.{path[1]}")

    def column_of(self, table: Clause, title: Clause) -> Clause:
        """Return the clause of a column of `table` that is named in quotes."""
        rows = self.names.facts.get(table.name or "")
        self.row = ("row", table.name or "", rows if isinstance(rows, Rows) else None)
        try:
            return self._column(("row", title.value), title.start, title.end)
        finally:
            self.row = None

    def _unknown_name(self, dotted: str, offset: int) -> None:
        spelling = {"true": "True", "false": "False", "null": "None", "none": "None", "yes": "True", "no": "False"}
        if dotted.lower() in spelling:
            better = spelling[dotted.lower()]
            self.fault("EXPR_UNKNOWN_NAME", f"不认识“{dotted}”，请写 {better}", f"Write {better} for {dotted!r}",
                       offset)
        elif any(name.startswith(dotted + ".") for name in self.names.facts):
            self.fault("EXPR_UNKNOWN_NAME", f"“{dotted}”后面要写具体名称，例如 {dotted}.…",
                       f"Write which one after {dotted!r}, as in {dotted}.…", offset)
        else:
            self._unknown("", dotted, self.names.facts, offset, "EXPR_UNKNOWN_NAME")

    def _unknown(self, where: str, word: str, known: Iterable[str], offset: int, code: str) -> None:
        near: list[str] = []
        if self._suggested < _MAX_SUGGESTIONS and len(word) <= 80:
            self._suggested += 1
            near = get_close_matches(word, list(known), n=1, cutoff=0.6)
        zh, en = (f"，是不是“{near[0]}”？", f"; did you mean {near[0]!r}?") if near else ("，请检查拼写", "; check it")
        self.fault(code, f"{where}不认识“{word}”{zh}", f"Unknown {where + ' ' if where else ''}{word!r}{en}", offset)

    def unknown_function(self, word: str, known: Iterable[str], offset: int) -> None:
        self._unknown("函数", word, known, offset, "EXPR_FUNCTION")

    def unknown_table(self, word: str, known: Iterable[str], offset: int) -> None:
        self._unknown("标准表", word, known, offset, "EXPR_TABLE")

    def need(self, part: Clause, *wanted: Kind) -> bool:
        """Return whether `part` is of one of the wanted kinds, after telling the fault if it is not."""
        if any(fits(part.kind, kind) for kind in wanted):
            return True
        zh, en = "或".join(kind.zh for kind in wanted), " or ".join(kind.en for kind in wanted)
        hint_zh = hint_en = ""
        if wanted == (Kind.BOOL,):
            hint_zh, hint_en = "，请写成比较，例如 != None", "; write a comparison such as != None"
        elif part.kind is Kind.DATE:
            hint_zh, hint_en = "，日期相减请用 days(起, 止)", "; use days(from, to) between dates"
        self.fault("EXPR_TYPE", f"“{part.text}”是{part.kind.zh}，这里需要{zh}{hint_zh}",
                   f"{part.text!r} is {part.kind.en}, but {en} is needed here{hint_en}", part.start)
        return False

    def arithmetic(self, mark: str, left: Clause, right: Clause) -> Clause:
        for part in (left, right):
            self.need(part, Kind.NUMBER)
        parts = (left, right)
        return self.clause("arithmetic", Kind.NUMBER, clauses.applying(_ARITHMETIC[mark], parts),
                           left.start, right.end, parts)

    def sign(self, mark: str, part: Clause, start: int) -> Clause:
        self.need(part, Kind.NUMBER)
        answer = clauses.applying(exact.negative if mark == "-" else exact.number, (part,))
        return self.clause("arithmetic", Kind.NUMBER, answer, start, part.end, (part,))

    def negation(self, part: Clause, start: int) -> Clause:
        self.need(part, Kind.BOOL)
        return self.clause("not", Kind.BOOL, clauses.negation(part), start, part.end, (part,))

    def both(self, word: str, parts: Sequence[Clause]) -> Clause:
        for part in parts:
            self.need(part, Kind.BOOL)
        answer = clauses.conjunction(parts) if word == "and" else clauses.disjunction(parts)
        return self.clause(word, Kind.BOOL, answer, parts[0].start, parts[-1].end, parts)

    def choice(self, then: Clause, test: Clause, otherwise: Clause) -> Clause:
        self.need(test, Kind.BOOL)
        kind = joined((then.kind, otherwise.kind))
        if kind is None:
            self.fault("EXPR_TYPE", f"两个结果一个是{then.kind.zh}，一个是{otherwise.kind.zh}，请统一",
                       f"One result is {then.kind.en}, the other {otherwise.kind.en}", then.start)
        element = then.element if then.element is otherwise.element else Kind.ANY
        return self.clause("if", kind or Kind.ANY, clauses.choice(then, test, otherwise), then.start, otherwise.end,
                           (then, test, otherwise), element=element)

    def listing(self, parts: Sequence[Clause], start: int, end: int) -> Clause:
        for part in parts:
            self.need(part, Kind.NUMBER, Kind.TEXT, Kind.BOOL, Kind.DATE, Kind.NONE)
        element = joined([part.kind for part in parts]) if parts else Kind.ANY
        if element is None:
            self.fault("EXPR_TYPE", "列表里的内容要是同一类", "A list holds values of one kind", start)
        return self.clause("list", Kind.LIST, clauses.listing(parts), start, end, parts, element=element or Kind.ANY)

    def comparison(self, mark: str, left: Clause, right: Clause) -> Clause:
        parts = (left, right)
        if mark in ("in", "not in"):
            answer = self._membership(mark, left, right)
        elif mark in ("==", "!=") and Kind.NONE in (left.kind, right.kind):
            answer = clauses.emptiness(left if right.kind is Kind.NONE else right, mark == "==")
        else:
            self._same_kind(mark, left, right)
            answer = clauses.applying(clauses.COMPARISONS[mark], parts)
        return self.clause("compare", Kind.BOOL, answer, left.start, right.end, parts)

    def _same_kind(self, mark: str, left: Clause, right: Clause) -> None:
        wanted = (Kind.NUMBER, Kind.DATE) + ((Kind.TEXT, Kind.BOOL) if mark in ("==", "!=") else ())
        left_fits, right_fits = self.need(left, *wanted), self.need(right, *wanted)
        if not (left_fits and right_fits):
            return
        if not fits(left.kind, right.kind):
            self.fault("EXPR_TYPE", f"“{left.text}”是{left.kind.zh}，“{right.text}”是{right.kind.zh}，不能比较",
                       f"{left.text!r} is {left.kind.en} and {right.text!r} is {right.kind.en}", left.start)
        for one, other in ((left, right), (right, left)):
            self._known_option(one, other)

    def _membership(self, mark: str, left: Clause, right: Clause) -> clauses.Answer:
        self.need(left, Kind.NUMBER, Kind.TEXT, Kind.BOOL, Kind.DATE, Kind.NONE)
        if not fits(right.kind, Kind.LIST):
            self.fault("EXPR_TYPE", "in 的右边要写列表，例如 ['a', 'b']",
                       "Write a list after in, as in ['a', 'b']", right.start)
        elif Kind.NONE not in (left.kind, right.element) and not fits(left.kind, right.element):
            self.fault("EXPR_TYPE", f"“{left.text}”是{left.kind.zh}，列表里是{right.element.zh}，不能比较",
                       f"{left.text!r} is {left.kind.en}, the list holds {right.element.en}", left.start)
        for choice in right.parts if right.word == "list" else ():
            self._known_option(left, choice)
        self._known_option(right, left)
        answer = clauses.applying(exact.among, (left, right))
        if mark == "in":
            return answer
        return lambda facts, tables, row: not answer(facts, tables, row)

    def _known_option(self, field: Clause, literal: Clause) -> None:
        options = self.names.options.get(field.name or "")
        if options and literal.word == "literal" and literal.kind is Kind.TEXT and literal.value not in options:
            near = get_close_matches(literal.value, list(options), n=1)
            zh = f"是不是“{near[0]}”？" if near else "可选：" + "、".join(options)
            en = f"did you mean {near[0]!r}?" if near else "one of " + ", ".join(options)
            self.fault("EXPR_TYPE", f"“{field.text}”的选项里没有“{literal.value}”，{zh}",
                       f"{field.text!r} has no option {literal.value!r}; {en}", literal.start)
