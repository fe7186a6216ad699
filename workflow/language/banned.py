"""What is never given as goods, and by which rule. Read from `definitions/goods.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from workflow.errors import Damaged, one

from . import scalars
from .definition import Label

GOODS = Path(__file__).resolve().parents[2] / "definitions" / "goods.yaml"


@dataclass(frozen=True, slots=True)
class Ban:
    words: tuple[str, ...]
    why: Label
    source: str


def bans() -> tuple[Ban, ...]:
    return _read(GOODS)


def banned(text: str) -> tuple[str, Ban] | None:
    """Return the first forbidden word that stands in `text`, spaces apart, and the ban it falls under; None where there is none."""
    plain = "".join(text.split()).lower()
    return next(((word, ban) for ban in bans() for word in ban.words if word.lower() in plain), None)


@lru_cache(maxsize=4)
def _read(path: Path) -> tuple[Ban, ...]:
    root, faults = scalars.parse(path.read_bytes(), str(path))
    try:
        if root is None or faults:
            raise ValueError(str(faults[0]))
        return tuple(Ban(tuple(map(str, one["words"])), Label(one["why"]["zh"], one["why"]["en"]), str(one["source"])) for one in root.plain()["banned"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Damaged(one("GOODS_DAMAGED", f"禁发物品清单读不出来：{error}", f"The list of banned goods cannot be read: {error}")) from None
