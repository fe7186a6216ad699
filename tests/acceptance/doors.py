"""One county seen through three doors: page, API and command. Each duty with money and goods can be tried at every one.

A door only knocks: it says what was answered. What must be true afterwards is asked of the county.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.acceptance.purse import County
from tests.web.county import Visitor
from workflow.db import reading
from workflow.records import Pool


@dataclass(frozen=True)
class Told:
    """What a door answered. `codes`: of the API. `english`: the sentence is told in both languages."""

    done: bool
    words: str
    codes: frozenset[str] | None = None
    english: bool = False


class Door(Protocol):
    """The duties with money and goods that have more than one step or more than one person."""

    def act(self, who: str, case_id: str, trigger: str, **form: str) -> Told: ...
    def gather(self, who: str, *cases: str) -> Told: ...
    def explain(self, who: str, batch_id: str, n: int, note: str) -> Told: ...
    def seal(self, who: str, batch_id: str) -> Told: ...
    def send(self, who: str, batch_id: str) -> Told: ...
    def answer(self, who: str, batch_id: str, data: bytes) -> Told: ...
    def add(self, who: str, code: str, name: str) -> Told: ...
    def buy(self, who: str, item_id: int, quantity: int, price: str, document: str, pool: str) -> Told: ...
    def count(self, who: str, item_id: int, counted: int) -> Told: ...
    def confirm(self, who: str, item_id: int) -> Told: ...
    def hand_out(self, who: str, case_id: str, n: int, beside: str) -> Told: ...


class Pages:
    """The forms of the pages, posted as a browser without JavaScript would."""

    def __init__(self, app: Flask, county: County) -> None:
        self.app, self.county = app, county
        self.visitors: dict[tuple[str, datetime], Visitor] = {}

    def post(self, who: str, path: str, data: Mapping[str, Any]) -> Told:
        at = (who, self.county.world.now)                # a session ends with the day
        if at not in self.visitors:
            self.visitors[at] = Visitor(self.app.test_client())
            assert self.visitors[at].sign_in(who).status_code == 303
        visitor = self.visitors[at]
        answer = visitor.post(path, dict(data))
        assert answer.status_code < 500, answer.text
        if answer.status_code == 303:
            return Told(True, unescape(visitor.get(answer.headers["Location"]).text))
        assert answer.status_code in (200, 403, 404, 409, 422)
        return Told(False, unescape(answer.text))

    def act(self, who: str, case_id: str, trigger: str, **form: str) -> Told:
        return self.post(who, f"/tasks/{case_id}/act", {"revision": self.county.world.row(case_id).revision, "trigger": trigger, "confirmed": "1", "comment": "同意",
                                                        **{f"f.{name}": value for name, value in form.items()}})

    def gather(self, who: str, *cases: str) -> Told:
        return self.post(who, "/payments/new", {"method": "bank", "layout": "csv", "line": self.county.lines_of(*cases)})

    def explain(self, who: str, batch_id: str, n: int, note: str) -> Told:
        return self.post(who, f"/payments/{batch_id}/lines", {"what": "explain", "line": self.county.payments_of(batch_id)[n], "note": note})

    def seal(self, who: str, batch_id: str) -> Told:
        return self.post(who, f"/payments/{batch_id}/seal", {})

    def send(self, who: str, batch_id: str) -> Told:
        return self.post(who, f"/payments/{batch_id}/send", {})

    def answer(self, who: str, batch_id: str, data: bytes) -> Told:
        return self.post(who, f"/payments/{batch_id}/answer", {"file": (BytesIO(data), "a.csv")})

    def add(self, who: str, code: str, name: str) -> Told:
        return self.post(who, "/goods", {"place": self.county.world.orgs["539921"], "code": code, "name": name, "unit": "张", "spec": "", "price": "58.50"})

    def buy(self, who: str, item_id: int, quantity: int, price: str, document: str, pool: str) -> Told:
        with reading(self.county.world.sessions) as session:
            pool_id = session.scalars(select(Pool.id).where(Pool.key == pool)).one()
        return self.post(who, f"/goods/{item_id}", {"what": "purchase", "quantity": quantity, "price": price, "supplier": "云岭粮油有限公司", "document": document,
                                                    "pool": pool_id, "reason": ""})

    def count(self, who: str, item_id: int, counted: int) -> Told:
        return self.post(who, f"/goods/{item_id}", {"what": "count", "counted": counted, "reason": "年终盘点"})

    def confirm(self, who: str, item_id: int) -> Told:
        return self.post(who, f"/goods/{item_id}/decide", {"move": self.county.move(item_id), "answer": "confirm"})

    def hand_out(self, who: str, case_id: str, n: int, beside: str) -> Told:
        return self.post(who, f"/tasks/{case_id}/lines", {"what": "sign", "line": n, "method": "phone", "with": self.county.person(beside)})


class Api:
    """JSON with a token; a refusal is a problem document with a code beside every sentence."""

    def __init__(self, app: Flask, county: County) -> None:
        self.client, self.county = app.test_client(), county

    def post(self, who: str, path: str, json: Mapping[str, Any] | None = None, **more: Any) -> Told:
        answer: TestResponse = self.client.post(f"/api/v1{path}", json=json, headers={"Authorization": f"Bearer token-{who}"}, **more)
        assert answer.status_code < 500, answer.text
        if answer.status_code < 300:
            return Told(True, answer.get_data(as_text=True), frozenset())
        problem = answer.get_json()
        assert answer.mimetype == "application/problem+json" and problem["status"] == answer.status_code and problem["title"]
        return Told(False, "\n".join(error["message"] for error in problem["errors"]), frozenset(error["code"] for error in problem.get("errors", ())))

    def act(self, who: str, case_id: str, trigger: str, **form: str) -> Told:
        return self.post(who, f"/applications/{case_id}/actions", {
            "trigger": trigger, "revision": self.county.world.row(case_id).revision, "comment": "同意", "form": form})

    def gather(self, who: str, *cases: str) -> Told:
        return self.post(who, "/payments", {"grant_lines": self.county.lines_of(*cases)})

    def explain(self, who: str, batch_id: str, n: int, note: str) -> Told:
        return self.post(who, f"/payments/{batch_id}/lines", {"what": "explain", "n": n, "note": note})

    def seal(self, who: str, batch_id: str) -> Told:
        return self.post(who, f"/payments/{batch_id}/seal")

    def send(self, who: str, batch_id: str) -> Told:
        return self.post(who, f"/payments/{batch_id}/send", {})

    def answer(self, who: str, batch_id: str, data: bytes) -> Told:
        return self.post(who, f"/payments/{batch_id}/answer", data={"kind": "answer", "file": (BytesIO(data), "a.csv")})

    def add(self, who: str, code: str, name: str) -> Told:
        return self.post(who, "/goods", {"place": "539921", "code": code, "name": name, "unit": "张", "price": "58.50"})

    def buy(self, who: str, item_id: int, quantity: int, price: str, document: str, pool: str) -> Told:
        return self.post(who, f"/goods/{item_id}/purchases", {"quantity": quantity, "price": price, "supplier": "云岭粮油有限公司", "document": document, "pool": pool})

    def count(self, who: str, item_id: int, counted: int) -> Told:
        return self.post(who, f"/goods/{item_id}/counts", {"counted": counted, "reason": "年终盘点"})

    def confirm(self, who: str, item_id: int) -> Told:
        return self.post(who, f"/goods/{item_id}/decide", {"move": self.county.move(item_id), "answer": "confirm"})

    def hand_out(self, who: str, case_id: str, n: int, beside: str) -> Told:
        return self.post(who, f"/applications/{case_id}/lines/sign", {"lines": [n], "method": "phone", "beside": beside})


class Commands:
    """`flask …` as it is typed: a refusal is a sentence in two languages on standard error, and exit code 1."""

    def __init__(self, app: Flask, county: County, folder: Path) -> None:
        self.runner, self.county, self.folder = app.test_cli_runner(), county, folder

    def run(self, who: str, *words: object) -> Told:
        done = self.runner.invoke(args=[*map(str, words), "--as", who])
        assert done.exit_code in (0, 1) and (done.exception is None or isinstance(done.exception, SystemExit)), done.output
        return Told(done.exit_code == 0, done.stdout if done.exit_code == 0 else done.stderr, english=True)

    def act(self, who: str, case_id: str, trigger: str, **form: str) -> Told:
        return self.run(who, "cases", "act", self.county.world.row(case_id).number, trigger, "--comment", "同意",
                        *(word for name, value in form.items() for word in ("--set", f"{name}={value}")))

    def gather(self, who: str, *cases: str) -> Told:
        return self.run(who, "payments", "gather", *(word for case_id in cases for word in ("--case", self.county.world.row(case_id).number)))

    def explain(self, who: str, batch_id: str, n: int, note: str) -> Told:
        return self.run(who, "payments", "explain", self.county.number(batch_id), n, note)

    def seal(self, who: str, batch_id: str) -> Told:
        return self.run(who, "payments", "seal", self.county.number(batch_id))

    def send(self, who: str, batch_id: str) -> Told:
        return self.run(who, "payments", "send", self.county.number(batch_id))

    def answer(self, who: str, batch_id: str, data: bytes) -> Told:
        (self.folder / "answer.csv").write_bytes(data)
        return self.run(who, "payments", "answer", self.county.number(batch_id), self.folder / "answer.csv")

    def add(self, who: str, code: str, name: str) -> Told:
        return self.run(who, "goods", "add", code, name, "58.50", "--unit", "张", "--org", "539921")

    def buy(self, who: str, item_id: int, quantity: int, price: str, document: str, pool: str) -> Told:
        return self.run(who, "goods", "buy", self.county.code(item_id), quantity, price, "--supplier", "云岭粮油有限公司", "--document", document, "--pool", pool)

    def count(self, who: str, item_id: int, counted: int) -> Told:
        return self.run(who, "goods", "count", self.county.code(item_id), counted, "--reason", "年终盘点")

    def confirm(self, who: str, item_id: int) -> Told:
        return self.run(who, "goods", "confirm", self.county.code(item_id))

    def hand_out(self, who: str, case_id: str, n: int, beside: str) -> Told:
        return self.run(who, "goods", "hand-out", self.county.world.row(case_id).number, n, "--beside", beside, "--method", "phone")


DOORS: Mapping[str, Callable[[Flask, County, Path], Door]] = {
    "page": lambda app, county, folder: Pages(app, county), "api": lambda app, county, folder: Api(app, county), "command": Commands}
