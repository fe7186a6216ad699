"""`python -m bench [PART…] [--json FILE]`: run the benchmarks and print one table of ratios."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from . import decision, definitions, firing, importing, queues, verification, voting
from .databases import Databases, databases, kept_promises
from .measure import Ratio, as_json, table

PARTS: dict[str, Callable[[Databases], list[Ratio]]] = {
    "decision": decision.run, "definitions": lambda _: definitions.run(), "verification": verification.run, "queues": queues.run,
    "timers": firing.run, "vote": voting.run, "imports": importing.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Benchmarks, as ratios, in under ten minutes.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these: {', '.join(PARTS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    ratios: list[Ratio] = []
    begun = perf_counter()
    with databases() as found:
        print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; "
              f"PostgreSQL with {kept_promises(found.server)}; SQLite with synchronous=FULL", flush=True)
        for name in given.parts or PARTS:
            started = perf_counter()
            ratios += PARTS[name](found)
            print(f"  {name}: {perf_counter() - started:.0f} s", flush=True)
    print(f"\n{table(ratios)}\n\nnoise: how far the baseline alone strayed between rounds. "
          f"{perf_counter() - begun:.0f} s in all, load {os.getloadavg()[0]:.1f}.")
    if given.json:
        given.json.write_text(json.dumps(as_json(ratios), ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
