"""An officer of another county, with every post there is, reaches no batch, answer, cover or pool of this one by its id."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.payments.conftest import Office
from tests.world import World
from workflow import money
from workflow.actors import Actor, Post
from workflow.db import reading, writing
from workflow.errors import NotFound, Refused
from workflow.payments import batches, settling
from workflow.payments import reading as shown
from workflow.records import GrantLine, Organisation, Pool

ROLES = ("county_handler", "county_leader", "county_committee", "finance", "cashier", "auditor")


@pytest.fixture
def neighbour(world: World) -> Actor:
    with reading(world.sessions) as session:
        place = session.scalars(select(Organisation).where(Organisation.code == "539922")).one()
    return Actor(world.ids["outsider"], "木松", tuple(Post(role, place.id, place.path, place.name) for role in ROLES))


def test_a_batch_of_another_county_is_unknown_to_every_act(world: World, office: Office, neighbour: Actor) -> None:
    case_id = office.case()
    batch_id = office.gather(case_id)
    line = office.lines(batch_id)[0].id
    acts: list[Callable[[Any], Any]] = [
        lambda s: shown.batch(s, batch_id, neighbour), lambda s: batches.drop(s, batch_id, line, neighbour, world.now),
        lambda s: batches.explain(s, batch_id, line, "已核对", neighbour, world.now), lambda s: batches.seal(s, batch_id, neighbour, world.now),
        lambda s: batches.confirm(s, batch_id, neighbour, world.now), lambda s: batches.void(s, batch_id, "作废一批", neighbour, world.now),
        lambda s: batches.send(s, batch_id, neighbour, world.now), lambda s: batches.export(s, batch_id, neighbour, world.now),
        lambda s: settling.rows_of(s, batch_id, neighbour, b"a,b"), lambda s: settling.take(s, batch_id, b"a,b", neighbour, world.now),
        lambda s: settling.settle(s, batch_id, case_id, neighbour, world.now), lambda s: settling.unpaid(s, batch_id, case_id, neighbour, "未领取", world.now),
        lambda s: settling.close(s, batch_id, neighbour, world.now)]
    for act in acts:
        with pytest.raises(NotFound), writing(world.sessions) as session:
            act(session)
    with reading(world.sessions) as session:
        assert not shown.batches(session, neighbour) and not money.pools(session, neighbour)
    assert office.batch(batch_id).status == "draft" and office.statuses(batch_id) == ["open"]


def test_a_pool_of_another_county_is_unknown_to_every_act(world: World, neighbour: Actor) -> None:
    with reading(world.sessions) as session:
        pool = session.scalars(select(Pool.id)).first() or 0
    for act in (lambda s: money.pool(s, pool, neighbour), lambda s: money.adjust(s, pool, 100, "补一笔", neighbour, world.now),
                lambda s: money.close(s, pool, date(2026, 12, 31), "年终关账", neighbour, world.now),
                lambda s: money.transfer(s, pool, pool + 1, 100, "划拨一笔", neighbour, world.now)):
        with pytest.raises(NotFound), writing(world.sessions) as session:
            act(session)


def test_grant_lines_of_another_county_are_never_gathered(world: World, office: Office, neighbour: Actor) -> None:
    case_id = office.case()
    with reading(world.sessions) as session:
        line = session.scalars(select(GrantLine.id).where(GrantLine.case_id == case_id)).one()
    with pytest.raises(Refused) as caught, writing(world.sessions) as session:
        batches.make(session, neighbour, world.now, [line], layout="csv")
    assert [message.code for message in caught.value.messages] == ["MOVED"] and "李" not in str(caught.value)
