"""Somebody who looks at every page a run comes by, on a desk and on a phone."""

from __future__ import annotations

from tests.browser.test_every_page import _beyond, _found
from tests.browser.visits import Visit

WIDTHS = (390, 1440)


class Eyes:
    """`look(me, "the batch, sealed")` after each step; at the end of the run nothing may be `wrong`."""

    def __init__(self, axe: str) -> None:
        self.axe = axe
        self.wrong: list[str] = []

    def look(self, me: Visit, name: str) -> None:
        for width in WIDTHS:
            me.page.set_viewport_size({"width": width, "height": 900})
            self.wrong += _beyond(me.page, f"{name} {width}") + _found(me.page, self.axe, f"{name} {width}")
