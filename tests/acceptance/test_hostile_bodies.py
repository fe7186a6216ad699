"""Bodies, files and signs that are not what they say they are: a sentence, never a fault of ours, and the rest is kept."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from tests.acceptance.newcomer import Newcomer
from tests.acceptance.reading_room import FORM, KEY, bearer, case_at, photo
from tests.world import World

Enter = Callable[[str], Newcomer]
ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


WRONG: list[Any] = [None, -1, 10**30, True, "", "\0", "1e9", "９", "x" * 5000, [], [[]], [None], ["x"], {"a": 1}, [{"thing": None}],
                    [{"thing": ["x"], "count": {}, "price": []}], "2026-13-45", "NaN", "-0"]
DIFFERENT: list[Any] = [10**30, "\0", "x" * 5000, [{"thing": "\0"}]]
"""Of these the two databases might think differently."""


@pytest.fixture
def calls(app: Flask) -> Iterator[tuple[str, str, Any]]:
    """(rule, method, model) of every call of the API that takes a body."""
    return ((rule.rule, method, app.view_functions[rule.endpoint].speech) for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")
            for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"})


def test_json_of_the_wrong_type_is_refused_in_a_sentence(app: Flask, programme: World, calls: Iterator[tuple[str, str, Any]], database: str) -> None:
    wrongs = WRONG if database.startswith("sqlite") else DIFFERENT
    case_id, other = case_at(programme, "plan"), case_at(programme, "plan", usci="91330106MA2CFLDE4P")
    token, officer = bearer(app, "worker"), bearer(app, "clerk")
    client = app.test_client()
    good = {"programme": KEY, "form": {}, "on_behalf_of": None, "revision": 1, "trigger": "submit", "comment": "", "dest": None, "amount": None, "declared": False,
            "correct": [], "operation": "transfer", "to": None,
            "task": None, "text": "名单有误", "name": None, "phone": None, "items": [{"id": case_id, "revision": 1}], "username": "worker", "password": "x",
            "organisation": None, "lines": [1], "line": 1, "method": "phone", "beside": "clerk2", "reason": "走查",
            "grant_lines": ["x"], "layout": "csv", "what": "drop", "n": 1, "note": "", "place": "539921", "code": "rice", "unit": "袋", "spec": "", "price": "32.50",
            "active": True, "quantity": 1, "supplier": "", "document": "", "pool": None, "year": 2026, "counted": 1,
            "move": "x", "answer": "confirm"}
    asked = 0
    for rule, method, speech in calls:
        path, who = rule.replace("<id>", case_id), officer if rule.endswith("/batch") else token
        bodies: list[tuple[str, Any]] = [("application/json", raw) for raw in (
            b"", b"null", b"[]", b"7", b'"x"', b"{", b"\xff\xfe", b'{"form": NaN}', b'{"form": 1e999}', b'{"a": 1, "a": 2}', b"[" * 5000, b'{"form": {"area": 1e-400}}',
            b'{"trigger": "\\ud800"}')] + [("text/plain", b"{}"), ("application/x-www-form-urlencoded", b"form=1")]
        if speech.takes:
            fields = [name for name in speech.takes.model_fields if name != "password"]
            bodies += [("application/json", json.dumps({k: good[k] for k in speech.takes.model_fields} | {name: wrong}).encode())
                       for name in fields for wrong in wrongs]
            bodies += [("application/json", json.dumps({k: v for k, v in good.items() if k in fields and k != name}).encode()) for name in fields]
        for kind, body in bodies if not rule.endswith("/tokens") else bodies[:20]:
            answer = client.open(path, method=method, data=body, headers=who | {"Content-Type": kind})
            asked += 1
            assert answer.status_code < 500, (method, path, body[:200], answer.text)
            if answer.status_code >= 400:
                assert answer.content_type == "application/problem+json" and answer.json["detail"], (method, path, body[:200])
    assert asked > 140
    for name in FORM | {"seen": "", "nothing": ""}:
        for wrong in wrongs:
            answer = client.patch(f"/api/v1/applications/{other}", headers=token, json={"form": {name: wrong}, "revision": 1})
            assert answer.status_code in (200, 422), (name, wrong, answer.status_code, answer.text)
    assert client.patch(f"/api/v1/applications/{other}", headers=token, json={"form": FORM, "revision": 1}).json["warnings"] == []
    assert programme.row(other).state == "plan"


ASKED = ("q", "case", "after", "s", "number", "code", "programme", "who", "open", "role", "organisation", "lang", "limit", "trigger", "next")


def test_signs_no_database_stores_are_no_fault_of_ours(app: Flask, programme: World, enter: Enter) -> None:
    case_id, worker = case_at(programme, "plan"), enter("worker")
    for text in ("\0", "a\0b", "\x1b[31m", "\u202e", "\ufffe", "💥" * 400, "'; DROP TABLE cases; --", "%00", "\u2028"):
        worker.open(f"/cases/{case_id}/form/2")
        worker.press("保存并继续", f__usci=text, f__readers=text, f__area=text)
        assert worker.status in (200, 400, 422), (text, worker.status)
        worker.open(f"/cases/{case_id}/form/3").press("保存并继续", f__remark=text, **{"f.items.1.thing": text})
        assert worker.status in (200, 400, 422)
    officers = {short: enter(short) for short in ("clerk", "auditor", "admin")}
    browsers = {"/tasks": "clerk", "/done": "clerk", "/audit": "auditor", "/admin": "admin"}
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.rule.startswith("/static"):
            continue
        values = {name: 1 if f"<int:{name}>" in rule.rule else "a\0b" for name in rule.arguments}
        path = app.url_map.bind("localhost").build(rule.endpoint, values)
        browser = officers[browsers.get("/" + rule.rule.split("/")[1], "clerk")]
        headers = bearer(app, "clerk") if path.startswith("/api/") else {}
        answer = browser.client.get(path, headers=headers, query_string=dict.fromkeys(ASKED, "a\0b"))
        assert answer.status_code < 500 or answer.status_code == 501, (rule.rule, answer.status_code)
    clerk = officers["clerk"].open("/tasks/find?q=x")
    for path, sent in (("/tasks/find", {"number": "\0"}), ("/settings", {"phrases": "a\0b"}), ("/tasks/batch", {"s": "a\0b:1", "trigger": "\0"}),
                       (f"/tasks/{case_id}/act", {"trigger": "\0", "comment": "\0"}), ("/progress", {"number": "a\0", "code": "\0"}),
                       ("/sign-in", {"username": "a\0b", "password": "\0"}), (f"/apply/{KEY}", {"applicant": "\0", "key": "\0"}), ("/apply/a%00b", {})):
        csrf = clerk.open("/help").form_token()
        assert clerk.open(path, "POST", {"csrf_token": csrf, **sent}).status < 500


def flood() -> bytes:
    """A PNG of 300 bytes that says it is 30,000 by 30,000 pixels."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 90_001)) + chunk(b"IEND", b"")


