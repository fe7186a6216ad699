"""A roster comes into a form from a sheet: by its labels, with faults by cell, and a long one without a box for every cell."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from time import perf_counter
from typing import Any

import pytest

from tests.imports.conftest import id_no, sheet
from tests.imports.test_pages import app, enter  # noqa: F401
from tests.web.county import Visitor
from tests.web.desk import NOW, Desks
from web.apply.typed import MAX_ROWS
from workflow import imports
from workflow.db import reading
from workflow.engine import look
from workflow.language.load import read
from workflow.spreadsheets import cells

TEXT = """
schema: 1
key: roster_aid
version: 1
title: {zh: 名单救助, en: Roster aid}
initial: draft
number: "MD-{org.code}-{year}-{seq:04d}"
form:
  title: {label: 批次名称, type: text}
  roster:
    label: {zh: 名单, en: Roster}
    type: table
    required: true
    sensitive: true
    max: 20000
    columns:
      name: {label: 姓名, type: text, required: true}
      id_no: {label: 身份证号, type: idcard, required: true, sensitive: true}
      amount: {label: {zh: 慰问金（元）, en: Money}, type: money, required: true, min: 0}
      on: {label: 慰问日期, type: date}
calc:
  total: {label: 合计, expr: sum(row.amount for row in form.roster)}
amount: {value: calc.total}
actors:
  applicant: {who: applicant}
  county: {role: county_handler, scope: ancestor(county)}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*]}
  - {name: check, label: 审核, kind: task, actor: county, due: 5wd}
  - {name: paid, label: 已发放, final: true, outcome: approved}
  - {name: rejected, label: 未批准, final: true, outcome: rejected}
transitions:
  - {trigger: submit, label: 提交申请, source: draft, dest: check, require: [form]}
  - {trigger: approve, label: 同意, source: check, dest: paid}
  - {trigger: reject, label: 不予批准, source: check, dest: rejected}
"""
HEAD = "姓名,居民身份证号,慰问金,慰问日期"


@pytest.fixture
def desks(app: Any) -> Desks:  # noqa: F811
    return Desks(app, TEXT)


def send(me: Visitor, at: str, data: bytes, **more: str) -> Any:
    me.get(at)
    return me.post(at, {"sheet": (BytesIO(data), "名单.xlsx"), "revision": "1", "go": "on", **more})


def test_a_roster_is_checked_cell_by_cell_and_kept_in_the_draft(enter: Callable[[str], Visitor], desks: Desks) -> None:  # noqa: F811
    me, case_id = enter("worker"), desks.start("worker", "roster_aid")
    at = f"/cases/{case_id}/roster/roster"
    assert "从表格导入名单" in me.get(f"/cases/{case_id}/form/1").text
    wrong = sheet(HEAD, f"李一,{id_no(1)},100,2026-01-05", f"张二,{id_no(2)[:-1]}a,100,", "王三,,一百,")
    refused = send(me, at, wrong)
    assert refused.status_code == 422 and "B3：" in refused.text and "C4：" in refused.text and "一行都没有放进草稿" in refused.text
    head, *rows = cells(send(me, at, wrong, go="faults").data)
    assert head[-1] == "错误" and [row[0] for row in rows] == ["张二", "王三"]

    assert send(me, at, sheet(HEAD, f"李一,{id_no(1)},100,2026-01-05")).status_code == 303
    assert send(me, at, sheet(HEAD, f"张二,{id_no(2)},50.50,"), how="behind").status_code == 303
    page = me.get(at).text
    assert "草稿里有 2 行" in page and id_no(1) not in page and id_no(1)[:6] in page
    with reading(desks.sessions) as session:
        view = look(session, case_id, desks.actor("worker"), NOW)
        assert [f"{row['amount']:.2f}" for row in view.form["roster"]] == ["100.00", "50.50"]
    assert me.get(f"/cases/{case_id}/roster/title").status_code == 404 and enter("nurse").get(at).status_code == 404


def test_a_long_roster_has_no_boxes_and_saving_its_page_loses_no_row(enter: Callable[[str], Visitor], desks: Desks) -> None:  # noqa: F811
    me, case_id = enter("worker"), desks.start("worker", "roster_aid")
    at, many = f"/cases/{case_id}/roster/roster", MAX_ROWS + 50
    assert send(me, at, sheet(HEAD, *(f"工{n},{id_no(n)},10," for n in range(1, many + 1)))).status_code == 303
    page = me.get(f"/cases/{case_id}/form/1").text
    assert f"草稿里有 {many} 行" in page and "f.roster.1.name" not in page
    assert me.post(f"/cases/{case_id}/form/1", {"revision": "1", "asked": "title", "f.title": "春节", "go": "later"}).status_code == 303
    assert f"草稿里有 {many} 行" in me.get(at).text


def test_twenty_thousand_rows_are_read_within_seconds() -> None:
    definition = read(TEXT, "roster_aid.v1.yaml").definition
    assert definition is not None
    spec = definition.form["roster"]
    data = sheet(HEAD, *(f"工{n},{id_no(n)},{n % 90 + 10}.50,2026-01-05" for n in range(1, 20_001)))
    started = perf_counter()
    rows, wrong = imports.read_roster(spec, data, NOW.date())
    assert len(rows) == 20_000 and not wrong and perf_counter() - started < 60
    assert rows[0] == {"name": "工1", "id_no": id_no(1), "amount": "11.50", "on": "2026-01-05"}
