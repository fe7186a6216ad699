"""The register's pages, as the officers of the small county use them, and the paper of a home visit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.acceptance.conftest import app, clock, enter, run, world  # noqa: F401  # the whole product in front of the small county
from tests.acceptance.newcomer import Newcomer
from tests.browser.household import VISITED
from tests.register.conftest import MOTHER, WIFE
from tests.web.county import Clock
from tests.world import World
from web import db
from workflow import people, register
from workflow.actors import COMMAND
from workflow.records import Event, Household, HouseholdMember, Person

Enter = Callable[[str], Newcomer]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def known(world: World, name: str, id_no: str, code: str) -> str:  # noqa: F811
    with db.db.writing(world.sessions) as session:
        return people.add_person(session, world.now, COMMAND, name, id_no=id_no, union_id=world.orgs[code], member_since=date(2019, 1, 1)).id


def test_a_household_is_opened_and_filled_and_a_second_one_refused(world: World, enter: Enter) -> None:  # noqa: F811
    known(world, "段小红", WIFE, "539921-02")
    clerk = enter("clerk")
    clerk.open("/register").follow("建立家庭").press("建立家庭", name="段小红", id_no=WIFE, union="", address="文化路12号")
    assert "段小红的家庭" in clerk.page.words and "文化路12号" in clerk.page.words and "县医院工会" in clerk.page.words
    home = clerk.url
    clerk.press("加入家庭", name="周奶奶", id_no=MOTHER, relation="parent", since="2020-01-01")
    assert "已加入家庭" in clerk.page.words and "周奶奶" in clerk.page.words and MOTHER not in clerk.page.words
    clerk.press("加入家庭", name="周大妈", id_no=MOTHER, relation="parent", since="2020-01-01")
    assert clerk.status == 422 and "登记的姓名是周*奶，与填写的“周大妈”不一致" in clerk.page.words
    clerk.open("/register/households/new").press("建立家庭", name="周奶奶", id_no=MOTHER, union="", address="")
    assert clerk.status == 422 and "没有所属工会" in clerk.page.words
    clerk.open("/register/households/new").press("建立家庭", name="段小红", id_no=WIFE, union="", address="")
    assert clerk.status == 422 and "一个人不能同时属于两户" in clerk.page.words
    clerk.open(home).press("移出家庭", reason="分户居住")
    assert "已移出家庭" in clerk.page.words
    with db.db.reading(world.sessions) as session:
        assert len(session.scalars(select(Household)).all()) == 1
        assert session.scalars(select(HouseholdMember.until_on).where(HouseholdMember.relation == "parent")).one() is not None


def test_a_household_of_a_worker_who_is_not_in_the_register_yet(world: World, enter: Enter) -> None:  # noqa: F811
    basic = enter("basic")
    basic.open("/register/households/new").press("建立家庭", name="新人", id_no=WIFE, union="没有这个工会", address="")
    assert basic.status == 422 and "请填写工会的编码或全称" in basic.page.words
    basic.press("建立家庭", name="新人", id_no=WIFE, union="县医院工会", address="")
    assert basic.status == 404                                       # another union's worker is not theirs to enter
    basic.open("/register/households/new").press("建立家庭", name="新人", id_no=WIFE, union="539921-01-01", address="")
    assert "新人的家庭" in basic.page.words
    with db.db.reading(world.sessions) as session:
        assert session.scalars(select(Person.union_id).where(Person.name == "新人")).one() == world.orgs["539921-01-01"]


def test_a_person_is_found_by_number_and_moves_to_another_union(world: World, enter: Enter) -> None:  # noqa: F811
    person = known(world, "段小红", WIFE, "539921-02")
    clerk = enter("clerk")
    clerk.open("/register")
    clerk.press("查找", number=WIFE)
    assert clerk.url.startswith(f"/register/people/{person}") and WIFE not in clerk.page.words
    clerk.open(f"/register/people/{person}").press("办理转会", union="二建公司工会", on="2026-06-01", reason="调动工作")
    assert "已办理转会" in clerk.page.words
    clerk.open(f"/register/people/{person}")
    assert "二建公司工会" in clerk.page.words and "调动工作" in clerk.page.words and "县医院工会" in clerk.page.words
    clerk.press("办理退会", on="2026-06-10", reason="退休离会")
    assert "没有会籍" in clerk.page.words or clerk.status == 404


def test_two_entries_are_compared_and_merged_by_two_officers(world: World, enter: Enter) -> None:  # noqa: F811
    with db.db.writing(world.sessions) as session:
        a, b = (people.add_person(session, world.now, COMMAND, "尹小洁", union_id=world.orgs["539921-02"], phone="13811112222").id for _ in range(2))
    clerk, other = enter("clerk"), enter("clerk2")
    clerk.open("/register/duplicates").follow("对照").press("提出，由另一位经办人确认", reason="身份证原件一致")
    assert "等另一位经办人确认" in clerk.page.words
    assert "自己提出的合并由另一位经办人确认" in clerk.open(f"/register/people/{a}/same/{b}").page.words
    assert not [one for one in clerk.page.controls if one.attributes.get("value") == "confirm"]
    other.open(f"/register/people/{a}/same/{b}").press("", "confirm")
    assert "已合并" in other.page.words and "已合并 1 条登记" in other.page.words
    with db.db.reading(world.sessions) as session:
        into = {one: session.get_one(Person, one).merged_into for one in (a, b)}
    assert into in ({a: None, b: a}, {a: b, b: None})


def test_who_reads_sees_no_button_and_who_is_elsewhere_nothing(world: World, enter: Enter) -> None:  # noqa: F811
    person = known(world, "段小红", WIFE, "539921-02")
    with db.db.writing(world.sessions) as session:
        home = register.open_household(session, person, COMMAND, world.now, address="文化路12号")
    for reader in ("auditor", "leader"):
        page = enter(reader).open(f"/register/households/{home}")
        assert page.status == 200 and "段小红" in page.page.words
        assert "加入家庭" not in page.page.words and "文化路12号" not in page.page.words
    for nobody in ("outsider", "basic"):
        assert enter(nobody).open(f"/register/households/{home}").status == 404
    for nobody in ("worker", "admin", "cashier"):
        assert enter(nobody).open(f"/register/households/{home}").status == 403


def test_the_paper_of_a_visit_is_printed_once_recorded(app: Flask, world: World, clock: Clock, enter: Enter) -> None:  # noqa: F811
    world.publish(VISITED, "visited_grant.v1.yaml")
    case = world.submitted("worker", "visited_grant", {"address": "城关街道文化路12号", "cause_note": "自付医药费", "family": [{"name": "张丽", "age": "44"}]})
    clerk = enter("clerk")
    clerk.open(f"/tasks/{case}").follow("入户走访表")
    words = clerk.page.words
    assert "入户走访表" in words and "二看：看住房" in words and "张丽" in words and "入户人员二" in words and "文化路" not in words
    assert 'src="data:image/svg+xml' in clerk.client.get(f"/register/visits/{case}").text
    clerk.press("打印（登记一次）")
    assert "城关街道文化路12号" in clerk.page.words and "打印已登记" in clerk.page.words
    printed = clerk.url
    with db.db.reading(world.sessions) as session:
        event = session.scalars(select(Event).where(Event.stream == case, Event.kind == "print")).one()
        assert event.actor_id == world.ids["clerk"] and "visit_form" in bytes(event.body).decode() and "文化路" not in bytes(event.body).decode()
    assert "文化路" not in enter("clerk2").open(printed).page.words          # who did not print it does not read it so
    clock.at += timedelta(minutes=16)
    assert "文化路" not in clerk.open(printed).page.words
    assert enter("outsider").open(f"/register/visits/{case}").status == 404
