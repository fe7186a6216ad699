"""A case through the API, from draft to payment, and everything that is refused on the way."""

import io

import pytest
from PIL import Image

from tests.api.conftest import CARD, FORM

FIELDS = {"id", "number", "programme", "version", "state", "state_label", "form", "amount", "lines", "revision", "actions",
          "waiting_for"}


def test_a_programme_says_what_it_asks_for(caller):
    assert [row["key"] for row in caller("worker").get("/programmes").json] == ["aid"]
    programme = caller("worker", **{"Accept-Language": "en-GB,en;q=0.9"}).get("/programmes/aid").json

    assert programme["title"] == "Trial aid" and programme["open"] is True
    assert set(programme["form"]["properties"]) == {"bill_no", "cost", "kind", "bank_card"}       # not what is hidden from applicants
    assert programme["form"]["required"] == ["bill_no", "cost", "bank_card"]
    assert programme["form"]["properties"]["kind"]["oneOf"][1] == {"const": "fire", "title": "Fire"}
    assert [(s["state"], s["promised_days"]) for s in programme["steps"]][1:3] == [("first", 5), ("check", 10)]
    assert caller("worker").get("/programmes/nothing").status_code == 404


def test_a_draft_keeps_what_is_wrong_and_says_so(caller):
    worker = caller("worker")
    made = worker.post("/applications", {"programme": "aid", "form": {"bill_no": "A1", "cost": "much"}})

    assert made.status_code == 201 and set(made.json) == FIELDS | {"warnings", "path"}
    assert made.json["form"]["cost"] == "much" and made.json["state"] == "draft"
    assert [fault["field"] for fault in made.json["warnings"]] == ["form.cost"]
    assert set(worker.get(f"/applications/{made.json['id']}").json) == FIELDS | {"path", "operations"}

    refused = worker.act(made.json["id"], "submit")
    assert refused.status_code == 422
    assert {fault["field"] for fault in refused.json["errors"]} == {"form.cost", "form.bank_card"}


def test_a_patch_changes_the_draft_and_money_is_exact(caller):
    worker = caller("worker")
    case = worker.post("/applications", {"programme": "aid"}).json["id"]

    changed = worker.client.patch(f"/api/v1/applications/{case}", headers=worker.headers,
                                  data='{"form": {"cost": 4800.30, "bill_no": "B"}, "revision": 1}')

    assert changed.status_code == 200 and changed.json["form"]["cost"] == "4800.30"
    assert changed.json["amount"] == "2400.15" and changed.json["lines"] == [{"person": "李文华", "amount": "2400.15"}]


def test_a_case_goes_to_its_end(caller):
    case = caller("worker").submitted()
    first = caller("basic").get(f"/applications/{case}").json
    assert first["waiting_for"][0]["people"] == ["赵敏"] and first["waiting_for"][0]["due_at"].endswith("Z")
    assert [a["trigger"] for a in first["actions"]] == ["approve", "return_to", "reject"]
    assert first["actions"][0]["blocked"][0]["field"] == "form.opinion" and first["actions"][1]["dest"] == "draft"

    assert caller("basic").act(case, "approve", form={"opinion": "属实"}).json["state"] == "check"
    paid = caller("clerk").act(case, "approve", amount="1000.00", comment="按标准核减")
    assert paid.status_code == 200
    assert (paid.json["state"], paid.json["amount"], paid.json["actions"]) == ("paid", "1000.00", [])


def test_sensitive_values_are_whole_for_whoever_fills_them_in_and_masked_for_all_others(caller):
    worker = caller("worker")
    case = worker.post("/applications", {"programme": "aid", "form": FORM}).json["id"]
    assert worker.get(f"/applications/{case}").json["form"]["bank_card"] == CARD
    worker.act(case, "submit")

    for reader in ("worker", "basic", "auditor"):
        for path in (f"/applications/{case}", f"/applications/{case}/events"):
            assert CARD not in caller(reader).get(path).text


@pytest.mark.parametrize("reader", ["far_worker", "outsider", "nurse", "admin"])
def test_out_of_scope_is_unknown_in_every_way(caller, reader):
    case, stranger = caller("worker").submitted(), caller(reader)

    for answer in (
        stranger.get(f"/applications/{case}"), stranger.get(f"/applications/{case}/events"),
        stranger.patch(f"/applications/{case}", {"form": {}, "revision": 2}),
        stranger.post(f"/applications/{case}/actions", {"trigger": "approve", "revision": 2}),
        stranger.post(f"/applications/{case}/operations", {"operation": "transfer"}),
        stranger.post(f"/applications/{case}/attachments", data={"kind": "proof", "file": (io.BytesIO(b"x"), "a.jpg")}),
    ):
        assert answer.status_code == 404 and answer.json == stranger.get("/applications/" + "0" * 20).json


def test_not_yours_stale_and_impossible(caller):
    case = caller("worker").submitted()

    assert caller("clerk").act(case, "approve").status_code == 403            # sees it, but it is not with the county
    assert caller("basic").act(case, "approve", revision=1).status_code == 409
    assert caller("basic").act(case, "pay").status_code == 409
    assert caller("basic").patch(f"/applications/{case}", {"form": {"cost": "1"}, "revision": 2}).status_code == 422
    assert caller("basic").get(f"/applications/{case}").json["revision"] == 2


