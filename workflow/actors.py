"""Who is acting: a person with the roles they hold today, or the system.

Built once per request, command or timer, inside the transaction that uses it, and passed along as a value.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True, slots=True)
class Post:
    """A role held today at one organisation; `path` is that organisation's."""

    role: str
    organisation_id: int
    path: str
    organisation: str = ""           # its name, for people
    behalf: str | None = None        # the person it belongs to, who is away; None: one's own
    behalf_name: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """`person_id` None is the system (timers, votes, routing) or the command line; both pass the same checks."""

    person_id: str | None
    name: str
    posts: tuple[Post, ...] = ()
    via: Literal["page", "api", "batch", "timer", "command"] = "page"
    account_id: int | None = None

    def holds(self, role: str, organisation_id: int | None = None) -> bool:
        return any(p.role == role and organisation_id in (None, p.organisation_id) for p in self.posts)

    @property
    def stands_for(self) -> frozenset[str]:
        """The people this actor acts for today while they are away."""
        return frozenset(p.behalf for p in self.posts if p.behalf)

    def through(self, via: Literal["page", "api", "batch", "timer", "command"]) -> Actor:
        return replace(self, via=via)


SYSTEM = Actor(person_id=None, name="系统", via="timer")
COMMAND = Actor(person_id=None, name="命令行", via="command")
