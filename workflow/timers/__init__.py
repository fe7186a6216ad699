"""Timers: deadlines are rows, and a sweep fires what is due. Any number of processes may sweep at the same time.

A timer reminds, escalates, or takes a step that needs no decision; it never approves, refuses or pays. Each is claimed
in the transaction of its effect, so whatever is killed and whenever, it fires once. APScheduler only rings: what it
forgets, the next sweep finds.
"""

from ..engine.timing import release
from .board import Board, Health, Line, board, health
from .clock import STREAM, Trouble, confirm, trouble
from .failures import ATTEMPTS, unpark
from .running import Job, run
from .sweep import Fired, Swept, sweep, sweep_within

__all__ = [
    "ATTEMPTS", "STREAM", "Board", "Fired", "Health", "Job", "Line", "Swept", "Trouble", "board", "confirm", "health", "release", "run",
    "sweep", "sweep_within", "trouble", "unpark",
]
