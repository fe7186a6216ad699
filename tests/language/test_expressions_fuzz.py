"""Random expressions: read as Python reads them, answered as an independent calculator answers them, never hanging."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from workflow.language.expressions import (
    Explanation,
    ExpressionFault,
    Kind,
    Names,
    Rows,
    TableShape,
    Unanswerable,
    compile_expression,
    faults,
)

FACTS: dict[str, Any] = {
    "form": {"a": Decimal("12.5"), "b": 3, "c": Decimal("-0.75"), "yes": True, "no": False, "empty": None, "word": "甲",
             "list": ["甲", "乙"], "t": [{"x": Decimal(1), "y": True}, {"x": Decimal("2.5"), "y": False}]},
}
NAMES = Names(
    {"form.a": Kind.NUMBER, "form.b": Kind.NUMBER, "form.c": Kind.NUMBER, "form.yes": Kind.BOOL, "form.no": Kind.BOOL,
     "form.empty": Kind.ANY, "form.word": Kind.TEXT, "form.list": Kind.LIST,
     "form.t": Rows({"x": Kind.NUMBER, "y": Kind.BOOL})},
    {"p": TableShape("progressive", (Kind.NUMBER,) * 3), "l": TableShape("lookup", (Kind.TEXT, Kind.NUMBER))},
)

numbers = st.sampled_from(["form.a", "form.b", "form.c"]) | st.integers(0, 999).map(str) | st.sampled_from(["0.1", "2.25", "10.75"])


def _grown(atoms: st.SearchStrategy[str], join: Callable[[st.SearchStrategy[str]], st.SearchStrategy[str]]) -> st.SearchStrategy[str]:
    return st.recursive(atoms, join, max_leaves=12)


def _arithmetic(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    marks = st.sampled_from(["+", "-", "*", "/", "//", "%"])
    return st.one_of(
        st.tuples(inner, marks, inner).map(" ".join), inner.map("({})".format), inner.map("-{}".format), inner.map("abs({})".format),
        st.tuples(inner, inner).map(lambda two: f"max({two[0]}, {two[1]})"), st.tuples(inner, inner).map(lambda two: f"sum([{two[0]}, {two[1]}])"),
        st.tuples(inner, st.sampled_from(["form.yes", "form.no", "form.a > 3"]), inner).map(lambda three: f"({three[0]} if {three[1]} else {three[2]})"))


arithmetic = _grown(numbers, _arithmetic)
comparisons = st.tuples(numbers, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), numbers, st.sampled_from(["", " < 20", " != form.b"])).map(
    lambda parts: f"{parts[0]} {parts[1]} {parts[2]}{parts[3]}")
logic = _grown(comparisons | st.sampled_from(["form.yes", "form.no", "True", "False", "form.word in ['甲']", "form.b not in [1, 2]"]), lambda inner: st.one_of(
    st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(" ".join), inner.map("not {}".format), inner.map("({})".format),
    st.tuples(inner, inner, inner).map(lambda three: f"({three[0]}) if ({three[1]}) else {three[2]}")))


class _Reference(ast.NodeTransformer):
    """Rewrites Python's own reading of the text to exact fractions, so that nothing is shared with what is tested."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, (bool, str)):
            return node
        return ast.Call(ast.Name("Fraction", ast.Load()), [ast.Constant(str(node.value))], [])

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        value = FACTS["form"][node.attr]
        return ast.Constant(value) if isinstance(value, (bool, str)) else ast.Call(
            ast.Name("Fraction", ast.Load()), [ast.Constant(str(value))], [])


def reference(source: str) -> Any:
    tree = ast.fix_missing_locations(_Reference().visit(ast.parse(source, mode="eval")))
    return eval(compile(tree, "reference", "eval"), {"Fraction": Fraction, "max": max, "sum": sum, "abs": abs})


