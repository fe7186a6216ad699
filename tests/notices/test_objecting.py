"""Anybody objects until the last moment; the case is held, alone, until somebody has looked into it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.notices.wall import Wall
from tests.world import PEOPLE
from workflow import engine, history, notices, people
from workflow.actors import COMMAND, Actor
from workflow.db import reading, writing
from workflow.engine import posting
from workflow.errors import Impossible, KeyReused, NotFound, NotYours, Refused
from workflow.queries import events
from workflow.records import Message, Notice, Objection, Timer

WORDS = "他家并不困难，请核实。"


def test_an_objection_in_the_last_minute_holds_the_case(wall: Wall) -> None:
    case_id = wall.posted()
    ends = wall.notice(case_id).ends_at
    wall.object(case_id, at=ends - timedelta(milliseconds=1))        # 23:59:59.999 of the last day
    for late in (ends, ends + timedelta(milliseconds=999), ends + timedelta(days=3)):
        with pytest.raises(Impossible, match="公示已经结束"):
            wall.object(case_id, at=late)
        with pytest.raises(Refused, match="有人提出异议"):
            wall.passes(case_id, late)
    assert wall.row(case_id).state == "unit_notice" and len(wall.objections(case_id)) == 1


def test_the_case_is_held_alone(wall: Wall) -> None:
    held, other = wall.posted(), wall.posted(story="另一件")
    wall.object(held)
    wall.over(held)
    assert wall.passes(other).to_state == "check"
    with pytest.raises(Refused, match="有人提出异议"):
        wall.passes(held)
    with reading(wall.sessions) as session:
        assert posting.objected(session, held) and not posting.objected(session, other)


def test_a_dismissed_objection_lets_the_notice_end_when_its_days_are_full(wall: Wall) -> None:
    case_id = wall.posted()
    objection = wall.object(case_id)
    wall.settle("basic", objection, False)
    with pytest.raises(Refused, match="公示期还没有结束"):
        wall.passes(case_id)
    wall.over(case_id)
    assert wall.passes(case_id).to_state == "check"
    assert [one.status for one in wall.objections(case_id)] == ["dismissed"]


def test_settling_lets_the_held_clock_run_again(wall: Wall) -> None:
    case_id = wall.posted()
    first, second = wall.object(case_id), wall.object(case_id, text="另外一件事，也请核实。")
    wall.over(case_id)
    with writing(wall.sessions) as session:
        session.execute(update(Timer).where(Timer.case_id == case_id, Timer.status == "due").values(status="held"))
        posting.hold(session, case_id)
    wall.settle("basic", first, False)
    assert _clock(wall, case_id).status == "held" and wall.notice(case_id).status == "held"
    wall.settle("basic", second, False)
    assert (_clock(wall, case_id).status, _clock(wall, case_id).at) == ("due", wall.now)
    assert wall.passes(case_id).to_state == "check" and wall.notice(case_id).status == "ended"


def test_an_upheld_objection_keeps_the_case_where_somebody_can_turn_it_down(wall: Wall) -> None:
    case_id = wall.posted()
    wall.second(case_id)
    wall.settle("clerk", wall.object(case_id), True)
    wall.over(case_id)
    with pytest.raises(Refused, match="有人提出异议"):
        wall.passes(case_id)
    wall.act("clerk", case_id, "object", comment="异议成立，转核查。")
    assert wall.act("clerk", case_id, "reject", comment="异议成立。").to_state == "rejected"
    assert [one.status for one in wall.objections(case_id)] == ["upheld"]


@pytest.mark.parametrize(("trigger", "status"), [("reject", "upheld"), ("approve", "dismissed")])
def test_the_rules_own_step_settles_what_is_open(wall: Wall, trigger: str, status: str) -> None:
    case_id = wall.posted()
    wall.second(case_id)
    wall.object(case_id)
    wall.act("clerk", case_id, "object", comment="转核查。")
    assert [one.status for one in wall.objections(case_id)] == ["open"]
    wall.over(case_id)
    done = wall.act("clerk", case_id, trigger, comment="已核查。")
    (one,) = wall.objections(case_id)
    assert (one.status, one.settled_seq, one.settled_by) == (status, done.seq, wall.ids["clerk"])
    with reading(wall.sessions) as session:
        assert [event.extra["objections"] for event in events(session, case_id) if "notice" in event.extra and event.kind == "act"] == [0, 1]


def test_a_made_up_objection_does_not_shorten_a_notice(wall: Wall) -> None:
    """Taking a case aside on the first day and letting it go on the second would be a short cut."""
    case_id = wall.posted()
    wall.second(case_id)
    wall.act("clerk", case_id, "object", comment="有人来电。")
    assert wall.notice(case_id).status == "running" and len(wall.public()) == 1
    with pytest.raises(Refused, match="公示期还没有结束"):
        wall.act("clerk", case_id, "approve", comment="异议不成立。")
    assert "公示期还没有结束" in str(next(action for action in wall.look("clerk", case_id).actions if action.trigger == "approve").blocked)
    wall.object(case_id)                                             # the wall is still the wall
    wall.over(case_id)
    assert wall.act("clerk", case_id, "approve", comment="异议不成立。").to_state == "paid_gate"
    assert wall.notice(case_id).status == "ended"


def test_an_applicant_who_withdraws_ends_every_question(wall: Wall) -> None:
    case_id = wall.posted()
    wall.object(case_id)
    wall.act("worker", case_id, "abandon")
    assert (wall.notice(case_id).status, [one.status for one in wall.objections(case_id)]) == ("withdrawn", ["upheld"])
    with pytest.raises(Impossible):
        wall.object(case_id)


def test_nobody_settles_an_objection_that_is_not_theirs_to_settle(wall: Wall) -> None:
    """The officer who applied, the officer of another union, the county, the administrator, a stranger."""
    with writing(wall.sessions) as session:
        people.appoint(session, wall.ids["worker"], "grassroots", wall.orgs["539921-01-01"], wall.now.date(), None, actor=COMMAND, now=wall.now)
    PEOPLE["worker"] = ("李文华", "539921-01-01", (("grassroots", "539921-01-01"),))
    try:
        case_id = wall.posted()
        objection = wall.object(case_id)
        for who in ("worker", "hospital", "clerk", "leader", "admin", "auditor", "nurse"):
            with pytest.raises(NotYours):
                wall.settle(who, objection, False)
        assert wall.kept("worker") == []
    finally:
        PEOPLE["worker"] = ("李文华", "539921-01-01", ())
    with pytest.raises(NotFound):
        wall.settle("basic", "0" * 20, False)
    with pytest.raises(Refused, match="核查情况"):
        wall.settle("basic", objection, False, " ")
    assert [one.status for one in wall.objections(case_id)] == ["open"]
    wall.settle("basic", objection, False)
    with pytest.raises(Impossible, match="已经处理过"):
        wall.settle("basic", objection, True)


def test_a_substitute_settles_in_the_name_of_whom_they_stand_in_for(wall: Wall) -> None:
    case_id = wall.posted()
    objection = wall.object(case_id)
    post = wall.actor("basic").posts[0]
    substitute = Actor(wall.ids["town"], "陈刚", (replace(post, behalf=wall.ids["basic"], behalf_name="赵敏"),))
    with writing(wall.sessions) as session:
        engine.settle_objection(session, objection, False, "已核实，不成立。", substitute, wall.now)
    with reading(wall.sessions) as session:
        last = events(session, case_id)[-1]
    assert (last.kind, last.actor_id, last.behalf) == ("settle_objection", wall.ids["town"], "赵敏")


def test_nobody_settles_for_the_applicant(wall: Wall) -> None:
    """The unit's officer applied; whoever stands in for them while they are away stands aside as well."""
    case_id = wall.posted()
    objection = wall.object(case_id)
    post = wall.actor("basic").posts[0]
    substitute = Actor(wall.ids["town"], "陈刚", (replace(post, behalf=wall.ids["worker"], behalf_name="李文华"),))
    with pytest.raises(NotYours), writing(wall.sessions) as session:
        engine.settle_objection(session, objection, False, "不成立。", substitute, wall.now)
    with reading(wall.sessions) as session:
        assert notices.kept(session, substitute).rows == ()


