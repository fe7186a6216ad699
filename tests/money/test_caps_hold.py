"""A cap is one cap: two decisions at one moment, a merge, a household that is new, and a number learnt late do not get round it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.engine.test_racing import acting, at_once
from tests.money.conftest import GRANT
from tests.register.conftest import SON, WIFE, Keeping
from tests.world import World
from workflow import engine, money, people, register
from workflow.actors import COMMAND, Actor
from workflow.db import reading, writing
from workflow.engine.dossier import open_dossier
from workflow.engine.facts import facts_of
from workflow.errors import Refused

CARD = "6228480010000000017"
CAP = "caps:\n  - {{who: {who}, per: calendar_year, max: 6000, message: {{zh: 全年不超过 6000 元, en: At most 6000 a year}}}}\n"


def capped(world: World, who: str, extra: str = "") -> None:
    world.open_accounts()
    text = GRANT.replace("actors:\n", CAP.format(who=who) + extra + "actors:\n", 1)
    text = text.replace("initial: draft\n", f"initial: draft\nbeneficiary: {who}\n" if who == "household" else "initial: draft\n", 1)
    if who == "organisation":
        text = text.replace("initial: draft\n", "initial: draft\nbeneficiary: organisation\n", 1)
    world.publish(text, "grant.v1.yaml")
    with writing(world.sessions) as session:
        money.open_pool(session, "539921/2026/grant", 10_000_000, COMMAND, world.now)


def asked(world: World, who: str, cost: str = "4000") -> str:
    return world.submitted(who, "grant", {"cost": cost, "bank_card": CARD})


def family(world: World, keeping: Keeping) -> str:
    """The nurse lives in the worker's household."""
    home = keeping.household("worker")
    keeping.do(register.add_member, "clerk", home, world.ids["nurse"], "spouse", world.now.date())
    return home


@pytest.fixture
def keeping(world: World) -> Keeping:
    return Keeping(world)


@pytest.fixture
def world(sessions: Any) -> World:
    return World(sessions)


def test_two_members_of_one_household_decided_at_one_moment_share_its_cap(world: World, keeping: Keeping) -> None:
    capped(world, "household")
    family(world, keeping)
    cases = [asked(world, "worker"), asked(world, "nurse")]
    results = at_once([acting(world, world.actor(who), case, "approve", world.row(case).revision) for who, case in zip(("clerk", "clerk2"), cases, strict=True)])
    assert sum(isinstance(one, engine.Done) for one in results) == 1 and "全年不超过 6000 元" in str([one for one in results if not isinstance(one, engine.Done)])
    with reading(world.sessions) as session:
        assert money.pools(session, COMMAND)[0].held == 400_000


def test_whoever_moved_in_between_the_submission_and_the_decision_counts(world: World, keeping: Keeping) -> None:
    capped(world, "household")
    first, second = asked(world, "worker"), asked(world, "nurse")
    family(world, keeping)
    world.act("clerk", first, "approve")
    with pytest.raises(Refused, match="已有 4,000.00 元"):
        world.act("clerk", second, "approve")


def test_a_household_nobody_has_registered_is_no_way_round_the_cap(world: World) -> None:
    capped(world, "household")
    world.act("clerk", asked(world, "worker"), "approve")
    with pytest.raises(Refused, match="全年不超过 6000 元"):
        asked(world, "worker")


def test_somebody_without_a_number_has_a_cap_too_and_keeps_it_once_the_number_is_known(world: World) -> None:
    capped(world, "person")
    world.act("clerk", asked(world, "worker"), "approve")
    with pytest.raises(Refused, match="已有 4,000.00 元"):
        asked(world, "worker")
    with writing(world.sessions) as session:
        register.remember_number(session, world.ids["worker"], SON, world.actor("clerk"), world.now, role="county_handler", field="form.id_no")
    with pytest.raises(Refused, match="已有 4,000.00 元"):
        asked(world, "worker")


