"""Lists of members: what is refused by row and cell, what a second import changes, and what undoing leaves."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from sqlalchemy import func, select

from tests.imports.conftest import Office, id_no, sheet
from workflow import people
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.errors import Refused
from workflow.history import verify
from workflow.records import Event, Membership, Person

HEAD = "姓名,身份证号码,手机号,所属工会,会员号,入会日期,是否农民工"
GOOD = (f"李一,{id_no(1)},13800138001,二建公司工会,E001,2018-03-01,是", f"张二,{id_no(2)},,539921-01-01,,2019年5月6日,否",
        f"王三,{id_no(3)},13800138003,县医院工会,,,", f"赵四,{id_no(4)},,县医院工会,,2020/1/2,")


def test_members_come_into_the_register_with_their_membership(office: Office) -> None:
    import_id = office.run("people", sheet(HEAD, *GOOD))
    assert office.counts(import_id) == {"new": 4} and office.row(import_id).status == "done"
    with reading(office.sessions) as session:
        person = people.find(session, id_no(1))
        assert person is not None and (person.member_no, person.migrant, person.gender) == ("E001", True, "male" if int(id_no(1)[16]) % 2 else "female")
        assert session.scalar(select(func.count()).select_from(Membership)) == 3
        told = session.scalars(select(Event).where(Event.stream == f"import:{import_id}").order_by(Event.seq)).all()
        assert [event.kind for event in told] == ["start", "finish"]
        assert id_no(1).encode() not in b"".join(event.body for event in session.scalars(select(Event)))
        assert verify(session).items == ()


def test_a_second_import_of_the_same_file_changes_nothing(office: Office) -> None:
    data = sheet(HEAD, *GOOD)
    office.run("people", data)
    before = events(office)
    again = office.run("people", data)
    assert office.counts(again) == {"same": 4} and office.row(again).items == 0
    assert events(office) == before


def test_faults_name_the_cell_and_the_good_rows_are_imported_all_the_same(office: Office) -> None:
    import_id = office.run("people", sheet(
        "云岭县会员名册", HEAD.split(","), GOOD[0].split(","), ["", id_no(5), "", "县医院工会", "", "", ""], f"钱六,{id_no(6)[:-1]}0,,县医院工会,,,".split(","),
        f"孙七,{id_no(7)},1380013,县医院工会,,,".split(","), f"周八,{id_no(8)},,不存在工会,,,".split(","), f"吴九,{id_no(1)},,县医院工会,,,".split(","),
        f"郑十,{id_no(10)},,县医院工会,,2018-13-01,".split(","), f"冯一,{id_no(11)},,邻县水厂工会,,,".split(",")))
    assert office.counts(import_id) == {"new": 1, "fault": 7}
    said = office.faults(import_id)
    assert [one.partition("：")[0] for one in said] == ["A4", "B5", "C6", "D7", "B8", "F9", "D10"]
    assert "请填写姓名" in said[0] and "单位“不存在工会”" in said[3] and "与第 3 行重复" in said[4] and "要写成日期" in said[5]


def test_a_number_of_18_digits_is_refused_and_a_serial_of_a_day_is_understood(office: Office) -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet()
    for row, cells in enumerate((("姓名", "身份证号", "所属工会", "入会日期", "银行卡号", "手机号"),
                                 ("李一", int(id_no(1)[:17]) * 10, "县医院工会", 43160, "", 13800138001),
                                 ("张二", id_no(2), "县医院工会", 43160, 6217000012345678901, ""),
                                 ("王三", id_no(3), "县医院工会", 43160, "6217000012345678901", 13800138003.0))):
        for column, cell in enumerate(cells):
            page.write(row, column, cell)
    book.close()
    import_id = office.run("people", out.getvalue())
    first, second = office.faults(import_id)
    assert first.startswith("B2：身份证号在表格里是数值") and "请把该列设为文本" in first and second.startswith("E3：银行卡号在表格里是数值")
    with reading(office.sessions) as session:
        person = people.find(session, id_no(3))
        assert person is not None and str(person.member_since) == "2018-03-01"


def test_what_is_new_completes_a_worker_and_nobody_is_renamed_or_moved(office: Office) -> None:
    with writing(office.sessions) as session:
        for number, name in ((1, "李一"), (2, "张二"), (3, "王三")):
            people.add_person(session, office.now, COMMAND, name, id_no=id_no(number), phone="13900000000", union_id=office.world.orgs["539921-02"])
        people.add_person(session, office.now, COMMAND, "远人", id_no=id_no(4), union_id=office.world.orgs["539922-01"])
    import_id = office.run("people", sheet(HEAD, f"李一,{id_no(1)},13800138001,县医院工会,E001,,", f"张二二,{id_no(2)},,县医院工会,,,",
                                           f"王三,{id_no(3)},,二建公司工会,,,",
                                           f"远人,{id_no(4)},,县医院工会,,,"))
    assert office.counts(import_id) == {"changed": 1, "fault": 3}
    assert [one[:2] for one in office.faults(import_id)] == ["A3", "D4", "B5"]

    office.undo(import_id)
    again = office.look_over("people", sheet(HEAD, f"李一,{id_no(1)},13900000000,县医院工会,,,"))
    assert office.counts(again) == {"same": 1}, "the phone is the old one again"


def test_undoing_takes_back_what_it_made_and_keeps_who_has_been_used_since(office: Office) -> None:
    import_id = office.run("people", sheet(HEAD, *GOOD))
    with writing(office.sessions) as session:
        used, changed = people.find(session, id_no(2)), people.find(session, id_no(3))
        assert used is not None and changed is not None
        people.add_account(session, used.id, "zhang2", "no password", actor=COMMAND, now=office.now)
        people.set_email(session, changed.id, "wang@example.cn", COMMAND, office.now)
    office.undo(import_id)
    assert office.counts(import_id) == {"undone": 2, "kept": 2} and office.row(import_id).status == "undone"
    assert [one[:9] for one in office.faults(import_id)] == ["已被其他资料引用，", "导入之后又有改动，"]
    with reading(office.sessions) as session:
        assert people.find(session, id_no(1)) is None and people.find(session, id_no(2)) is not None
        assert verify(session).items == ()
    assert office.counts(office.run("people", sheet(HEAD, *GOOD))) == {"new": 2, "same": 2}


def test_a_crash_between_slices_loses_nothing_and_writes_nothing_twice(office: Office) -> None:
    data = sheet(HEAD, *(f"工{chr(0x4e00 + n)},{id_no(n)},,县医院工会,,2020-01-02," for n in range(20, 40)))
    import_id = office.look_over("people", data)
    with writing(office.sessions) as session:
        from workflow import imports

        imports.confirm(session, import_id, office.world.actor("clerk"), office.now)
    assert office.slice(import_id, size=7)
    try:
        with writing(office.sessions) as session:
            imports.carry_on(session, import_id, office.world.actor("clerk"), office.now, 7)
            raise SystemError("the machine is switched off")
    except SystemError:
        pass
    assert office.row(import_id).done == 7
    while office.slice(import_id, "clerk2", 7):
        pass
    assert office.counts(import_id) == {"new": 20} and not office.slice(import_id)
    with reading(office.sessions) as session:
        assert session.scalar(select(func.count()).select_from(Person).where(Person.id_no_index.is_not(None))) == 20
        assert verify(session).items == ()


def events(office: Office) -> int:
    with reading(office.sessions) as session:
        return session.scalar(select(func.count()).select_from(Event)) or 0


def test_an_old_xls_is_read_like_any_other(office: Office) -> None:
    import_id = office.run("people", (Path(__file__).parent / "members.xls").read_bytes())
    assert office.counts(import_id) == {"new": 1, "fault": 1} and office.faults(import_id)[0].startswith("B4：身份证号在表格里是数值")
    with reading(office.sessions) as session:
        person = people.find(session, id_no(1))
        assert person is not None and str(person.member_since) == "2018-03-01"


def test_a_csv_of_windows_and_one_with_tabs_are_read(office: Office) -> None:
    for number, encoding, tab in ((1, "gb18030", ","), (2, "utf-8-sig", ","), (3, "utf-8", "\t")):
        text = f"姓名,身份证号,所属工会\n李一,{id_no(number)},县医院工会\n".replace(",", tab)
        assert office.counts(office.run("people", text.encode(encoding))) == {"new": 1}


def test_a_sheet_that_unpacks_to_mountains_is_not_read(office: Office) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 40_000_000)
    with pytest.raises(Refused, match="异常庞大"):
        office.run("people", bomb.getvalue())
