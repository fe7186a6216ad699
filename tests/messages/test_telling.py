"""Who is told what, and in which words."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Template

import pytest

from tests.history.test_engine_log import picture
from tests.messages.house import House
from tests.timers.ward import WATCHED
from workflow import db, engine, language, notifications
from workflow.engine.operations import OPERATIONS
from workflow.notifications.sentences import KINDS, PLACES, title, words
from workflow.records import Message

ROOT = Path(__file__).resolve().parents[2]
REFUSING = ("不批", "不予", "拒绝", "驳回", "未通过", "不通过", "否决", "终止", "结束", "办结",
            "reject", "refus", "declin", "denied", "turned down", "closed", "not approved")


def test_the_applicant_gets_a_receipt_a_return_and_the_end_and_nothing_else(house: House) -> None:
    case_id = house.reviewed()
    house.act("clerk", case_id, "return_to", dest="draft", comment="请补发票")
    house.act("worker", case_id, "submit")
    house.act("clerk", case_id, "approve")
    house.act("clerk", case_id, "approve")
    house.act("leader", case_id, "pay")
    assert house.kinds("worker") == ["submitted", "returned", "approved"]
    assert house.kinds("clerk") == house.kinds("leader") == []


def test_a_refusal_is_told_and_so_is_what_the_clock_ends(house: House) -> None:
    house.act("clerk", house.reviewed(), "reject")
    house.later(minutes=1)
    case_id = house.reviewed()
    house.act("clerk", case_id, "return_to", dest="more")
    house.later(days=31)
    house.sweep()
    assert house.row(case_id).outcome == "lapsed"
    assert house.kinds("worker") == ["submitted", "rejected", "submitted", "returned", "ended"]


def test_whoever_files_for_somebody_is_told_with_them(house: House) -> None:
    helped = WATCHED.replace("key: watched", "key: helped\napply: {who: person, agent: true}\nattachments: {authorisation: {label: 委托书}}")
    house.publish(helped.replace("edit: [form.cost]", "edit: [form.cost, attachments.authorisation]"), "helped.v1.yaml")
    case_id = house.start("basic", "helped", applicant_id=house.ids["worker"])
    with db.writing(house.sessions) as session:
        engine.attach(session, case_id, "authorisation", "委托.png", picture(), house.actor("basic"), house.now)
    house.act("basic", case_id, "submit", form={"cost": "100"})
    house.act("clerk", case_id, "reject")
    assert house.kinds("worker") == house.kinds("basic") == ["submitted", "rejected"]


def test_nobody_is_told_what_they_did_themself(house: House) -> None:
    case_id = house.start("worker", "watched")
    house.act("worker", case_id, "submit", form={"cost": "100"})
    house.act("clerk", case_id, "return_to", dest="draft")
    before = house.kinds("clerk")
    assert before == [] and house.kinds("worker") == ["submitted", "returned"]


def test_the_same_thing_is_told_once_however_often_it_is_said(house: House) -> None:
    with db.writing(house.sessions) as session:
        people = [house.ids["clerk"], house.ids["clerk"]]
        assert notifications.tell(session, people, "hand_over", house.now, stream="x", seq=1, params={"count": 2}) == people[:1]
        assert notifications.tell(session, [*people, house.ids["leader"]], "hand_over", house.now, stream="x", seq=1, params={"count": 2}) == [house.ids["leader"]]
    assert len(house.messages("clerk")) == 1 and [row.channel for row in house.outbox()] == ["email", "email"]


@pytest.mark.parametrize("params", [{"name": "李文华"}, {"number": "x" * 81}, {"count": 1.5}, {"state": ["draft"]}])
def test_a_message_has_no_place_for_what_somebody_typed(house: House, params: dict[str, object]) -> None:
    with db.writing(house.sessions) as session, pytest.raises(ValueError):
        notifications.tell(session, [house.ids["clerk"]], "remind", house.now, stream="x", seq=1, params=params)
    with db.writing(house.sessions) as session, pytest.raises(ValueError):
        notifications.tell(session, [house.ids["clerk"]], "gossip", house.now, stream="x", seq=1)
    assert house.messages("clerk") == []


# --- the sentences -----------------------------------------------------------------------------------------


def test_every_sentence_fills_in_only_what_is_allowed_and_both_languages_the_same() -> None:
    for kind, said in KINDS.items():
        zh, en = ({found["named"] or found["braced"] for found in Template.pattern.finditer(text)} for text in said.words)
        assert zh == en and zh <= PLACES, kind
        assert not re.search("[\u3000-\u9fff]", said.words[1] + said.title[1]), kind


def test_no_sentence_shows_anything_of_a_person() -> None:
    """Fed with all that a message may hold, and with more, every kind says only the number, the programme, a step, days and counts."""
    definition = language.read(WATCHED, "watched.v1.yaml").definition
    given = {"number": "XS-2026-0001", "state": "review", "version": 2, "count": 3, "due": 1, "late": 1, "from": "2026-06-15", "to": "2026-06-20",
             "channel": "email", "lines": [["县医院工会", 3, 1, 1]], "name": "李文华", "phone": "13977310000", "amount": "6000"}
    for kind in KINDS:
        for lang in ("zh", "en"):
            text = words(kind, given, definition, lang) + title(kind, lang)
            assert "$" not in text and not any(secret in text for secret in ("李文华", "13977310000", "6000")), text


def test_data_are_never_a_format() -> None:
    definition = language.read(WATCHED.replace("限时救助", "'$step {0.__class__} %s'"), "watched.v1.yaml").definition
    assert "“$step {0.__class__} %s”（$case）" in words("remind", {"number": "$case", "state": "review"}, definition, "zh")


def test_a_return_never_reads_as_a_refusal() -> None:
    """The peer's fault: 'returned' mailed as 'rejected'."""
    definition = language.read(WATCHED, "watched.v1.yaml").definition
    for lang in ("zh", "en"):
        text = (title("returned", lang) + words("returned", {"number": "XS-1", "state": "draft"}, definition, lang)).lower()
        assert [word for word in REFUSING if word in text] == []
        assert title("returned", lang) != title("rejected", lang)
    assert "申请继续有效" in words("returned", {}, None, "zh") and "remains open" in words("returned", {}, None, "en")


def test_a_kind_of_a_later_release_is_a_plain_sentence_and_no_fault() -> None:
    told = notifications.said(Message(kind="made_next_year", params={"number": "XS-1", "anything": [1]}))
    assert told.zh == "有一条消息，请登录查看有关事项。" and "$" not in told.en and title("made_next_year", "en") == "Message"


def test_every_kind_that_is_told_anywhere_has_its_sentence() -> None:
    told = set(OPERATIONS)
    for path in (ROOT / "workflow").rglob("*.py"):
        text = path.read_text("utf-8")
        if "notifications" not in text and "telling" not in text:         # what other rooms tell are events of their own streams
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("tell", "_tell")):
                told |= {one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    assert len(told) > 15 and sorted(told - KINDS.keys() - {"error", "warning"}) == []      # these two are told of a definition
