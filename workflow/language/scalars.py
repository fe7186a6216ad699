"""YAML text to plain values that remember where they were written. The only module that imports `yaml`.

PyYAML's own constructor reads `on` as true, `0755` as 493 and `12:30` as 750, and lets the second of two equal keys
win in silence. Here only `true`/`false`, empty/`null`, plain integers without a leading zero and plain decimals (as
`Decimal`) are converted; everything else stays text. Anchors, aliases, tags, merge keys, duplicate keys, several
documents, more than 256 KB, 20 levels or 8,000 values are faults.

It reads libyaml's events and not a composed tree: a hostile file is refused at its first forbidden event, before
anything is built, and no recursion follows its depth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import yaml

from .faults import Fault, Mark, fault

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_VALUES = 8_000                   # keys, values and brackets: five times the largest programme
MAX_FAULTS = 50                      # a file that is something else altogether does not deserve a thousand lines
MAX_DIGITS = 16                      # nothing counted here is longer; codes and card numbers belong in quotes

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+\Z", re.ASCII)
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(slots=True)
class Node:
    """A value and where it was written: `value` is a scalar, a list of nodes or a mapping of nodes."""

    value: Any
    mark: Mark
    keys: dict[str, Mark] = field(default_factory=dict)      # of a mapping: where each key was written
    inner: int | None = None         # of text on one line: how many columns after `mark` it begins

    def get(self, *path: str | int) -> Node | None:
        """Return the node at `path`, or None when there is none."""
        node = self
        for step in path:
            if isinstance(step, str) and isinstance(node.value, dict) and step in node.value:
                node = node.value[step]
            elif isinstance(step, int) and isinstance(node.value, list) and 0 <= step < len(node.value):
                node = node.value[step]
            else:
                return None
        return node

    def at(self, *path: str | int) -> Mark:
        """Return where the value at `path` is, or the nearest thing around it that was written."""
        while (found := self.get(*path)) is None:
            path = path[:-1]
        return found.mark

    def key_at(self, *path: str | int) -> Mark:
        """Return where the key at the end of `path` is."""
        if path and (around := self.get(*path[:-1])) is not None and str(path[-1]) in around.keys:
            return around.keys[str(path[-1])]
        return self.at(*path)

    def plain(self) -> Any:
        """Return the value without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def from_plain(value: Any, mark: Mark) -> Node:
    """Return nodes for plain values that were never in a file; everything is at `mark`."""
    if isinstance(value, dict):
        return Node({str(key): from_plain(item, mark) for key, item in value.items()}, mark)
    if isinstance(value, (list, tuple)):
        return Node([from_plain(item, mark) for item in value], mark)
    return Node(value, mark)


def parse(text: str | bytes, name: str) -> tuple[Node | None, list[Fault]]:
    """Return the document with its places, and everything wrong with it as YAML. None when it cannot be read."""
    start = Mark(name)
    try:
        raw = text if isinstance(text, bytes) else text.encode("utf-8")
        decoded = raw.decode("utf-8-sig")
    except UnicodeError:
        return None, [fault(start, "YAML_ENCODING", "文件不是 UTF-8 编码，请另存为 UTF-8", "The file is not UTF-8")]
    if len(raw) > MAX_BYTES:
        return None, [fault(start, "YAML_TOO_LARGE", "文件超过 256 KB", "The file is larger than 256 KB")]
    builder = _Builder(name)
    try:
        for event in _events(decoded):
            builder.take(event)
            if builder.stopped:
                return None, builder.faults
    except yaml.MarkedYAMLError as error:
        place = error.problem_mark or error.context_mark
        mark = Mark(name, place.line + 1, place.column + 1) if place else start
        return None, [*builder.faults, _syntax(mark, error.problem or "")]
    except yaml.YAMLError as error:              # characters that no YAML file may hold
        position = getattr(error, "position", 0) or 0
        line = decoded.count("\n", 0, position) + 1
        mark = Mark(name, line, position - (decoded.rfind("\n", 0, position) + 1) + 1)
        return None, [*builder.faults, _syntax(mark, "control characters are not allowed")]
    if builder.root is None:
        return None, [*builder.faults, fault(start, "YAML_EMPTY", "文件是空的", "The file is empty")]
    return builder.root, builder.faults


def _events(text: str) -> Iterator[Any]:
    return iter(yaml.parse(text, Loader=_LOADER))


