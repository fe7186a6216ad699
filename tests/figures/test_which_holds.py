"""Which figure a case goes by: the nearest organisation's, then the newest that has begun, entered before filed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from tests.figures.conftest import FORM, PAPER, Policy
from tests.world import World
from workflow import figures
from workflow.db import reading, writing
from workflow.engine.facts import figures_for, snapshot_facts
from workflow.errors import Refused
from workflow.programmes import definition
from workflow.records import Organisation, PolicyFigure


def held(world: World, code: str, day: date | None = None) -> dict[str, Any]:
    with reading(world.sessions) as session:
        place = session.get(Organisation, world.orgs[code])
        assert place is not None
        return figures_for(session, definition(session, "grant"), place.path, day or world.now.date())


def dibao(world: World, code: str, day: date | None = None) -> str:
    return str(held(world, code, day)["region"]["dibao"])


def test_the_files_hold_where_nobody_entered_anything(world: World) -> None:
    assert dibao(world, "539921-01-01") == "780" and dibao(world, "539922-01") == "760"
    known = held(world, "539921-01-01")
    assert known["param"] == {"rate": "0.5", "months": 10, "most": "20000", "open": True, "until": "2027-12-31", "way": "bank"}
    assert known["origin"]["region"] == {"dibao": {"from": "2025-07-01", "source": "云岭县民政局 云岭民发〔2025〕21号（虚构）"}}
    assert known["origin"]["param"] == {}


def test_the_nearest_organisation_wins_and_then_the_newest_day(world: World, policy: Policy) -> None:
    policy.set("800")
    policy.set("850", place="539921-01", begins=date(2026, 3, 1))        # earlier, and nearer
    policy.set("820", begins=date(2026, 6, 10))
    policy.set("900", begins=date(2026, 9, 1))                           # not yet
    assert dibao(world, "539921-01-01") == "850" and dibao(world, "539921-02") == "820"
    assert dibao(world, "539921-02", date(2026, 6, 5)) == "800" and dibao(world, "539921-02", date(2026, 9, 1)) == "900"
    assert dibao(world, "539922-01") == "760"                            # the other county is not touched


def test_a_later_row_of_the_file_takes_over_from_an_entered_one_and_the_same_day_does_not(world: World, policy: Policy) -> None:
    policy.set("800")
    assert dibao(world, "539921-02", date(2026, 7, 1)) == "815"          # the file's row of 1 July
    policy.set("830", begins=date(2026, 7, 1))
    assert dibao(world, "539921-02", date(2026, 7, 1)) == "830"


def test_params_are_those_of_their_programme_with_their_types(world: World, policy: Policy) -> None:
    for name, typed in (("rate", "0.8"), ("months", "12"), ("most", "25,000元"), ("open", "否"), ("until", "2028年1月31日"), ("way", "现金")):
        policy.set(typed, name, key="grant")
    known = held(world, "539921-01-01")
    assert known["param"] == {"rate": "0.8", "months": 12, "most": "25000", "open": False, "until": "2028-01-31", "way": "cash"}
    assert known["origin"]["param"]["rate"]["source"] == " ".join(PAPER)
    case_id = world.submitted("worker", "grant", FORM)
    assert world.row(case_id).figures == known and world.look("worker", case_id).amount_fen == 936_000      # 780 × 12


def test_the_withdrawn_one_leaves_the_field_to_the_one_before(world: World, policy: Policy) -> None:
    first, second = policy.set("800"), policy.set("8200", begins=date(2026, 6, 10))
    with writing(world.sessions) as session:
        away = figures.withdraw(session, second, "更正：多写了一个零", "云工函〔2026〕9号", world.actor("clerk"), world.now)
    assert dibao(world, "539921-02") == "8200"
    policy.decide(away)
    assert dibao(world, "539921-02") == "800" and dibao(world, "539921-02", date(2026, 6, 12)) == "8200"      # so it was
    policy.set("820", begins=date(2026, 6, 10))                          # and that day may be entered anew
    assert dibao(world, "539921-02") == "820"
    with pytest.raises(Refused), writing(world.sessions) as session:
        figures.withdraw(session, second, "又一次", "云工函〔2026〕9号", world.actor("clerk"), world.now)
    with writing(world.sessions) as session, pytest.raises(Refused) as fault:
        figures.propose(session, world.orgs["539921"], "region", "dibao", "790", date(2026, 6, 1), *PAPER, world.actor("clerk"), world.now)
    assert first and fault.value.messages[0].code == "FIGURE_TAKEN"


def test_nothing_of_it_is_needed_without_a_database(world: World) -> None:
    with reading(world.sessions) as session:
        known = snapshot_facts(definition(session, "grant"), date(2026, 6, 15), "539921")
    assert known["region"]["dibao"] == 780 and known["param"]["months"] == 10


def test_the_database_refuses_a_change_of_what_stands(world: World, policy: Policy) -> None:
    figure_id = policy.set("800")
    for values in ({"value": "801"}, {"from_on": date(2026, 5, 1)}, {"status": "declined"}, {"decided_by": world.ids["clerk2"]}):
        with pytest.raises(IntegrityError), writing(world.sessions) as session:
            session.execute(update(PolicyFigure).where(PolicyFigure.id == figure_id).values(**values))


def test_a_case_pins_what_held_on_the_day_it_was_handed_in(world: World, policy: Policy) -> None:
    case_id = world.start("worker", "grant")
    policy.set("800")
    assert world.look("worker", case_id).facts["region"]["dibao"] == 800
    world.act("worker", case_id, "submit", form=FORM)
    world.now += timedelta(days=1)
    policy.set("850", begins=date(2026, 6, 16))
    assert world.look("worker", case_id).facts["region"]["dibao"] == 800
