"""The officer's room: what waits for me, one case beside it, deciding it, deciding many, and what I have decided.

`queue` shows, `decide` is the one route of every button of every programme, `batches` decides many at once, each in a
transaction of its own, `keeping` saves what is typed and uploaded at this step, `pane` gathers what one case shows,
`notices` is 公示与异议, `meetings` 会议票决, `operations` hands work on, `handed` says in whose hand a case is.
"""

from __future__ import annotations

from . import batches, decide, keeping, meetings, notices, operations, queue
from .room import blueprint

__all__ = ["batches", "blueprint", "decide", "keeping", "meetings", "notices", "operations", "queue"]
