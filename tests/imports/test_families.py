"""Lists of hardship files: a household is several rows and comes as a whole or not at all."""

from __future__ import annotations

from sqlalchemy import select

from tests.imports.conftest import Office, id_no, sheet
from workflow import people
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.history import verify
from workflow.records import HardshipFile, Household, HouseholdMember
from workflow.register import end

HEAD = "档案编号,姓名,身份证号,与户主关系,工作单位,困难类别,建档日期,家庭人口,家庭月人均收入（元）,档案状态,脱困日期,家庭住址"
ROWS = (f"K001,李一,{id_no(1)},本人,二建公司工会,深度困难,2021-03-01,3,620.50,在档,,城关街道1号", f",李小,{id_no(2)},长女,,,,,,,,", f",张妻,{id_no(3)},妻子,,,,,,,,",
        f"K002,王三,{id_no(4)},户主,县医院工会,低保边缘户,2016-05-06,,,脱困,2019-12-31,", f"K003,赵四,{id_no(5)},户主,县医院工会,意外致困,2024-01-02,2,,,,")


def test_files_come_with_their_households(office: Office) -> None:
    import_id = office.run("files", sheet(HEAD, *ROWS), size=2)
    assert office.faults(import_id) == [] and office.counts(import_id) == {"new": 5} and office.row(import_id).items == 3
    with reading(office.sessions) as session:
        files = {row.number: row for row in session.scalars(select(HardshipFile))}
        first, second, third = files["K001"], files["K002"], files["K003"]
        assert (first.category, first.status, first.size, first.monthly_per_capita_fen, first.case_id) == ("deep", "on_file", 3, 62050, None)
        assert (second.category, second.status, str(second.ended_on)) == ("dibao_edge", "exited", "2019-12-31") and third.size == 2
        relations = session.execute(select(HouseholdMember.relation).where(HouseholdMember.household_id == first.household_id)).scalars().all()
        assert sorted(relations) == ["child", "head", "spouse"]
        assert verify(session).clean
    again = office.run("files", sheet(HEAD, *ROWS))
    assert office.counts(again) == {"same": 5} and office.row(again).items == 0


def test_one_wrong_row_keeps_the_whole_household_out(office: Office) -> None:
    import_id = office.run("files", sheet(
        HEAD, ROWS[0], f",李小,{id_no(2)[:-2]}00,女儿,,,,,,,,", ROWS[4], f"K004,冯七,{id_no(7)},户主,县医院工会,深度困难,,,,,,", f"K004,冯八,{id_no(8)},户主,,,,,,,,",
        f"K005,陈九,{id_no(9)},户主,县医院工会,特别困难,2024-01-02,,,,,"))
    assert office.counts(import_id) == {"new": 1, "fault": 5}
    said = office.faults(import_id)
    assert said[0].startswith("同一户的第 3 行有误") and said[1].startswith("C3：") and "有且只有一名户主" in said[2] and said[-1].startswith("F7：困难类别请从")
    with reading(office.sessions) as session:
        assert people.find(session, id_no(1)) is None


def test_a_later_list_moves_a_file_on_and_undoing_puts_it_back(office: Office) -> None:
    office.run("files", sheet(HEAD, *ROWS))
    later = sheet(HEAD, f"K001,李一,{id_no(1)},本人,二建公司工会,相对困难,2021-03-01,4,900,在档,,", f"K001,李二,{id_no(6)},儿子,,,,,,,,",
                  f"K003,赵四,{id_no(5)},户主,县医院工会,意外致困,2024-01-02,2,,脱困,2025-12-31,", f"K009,赵四,{id_no(4)},户主,县医院工会,意外致困,2024-01-02,2,,,,",
                  f"K002,刘九,{id_no(9)},户主,县医院工会,深度困难,2024-01-02,2,,,,")
    import_id = office.run("files", later)
    assert office.counts(import_id) == {"changed": 3, "fault": 2}
    with reading(office.sessions) as session:
        files = {row.number: row for row in session.scalars(select(HardshipFile))}
        assert (files["K001"].category, files["K001"].size, files["K003"].status, str(files["K003"].ended_on)) == ("relative", 4, "exited", "2025-12-31")
        assert verify(session).clean
    office.undo(import_id)
    assert office.counts(import_id) == {"undone": 3, "fault": 2}
    with reading(office.sessions) as session:
        files = {row.number: row for row in session.scalars(select(HardshipFile))}
        assert (files["K001"].category, files["K001"].size, files["K003"].status, files["K003"].ended_on) == ("deep", 3, "on_file", None)
        assert people.find(session, id_no(6)) is None and verify(session).clean


def test_undoing_takes_households_away_and_keeps_one_that_has_moved_on(office: Office) -> None:
    import_id = office.run("files", sheet(HEAD, *ROWS))
    with writing(office.sessions) as session:
        file = session.scalars(select(HardshipFile).where(HardshipFile.number == "K003")).one()
        end(session, file, "exited", "收入稳定", COMMAND, office.now, role="system", on=office.now.date())
    office.undo(import_id, size=1)
    assert office.counts(import_id) == {"undone": 4, "kept": 1}
    with reading(office.sessions) as session:
        assert session.scalars(select(HardshipFile.number)).all() == ["K003"] and len(session.scalars(select(Household)).all()) == 1
        assert verify(session).clean
