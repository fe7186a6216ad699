"""States and where they lead: every state is reached, every case can end, and one end is an approval."""

from __future__ import annotations

import re

from . import graph
from .faults import did_you_mean
from .sheet import Sheet, Way
from .structure import Path

_ABOUT_THE_GRAPH = frozenset({"states", "transitions", "initial", "actors"})
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}\Z", re.ASCII)


def names(sheet: Sheet) -> None:
    """Tell duplicate, badly named and half-declared states, and every mention of one that does not exist."""
    sheet.readable = not _ABOUT_THE_GRAPH & sheet.structure.damaged
    seen: dict[str, int] = {}
    for place, state in enumerate(sheet.programme.states):
        path: Path = ("states", place, "name")
        if state.name in seen:
            first = sheet.structure.root.at("states", seen[state.name], "name").line
            sheet.error(path, "DUPLICATE_STATE", f"状态“{state.name}”重复（首次出现在第 {first} 行）",
                        f"The state '{state.name}' is repeated (first on line {first})")
            sheet.readable = False
        seen.setdefault(state.name, place)
        if not _NAME.match(state.name):
            sheet.error(path, "BAD_NAME", f"状态名“{state.name}”只能用英文字母、数字和下划线（给人看的写在 label）",
                        f"'{state.name}': letters, digits and underscores only; people see the label")
        if state.name in sheet.structure.dented:
            continue
        if state.final and state.kind:
            sheet.error(("states", place, "kind"), "BAD_FINAL", "结束状态不写 kind", "A final state has no kind")
        if state.final and state.outcome is None:
            sheet.error(("states", place), "NO_OUTCOME", f"结束状态“{state.name}”要写 outcome",
                        f"The final state '{state.name}' needs an outcome")
        if not state.final and state.kind is None:
            sheet.error(("states", place), "NO_KIND", f"状态“{state.name}”要写 kind",
                        f"The state '{state.name}' needs a kind")
        if not state.final and state.outcome:
            sheet.error(("states", place, "outcome"), "BAD_FINAL", "只有结束状态（final: true）才写 outcome",
                        "Only a final state has an outcome")
    for path, name in _mentions(sheet):
        if not sheet.may_name_state(name):
            zh, en = did_you_mean(name, sheet.states)
            sheet.error(path, "UNKNOWN_STATE", f"没有状态“{name}”{zh}", f"There is no state '{name}'{en}")
            sheet.readable = sheet.readable and path[0] not in ("initial", "transitions")


def _mentions(sheet: Sheet) -> list[tuple[Path, str]]:
    p = sheet.programme
    found: list[tuple[Path, str]] = [(("initial",), p.initial)]
    for place, way in enumerate(p.transitions):
        found += [(("transitions", place, "source", n), name) for n, name in enumerate(way.source)]
        found += [(("transitions", place, "dest", n), name) for n, name in enumerate(way.dest)]
    found += [(("states", place, "fail_dest"), state.fail_dest)
              for place, state in enumerate(p.states) if state.fail_dest]
    found += [(("progress", n), name) for n, name in enumerate(p.progress)]
    found += [(("amount", "adjustable_in", n), name) for n, name in enumerate(p.amount.adjustable_in if p.amount else [])]
    for operation in type(p.operations).model_fields:
        found += [(("operations", operation, n), name)
                  for n, name in enumerate(getattr(p.operations, operation)) if name != "*"]
    return found


def graph_of(sheet: Sheet) -> None:
    """Tell what is wrong with the graph as a whole."""
    leads, states = sheet.leads(), sheet.states
    ways = list(sheet.ways())
    _initial(sheet)
    for way in ways:
        if states[way.source].final:
            sheet.error(_at(sheet, way, "source"), "LEAVES_FINAL", f"“{way.source}”是结束状态，不能再往下走",
                        f"'{way.source}' is final; nothing leads on from it")
    reached = graph.reachable(leads, [sheet.programme.initial])
    for name in states:
        if name not in reached:
            sheet.error((*sheet.state_path(name), "name"), "UNREACHABLE_STATE", f"状态“{name}”走不到",
                        f"Nothing leads to the state '{name}'")
    _ends(sheet, leads, reached)
    _circles(sheet, ways)
    _returns(sheet, ways)


def _initial(sheet: Sheet) -> None:
    state = sheet.states[sheet.programme.initial]
    if state.kind != "draft":
        sheet.error(("initial",), "INITIAL_NOT_DRAFT", f"起始状态“{state.name}”的 kind 应为 draft",
                    f"The initial state '{state.name}' must be of kind draft")


def _ends(sheet: Sheet, leads: dict[str, set[str]], reached: set[str]) -> None:
    states = sheet.states
    finals = {name for name, state in states.items() if state.final}
    dead = {name for name in states if not leads[name] and name not in finals}
    for name in sorted(dead):
        sheet.error((*sheet.state_path(name), "name"), "DEAD_END", f"到了“{name}”就走不下去了，没有任何办理动作",
                    f"Nothing leads on from '{name}'")
    can_stop = graph.reachable(graph.backwards(leads), finals | dead)
    stuck = [name for name in states if name in reached and name not in can_stop]
    for name in stuck:
        sheet.error((*sheet.state_path(name), "name"), "NO_END", f"从“{name}”出发到不了任何结束状态",
                    f"No end can be reached from '{name}'")
    approved = {name for name in finals if states[name].outcome == "approved"}
    if not stuck and not approved & reached and not (dead and approved):
        sheet.error((*sheet.state_path(min(approved)), "name") if approved else ("states",), "NO_APPROVED_END",
                    "没有一条路能走到“approved”的结束状态", "No way leads to an approved end", key=not approved)


def _circles(sheet: Sheet, ways: list[Way]) -> None:
    """A circle of moves that nobody makes would run for ever."""
    moves = [way for way in ways if way.words.actor == "system"]
    turning = graph.on_a_circle(sheet.leads(moves))
    leads = sheet.leads(moves)
    for way in moves:
        if way.source in turning and way.source in graph.reachable(leads, [way.dest]):
            sheet.error(_at(sheet, way, "dest"), "SYSTEM_LOOP",
                        f"“{way.source}”到“{way.dest}”是系统自动办理的死循环",
                        f"'{way.source}' to '{way.dest}' is part of a loop that only the system moves")


def _returns(sheet: Sheet, ways: list[Way]) -> None:
    returns = [way for way in ways if way.trigger == "return_to"]
    for way in returns:
        if sheet.states[way.dest].final:
            sheet.error(_at(sheet, way, "dest"), "RETURN_TO_END", f"退回不能退到结束状态“{way.dest}”",
                        f"A return cannot lead to the end '{way.dest}'")
    if returns and sheet.programme.defaults.returns.max is None:
        written = sheet.structure.root.get("defaults", "return") is not None
        sheet.error(("defaults", "return") if written else ("transitions", returns[0].place), "ENDLESS_RETURN",
                    "退回没有次数上限，请写 defaults: {return: {max: 3}}",
                    "Returns have no limit; write defaults: {return: {max: 3}}")


def _at(sheet: Sheet, way: Way, word: str) -> Path:
    names_there = way.words.source if word == "source" else way.words.dest
    return ("transitions", way.place, word, names_there.index(way.source if word == "source" else way.dest))
