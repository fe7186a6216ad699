"""The goods room: what a union gives out in kind. Nothing goes out that did not come in, and nothing comes in by one person.

`catalogue` keeps the items, `stocking` what was bought and counted, `reading` what is in stock. Goods leave only through
the lines of a case (`money/stock.py`), and are signed for (`engine/signing.py`).
"""

from .catalogue import PROPOSES, add, change
from .reading import READERS, item, items, ledger_of, moves, visible
from .stocking import CONFIRMS, confirm, count, decline, purchase

__all__ = ["CONFIRMS", "PROPOSES", "READERS", "add", "change", "confirm", "count", "decline", "item", "items", "ledger_of", "moves", "purchase", "visible"]
