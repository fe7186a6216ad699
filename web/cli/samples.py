"""`flask files samples` and `flask files redraw`: the draws of the yearly re-check, and drawing one again from its seed."""

from __future__ import annotations

import click

from web.db import reading
from workflow import register
from workflow.actors import COMMAND
from workflow.errors import Refused, one

from .imports import files
from .sentences import say


@files.command("samples")
def samples() -> None:
    """List every draw: id, year, union, percent, drawn, checked, who drew, when."""
    with reading() as session:
        for row in register.samples(session, COMMAND):
            say("\t".join(map(str, (row.id, row.year, row.unit, row.percent, row.drawn, row.checked, row.drawer, row.drawn_at.date()))))


@files.command("redraw")
@click.argument("sample_id", metavar="ID")
def redraw(sample_id: str) -> None:
    """Draw again from the seed in the event and compare: the numbers of the files in their order, the seed, the digest of all."""
    with reading() as session:
        row = register.sample(session, sample_id, COMMAND)
        rows, _after = register.drawn(session, sample_id, COMMAND, limit=len(row.population) + 1)
        for drawn in rows:
            say(f"{drawn.n}\t{drawn.file.id}\t{drawn.file.number}\t{drawn.result}")
        if not register.redrawn(session, sample_id):
            raise Refused(one("SAMPLE_DIFFERS", "按种子重抽，名单不一致：抽取的名单或者种子被改动过", "Drawn again, the list differs: it or the seed was changed"))
        say(f"一致 · the same: seed {row.seed}, {row.percent}% of {len(row.population)}")