def merged(world: World, keeping: Keeping, stays: str, goes: str) -> None:
    proposal = keeping.do(register.propose, "clerk", stays, goes, "身份证原件核对一致")
    keeping.do(register.confirm, "clerk2", proposal)


def twin(world: World, cost: str) -> tuple[str, str]:
    """A case handed in under the worker's second entry in the register, and that entry."""
    with writing(world.sessions) as session:
        other = people.add_person(session, world.now, COMMAND, "李文华", union_id=world.orgs["539921-01-01"], member_since=date(2018, 3, 1), id_no=WIFE).id
    own = Actor(other, "李文华", ())
    with writing(world.sessions) as session:
        case_id = engine.start(session, "grant", own, world.now)
    with writing(world.sessions) as session:
        engine.act(session, case_id, "submit", own, world.now, revision=1, form={"cost": cost, "bank_card": CARD})
    return case_id, other


def test_two_entries_that_are_one_person_have_one_cap(world: World, keeping: Keeping) -> None:
    capped(world, "person")
    case_id, other = twin(world, "4000")
    world.act("clerk", asked(world, "worker"), "approve")
    merged(world, keeping, world.ids["worker"], other)
    with pytest.raises(Refused, match="已有 4,000.00 元"):        # the case of the entry that went
        world.act("clerk2", case_id, "approve")
    with pytest.raises(Refused, match="已有 4,000.00 元"):
        asked(world, "worker")


def test_two_entries_that_are_one_person_apply_once(world: World, keeping: Keeping) -> None:
    capped(world, "person", "unique: [applicant.id]\n")
    case_id, other = twin(world, "1000")
    merged(world, keeping, world.ids["worker"], other)
    with pytest.raises(Refused, match="已有一件相同的申请"):
        asked(world, "worker", "1000")
    world.act("clerk", case_id, "approve")                        # while the first one goes its way
    with reading(world.sessions) as session:
        dossier = open_dossier(session, case_id, COMMAND)
        assert facts_of(session, dossier, world.now)["applicant"]["id"] == world.ids["worker"]
    for who, trigger in (("leader", "approve"), ("cashier", "pay")):
        world.act(who, case_id, trigger)
    with pytest.raises(Refused, match="已有一件相同的申请"):
        asked(world, "worker", "1000")


def test_two_cases_that_turned_out_to_be_one_persons_both_come_to_their_end(world: World, keeping: Keeping) -> None:
    """Refusing the second where the bank has paid it already would leave it open for ever."""
    capped(world, "person", "unique: [applicant.id]\n")
    case_id, other = twin(world, "1000")
    mine = asked(world, "worker", "1000")
    for one in (case_id, mine):
        for who, trigger in (("clerk", "approve"), ("leader", "approve")):
            world.act(who, one, trigger)
    merged(world, keeping, world.ids["worker"], other)
    for one in (case_id, mine):
        world.act("cashier", one, "pay")
    assert {world.row(one).outcome for one in (case_id, mine)} == {"approved"}


@pytest.mark.parametrize("again", ["js2026-001", "JS2026-001 ", "ＪＳ２０２６-００１", "JS 2026-001"])
def test_a_paper_is_the_same_paper_however_its_number_is_typed(world: World, again: str) -> None:
    world.open_accounts()
    text = GRANT.replace("form:\n", "form:\n  paper: {label: 单号, type: text, required: true}\n", 1).replace("actors:\n", "unique: [form.paper]\nactors:\n", 1)
    world.publish(text, "grant.v1.yaml")
    with writing(world.sessions) as session:
        money.open_pool(session, "539921/2026/grant", 10_000_000, COMMAND, world.now)
    world.submitted("worker", "grant", {"cost": "10", "bank_card": CARD, "paper": "JS2026-001"})
    with pytest.raises(Refused, match="已有一件相同的申请"):
        world.submitted("nurse", "grant", {"cost": "10", "bank_card": CARD, "paper": again})
