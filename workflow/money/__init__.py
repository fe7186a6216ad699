"""The funds room: pools that cannot be overspent, and what cases hold in them.

`pools` is what people do with a pool, `moves` what goes from one to another, `holds` what the engine does inside a step,
`ledger` the one writer of entries.
"""

from .holds import Balance, balance, give_back, objections, settle
from .keeping import CONFIRMS, PROPOSES
from .moves import carry, purchase, refund, transfer
from .pools import adjust, close, confirm, decline, designate, open_pool, read_amount
from .reading import READERS, Fund, by_source, entries, pool, pools, proposals, spent_by_value, takers, visible, waiting

__all__ = ["CONFIRMS", "PROPOSES", "READERS", "Balance", "Fund", "adjust", "balance", "by_source", "carry", "close", "confirm", "decline",
           "designate", "entries", "give_back", "objections", "open_pool", "pool", "pools", "proposals", "purchase", "read_amount", "refund",
           "settle", "spent_by_value", "takers", "transfer", "visible", "waiting"]