def test_nobody_decides_on_their_own_case(caller):
    case = caller("basic").submitted()

    refused = caller("basic").act(case, "approve", form={"opinion": "属实"})

    assert refused.status_code == 403 and refused.content_type == "application/problem+json"
    assert "本人" in refused.json["detail"]


def test_filing_for_somebody_of_ones_own_union(caller, world):
    for whom, status in (("worker", 201), ("nurse", 404), ("far_worker", 404)):
        made = caller("basic").post("/applications", {"programme": "aid", "on_behalf_of": world.ids[whom]})
        assert made.status_code == status, made.text
    assert caller("worker").post("/applications", {"programme": "aid", "on_behalf_of": world.ids["nurse"]}).status_code == 404


def test_the_same_key_acts_once_and_another_request_under_it_is_refused(caller, world):
    worker, body = caller("worker"), {"programme": "aid", "form": FORM}
    first, again = (worker.post("/applications", body, key="k1") for _ in range(2))
    assert first.json["id"] == again.json["id"]
    assert worker.post("/applications", {"programme": "aid"}, key="k1").status_code == 422

    case = first.json["id"]
    sent, replayed = (worker.act(case, "submit", key="k2", revision=1) for _ in range(2))
    assert (sent.status_code, replayed.status_code) == (200, 200) and replayed.json["revision"] == 2
    assert worker.post("/applications", body, key="k2").status_code == 422
    assert worker.post("/applications", body, key="k1").json["state"] == "first"     # replayed, not written again
    assert len(worker.get(f"/applications/{case}/events").json) == 2
    assert caller("nurse").post("/applications", body, key="k1").json["id"] != case  # keys are each account's own


def test_files_are_checked_by_content_and_added_once(caller):
    worker = caller("worker")
    case = worker.post("/applications", {"programme": "aid", "form": FORM}).json["id"]
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "JPEG")

    def send(data: bytes, kind: str = "proof", key: str | None = None):
        return worker.post(f"/applications/{case}/attachments", key=key,
                           data={"kind": kind, "file": (io.BytesIO(data), "身份证.jpg")})

    added, again = (send(picture.getvalue(), key="f1") for _ in range(2))
    assert added.status_code == 201 and set(added.json) == {"id", "kind", "sha256", "size"}
    assert again.json == added.json
    assert send(b"<html>not a picture</html>").status_code == 422
    assert send(picture.getvalue(), kind="nothing").json["errors"][0]["field"] == "attachments.nothing"
    assert worker.post(f"/applications/{case}/attachments", data={}).status_code == 422
    assert [event["kind"] for event in worker.get(f"/applications/{case}/events").json] == ["start", "attach"]


def test_an_operation_the_state_does_not_open_changes_nothing(caller):
    case = caller("worker").submitted()
    answer = caller("basic").post(f"/applications/{case}/operations", {"operation": "delegate", "to": "town"})

    assert answer.status_code == 409 and "委派" in answer.json["detail"]
    assert len(caller("basic").get(f"/applications/{case}/events").json) == 2


def test_a_task_is_transferred_and_the_problem_names_who_would_do(caller):
    case = caller("worker").submitted()
    caller("basic").act(case, "approve", form={"opinion": "属实"})
    clerk = caller("clerk")
    offered = {row["operation"]: row for row in clerk.get(f"/applications/{case}").json["operations"]}
    assert [row["name"] for row in offered["transfer"]["candidates"]] == ["刘芳", "马英"]

    wrong = clerk.post(f"/applications/{case}/operations", {"operation": "transfer", "to": "leader"})
    assert wrong.status_code == 422 and wrong.json["errors"][0]["field"] == "to" and "刘芳" in wrong.json["detail"]
    for _ in range(2):
        done = clerk.post(f"/applications/{case}/operations", {"operation": "transfer", "to": "clerk2", "comment": "内部说明"}, key="t1")
        assert done.status_code == 200 and done.json["operations"] == []
    assert caller("clerk2").get("/tasks").json["items"][0] | {"kind": "work", "personal": True} == caller("clerk2").get("/tasks").json["items"][0]
    told = caller("worker").get(f"/applications/{case}/events").json
    assert [(event["kind"], event["comment"]) for event in told if event["kind"] == "transfer"] == [("transfer", "")]
    assert [event["comment"] for event in clerk.get(f"/applications/{case}/events").json if event["kind"] == "transfer"] == ["内部说明"]


@pytest.mark.parametrize("short", ["outsider", "nurse", "admin"])
def test_an_operation_on_a_case_out_of_scope_finds_nothing(caller, short):
    case = caller("worker").submitted()
    for operation in ("claim", "transfer", "urge", "cc", "nonsense"):
        answer = caller(short).post(f"/applications/{case}/operations", {"operation": operation, "to": "clerk2"})
        assert answer.status_code == 404

