"""What a person and a household were granted: all of it, newest first, each kind of value by itself."""

from __future__ import annotations

from datetime import date

import pytest

from tests.register.conftest import WIFE, Keeping
from tests.world import World
from web.register.room import summed
from workflow import register
from workflow.db import reading, writing
from workflow.privacy import vault
from workflow.records import Case, GrantLine

GRANT = """
schema: 1
key: grant
version: 1
title: {zh: 试点补助, en: Trial grant}
initial: draft
number: "BZ-{org.code}-{year}-{seq:04d}"
form: {cost: {label: 费用, type: money, required: true, min: 0}}
actors: {applicant: {who: applicant}, county: {role: county_handler, scope: ancestor(county)}}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*]}
  - {name: review, label: 审核, kind: task, actor: county, due: 5wd}
  - {name: done, label: 办结, final: true, outcome: approved}
transitions:
  - {trigger: submit, label: 提交, source: draft, dest: review, require: [form]}
  - {trigger: approve, label: 同意, source: review, dest: done}
"""


class Lines:
    """Lines as the engine leaves them, of one case of the nurse's union."""

    def __init__(self, world: World) -> None:
        world.publish(GRANT, "grant.v1.yaml")
        self.world, self.case, self.n = world, world.submitted("nurse", "grant", {"cost": "1"}), 0

    def add(self, value: str, fen: int, status: str, day: int, **more: object) -> None:
        self.n += 1
        with writing(self.world.sessions) as session:
            case = session.get_one(Case, self.case)
            session.add(GrantLine(**{
                "id": f"line{self.n:016d}", "case_id": case.id, "n": self.n, "definition_key": "grant", "value": value, "unit_id": case.unit_id,
                "path": case.path, "amount_fen": fen, "status": status, "granted_on": date(2026, 5, day), "returned_fen": 0, "updated_at": self.world.now,
                "settled_on": date(2026, 5, day + 1) if status == "paid" else None, **more}))


@pytest.fixture
def lines(world: World) -> Lines:
    return Lines(world)


def test_all_of_a_household_newest_first_and_kinds_apart(world: World, keeping: Keeping, lines: Lines) -> None:
    wife, home = keeping.person("张丽", WIFE), keeping.household()
    keeping.do(register.add_member, "clerk", home, wife, "spouse", date(2026, 6, 1))
    with reading(world.sessions) as session:
        index = vault(session).blind("idcard", WIFE)
    lines.add("cash_grant", 400_000, "paid", 3, person_id=world.ids["worker"])
    lines.add("cash_grant", 100_000, "held", 9, person_id=None, id_index=index)              # a roster knew her by her number alone
    lines.add("pool_payout", 126_000, "paid", 5, person_id=wife)
    lines.add("goods", 0, "paid", 7, person_id=wife, item="539921/2026/goods/oil", quantity=2)
    lines.add("cash_grant", 999_900, "open", 8, person_id=wife)
    lines.add("cash_grant", 999_900, "dropped", 8, person_id=wife)
    lines.add("cash_grant", 50_000, "paid", 1, person_id=world.ids["nurse"])                 # not of this household
    with reading(world.sessions) as session:
        aid = register.aid_of_household(session, home, world.actor("clerk"))
        hers = register.aid_of_person(session, wife, world.actor("clerk"))
    assert [(one.on, one.value, one.amount_fen, one.quantity, one.status) for one in aid] == [
        (date(2026, 5, 9), "cash_grant", 100_000, None, "held"), (date(2026, 5, 8), "goods", 0, 2, "paid"),
        (date(2026, 5, 6), "pool_payout", 126_000, None, "paid"), (date(2026, 5, 4), "cash_grant", 400_000, None, "paid")]
    assert [one.value for one in hers] == ["cash_grant", "goods", "pool_payout"]
    assert summed(aid) == {"cash_grant": 500_000, "pool_payout": 126_000}                    # never one sum
    assert {str(one.programme) for one in aid} == {"试点补助"} and aid[-1].who == "李*华"


def test_a_grant_is_told_but_its_case_opens_only_within_scope(world: World, keeping: Keeping, lines: Lines) -> None:
    home = keeping.household()
    lines.add("cash_grant", 400_000, "paid", 3, person_id=world.ids["worker"])
    with reading(world.sessions) as session:
        for reader, opens in (("clerk", True), ("basic", False)):
            one = register.aid_of_household(session, home, world.actor(reader))[0]
            assert one.number is not None and (one.case_id is not None) is opens


def test_aid_of_a_merged_entry_counts_for_the_one_that_stays(world: World, keeping: Keeping, lines: Lines) -> None:
    a, b = (keeping.person("段小红", code="539921-02", phone="13811112222") for _ in range(2))
    lines.add("cash_grant", 400_000, "paid", 3, person_id=b)
    keeping.do(register.confirm, "clerk2", keeping.do(register.propose, "clerk", a, b, "核对一致"))
    with reading(world.sessions) as session:
        for person in (a, b):
            assert [one.amount_fen for one in register.aid_of_person(session, person, world.actor("clerk"))] == [400_000]
