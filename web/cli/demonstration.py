"""`flask demo load`: the demo county."""

from __future__ import annotations

from flask import current_app

from .sentences import Group

group = Group("demo", help="演示数据 · the demo county")


@group.command("load")
def load() -> None:
    """Load the demo county; a second time changes nothing."""
    from .demo import load as fill  # some hundred people and cases: imported only by who wants them

    fill(current_app._get_current_object())  # type: ignore[attr-defined]
