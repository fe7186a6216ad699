"""Where money comes from, what it may pay, and what the kinds of value are called. Read from `definitions/sources.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from workflow.errors import Damaged, one

from . import scalars
from .definition import Label
from .faults import did_you_mean
from .sheet import Sheet

SOURCES = Path(__file__).resolve().parents[2] / "definitions" / "sources.yaml"


@dataclass(frozen=True, slots=True)
class Source:
    name: str
    label: Label
    pays: frozenset[str]             # kinds of value
    own: bool                        # counts as the union's expenditure
    purpose: bool                    # says what for: the donor named it


def sources() -> Mapping[str, Source]:
    """Return all sources by name, in the order their pools are tried."""
    return _read(SOURCES)[0]


def source_label(name: str) -> Label:
    """Return what people call a source; one the file does not know keeps its own name."""
    found = sources().get(name)
    return found.label if found else Label(name, name)


def value_label(value: str) -> Label:
    """Return what people call a kind of value."""
    return _read(SOURCES)[1].get(value) or Label(value, value)


def values() -> tuple[str, ...]:
    """Return the kinds of value in the order they are reported."""
    return tuple(_read(SOURCES)[1])


def check(sheet: Sheet) -> None:
    """Tell sources that do not exist, stand twice, may not pay what the programme grants, or have no pool to pay from."""
    p, known = sheet.programme, sources()
    value = p.value or ("cash_grant" if p.amount or p.lines else "none")
    for place, name in enumerate(p.sources):
        found = known.get(name)
        if found is None:
            zh, en = did_you_mean(name, known)
            sheet.error(("sources", place), "UNKNOWN_SOURCE", f"没有资金来源“{name}”{zh}", f"There is no source '{name}'{en}")
        elif value not in found.pays:
            sheet.error(("sources", place), "SOURCE_VALUE", f"“{found.label.zh}”不能用于“{value_label(value).zh}”（{value}）",
                        f"'{name}' may not pay what this programme grants ({value})")
        elif name in p.sources[:place]:
            sheet.error(("sources", place), "SOURCE_TWICE", f"“{name}”写了两次", f"'{name}' stands twice")
    if p.sources and p.budget is None:
        sheet.error(("sources",), "NO_BUDGET", "写了 sources，但没有写 budget：不知道由哪个资金池支付",
                    "There are sources, yet no budget says which pool pays", key=True)


@lru_cache(maxsize=4)
def _read(path: Path) -> tuple[dict[str, Source], dict[str, Label]]:
    root, faults = scalars.parse(path.read_bytes(), str(path))
    try:
        if root is None or faults:
            raise ValueError(str(faults[0]))
        plain = root.plain()
        labels = {name: _label(words) for name, words in plain["values"].items()}
        known = {name: Source(name, _label(words["label"]), frozenset(words["pays"]), words.get("own") is not False, words.get("purpose") is True)
                 for name, words in plain["sources"].items()}
        if strange := {value for found in known.values() for value in found.pays} - labels.keys():
            raise ValueError(", ".join(sorted(strange)))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Damaged(one("SOURCES_DAMAGED", f"资金来源文件读不出来：{error}", f"The sources cannot be read: {error}")) from None
    return known, labels


def _label(words: Any) -> Label:
    return Label(words) if isinstance(words, str) else Label(words["zh"], words.get("en", ""))
