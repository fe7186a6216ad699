"""The funds room: pools that cannot be overspent, and what cases hold in them.

`pools` is what people do with a pool, `holds` what the engine does inside a step, `ledger` the one writer of entries.
"""

from .holds import Balance, balance, give_back, objections, settle
from .pools import adjust, close, confirm, decline, open_pool, read_amount
from .reading import READERS, entries, pool, pools, proposals, visible, waiting

__all__ = ["READERS", "Balance", "adjust", "balance", "close", "confirm", "decline", "entries", "give_back", "objections",
           "open_pool", "pool", "pools", "proposals", "read_amount", "settle", "visible", "waiting"]
