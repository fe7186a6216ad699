"""Mentions: whatever a definition names must have been declared."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .faults import did_you_mean
from .sheet import Sheet
from .structure import Path

_GROUPS = ("form", "attachments")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_SEQ = re.compile(r"seq(:0?[1-9][0-9]?d)?\Z", re.ASCII)
_IN_NUMBERS = frozenset({"org.code", "org.county", "year", "cycle", "key"})
_IN_MEASURES = frozenset({"persons", "person_times", "households", "organisations", "batches", "cases", "amount",
                          "amount_wan", "year", "from", "to", "org"})
_PLACES = ("unit_board", "website", "village_board", "wechat")     # those that `change_words` has words for
_EFFECTS = frozenset("figures.renew file.visited file.open file.renew file.exit file.cancel cover.check cover.open account.correct".split())


def check(sheet: Sheet) -> None:
    p = sheet.programme
    for place, state in enumerate(p.states):
        _fields(sheet, ("states", place, "edit"), state.edit)
        _fields(sheet, ("states", place, "hide"), state.hide)
        for number, name in enumerate(state.edit):
            if name in state.hide:
                sheet.error(("states", place, "edit", number), "EDIT_HIDDEN", f"“{name}”在这一步既可填又隐藏",
                            f"'{name}' is both to be filled in and hidden here")
        if state.notice is not None:
            _fields(sheet, ("states", place, "notice", "show"), state.notice.show, calc=True)
            _no_files(sheet, ("states", place, "notice", "show"), state.notice.show)
            _shown(sheet, ("states", place, "notice", "mask"), state.notice.mask, state.notice.show)
            _places(sheet, ("states", place, "notice", "where"), state.notice.where)
        _triggers(sheet, ("states", place, "batch"), state.name, state.batch)
    for place, words in enumerate(p.transitions):
        path: Path = ("transitions", place)
        _fields(sheet, (*path, "require"), words.require, whole=True)
        _fields(sheet, (*path, "restart_if_changed"), words.restart_if_changed)
        _fields(sheet, (*path, "edit_only"), words.edit_only or [])
        _unlocked(sheet, place)
        for number, effect in enumerate(words.effects):
            if effect not in _EFFECTS:
                zh, en = did_you_mean(effect, _EFFECTS)
                sheet.error((*path, "effects", number), "UNKNOWN_EFFECT", f"没有“{effect}”这种效果{zh}",
                            f"There is no effect '{effect}'{en}")
    known = {words.trigger for words in p.transitions} | {"approve", "reject", "return", "return_to"}
    for trigger in p.defaults.comment:
        if trigger not in known:
            zh, en = did_you_mean(trigger, known)
            sheet.error(("defaults", "comment", trigger), "UNKNOWN_TRIGGER", f"没有动作“{trigger}”{zh}",
                        f"There is no trigger '{trigger}'{en}", key=True)
    _number(sheet)
    if p.budget:
        _placeholders(sheet, ("budget", "pool"), p.budget.pool, _IN_NUMBERS)
    if p.measure and p.measure.sentence:
        _placeholders(sheet, ("measure", "sentence"), p.measure.sentence.zh, _IN_MEASURES)
    if p.lines and p.lines.goods:
        _placeholders(sheet, ("lines", "goods", "stock"), p.lines.goods.stock, _IN_NUMBERS)


def _fields(sheet: Sheet, path: Path, names: Iterable[str], *, whole: bool = False, calc: bool = False) -> None:
    """Tell names that are no field and no attachment kind; `whole` allows `form` itself, `calc` allows results."""
    known = {*sheet.members("form"), *sheet.members("attachments"), *sheet.files().values(), "form.*", "attachments.*"}
    known |= set(_GROUPS) if whole else set()
    known |= {f"calc.{name}" for name in sheet.programme.calc} | {"case.number", "applicant.name", "applicant.union"} if calc else set()
    for number, name in enumerate(names):
        if name not in known and name not in sheet.structure.set_aside:
            _unknown_field(sheet, (*path, number), name, known)


def _unknown_field(sheet: Sheet, path: Path, name: str, known: Iterable[str] | None = None) -> None:
    zh, en = did_you_mean(name, sheet.members("form") if known is None else known)
    sheet.error(path, "UNKNOWN_FIELD", f"没有字段或材料“{name}”{zh}", f"There is no field or attachment '{name}'{en}")


def _shown(sheet: Sheet, path: Path, masked: Iterable[str], shown: Iterable[str]) -> None:
    for number, name in enumerate(masked):
        if name not in shown:
            sheet.error((*path, number), "UNKNOWN_FIELD", f"“{name}”没有列在 show 里，不需要遮盖",
                        f"'{name}' is not shown, so it cannot be masked")


def _no_files(sheet: Sheet, path: Path, shown: Iterable[str]) -> None:
    for number, name in enumerate(shown):
        if name.startswith("attachments.") or name in sheet.files():
            sheet.error((*path, number), "FILE_SHOWN", f"“{name}”是文件，不能公示；请另设一个字段写明要公示的内容",
                        f"'{name}' is a file and cannot be in a notice; ask for what is to be posted in a field")


def _places(sheet: Sheet, path: Path, places: Iterable[str]) -> None:
    for number, name in enumerate(places):
        if name not in _PLACES:
            zh, en = did_you_mean(name, _PLACES)
            sheet.error((*path, number), "UNKNOWN_PLACE", f"不认识公示地点“{name}”{zh}；可以写：{'、'.join(_PLACES)}",
                        f"Unknown place '{name}'{en}; known: {', '.join(_PLACES)}")


def _triggers(sheet: Sheet, path: Path, state: str, triggers: Iterable[str]) -> None:
    here = {way.trigger: way for way in sheet.ways() if way.source == state}
    for number, trigger in enumerate(triggers):
        if trigger not in here and sheet.readable:
            zh, en = did_you_mean(trigger, here)
            sheet.error((*path, number), "UNKNOWN_TRIGGER", f"“{state}”没有动作“{trigger}”{zh}",
                        f"'{state}' has no trigger '{trigger}'{en}")
        elif trigger in here and here[trigger].chosen:
            sheet.error((*path, number), "BATCH_CHOICE", f"“{trigger}”要逐件选择去向，不能批量办理",
                        f"Whoever takes '{trigger}' chooses where to; it cannot be done in batches")


def _unlocked(sheet: Sheet, place: int) -> None:
    words = sheet.programme.transitions[place]
    for number, name in enumerate(words.edit_only or ()):
        for dest in words.dest:
            state = sheet.states.get(dest)
            wanted = set(sheet.spread([name]))
            if state is not None and not wanted <= set(sheet.editable(state)):
                sheet.error(("transitions", place, "edit_only", number), "EDIT_ONLY_LOCKED",
                            f"“{name}”在“{dest}”本来就不能填，退回也改不了",
                            f"'{name}' cannot be filled in at '{dest}', so it cannot be corrected there")


def _number(sheet: Sheet) -> None:
    pattern = sheet.programme.number
    inside = _placeholders(sheet, ("number",), pattern, _IN_NUMBERS, sequence=True)
    if not any(_SEQ.match(one) for one in inside):
        sheet.error(("number",), "NUMBER_PATTERN", "编号规则缺少流水号，例如 {seq:05d}",
                    "The number needs a sequence, as in {seq:05d}")
    elif not inside & {"org.code", "org.county"} or not inside & {"year", "cycle"}:
        sheet.warn(("number",), "NUMBER_SHARED", "流水号按单位、年度各自编，编号里没有 {org.code} 或 {year} 会重号",
                   "Sequences run per organisation and year; without {org.code} and {year} numbers will clash")


def _placeholders(sheet: Sheet, path: Path, pattern: str, known: Iterable[str], *, sequence: bool = False) -> set[str]:
    inside = set(_PLACEHOLDER.findall(pattern))
    for name in sorted(inside):
        if name not in known and not (sequence and _SEQ.match(name)):
            zh, en = did_you_mean(name, {*known, "seq:05d"} if sequence else known)
            sheet.error(path, "NUMBER_PATTERN", f"不认识“{{{name}}}”{zh}", f"Unknown placeholder '{{{name}}}'{en}")
    if _PLACEHOLDER.sub("", pattern).count("{") or _PLACEHOLDER.sub("", pattern).count("}"):
        sheet.error(path, "NUMBER_PATTERN", "花括号没有配对", "The braces do not match")
    return inside
