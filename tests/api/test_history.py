"""What the API tells of a case afterwards, to whom it belongs, to auditors, and to the holder of the code."""

from hashlib import sha256

from web import db
from workflow.db import reading
from workflow.privacy import vault


def test_anybody_who_sees_the_case_can_check_its_chain(caller):
    case = caller("worker").submitted()
    caller("basic").act(case, "return_to", dest="draft", comment="请补充单据", correct=["bill_no"])
    events = caller("worker").get(f"/applications/{case}/events").json

    assert [event["seq"] for event in events] == [1, 2, 3]
    prev = sha256(b"bangfu-stream/1\0" + case.encode()).digest()
    for event in events:
        assert event["prev"] == prev.hex()
        prev = sha256(b"bangfu-event/1\0" + prev + event["body"].encode()).digest()
        assert event["hash"] == prev.hex()
    assert events[1]["changes"]["form.cost"] == [None, "2400.00"] and events[1]["amount"] == "1200.00"
    assert (events[2]["actor"], events[2]["comment"], events[2]["to_state"]) == ("赵敏", "请补充单据", "draft")


def test_the_history_can_be_read_in_pages(caller):
    case = caller("worker").submitted()
    worker = caller("worker")

    assert [e["seq"] for e in worker.get(f"/applications/{case}/events?limit=1").json] == [1]
    assert [e["seq"] for e in worker.get(f"/applications/{case}/events?limit=1&after=1").json] == [2]
    assert worker.get(f"/applications/{case}/events?limit=none").status_code == 422


def test_progress_is_for_the_holder_of_the_code(app, caller):
    case = caller("worker").submitted()
    number = caller("worker").get(f"/applications/{case}").json["number"]
    with reading(db.database(app).sessions) as session:
        code = vault(session).code(case)

    told = caller().get(f"/progress/{number}?code={code}")
    assert told.json == {"number": number, "programme": "试点救助", "state": "first", "state_label": "初审", "amount": "1200.00"}
    wrong = caller().get(f"/progress/{number}?code=00000000")
    unknown = caller().get("/progress/SD-0?code=00000000")
    assert wrong.status_code == unknown.status_code == 404 and wrong.json == unknown.json


def test_query_codes_cannot_be_tried_out(caller):
    answers = [caller().get(f"/progress/SD-1?code={n:08d}").status_code for n in range(7)]

    assert answers[0] == 404 and answers[-1] == 429


def test_what_comes_later_says_so(caller):
    answer = caller("auditor").get("/audit/tests")
    assert answer.status_code == 501 and answer.content_type == "application/problem+json"
    assert "尚未提供" in answer.json["detail"]
