"""Countersign by three people in three browsers at the same time; a meeting on paper; and nothing axe finds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.council import VOTERS, bring, sit
from tests.browser.test_every_page import _beyond, _found
from tests.browser.visits import Site, Visit, photo
from workflow.db import reading
from workflow.records import Case

pytestmark = pytest.mark.browser


def looked_at(me: Visit, axe: str, name: str) -> list[str]:
    wrong: list[str] = []
    for width in (1440, 390):
        me.page.set_viewport_size({"width": width, "height": 900})
        wrong += _beyond(me.page, f"{name} {width}") + _found(me.page, axe, f"{name} {width}")
    me.page.set_viewport_size({"width": 1440, "height": 900})
    return wrong


def test_three_people_vote_in_three_browsers(site: Site, visit: Callable[..., Visit], axe: str) -> None:
    case = sit(site.sessions, site.now)
    three = {name: visit(name) for name in VOTERS}
    for me in three.values():                          # everybody has the case open before anybody votes
        me.open(f"/tasks/{case}")
        assert me.says("表决情况") and me.says("三分之二同意通过，至少 3 人") and me.says("0/3")
    leader, finance, cashier = three.values()
    wrong = looked_at(leader, axe, "before")

    leader.page.fill("#op", "情况属实")
    leader.going("button[name=trigger][value=approve]")
    assert "已表决：同意，李*华" in leader.page.inner_text("[role=status]")
    assert site.case(case).state == "meeting"

    finance.going("button[name=trigger][value=reject]")        # their page is a voice old: asked, and taken all the same
    assert finance.says("这是您个人的一票")
    wrong += looked_at(finance, axe, "confirm")
    finance.page.fill("#op", "自付部分没有票据")
    finance.going("button[name=trigger][value=reject]")
    assert "已表决：不同意" in finance.page.inner_text("[role=status]") and site.case(case).state == "meeting"

    leader.open(f"/tasks/{case}")
    assert leader.says("2/3") and leader.says("您已表决：同意") and leader.says("自付部分没有票据")
    assert leader.page.locator("#act").count() == 0
    wrong += looked_at(leader, axe, "after")

    cashier.going("button[name=trigger][value=approve]")
    assert "表决已有结果，现在到“已批准”" in cashier.page.inner_text("[role=status]")
    assert site.case(case).state == "granted"

    auditor = visit("auditor")
    auditor.open(f"/audit/cases/{case}")
    assert auditor.says("集体研究：通过") and auditor.says("同意 2 票、反对 1 票、弃权 0 票，应参加 3 人")
    wrong += looked_at(auditor, axe, "trace")
    worker = visit("worker", 390)
    worker.open(f"/cases/{case}")
    assert not worker.says("自付部分没有票据") and worker.says("已批准")
    assert wrong == []


def test_a_meeting_on_paper_is_entered_for_many(site: Site, visit: Callable[..., Visit], axe: str, tmp_path: Path) -> None:
    cases = [sit(site.sessions, site.now), bring(site.sessions, site.now, "子女就学。")]
    with reading(site.sessions) as session:
        numbers = [session.get_one(Case, case).number for case in cases]
    me = visit("leader")
    me.open(f"/tasks/{cases[0]}")
    me.going("#vote a[href='/tasks/meetings']")
    wrong = looked_at(me, axe, "choose")
    rows = ["案件编号,同意票,反对票,弃权票,结论,说明", f"{numbers[0]},2,1,0,通过,会议同意", f"{numbers[1]},0,3,0,通过,", "JT-0,3,0,0,通过,"]
    paper: dict[str, Any] = photo("纪要.jpg")
    me.page.fill("#held_on", site.now.date().isoformat())
    me.page.set_input_files("#sheet", {"name": "结果.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode("gb18030")})
    me.page.set_input_files("#minutes", paper)
    me.going("button:has-text('预览')")
    assert me.says("可以登记 1 件") and me.says("2 件有问题") and me.says("应为“不通过”") and me.says("没有这个编号")
    wrong += looked_at(me, axe, "preview")
    me.going("button:has-text('登记 1 件')")
    assert me.says("已登记 1 件") and [site.case(case).state for case in cases] == ["granted", "meeting"]
    wrong += looked_at(me, axe, "done")
    assert wrong == []
