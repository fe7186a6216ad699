"""Rounds, ratios and the table they are shown in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter
from typing import Any

ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Ratio:
    """One line of the table. `rounds` are our ratios to the baseline, one a round; `good` says what is aimed at.

    `noise` is how far the baseline alone strayed in this run: (max - min) / median of its rounds.
    """

    group: str
    name: str
    rounds: tuple[float, ...]
    ours: float
    baseline: float
    unit: str
    noise: float
    good: str = ""

    @property
    def median(self) -> float:
        return median(self.rounds)


def ratio(group: str, name: str, ours: Sequence[float], baseline: Sequence[float], unit: str, good: str = "") -> Ratio:
    """Return ours / baseline round by round: of rates more is better, of times less."""
    rounds = tuple(round(a / b, 3) for a, b in zip(ours, baseline, strict=True))
    noise = (max(baseline) - min(baseline)) / median(baseline)
    return Ratio(group, name, rounds, median(ours), median(baseline), unit, round(noise, 2), good)


def rate(work: Callable[[Any], object], items: Sequence[Any]) -> float:
    """Return how many items a second `work` got through."""
    started = perf_counter()
    for item in items:
        work(item)
    return len(items) / (perf_counter() - started)


def seconds(work: Callable[[], object], times: int = 1) -> float:
    """Return the median time of one call."""
    taken = []
    for _ in range(times):
        started = perf_counter()
        work()
        taken.append(perf_counter() - started)
    return median(taken)


def table(ratios: Sequence[Ratio]) -> str:
    """Return the lines as aligned text: ratio as median (min … max), absolute medians, noise of the baseline."""
    lines = [f"{'':44}{'ratio':>7}  {'min … max':>15}{'ours':>12}{'baseline':>12}  {'unit':8}{'noise':>6}  goal"]
    group = ""
    for line in ratios:
        if line.group != group:
            group = line.group
            lines += ["", group]
        span = f"{min(line.rounds):.2f} … {max(line.rounds):.2f}"
        lines.append(f"  {line.name:42}{line.median:7.2f}  {span:>15}{_short(line.ours):>12}{_short(line.baseline):>12}  "
                     f"{line.unit:8}{line.noise:6.0%}  {line.good}")
    return "\n".join(lines)


def as_json(ratios: Sequence[Ratio]) -> list[dict[str, Any]]:
    return [asdict(line) | {"median": line.median, "min": min(line.rounds), "max": max(line.rounds)} for line in ratios]


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
