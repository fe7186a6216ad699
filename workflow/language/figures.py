"""Regional figures that rules refer to (`region.dibao`), dated, each with the document it comes from.

They live in `definitions/regions.yaml`, because a county changes them every year and programmes must not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from workflow.errors import Damaged, one

from . import scalars
from .definition import Label
from .faults import Fault, fault
from .scalars import Node
from .words import bad_name

FIGURES = Path(__file__).resolve().parents[2] / "definitions" / "regions.yaml"


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of one figure in one region, from a day on until a later row of the same figure begins."""

    region: str                      # 行政区划代码; "default" where a region has none of its own
    name: str
    start: date
    value: Decimal
    source: str


def figures(region_code: str, on: date) -> dict[str, Decimal]:
    """Return the figures that hold in a region on a day.

    The longest code that begins `region_code` wins (county before prefecture before province), then `default`.
    A figure that had not begun by then is missing, which refuses wherever a rule needs it.
    """
    return {name: figure.value for name, (_, figure) in near(region_code, on).items()}


def near(region_code: str, on: date) -> dict[str, tuple[int, Figure]]:
    """Return the rows behind `figures`, each with how near it stands: the digits of its region's code, 0 for `default`."""
    found: dict[str, tuple[tuple[int, date], Figure]] = {}
    for one_figure in _all():
        nearness = _nearness(one_figure.region, region_code)
        if nearness is not None and one_figure.start <= on:
            rank = (nearness, one_figure.start)
            if one_figure.name not in found or found[one_figure.name][0] < rank:
                found[one_figure.name] = (rank, one_figure)
    return {name: (rank[0], figure) for name, (rank, figure) in sorted(found.items())}


def names() -> frozenset[str]:
    """Return the names of all figures, for the check of `region.*` in expressions."""
    return frozenset(_read(FIGURES)[0])


def labels() -> Mapping[str, Label]:
    return _read(FIGURES)[0]


def _nearness(region: str, code: str) -> int | None:
    if region == "default":
        return 0
    trimmed = region[:-2].removesuffix("00") if region.endswith("00") else region
    return len(trimmed) if trimmed and code.startswith(trimmed) else None


def _all() -> tuple[Figure, ...]:
    return _read(FIGURES)[1]


@lru_cache(maxsize=4)
def _read(path: Path) -> tuple[dict[str, Label], tuple[Figure, ...]]:
    labelled, rows, faults = read_figures(path.read_bytes(), str(path))
    if faults:
        raise Damaged(one("FIGURES_DAMAGED", f"地区标准读不出来：{faults[0]}",
                          f"The regional figures cannot be read: {faults[0]}"))
    return labelled, rows


def read_figures(text: str | bytes, name: str) -> tuple[dict[str, Label], tuple[Figure, ...], list[Fault]]:
    """Return labels, rows and faults of a figures file."""
    root, faults = scalars.parse(text, name)
    if root is None:
        return {}, (), faults
    labelled: dict[str, Label] = {}
    declared = root.get("figures")
    for word, node in (declared.value.items() if declared and isinstance(declared.value, dict) else ()):
        shown = node.plain()
        if bad_name(word) or not isinstance(shown, (str, dict)):
            faults.append(fault(node.mark, "BAD_FIGURE", f"“{word}”写法不对", f"'{word}' cannot be a figure"))
        elif isinstance(shown, str):
            labelled[word] = Label(shown)
        else:
            labelled[word] = Label(str(shown.get("zh", word)), str(shown.get("en", "")))
    rows: list[Figure] = []
    regions = root.get("regions")
    for code, region in (regions.value.items() if regions and isinstance(regions.value, dict) else ()):
        for item in (region.value if isinstance(region.value, list) else ()):
            rows.extend(_rows(code, item, labelled, faults))
    return labelled, tuple(rows), faults


def _rows(code: str, item: Node, labelled: Mapping[str, Label], faults: list[Fault]) -> list[Figure]:
    plain = item.plain()
    try:
        start, source = date.fromisoformat(plain["from"]), str(plain["source"])
        return [Figure(code, name, start, Decimal(plain[name]), source)
                for name in plain if name not in ("from", "source", "name") and _known(name, labelled)]
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        faults.append(fault(item.mark, "BAD_FIGURE", f"这一行写法不对：{error}", f"This row cannot be read: {error}"))
        return []


def _known(name: str, labelled: Mapping[str, Label]) -> bool:
    if name not in labelled:
        raise KeyError(name)
    return True
