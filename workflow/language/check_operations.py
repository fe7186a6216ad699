"""Operations on tasks: each is open only in kinds of step that have such tasks."""

from __future__ import annotations

from .flow import EVERYWHERE, OPEN_IN
from .sheet import Sheet

_ZH = {"draft": "填报", "task": "办理", "countersign": "表决", "parallel": "并行", "notice": "公示", "wait": "等待", "auto": "自动", "final": "结束"}


# A parallel step speaks for whole unions, so nobody is added there; naming it offers nothing and is no fault.
_HARMLESS = {"add_signer": frozenset({"parallel"}), "remove_signer": frozenset({"parallel"})}


def check(sheet: Sheet) -> None:
    for operation, kinds in OPEN_IN.items():
        for number, name in enumerate(getattr(sheet.programme.operations, operation)):
            state = sheet.states.get(name)
            if name == EVERYWHERE or state is None or name in sheet.structure.dented:
                continue             # an unknown name is told where names are looked up
            kind = "final" if state.final else state.kind or "task"
            if kind not in kinds | _HARMLESS.get(operation, frozenset()):
                known = sorted(kinds)
                sheet.error(("operations", operation, number), "OPERATION_KIND",
                            f"“{name}”是{_ZH[kind]}步骤，不能“{operation}”；只能写 kind 为 {'、'.join(known)} 的步骤",
                            f"'{name}' is of kind {kind}; '{operation}' belongs to {', '.join(known)}")
    for place, state in enumerate(sheet.programme.states):
        kind = "final" if state.final else state.kind or "task"
        if state.claim and kind not in OPEN_IN["claim"] and state.name not in sheet.structure.dented:
            sheet.error(("states", place, "claim"), "OPERATION_KIND", f"“{state.name}”是{_ZH[kind]}步骤，没有可以认领的任务",
                        f"'{state.name}' is of kind {kind}; nothing can be claimed there")
