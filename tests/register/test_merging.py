"""Two entries that are one person: found, proposed by one officer, confirmed by another; nothing of either is lost."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from tests.register.conftest import SON, WIFE, Keeping
from tests.world import World
from workflow import people, register
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.errors import NotFound, NotYours, Refused
from workflow.records import HouseholdMember, MergeProposal, Person

PHONE = "13811112222"


def twins(keeping: Keeping, first: dict[str, object] | None = None, second: dict[str, object] | None = None) -> tuple[str, str]:
    """Two entries of one name and phone, in two unions of the county."""
    return (keeping.person("段小红", code="539921-01-01", phone=PHONE, **(first or {})),
            keeping.person("段小红", code="539921-02", phone=PHONE, **(second or {})))


def row(world: World, person: str) -> Person:
    with reading(world.sessions) as session:
        return session.get_one(Person, person)


def proposed(keeping: Keeping, stays: str, goes: str) -> str:
    made: str = keeping.do(register.propose, "clerk", stays, goes, "身份证原件核对一致")
    return made


def test_entries_of_one_name_are_found_by_what_else_they_share(world: World, keeping: Keeping) -> None:
    a, b = twins(keeping)
    born = keeping.person("段小红", code="539921-02", born_on=date(1970, 2, 3))
    found = keeping.see(register.duplicates, world.actor("clerk"))
    assert [({one.id, other.id}, why) for one, other, why in found] == [({a, b}, ("phone",))]
    again = keeping.person("段小红", code="539921-01-01", born_on=date(1970, 2, 3))
    assert ({born, again}, ("born_on",)) in [({one.id, other.id}, why) for one, other, why in keeping.see(register.duplicates, world.actor("clerk"))]
    assert keeping.see(register.duplicates, world.actor("hospital")) == []          # the other one is out of reach
    assert keeping.see(register.duplicates, world.actor("outsider")) == []


def test_two_identity_numbers_are_two_people(world: World, keeping: Keeping) -> None:
    a, b = twins(keeping, {"id_no": WIFE}, {"id_no": SON})
    assert keeping.see(register.duplicates, world.actor("clerk")) == []
    with pytest.raises(Refused, match="身份证号不同"):
        proposed(keeping, a, b)


def test_one_officer_proposes_and_another_confirms(world: World, keeping: Keeping) -> None:
    a, b = twins(keeping, second={"id_no": WIFE, "bank_card": "6222021001116245702"})
    merge = proposed(keeping, a, b)
    assert row(world, b).merged_into is None
    with pytest.raises(NotYours, match="不能由自己确认"):
        keeping.do(register.confirm, "clerk", merge)
    with pytest.raises(NotFound):
        keeping.do(register.confirm, "outsider", merge)
    with pytest.raises(NotFound):
        keeping.do(register.confirm, "basic", merge)                   # keeps only one of the two unions
    assert row(world, b).merged_into is None
    keeping.do(register.confirm, "clerk2", merge)
    gone, kept = row(world, b), row(world, a)
    assert gone.merged_into == a and gone.union_id is None and gone.id_no_index is None
    assert kept.id_no_index is not None and kept.bank_card_index is not None and kept.born_on == date(1982, 3, 4)
    with reading(world.sessions) as session:
        found = people.find(session, WIFE)
        assert found is not None and found.id == a
        assert register.same_person(session, b) == [a, b]
        assert register.duplicates(session, world.actor("clerk")) == []
    assert keeping.events(f"person:{a}") == ["add", "merge_propose", "merge"]
    assert keeping.events(f"person:{b}") == ["add", "merge_propose", "merge"]
    with pytest.raises(Refused, match="已经处理"):
        keeping.do(register.confirm, "clerk2", merge)
    keeping.clean()


def test_a_merge_that_was_turned_down_changes_nothing(world: World, keeping: Keeping) -> None:
    a, b = twins(keeping)
    merge = proposed(keeping, a, b)
    with pytest.raises(Refused, match="已有一项合并在等"):
        keeping.do(register.propose, "clerk2", b, a, "核对一致")
    keeping.do(register.decline, "clerk2", merge)
    assert row(world, b).merged_into is None and row(world, b).union_id == world.orgs["539921-02"]
    assert keeping.see(register.proposals, world.actor("clerk")) == []
    proposed(keeping, b, a)


def test_accounts_and_posts_are_never_merged_silently(world: World, keeping: Keeping) -> None:
    a, b = twins(keeping)
    with writing(world.sessions) as session:
        people.add_account(session, b, "xiaohong", "no password", actor=COMMAND, now=world.now)
    with pytest.raises(Refused, match="请保留有账号的那一条"):
        proposed(keeping, a, b)
    merge = proposed(keeping, b, a)
    with writing(world.sessions) as session:                # the other one gets an account before the second officer looks
        people.add_account(session, a, "xiaohong2", "no password", actor=COMMAND, now=world.now)
    with pytest.raises(Refused, match="各有一个登录账号"):
        keeping.do(register.confirm, "clerk2", merge)
    assert row(world, a).merged_into is None
    c, d = keeping.person("尹洁", code="539921-02", phone=PHONE), keeping.person("尹洁", code="539921-02", phone=PHONE)
    with writing(world.sessions) as session:
        people.appoint(session, d, "grassroots", world.orgs["539921-02"], date(2020, 1, 1), None, actor=COMMAND, now=world.now)
    with pytest.raises(Refused, match="还有任职"):
        proposed(keeping, c, d)


def test_nobody_merges_their_own_entry(world: World, keeping: Keeping) -> None:
    other = keeping.person("王莉", code="539921-02")
    with pytest.raises(NotYours, match="须由他人办理"):
        proposed(keeping, world.ids["clerk"], other)
    with reading(world.sessions) as session:
        assert session.scalar(select(MergeProposal)) is None


def test_the_household_follows_and_two_households_are_refused(world: World, keeping: Keeping) -> None:
    a, b = twins(keeping)
    home = keeping.do(register.open_household, "clerk", b)
    merge = proposed(keeping, a, b)
    keeping.do(register.confirm, "clerk2", merge)
    with reading(world.sessions) as session:
        assert register.household_now(session, a) == home and register.household_now(session, b) is None
        assert register.household(session, home, world.actor("clerk")).row.head_id == a
        rows = session.scalars(select(HouseholdMember).where(HouseholdMember.household_id == home)).all()
        assert [(one.person_id, one.relation, one.until_on is None) for one in rows] == [(b, "head", False), (a, "head", True)]
    c, d = keeping.person("尹洁", code="539921-02", phone=PHONE), keeping.person("尹洁", code="539921-02", phone=PHONE)
    keeping.do(register.open_household, "clerk", c)
    keeping.do(register.open_household, "clerk", d)
    with pytest.raises(Refused, match="属于两个家庭"):
        proposed(keeping, c, d)
    keeping.clean()


def test_a_merged_entry_is_chosen_nowhere(world: World, keeping: Keeping) -> None:
    a, b = twins(keeping)
    keeping.do(register.confirm, "clerk2", proposed(keeping, a, b))
    with pytest.raises(Refused, match="已并入另一条"):
        keeping.do(register.open_household, "clerk", b)
    with reading(world.sessions) as session:
        assert register.person(session, b, world.actor("clerk"))[0].id == a
