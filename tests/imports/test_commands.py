"""Imports at the command line: looked over first, written with --apply, undone by number."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run, app, run, tree  # noqa: F401
from tests.imports.conftest import id_no, sheet
from workflow.spreadsheets import cells

ORGS = "组织代码,组织名称,层级,上级组织代码,联系电话"


@pytest.fixture
def county(run: Run) -> Run:  # noqa: F811
    run("orgs", "add", "539921", "云岭县总工会", "--level", "county", "--region", "539921")
    return run


def test_a_list_is_looked_over_then_applied_then_undone(county: Run, tmp_path: Path) -> None:
    path = tmp_path / "单位.xlsx"
    path.write_bytes(sheet(ORGS, "539921-01-01,二建公司工会,基层,539921-01,", "539921-01,城关街道工会,街道,539921,0879-1", "539921-02,县医院工会,单位,云岭县总工会,"))
    looked = county("orgs", "import", path)
    assert looked.exit_code == 0 and "新增 new 3" in looked.output and "--apply" in looked.output and "城关" not in county("imports", "list").output
    done = county("orgs", "import", path, "--apply")
    assert done.exit_code == 0 and "导入完成" in done.output, done.output
    again = county("orgs", "import", path, "--apply")
    assert again.exit_code == 0 and "一致 same 3" in again.output and "没有需要导入的行" in again.output
    import_id = county("imports", "list").output.split("\t")[0]
    undone = county("imports", "undo", import_id)
    assert undone.exit_code == 0 and "已撤销 undone 3" in undone.output
    assert "新增 new 3" in county("orgs", "import", path).output and county("audit", "verify").exit_code == 0


def test_wrong_rows_end_with_exit_code_1_and_a_sheet_of_their_own(county: Run, tmp_path: Path) -> None:
    path, out = tmp_path / "会员.csv", tmp_path / "错误.xlsx"
    path.write_bytes(f"会员名册\n姓名,身份证号,所属工会\n李一,{id_no(1)},539921\n=1+1,5.39921E+17,云岭县总工会\n".encode("gb18030"))
    done = county("people", "import", path, "--apply", "--faults", out)
    assert done.exit_code == 1 and "新增 new 1" in done.output and "B4: 身份证号在表格里是数值" in done.output
    head, row = cells(out.read_bytes())
    assert head == ["姓名", "身份证号", "所属工会", "错误"] and row[:2] == ["=1+1", "5.39921E+17"] and str(row[3]).startswith("B4：")


def test_what_is_no_such_list_is_refused_in_a_sentence(county: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(sheet("甲,乙", "1,2"))
    refused = county("people", "import", path)
    assert refused.exit_code == 1 and "表格缺少这些列：姓名、身份证号、所属工会" in refused.output
