"""Expressions beyond their own syntax: checks that say nothing, and guards that wait for what nobody can fill in."""

from __future__ import annotations

from collections.abc import Iterator

from .clauses import Clause
from .expressions import Expr
from .faults import did_you_mean
from .kinds import Kind
from .sheet import Sheet
from .structure import Path


def check(sheet: Sheet) -> None:
    p = sheet.programme
    for place, words in enumerate(p.transitions):
        for number, condition in enumerate(words.conditions):
            if condition.message is None:
                _silent(sheet, ("transitions", place, "conditions", number))
    for place, criterion in enumerate(p.criteria):
        if criterion.message is None:
            _silent(sheet, ("criteria", place))
        _at(sheet, ("criteria", place, "at"), criterion.at)
    for place, cap in enumerate(p.caps):
        if cap.message is None:
            _silent(sheet, ("caps", place))
    for place, state in enumerate(p.states):
        for number, branch in enumerate(state.branches):
            if branch.when is not None:
                sheet.compile(("states", place, "branches", number, "when"), branch.when, Kind.BOOL)


def _silent(sheet: Sheet, path: Path) -> None:
    sheet.error(path, "CHECK_MESSAGE", "检查不通过时要告诉人原因，请写 message", "A check needs a message that says why it refuses")


def _at(sheet: Sheet, path: Path, at: str) -> None:
    """`submit`, or `state.trigger`."""
    if not sheet.readable:
        return
    state, _, trigger = at.rpartition(".")
    if state and state not in sheet.states:
        zh, en = did_you_mean(state, sheet.states)
        sheet.error(path, "UNKNOWN_STATE", f"没有状态“{state}”{zh}", f"There is no state '{state}'{en}")
        return
    known = {way.trigger for way in sheet.ways() if not state or way.source == state}
    if trigger not in known:
        zh, en = did_you_mean(trigger, known)
        sheet.error(path, "UNKNOWN_TRIGGER", f"{f'“{state}”' if state else ''}没有动作“{trigger}”{zh}",
                    f"There is no trigger '{trigger}'{f' at {state}' if state else ''}{en}")


# --- guards that can never open -----------------------------------------------------------------------


def unfilled(sheet: Sheet) -> None:
    """Tell guards, checks and requirements that read what nobody can have filled in by then."""
    if any(one.code == "UNKNOWN_FIELD" for one in sheet.faults):
        return                       # a misspelt `edit` would be told a second time
    told: set[tuple[Path, str]] = set()
    for path, source in _guards(sheet):
        expr = sheet.exprs.get(path)
        if expr is None:
            continue
        for name in sorted(_needed(sheet, expr, set())):
            if not _possible(sheet, name, source) and (path, name) not in told:
                told.add((path, name))
                _never(sheet, path, name, source)
    for way in sheet.ways():
        for number, name in enumerate(way.words.require):
            spread = sheet.spread([name]) if "." in name and not name.endswith("*") else []
            where: Path = ("transitions", way.place, "require", number)
            for one in spread:
                if not _possible(sheet, one, way.source) and (where, one) not in told:
                    told.add((where, one))
                    _never(sheet, where, one, way.source)


def _guards(sheet: Sheet) -> Iterator[tuple[Path, str]]:
    for way in sheet.ways():
        if way.words.when is not None:
            yield ("transitions", way.place, "when"), way.source
        for number in range(len(way.words.conditions)):
            yield ("transitions", way.place, "conditions", number, "expr"), way.source
    for place, criterion in enumerate(sheet.programme.criteria):
        state, _, trigger = criterion.at.rpartition(".")
        for source in {way.source for way in sheet.ways() if way.trigger == trigger and state in ("", way.source)}:
            yield ("criteria", place, "expr"), source


def _never(sheet: Sheet, path: Path, name: str, state: str) -> None:
    sheet.error(path, "GUARD_UNFILLED", f"办理“{state}”时还没有人能填“{name}”，这个条件永远过不去",
                f"At '{state}' nobody can have filled in '{name}' yet, so this can never pass")


def _possible(sheet: Sheet, name: str, state: str) -> bool:
    group, _, rest = name.partition(".")
    if group == "form":
        question = sheet.programme.form.get(rest)
        if question is None or question.default is not None or question.prefill is not None:
            return True
    elif group != "attachments" or name not in sheet.members("attachments"):
        return True
    return name in sheet.fillable(state)


def _needed(sheet: Sheet, expr: Expr, seen: set[str]) -> set[str]:
    """Return the form fields and attachments without which the expression has no answer, through `calc` too."""
    found: set[str] = set()
    for name in _strict(expr):
        group, _, rest = name.partition(".")
        if group in ("form", "attachments"):
            found.add(name)
        elif group == "calc" and name not in seen:
            seen.add(name)
            inner = sheet.exprs.get(("calc", rest))
            if inner is not None:
                found |= _needed(sheet, inner, seen)
    return found


def _strict(expr: Expr) -> set[str]:
    """Return the names read where empty is refused: not inside `coalesce`, and not compared with None anywhere."""
    excused: set[str] = set()
    names: set[str] = set()
    waiting = [expr.clause]
    while waiting:
        clause = waiting.pop()
        if clause.word == "call" and clause.text.startswith("coalesce"):
            continue
        if clause.word == "compare" and any(_empty(part) for part in clause.parts):
            excused |= {part.name for part in clause.parts if part.name}
            continue
        if clause.word == "name" and clause.name:
            names.add(clause.name)
        waiting.extend(clause.parts)
    return names - excused


def _empty(clause: Clause) -> bool:
    return clause.word == "literal" and clause.kind is Kind.NONE
