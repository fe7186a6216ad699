"""What happened to the cases of the flow with clocks and meetings: which course each took, on which working day.

A tale counts working days from the day its case was handed in. Nobody waits for the clock here: the end of a notice, a
reminder, an escalation and a lapse come from the product's own sweep.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from .calendar_days import back

ACCIDENT, AUTUMN = "accident_aid", "study_aid"
STEPS: tuple[tuple[int, str], ...] = ((0, "submit"), (1, "visit"), (8, "township"), (9, "check"), (10, "decide"), (11, "books"), (12, "pay"))
"""Each step and the working day it is taken on. The notice runs from the second to the sixth day."""
ORDER = tuple(name for _, name in STEPS)


@dataclass(frozen=True, slots=True)
class Tale:
    """One case: the day it was handed in, the last ordinary step, and what else happened on which working day."""

    key: str
    start: date
    last: str
    large: bool = False              # enough money for a meeting
    others: tuple[tuple[int, str], ...] = ()
    slow: int = 0                    # working days that everything after the notice took longer
    words: frozenset[str] = field(default_factory=frozenset)

    def steps(self) -> list[tuple[int, str]]:
        """Return the working day and the name of everything that happens, in order; the first opens the case."""
        taken = STEPS[:ORDER.index(self.last) + 1] if self.last else ()
        return sorted([(day + (self.slow if day > 1 else 0), name) for day, name in taken] + list(self.others), key=lambda one: one[0])


# working days since it was handed in, the last step, whether it goes to a meeting, what else happened
_LIVE: tuple[tuple[int, str, bool, tuple[tuple[int, str], ...]], ...] = (
    (3, "", False, ()),                                              # being filled in
    (1, "submit", False, ()),
    (9, "submit", False, ()),                                        # overdue: reminded, then with the leader
    (2, "visit", False, ((1, "photo"),)),                            # notices: four, two and one working day left
    (4, "visit", True, ((1, "photo"), (2, "objection"))),
    (5, "visit", False, ()),
    (9, "visit", False, ((4, "objection"),)),                        # held after its end
    (5, "visit", False, ((2, "objection"), (3, "inquiry"))),
    (9, "visit", False, ()),                                         # at the township
    (10, "township", False, ((9, "claim"),)),
    (10, "township", False, ((9, "delegate"),)),
    (11, "township", False, ((9, "consult"), (10, "reply"))),
    (12, "check", True, ((10, "agree"), (11, "agree"))),             # two of four voices
    (11, "check", True, ()),
    (11, "check", False, ()),
    (12, "decide", False, ()),
    (13, "books", True, ((10, "vote"),)),
    # Ended: paid after a meeting, refused by one, an objection upheld, lapsed, withdrawn during the notice.
    (150, "pay", True, ((10, "vote"),)),
    (200, "check", True, ((10, "refuse"),)),
    (90, "visit", False, ((2, "objection"), (3, "inquiry"), (6, "uphold"))),
    (75, "", False, ()),
    (120, "visit", False, ((2, "abandon"),)),
    (330, "pay", False, ((8, "handover"),)),
)
_AUTUMNS = (("pay", False, 0), ("pay", False, 20), ("pay", True, 0), ("pay", False, 24), ("visit", False, 0))


def tales(today: date) -> list[Tale]:
    """Return all tales as they stand on `today`."""
    told = [Tale(ACCIDENT, back(today, ago), last, large, others) for ago, last, large, others in _LIVE]
    newest = today.year if today >= date(today.year, 11, 10) else today.year - 1
    for year in (newest - 1, newest):
        for number, (last, large, slow) in enumerate(_AUTUMNS):
            day = back(date(year, 8, 14) + timedelta(days=3 * number), 0)
            others = ((10 + slow, "vote"),) if large else ((2, "abandon"),) if last == "visit" else ()
            told.append(Tale(AUTUMN, day, last, large, others, slow))
    return told
