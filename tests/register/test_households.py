"""Households and memberships: who lives where, since when, and nothing without an event."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from tests.register.conftest import SON, WIFE, Keeping
from tests.world import World
from workflow import register
from workflow.db import reading, writing
from workflow.errors import NotFound, NotYours, Refused
from workflow.records import Event, Household, HouseholdMember, Person

DAY = date(2026, 6, 1)


def members(world: World, household: str) -> dict[str, str]:
    with reading(world.sessions) as session:
        return {row.name: row.relation for row in session.execute(
            select(Person.name, HouseholdMember.relation).join(Person, Person.id == HouseholdMember.person_id).where(
                HouseholdMember.household_id == household, HouseholdMember.until_on.is_(None)))}


def test_a_household_has_its_head_and_belongs_to_the_heads_union(world: World, keeping: Keeping) -> None:
    home = keeping.household(address="城关街道文化路12号")
    assert members(world, home) == {"李文华": "head"}
    view = keeping.see(register.household, home, world.actor("basic"))
    assert view.unit == "二建公司工会" and view.head == "李文华"
    assert keeping.see(register.address_of, view.row) == "城关街道文化路12号"
    assert keeping.events(f"household:{home}") == ["open"]
    keeping.clean()


def test_an_address_stands_in_no_event_in_clear(world: World, keeping: Keeping) -> None:
    home = keeping.household(address="城关街道文化路12号")
    with reading(world.sessions) as session:
        body = session.scalars(select(Event.body).where(Event.stream == f"household:{home}")).one()
    assert "文化路" not in bytes(body).decode() and "李文华" not in bytes(body).decode()


def test_nobody_is_in_two_households_at_once(world: World, keeping: Keeping) -> None:
    wife = keeping.person("张丽", WIFE)
    first, second = keeping.household(), keeping.household("nurse")
    keeping.do(register.add_member, "clerk", first, wife, "spouse", DAY)
    with pytest.raises(Refused, match="张丽|张\\*已在李\\*华的家庭里"):
        keeping.do(register.add_member, "clerk", second, wife, "other", DAY)
    assert members(world, second) == {"和桂芬": "head"}
    assert keeping.events(f"household:{second}") == ["open"]
    keeping.do(register.remove_member, "clerk", first, wife, date(2026, 6, 10), "离异分户")
    keeping.do(register.add_member, "clerk", second, wife, "other", date(2026, 6, 10))
    assert members(world, second) == {"和桂芬": "head", "张丽": "other"}
    assert keeping.events(f"household:{first}") == ["open", "join", "leave"]
    keeping.clean()


def test_a_second_household_for_the_same_head_is_refused(world: World, keeping: Keeping) -> None:
    keeping.household()
    with pytest.raises(Refused, match="不能同时属于两户"):
        keeping.household()
    with reading(world.sessions) as session:
        assert session.scalar(select(func.count()).select_from(Household)) == 1


def test_the_head_cannot_leave_before_another_is_head(world: World, keeping: Keeping) -> None:
    home = keeping.household()
    keeping.do(register.add_member, "clerk", home, world.ids["nurse"], "spouse", DAY)
    with pytest.raises(Refused, match="户主不能移出"):
        keeping.do(register.remove_member, "clerk", home, world.ids["worker"], DAY, "去世")
    keeping.do(register.change_head, "clerk", home, world.ids["nurse"], relation="spouse")
    assert members(world, home) == {"和桂芬": "head", "李文华": "spouse"}
    assert keeping.see(register.household, home, world.actor("hospital")).unit == "县医院工会"
    assert keeping.events(f"household:{home}") == ["open", "join", "head", "move"]
    keeping.clean()


def test_a_head_who_lives_alone_leaves_unless_there_is_a_file(world: World, keeping: Keeping) -> None:
    home, far = keeping.household(), keeping.household("nurse")
    with writing(world.sessions) as session:
        register.open_file(session, far, "KD-1", world.actor("clerk"), world.now, role="county_handler", category="deep", size=1, per_capita_fen=None, opened_on=DAY)
    with pytest.raises(Refused, match="这一户在档（编号 KD-1）"):
        keeping.do(register.remove_member, "clerk", far, world.ids["nurse"], world.now.date(), "并入另一户")
    keeping.do(register.remove_member, "clerk", home, world.ids["worker"], world.now.date(), "并入另一户")
    assert members(world, home) == {} and members(world, far) == {"和桂芬": "head"}
    assert keeping.see(register.households_without, world.actor("clerk"))[0] == []


def test_a_member_is_found_by_number_or_added(world: World, keeping: Keeping) -> None:
    first = keeping.do(register.found_or_added, "clerk", "李明", SON)
    assert keeping.do(register.found_or_added, "clerk", "李明", SON) == first
    with pytest.raises(Refused, match="李\\*，与填写的“王明”不一致"):
        keeping.do(register.found_or_added, "clerk", "王明", SON)
    with pytest.raises(Refused):
        keeping.do(register.found_or_added, "clerk", "李明", SON[:-1] + ("0" if SON[-1] != "0" else "1"))


def test_who_only_reads_or_is_elsewhere_cannot_keep(world: World, keeping: Keeping) -> None:
    home = keeping.household(who="basic")
    with pytest.raises(NotFound):
        keeping.do(register.add_member, "outsider", home, world.ids["nurse"], "other", DAY)
    with pytest.raises(NotFound):
        keeping.do(register.add_member, "hospital", home, world.ids["nurse"], "other", DAY)
    for reader in ("leader", "auditor"):
        with pytest.raises(NotYours):
            keeping.do(register.add_member, reader, home, world.ids["nurse"], "other", DAY)
        assert keeping.see(register.household, home, world.actor(reader)).head == "李文华"
    with pytest.raises(NotFound):
        keeping.see(register.household, home, world.actor("outsider"))
    assert keeping.events(f"household:{home}") == ["open"]


def test_a_membership_moves_and_ends_and_its_history_stays(world: World, keeping: Keeping) -> None:
    worker, home = world.ids["worker"], keeping.household()
    keeping.do(register.transfer, "clerk", worker, world.orgs["539921-02"], DAY, "调动工作")
    stays = keeping.see(register.memberships, [worker])
    assert [(one.union, one.since_on, one.until_on, one.reason) for one in stays] == [
        ("县医院工会", DAY, None, ""), ("二建公司工会", date(2018, 3, 1), DAY, "调动工作")]
    assert keeping.see(register.household, home, world.actor("hospital")).unit == "县医院工会"
    keeping.do(register.leave, "clerk", worker, date(2026, 6, 12), "退休离会")
    with reading(world.sessions) as session:
        person = session.get_one(Person, worker)
        assert (person.union_id, person.member_since) == (None, None)
    with writing(world.sessions) as session:
        register.join(session, worker, world.orgs["539921-01-01"], date(2026, 6, 14), world.actor("clerk"), world.now)
    with reading(world.sessions) as session:
        person = session.get_one(Person, worker)
        assert (person.union_id, person.member_since) == (world.orgs["539921-01-01"], date(2026, 6, 14))
    assert keeping.events(f"person:{worker}") == ["add", "transfer", "leave", "join"]
    keeping.clean()


def test_a_membership_in_order(world: World, keeping: Keeping) -> None:
    worker = world.ids["worker"]
    with pytest.raises(Refused, match="已在这个工会"):
        keeping.do(register.transfer, "clerk", worker, world.orgs["539921-01-01"], DAY, "调动")
    with pytest.raises(Refused, match="日期不能晚于今天"):
        keeping.do(register.transfer, "clerk", worker, world.orgs["539921-02"], date(2026, 7, 1), "调动")
    with pytest.raises(Refused, match="请写明原因"):
        keeping.do(register.leave, "clerk", worker, DAY, "")
    with pytest.raises(NotFound):
        keeping.do(register.leave, "hospital", worker, DAY, "离职")
    assert keeping.see(register.memberships, [worker])[0].union == "二建公司工会"
    assert keeping.events(f"person:{worker}") == ["add"]
