"""What goes out and what can become of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Letter:
    """One message on its way to one receiver. `key` is the same in every duplicate of it."""

    key: str
    to: str                          # an e-mail address or a phone number; empty: the robot's own group
    subject: str
    text: str
    at: datetime


class Undelivered(Exception):
    """It did not arrive, or nobody can tell. Says why in both languages, without addresses and keys; `for_good`: it never will."""

    def __init__(self, why: str, *, for_good: bool = False) -> None:
        super().__init__(why)
        self.for_good = for_good


class Channel(Protocol):
    """A way out of the house."""

    @property
    def name(self) -> str: ...

    def send(self, letter: Letter) -> None:
        """Hand it over. Raises `Undelivered`."""
