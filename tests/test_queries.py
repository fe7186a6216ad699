"""Lists: in order, in scope, by keyset, and without more work when the archive grows."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from tests.web.desk import AID, CARD
from tests.world import World
from workflow import engine, people, queries
from workflow.actors import COMMAND
from workflow.db import make_sessions, reading, writing
from workflow.privacy import Vault


@pytest.fixture
def sessions(engine: Any) -> sessionmaker[Session]:
    return make_sessions(engine, Vault(b"d" * 32))


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> World:
    world = World(sessions)
    world.publish(AID)
    return world


def filed(world: World, bill: str, cost: str = "8000", who: str = "worker", card: str = CARD) -> str:
    return world.submitted(who, "aid", {"bill_no": bill, "cost": cost, "insured": "400", "bank_card": card})


def checked(world: World, bill: str, cost: str = "8000", who: str = "worker", basic: str = "basic") -> str:
    case_id = filed(world, bill, cost, who)
    world.act(basic, case_id, "approve", form={"opinion": "属实"}, comment="两人入户。")
    return case_id


def queue(world: World, short: str, **more: Any) -> queries.Page[queries.TaskRow]:
    actor = world.actor(short)
    with reading(world.sessions) as session:
        return queries.tasks(session, actor, world.now, **more)


def test_the_queue_is_in_order_of_due_time_and_goes_on_by_cursor(world: World) -> None:
    wanted = []
    for number in range(5):
        world.now += timedelta(days=1)
        wanted.append(checked(world, f"B{number}"))
    first = queue(world, "clerk", limit=2)
    second = queue(world, "clerk", limit=2, after=first.next)
    third = queue(world, "clerk", limit=2, after=second.next)
    assert [row.case_id for page in (first, second, third) for row in page.rows] == wanted
    assert (first.total, third.next) == (5, None)


def test_only_posts_held_today_bring_tasks(world: World) -> None:
    checked(world, "B1")
    assert len(queue(world, "clerk").rows) == 1
    for stranger in ("outsider", "leader", "auditor", "admin", "worker", "hospital"):
        assert queue(world, stranger).rows == ()


def test_a_row_says_what_the_list_shows_and_masks_the_name(world: World) -> None:
    case_id = checked(world, "B1", "30400")
    row = queue(world, "clerk").rows[0]
    assert (row.case_id, row.name, row.amount_fen, row.unit, row.flags) == (case_id, "李*华", 1_500_000, "二建公司工会", ("not_huge",))
    assert row.definition.title.zh == "试点救助" and not row.clean and not row.others_only


def test_filters_and_their_counts_agree(world: World) -> None:
    checked(world, "B1")
    again = filed(world, "B2", who="nurse")
    world.act("hospital", again, "return_to", comment="请补正", correct=["form.cost"])
    world.act("nurse", again, "submit", form={"cost": "9000"})
    world.act("hospital", again, "approve", form={"opinion": "属实"}, comment="属实")
    world.now += timedelta(days=7)
    fresh = checked(world, "B3")
    actor = world.actor("clerk")
    with reading(world.sessions) as session:
        chips = queries.chips(session, actor, world.now)
    assert (chips.total, chips.soon + chips.overdue) == (3, 2)
    assert len(queue(world, "clerk", due="soon").rows) + len(queue(world, "clerk", due="overdue").rows) == 2
    assert fresh not in {row.case_id for row in queue(world, "clerk", due="soon").rows}
    assert [row.definition.key for row in queue(world, "clerk", programme="aid").rows] == ["aid"] * 3
    assert queue(world, "clerk", programme="other").rows == ()
    assert [row.name for row in queue(world, "clerk", q="和").rows] == ["和*芬"]
    assert len(queue(world, "clerk", q="二建").rows) == 2 and queue(world, "clerk", q="%").rows == ()


def test_what_others_must_decide_stays_in_the_list_and_says_so(world: World) -> None:
    own = filed(world, "B1", who="basic")
    rows = {row.case_id: row for row in queue(world, "basic").rows}
    assert rows[own].others_only
    both = checked(world, "B2")
    world.act("double", both, "approve", comment="同意")
    assert queue(world, "double").rows[0].others_only          # checked it, so may not decide it as the leader
    assert not queue(world, "leader").rows[0].others_only


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_queue_reads_the_partial_index_and_one_statement_a_list(world: World) -> None:
    checked(world, "B1")
    said: list[tuple[str, Any]] = []
    bind = world.sessions.kw["bind"]
    event.listen(bind, "before_cursor_execute", lambda c, cur, text, args, ctx, many: said.append((text, args)))
    queue(world, "double")
    lists = [(text, args) for text, args in said if "FROM tasks" in text]
    assert len(lists) == 2                                      # the rows and the capped count
    with reading(world.sessions) as session:
        connection = session.connection()
        for text, args in lists:
            plan = " ".join(str(row) for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + text, args))
            assert "ix_tasks_queue" in plan and "SCAN tasks" not in plan


def test_counting_stops_at_the_cap(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflow.queries.queue.CAP", 2)
    for number in range(4):
        filed(world, f"B{number}")
    assert queue(world, "basic", limit=1).total == 3


def test_search_finds_by_number_name_and_unit_within_the_scope(world: World) -> None:
    case_id = filed(world, "B1")
    number = world.row(case_id).number or ""
    draft = world.start("worker", "aid")

    def found(short: str, text: str) -> list[str]:
        actor = world.actor(short)
        with reading(world.sessions) as session:
            return [row.case_id for row in queries.search(session, actor, text).rows]

    for text in (number, number[-4:], "李文", "二建"):
        assert found("auditor", text) == [case_id]
    assert found("outsider", number) == found("hospital", number) == found("auditor", "") == found("auditor", "文华") == []
    assert sorted(found("worker", "李文华")) == sorted([case_id, draft])


def test_search_by_identity_number_is_exact_and_scoped(world: World) -> None:
    case_id = filed(world, "B1")

    def found(short: str, text: str) -> list[str]:
        actor = world.actor(short)
        with reading(world.sessions) as session:
            return [row.case_id for row in queries.search_identity(session, actor, text).rows]

    assert found("auditor", "6228 4800 1000 0000 017") == [case_id]
    assert found("auditor", CARD[:-1]) == found("outsider", CARD) == found("auditor", "李文华") == []


def test_done_lists_what_i_decided_and_where_it_stands_now(world: World) -> None:
    case_id = checked(world, "B1")
    world.act("clerk", case_id, "approve", comment="同意")
    actor, worker = world.actor("basic"), world.actor("worker")
    with reading(world.sessions) as session:
        mine = queries.decided(session, actor)
        assert queries.decided(session, worker).rows == ()
    assert [(row.state, row.trigger, row.case.state) for row in mine.rows] == [("first", "approve", "decide")]


def test_my_cases_are_those_i_applied_for_or_filed(world: World) -> None:
    case_id, other = filed(world, "B1"), filed(world, "B2", who="nurse")
    actor = world.actor("worker")
    with reading(world.sessions) as session:
        assert [row.case_id for row in queries.my_cases(session, actor).rows] == [case_id] != [other]


def test_a_trace_names_people_and_opens_what_was_sealed(world: World) -> None:
    case_id = checked(world, "B1")
    with reading(world.sessions) as session:
        events = queries.events(session, case_id)
    last = events[-1]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert (last.who, last.organisation, last.comment) == ("赵敏", "二建公司工会", "两人入户。")
    assert last.changes == {"form.opinion": [None, "属实"]}


def test_readings_say_who_looked_at_whom_and_why(world: World) -> None:
    case_id, clerk = checked(world, "B1"), world.actor("clerk")
    with writing(world.sessions) as session:
        engine.reveal(session, case_id, ["bank_card"], "核对银行卡", clerk, world.now)
    auditor, outsider = world.actor("auditor"), world.actor("outsider")
    with reading(world.sessions) as session:
        row, = queries.reads(session, auditor).rows
        assert queries.reads(session, outsider).rows == () == queries.reads(session, auditor, who="赵").rows
    assert (row.who, row.name, row.reason, row.fields, row.case_id) == ("王莉", "李*华", "核对银行卡", ("bank_card",), case_id)


def test_the_amount_worked_out_again_is_the_one_recorded(world: World) -> None:
    case_id = checked(world, "B1")
    world.act("clerk", case_id, "approve", comment="同意")
    with reading(world.sessions) as session:
        again = queries.recalculate(session, case_id)
    assert again is not None and again.same and again.worked_out_fen == 380_000
    assert [name for name, _value, _why in again.lines] == ["net", "amount"]


def test_an_amount_set_by_hand_is_told_from_one_that_does_not_fit(world: World) -> None:
    case_id = checked(world, "B1")
    world.act("clerk", case_id, "approve", comment="核减", amount=Decimal("3000"))
    with reading(world.sessions) as session:
        again = queries.recalculate(session, case_id)
    assert again is not None and not again.same and again.explained and again.by_hand
    assert (again.worked_out_fen, again.recorded_fen, again.seq) == (380_000, 300_000, 4)


def test_a_broken_link_names_its_step(world: World) -> None:
    case_id = checked(world, "B1")
    with reading(world.sessions) as session:
        assert queries.chain(session, case_id).whole
    with writing(world.sessions) as session:
        connection = session.connection()
        for trigger in ("guard_events_update",):
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
            else:
                connection.exec_driver_sql(f"DROP TRIGGER {trigger} ON events")
        connection.exec_driver_sql(
            "UPDATE events SET body = " + ("CAST('{}' AS BLOB)" if connection.dialect.name == "sqlite" else "'{}'::bytea")
            + f" WHERE stream = '{case_id}' AND seq = 2")
    with reading(world.sessions) as session:
        assert queries.chain(session, case_id).broken == 2


def test_a_post_that_ended_yesterday_brings_nothing(world: World) -> None:
    checked(world, "B1")
    account = None
    with writing(world.sessions) as session:
        account = people.add_account(session, person_id=world.ids["clerk"], username="clerk", password_hash="x",
                                     actor=COMMAND, now=world.now).id
    with reading(world.sessions) as session:
        today = people.actor_of(session, account, world.now.date(), "page")
        before = people.actor_of(session, account, world.now.date().replace(year=2019), "page")
        assert len(queries.tasks(session, today, world.now).rows) == 1
        assert queries.tasks(session, before, world.now).rows == ()
