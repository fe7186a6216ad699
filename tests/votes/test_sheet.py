"""One sheet, start to end, on both databases."""

from __future__ import annotations

from sqlalchemy import select

from tests.votes.desk import Room, carried, events, look_over, sheet
from tests.web.county import Visitor
from workflow.db import reading
from workflow.records import Attachment, Event


def test_a_sheet_carries_its_cases_on_and_leaves_the_others(room: Room, me: Visitor) -> None:
    good, bad, gone = room.at_the_vote(), room.at_the_vote("7000"), room.at_the_vote("8000")
    page = look_over(me, sheet(f"{room.number(good)},4,0,0,通过,会议同意", f"{room.number(bad)},1,3,0,不通过,材料不足",
                               f"{room.number(gone)},3,1,0,通过,"))
    assert page.status_code == 200 and "可以登记 3 件" in page.text
    assert events(room, "meeting") == 0
    room.act("second", gone, "approve")                # somebody begins to vote here in between
    done = me.post("/tasks/meetings/enter", {"carried": carried(page.text)})
    assert done.status_code == 200 and "已登记 2 件" in done.text and "1 件没有登记" in done.text and "已经有人在系统里表决" in done.text
    assert [room.row(case_id).state for case_id in (good, bad, gone)] == ["paying", "rejected", "meeting"]
    again = me.post("/tasks/meetings/enter", {"carried": carried(page.text)})
    assert "已登记 2 件" in again.text and events(room, "meeting") == 2
    with reading(room.sessions) as session:
        kept = session.scalars(select(Attachment).order_by(Attachment.id)).all()
        assert {(file.kind, file.case_id) for file in kept} == {("minutes", good), ("minutes", bad)}
        assert len({file.stored_as for file in kept}) == 2 and len({file.sha256 for file in kept}) == 1
        assert {event.actor_id for event in session.scalars(select(Event).where(Event.kind == "meeting"))} == {room.ids["first"]}
