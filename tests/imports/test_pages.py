"""The import desk in the browser's words: sent, looked over, imported, undone; closed to everybody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.imports.conftest import id_no, sheet
from tests.web.county import Clock, Visitor
from tests.web.desk import NOW, Desks
from web import create_app, db
from workflow import imports, people
from workflow.db import reading
from workflow.records import Import
from workflow.spreadsheets import cells

HEAD = "姓名,身份证号,所属工会,入会日期"


@pytest.fixture
def app(new_database: Callable[[str], Any], tmp_path: Path) -> Iterator[Flask]:
    with new_database("sqlite") as url:
        app = create_app({"TESTING": True, "DATABASE_URL": url, "SECRET_KEY": "k" * 32, "DATA_KEY": b"d" * 32, "CLOCK": Clock(NOW),
                          "UPLOADS": str(tmp_path / "uploads"), "UNION": "云岭县总工会"})
        yield app
        db.database(app).engine.dispose()


@pytest.fixture
def desks(app: Flask) -> Desks:
    return Desks(app)


@pytest.fixture
def enter(app: Flask, desks: Desks) -> Callable[[str], Visitor]:
    def sign_in(username: str) -> Visitor:
        visitor = Visitor(app.test_client())
        assert visitor.sign_in(username).status_code == 303
        return visitor
    return sign_in


def send(me: Visitor, data: bytes, kind: str = "people", name: str = "会员.xlsx") -> Any:
    me.get("/imports")
    return me.post("/imports", {"kind": kind, "sheet": (BytesIO(data), name)})


def test_a_list_is_sent_looked_over_imported_and_undone(enter: Callable[[str], Visitor], desks: Desks) -> None:
    me = enter("clerk")
    data = sheet(HEAD, f"李一,{id_no(1)},县医院工会,2020-01-02", f"张二,{id_no(2)[:-1]}0,县医院工会,", f"王三,{id_no(3)},不存在,")
    answer = send(me, data)
    at = answer.location
    page = me.get(at).text
    assert "新增 1，有误 2" in page and "B3：" in page and "C4：没有找到单位" in page and "导入 1 行" in page
    assert id_no(1) not in page
    with reading(desks.sessions) as session:
        assert people.find(session, id_no(1)) is None

    head, *rows = cells(me.get(f"{at}/faults.xlsx").data)
    assert head[-1] == "错误" and [row[0] for row in rows] == ["张二", "王三"] and "逐位核对" in str(rows[0][-1])
    me.get(at)
    done = me.get(me.post(f"{at}/confirm").location).text
    assert "已全部导入" in done and "撤销这次导入" in done
    assert "每一行都与系统一致" in me.get(send(me, sheet(HEAD, f"李一,{id_no(1)},县医院工会,2020-01-02")).location).text
    me.get(at)
    assert "已撤销 1" in me.get(me.post(f"{at}/undo").location).text
    with reading(desks.sessions) as session:
        assert people.find(session, id_no(1)) is None


def test_a_page_that_was_left_is_taken_up_by_the_timers(enter: Callable[[str], Visitor], desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.imports.SECONDS", -1.0)
    me = enter("clerk")
    at = send(me, sheet(HEAD, *(f"工{chr(0x4e00 + n)},{id_no(n)},县医院工会," for n in range(20, 30)))).location
    me.get(at)
    page = me.get(me.post(f"{at}/confirm").location).text
    assert '<meta http-equiv="refresh"' in page and 'max="10" value="0"' in page and "继续" in page
    assert imports.forward(desks.sessions, NOW) == 1 and imports.forward(desks.sessions, NOW) == 0
    assert "撤销这次导入" in me.get(at).text
    with reading(desks.sessions) as session:
        assert session.scalars(select(Import.status)).all() == ["done"]


def test_what_is_given_up_is_forgotten(enter: Callable[[str], Visitor], desks: Desks) -> None:
    me = enter("clerk")
    at = send(me, sheet(HEAD, f"李一,{id_no(1)},县医院工会,")).location
    me.get(at)
    assert me.post(f"{at}/drop").status_code == 303
    me.get("/imports")
    assert me.post(f"{at}/confirm").status_code == 409
    with reading(desks.sessions) as session:
        assert all(not said for _, _, said in imports.rows(session, at.rpartition("/")[2], ["new"]))


@pytest.mark.parametrize(("data", "sentence"), [
    (b"", "这个文件是空的"), (b"PK\x03\x04 nothing", "表格打不开"), (sheet("甲,乙", "1,2"), "表格缺少这些列"), (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "表格打不开"),
    (sheet(HEAD), "只有表头"),
])
def test_what_is_no_list_is_answered_beside_the_box(enter: Callable[[str], Visitor], data: bytes, sentence: str) -> None:
    answer = send(enter("clerk"), data)
    assert answer.status_code == 422 and sentence in answer.text


def test_lists_are_closed_to_others_and_to_other_counties(enter: Callable[[str], Visitor]) -> None:
    at = send(enter("clerk"), sheet(HEAD, f"李一,{id_no(1)},县医院工会,")).location
    for who, status in (("outsider", 404), ("worker", 403), ("finance", 403), ("leader", 403)):
        me = enter(who)
        assert me.get(at).status_code == status and me.get(f"{at}/faults.xlsx").status_code == status, who
        me.get("/settings")
        assert me.post(f"{at}/confirm").status_code == status
    admin = enter("admin")
    assert send(admin, sheet("档案编号,姓名,身份证号,所属工会,困难类别,建档日期", "1,2,3,4,5,6"), "files").status_code == 422
    assert admin.get("/imports/templates/orgs.xlsx").status_code == 200 and admin.get("/imports/templates/files.xlsx").status_code == 404
    assert [str(cell).rstrip(" *") for cell in cells(enter("clerk").get("/imports/templates/people.xlsx").data)[0]][:2] == ["姓名", "身份证号"]
