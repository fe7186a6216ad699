"""A small programme for the applicant's pages, and somebody who fills it in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import Flask
from PIL import Image
from werkzeug.test import TestResponse

from tests.web.county import NOW, County, Visitor
from web import db
from workflow import engine, people, programmes
from workflow.actors import COMMAND

PROGRAMME = """
schema: 1
key: living_aid
version: 1
title: {zh: 生活救助, en: Living aid}
summary: {zh: 收入低于标准的职工, en: For workers below the line}
initial: draft
number: "SH-{org.code}-{year}-{seq:04d}"
apply: {who: person, agent: true}
unique: [applicant.id, case.cycle]
basis: [{title: 帮扶办法, number: 县工〔2026〕3 号, clause: 第六条}]
params:
  line: {type: money, value: 1380, label: 救助线}
form:
  name: {label: 姓名, type: text, section: 身份, required: true, prefill: applicant.name}
  filed: {label: 是否建档, type: bool, section: 家庭, required: true}
  file_no: {label: 档案编号, type: text, section: 家庭, visible: form.filed, required: form.filed}
  size: {label: 家庭人口, type: int, section: 家庭, required: true, min: 1, max: 20}
  income: {label: 家庭年收入, type: money, section: 家庭, required: true}
  members: {label: 家庭成员, type: table, section: 家庭, columns: {who: {label: 姓名, type: text, required: true}, pay: {label: 月收入, type: money}}}
  card: {label: 收款银行卡, type: bankcard, section: 账户, required: true, sensitive: true}
attachments:
  proof: {label: 收入证明, min: 1, max: 2}
  authorisation: {label: 委托书, min: 0, max: 1}
calc:
  per_head: {label: 人均月收入, expr: round2(form.income / 12 / form.size)}
  amount: {label: 救助金额, expr: "max(param.line - calc.per_head, 0)"}
criteria:
  - {name: filed, label: 已建档, expr: form.filed, message: 请先建立困难档案, basis: 第三条, at: submit, on_fail: refuse}
  - {name: low, label: 人均低于救助线, expr: calc.per_head <= param.line, message: 人均月收入高于救助线, basis: 第四条, at: submit, on_fail: refuse}
amount: {value: calc.amount}
actors:
  applicant: {who: applicant}
  grassroots: {role: grassroots, scope: applicant.union}
separation: {distinct: [check], applicant_may_not_decide: true}
defaults: {return: {resubmit: direct, max: 3}, comment: {return: required, reject: required}}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*, attachments.*]}
  - {name: check, label: 基层工会审核, kind: task, actor: grassroots, due: 3wd}
  - {name: paid, label: 已发放, final: true, outcome: approved}
  - {name: rejected, label: 不予批准, final: true, outcome: rejected}
  - {name: withdrawn, label: 已放弃, final: true, outcome: withdrawn}
transitions:
  - {trigger: submit, label: 提交申请, source: draft, dest: check, require: [form, attachments]}
  - {trigger: approve, label: 同意, source: check, dest: paid}
  - {trigger: return_to, label: 退回补正, source: check, dest: [draft]}
  - {trigger: reject, label: 不予批准, source: check, dest: rejected}
  - {trigger: abandon, label: 放弃申请, source: [draft, check], dest: withdrawn, actor: applicant}
progress: [draft, check, paid]
"""
WORKER = "13800138000"
CARD = "6217000000000006217"


def photo() -> BytesIO:
    data = BytesIO()
    Image.new("RGB", (60, 40), "white").save(data, "JPEG")
    data.seek(0)
    return data


def publish(app: Flask, text: str = PROGRAMME) -> None:
    with app.app_context(), db.writing() as session:
        programmes.publish(session, text, "living_aid.v1.yaml", COMMAND, NOW)


@dataclass
class Filing:
    """One application being filled in through the pages."""

    browser: Visitor
    path: str                        # /cases/<id>

    @classmethod
    def start(cls, browser: Visitor, **data: str) -> Filing:
        answer = browser.post("/apply/living_aid", data)
        assert answer.status_code == 303, answer.text
        return cls(browser, answer.headers["Location"].removesuffix("/form"))

    @property
    def id(self) -> str:
        return self.path.rpartition("/")[2]

    def page(self, path: str = "") -> str:
        return self.browser.get(self.path + path).text

    def revision(self) -> str:
        found = re.search(r'name="revision" value="(\d+)"', self.page("/check") + self.page("/form/1") + self.page("/form"))
        return found.group(1) if found else "1"

    def send(self, path: str, fields: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        """Send a page with these fields, as if the page had asked exactly them."""
        data: dict[str, Any] = {"revision": self.revision(), "go": "on", "asked": list(dict.fromkeys(
            name.split(".")[0] for name in fields or {}))}
        data |= {f"f.{name}": value for name, value in (fields or {}).items()}
        return self.browser.post(self.path + path, {**data, **more})

    def fill(self, **changed: str) -> None:
        """Everything that is needed, with what the test wants different."""
        fields = {"filed": "true", "file_no": "KN-18", "size": "4", "income": "48,960", **changed}
        self.send("/form/2", fields)
        self.send("/form/3", {"card": CARD})
        self.send("/form/4", **{"file.proof": (photo(), "工资表.jpg")})

    def submit(self) -> TestResponse:
        return self.browser.post(self.path + "/check", {"revision": self.revision(), "consent": "1", "trigger": "submit", "key": "k" + self.id})


def decide(app: Flask, county: County, case_id: str, trigger: str, **more: Any) -> None:
    """The officer of the worker's union decides, as their own page would."""
    with app.app_context(), db.writing() as session:
        actor = people.actor_of(session, county.accounts["zhaomin"], NOW.date())
        revision = engine.look(session, case_id, actor, NOW).row.revision
        engine.act(session, case_id, trigger, actor, NOW, revision=revision, **more)
