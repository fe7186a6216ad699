"""The functions an expression may call, and nothing else may be called.

    min max abs len sum any all count round2 coalesce days months years date progressive lookup distinct

`sum any all count min max` also take `row.x for row in form.t if …`. `distinct(form.t, 'column')` and
`distinct(list)` return a list without repetitions; `len(distinct(…))` counts it. `count` counts rows, or the values
that are filled in; `count(row.paid for …)` with a yes-or-no is refused, because it reads like counting the yeses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from . import clauses, exact
from .checking import Checker
from .clauses import Clause
from .expression_faults import Unanswerable
from .kinds import Kind, joined

GATHERERS = frozenset({"sum", "any", "all", "count", "min", "max"})


def call(check: Checker, name: str, parts: Sequence[Clause], start: int, end: int) -> Clause:
    """Return the clause of `name(parts)`, telling wrong numbers and kinds of arguments."""
    function = _FUNCTIONS.get(name)
    if function is None:
        check.unknown_function(name, FUNCTIONS, start)
        return check.clause("call", Kind.ANY, clauses.constant(None), start, end, parts)
    if not function.least <= len(parts) <= function.most:
        wanted = str(function.least) if function.least == function.most else f"{function.least} 个以上"
        check.fault("EXPR_FUNCTION", f"{name}() 要写 {wanted} 个参数".replace("以上 个", "以上"),
                    f"{name}() takes {function.least}{'' if function.least == function.most else ' or more'} "
                    "arguments", start)
        return check.clause("call", Kind.ANY, clauses.constant(None), start, end, parts)
    made = function.build(check, parts)
    return check.clause("call", made.kind, made.answer, start, end, parts, element=made.element)


def gather(check: Checker, name: str, table: Clause, element: Clause | None, tests: Sequence[Clause],
           start: int, end: int) -> Clause:
    """Return the clause of `name(element for row in table if tests)`; element None is the bare row."""
    for test in tests:
        check.need(test, Kind.BOOL)
    kind = Kind.NUMBER
    if element is None:
        if name != "count":
            check.fault("EXPR_TYPE", f"{name}() 里要写 row 的哪一列", f"Write which column {name}() takes", start)
        element = Clause("row", "row", Kind.ANY, lambda facts, tables, row: row)
    elif name == "sum":
        check.need(element, Kind.NUMBER)
    elif name in ("any", "all"):
        check.need(element, Kind.BOOL)
        element, kind = replace(element, answer=clauses.truth(element)), Kind.BOOL
    elif name == "count" and element.kind is Kind.BOOL:
        check.fault("EXPR_TYPE", "count() 数的是行，请把条件写在 if 后面", "count() counts rows; put the test after if",
                    element.start)
    elif name in ("min", "max"):
        check.need(element, Kind.NUMBER, Kind.DATE)
        kind = element.kind
    answer = clauses.gathering(_GATHER[name], table, element, tests)
    return check.clause("each", kind, answer, start, end, (table, element, *tests))


@dataclass(frozen=True, slots=True)
class _Made:
    kind: Kind
    answer: clauses.Answer
    element: Kind = Kind.ANY


@dataclass(frozen=True, slots=True)
class _Function:
    least: int
    most: int
    build: Callable[[Checker, Sequence[Clause]], _Made]


def _filled(values: Iterable[Any]) -> int:
    return sum(value is not None for value in values)


_GATHER: Mapping[str, Callable[..., Any]] = {
    "sum": exact.total, "any": any, "all": all, "count": _filled, "min": exact.least, "max": exact.greatest,
}


def _plain(function: Callable[..., Any], gives: Kind, *takes: Kind) -> _Function:
    def build(check: Checker, parts: Sequence[Clause]) -> _Made:
        for part, kind in zip(parts, takes, strict=True):
            check.need(part, kind)
        return _Made(gives, clauses.applying(function, parts))
    return _Function(len(takes), len(takes), build)


def _items(values: Any) -> Sequence[Any]:
    if type(values) not in (list, tuple):
        raise exact.Stuck("EMPTY" if values is None else "WRONG_TYPE")
    if len(values) > exact.MAX_ROWS:
        raise exact.Stuck("TOO_MANY_ROWS")
    return values  # type: ignore[no-any-return]  # a list or tuple by now


def _extreme(function: Callable[..., Any]) -> _Function:
    """`min` and `max` of several values, or of one list."""
    def build(check: Checker, parts: Sequence[Clause]) -> _Made:
        if len(parts) == 1:
            check.need(parts[0], Kind.LIST)
            kinds = [parts[0].element]
            answer = clauses.applying(lambda values: function(_items(values)), parts)
        else:
            kinds = [part.kind for part in parts if check.need(part, Kind.NUMBER, Kind.DATE)]
            answer = clauses.applying(lambda *values: function(values), parts)
        kind = joined(kinds)
        if kind not in (Kind.NUMBER, Kind.DATE, Kind.ANY, Kind.NONE):
            check.fault("EXPR_TYPE", "min() 和 max() 只能比较数字，或者只比较日期",
                        "min() and max() compare numbers only, or dates only", parts[0].start)
        return _Made(kind if kind in (Kind.NUMBER, Kind.DATE) else Kind.ANY, answer)
    return _Function(1, 50, build)


def _of_list(function: Callable[[Sequence[Any]], Any], element: Kind, gives: Kind) -> _Function:
    def build(check: Checker, parts: Sequence[Clause]) -> _Made:
        part = parts[0]
        if check.need(part, Kind.LIST) and element not in (part.element, Kind.ANY) and part.element is not Kind.ANY:
            check.fault("EXPR_TYPE", f"列表里是{part.element.zh}，这里需要{element.zh}",
                        f"The list holds {part.element.en}, but {element.en} is needed", part.start)
        return _Made(gives, clauses.applying(lambda values: function(_items(values)), parts))
    return _Function(1, 1, build)


def _yes_or_no(gathered: Callable[[Iterable[Any]], bool]) -> Callable[[Sequence[Any]], bool]:
    def apply(values: Sequence[Any]) -> bool:
        for value in values:
            if value is not True and value is not False:
                raise exact.Stuck("EMPTY" if value is None else "WRONG_TYPE")
        return gathered(values)
    return apply


def _length(check: Checker, parts: Sequence[Clause]) -> _Made:
    part = parts[0]
    check.need(part, Kind.TEXT, Kind.LIST, Kind.ROWS)
    if part.kind is Kind.ROWS:
        rows = clauses.rows_of(part)
        return _Made(Kind.NUMBER, lambda facts, tables, row: len(rows(facts, tables, row)))
    answer = clauses.applying(lambda value: len(value if type(value) is str else _items(value)), parts)
    return _Made(Kind.NUMBER, answer)


def _count(check: Checker, parts: Sequence[Clause]) -> _Made:
    check.need(parts[0], Kind.LIST, Kind.ROWS)
    return _length(check, parts)


def _coalesce(check: Checker, parts: Sequence[Clause]) -> _Made:
    kind = joined([part.kind for part in parts])
    if kind is None:
        check.fault("EXPR_TYPE", "coalesce() 里的各项要是同一类", "coalesce() takes values of one kind", parts[0].start)
    return _Made(kind or Kind.ANY, clauses.first_filled(parts))


def _date(check: Checker, parts: Sequence[Clause]) -> _Made:
    part = parts[0]
    try:
        return _Made(Kind.DATE, clauses.constant(date.fromisoformat(part.value if part.word == "literal" else "")))
    except (ValueError, TypeError):
        check.fault("EXPR_TYPE", "date() 里要写引号中的日期，例如 date('2026-09-01')",
                    "Write a date in quotes, as in date('2026-09-01')", part.start)
        return _Made(Kind.DATE, clauses.constant(None))


def _distinct(check: Checker, parts: Sequence[Clause]) -> _Made:
    source = parts[0]
    if len(parts) == 1:
        check.need(source, Kind.LIST)
        return _Made(Kind.LIST, clauses.applying(lambda values: exact.distinct(_items(values)), parts), source.element)
    check.need(source, Kind.ROWS)
    if parts[1].word != "literal" or parts[1].kind is not Kind.TEXT:
        check.fault("EXPR_FUNCTION", "distinct() 的第二项要写引号中的列名", "Quote the column name", parts[1].start)
        return _Made(Kind.LIST, clauses.constant(None))
    cell = check.column_of(source, parts[1])
    return _Made(Kind.LIST, clauses.gathering(exact.distinct, source, cell, ()), cell.kind)


def _from_table(kind: str, function: Callable[..., Any]) -> _Function:
    """`lookup('table', key)` and `progressive('table', x)`: the table must be named in quotes, so that it is known."""
    def build(check: Checker, parts: Sequence[Clause]) -> _Made:
        title, key = parts
        shape = check.names.tables.get(title.value) if title.word == "literal" and title.kind is Kind.TEXT else None
        of_kind = [name for name, table in check.names.tables.items() if table.type == kind]
        if shape is None or shape.type != kind or len(shape.columns) < (2 if kind == "lookup" else 3):
            check.unknown_table(str(title.value) if title.word == "literal" else title.text, of_kind, title.start)
            return _Made(Kind.ANY, clauses.constant(None))
        wanted = shape.columns[0] if kind == "lookup" else Kind.NUMBER
        check.need(key, wanted if wanted is not Kind.ANY else key.kind)
        name = title.value
        check.tables.add(name)
        answer = key.answer

        def run(facts: clauses.Facts, tables: clauses.Tables, row: clauses.Row) -> Any:
            value = answer(facts, tables, row)
            try:
                return function(tables[name], value)
            except exact.Stuck as stuck:
                raise Unanswerable(stuck.reason, clauses.to_blame(key, facts, tables, row)) from None
        return _Made(shape.columns[-1] if kind == "lookup" else Kind.NUMBER, run)
    return _Function(2, 2, build)


_FUNCTIONS: Mapping[str, _Function] = {
    "min": _extreme(exact.least), "max": _extreme(exact.greatest),
    "abs": _plain(exact.absolute, Kind.NUMBER, Kind.NUMBER),
    "len": _Function(1, 1, _length), "count": _Function(1, 1, _count),
    "sum": _of_list(exact.total, Kind.NUMBER, Kind.NUMBER),
    "any": _of_list(_yes_or_no(any), Kind.BOOL, Kind.BOOL), "all": _of_list(_yes_or_no(all), Kind.BOOL, Kind.BOOL),
    "round2": _plain(exact.round2, Kind.NUMBER, Kind.NUMBER), "coalesce": _Function(2, 50, _coalesce),
    "days": _plain(exact.days, Kind.NUMBER, Kind.DATE, Kind.DATE),
    "months": _plain(exact.months, Kind.NUMBER, Kind.DATE, Kind.DATE),
    "years": _plain(exact.years, Kind.NUMBER, Kind.DATE, Kind.DATE),
    "date": _Function(1, 1, _date), "distinct": _Function(1, 2, _distinct),
    "lookup": _from_table("lookup", exact.lookup), "progressive": _from_table("progressive", exact.progressive),
}
FUNCTIONS = frozenset(_FUNCTIONS)
