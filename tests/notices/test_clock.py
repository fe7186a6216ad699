"""The clock ends a notice when its days are full, not before, and not while somebody has objected."""

from __future__ import annotations

import threading
from datetime import timedelta

from tests.notices.wall import Wall
from workflow import engine, timers
from workflow.actors import SYSTEM
from workflow.db import writing
from workflow.errors import Refused


def swept(wall: Wall) -> tuple[list[str], list[str], list[str]]:
    """The cases that one sweep has carried on, held, and failed with."""
    done = timers.sweep(wall.sessions, wall.now, watched=False)
    return [one.case_id for one in done.fired], [one.case_id for one in done.held], [one.case_id for one in (*done.failed, *done.parked)]


def test_a_sweep_ends_a_notice_at_midnight_and_not_before(wall: Wall) -> None:
    case_id = wall.posted()
    ends = wall.notice(case_id).ends_at
    for moment in (wall.now, ends - timedelta(days=1), ends - timedelta(microseconds=1)):
        wall.now = moment
        assert swept(wall) == ([], [], []) and wall.row(case_id).state == "unit_notice"
    wall.now = ends
    assert swept(wall) == ([case_id], [], []) and wall.row(case_id).state == "check"
    assert wall.notice(case_id).status == "ended"


def test_an_objected_case_is_held_while_the_rest_moves_on(wall: Wall) -> None:
    held, other = wall.posted(), wall.posted(story="另一件")
    objection = wall.object(held, at=wall.notice(held).ends_at - timedelta(milliseconds=1))
    wall.over(held)
    assert swept(wall) == ([other], [held], [])
    assert (wall.row(held).state, wall.row(other).state) == ("unit_notice", "check")
    assert wall.notice(held).status == "held" and swept(wall) == ([], [], [])
    (row,) = wall.kept("basic")
    assert row.status == "held" and row.open and wall.public() == []
    wall.now += timedelta(days=3)
    wall.settle("basic", objection, False)
    assert swept(wall) == ([held], [], []) and wall.row(held).state == "check"
    assert {one.status for one in wall.kept("basic", over=True)} == {"ended"}


def test_an_upheld_objection_is_not_swept_away(wall: Wall) -> None:
    case_id = wall.posted()
    wall.second(case_id)
    wall.settle("clerk", wall.object(case_id), True)
    wall.over(case_id)
    assert swept(wall)[0] == [] and wall.row(case_id).state == "county_notice"
    wall.act("clerk", case_id, "object", comment="异议成立。")
    assert wall.act("clerk", case_id, "reject", comment="异议成立。").to_state == "rejected"


def test_a_notice_that_was_taken_back_has_no_clock(wall: Wall) -> None:
    case_id = wall.posted()
    ends = wall.notice(case_id).ends_at
    wall.act("worker", case_id, "abandon")
    wall.now = ends
    assert swept(wall) == ([], [], []) and wall.row(case_id).state == "withdrawn"


def test_an_objection_that_is_being_written_at_midnight_still_holds_the_case(wall: Wall) -> None:
    """The clock waits for the row that the objection has locked, and then sees the objection."""
    case_id = wall.posted()
    ends, revision, refused = wall.notice(case_id).ends_at, wall.row(case_id).revision, []

    def midnight() -> None:
        try:
            with writing(wall.sessions) as session:
                engine.act(session, case_id, "passed", SYSTEM, ends, revision=revision)
        except Refused as error:
            refused.append(str(error))

    clock = threading.Thread(target=midnight)
    with writing(wall.sessions) as session:
        engine.object_to(session, wall.notice(case_id).id, "他家并不困难，请核实。", now=ends - timedelta(milliseconds=1))
        clock.start()
        clock.join(0.3)
        assert clock.is_alive()
    clock.join()
    assert "有人提出异议" in refused[0] and wall.row(case_id).state == "unit_notice"
