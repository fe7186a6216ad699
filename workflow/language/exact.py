"""Exact numbers, whole months and policy tables: the arithmetic behind expressions, on plain values.

Numbers are int or Decimal, never float, and every result is a Decimal of at most 34 significant digits below
10**18. A private decimal context is used throughout, so that no setting of the calling thread changes an amount.
Everything raises `Stuck` with a reason of `Unanswerable`; who is to blame is known only to the caller.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from types import MappingProxyType
from typing import Any, Protocol


class RuntimeTable(Protocol):
    """A policy table with its rows; cells are Decimal, int, text or None (open end)."""

    @property
    def rows(self) -> Sequence[Sequence[Any]]: ...


class Stuck(Exception):
    """There is no result; `reason` is one of `Unanswerable`'s."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


MAX_ROWS = 20_000                    # of one form table: bounds the steps of one evaluation

_CONTEXT = Context(prec=34, rounding=ROUND_HALF_EVEN, Emin=-100, Emax=100,
                   traps=[InvalidOperation, DivisionByZero, Overflow])
_DIGITS = 18
_LIMIT: int = 10**_DIGITS
_ZERO, _ONE, _CENT = Decimal(0), Decimal(1), Decimal("0.01")


def number(value: Any) -> Any:
    """Return `value` if it is a finite number that fits; a bool or a float is not a number here."""
    if type(value) is Decimal:
        # `adjusted` is the power of ten of the first digit: half the time of comparing with a limit.
        if value.is_finite():
            if value.adjusted() < _DIGITS:
                return value
            raise Stuck("TOO_LARGE")
    elif type(value) is int:
        if -_LIMIT < value < _LIMIT:
            return value
        raise Stuck("TOO_LARGE")
    raise Stuck("EMPTY" if value is None else "WRONG_TYPE")


def fitting(value: Decimal) -> Decimal:
    if value.adjusted() < _DIGITS:
        return value or _ZERO        # a negative zero would be printed as -0
    raise Stuck("TOO_LARGE")


def plus(a: Any, b: Any) -> Decimal:
    return fitting(_CONTEXT.add(number(a), number(b)))


def minus(a: Any, b: Any) -> Decimal:
    return fitting(_CONTEXT.subtract(number(a), number(b)))


def times(a: Any, b: Any) -> Decimal:
    return fitting(_CONTEXT.multiply(number(a), number(b)))


def over(a: Any, b: Any) -> Decimal:
    value = fitting(_CONTEXT.divide(number(a), _divisor(b)))
    # 1000 / 0.1 would otherwise be the Decimal 1E+4, and be stored and printed like that.
    return value.quantize(_ONE, context=_CONTEXT) if value == value.to_integral_value() else value


def whole(a: Any, b: Any) -> Decimal:
    """Return a // b rounded down, as Python does for ints; Decimal's own // rounds towards zero."""
    return _whole_and_rest(a, b)[0]


def rest(a: Any, b: Any) -> Decimal:
    return _whole_and_rest(a, b)[1]


def _whole_and_rest(a: Any, b: Any) -> tuple[Decimal, Decimal]:
    quotient, remainder = _CONTEXT.divmod(Decimal(number(a)), Decimal(_divisor(b)))
    if remainder and (remainder < 0) != (b < 0):
        quotient, remainder = _CONTEXT.subtract(quotient, _ONE), _CONTEXT.add(remainder, b)
    return fitting(quotient), fitting(remainder)


def _divisor(value: Any) -> Any:
    if not number(value):
        raise Stuck("DIVISION_BY_ZERO")
    return value


def negative(value: Any) -> Decimal:
    return fitting(_CONTEXT.minus(number(value)))


def absolute(value: Any) -> Decimal:
    return fitting(_CONTEXT.abs(number(value)))


def total(values: Iterable[Any]) -> Decimal:
    result = _ZERO
    for value in values:
        result = plus(result, value)
    return result


def round2(value: Any) -> Decimal:
    """Round half up to 分."""
    return fitting(Decimal(number(value)).quantize(_CENT, rounding=ROUND_HALF_UP, context=_CONTEXT))


