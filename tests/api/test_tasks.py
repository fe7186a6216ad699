"""The queue, and deciding many cases: each row alone."""

from tests.api.conftest import Caller


def _at_county(caller, *costs: str) -> list[str]:
    cases = []
    for number, cost in enumerate(costs):
        cases.append(caller("worker").submitted(bill_no=f"A{number}", cost=cost))
        assert caller("basic").act(cases[-1], "approve", form={"opinion": "属实"}).status_code == 200
    return cases


def test_the_queue_lists_what_waits_with_its_total(caller):
    _at_county(caller, "100", "200", "300")
    clerk: Caller = caller("clerk")

    page = clerk.get("/tasks?limit=2").json
    assert page["total"] == 3 and len(page["items"]) == 2
    rest = clerk.get(f"/tasks?limit=2&after={page['next']}").json
    assert len(rest["items"]) == 1 and rest["next"] is None
    row = page["items"][0]
    assert (row["applicant"], row["state"], row["programme"]) == ("李*华", "check", "aid")
    assert caller("outsider").get("/tasks").json == {"total": 0, "items": [], "next": None}
    assert caller("worker").get("/tasks").status_code == 403


def test_a_batch_decides_each_row_alone(caller):
    small, huge, gone = _at_county(caller, "100", "20000", "300")
    caller("clerk2").act(gone, "reject", comment="重复")

    items = [{"id": case, "revision": 3} for case in (small, huge, gone, "0" * 20)]
    rows = caller("clerk").post("/tasks/batch", {"trigger": "approve", "comment": "", "items": items}).json

    assert [row["ok"] for row in rows] == [True, False, False, False]
    assert rows[0] == {"id": small, "ok": True, "state": "paid"}
    assert rows[2]["errors"][0]["code"] == "OVERTAKEN" and rows[3]["errors"][0]["code"] == "NOT_FOUND"
    assert caller("clerk").get(f"/applications/{huge}").json["state"] == "check"


def test_a_batch_never_takes_a_case_that_needs_judgement_even_with_a_comment(caller):
    (huge,) = _at_county(caller, "20000")
    rows = caller("clerk").post("/tasks/batch", {"trigger": "approve", "comment": "同意", "items": [{"id": huge, "revision": 3}]}).json

    assert rows[0]["errors"][0]["code"] == "FLAGGED"


def test_a_batch_takes_only_steps_the_definition_gives_to_batches(caller):
    case = caller("worker").submitted()
    for trigger in ("approve", "reject"):
        rows = caller("basic").post("/tasks/batch", {"trigger": trigger, "comment": "一并", "items": [{"id": case, "revision": 2}]}).json
        assert rows[0]["ok"] is False
    assert caller("basic").get(f"/applications/{case}").json["state"] == "first"


def test_a_batch_sent_twice_acts_once(caller):
    (case,) = _at_county(caller, "100")
    body = {"trigger": "approve", "comment": "", "items": [{"id": case, "revision": 3}]}

    first, again = (caller("clerk").post("/tasks/batch", body, key="b1") for _ in range(2))

    assert first.json == again.json == [{"id": case, "ok": True, "state": "paid"}]
    assert len(caller("clerk").get(f"/applications/{case}/events").json) == 4