def test_who_objected_stands_in_no_event_and_no_plain_column(wall: Wall) -> None:
    case_id = wall.posted()
    wall.object(case_id, name="知情人王五", phone="0879-7654321", text=WORDS, actor=wall.actor("nurse"))
    wall.object(case_id, text="匿名反映：有房两套。", phone="13900000000", actor=wall.actor("nurse"))
    with reading(wall.sessions) as session:
        told = [event for event in events(session, case_id) if event.kind == "objection"]
        rows = session.execute(select(Objection)).scalars().all()
        assert [(event.role, event.actor_id, event.comment) for event in told] == [("public", None, "")] * 2
        assert [event.extra["named"] for event in told] == [True, False]
        assert not any(word in str(event.extra) for event in told for word in ("王五", "7654321", "困难", "匿名"))
        assert all(b"\xe7\x8e\x8b\xe4\xba\x94" not in row.sealed and row.named is named for row, named in zip(rows, (True, False), strict=True))
    mine, theirs = wall.kept("basic")[0].objections, wall.kept("clerk")[0].objections
    assert [(one.text, one.name, one.phone) for one in mine] == [(WORDS, "知情人王五", "0879-7654321"), ("匿名反映：有房两套。", "", "")]
    assert [(one.text, one.name, one.phone) for one in theirs] == [(WORDS, "", ""), ("匿名反映：有房两套。", "", "")]


