"""People: every step has somebody, roles exist, and nobody decides on their own case."""

from __future__ import annotations

import re

from . import graph
from .faults import did_you_mean
from .roles import roles
from .sheet import Sheet, Way
from .structure import Path
from .words import LEVELS

_HUMAN = frozenset({"draft", "task", "countersign", "notice", "wait"})
_DECIDING = frozenset({"task", "countersign", "parallel", "notice"})
_SCOPE = re.compile(r"(applicant\.union|same_org|ancestor\((?P<level>\w+)\)|field\((?P<field>form\.\w+)\))\Z")
_HARMLESS_ENDS = frozenset({"withdrawn", "lapsed", "closed"})


def check(sheet: Sheet) -> None:
    p = sheet.programme
    for place, state in enumerate(p.states):
        path: Path = ("states", place)
        if state.kind in _HUMAN and state.actor is None:
            sheet.error(path, "NO_ACTOR", f"“{state.name}”没有写由谁办理（actor）", f"Nobody acts at '{state.name}': no actor")
        if state.kind == "parallel" and not state.branches:
            sheet.error(path, "NO_ACTOR", f"并行步骤“{state.name}”要写 branches", f"'{state.name}' needs branches")
        _named(sheet, (*path, "actor"), state.actor)
        for number, branch in enumerate(state.branches):
            _named(sheet, (*path, "branches", number, "actor"), branch.actor)
        for number, timer in enumerate(state.timers):
            _named(sheet, (*path, "timers", number, "to"), timer.to)
    for place, words in enumerate(p.transitions):
        if words.actor != "system":
            _named(sheet, ("transitions", place, "actor"), words.actor)
    for name in p.actors:
        _actor(sheet, name)
    for number, name in enumerate(p.separation.distinct):
        state_there = sheet.states.get(name)
        if state_there is None and not sheet.may_name_state(name):
            zh, en = did_you_mean(name, sheet.states)
            sheet.error(("separation", "distinct", number), "DISTINCT_STATE", f"没有状态“{name}”{zh}",
                        f"There is no state '{name}'{en}")
        elif state_there is not None and name not in sheet.structure.dented and (state_there.final or state_there.kind not in _DECIDING):
            sheet.error(("separation", "distinct", number), "DISTINCT_STATE", f"“{name}”不是有人作决定的步骤",
                        f"Nobody decides at '{name}'")
    if not p.separation.applicant_may_not_decide:
        sheet.error(("separation", "applicant_may_not_decide"), "APPLICANT_DECIDES", "申请人不得办理自己的件，不能写 false",
                    "Nobody decides on their own case; this cannot be false")
    if p.apply.agent and "authorisation" not in p.attachments:
        sheet.error(("apply", "agent"), "AGENT_PAPER", "允许代办时，attachments 里要有 authorisation（本人签字的委托书）",
                    "Filing on behalf of a worker needs an attachment kind 'authorisation', the signed paper")


def _named(sheet: Sheet, path: Path, name: str | None) -> None:
    known = sheet.programme.actors
    if name is not None and name not in known and f"actors.{name}" not in sheet.structure.set_aside:
        zh, en = did_you_mean(name, known)
        sheet.error(path, "UNKNOWN_ACTOR", f"actors 里没有“{name}”{zh}", f"There is no actor '{name}'{en}")


