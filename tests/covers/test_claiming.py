"""A claim rests on the cover of the day of admission: bands, floor, cap of the period, waiting, deadline, one invoice once."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.covers.conftest import MAY, MEMBER, Mutual, line, refused
from workflow import money
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.engine.covering import refuse_overtaken
from workflow.engine.dossier import open_dossier
from workflow.engine.facts import facts_of
from workflow.errors import Refused

TEXT = """
schema: 1
key: filled_in
version: 1
title: {zh: 带出生效日, en: Prefilled}
initial: draft
number: "TQ-{org.code}-{year}-{seq:04d}"
form:
  joined_on: {label: 本期生效日, type: date, prefill: membership.from}
actors: {applicant: {who: applicant}, county: {role: county_handler, scope: ancestor(county)}}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.joined_on]}
  - {name: check, label: 核对, kind: task, actor: county, due: 5wd}
  - {name: done, label: 办结, final: true, outcome: approved}
transitions:
  - {trigger: submit, label: 提交, source: draft, dest: check}
  - {trigger: approve, label: 同意, source: check, dest: done}
"""


@pytest.fixture
def covered(mutual: Mutual) -> Mutual:
    """The member is covered for 2027; it is May of that year, and the fund has 100,000 yuan."""
    mutual.enrolled([line()])
    mutual.world.now = MAY
    with writing(mutual.world.sessions) as session:
        money.open_pool(session, "539921/2027/mutual_fund@mutual_pool", 10_000_000, COMMAND, MAY)
    return mutual


def decided(mutual: Mutual, case_id: str) -> None:
    mutual.world.act("basic", case_id, "approve")
    mutual.world.act("clerk", case_id, "approve", form={"review_note": "按分段核算"}, comment="已核实")
    mutual.world.act("leader", case_id, "approve")
    mutual.world.act("finance", case_id, "approve")
    mutual.world.act("cashier", case_id, "pay", form={"paid_on": mutual.world.now.date().isoformat()})


def test_a_claim_is_worked_out_by_bands_held_and_paid_from_the_fund(covered: Mutual) -> None:
    case_id = covered.claim()
    assert covered.world.row(case_id).amount_fen == 325_000
    decided(covered, case_id)
    assert (covered.world.row(case_id).state, covered.pool()) == ("paid", (0, 325_000))
    covered.clean()


def test_the_facts_are_those_of_the_cover_on_the_day_of_admission(covered: Mutual) -> None:
    case_id = covered.claim()
    with reading(covered.world.sessions) as session:
        dossier = open_dossier(session, case_id, covered.world.actor("clerk"))
        facts = facts_of(session, dossier, covered.world.now)["cover"]
    assert {name: str(value) for name, value in facts.items()} == {
        "active": "True", "start": "2027-01-01", "end": "2027-12-31", "since": "2027-01-01", "shares": "1", "granted": "0"}


@pytest.mark.parametrize(("more", "said"), [
    ({"event_on": "2026-12-20", "discharged_on": "2026-12-28"}, "不在您的医疗互助保障期内"),
    ({"event_on": "2027-01-20", "discharged_on": "2027-01-28"}, "还在等待期内"),
    ({"basic": "30000"}, "没有可补助的金额")])
def test_what_is_not_covered_is_refused_with_the_sentence(covered: Mutual, more: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused) as found:
        covered.claim(**more)
    assert said in found.value.messages[0].zh and len(found.value.messages) == 1


def test_a_claim_for_the_old_period_rests_on_the_old_cover_until_ninety_days_after(covered: Mutual) -> None:
    covered.world.now = datetime(2027, 11, 15, 2, tzinfo=UTC)
    covered.enrolled([line(age=37, renewed="true")])
    december = {"event_on": "2027-12-20", "discharged_on": "2027-12-29"}
    covered.world.now = datetime(2028, 3, 30, 2, tzinfo=UTC)           # ninety days after 31 December 2027
    assert covered.world.row(covered.claim(**december)).amount_fen == 325_000
    covered.world.now = datetime(2028, 3, 31, 2, tzinfo=UTC)
    with pytest.raises(Refused) as found:
        covered.claim(**december, settlement_no="JS002")
    assert "保障期满已超过 90 天" in found.value.messages[0].zh


def test_the_cap_counts_what_the_period_has_paid_and_one_invoice_is_paid_once(covered: Mutual) -> None:
    large = {"total": "200000", "basic": "100000"}
    first = covered.claim(**large)
    decided(covered, first)
    assert covered.world.row(first).amount_fen == 4_675_000
    with pytest.raises(Refused):
        covered.claim()
    second = covered.claim(**large, settlement_no="JS002")
    assert covered.world.row(second).amount_fen == 325_000            # 50,000 less 46,750
    decided(covered, second)
    with pytest.raises(Refused) as found:
        covered.claim(settlement_no="JS003")
    assert "本期已达封顶" in found.value.messages[0].zh
    assert covered.pool() == (0, 5_000_000)


def test_two_claims_under_way_are_not_both_paid_up_to_the_cap(covered: Mutual) -> None:
    large = {"total": "200000", "basic": "100000"}
    first, second = covered.claim(**large), covered.claim(**large, settlement_no="JS002")
    assert covered.world.row(second).amount_fen == 4_675_000
    decided(covered, first)
    decided(covered, second)                                           # calculated afresh by the office
    assert covered.world.row(second).amount_fen == 325_000 and covered.pool() == (0, 5_000_000)


def test_a_claim_that_was_overtaken_is_not_reserved(covered: Mutual) -> None:
    case_id = covered.claim()
    with reading(covered.world.sessions) as session:
        dossier = open_dossier(session, case_id, covered.world.actor("clerk"))
        facts = facts_of(session, dossier, covered.world.now)
    facts["cover"]["granted"] = Decimal(100)                           # as another claim's step would have left them
    with pytest.raises(Refused) as found, writing(covered.world.sessions) as session:
        refuse_overtaken(session, dossier, facts)
    assert refused(found) == ["COVER_OVERTAKEN"]


def test_a_question_may_be_filled_in_with_the_start_of_the_cover(covered: Mutual) -> None:
    covered.world.publish(TEXT, "filled_in.v1.yaml")
    case_id = covered.world.start("member", "filled_in")
    assert covered.world.row(case_id).form == {"joined_on": "2027-01-01"}
    other = covered.world.start("nurse", "filled_in")
    assert covered.world.row(other).form == {} and MEMBER not in str(covered.world.row(case_id).form)
