"""`extends: individual_grant@1`: a programme on top of a flow that several programmes share.

Mappings merge key by key, `states` by name; the programme's transitions of one trigger and source replace all the
flow's of that pair, others are added. Nothing can be removed. Both trees keep their places, so that a fault in the
flow is told in the flow's file.
"""

from __future__ import annotations

import re
from pathlib import Path

from . import scalars
from .faults import Fault, did_you_mean, fault
from .scalars import Node

FLOW_WORDS = frozenset({"states", "transitions", "actors", "separation", "operations", "defaults", "initial", "params",
                        "form", "attachments", "calc", "progress"})
_IDENTITY = frozenset({"schema", "key", "version", "title", "summary"})
_FLOW = re.compile(r"([a-z][a-z0-9_]{0,59})@([1-9][0-9]{0,3})\Z", re.ASCII)


def merged(root: Node, flows: Path | None) -> tuple[Node, list[Fault]]:
    """Return the programme with its flow merged in; without `extends`, or when that fails, the programme as it is."""
    wanted = root.get("extends")
    if wanted is None or wanted.value is None:
        return root, []
    found = _FLOW.match(wanted.value) if isinstance(wanted.value, str) else None
    if found is None:
        return root, [fault(wanted.mark, "BAD_FLOW", f"流程“{wanted.value}”写法不对，应为 名称@版本，例如 individual_grant@1",
                            f"'{wanted.value}' names no flow; write name@version, as in individual_grant@1")]
    path = (flows or Path("definitions/flows")) / f"{found[1]}.v{found[2]}.yaml"
    if not path.is_file():
        known = [item.name.removesuffix(".yaml").replace(".v", "@") for item in path.parent.glob("*.v*.yaml")]
        zh, en = did_you_mean(wanted.value, known)
        return root, [fault(wanted.mark, "UNKNOWN_FLOW", f"没有流程“{wanted.value}”{zh}",
                            f"There is no flow '{wanted.value}'{en}")]
    flow, faults = scalars.parse(path.read_bytes(), str(path))
    if flow is None or not isinstance(flow.value, dict):
        return root, faults
    faults.extend(fault(flow.key_at(word), "FLOW_WORD", f"流程里不能写“{word}”", f"A flow cannot give '{word}'")
                  for word in flow.value if word not in FLOW_WORDS | _IDENTITY)
    shared = {word: node for word, node in flow.value.items() if word in FLOW_WORDS}
    base = Node(shared, root.mark, {word: flow.keys[word] for word in shared})
    return _programme_over(root, base), faults


def _programme_over(root: Node, flow: Node) -> Node:
    result = _over(root, flow)
    for word, merge in (("states", _states), ("transitions", _transitions)):
        mine, theirs = root.get(word), flow.get(word)
        if mine is not None and theirs is not None and isinstance(mine.value, list) and isinstance(theirs.value, list):
            result.value[word] = Node(merge(mine.value, theirs.value), mine.mark)
    return result


def _over(mine: Node, theirs: Node) -> Node:
    """Return `theirs` with `mine` on top, key by key; a list or a scalar replaces. The programme's order comes first,
    because its form is asked in the order it is written."""
    if not (isinstance(mine.value, dict) and isinstance(theirs.value, dict)):
        return mine
    value = {key: _over(node, theirs.value[key]) if key in theirs.value else node for key, node in mine.value.items()}
    value.update({key: node for key, node in theirs.value.items() if key not in value})
    return Node(value, mine.mark, {**theirs.keys, **mine.keys})


def _text(node: Node, word: str) -> str | None:
    found = node.get(word)
    return found.value if found is not None and isinstance(found.value, str) else None


def _states(mine: list[Node], theirs: list[Node]) -> list[Node]:
    own = {_text(node, "name"): node for node in mine}
    shared = {_text(node, "name") for node in theirs}
    kept = [_over(own[name], node) if (name := _text(node, "name")) in own and name else node for node in theirs]
    return kept + [node for node in mine if _text(node, "name") not in shared or _text(node, "name") is None]


def _pairs(node: Node) -> set[tuple[str, str]]:
    trigger, source = _text(node, "trigger"), node.get("source")
    if trigger is None or source is None:
        return set()
    names = source.value if isinstance(source.value, list) else [source]
    return {(trigger, name.value) for name in names if isinstance(name.value, str)}


def _transitions(mine: list[Node], theirs: list[Node]) -> list[Node]:
    replaced = {pair for node in mine for pair in _pairs(node)}
    kept = []
    for node in theirs:
        pairs = _pairs(node)
        left = sorted(source for _, source in pairs - replaced)
        if left or not pairs:
            kept.append(_with_sources(node, left) if pairs & replaced else node)
    return kept + mine


def _with_sources(node: Node, sources: list[str]) -> Node:
    """Return the flow's transition for those of its sources that the programme says nothing about."""
    place = node.at("source")
    return Node({**node.value, "source": Node([Node(name, place) for name in sources], place)}, node.mark, node.keys)
