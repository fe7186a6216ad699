"""会议票决 by a sheet: every fault by row and column, each case by itself, nothing twice."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from flask import Flask

from tests.votes.desk import HEAD, Room, carried, enter, events, look_over, sheet
from tests.web.county import Visitor
from web.review import meetings
from workflow import spreadsheets

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_every_fault_is_named_by_row_and_column(room: Room, me: Visitor) -> None:
    first, second, third = room.at_the_vote(), room.at_the_vote("7000"), room.at_the_vote("8000")
    room.act("first", third, "return_to", dest="review", comment="核对")
    page = look_over(me, sheet(
        f"{room.number(first)},四,0,0,通过,", "JT-000000-2026-0001,4,0,0,通过,", f"{room.number(second)},1,3,0,通过,",
        f"{room.number(second)},4,0,0,通过,", f"{room.number(third)},4,0,0,通过,", ",4,0,0,大概,", f"{room.number(first)},9,0,0,通过,")).text
    for words in ("现在是“四”", "没有这个编号，或不在您的范围内", "按本环节的规则应为“不通过”", "与第 4 行重复", "不是表决环节", "现在是“大概”", "与第 2 行重复",
                  "7 件有问题"):
        assert words in page, words
    assert "没有可以登记的行" in page and not carried(page)


def test_a_case_out_of_scope_is_like_none(app: Flask, room: Room) -> None:
    case_id = room.at_the_vote()
    far = enter(app.test_client(), "outsider")
    page = look_over(far, sheet(f"{room.number(case_id)},4,0,0,通过,")).text
    assert "没有这个编号，或不在您的范围内" in page and "李" not in page
    here = look_over(enter(app.test_client(), "clerk"), sheet(f"{room.number(case_id)},4,0,0,通过,")).text
    assert "不在您的职责范围内" in here


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_as_offices_write_it(room: Room, me: Visitor, encoding: str) -> None:
    case_id = room.at_the_vote()
    data = sheet("", f"{room.number(case_id)}, ４ ,0票,,通过,同意", ",,,,,", encoding=encoding)
    assert "可以登记 1 件" in look_over(me, data).text


def test_the_template_comes_filled_in_and_is_read_back(room: Room, me: Visitor) -> None:
    case_id = room.at_the_vote()
    answer = me.get("/tasks/meetings/template")
    rows = spreadsheets.rows(answer.data)
    assert rows[0] == HEAD.split(",") and rows[1][0] == room.number(case_id)
    filled = spreadsheets.workbook(HEAD.split(","), [[rows[1][0], "4", "0", "0", "通过", ""]], [9] * 6, "会议票决")
    assert "可以登记 1 件" in look_over(me, filled, name="结果.xlsx").text
    assert "1 件正等着您表决" in me.get("/tasks/meetings").text


def _archive(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/"), data)
    return out.getvalue()


BAD: list[tuple[str, Callable[[], bytes], str]] = [
    ("empty", lambda: b"", "空的"), ("blank", lambda: b"\n\n", "没有内容"), ("headings alone", lambda: HEAD.encode(), "只有表头"),
    ("picture", lambda: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "不是表格"), ("no workbook", lambda: _archive(a=b"b"), "不是 Excel 表格"),
    ("bomb", lambda: _archive(**{"xl__workbook.xml": b"0" * 60_000_000}), "异常庞大"),
    ("too many parts", lambda: _archive(**{"xl__workbook.xml": b"x", **{f"p{n}": b"" for n in range(300)}}), "异常庞大"),
    ("broken", lambda: _archive(**{"xl__workbook.xml": b"<not"}), "打不开"), ("cut off", lambda: b"PK\x03\x04" + b"x" * 99, "打不开"),
    ("old", lambda: b"\xd0\xcf\x11\xe0" + b"\0" * 99, "另存为 .xlsx"), ("no number", lambda: "姓名,票\n李,3".encode(), "没有“案件编号”"),
    ("missing columns", lambda: "案件编号,同意票\nJT,3".encode(), "缺少这些列：反对票 弃权票 结论"),
    ("twice", lambda: (HEAD + ",结论\nJT,3,0,0,通过,,通过").encode(), "“结论”列出现了两次"),
    ("too long", lambda: sheet(*(f"JT-{n},3,0,0,通过," for n in range(201))), "一次最多登记 200 件"),
]


@pytest.mark.parametrize(("data", "words"), [(data, words) for _, data, words in BAD], ids=[name for name, _, _ in BAD])
def test_a_sheet_that_is_none_is_refused_in_a_sentence(me: Visitor, data: Callable[[], bytes], words: str) -> None:
    page = look_over(me, data())
    assert page.status_code == 422 and words in page.text


def test_what_is_missing_is_asked_for(me: Visitor) -> None:
    page = me.post("/tasks/meetings", {})
    assert page.status_code == 422
    for words in ("请填写会议日期", "请选择填好的表格", "请选择会议纪要"):
        assert words in page.text
    assert "只收" in look_over(me, sheet("JT,4,0,0,通过,"), minutes=b"GIF89a").text


def test_a_meeting_of_tomorrow_is_a_fault_of_every_row(room: Room, me: Visitor) -> None:
    case_id = room.at_the_vote()
    assert "会议日期不能晚于今天" in look_over(me, sheet(f"{room.number(case_id)},4,0,0,通过,"), held_on="2027-01-01").text


def test_only_what_was_looked_over_by_oneself_is_entered(app: Flask, room: Room, me: Visitor) -> None:
    case_id = room.at_the_vote()
    token = carried(look_over(me, sheet(f"{room.number(case_id)},4,0,0,通过,")).text)
    assert enter(app.test_client(), "second").post("/tasks/meetings/enter", {"carried": token}).status_code == 422
    for broken in ("", "x", token[:-3] + "abc"):
        assert me.post("/tasks/meetings/enter", {"carried": broken}).status_code == 422
    assert events(room, "meeting") == 0


def test_many_rows_go_page_by_page(room: Room, me: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meetings, "PIECE", 2)
    cases = [room.at_the_vote(str(5000 + n)) for n in range(5)]
    page = look_over(me, sheet(*(f"{room.number(case_id)},4,0,0,通过," for case_id in cases))).text
    for done, left in ((2, 3), (4, 1), (5, 0)):
        page = me.post("/tasks/meetings/enter", {"carried": carried(page)}).text
        assert f"已登记 {done} 件" in page and (f"还剩 {left} 件" in page) is bool(left)
    assert {room.row(case_id).state for case_id in cases} == {"paying"}
