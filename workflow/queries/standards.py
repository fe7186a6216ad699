"""The figures of policy a case goes by, each with its source, beside what is in force today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from ..engine.facts import figures_for, reads
from ..figures import Subject, param_subject, region_subject, same
from ..language.definition import Definition


@dataclass(frozen=True, slots=True)
class Standard:
    """One figure: `value` as the case has it, `today` as it stands now. `source` and `start` are empty where nobody wrote them down."""

    subject: Subject
    value: Any
    source: str
    start: date | None
    today: Any
    today_source: str = ""
    today_start: date | None = None

    @property
    def changed(self) -> bool:
        return not same(self.value, self.today)


def standards(session: Session, definition: Definition, path: str, pinned: Mapping[str, Any], today: date) -> tuple[Standard, ...]:
    """Return the figures the rules of a case read, in the order of their names; none before it is handed in."""
    if not pinned:
        return ()
    now, found = figures_for(session, definition, path, today), []
    for full in sorted(reads(definition)):
        room, _, name = full.partition(".")
        if room not in ("region", "param") or name not in pinned.get(room, {}):
            continue
        subject = param_subject(definition, name) if room == "param" else region_subject(name)
        known, fresh = (held.get("origin", {}).get(room, {}).get(name, {}) for held in (pinned, now))
        written = definition.params[name].source if room == "param" else ""
        found.append(Standard(subject, pinned[room][name], known.get("source", written), _day(known), now[room].get(name),
                              fresh.get("source", written), _day(fresh)))
    return tuple(found)


def _day(origin: Mapping[str, Any]) -> date | None:
    return date.fromisoformat(origin["from"]) if "from" in origin else None
