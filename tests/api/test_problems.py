"""What cannot be read is refused with a problem document, whatever is wrong with it."""

import pytest

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

BAD_JSON = [b"", b"{", b"\xff\xfe", b'{"a": NaN}', b'{"username": "a", "username": "b"}', b'"\\ud800"', b"[" * 5000, b"9" * 5000]


@pytest.mark.parametrize("body", BAD_JSON, ids=range(len(BAD_JSON)))
def test_what_is_not_json_is_400(caller, body):
    for path in ("/tokens", "/applications"):
        worker = caller("worker")
        answer = worker.client.post(f"/api/v1{path}", data=body, headers=worker.headers, content_type="application/json")
        assert answer.status_code in (400, 422) and answer.content_type == "application/problem+json"
        assert answer.status_code == 400 or body[:1] == b"9"


@pytest.mark.parametrize("body, field", [
    ({}, "programme"), ([], None), ({"programme": "aid", "state": "paid"}, "state"), ({"programme": 3}, "programme"),
    ({"programme": "a\0b"}, "programme"), ({"programme": "aid", "on_behalf_of": "\0"}, "on_behalf_of"),
    ({"programme": "aid", "form": []}, "form"), ({"programme": "aid", "form": {"amount": "1"}}, "form.amount"),
    ({"programme": "aid", "form": {"opinion": "同意"}}, "form.opinion"),
])
def test_unknown_and_misplaced_fields_are_422_and_write_nothing(caller, world, body, field):
    answer = caller("worker").post("/applications", body)

    assert answer.status_code == 422 and set(answer.json) == {"type", "title", "status", "detail", "errors"}
    assert [fault["field"] for fault in answer.json["errors"]] == [field]


@pytest.mark.parametrize("amount", ["-1", "1.005", "1e3", "NaN", True, "9" * 20, "١"])
def test_an_amount_is_plain_money(caller, amount):
    case = caller("worker").submitted()
    answer = caller("basic").act(case, "approve", amount=amount)

    assert answer.status_code == 422 and answer.json["errors"][0]["field"] == "amount"


def test_sentences_follow_accept_language(caller):
    assert caller("worker").get("/programmes/x").json["detail"].startswith("没有找到")
    assert caller("worker", **{"Accept-Language": "en"}).get("/programmes/x").json["detail"].startswith("Not found")
    assert caller("worker", **{"Accept-Language": "fr"}).get("/programmes/x").json["detail"].startswith("没有找到")


def test_addresses_that_do_not_exist_are_problems_too(caller):
    for answer, status in ((caller("worker").get("/nothing"), 404), (caller("worker").call("DELETE", "/programmes"), 405),
                           (caller("worker").get("/programmes/a%00b"), 400), (caller("worker").get("/applications/short"), 404)):
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json")


def test_an_idempotency_key_is_short_and_plain(caller):
    for key in ("x" * 81, "a b"):
        answer = caller("worker").post("/applications", {"programme": "aid"}, key=key)
        assert answer.status_code == 422 and answer.json["errors"][0]["field"] == "Idempotency-Key"
