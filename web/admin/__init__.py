"""The administrator's rooms: accounts and posts, organisations, definitions, days off, tasks that nobody can do, and records kept for long enough.

An administrator looks after the organisation where they hold that post and what lies below it, sees no case, and decides
nothing.
"""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

from . import accounts, calendar, definitions, leaving, messages, migrating, organisations, retention, timers, unmanned  # noqa: E402

__all__ = ["accounts", "blueprint", "calendar", "definitions", "leaving", "messages", "migrating", "organisations", "retention", "timers", "unmanned"]
