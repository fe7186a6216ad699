"""From the cases that wait for their money to a closed batch, with the hands of the accountant and the cashier."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from tests.browser.payday import choose, payday
from tests.browser.visits import Site, Visit
from workflow.db import reading
from workflow.records import PaymentBatch

Visiting = Callable[..., Visit]


def answer(bank_file: Path, results: list[str]) -> bytes:
    """What the bank makes of our file: its columns, and a result a line."""
    rows = list(csv.reader(io.StringIO(bank_file.read_bytes().decode("gb18030"))))
    out = io.StringIO(newline="")
    csv.writer(out).writerow([*rows[0], "处理状态", "失败原因", "交易序号"])
    for at, (row, result) in enumerate(zip(rows[1:], results, strict=True)):
        csv.writer(out).writerow([*row, result, "" if result == "成功" else "户名不符", f"88{at}"])
    return out.getvalue().encode("gb18030")


def test_gathered_sealed_sent_answered_and_closed(site: Site, visiting: Visiting, tmp_path: Path) -> None:
    cases = payday(site.sessions, site.now)
    finance, cashier = visiting(site, "finance"), visiting(site, "cashier")
    finance.open("/payments/new")
    assert choose(finance, cases) == 3
    finance.page.select_option("#layout", "icbc")
    finance.going("main button.go")
    assert finance.path.startswith("/payments/") and finance.says("待封存")
    batch = finance.path

    finance.going("text=核对无误，封存")                        # two people with one account: to be explained first
    assert finance.says("没有办成") and finance.says("同一账户还登记为")
    for n in (2, 3):
        finance.page.fill(f"#note-{n}", "夫妻共用账户，有结婚证复印件")
        finance.going(f"form:has(#note-{n}) button[value=explain]")
    finance.going("text=核对无误，封存")
    assert finance.says("已封存") and finance.says("人民币伍仟零陆拾元伍角整")
    finance.open(batch + "/sheet")
    with reading(site.sessions) as session:
        row = session.scalars(select(PaymentBatch).where(PaymentBatch.id == batch.rsplit("/", 1)[1])).one()
    assert finance.says(row.digest) and finance.says("5,060.50")

    cashier.open(batch)
    cashier.going("text=确认发出")
    with cashier.page.expect_download() as first:
        cashier.click("text=下载银行文件")
    first.value.save_as(tmp_path / "first.csv")
    cashier.open(batch)
    with cashier.page.expect_download() as second:
        cashier.click("text=下载副本")
    second.value.save_as(tmp_path / "second.csv")
    assert "副本1" in second.value.suggested_filename and (tmp_path / "first.csv").read_bytes() == (tmp_path / "second.csv").read_bytes()

    cashier.open(f"/tasks/{cases[0]}")
    assert cashier.says("已随发放批次")                          # not by hand as well
    cashier.open(batch)
    told = answer(tmp_path / "first.csv", ["成功", "失败", "成功"])
    cashier.page.set_input_files("#file", {"name": "回单.csv", "mimeType": "text/csv", "buffer": told.replace(b"1200.00", b"1900.00")})
    cashier.going("form:has(#file) button")
    assert cashier.says("单元格 F2")
    for _ in range(2):                                           # and again: nothing changes
        cashier.page.set_input_files("#file", {"name": "回单.csv", "mimeType": "text/csv", "buffer": told})
        cashier.going("form:has(#file) button")
    assert cashier.says("已经导入过") and cashier.says("户名不符")
    assert [site.case(case_id).state for case_id in cases] == ["paid", "paying", "paid"]

    finance.open(batch)
    finance.going("button:has-text('关闭')")
    assert finance.says("已关闭")
    finance.open("/payments/reconcile")
    assert finance.says("4,200.00") and finance.says("相符") and finance.page.locator(".tag.bad").count() == 0
