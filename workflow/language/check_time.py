"""Time: timers have a target, notices end and cannot be shortened, and no clock ever decides."""

from __future__ import annotations

from . import graph
from .schema_flow import StateWords, Timer
from .sheet import Sheet
from .structure import Path

_HUMAN = frozenset({"task", "countersign", "parallel"})      # an unfinished draft keeps nobody waiting
_DOES = ("remind", "escalate", "fire")
_DECISIONS = frozenset({"approve", "reject", "pay", "agree", "disagree", "pass", "refuse", "deny", "disburse", "grant"})


def check(sheet: Sheet) -> None:
    for place, state in enumerate(sheet.programme.states):
        if state.timers and (state.final or state.kind == "auto") and state.name not in sheet.structure.dented:
            sheet.error(("states", place, "timers"), "TIMER_STATE", f"没有件会停在“{state.name}”等着，不能写 timers",
                        f"Nothing waits at '{state.name}', so no clock runs there", key=True)
            continue
        for number, timer in enumerate(state.timers):
            _timer(sheet, ("states", place, "timers", number), state, timer)
        if state.kind == "notice":
            _notice(sheet, ("states", place), state)
        elif state.notice is not None:
            sheet.error(("states", place, "notice"), "NOTICE_KIND", "只有 kind: notice 的步骤才写 notice",
                        "Only a state of kind notice has a notice", key=True)
        if state.kind in _HUMAN and not state.timers and state.due is None:
            sheet.warn(("states", place, "name"), "NO_TIMER", f"“{state.name}”没有时限，积压了也没人知道",
                       f"'{state.name}' has no timer: nobody will know when it waits")


def _timer(sheet: Sheet, path: Path, state: StateWords, timer: Timer) -> None:
    here = {way.trigger for way in sheet.ways() if way.source == state.name}
    if timer.do not in _DOES:
        if timer.do in _DECISIONS | here:
            _decides(sheet, (*path, "do"), timer.do)
        else:
            sheet.error((*path, "do"), "BAD_VALUE", f"“do”不能写“{timer.do}”，可以写：{'、'.join(_DOES)}",
                        f"'do' cannot be '{timer.do}'; known: {', '.join(_DOES)}")
    elif timer.do == "escalate" and timer.to is None:
        sheet.error(path, "TIMER_TARGET", "催办升级（escalate）要写升给谁（to）", "An escalation needs 'to'")
    elif timer.do == "escalate" and timer.to == state.actor:
        sheet.warn((*path, "to"), "ESCALATES_TO_SELF", f"“{state.name}”本来就由“{timer.to}”办理，升级给同一个人没有用",
                   f"'{timer.to}' acts at '{state.name}' already; escalating to them changes nothing")
    elif timer.do == "fire" and timer.trigger is None:
        sheet.error(path, "TIMER_TARGET", "到时自动办理（fire）要写 trigger", "'fire' needs a trigger")
    elif timer.do == "fire" and timer.trigger not in here and sheet.readable:
        sheet.error((*path, "trigger"), "TIMER_TARGET", f"“{state.name}”没有动作“{timer.trigger}”",
                    f"'{state.name}' has no trigger '{timer.trigger}'")
    if timer.times is not None and timer.every is None:
        sheet.error((*path, "times"), "TIMER_TARGET", "写了 times 就要写间隔 every", "'times' needs 'every'")


def _decides(sheet: Sheet, path: Path, trigger: str) -> None:
    sheet.error(path, "TIMER_DECIDES", f"时间到了不能自动“{trigger}”：同意、不同意和付款必须由人办理",
                f"A timer cannot '{trigger}': people approve, reject and pay")


def _notice(sheet: Sheet, path: Path, state: StateWords) -> None:
    if state.notice is None:
        sheet.error(path, "NOTICE_ENDLESS", f"公示“{state.name}”要写 notice（天数、内容）",
                    f"The notice '{state.name}' needs its days and contents")
        return
    fires = [(number, timer) for number, timer in enumerate(state.timers) if timer.do == "fire"]
    if not fires:
        sheet.error(path, "NOTICE_ENDLESS", f"公示“{state.name}”没有到期动作，永远不会结束",
                    f"The notice '{state.name}' has no timer that ends it")
    for number, timer in fires:
        if timer.after != state.notice.days:
            sheet.error((*path, "timers", number, "after"), "NOTICE_SHORTENED",
                        f"公示 {state.notice.days}，到期却写了 {timer.after}",
                        f"The notice runs {state.notice.days}, but its timer says {timer.after}")
    ends = {way.dest for way in sheet.ways() if way.source == state.name
            and way.trigger in {timer.trigger for _, timer in fires}}
    for way in sheet.ways():
        if way.source == state.name and way.words.actor != "system" and way.dest in ends:
            sheet.error(("transitions", way.place), "NOTICE_SHORTENED", f"公示没有到期，不能由人办到“{way.dest}”",
                        f"Nobody may end the notice early by moving on to '{way.dest}'")


def deciding(sheet: Sheet) -> None:
    """Tell timers that fire what only people may do, and system moves that nothing makes."""
    system = sheet.leads(way for way in sheet.ways() if way.words.actor == "system"
                         and sheet.states[way.source].kind in ("auto", "notice", "wait"))
    decided = {name for name, state in sheet.states.items() if state.outcome in ("approved", "rejected")}
    commit = (sheet.programme.budget.commit if sheet.programme.budget else None) or "."
    for place, state in enumerate(sheet.programme.states):
        for number, timer in enumerate(state.timers):
            fired = [way for way in sheet.ways() if way.source == state.name and way.trigger == timer.trigger]
            by_hand = any(way.words.actor != "system" for way in fired)
            ends = any(graph.reachable(system, [way.dest]) & decided for way in fired)
            if timer.do == "fire" and timer.trigger and (
                    timer.trigger in _DECISIONS or by_hand or ends or f"{state.name}.{timer.trigger}" == commit):
                _decides(sheet, ("states", place, "timers", number, "trigger"), timer.trigger)
    for way in sheet.ways():
        state = sheet.states[way.source]
        fired_here = {timer.trigger for timer in state.timers if timer.do == "fire"}
        if way.words.actor == "system" and state.kind in ("task", "draft") and way.trigger not in fired_here:
            sheet.warn(("transitions", way.place), "SYSTEM_UNFIRED", f"没有什么会自动触发“{way.source}”的“{way.trigger}”",
                       f"Nothing fires '{way.trigger}' at '{way.source}'")
