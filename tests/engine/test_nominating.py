"""Programmes that officers file for workers: nobody applies themself, no signed paper is owed, and who nominates does not decide."""

import pytest

from tests.engine.conftest import AID, FORM
from tests.world import World
from workflow.errors import NotYours

NOMINATED = AID.replace("key: aid", "key: nominated").replace("apply: {who: person, agent: true}", "apply: {who: officer}")


@pytest.fixture
def nominating(world: World) -> World:
    world.publish(NOMINATED, "nominated.v1.yaml")
    return world


def test_an_officer_nominates_a_worker_of_their_union_without_a_signed_paper(nominating: World) -> None:
    case_id = nominating.start("basic", "nominated", applicant_id=nominating.ids["worker"])
    assert nominating.act("basic", case_id, "submit", form=FORM).to_state == "first"
    row = nominating.row(case_id)
    assert (row.applicant_id, row.filed_by) == (nominating.ids["worker"], nominating.ids["basic"])
    assert nominating.look("worker", case_id).mine


def test_whoever_nominates_does_not_decide(nominating: World) -> None:
    case_id = nominating.start("basic", "nominated", applicant_id=nominating.ids["worker"])
    nominating.act("basic", case_id, "submit", form=FORM)
    with pytest.raises(NotYours) as caught:
        nominating.act("basic", case_id, "approve", form={"opinion": "属实"})
    assert [message.code for message in caught.value.messages] == ["OWN_CASE"]


@pytest.mark.parametrize(("who", "whom"), [("worker", None), ("basic", "basic"), ("basic", "nurse"), ("clerk", "worker")])
def test_nobody_else_files_and_nobody_files_for_themself(nominating: World, who: str, whom: str | None) -> None:
    with pytest.raises(NotYours) as caught:
        nominating.start(who, "nominated", applicant_id=nominating.ids[whom] if whom else None)
    assert [message.code for message in caught.value.messages] == ["OFFICERS_FILE"]