def same(a: Any, b: Any) -> bool:
    """Return whether two values that are there are equal; values of different types are stuck, not unequal."""
    _comparable(a, b)
    return bool(a == b)


def before(a: Any, b: Any) -> bool:
    """Return a < b for two numbers or two dates."""
    _comparable(a, b)
    if type(a) is str or type(a) is bool:
        raise Stuck("WRONG_TYPE")
    return bool(a < b)


def _comparable(a: Any, b: Any) -> None:
    first, second = type(a), type(b)
    if first is Decimal or first is int:
        number(a)
        number(b)
    elif a is None or b is None:
        raise Stuck("EMPTY")
    elif first is not second or first not in (str, bool, date):
        raise Stuck("WRONG_TYPE")


def among(value: Any, choices: Any) -> bool:
    """Return whether `value` is one of `choices`.

    An empty value is only "among" or "not among" when the list itself has None in it; otherwise it is stuck.
    """
    if choices is None:
        raise Stuck("EMPTY")
    if type(choices) not in (list, tuple):
        raise Stuck("WRONG_TYPE")
    if value is None:
        if None not in choices:
            raise Stuck("EMPTY")
        return True
    return any(same(value, choice) for choice in choices if choice is not None)


def least(values: Iterable[Any]) -> Any:
    return _extreme(values, before)


def greatest(values: Iterable[Any]) -> Any:
    return _extreme(values, lambda a, b: before(b, a))


def _extreme(values: Iterable[Any], wins: Callable[[Any, Any], bool]) -> Any:
    rest_of = iter(values)
    try:
        best = next(rest_of)
    except StopIteration:
        raise Stuck("NO_ROWS") from None
    before(best, best)               # refuses a single text or empty value, which nothing else would compare
    for value in rest_of:
        if wins(value, best):
            best = value
    return best


def distinct(values: Iterable[Any]) -> list[Any]:
    """Return the values without repetitions, in the order they first appear."""
    seen: dict[tuple[bool, Any], Any] = {}
    for value in values:
        if value is None:
            raise Stuck("EMPTY")
        if type(value) not in (str, bool, int, Decimal, date):
            raise Stuck("WRONG_TYPE")
        seen.setdefault((type(value) is bool, value), value)
    return list(seen.values())


def days(start: Any, end: Any) -> int:
    """Return the days from `start` to `end`: 1 from one day to the next, negative when `end` is earlier."""
    return (_day(end) - _day(start)).days


def months(start: Any, end: Any) -> int:
    """Return the whole months from `start` to `end`.

    A month is full on the corresponding day, or on the last day of a month that has none (Civil Code art. 202):
    31 January to 28 February 2026 is one month.
    """
    if _day(end) < _day(start):
        return -months(end, start)
    corresponding: int = min(start.day, monthrange(end.year, end.month)[1])
    count: int = (end.year - start.year) * 12 + end.month - start.month - (end.day < corresponding)
    return count


def years(start: Any, end: Any) -> int:
    """Return the whole years from `start` to `end`: an age, when `start` is a birthday."""
    return int(months(start, end) / 12)


def _day(value: Any) -> date:
    if type(value) is not date:
        raise Stuck("EMPTY" if value is None else "WRONG_TYPE")
    return value


def lookup(table: RuntimeTable, key: Any) -> Any:
    """Return the last column of the first row whose first column is `key`."""
    if key is None:
        raise Stuck("EMPTY")
    for row in table.rows:
        if row[0] is not None and same(row[0], key):
            if row[-1] is None:
                break
            return row[-1]
    raise Stuck("NO_ROW")


def progressive(table: RuntimeTable, value: Any) -> Decimal:
    """Return the sum of each band's share of `value` times its rate; rows are (from, to or None, rate)."""
    number(value)
    result = _ZERO
    for low, high, rate in table.rows:
        top = value if high is None or value < high else high
        if top > low:
            result = plus(result, times(minus(top, low), rate))
    return result


NO_TABLES: Mapping[str, RuntimeTable] = MappingProxyType({})
