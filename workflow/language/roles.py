"""The roles people may hold, and which of them no person may hold together. Read from `definitions/roles.yaml`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from workflow.errors import Damaged, one

from . import scalars
from .definition import Label

ROLES = Path(__file__).resolve().parents[2] / "definitions" / "roles.yaml"


@dataclass(frozen=True, slots=True)
class Role:
    name: str
    label: Label
    decides: bool                    # decides on cases or moves money


@dataclass(frozen=True, slots=True)
class Clash:
    """Two roles that no person holds at the same time, and why."""

    roles: tuple[str, str]
    why: Label


def roles() -> Mapping[str, Role]:
    """Return all roles by name, in the file's order."""
    return _read(ROLES)[0]


def clashes(held: Iterable[str]) -> tuple[Clash, ...]:
    """Return every pair among `held` that no person may hold together; () when all is well."""
    names = set(held)
    return tuple(clash for clash in _read(ROLES)[1] if names.issuperset(clash.roles))


def role_label(name: str) -> Label:
    """Return what people call a role; a role the file does not know keeps its own name."""
    role = roles().get(name)
    return role.label if role else Label(name, name)


@lru_cache(maxsize=4)
def _read(path: Path) -> tuple[dict[str, Role], tuple[Clash, ...]]:
    root, faults = scalars.parse(path.read_bytes(), str(path))
    try:
        if root is None or faults:
            raise ValueError(str(faults[0]))
        plain = root.plain()
        known = {name: Role(name, _label(words["label"]), words.get("decides") is True)
                 for name, words in plain["roles"].items()}
        pairs = tuple(Clash((known[rule["one"]].name, known[other].name), _label(rule["why"]))
                      for rule in plain["exclusive"] for other in rule["with"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Damaged(one("ROLES_DAMAGED", f"角色文件读不出来：{error}", f"The roles cannot be read: {error}")) from None
    return known, pairs


def _label(words: Any) -> Label:
    return Label(words) if isinstance(words, str) else Label(words["zh"], words.get("en", ""))
