"""Two versions of a programme in plain words: what was added, taken away, or changed from what to what, by subject.

Every word of the vocabulary has its words here, so that nobody has to read YAML to see what a new version does. States
that the new version renames (`migrate_from`) are compared with what they were.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from .change_words import ENUMS, GROUPS, ROWS, WORDS
from .errors import Message
from .language.definition import Definition, Label
from .language.roles import role_label
from .machine import name_of

_DURATION = re.compile(r"(\d+) ?(wd|d|h|months|years)\Z")
_UNITS = {"wd": ("个工作日", "working days"), "d": ("天", "days"), "h": ("小时", "hours"), "months": ("个月", "months"), "years": ("年", "years")}
_STATES = frozenset({"initial", "progress", "distinct", "adjustable_in", "hold_in", "source", "dest", "fail_dest", "states",
                     "transfer", "delegate", "add_signer", "remove_signer", "consult", "cc", "urge", "claim"})
_WHOLE = frozenset({"timers"})           # rows that are short enough to be told as one sentence
_NAME = re.compile(r"\b(?:form|param|calc|region|attachments|applicant|org|case|task)\.[a-z_][a-z0-9_]*")
_FORMULAS = frozenset({"expr", "calc", "when", "value", "max", "required", "visible", "validate", "unique", "person", "account", "bank", "holder", "item", "quantity",
                       "amount", "goods", "require", "edit", "hide", "show", "mask", "edit_only", "restart_if_changed"})
_ACTORS = frozenset({"actor", "to", "paper", "fallback"})


@dataclass(frozen=True, slots=True)
class Group:
    """The changes of one subject, in the document's order."""

    heading: Label
    changes: tuple[Message, ...]


def compare(before: Definition, after: Definition) -> tuple[Group, ...]:
    """Return what changed, by subject; subjects in which nothing changed are left out."""
    return _Comparison(before, after).groups()