def _actor(sheet: Sheet, name: str) -> None:
    words, path = sheet.programme.actors[name], ("actors", name)
    if (words.who is None) == (words.role is None):
        sheet.error(path, "BAD_ACTOR", f"“{name}”要么写 who: applicant，要么写 role", f"'{name}' has either who or role")
        return
    if words.who is not None:
        return
    if words.role not in roles():
        zh, en = did_you_mean(words.role or "", roles())
        sheet.error((*path, "role"), "UNKNOWN_ROLE", f"没有角色“{words.role}”{zh}", f"There is no role '{words.role}'{en}")
    scope = _SCOPE.match(words.scope or "")
    if scope is None or (scope["level"] and scope["level"] not in LEVELS):
        known = ["applicant.union", "same_org", "field(form.…)", *(f"ancestor({level})" for level in LEVELS)]
        zh, en = did_you_mean(words.scope or "", known)
        sheet.error((*path, "scope") if words.scope else path, "BAD_SCOPE", f"“{name}”的 scope 写法不对{zh}",
                    f"The scope of '{name}' is wrong{en}")
    elif scope["field"] in sheet.members("form") and sheet.programme.form[scope["field"][5:]].type != "org":
        sheet.error((*path, "scope"), "BAD_SCOPE", f"“{scope['field']}”不是 org 类型，说不出是哪一个工会",
                    f"'{scope['field']}' is not of type org and names no union")
    elif scope["field"] and scope["field"] not in sheet.members("form"):
        zh, en = did_you_mean(scope["field"], sheet.members("form"))
        sheet.error((*path, "scope"), "UNKNOWN_FIELD", f"没有字段“{scope['field']}”{zh}",
                    f"There is no field '{scope['field']}'{en}")
    if words.empty == "fallback" and words.fallback is None:
        sheet.error((*path, "empty"), "UNKNOWN_ACTOR", "empty: fallback 时要写 fallback", "'empty: fallback' needs a fallback")
    if words.fallback is not None and (words.fallback == name or (
            words.fallback not in sheet.programme.actors and words.fallback not in roles())):
        zh, en = did_you_mean(words.fallback, [*sheet.programme.actors, *roles()])
        sheet.error((*path, "fallback"), "UNKNOWN_ACTOR", f"没有办理人或角色“{words.fallback}”{zh}",
                    f"There is no other actor or role '{words.fallback}'{en}")


# --- nobody decides on their own case -----------------------------------------------------------------


def applicant(sheet: Sheet) -> None:
    """Tell every step at which the applicant would decide, and every way to an approval that nobody else takes part in."""
    for place, state in enumerate(sheet.programme.states):
        if state.kind in _DECIDING and _is_applicant(sheet, state.actor):
            sheet.error(("states", place, "actor"), "APPLICANT_DECIDES",
                        f"“{state.name}”由申请人办理，申请人就能决定自己的件；填报用 kind: draft",
                        f"At '{state.name}' the applicant would decide; filling in is of kind draft")
        for number, branch in enumerate(state.branches):
            if _is_applicant(sheet, branch.actor):
                sheet.error(("states", place, "branches", number, "actor"), "APPLICANT_DECIDES",
                            "申请人不能参加办理自己的件", "The applicant cannot take part in deciding")
    alone = []
    for way in sheet.ways():
        source, dest = sheet.states[way.source], sheet.states[way.dest]
        by_applicant = _is_applicant(sheet, way.words.actor or source.actor)
        if by_applicant or (way.words.actor == "system" and source.kind not in ("countersign", "parallel")):
            alone.append(way)
        if (by_applicant and way.words.actor is not None and source.kind in _DECIDING
                and not _is_applicant(sheet, source.actor)
                and not (dest.kind == "draft" or dest.outcome in _HARMLESS_ENDS)):
            sheet.error(("transitions", way.place, "actor"), "APPLICANT_DECIDES",
                        f"申请人在“{way.source}”只能撤回或放弃，不能办到“{way.dest}”",
                        f"At '{way.source}' the applicant may withdraw, not move the case to '{way.dest}'")
    _unwatched(sheet, alone)


def _unwatched(sheet: Sheet, alone: list[Way]) -> None:
    reached = graph.reachable(sheet.leads(alone), [sheet.programme.initial])
    for way in alone:
        if way.source in reached and sheet.states[way.dest].outcome == "approved":
            sheet.error(("transitions", way.place), "APPLICANT_DECIDES",
                        f"申请人自己就能走到“{way.dest}”，中间没有任何人审核",
                        f"The applicant reaches '{way.dest}' without anybody deciding")


def _is_applicant(sheet: Sheet, name: str | None) -> bool:
    words = sheet.programme.actors.get(name) if name else None
    return words is not None and (words.who == "applicant" or words.role in ("applicant", "agent"))
