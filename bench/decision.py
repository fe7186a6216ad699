"""One durable decision through `engine.act`, against the same rows read and written by hand.

The decision is the leader's approval in the tests' programme: facts, calculations, separation of duties, an opened and
re-sealed form, sealed facts, a chained event with an idempotency key, a closed task and a new one.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from time import perf_counter
from typing import Any

from workflow import engine
from workflow.actors import Actor
from workflow.db import writing

from .by_hand import ByHand
from .county import County, Step, sessions_of
from .databases import Databases
from .measure import ROUNDS, Ratio, rate, ratio

EACH = 250                               # decisions a round, side and process
WARM = 30
GOALS = {"sqlite": "≥ 0.3, then ≥ 0.6", "postgresql": "≥ 0.4, then ≥ 1.0"}
GROUP = "One durable decision, to the same rows by hand (decisions/s)"


def run(databases: Databases) -> list[Ratio]:
    found = []
    for kind in ("postgresql", "sqlite"):
        county = County(databases.new(kind))
        mould = county.before_the_leader()
        found.append(_alone(county, mould, kind))
        if kind == "postgresql":
            found.append(_at_once(county, mould, kind, 4))
        county.sessions.kw["bind"].dispose()
    return found


def _alone(county: County, mould: Any, kind: str) -> Ratio:
    steps = county.copy(mould, 2 * (WARM + ROUNDS * EACH))
    ours, hand = _workers(county.url, county.world.actor("leader"), county.world.now, "a")
    for work in (ours, hand):
        rate(work, [steps.pop() for _ in range(WARM)])
    rates: tuple[list[float], list[float]] = ([], [])
    for turn in range(ROUNDS):
        # Each goes first in every other round, so that neither always finds the warmer cache.
        for side in ((0, 1), (1, 0))[turn % 2]:
            rates[side].append(rate((ours, hand)[side], [steps.pop() for _ in range(EACH)]))
    return ratio(GROUP, f"{kind}, one process", rates[0], rates[1], "1/s", GOALS[kind])


def _workers(url: str, actor: Actor, now: Any, mark: str) -> tuple[Callable[[Step], object], Callable[[Step], object]]:
    """Return (ours, by hand), each taking one decision with a connection of its own."""
    sessions = sessions_of(url)
    hand = ByHand(url, actor.person_id or "", actor.posts[0].organisation_id, now)

    def act(step: Step) -> None:
        with writing(sessions) as session:
            engine.act(session, step.case_id, "approve", actor, now, revision=step.revision, idem_key=f"{mark}{step.case_id}")

    return act, lambda step: hand.decide(step.case_id, step.revision, f"{mark}{step.case_id}")


def _at_once(county: County, mould: Any, kind: str, processes: int) -> Ratio:
    """Several processes decide at the same time, each its own cases; a round lasts until the last is done."""
    share = 2 * (WARM + ROUNDS * EACH // 2)
    steps = county.copy(mould, share * processes)
    actor, now = county.world.actor("leader"), county.world.now
    context = multiprocessing.get_context("spawn")
    gate, results = context.Barrier(processes), context.Queue()
    team = [context.Process(target=_member, args=(county.url, actor, now, steps[n::processes], gate, results, n))
            for n in range(processes)]
    for member in team:
        member.start()
    spans = [results.get(timeout=300) for _ in team]
    for member in team:
        member.join()
    rates: tuple[list[float], list[float]] = ([], [])
    for turn in range(ROUNDS):
        for side in (0, 1):
            begun = min(span[side][turn][0] for span in spans)
            ended = max(span[side][turn][1] for span in spans)
            rates[side].append(processes * (EACH // 2) / (ended - begun))
    return ratio(GROUP, f"{kind}, {processes} processes", rates[0], rates[1], "1/s", GOALS[kind])


def _member(url: str, actor: Actor, now: Any, steps: list[Step], gate: Barrier, results: Any, number: int) -> None:
    """Run in a process of its own: put ([(begun, ended)], [(begun, ended)]) of our and the hand-written rounds."""
    sides = _workers(url, actor, now, f"p{number}-")
    for work in sides:
        rate(work, [steps.pop() for _ in range(WARM)])
    spans: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
    for turn in range(ROUNDS):
        for side in ((0, 1), (1, 0))[turn % 2]:
            todo = [steps.pop() for _ in range(EACH // 2)]
            gate.wait(120)
            begun = perf_counter()       # one clock for all processes of a machine
            rate(sides[side], todo)
            spans[side].append((begun, perf_counter()))
    results.put(spans)
