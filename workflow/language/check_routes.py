"""Routing: of one trigger in one state the first `when` that holds wins, so order and a default matter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from .sheet import Sheet, Way
from .structure import Path
from .words import bad_name

# Names that a `transitions` machine or its rows already use; the library then skips a trigger with only a log line.
_TAKEN = frozenset("""
    trigger state initial states events models model add_model remove_model add_state add_states add_transition
    add_transitions add_ordered_transitions remove_transition get_transitions get_triggers get_state set_state dispatch
    callback callbacks resolve_callable before_state_change after_state_change prepare_event finalize_event on_final
    on_exception send_event queued name self after_transition before_transition auto_transitions model_attribute
    ignore_invalid_triggers transition_cls state_cls event_cls separator wildcard_all wildcard_same system
    """.split())
_TAKEN_BEGINNINGS = ("may_", "is_", "to_", "on_enter", "on_exit", "before_", "after_", "get_", "set_", "add_", "remove_")
_LIMIT = re.compile(r"(?P<left>[^<>=]+?)\s*(?P<sign><=|>=|<|>)\s*(?P<number>-?[0-9]+(?:\.[0-9]+)?)\Z")


def check(sheet: Sheet) -> None:
    for place, words in enumerate(sheet.programme.transitions):
        name = words.trigger
        if bad_name(name) or not name.isascii() or name in _TAKEN or name.startswith(_TAKEN_BEGINNINGS):
            sheet.error(("transitions", place, "trigger"), "TRIGGER_NAME", f"动作名“{name}”不能用，请换一个英文名称",
                        f"'{name}' cannot name a trigger; choose another word")
    for group in _groups(sheet.ways()):
        _shadowed(sheet, group)
        if all(way.words.when is not None for way in group) and group:
            last = group[-1]
            sheet.error(("transitions", last.place, "when"), "NO_DEFAULT_ROUTE",
                        f"“{last.source}”的“{last.trigger}”每条路都有 when，还缺一条不写 when 的去向",
                        f"Every route of '{last.trigger}' from '{last.source}' has a 'when'; one without is missing")


def _groups(ways: Iterable[Way]) -> list[list[Way]]:
    """Return the routes that compete: one trigger in one state, and one dest where whoever acts chooses it."""
    found: dict[tuple[str, ...], list[Way]] = {}
    for way in ways:
        key = (way.trigger, way.source, way.dest) if way.chosen else (way.trigger, way.source)
        found.setdefault(key, []).append(way)
    return list(found.values())


def _shadowed(sheet: Sheet, group: list[Way]) -> None:
    for later, way in enumerate(group):
        for before in group[:later]:
            if _covers(before.words.when, way.words.when):
                line = sheet.structure.root.at("transitions", before.place).line
                sheet.error(_path(way), "SHADOWED_ROUTE", f"这条路永远走不到：第 {line} 行已经包括了它",
                            f"This route is never taken: line {line} covers it")
                break


def _path(way: Way) -> Path:
    return ("transitions", way.place, "when") if way.words.when is not None else ("transitions", way.place)


def _covers(first: str | None, second: str | None) -> bool:
    """Whether the second route can never be taken after the first. Decides only what is plain from the text."""
    if first is None or first.strip() == "True" or first.strip() == "true":
        return True
    if second is None:
        return False
    if "".join(first.split()) == "".join(second.split()):
        return True
    one, other = _LIMIT.match(first.strip()), _LIMIT.match(second.strip())
    if not one or not other or "".join(one["left"].split()) != "".join(other["left"].split()):
        return False
    if re.search(r"\b(and|or|if|not)\b", one["left"]) or one["sign"][0] != other["sign"][0]:
        return False
    wide, narrow = Decimal(one["number"]), Decimal(other["number"])
    if wide == narrow:
        return not (one["sign"] in "<>" and other["sign"] in (">=", "<="))
    return narrow > wide if one["sign"][0] == ">" else narrow < wide
