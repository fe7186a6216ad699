"""The `calc` section: which result needs which, in what order they are worked out, and where they run in a circle."""

from __future__ import annotations

from dataclasses import replace

from . import graph
from .expressions import Expr, ExpressionFault, compile_expression
from .sheet import Sheet


def calculations(sheet: Sheet) -> dict[str, Expr]:
    """Return the results in dependency order, and make their kinds known to the expressions that come after."""
    needs = {name: _needs(sheet, name) for name in sheet.programme.calc}
    circle = graph.on_a_circle(needs)
    for name in sorted(circle):
        sheet.error(("calc", name), "CALC_CYCLE", f"计算“{name}”绕回到了自己：{_round(needs, name)}",
                    f"The calculation '{name}' comes back to itself: {_round(needs, name)}", key=True)
    done: dict[str, Expr] = {}
    for name in _ordered(needs, circle):
        path: tuple[str | int, ...] = ("calc", name)
        if sheet.structure.root.get("calc", name, "expr") is not None:
            path = ("calc", name, "expr")
        expr = sheet.compile(path, sheet.programme.calc[name].expr)
        if expr is not None:
            done[name] = sheet.exprs[("calc", name)] = expr
            sheet.names = replace(sheet.names, facts={**sheet.names.facts, f"calc.{name}": expr.kind})
    return done


def _needs(sheet: Sheet, name: str) -> set[str]:
    try:
        read = compile_expression(sheet.programme.calc[name].expr, sheet.names).names
    except ExpressionFault:
        return set()
    return {one.removeprefix("calc.") for one in read if one.startswith("calc.")} & set(sheet.programme.calc)


def _ordered(needs: dict[str, set[str]], circle: set[str]) -> list[str]:
    """Return the names so that each comes after what it needs, otherwise in the file's order; circles come last."""
    order: list[str] = []
    waiting = [name for name in needs if name not in circle]
    while waiting:
        ready = [name for name in waiting if needs[name] <= set(order) | circle]
        order.extend(ready)
        waiting = [name for name in waiting if name not in ready]
    return order + [name for name in needs if name in circle]


def _round(needs: dict[str, set[str]], start: str) -> str:
    """Return the shortest way from `start` back to itself, as `a → b → a`."""
    trails = [[start]]
    seen: set[str] = set()
    while trails:
        trail = trails.pop(0)
        for name in sorted(needs[trail[-1]]):
            if name == start:
                return " → ".join([*trail, start])
            if name not in seen:
                seen.add(name)
                trails.append([*trail, name])
    return start