class _Builder:
    """Turns events into nodes; `stopped` as soon as going on would only cost time."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults: list[Fault] = []
        self.stopped = False
        self.root: Node | None = None
        self._open: list[tuple[Node, list[tuple[str, Mark]]]] = []     # containers, each with its waiting key
        self._documents = 0
        self._values = 0

    def take(self, event: Any) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            self._fault(event, "YAML_TOO_LARGE", f"内容超过 {MAX_VALUES} 项", f"More than {MAX_VALUES} values",
                        stop=True)
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._fault(event, "YAML_DOCUMENTS", "一个文件只能有一份内容，请去掉“---”之后的部分",
                            "One file holds one document; remove what follows '---'", stop=True)
            elif event.tags:
                self._fault(event, "YAML_TAG", "不允许使用标签（%TAG、!）", "Tags are not allowed", stop=True)
        elif isinstance(event, yaml.AliasEvent):
            self._fault(event, "YAML_ALIAS", f"不允许使用引用“*{event.anchor}”，请把内容写出来",
                        f"Aliases such as '*{event.anchor}' are not allowed; write the content out", stop=True)
        elif isinstance(event, yaml.ScalarEvent):
            self._marked(event)
            self._scalar(event)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._marked(event)
            self._start({} if isinstance(event, yaml.MappingStartEvent) else [], event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)) and self._open:
            node, _ = self._open.pop()
            self._put(node)

    def _marked(self, event: Any) -> None:
        if event.anchor is not None:
            self._fault(event, "YAML_ANCHOR", f"不允许使用锚点“&{event.anchor}”，请把内容写出来",
                        f"Anchors such as '&{event.anchor}' are not allowed; write the content out", stop=True)
        if event.tag is not None:
            self._fault(event, "YAML_TAG", f"不允许使用标签“{event.tag[:40]}”",
                        f"Tags such as '{event.tag[:40]}' are not allowed", stop=True)

    def _start(self, value: Any, event: Any) -> None:
        if self._expects_key():
            self._fault(event, "YAML_KEY", "键必须是文字", "A key must be text", stop=True)
        elif len(self._open) >= MAX_DEPTH:
            self._fault(event, "YAML_DEPTH", f"嵌套超过 {MAX_DEPTH} 层", f"More than {MAX_DEPTH} levels deep", stop=True)
        self._open.append((Node(value, self._mark(event)), []))

    def _scalar(self, event: Any) -> None:
        mark = self._mark(event)
        if self._expects_key():
            node, waiting = self._open[-1]
            key = event.value
            if key == "<<" and not event.style:
                self._fault(event, "YAML_MERGE", "不允许使用合并键“<<”，请把内容写出来",
                            "Merge keys '<<' are not allowed; write the content out", stop=True)
            elif not key.strip():
                self._fault(event, "YAML_KEY", "键不能为空", "A key must not be empty")
            elif key in node.keys:
                first = node.keys[key].line
                self._fault(event, "YAML_DUPLICATE_KEY", f"键“{key}”重复（首次出现在第 {first} 行）",
                            f"The key '{key}' is repeated (first on line {first})")
            waiting.append((key, mark))
            return
        one_line = event.start_mark.line == event.end_mark.line
        self._put(Node(self._convert(event), mark, inner=len(event.style or "") if one_line else None))

    def _convert(self, event: Any) -> Any:
        text: str = event.value
        if event.style:
            return text
        if text in _WORDS:
            return _WORDS[text]
        whole = _INTEGER.match(text)
        if not whole and not _DECIMAL.match(text):
            return text
        if len(text.lstrip("+-")) > MAX_DIGITS:
            self._fault(event, "YAML_NUMBER", "数字太长；如果是编号，请加引号",
                        "The number is too long; put it in quotes if it is a code")
            return text
        return int(text) if whole else Decimal(text)

    def _expects_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1][0].value, dict) and not self._open[-1][1]

    def _put(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        around, waiting = self._open[-1]
        if isinstance(around.value, list):
            around.value.append(node)
            return
        key, mark = waiting.pop()
        if key not in around.value:      # the first of two equal keys stands, so that the other faults make sense
            around.value[key] = node
            around.keys[key] = mark

    def _mark(self, event: Any) -> Mark:
        return Mark(self.name, event.start_mark.line + 1, event.start_mark.column + 1)

    def _fault(self, event: Any, code: str, zh: str, en: str, *, stop: bool = False) -> None:
        self.faults.append(fault(self._mark(event), code, zh, en))
        self.stopped = self.stopped or stop or len(self.faults) >= MAX_FAULTS


def _syntax(mark: Mark, problem: str) -> Fault:
    for begin, zh in _SYNTAX:
        if problem.startswith(begin):
            return fault(mark, "YAML_SYNTAX", f"YAML 语法错误：{zh}", f"YAML syntax: {problem}")
    return fault(mark, "YAML_SYNTAX", "YAML 语法错误：这里读不懂，请检查这一行和上一行的缩进、冒号、括号和引号",
                 f"YAML syntax: {problem}")


_SYNTAX = (
    ("could not find expected ':'", "少了冒号“:”（冒号要用英文半角，后面空一格）"),
    ("mapping values are not allowed", "这一行不该再有冒号；文字里有冒号时请加引号，或检查上一行的缩进"),
    ("did not find expected key", "缩进与上面各行没有对齐，或多了、少了引号"),
    ("did not find expected ',' or ']'", "方括号没有配对，或少了逗号（用英文半角）"),
    ("did not find expected ',' or '}'", "花括号没有配对，或少了逗号（用英文半角）；文字里有花括号时请加引号"),
    ("did not find expected '-' indicator", "列表各项的“-”没有对齐"),
    ("did not find expected node content", "这里少了内容"),
    ("did not find expected <document start>", "内容结束之后还有多余的文字，请检查缩进"),
    ("did not find expected alphabetic or numeric character", "“&”“*”开头的文字请加引号"),
    ("did not find expected comment or line break", "“|”“>”后面应当换行"),
    ("block sequence entries are not allowed", "“-”不能写在这里，请另起一行并对齐"),
    ("block mapping", "键不能写在这里，请检查缩进"),
    ("found character that cannot start any token", "这个字符不能放在开头（例如制表符、“@”、“%”、“`”），请加引号或改用空格"),
    ("found a tab character", "缩进不能用制表符，请改用空格"),
    ("found unexpected end of stream", "引号没有配对"),
    ("found unexpected document indicator", "引号里出现了“---”或“...”"),
    ("found unknown escape character", "双引号里的“\\”写法不对，请改用单引号"),
    ("found undefined tag handle", "不允许使用标签（!）"),
    ("found undefined", "不允许使用标签（!）"),
    ("found an indentation indicator", "“|”“>”后面的缩进数字不对"),
    ("control characters are not allowed", "文件里有看不见的控制字符"),
    ("exceeded max", "嵌套过深"),
    ("found duplicate %", "文件开头的指令重复"),
    ("found incompatible YAML document", "不支持这个 YAML 版本"),
)
