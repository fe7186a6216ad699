"""Privacy: what is sensitive never stands in a notice, an export or a sentence that people are sent, nor is it kept for no time at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .scalars import Node
from .sheet import Sheet
from .structure import Path

SHORTEST, LONGEST = 12, 1200          # months
_PLACEHOLDER = re.compile(r"\{\s*(form\.\w+(?:\.\w+)?)[^{}]*\}")


def check(sheet: Sheet) -> None:
    private = _private(sheet)
    for place, state in enumerate(sheet.programme.states):
        for number, name in enumerate(state.notice.show if state.notice else ()):
            if _reads(sheet, name, set()) & private:
                sheet.error(("states", place, "notice", "show", number), "SENSITIVE_SHOWN",
                            f"“{name}”是敏感信息，不能公示（遮盖也不行）", f"'{name}' is sensitive and cannot be in a notice")
    for path, text in _texts(sheet.structure.root, ()):
        for name in _PLACEHOLDER.findall(text):
            if name in private or f"form.{name.split('.')[1]}" in private:
                sheet.error(path, "SENSITIVE_SHOWN", f"“{name}”是敏感信息，不能写进给人看的文字",
                            f"'{name}' is sensitive and cannot be in a text")
    _retention(sheet)


def _retention(sheet: Sheet) -> None:
    """A case must outlive complaints and audits; and what is kept for centuries is kept by mistake."""
    kept = sheet.programme.retention
    if kept is None:
        return
    months = kept.count * {"years": 12, "months": 1}.get(kept.unit, 0)
    if not months:
        sheet.error(("retention",), "RETENTION", f"保存期限“{kept}”要用年或月，例如 10 years、30 months",
                    f"Personal data are kept for years or months, such as '10 years', not '{kept}'")
    elif not SHORTEST <= months <= LONGEST:
        sheet.error(("retention",), "RETENTION", f"保存期限“{kept}”不合理，最短 1 年，最长 100 年",
                    f"'{kept}' is no sensible time to keep personal data: one year at least, a hundred at most")


def _private(sheet: Sheet) -> set[str]:
    """Return the sensitive fields; a table counts as soon as one of its columns is."""
    return {f"form.{name}" for name, question in sheet.programme.form.items()
            if question.sensitive or any(column.sensitive for column in question.columns.values())}


def _reads(sheet: Sheet, name: str, seen: set[str]) -> set[str]:
    if name.startswith("calc.") and name not in seen:
        seen.add(name)
        expr = sheet.exprs.get(("calc", name.removeprefix("calc.")))
        return {one for inner in (expr.names if expr else ()) for one in _reads(sheet, inner, seen)}
    return {name}


def _texts(node: Node, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(node.value, dict):
        for key, item in node.value.items():
            yield from _texts(item, (*path, key))
    elif isinstance(node.value, list):
        for number, item in enumerate(node.value):
            yield from _texts(item, (*path, number))
    elif isinstance(node.value, str) and "{" in node.value:
        yield path, node.value