@settings(max_examples=400, deadline=None)
@given(arithmetic)
def test_arithmetic_agrees_with_exact_fractions_in_pythons_reading(source: str) -> None:
    expr = compile_expression(source, NAMES)
    try:
        found = expr.evaluate(FACTS)
    except Unanswerable as error:
        # Only a division by zero, or what a step of more than 34 digits can no longer tell from zero, stops it.
        assert error.reason in ("DIVISION_BY_ZERO", "TOO_LARGE")
        return
    assert type(found) in (int, Decimal)
    if "//" in source or "%" in source or "/" in source:
        return                       # compared exactly below, one step at a time: rounding to 34 digits may differ
    expected = reference(source)
    assert Fraction(found) == expected


@settings(max_examples=300, deadline=None)
@given(st.decimals(-10**6, 10**6, places=2), st.decimals(-10**4, 10**4, places=2), st.sampled_from(["/", "//", "%"]))
def test_one_division_agrees_with_exact_fractions(a: Decimal, b: Decimal, mark: str) -> None:
    expr = compile_expression(f"form.a {mark} form.b", NAMES)
    facts = {"form": {"a": a, "b": b}}
    try:
        found = Fraction(expr.evaluate(facts))
    except Unanswerable as error:
        assert error.reason == "DIVISION_BY_ZERO" and b == 0
        return
    x, y = Fraction(a), Fraction(b)
    exact = {"/": x / y, "//": Fraction(x // y), "%": x % y}[mark]
    assert abs(found - exact) <= abs(exact) / 10**33 if mark == "/" else found == exact


@settings(max_examples=400, deadline=None)
@given(logic)
def test_logic_agrees_with_pythons_reading(source: str) -> None:
    expr = compile_expression(source, NAMES)
    assert expr.holds(FACTS) is reference(source)
    assert expr.explain(FACTS).value is reference(source)


pieces = st.sampled_from(
    "form.a form.b form.empty form.word form.yes form.list form.t form.zz row.x row 1 2.5 0 'a' \"甲\" True None and or not in is if else for "
    "lambda ( ) [ ] { } , . : + - * / // % ** == != < > <= >= = := sum( min( max( any( count( len( coalesce( lookup('l', progressive('p', "
    "distinct( date( days( round2( row.x for row in form.t __class__ eval( \\ # ; ， １ \u200b \x00 ' 9999999999".split(" "))


@settings(max_examples=600, deadline=None)
@given(st.lists(pieces, max_size=60).map(" ".join) | st.text(max_size=200) | st.binary(max_size=80).map(lambda raw: raw.decode("latin-1")))
def test_no_text_does_anything_but_answer_or_be_refused(source: str) -> None:
    began = time.thread_time()
    found = faults(source, NAMES)
    try:
        expr = compile_expression(source, NAMES)
    except ExpressionFault as fault:
        assert found and fault.code == found[0].code
    else:
        assert not found
        _answered(expr)
    assert time.thread_time() - began < 0.5


@settings(max_examples=400, deadline=None)
@given(arithmetic | logic, st.dictionaries(
    st.sampled_from(["a", "b", "c", "yes", "no", "word", "t"]),
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)))
def test_no_facts_do_anything_but_give_an_answer_or_a_refusal(source: str, form: dict[str, Any]) -> None:
    expr = compile_expression(source, NAMES)
    for facts in ({"form": form}, {"form": {**FACTS["form"], **form}}):
        _answered(expr, facts)


def _answered(expr: Any, facts: dict[str, Any] = FACTS) -> None:
    tables = {"p": type("T", (), {"rows": ((0, None, Decimal("0.5")),)}), "l": type("T", (), {"rows": (("a", 1),)})}
    try:
        value = expr.evaluate(facts, tables)
    except Unanswerable as error:
        assert error.text() and error.text(lang="en")
        value = error
    why = expr.explain(facts, tables)
    assert isinstance(why, Explanation) and why.sentence()
    if isinstance(value, Unanswerable):
        assert why.problem is not None or why.value is None
    elif value == value:
        assert why.value == value


@settings(max_examples=200, deadline=None)
@given(arithmetic, st.integers(1, 28))
def test_the_threads_decimal_precision_never_matters(source: str, precision: int) -> None:
    def answer() -> object:
        try:
            return compile_expression(source, NAMES).evaluate(FACTS)
        except Unanswerable as error:
            return error.reason
    expected = answer()
    with localcontext() as context:
        context.prec = precision
        assert answer() == expected
