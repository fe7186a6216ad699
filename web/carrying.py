"""Carrying on the cases of a batch that the bank has paid: the same at the page, the API and the command line."""

from __future__ import annotations

from dataclasses import dataclass

from workflow.actors import Actor
from workflow.errors import BangfuError, Message
from workflow.payments import settling

from .db import now, reading, writing

PIECE = 60                           # cases one request carries on; the next request carries on the rest


@dataclass(frozen=True, slots=True)
class Carried:
    """How many cases went on, how many were refused and with which words, and how many are left for the next request."""

    done: int
    refused: int
    left: int
    problems: tuple[Message, ...]


def carry_on(batch_id: str, me: Actor, most: int | None = PIECE) -> Carried:
    """Carry paid cases on, each in a transaction of its own, so that one that cannot go on holds no other up."""
    done, refused, problems = 0, 0, list[Message]()
    with reading() as own:
        waiting = settling.due(own, batch_id)
    for case_id in waiting[:most]:
        try:
            with writing() as own:
                done += settling.settle(own, batch_id, case_id, me, now()) is not None
        except BangfuError as refusal:
            if refusal.status >= 500:
                raise
            refused += 1
            problems += refusal.messages
    return Carried(done, refused, len(waiting[most:]) if most is not None else 0, tuple(problems))