def test_an_officer_who_notes_one_stands_by_it(wall: Wall) -> None:
    case_id = wall.posted()
    wall.object(case_id, name="来访群众", actor=wall.actor("town"))
    with reading(wall.sessions) as session:
        last = events(session, case_id)[-1]
    assert (last.kind, last.role, last.actor_id) == ("objection", "township", wall.ids["town"])


def test_the_officers_whose_notice_it_is_are_told(wall: Wall) -> None:
    case_id = wall.posted()
    wall.object(case_id)
    with reading(wall.sessions) as session:
        told = session.scalars(select(Message).where(Message.kind == "objection")).all()
    assert [(one.person_id, one.case_id) for one in told] == [(wall.ids["basic"], case_id)]
    assert "困难" not in str(told[0].params)


def test_the_same_form_sent_twice_is_one_objection(wall: Wall) -> None:
    case_id = wall.posted()
    assert wall.object(case_id, idem_key="k1") == wall.object(case_id, idem_key="k1")
    with pytest.raises(KeyReused):
        wall.object(case_id, text="换了一个内容的异议", idem_key="k1")
    assert len(wall.objections(case_id)) == 1


@pytest.mark.parametrize(("given", "says"), [
    ({"text": "  "}, "请写清楚"), ({"text": "太长" * 1001}, "2000 字"), ({"name": "名" * 51}, "姓名太长"), ({"phone": "1" * 31}, "电话太长")])
def test_what_cannot_be_read_is_refused(wall: Wall, given: dict[str, str], says: str) -> None:
    case_id = wall.posted()
    with pytest.raises(Refused, match=says):
        wall.object(case_id, **given)
    assert wall.objections(case_id) == [] and wall.row(case_id).last_seq == 3


def test_a_notice_that_never_was_cannot_be_objected_to(wall: Wall) -> None:
    with pytest.raises(NotFound), writing(wall.sessions) as session:
        engine.object_to(session, "0" * 20, WORDS, now=wall.now, actor=Actor(None, ""))


def test_the_history_stays_whole(wall: Wall) -> None:
    case_id = wall.posted()
    wall.settle("basic", wall.object(case_id), False)
    with reading(wall.sessions) as session:
        assert history.verify(session).items == () and [event.seq for event in events(session, case_id)] == list(range(1, wall.row(case_id).last_seq + 1))


def _clock(wall: Wall, case_id: str) -> Timer:
    notice: Notice = wall.notice(case_id)
    with reading(wall.sessions) as session:
        return session.scalars(select(Timer).where(Timer.case_id == case_id, Timer.entry == notice.entry)).one()
