"""The small county, with people who have numbers, and a keeper's acts on the register."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from tests.world import World
from workflow import history, people, register
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.records import Event


def number(seventeen: str) -> str:
    """Return a valid identity number that begins so."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return seventeen + "10X98765432"[sum(int(c) * w for c, w in zip(seventeen, weights, strict=True)) % 11]


WIFE, SON, MOTHER = number("53990119820304222"), number("53990120100506111"), number("53990119550708444")


class Keeping:
    """Acts on the register by short name, each its own transaction."""

    def __init__(self, world: World) -> None:
        self.world = world

    def do(self, what: Callable[..., Any], who: str, *args: Any, **more: Any) -> Any:
        """Call `what(session, *args, actor, now, …)` as that person."""
        with writing(self.world.sessions) as session:
            return what(session, *args, self.world.actor(who), self.world.now, **more)

    def see(self, what: Callable[..., Any], *args: Any, **more: Any) -> Any:
        with reading(self.world.sessions) as session:
            return what(session, *args, **more)

    def person(self, name: str, id_no: str | None = None, code: str | None = None, **more: Any) -> str:
        with writing(self.world.sessions) as session:
            return people.add_person(session, self.world.now, COMMAND, name, id_no=id_no, union_id=self.world.orgs[code] if code else None, **more).id

    def household(self, short: str = "worker", who: str = "clerk", **more: Any) -> str:
        found: str = self.do(register.open_household, who, self.world.ids[short], **more)
        return found

    def events(self, stream: str) -> list[str]:
        with reading(self.world.sessions) as session:
            return list(session.scalars(select(Event.kind).where(Event.stream == stream).order_by(Event.seq)))

    def clean(self) -> None:
        """Assert that the verifier finds nothing."""
        with reading(self.world.sessions) as session:
            assert not history.verify(session).items


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> World:
    return World(sessions)


@pytest.fixture
def keeping(world: World) -> Keeping:
    return Keeping(world)
