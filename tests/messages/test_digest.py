"""One summary a person and working day, counted by the queue; one for the group of a robot, without persons."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.messages.house import House
from tests.messages.post_office import MailServer, WebServer
from workflow import people
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.notifications import digest
from workflow.records import Message

WORKED = ["digest"]


def write(house: House) -> int:
    return digest.write(house.sessions, house.now, house.ways)


@pytest.fixture
def monday(house: House) -> House:
    """Monday 10:00: three cases wait at the review, one promised for today, one past its time."""
    for back in (timedelta(days=7), timedelta(days=5), timedelta()):     # three working days were promised
        house.now -= back
        house.reviewed()
        house.now += back
    return house


def test_every_officer_with_work_gets_one_a_day(monday: House, mail: MailServer) -> None:
    assert write(monday) == 4                                            # two handlers, one who is leader too, and the robot's
    assert monday.kinds("clerk") == monday.kinds("clerk2") == monday.kinds("double") == WORKED
    assert monday.messages("clerk")[0].params == {"count": 3, "due": 1, "late": 1}
    assert monday.kinds("leader") == monday.kinds("admin") == monday.kinds("auditor") == monday.kinds("outsider") == []
    monday.later(minutes=30)
    assert write(monday) == 0
    monday.later(days=1)
    assert write(monday) == 4 and monday.kinds("clerk") == WORKED * 2


def test_it_says_what_the_queue_says(monday: House) -> None:
    from workflow import queries
    write(monday)
    with reading(monday.sessions) as session:
        actor, said = monday.signed_in("clerk"), monday.messages("clerk")[0].params
        assert queries.tasks(session, actor, monday.now).total == said["count"]
        assert queries.tasks(session, actor, monday.now, due="overdue").total == said["late"]


@pytest.mark.parametrize("later", [{"hours": -2}, {"hours": 3}, {"days": 5}, {"days": 4}])
def test_not_before_half_past_eight_not_after_noon_and_not_on_days_off(monday: House, later: dict[str, float]) -> None:
    """Friday 19 June 2026 is the Dragon Boat holiday, the 20th a Saturday."""
    monday.later(**later)
    assert write(monday) == 0 and monday.kinds("clerk") == []


def test_whoever_wants_none_gets_none_and_neither_does_a_closed_account(monday: House) -> None:
    with writing(monday.sessions) as session:
        people.choose(session, monday.accounts["clerk"], [], False)
        people.set_status(session, monday.accounts["clerk2"], "disabled", COMMAND, monday.now)
    write(monday)
    assert monday.kinds("clerk") == monday.kinds("clerk2") == [] and monday.kinds("double") == WORKED


def test_a_substitute_is_told_of_what_lies_with_who_is_away(monday: House) -> None:
    with writing(monday.sessions) as session:
        people.arrange(session, monday.ids["clerk"], monday.ids["finance"], date(2026, 6, 15), date(2026, 6, 19), "", monday.signed_in("admin"), monday.now)
    write(monday)
    assert [row.params for row in monday.messages("finance") if row.kind == "digest"] == [{"count": 3, "due": 1, "late": 1}]


def test_the_robot_says_counts_by_office_and_names_nobody(monday: House, site: WebServer, mail: MailServer) -> None:
    write(monday)
    monday.send()
    bodies = [body for path, _headers, body in site.requests if path.startswith("/robot")]
    assert len(bodies) == 1
    text = bodies[0]["text"]["content"]
    assert "今天共待办3件，今天到期1件，逾期1件。云岭县总工会待办3件，今天到期1件，逾期1件" in text and text.endswith("（offices-2026-06-15.dingtalk）")
    assert not any(name in text for name in ("李文华", "王莉", "XS-2026", "6000"))
    assert sorted(mail.envelopes) == ["wangli@mail.example"] + ["wenhua@mail.example"] * 3
    assert write(monday) == 0
    with reading(monday.sessions) as session:
        assert session.get_one(Message, "offices-2026-06-15").person_id is None