UPLOADS = [
    ("网页.jpg", b"<html><script>alert(1)</script></html>", "这里只收"), ("空.jpg", b"", "空的"), ("洪水.png", flood(), "像素"),
    ("断了.jpg", photo((400, 300)).getvalue()[:400], ""), ("画.svg", b"<svg onload='alert(1)'/>", "这里只收"), ("程序.jpg", b"MZ\x90\0" * 60, "这里只收"),
    ("两面.jpg", b"\xff\xd8\xff\xe0<?php echo 1; ?>", ""), ("很大.jpg", photo().getvalue() + b"\0" * (21 * 1024 * 1024), "20 MB")]


@ONE
def test_a_file_that_cannot_be_taken_costs_only_itself(programme: World, enter: Enter) -> None:
    worker = enter("worker")
    for number, (name, data, words) in enumerate(UPLOADS):
        case_id = case_at(programme, "plan")
        worker.open(f"/cases/{case_id}/form/2")
        worker.press("保存并继续", f__readers=str(70 + number), file__photo=[(photo(), "好的.jpg"), (BytesIO(data), name)])
        assert worker.status == 422, (name, worker.status, worker.page.words)
        assert f"“{name}”没有上传" in worker.page.words and words in worker.page.words, (name, worker.page.words)
        assert worker.box("f.readers") == str(70 + number) and "好的.jpg" in worker.page.words, name
        assert sorted(row.name for row in programme.look("worker", case_id).attachments if row.kind == "photo") == ["photo.jpg", "好的.jpg"], name


@ONE
def test_the_api_says_the_same_of_such_files(app: Flask, programme: World) -> None:
    case_id, token = case_at(programme, "plan"), bearer(app, "worker")
    for name, data, words in UPLOADS:
        answer = app.test_client().post(f"/api/v1/applications/{case_id}/attachments", headers=token, data={"kind": "photo", "file": (BytesIO(data), name)})
        assert answer.status_code in (413, 422) and answer.content_type == "application/problem+json", (name, answer.status_code)
        assert answer.status_code == 413 or words in answer.json["detail"], (name, answer.json)
    assert len(programme.look("worker", case_id).attachments) == 2
