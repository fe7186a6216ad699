"""Golden cases: given facts → expected route, amount, refusals. Reads the file beside a definition; runs nothing.

    - name: 建档家庭本科新生
      given: {form: {stage: college, filed: true}, today: 2026-08-03}
      expect: {amount: 5000.00, route: [submit, approve, pay], ends: paid}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from . import scalars
from .definition import Definition
from .faults import Fault, Mark, did_you_mean, fault, in_order
from .kinds import ENGINE_FACTS
from .scalars import Node

GIVEN = ("form", "attachments", "applicant", "household", "org", "region", "param", "budget", "task", "cover", "today")
EXPECT = ("amount", "route", "ends", "refused", "messages", "flags")


@dataclass(frozen=True, slots=True)
class GoldenCase:
    """One case as written. What `given` leaves out is neutral; what `expect` leaves out (None) is not looked at.

    `given` keeps raw values by group (`{"form": {"stage": "college"}}`): form values are parsed as if typed.
    """

    name: str
    mark: Mark
    given: Mapping[str, Mapping[str, Any]]
    today: date | None = None
    amount: Decimal | None = None    # yuan
    route: tuple[str, ...] | None = None
    ends: str | None = None
    refused: str | None = None       # the trigger that is refused
    messages: tuple[str, ...] | None = None
    flags: tuple[str, ...] | None = None
    marks: Mapping[str, Mark] = field(default_factory=dict, compare=False)   # of each word of `expect`


@dataclass(frozen=True, slots=True)
class CasesReading:
    cases: tuple[GoldenCase, ...]
    faults: tuple[Fault, ...]


def read_cases(text: str | bytes, name: str, definition: Definition | None = None) -> CasesReading:
    """Return the cases that can be read and every fault; with a definition, names that it does not have too."""
    root, faults = scalars.parse(text, name)
    if root is None:
        return CasesReading((), in_order(faults))
    if not isinstance(root.value, list):
        faults.append(fault(root.mark, "CASES_LIST", "文件应是列表，每项一个事例", "The file is a list of cases"))
        return CasesReading((), in_order(faults))
    found: list[GoldenCase] = []
    for node in root.value:
        before = len(faults)
        case = _case(node, faults)
        if case is not None and definition is not None:
            _against(node, case, definition, faults)
        if case is not None and any(one.name == case.name for one in found):
            faults.append(fault(node.at("name"), "CASE_REPEATED", f"事例“{case.name}”重复",
                                f"The case '{case.name}' is repeated"))
        if case is not None and len(faults) == before:
            found.append(case)
    return CasesReading(tuple(found), in_order(faults))


def _case(node: Node, faults: list[Fault]) -> GoldenCase | None:
    if not _mapping(node, ("name", "given", "expect"), faults):
        return None
    for word in ("name", "expect"):
        if node.get(word) is None:
            faults.append(fault(node.mark, "MISSING", f"缺少“{word}”", f"'{word}' is missing"))
            return None
    given, expect = node.get("given") or Node({}, node.mark), node.get("expect")
    assert expect is not None
    if not (_mapping(given, GIVEN, faults) and _mapping(expect, EXPECT, faults)):
        return None
    groups = {word: inner.plain() for word, inner in given.value.items() if word != "today" and inner.value is not None}
    for word, values in groups.items():
        if not isinstance(values, dict):
            faults.append(fault(given.at(word), "BAD_TYPE", f"“{word}”应由“名称: 值”组成", f"'{word}' is a mapping"))
    plain = expect.plain()
    if not any(plain.get(word) is not None for word in EXPECT):
        faults.append(fault(expect.mark, "CASE_EXPECTS_NOTHING", "expect 里没有写期望", "Nothing is expected"))
    if plain.get("messages") is not None and plain.get("refused") is None:
        faults.append(fault(expect.key_at("messages"), "CASE_MESSAGES", "写了 messages 就要写 refused",
                            "'messages' needs 'refused'"))
    return GoldenCase(
        name=str(node.plain()["name"]), mark=node.mark, given={word: v for word, v in groups.items() if isinstance(v, dict)},
        today=_day(given, faults), amount=_amount(expect, faults), route=_texts(expect, "route", faults),
        ends=_text(expect, "ends", faults), refused=_text(expect, "refused", faults),
        messages=_texts(expect, "messages", faults), flags=_texts(expect, "flags", faults), marks=dict(expect.keys))


def _mapping(node: Node, known: Iterable[str], faults: list[Fault]) -> bool:
    if not isinstance(node.value, dict):
        faults.append(fault(node.mark, "BAD_TYPE", "应由“键: 值”组成", "This must be a mapping of keys to values"))
        return False
    for word in node.value:
        if word not in known:
            zh, en = did_you_mean(word, known)
            faults.append(fault(node.key_at(word), "UNKNOWN_WORD", f"不认识的键“{word}”{zh}", f"Unknown word '{word}'{en}"))
    return True


def _day(given: Node, faults: list[Fault]) -> date | None:
    node = given.get("today")
    if node is None or node.value is None:
        return None
    try:
        return date.fromisoformat(node.value)
    except (TypeError, ValueError):
        faults.append(fault(node.mark, "BAD_DATE", f"日期“{node.value}”写法不对，应为 2026-08-03",
                            f"'{node.value}' is no date; write 2026-08-03"))
        return None


def _amount(expect: Node, faults: list[Fault]) -> Decimal | None:
    node = expect.get("amount")
    if node is None or node.value is None:
        return None
    if isinstance(node.value, (int, Decimal)) and not isinstance(node.value, bool):
        return Decimal(node.value)
    faults.append(fault(node.mark, "BAD_NUMBER", "amount 应为数字（元）", "'amount' is a number of yuan"))
    return None


def _text(expect: Node, word: str, faults: list[Fault]) -> str | None:
    node = expect.get(word)
    if node is None or node.value is None:
        return None
    if isinstance(node.value, str):
        return node.value
    faults.append(fault(node.mark, "BAD_TYPE", f"“{word}”应为文字", f"'{word}' must be text"))
    return None


def _texts(expect: Node, word: str, faults: list[Fault]) -> tuple[str, ...] | None:
    node = expect.get(word)
    if node is None or node.value is None:
        return None
    items = node.plain() if isinstance(node.value, list) else [node.value]
    if all(isinstance(item, str) for item in items):
        return tuple(items)
    faults.append(fault(node.mark, "BAD_TYPE", f"“{word}”应为文字列表", f"'{word}' must be a list of texts"))
    return None


def _against(node: Node, case: GoldenCase, definition: Definition, faults: list[Fault]) -> None:
    triggers = {way.trigger for way in definition.transitions}
    criteria = {one.name for one in definition.criteria}
    for place, trigger in enumerate(case.route or ()):
        _known(node.at("expect", "route", place), trigger, triggers, "UNKNOWN_TRIGGER", "动作", "trigger", faults)
    if case.refused is not None:
        _known(node.at("expect", "refused"), case.refused, triggers, "UNKNOWN_TRIGGER", "动作", "trigger", faults)
    if case.ends is not None:
        _known(node.at("expect", "ends"), case.ends, definition.states, "UNKNOWN_STATE", "状态", "state", faults)
    for place, name in enumerate(case.flags or ()):
        _known(node.at("expect", "flags", place), name, criteria, "UNKNOWN_CRITERION", "检查", "criterion", faults)
    groups: dict[str, Iterable[str]] = {
        "form": definition.form, "attachments": definition.attachments, "param": definition.params}
    for group in ("applicant", "household", "org", "budget", "task", "cover"):
        groups[group] = [name.partition(".")[2] for name in ENGINE_FACTS if name.startswith(f"{group}.")]
    for group, known in groups.items():
        for name in case.given.get(group, {}):
            _known(node.at("given", group, name), name, known, "UNKNOWN_FIELD", f"{group}.", f"{group}.", faults)


def _known(mark: Mark, word: str, known: Iterable[str], code: str, zh: str, en: str, faults: list[Fault]) -> None:
    if word not in known:
        near_zh, near_en = did_you_mean(word, known)
        faults.append(fault(mark, code, f"没有{zh}“{word}”{near_zh}", f"There is no {en} '{word}'{near_en}"))
