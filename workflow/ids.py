"""Identifiers that sort by time and cannot be guessed."""

from __future__ import annotations

import secrets
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"   # Crockford base32: no i, l, o, u to misread
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


def new(now: datetime) -> str:
    """Return 20 characters: 48 bits of milliseconds, then 52 random bits."""
    number = (int(now.timestamp() * 1000) & (1 << 48) - 1) << 52 | secrets.randbits(52)
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(90, -1, -10)])
