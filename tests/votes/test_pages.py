"""A vote on the pages: who sees whose voice, what a button says, and what is left in the record."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from tests.engine.test_voting import PARALLEL
from tests.votes.conftest import council
from tests.votes.desk import Room, enter
from tests.web.county import PASSWORD, Visitor

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
NAMES = ("高岩", "段敏", "施洁", "尹波")


def vote(visitor: Visitor, room: Room, case_id: str, trigger: str, revision: int | None = None, **more: str) -> Any:
    revision = room.row(case_id).revision if revision is None else revision
    return visitor.post(f"/tasks/{case_id}/act", {"trigger": trigger, "revision": revision, "key": uuid4().hex, **more})


def test_a_voter_sees_the_rule_the_others_and_three_buttons(app: Flask, room: Room, me: Visitor) -> None:
    case_id = room.at_the_vote()
    room.act("second", case_id, "approve", comment="情况属实")
    page = me.get(f"/tasks/{case_id}").text
    for words in ("表决情况", "三分之二同意通过，至少 3 人", "1/4", "段敏", "情况属实", "未表决", "施洁"):
        assert words in page, words
    dock = page.partition('id="act"')[2]
    assert [dock.count(f'name="trigger" value="{trigger}"') for trigger in ("approve", "reject", "abstain", "return_to")] == [1, 1, 1, 1]
    assert "已经开过会？" not in page                        # somebody has spoken here already
    for words in ("同意", "不同意", "弃权", "退回核对"):
        assert words in dock
    looking = enter(app.test_client(), "leader").get(f"/tasks/{case_id}").text
    assert "表决情况" in looking and 'id="act"' not in looking


def test_a_voice_is_told_as_one_and_the_last_says_what_became_of_it(app: Flask, room: Room, me: Visitor) -> None:
    case_id = room.at_the_vote()
    seen = room.row(case_id).revision
    assert vote(me, room, case_id, "approve", seen).status_code == 303
    assert "已表决：同意，李*华" in me.get(f"/tasks/{case_id}").text
    assert "您已表决：同意" in me.get(f"/tasks/{case_id}").text
    second = enter(app.test_client(), "second")
    assert vote(second, room, case_id, "abstain", seen).status_code == 303        # their page is older than the first voice
    assert "已表决：弃权，李*华" in second.get("/tasks").text
    third, fourth = enter(app.test_client(), "third"), enter(app.test_client(), "fourth")
    vote(third, room, case_id, "approve", seen)
    assert vote(fourth, room, case_id, "approve", seen).status_code == 303
    told = fourth.get("/tasks").text
    assert "已表决：同意，李*华。表决已有结果，现在到“发放”" in told and "approve，" not in told
    assert "集体研究：同意" in me.get("/done").text


def test_a_refusal_is_asked_twice_however_many_spoke_in_between(room: Room, me: Visitor) -> None:
    case_id = room.at_the_vote()
    seen = room.row(case_id).revision
    room.act("second", case_id, "approve")
    asked = vote(me, room, case_id, "reject", seen)
    assert asked.status_code == 200 and "这是您个人的一票" in asked.text and "确认不同意" in asked.text
    assert room.row(case_id).revision == seen + 1
    assert vote(me, room, case_id, "reject", seen, confirmed="1").status_code == 422      # with its reason
    assert vote(me, room, case_id, "reject", seen, confirmed="1", comment="材料不足").status_code == 303
    assert "已表决：不同意" in me.get("/tasks").text


def test_branches_are_shown_by_their_names(app: Flask, room: Room) -> None:
    room.publish(council(PARALLEL, "parallel").replace("key: council", "key: branches").replace("JT-", "FZ-"), "branches.v1.yaml")
    case_id = room.submitted("worker", "branches", {"cost": "6000"})
    room.act("clerk", case_id, "approve")
    room.act("doctor", case_id, "approve", comment="符合诊断")
    page = enter(app.test_client(), "leader").get(f"/tasks/{case_id}").text
    for words in ("复核情况", "各项都同意才通过", "医学复核", "许宁", "符合诊断", "负责人复核", "1/2"):
        assert words in page, words
    assert "大额" not in page                              # a branch that its condition left out


def test_an_applicant_reads_counts_and_no_names(app: Flask, room: Room) -> None:
    case_id = room.at_the_vote()
    room.act("first", case_id, "approve", comment="秘密意见")
    worker = enter(app.test_client(), "worker")
    pages = {path: worker.get(path).text for path in (f"/cases/{case_id}", f"/cases/{case_id}/print")}
    assert "正在集体研究，4 人中已有 1 人发表意见" in pages[f"/cases/{case_id}"]
    for who in ("second", "third"):
        room.act(who, case_id, "approve", comment="秘密意见")
    pages |= {f"{path} after": worker.get(path).text for path in (f"/cases/{case_id}", f"/cases/{case_id}/print")}
    for path, page in pages.items():
        assert not any(name in page for name in NAMES), path
        assert "秘密意见" not in page and "abstain" not in page, path
    assert "同意 3 票、反对 0 票、弃权 0 票，应参加 4 人" in pages[f"/cases/{case_id}/print after"]
    theirs = enter(app.test_client(), "clerk").get(f"/cases/{case_id}/print").text
    assert "高岩 同意：秘密意见" in theirs


def test_the_trace_tells_a_vote_as_one_meeting(app: Flask, room: Room) -> None:
    online, paper = room.at_the_vote(), room.at_the_vote("7000")
    auditor = enter(app.test_client(), "auditor")
    room.act("first", online, "approve", comment="同意其申请")
    assert "集体研究：表决中" in auditor.get(f"/audit/cases/{online}").text
    room.act("second", online, "abstain")
    room.act("third", online, "approve")
    room.act("fourth", online, "approve")
    page = auditor.get(f"/audit/cases/{online}").text
    for words in ("集体研究：通过", "同意 3 票、反对 0 票、弃权 1 票，应参加 4 人", "同意其申请", "弃权"):
        assert words in page, words
    assert all(name in page for name in NAMES)
    room.enter("first", paper, (1, 3, 0), False, comment="条件不符")
    page = auditor.get(f"/audit/cases/{paper}").text
    for words in ("集体研究：未通过", "2026-06-15 会议：同意 1 票、反对 3 票、弃权 0 票", "会议纪要", "条件不符", "应参加 4 人"):
        assert words in page, words
    minutes = page.partition('">会议纪要')[0].rpartition('href="')[2]
    assert minutes.startswith("/files/") and auditor.get(minutes).status_code == 200
    assert enter(app.test_client(), "worker").get(minutes).status_code == 404
    opinions = enter(app.test_client(), "clerk").get(f"/tasks/{paper}").text
    assert "登记会议结果" in opinions and "表决结果" in opinions


def test_an_administrator_calls_the_voters_from_their_list(app: Flask, room: Room) -> None:
    few = council("vote: {mode: all, min_voters: 5, on_pass: approve, on_fail: reject}")
    room.publish(few.replace("key: council", "key: few").replace("JT-", "RS-"), "few.v1.yaml")
    case_id = room.submitted("worker", "few", {"cost": "10"})
    room.act("clerk", case_id, "approve")
    waiting = enter(app.test_client(), "first").get(f"/tasks/{case_id}").text
    assert "等系统管理员任命并召集表决人" in waiting
    admin = enter(app.test_client(), "admin")
    page = admin.get("/admin/unmanned").text
    assert room.number(case_id) in page and "5 人" in page and "4 人" in page and "/convene" not in page
    assert "李文华" not in page and "李*华" not in page
    admin.post(f"/admin/unmanned/{case_id}/convene")
    assert "目前能参加的只有 4 人" in admin.get("/admin/unmanned").text
    from tests.votes.test_meetings import appoint
    appoint(room, "doctor")
    assert f"/admin/unmanned/{case_id}/convene" in admin.get("/admin/unmanned").text
    assert admin.post(f"/admin/unmanned/{case_id}/convene").status_code == 303
    after = admin.get("/admin/unmanned").text
    assert "已召集 5 名表决人" in after and room.number(case_id) not in after
    assert admin.post(f"/admin/unmanned/{case_id}/convene").status_code == 404
    assert enter(app.test_client(), "leader").post(f"/admin/unmanned/{case_id}/convene").status_code == 403


def test_the_api_names_voices_to_voters_and_counts_to_the_applicant(app: Flask, room: Room) -> None:
    case_id = room.at_the_vote()

    def call(who: str) -> Any:
        client = app.test_client()
        token = client.post("/api/v1/tokens", json={"username": who, "password": PASSWORD}).json["token"]
        return lambda path, **more: client.open(f"/api/v1/applications/{case_id}{path}", method="POST" if more else "GET", json=more or None,
                                                headers={"Authorization": f"Bearer {token}"}).json

    first, worker = call("first"), call("worker")
    found = first("")
    assert [(a["trigger"], a["label"], a.get("voice")) for a in found["actions"]] == [
        ("approve", "同意", "agree"), ("reject", "不同意", "disagree"), ("abstain", "弃权", "abstain"), ("return_to", "退回核对", None)]
    assert found["voting"]["rule"] == "三分之二同意通过，至少 3 人" and found["voting"]["voters"] == 4
    after = first("/actions", trigger="approve", revision=found["revision"], comment="秘密意见")
    assert after["state"] == "meeting" and [v["vote"] for v in after["voting"]["voices"]] == ["agree", None, None, None]
    mine = worker("")
    assert mine["voting"] == {"rule": "三分之二同意通过，至少 3 人", "heard": 1, "voters": 4} and [w["people"] for w in mine["waiting_for"]] == [[]]
    told = [e for e in worker("/events") if e["kind"] == "vote"]
    assert [(e["actor"], e["comment"], e.get("voice")) for e in told] == [("", "", None)]
    for who in ("second", "third"):
        room.act(who, case_id, "approve")
    history = first("/events")
    assert [e.get("voice") for e in history if e["kind"] == "vote"] == ["agree"] * 3
    assert history[-1]["voices"] == {"agree": 3, "disagree": 0, "abstain": 0, "voters": 4}
    models = app.test_client().get("/api/v1/openapi.json").json["components"]["schemas"]
    assert {"Voting", "VoiceRow"} <= models.keys() and "voice" in models["ActionRow"]["properties"]


