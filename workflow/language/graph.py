"""Which states lead where, as plain sets of names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

Edges = Mapping[str, Collection[str]]


def edges(pairs: Iterable[tuple[str, str]], states: Iterable[str]) -> dict[str, set[str]]:
    """Return every state with those it leads to; pairs that name other states are left out."""
    leads: dict[str, set[str]] = {name: set() for name in states}
    for source, dest in pairs:
        if source in leads and dest in leads:
            leads[source].add(dest)
    return leads


def reachable(leads: Edges, start: Iterable[str], avoid: Collection[str] = ()) -> set[str]:
    """Return the states that can be reached from `start`, itself included, without entering one of `avoid`."""
    found: set[str] = set()
    waiting = [name for name in start if name in leads and name not in avoid]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(dest for dest in leads[name] if dest not in found and dest not in avoid)
    return found


def backwards(leads: Edges) -> dict[str, set[str]]:
    turned: dict[str, set[str]] = {name: set() for name in leads}
    for source, dests in leads.items():
        for dest in dests:
            turned[dest].add(source)
    return turned


def on_a_circle(leads: Edges) -> set[str]:
    """Return the states that can come back to themselves."""
    return {name for name in leads if name in reachable(leads, leads[name])}
