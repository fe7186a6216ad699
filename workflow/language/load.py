"""YAML text → `Definition`, with everything wrong with the file told in one pass; and back from what was published.

What is published, hashed and pinned is the expanded document: the programme with its flow merged in, as plain JSON
values, decimals as text. Reading that document again yields the identical definition, whatever has become of the
flow, the roles or the regional figures since.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from workflow.errors import Damaged, one

from . import check, extends, figures, scalars
from .definition import Definition
from .expand import expand
from .faults import Fault, Mark, in_order
from .names import names_of
from .scalars import Node
from .sheet import Sheet
from .structure import read_structure

DEFINITIONS = Path("definitions")
_ORDERED = frozenset({"form", "attachments", "params", "tables", "calc", "actors"})
_REGION = re.compile(r"\bregion\.([^\W\d]\w*)")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says. `definition` is None when any fault is an error."""

    definition: Definition | None
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> tuple[Fault, ...]:
        return tuple(item for item in self.faults if item.severity == "error")


def read(text: str | bytes, name: str, flows_dir: Path | None = None, *, released: str | None = None,
         earlier: Mapping[int, Definition] | None = None) -> Reading:
    """Return the definition in `text` and every fault of the file.

    `released` is the digest under which this key and version was published, if it was; `earlier` has earlier versions
    of the programme, for the migration map. Reads the flow it extends, roles and regional figures from files.
    """
    root, faults = scalars.parse(text, name)
    if root is None:
        return Reading(None, in_order(faults))
    root, more = extends.merged(root, flows_dir)
    structure = read_structure(root)
    faults = [*faults, *more, *structure.faults]
    if structure.programme is None:
        return Reading(None, in_order(faults))
    sheet = Sheet(structure.programme, structure,
                  names_of(structure.programme, figures.names(), structure.set_aside))
    sheet.definition = expand(sheet, document_of(structure.root))
    check.check(sheet, released=released, earlier=earlier or {})
    told = in_order([*faults, *sheet.faults])
    return Reading(None if any(item.severity == "error" for item in told) else sheet.definition, told)


def read_path(path: Path, *, released: str | None = None) -> Reading:
    """Return what the file at `path` says. Raises `OSError` when it cannot be opened.

    Flows are looked for in `flows/` beside it, and earlier versions that it migrates from beside it too.
    """
    flows = path.parent / "flows"
    reading = read(path.read_bytes(), str(path), flows if flows.is_dir() else None, released=released)
    if reading.definition is None:
        return reading
    wanted = reading.definition.document.get("versioning", {}).get("migrate_from", {})
    earlier = {}
    for version in wanted:
        before = path.parent / f"{reading.definition.key}.v{version}.yaml"
        if before.is_file() and before != path and (found := read_path(before).definition) is not None:
            earlier[found.version] = found
    if not earlier:
        return reading
    return read(path.read_bytes(), str(path), flows if flows.is_dir() else None, released=released, earlier=earlier)


def from_document(document: Mapping[str, Any]) -> Definition:
    """Return the definition of a published document. Raises `Damaged` when it cannot be one.

    The document was checked when it was published; roles and regional figures that have since gone do not matter.
    """
    order = document.get("order", {})
    plain = {word: value for word, value in document.items() if word != "order"}
    structure = read_structure(scalars.from_plain(_in_order(plain, order, ""), Mark("document")))
    if structure.programme is not None and not structure.faults:
        figures_then = set(_REGION.findall(str(plain)))
        sheet = Sheet(structure.programme, structure, names_of(structure.programme, figures_then, ()))
        definition = expand(sheet, document)
        if not sheet.faults:
            return definition
        structure.faults.extend(sheet.faults)
    key = f"{document.get('key')}@{document.get('version')}"
    told = str(structure.faults[0]) if structure.faults else ""
    raise Damaged(one("DOCUMENT_DAMAGED", f"已发布的定义 {key} 读不出来：{told}",
                      f"The published definition {key} cannot be read: {told}"))


def document_of(root: Node) -> dict[str, Any]:
    """Return the expanded document as plain JSON values.

    Its canonical form has sorted keys; where people see an order (form, options, columns) that is not the
    alphabet's, `order` keeps it.
    """
    order: dict[str, list[str]] = {}
    document = _plain(root, "", order)
    assert isinstance(document, dict)
    return {**document, "order": order} if order else document


def _plain(node: Node, path: str, order: dict[str, list[str]]) -> Any:
    if isinstance(node.value, dict):
        names = list(node.value)
        if _keeps_order(path) and names != sorted(names):
            order[path] = names
        return {name: _plain(item, f"{path}.{name}".lstrip("."), order) for name, item in node.value.items()}
    if isinstance(node.value, list):
        return [_plain(item, f"{path}[]", order) for item in node.value]
    return str(node.value) if isinstance(node.value, Decimal) else node.value


def _in_order(value: Any, order: Mapping[str, list[str]], path: str) -> Any:
    if isinstance(value, Mapping):
        names = order.get(path, sorted(value))
        return {name: _in_order(value[name], order, f"{path}.{name}".lstrip(".")) for name in names if name in value}
    return value


def _keeps_order(path: str) -> bool:
    steps = path.split(".")
    return path in _ORDERED or (steps[0] in ("form", "params") and steps[-1] in ("options", "columns"))
