"""Working days in whose hands: a correction is the applicant's time, and whoever gets the case back has a whole term again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.versions.conftest import TWO, at_check
from tests.world import World
from workflow import queries
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.engine import migrating


def spent(world: World, case_id: str) -> tuple[tuple[queries.Stay, ...], queries.Spent]:
    with reading(world.sessions) as session:
        events = queries.events(session, case_id)
        found = queries.stays(world.look("auditor", case_id).definition, events, world.now)
    return found, queries.spent(found)


def test_time_in_the_applicants_hands_does_not_count_against_the_officers(world: World) -> None:
    case_id = at_check(world)                                      # Monday 15 June 2026
    world.now += timedelta(days=2)                                 # Wednesday: two working days at the county
    world.act("clerk", case_id, "return_to", comment="请补正", correct=["form.cost"])
    world.now = datetime(2026, 6, 30, 2, 0, tzinfo=UTC)            # over the Dragon Boat festival (19 to 21 June)
    world.act("worker", case_id, "submit", form={"cost": "1800"})
    row = world.row(case_id)
    assert row.state == "check" and row.due_at == datetime(2026, 7, 7, 16, 0, tzinfo=UTC), "five working days from coming back"
    world.now += timedelta(days=1)
    world.act("clerk", case_id, "approve")
    found, sums = spent(world, case_id)
    assert [(stay.state, stay.hands, stay.used, stay.late) for stay in found] == [
        ("first", "officers", 0, False), ("check", "officers", 2, False), ("draft", "applicant", 8, False),
        ("check", "officers", 1, False), ("decide", "officers", 0, False)]
    assert (sums.officers, sums.applicant) == (3, 8)


def test_a_stay_that_took_longer_than_promised_is_late(world: World) -> None:
    case_id = at_check(world)
    world.now += timedelta(days=20)
    found, _ = spent(world, case_id)
    assert [(stay.state, stay.late) for stay in found] == [("first", False), ("check", True)]


def test_a_vote_is_one_stay_and_a_notice_is_nobodys_delay(world: World) -> None:
    case_id = at_check(world)
    for who in ("clerk", "leader"):
        world.act(who, case_id, "approve")
    for voter in ("first", "second", "third", "fourth"):
        world.now += timedelta(days=1)
        world.act(voter, case_id, "approve")
    world.now += timedelta(days=3)
    found, sums = spent(world, case_id)
    assert [(stay.state, stay.used) for stay in found[-2:]] == [("meeting", 3), ("posted", 1)]
    assert sums.public == 1 and found[-1].promised == 3


def test_a_move_to_another_version_goes_on_with_the_same_stay(world: World) -> None:
    case_id = at_check(world)
    world.publish(TWO, "winter_aid.v2.yaml")
    world.now += timedelta(days=1)
    with writing(world.sessions) as session:
        migrating.migrate_one(session, case_id, 2, COMMAND, world.now)
    world.now += timedelta(days=1)
    found, _ = spent(world, case_id)
    assert [(stay.label.zh, stay.used, stay.promised) for stay in found] == [("初审", 0, 5), ("县级复核", 2, 8)]
