"""Versions: what was released never changes, and a migration forgets no running case."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .definition import Definition
from .faults import did_you_mean
from .sheet import Sheet

_FILE = re.compile(r"(?:.*[/\\])?([^/\\]+)\.v([0-9]+)\.yaml\Z", re.DOTALL)


def check(sheet: Sheet, released: str | None, earlier: Mapping[int, Definition]) -> None:
    p, made = sheet.programme, sheet.definition
    if released is not None and made is not None and made.digest != released:
        sheet.error(("version",), "RELEASED_CHANGED", f"{p.key} 第 {p.version} 版已经发布，不能再改；请另存为第 {p.version + 1} 版",
                    f"{p.key}@{p.version} is released and cannot change; write version {p.version + 1}")
    named = _FILE.match(sheet.structure.root.mark.file)
    if named and (named[1], named[2]) != (p.key, str(p.version)):
        sheet.warn(("key",) if named[1] != p.key else ("version",), "FILE_NAME",
                   f"文件名应为 {p.key}.v{p.version}.yaml", f"The file should be called {p.key}.v{p.version}.yaml")
    for text, moves in p.versioning.migrate_from.items():
        _moves(sheet, text, moves, earlier)


def _moves(sheet: Sheet, text: str, moves: Mapping[str, str], earlier: Mapping[int, Definition]) -> None:
    path = ("versioning", "migrate_from", text)
    if not (text.isascii() and text.isdigit() and 0 < int(text) < sheet.programme.version):
        sheet.error(path, "MIGRATION_VERSION", f"“{text}”不是更早的版本号", f"'{text}' is no earlier version", key=True)
        return
    for old, new in moves.items():
        if not sheet.may_name_state(new):
            zh, en = did_you_mean(new, sheet.states)
            sheet.error((*path, old), "UNKNOWN_STATE", f"没有状态“{new}”{zh}", f"There is no state '{new}'{en}")
    before = earlier.get(int(text))
    if before is None:
        return
    for name, state in before.states.items():
        if not state.final and name not in moves and name not in sheet.states:
            sheet.error(path, "MIGRATION_DROPS", f"第 {text} 版的状态“{name}”没有去处，正在办理的件会丢失",
                        f"The open state '{name}' of version {text} leads nowhere; running cases would be lost", key=True)
    for old in moves:
        if old not in before.states:
            zh, en = did_you_mean(old, before.states)
            sheet.error((*path, old), "UNKNOWN_STATE", f"第 {text} 版没有状态“{old}”{zh}",
                        f"Version {text} has no state '{old}'{en}", key=True)
