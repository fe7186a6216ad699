"""What a step brings about beside the case itself: registered names, so that a programme cannot name anything else.

An effect is carried out in the transaction of its step, after the case row is written, in the order the definition has
them. It may raise `Refused`; then the step has not happened either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ..actors import Actor
from ..language.definition import State
from . import covering, filing, paying
from .dossier import Dossier


@dataclass(frozen=True, slots=True)
class Step:
    """The step that was just taken: `dossier` is the case as it was before it, `form` and `facts` as judged, `seq` its event."""

    session: Session
    dossier: Dossier
    dest: State
    facts: Mapping[str, Any]
    form: Mapping[str, Any]
    actor: Actor
    seq: int
    now: datetime
    number: str | None = None        # of the case, drawn by this very step where it is the first submission


AFRESH = "figures.renew"             # pins the policy figures of today: a case that lives for years is reviewed by those of its review


def figures_renew(_step: Step) -> None:
    """Nothing beside the case: `moving` writes the figures with the row of the case."""


# Every name here is known to the language (`check_references`) too.
EFFECTS: dict[str, Callable[[Step], None]] = {AFRESH: figures_renew, **filing.EFFECTS, **covering.EFFECTS, **paying.EFFECTS}


def bring_about(names: tuple[str, ...], step: Step) -> None:
    for name in names:
        EFFECTS[name](step)
