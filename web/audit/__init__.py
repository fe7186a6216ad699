"""The auditor's room: find a case, follow it from the first step to the last, check that nothing was altered.

An auditor reads everything in scope and changes nothing. What they post leaves events that say they looked: `search`
(finding), `trace` (one case), `integrity` (verification and seals), `readings` (who looked at whom).
"""

from __future__ import annotations

from . import integrity, readings, search, trace
from .room import blueprint

__all__ = ["blueprint", "integrity", "readings", "search", "trace"]
