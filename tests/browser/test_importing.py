"""A list of members from the sheet to the register and out of it again, in a real browser, and a roster on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.browser.lists import lists
from tests.browser.visits import Site, Visit
from tests.imports.conftest import id_no, sheet

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def file(name: str, data: bytes) -> dict[str, Any]:
    return {"name": name, "mimeType": XLSX, "buffer": data}


def test_a_list_is_sent_looked_over_imported_and_undone(site: Site, visit: Callable[..., Visit]) -> None:
    me = visit("handler", 1440)
    page = me.open("/imports")
    page.locator("#sheet").set_input_files(file("会员.xlsx", sheet(
        "姓名,身份证号,所属工会", f"罗一鸣,{id_no(901)},云岭县总工会", f"罗二妮,{id_no(902)[:-1]}a,云岭县总工会")))
    me.going("main form.office button.go")
    assert me.says("新增 1，有误 1") and me.says("B3：")
    me.going("form[action$='/confirm'] button")
    assert me.says("已全部导入")
    me.going("form[action$='/undo'] button")
    assert me.says("已撤销 1")


def test_a_roster_is_taken_into_the_draft_on_a_phone(site: Site, visit: Callable[..., Visit]) -> None:
    case_id = lists(site.sessions, site.now)["roster"]
    me = visit("worker", 390)
    page = me.open(f"/cases/{case_id}/roster/roster")
    assert me.says("草稿里有 1 行")
    page.locator("#sheet").set_input_files(file("名单.xlsx", sheet("姓名,身份证号,慰问金", f"罗一鸣,{id_no(901)},500", f"罗三元,{id_no(903)},六百")))
    me.going("main form button.go")
    assert me.says("C3：") and me.says("一行都没有放进草稿")
    page.locator("#sheet").set_input_files(file("名单.xlsx", sheet("姓名,身份证号,慰问金", f"罗一鸣,{id_no(901)},500", f"罗三元,{id_no(903)},600")))
    me.going("main form button.go")
    assert me.says("草稿里有 2 行")
