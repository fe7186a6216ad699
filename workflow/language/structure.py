"""Nodes to the models of `schema.py`, every refusal turned into a fault at the line and column that caused it.

One pass tells everything: what is wrong is reported, set aside, and the rest is read on, so that the checker can
still judge it. What was set aside is remembered, because a name that was declared wrongly is not an unknown name.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from .faults import Fault, did_you_mean, fault, nearest
from .scalars import Node
from .schema import Programme

_MAX_ROUNDS = 12
_MAX_ERRORS = 100
_MAX_WAYS = 1000
_TEXTS = frozenset({"label", "title", "zh"})
_NAMED = frozenset({"form", "attachments", "params", "calc", "tables", "actors"})

Path = tuple[str | int, ...]


@dataclass(slots=True)
class Structure:
    """What could be read. `root` is what `programme` was made of, so that both have the same paths.

    `set_aside` has the names of what was declared but could not be read (`form.income`, `states.draft`);
    `damaged` the top-level words from which something is missing; `dented` the states that lack a word of theirs.
    """

    programme: Programme | None
    root: Node
    faults: list[Fault]
    set_aside: set[str] = field(default_factory=set)
    damaged: set[str] = field(default_factory=set)
    dented: set[str] = field(default_factory=set)


def read_structure(root: Node) -> Structure:
    """Return the programme that `root` describes, as far as it can be read."""
    if not isinstance(root.value, dict):
        told = fault(root.mark, "NOT_A_MAPPING", "文件应由“键: 值”组成", "The file must be a mapping of keys to values")
        return Structure(None, root, [told])
    tree = _without_empty(root)
    result = Structure(None, tree, [])
    silent: set[Path] = set()
    for _ in range(_MAX_ROUNDS):
        try:
            programme = Programme.model_validate(tree.plain())
            if not _too_many_ways(programme, result):
                result.programme = programme
            return result
        except ValidationError as error:
            if not _set_aside(error, result, silent):
                return result
    return result


def _too_many_ways(programme: Programme, result: Structure) -> bool:
    """Lists of sources and dests multiply: two of a hundred are ten thousand ways."""
    count = sum(len(words.source) * len(words.dest) for words in programme.transitions)
    if count > _MAX_WAYS:
        result.faults.append(fault(result.root.key_at("transitions"), "TOO_MANY", f"“transitions”展开后超过 {_MAX_WAYS} 条",
                                   f"The transitions spread out to more than {_MAX_WAYS}"))
    return count > _MAX_WAYS


def _without_empty(node: Node) -> Node:
    """Return a copy in which an empty value is the same as a word left out; rows of tables keep theirs."""
    value = node.value
    if isinstance(value, dict):
        value = {key: _without_empty(item) for key, item in value.items() if item.value is not None}
    elif isinstance(value, list):
        value = [_without_empty(item) for item in value]
    return Node(value, node.mark, dict(node.keys), node.inner)


def _set_aside(error: ValidationError, result: Structure, silent: set[Path]) -> bool:
    """Report the errors of one round and take out what caused them. False when nothing is left to read."""
    tree = result.root
    removals: set[Path] = set()
    details = error.errors(include_url=False)[:_MAX_ERRORS]
    for detail in sorted(details, key=lambda detail: detail["type"] != "extra_forbidden"):
        kind, whole = str(detail["type"]), tuple(detail["loc"])
        of_key = bool(whole) and whole[-1] == "[key]"
        path = _existing(tree, whole[:-1] if of_key else whole, kind)
        if kind == "missing" and tree.get(*path) is not None:
            continue                                      # misspelt, told as that, and put right below
        if kind != "missing" or path not in silent:       # missing because it was set aside a round ago
            result.faults.append(_told(kind, path, detail, tree, of_key))
        if kind == "extra_forbidden" and _put_right(tree, path):
            continue
        if kind == "missing" and path[-1] in _TEXTS:
            parent = tree.get(*path[:-1])
            assert parent is not None
            parent.value[path[-1]] = Node("?", parent.mark)
        else:
            removals.add(path[:-1] if kind == "missing" else path)
            if kind != "extra_forbidden":
                _remember(tree, path[:-1] if kind == "missing" else path, result)
                silent.add(path)
    for path in sorted(removals, key=lambda path: [(isinstance(step, int), step) for step in path], reverse=True):
        if not path:
            return False
        parent = tree.get(*path[:-1])
        if parent is not None and isinstance(parent.value, dict):
            parent.value.pop(str(path[-1]), None)
        elif parent is not None and isinstance(parent.value, list) and isinstance(path[-1], int):
            del parent.value[path[-1]:path[-1] + 1]
    return True


def _put_right(tree: Node, path: Path) -> bool:
    """Read a misspelt word as the one that was meant, when that one is absent, so that the rest makes sense."""
    parent, meant = tree.get(*path[:-1]), nearest(str(path[-1]), _words_at(path[:-1]))
    if parent is None or meant is None or meant in parent.value:
        return False
    parent.value[meant] = parent.value.pop(path[-1])
    parent.keys[meant] = parent.keys.get(str(path[-1]), parent.mark)
    return True


def _existing(tree: Node, whole: Path, kind: str) -> Path:
    """Return `whole` without the steps that pydantic adds and the file does not have."""
    path: list[str | int] = []
    for step in whole[:-1] if kind == "missing" else whole:
        if tree.get(*path, step) is not None:
            path.append(step)
    if kind == "missing":
        path.append(whole[-1])
    return tuple(path)


_HARMLESS = frozenset({"timers", "label", "due", "batch", "conditions", "require", "comment", "effects", "notice", "claim"})


def _remember(tree: Node, path: Path, result: Structure) -> None:
    if not path:
        return
    top = str(path[0])
    if len(path) < 3 or path[2] not in _HARMLESS:
        result.damaged.add(top)
    if top == "states" and len(path) > 2:
        result.dented.add(_name_of(tree, path[1]))
    if top in _NAMED and len(path) == 2:
        result.set_aside.add(f"{top}.{path[1]}")
    elif top in _NAMED and len(path) == 1:
        whole = tree.get(top)
        if whole is not None and isinstance(whole.value, dict):
            result.set_aside.update(f"{top}.{name}" for name in whole.value)
    elif top == "states" and len(path) == 2:
        result.set_aside.add(f"states.{_name_of(tree, path[1])}")


def _name_of(tree: Node, place: str | int) -> str:
    name = tree.get("states", place, "name")
    return str(name.value) if name is not None else ""


def _told(kind: str, path: Path, detail: Mapping[str, Any], tree: Node, of_key: bool) -> Fault:
    context = detail.get("ctx", {})
    word = str(path[-1]) if path else ""
    if kind == "extra_forbidden":
        zh, en = did_you_mean(word, _words_at(path[:-1]))
        return fault(tree.key_at(*path), "UNKNOWN_WORD", f"不认识的键“{word}”{zh}", f"Unknown word '{word}'{en}")
    if kind == "missing":
        around = tree.at(*path[:-1])
        return fault(around, "MISSING", f"缺少“{word}”", f"'{word}' is missing")
    mark = tree.key_at(*path) if of_key else tree.at(*path)
    if kind.isupper():                                    # a code of ours
        return fault(mark, kind, str(context.get("zh", "")), str(context.get("en", "")))
    value = tree.get(*path)
    shown = value.value if value is not None and not isinstance(value.value, (dict, list)) else "…"
    if kind == "literal_error":
        allowed = [text.strip("' ") for text in str(context["expected"]).replace(" or ", ", ").split(", ")]
        zh, en = did_you_mean(str(shown), allowed)
        return fault(mark, "BAD_VALUE", f"“{word}”不能写“{shown}”{zh or '，可以写：' + '、'.join(allowed)}",
                     f"'{word}' cannot be '{shown}'{en or '; known: ' + ', '.join(allowed)}")
    code, zh, en = _SENTENCES.get(kind, ("BAD_VALUE", "写法不对", str(detail["msg"])))
    return fault(mark, code, f"“{word}”{zh.format(**context)}", f"'{word}' {en.format(**context)}")


_SENTENCES = {
    "string_type": ("BAD_TYPE", "应为文字（编号请加引号）", "must be text (put a code in quotes)"),
    "int_type": ("BAD_TYPE", "应为整数", "must be a whole number"),
    "bool_type": ("BAD_TYPE", "应为 true 或 false", "must be true or false"),
    "list_type": ("BAD_TYPE", "应为列表", "must be a list"),
    "dict_type": ("BAD_TYPE", "应由“名称: 内容”组成", "must be a mapping of names"),
    "model_type": ("BAD_TYPE", "应由“键: 值”组成", "must be a mapping of keys to values"),
    "string_too_short": ("BAD_VALUE", "不能为空", "must not be empty"),
    "string_pattern_mismatch": ("BAD_NAME", "要以小写字母开头，只含小写字母、数字和下划线",
                                "begins with a small letter; small letters, digits and underscores only"),
    "too_long": ("TOO_MANY", "最多 {max_length} 项", "takes at most {max_length} items"),
    "greater_than_equal": ("BAD_VALUE", "不能小于 {ge}", "must not be less than {ge}"),
    "less_than_equal": ("BAD_VALUE", "不能大于 {le}", "must not be more than {le}"),
}


def _words_at(path: Path) -> Iterable[str]:
    """Return the words that the vocabulary knows at `path`."""
    model: Any = Programme
    for step in path:
        model = _inner(model, step)
    if isinstance(model, type) and issubclass(model, BaseModel):
        return [item.alias or name for name, item in model.model_fields.items()]
    return []


def _inner(model: Any, step: str | int) -> Any:
    if isinstance(model, type) and issubclass(model, BaseModel):
        for name, item in model.model_fields.items():
            if (item.alias or name) == step:
                return _plain_type(item.annotation)
        return None
    arguments = get_args(model)
    if get_origin(model) is dict and len(arguments) == 2:
        return _plain_type(arguments[1])
    if get_origin(model) is list:
        return _plain_type(arguments[0])
    return None


def _plain_type(annotation: Any) -> Any:
    """Return the annotation without `Annotated` and without `| None`."""
    if get_origin(annotation) is typing.Annotated:
        return _plain_type(get_args(annotation)[0])
    if get_origin(annotation) in (types.UnionType, typing.Union):
        real = [item for item in get_args(annotation) if item is not type(None)]
        return _plain_type(real[0]) if len(real) == 1 else None
    return annotation