class _Comparison:
    def __init__(self, before: Definition, after: Definition) -> None:
        self.before, self.after = before, after
        self.names = dict(after.migrate_from.get(before.version, {})) if before.key == after.key else {}
        self.found: list[Message] = []

    def groups(self) -> tuple[Group, ...]:
        old, new, made = self._documents(), dict(self.after.document), []
        for heading, words in GROUPS:
            self.found = []
            for word in words:
                self._word((), word, old.get(word), new.get(word))
            if self.found:
                made.append(Group(heading, tuple(self.found)))
        return tuple(made)

    def _documents(self) -> dict[str, Any]:
        return {word: self._moved(word, value) for word, value in self.before.document.items()}

    def _moved(self, word: str, value: Any) -> Any:
        """The old document with its states called what the new version calls them."""
        if isinstance(value, Mapping):
            return {inner: self._moved(inner, held) for inner, held in value.items()}
        if isinstance(value, list):
            return [self._moved(word, held) for held in value]
        if isinstance(value, str):
            if word in _STATES:
                return self.names.get(value, value)
            if word == "at" and "." in value:
                state, _, trigger = value.partition(".")
                return f"{self.names.get(state, state)}.{trigger}"
        return value

    def _word(self, path: tuple[Label, ...], word: str, old: Any, new: Any) -> None:
        """Compare one word of the vocabulary; `path` says what it belongs to."""
        if word in ROWS:
            self._rows(path, word, self._keyed(word, old), self._keyed(word, new))
        elif old == new or old in (None, [], {}) and new in (None, [], {}):
            return
        elif isinstance(old, Mapping) and isinstance(new, Mapping) and not _is_label(old) and not _is_label(new):
            here = (*path, WORDS[word]) if word in WORDS else (*path, Label(word, word))
            for inner in [*old, *(inner for inner in new if inner not in old)]:
                self._word(here, inner, old.get(inner), new.get(inner))
        else:
            self._say((*path, WORDS.get(word, Label(word, word))), word, old, new)

    def _rows(self, path: tuple[Label, ...], word: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        what = ROWS[word]
        for key in [*old, *(key for key in new if key not in old)]:
            a, b = old.get(key), new.get(key)
            if a == b:
                continue
            name = self._row_name(word, key, b if b is not None else a)
            here = (*path, Label(f"{what.zh}“{name.zh}”", f"{what.en} “{name.text('en')}”"))
            if word in _WHOLE or not isinstance(a, Mapping) or not isinstance(b, Mapping):
                self._say(here, word, a, b)
                continue
            for inner in [*a, *(inner for inner in b if inner not in a)]:
                if inner not in ("name", "key") or word not in ("states", "branches", "criteria"):
                    self._word(here, inner, a.get(inner), b.get(inner))
                elif a.get(inner) != b.get(inner):
                    self._say((*here, Label("代码", "code")), inner, a.get(inner), b.get(inner))

    def _keyed(self, word: str, value: Any) -> dict[str, Any]:
        """Return rows by what they are recognised by; where nothing tells them apart, by their place."""
        if isinstance(value, Mapping):
            return {str(key): held for key, held in value.items()}
        if not isinstance(value, list):
            return {} if value is None else {"1": value}
        keyed: dict[str, Any] = {}
        for place, row in enumerate(value, 1):
            for key, held in self._row_keys(word, place, row):
                while key in keyed:
                    key += "'"
                keyed[key] = held
        return keyed

    def _row_keys(self, word: str, place: int, row: Any) -> Iterator[tuple[str, Any]]:
        if word == "transitions" and isinstance(row, Mapping):
            # One row for each way: a list of sources is only a shorter way of writing them.
            for source, dest in product(_listed(row.get("source")), _listed(row.get("dest"))):
                rest = {inner: held for inner, held in row.items() if inner not in ("trigger", "source", "dest")}
                yield f"{row.get('trigger')}/{source}/{dest}", rest
        elif word == "states":
            renamed = self.names.get(row["name"], row["name"])
            yield str(renamed), row
        elif isinstance(row, Mapping) and word in ("criteria", "branches"):
            yield str(row.get("name") or row.get("key")), row
        elif isinstance(row, str):
            yield row, row
        else:
            yield str(place), row

    def _row_name(self, word: str, key: str, row: Any) -> Label:
        key = key.rstrip("'")
        if word == "transitions":
            trigger, source, dest = key.split("/", 2)
            said = self._label_of(row.get("label"), trigger)
            a, b = self._state(source), self._state(dest)
            return Label(f"{a.zh}：{said.zh} → {b.zh}", f"{a.text('en')}: {said.text('en')} → {b.text('en')}")
        if isinstance(row, Mapping) and ("label" in row or "title" in row):
            return self._label_of(row.get("label") or row.get("title"), key)
        if word == "actors" and isinstance(row, Mapping):
            return self._actor(row, key)
        if word in ("timers", "conditions", "caps", "rows"):
            return Label(f"第 {key} 条", f"no. {key}")
        return Label(key, key)

    def _say(self, path: tuple[Label, ...], word: str, old: Any, new: Any) -> None:
        zh, en = "的".join(part.zh for part in path), ", ".join(part.text("en") for part in path)
        if old in (None, [], {}):
            a = self._said(word, new)
            self.found.append(Message("ADDED", f"新增{zh}：{a.zh}", f"Added {en}: {a.text('en')}"))
        elif new in (None, [], {}):
            a = self._said(word, old)
            self.found.append(Message("REMOVED", f"删除{zh}（原为 {a.zh}）", f"Removed {en} (was {a.text('en')})"))
        else:
            a, b = self._said(word, old), self._said(word, new)
            self.found.append(Message("CHANGED", f"{zh}：由 {a.zh} 改为 {b.zh}", f"{en}: {a.text('en')} became {b.text('en')}"))

    def _said(self, word: str, value: Any) -> Label:
        """Return a value as people say it."""
        if value is None:
            return Label("（空）", "(empty)")
        if isinstance(value, bool):
            return Label("是", "yes") if value else Label("否", "no")
        if _is_label(value):
            return self._label_of(value, "")
        if isinstance(value, Mapping):
            if word == "actors":
                return self._actor(value, "")
            if word == "timers":
                return self._timer(value)
            if word == "migrate_from":
                return self._moves(value)
            parts = [(self._named(word, inner), self._said(word if word in ROWS and inner not in WORDS else inner, held)) for inner, held in value.items()
                     if held not in (None, [], {}, "")]
            return Label("；".join(f"{name.zh} {said.zh}" for name, said in parts), "; ".join(f"{name.text('en')} {said.text('en')}" for name, said in parts))
        if isinstance(value, list):
            if not value:
                return Label("（无）", "(none)")
            many = [self._said(word, held) for held in value]
            return Label("、".join(one.zh for one in many), ", ".join(one.text("en") for one in many))
        text = str(value)
        if (long := _DURATION.match(text)) is not None and word != "value":
            zh, en = _UNITS[long[2]]
            return Label(f"{long[1]} {zh}", f"{long[1]} {en}")
        if word in _STATES:
            return self._state(text)
        if word in _ACTORS:
            return self._actor_named(text)
        if word == "role":
            return role_label(text)
        if word in _FORMULAS and _NAME.search(text):
            return Label(self._worded(text, "zh"), self._worded(text, "en"))
        return ENUMS.get(f"{word}={text}") or ENUMS.get(text) or Label(text, text)

    def _worded(self, text: str, lang: str) -> str:
        """A formula with the names people know in place of those of the document."""
        def name(found: re.Match[str]) -> str:
            label = next((label for definition in (self.after, self.before) if (label := name_of(definition, found[0])).zh != found[0]
                          and label.zh != found[0].partition(".")[2]), None)
            return f"“{label.text(lang)}”" if label is not None else found[0]
        return _NAME.sub(name, text)

    def _named(self, word: str, inner: str) -> Label:
        return WORDS.get(inner) or ROWS.get(inner) or Label(inner, inner)

    def _timer(self, row: Mapping[str, Any]) -> Label:
        after, does = self._said("after", row.get("after")), self._said("do", row.get("do"))
        zh, en = f"{after.zh}后{does.zh}", f"{does.text('en')} after {after.text('en')}"
        if row.get("trigger"):
            zh, en = f"{zh}“{row['trigger']}”", f"{en}: {row['trigger']}"
        if row.get("to"):
            to = self._said("to", row["to"])
            zh, en = f"{zh}（{to.zh}）", f"{en} ({to.text('en')})"
        if row.get("every"):
            every = self._said("every", row["every"])
            zh, en = f"{zh}，之后每 {every.zh}一次", f"{en}, then every {every.text('en')}"
        if row.get("times"):
            zh, en = f"{zh}，共 {row['times']} 次", f"{en}, {row['times']} times in all"
        return Label(zh, en)

    def _moves(self, moves: Mapping[str, Any]) -> Label:
        """Which step of an earlier version becomes which one of this."""
        parts = []
        for key, dest in moves.items():
            if isinstance(dest, Mapping):
                inner = self._moves(dest)
                parts.append(Label(f"第 {key} 版 {inner.zh}", f"version {key} {inner.text('en')}"))
            else:
                old = self.before.states[key].label if key in self.before.states else Label(key, key)
                new = self._state(str(dest))
                parts.append(Label(f"“{old.zh}”归到“{new.zh}”", f"“{old.text('en')}” becomes “{new.text('en')}”"))
        return Label("，".join(p.zh for p in parts) or "环节不变", ", ".join(p.text("en") for p in parts) or "steps as they are")

    def _state(self, name: str) -> Label:
        for definition in (self.after, self.before):
            if name in definition.states:
                return definition.states[name].label
        return Label("全部环节", "every step") if name == "*" else Label(name, name)

    def _actor_named(self, key: str) -> Label:
        for definition in (self.after, self.before):
            if key in definition.actors:
                rule = definition.actors[key]
                return Label("申请人", "the applicant") if rule.who else role_label(rule.role or key)
        return Label("系统", "the system") if key == "system" else Label(key, key)

    def _actor(self, row: Mapping[str, Any], key: str) -> Label:
        if row.get("who") == "applicant":
            return Label("申请人", "the applicant")
        role = role_label(str(row.get("role") or key))
        scope = ENUMS.get(str(row.get("scope")))
        return Label(f"{role.zh}（{scope.zh}）", f"{role.text('en')} ({scope.text('en')})") if scope else role

    def _label_of(self, value: Any, otherwise: str) -> Label:
        if isinstance(value, Mapping):
            return Label(str(value.get("zh", otherwise)), str(value.get("en") or value.get("zh", otherwise)))
        return Label(str(value), str(value)) if value else Label(otherwise, otherwise)


def _is_label(value: Any) -> bool:
    return isinstance(value, Mapping) and "zh" in value and value.keys() <= {"zh", "en"}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
