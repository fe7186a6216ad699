"""The small county behind the API, and callers who hold a token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.world import NOW, PEOPLE, World
from web import create_app, db
from web.signins import hash_of
from workflow import people
from workflow.actors import COMMAND
from workflow.records import ApiToken

PASSWORD = "一句记得住的话2026"
HASH = people.hash_password(PASSWORD)

AID = """
schema: 1
key: aid
version: 1
title: {zh: 试点救助, en: Trial aid}
summary: {zh: 自付较多的职工, en: For workers with high costs}
initial: draft
number: "SD-{org.code}-{year}-{seq:04d}"
apply: {who: person, agent: true}
effective: {from: 2020-01-01}
basis:
  - {title: {zh: 试点办法, en: Trial rules}, number: 试〔2026〕1 号, clause: 第三条}
form:
  bill_no: {label: {zh: 单据号, en: Bill number}, type: text, required: true}
  cost: {label: {zh: 自付费用, en: Own cost}, type: money, required: true, min: 0}
  kind: {label: {zh: 类别, en: Kind}, type: enum, options: {ill: {zh: 患病, en: Illness}, fire: {zh: 火灾, en: Fire}}, default: ill}
  bank_card: {label: {zh: 银行卡, en: Bank card}, type: bankcard, required: true, sensitive: true}
  opinion: {label: {zh: 核实结论, en: Finding}, type: text}
attachments:
  proof: {label: {zh: 证明, en: Proof}, min: 0, max: 1}
  authorisation: {label: {zh: 授权书, en: Authorisation}, min: 0, max: 1}
calc:
  amount: {label: {zh: 金额, en: Amount}, expr: round2(form.cost / 2)}
criteria:
  - {name: not_huge, label: 不超一万, expr: form.cost <= 10000, message: 费用较大请核实, at: check.approve, on_fail: flag}
amount: {value: calc.amount, adjustable_in: [check], max: calc.amount, reason_required: true}
actors:
  applicant: {who: applicant}
  grassroots: {role: grassroots, scope: applicant.union}
  county: {role: county_handler, scope: ancestor(county)}
separation: {distinct: [first, check], applicant_may_not_decide: true}
defaults:
  return: {resubmit: direct, max: 2}
  comment: {return: required, reject: required, approve: optional}
states:
  - {name: draft, label: {zh: 填报, en: Filling in}, kind: draft, actor: applicant, edit: [form.*, attachments.*], hide: [form.opinion]}
  - {name: first, label: {zh: 初审, en: First look}, kind: task, actor: grassroots, edit: [form.opinion], due: 5wd}
  - {name: check, label: {zh: 核对, en: Check}, kind: task, actor: county, due: 10wd, batch: [approve]}
  - {name: paid, label: {zh: 已付, en: Paid}, final: true, outcome: approved}
  - {name: rejected, label: {zh: 不批, en: Rejected}, final: true, outcome: rejected}
transitions:
  - {trigger: submit, label: {zh: 提交, en: Submit}, source: draft, dest: first, require: [form, attachments]}
  - {trigger: approve, label: {zh: 同意, en: Approve}, source: first, dest: check, require: [form.opinion]}
  - {trigger: approve, label: {zh: 同意, en: Approve}, source: check, dest: paid}
  - {trigger: return_to, label: {zh: 退回, en: Return}, source: first, dest: [draft]}
  - {trigger: return_to, label: {zh: 退回, en: Return}, source: check, dest: [draft, first]}
  - {trigger: reject, label: {zh: 不批, en: Reject}, source: [first, check], dest: rejected}
operations: {transfer: [check]}
progress: [draft, first, check, paid]
"""
CARD = "6228480010000000017"
FORM = {"bill_no": "A1", "cost": "2400.00", "bank_card": CARD}


class Caller:
    """A program with somebody's token."""

    def __init__(self, app: Flask, token: str | None, **headers: str) -> None:
        self.client, self.headers = app.test_client(), headers | ({"Authorization": f"Bearer {token}"} if token else {})

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None, **more: Any) -> TestResponse:
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        if body is not None:
            more["json"] = body
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **more)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.call("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> TestResponse:
        return self.call("POST", path, body, **more)

    def patch(self, path: str, body: Any = None, **more: Any) -> TestResponse:
        return self.call("PATCH", path, body, **more)

    def act(self, case: str, trigger: str, **more: Any) -> TestResponse:
        """Take a step on the revision as it stands."""
        key, revision = more.pop("key", None), more.pop("revision", None)
        revision = self.get(f"/applications/{case}").json["revision"] if revision is None else revision
        return self.post(f"/applications/{case}/actions", {"trigger": trigger, "revision": revision, **more}, key=key)

    def submitted(self, **form: Any) -> str:
        """Return the id of an application this caller has handed in."""
        made = self.post("/applications", {"programme": "aid", "form": FORM | form})
        assert made.status_code == 201, made.text
        done = self.act(made.json["id"], "submit")
        assert done.status_code == 200, done.text
        return str(made.json["id"])


@pytest.fixture
def app(database: str, tmp_path: Path) -> Iterator[Flask]:
    app = create_app({
        "TESTING": True, "DATABASE_URL": database, "SECRET_KEY": "k" * 32, "DATA_KEY": b"d" * 32, "CLOCK": lambda: NOW,
        "UPLOADS": str(tmp_path / "uploads")})
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield app
    db.database(app).engine.dispose()


@pytest.fixture
def world(app: Flask) -> World:
    """The county of `tests/world.py`, with an account and a token for everybody."""
    world = World(db.database(app).sessions)
    world.publish(AID)
    with app.app_context(), db.writing() as session:
        for short in PEOPLE:
            account = people.add_account(session, world.ids[short], short, HASH, actor=COMMAND, now=NOW)
            session.add(ApiToken(token_hash=hash_of(f"token-{short}"), account_id=account.id, created_at=NOW,
                                 expires_at=NOW + timedelta(hours=1), revoked_at=None))
    return world


@pytest.fixture
def caller(app: Flask, world: World) -> Callable[..., Caller]:
    """`caller("worker")` or, without a token, `caller()`; more arguments are headers."""
    return lambda short=None, **headers: Caller(app, f"token-{short}" if short else None, **headers)
