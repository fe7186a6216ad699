"""Words of the vocabulary that this release understands but does not carry out yet.

They are checked like any other, so that a definition can be written ahead; `publish` refuses them by name. A word
leaves this list in the commit that makes the engine obey it, never before.
"""

from __future__ import annotations

from collections.abc import Iterator

from .schema import Programme
from .sheet import Sheet
from .structure import Path

_EFFECTS = frozenset({"roster.import"})


def words_for_later(sheet: Sheet) -> Iterator[tuple[Path, str]]:
    """Yield where each such word stands, and the word."""
    p = sheet.programme
    for place, transition in enumerate(p.transitions):
        for number, effect in enumerate(transition.effects):
            if effect in _EFFECTS:
                yield ("transitions", place, "effects", number), effect


def spoken(programme: Programme, path: Path) -> str:
    """Return the path with names for numbers: `states.county_review.timers`."""
    steps = [str(step) for step in path]
    if len(path) > 1 and isinstance(path[1], int):
        if path[0] == "states":
            steps[1] = programme.states[path[1]].name
        elif path[0] == "transitions":
            words = programme.transitions[path[1]]
            steps[1] = f"{','.join(words.source)}.{words.trigger}"
        elif path[0] == "criteria":
            steps[1] = programme.criteria[path[1]].name
    return ".".join(steps)
