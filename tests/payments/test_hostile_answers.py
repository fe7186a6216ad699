"""Answers that are huge, damaged or hostile: told briefly and at once; and what goes into the bank's file is text and nothing else."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from jinja2 import Environment

from tests.payments.conftest import CARDS, Office
from workflow.errors import Refused
from workflow.payments import answers, batches, gathering, layouts, reconciling

HEAD = ["编号", "账号", "户名", "金额", "结果"]
SENT = [answers.Sent(1, "FF-1-0001", CARDS[0], "李文华", 100_000, "sent")]


def read(*rows: list[str]) -> answers.Reading:
    return answers.read(layouts.layout("csv").answer, [HEAD, *rows], SENT, "FF-1", date(2026, 6, 15))


def test_a_file_of_something_else_is_told_at_once_however_long_it_is() -> None:
    began = time.perf_counter()
    found = read(*[["", str(10**17 + n), "某某", "12.00", "成功"] for n in range(60_000)])
    assert time.perf_counter() - began < 10
    assert 0 < len(found.faults) <= answers.MOST_FAULTS and "A2" not in found.faults[0].zh and "B2" in found.faults[0].zh


def test_a_row_that_stands_twice_is_a_fault_and_books_nothing() -> None:
    same = ["FF-1-0001", CARDS[0], "李文华", "1000.00", "成功"]
    found = read(same, same)
    assert [fault.code for fault in found.faults] == ["ANSWER_CELL"] and "删去重复" in found.faults[0].zh


@pytest.mark.parametrize("total", ["900.00", "1000.01"])
def test_a_sum_that_disagrees_with_its_rows_is_a_fault(total: str) -> None:
    row = ["FF-1-0001", CARDS[0], "李文华", "1000.00", "成功"]
    assert not read(row, ["合计", "", "", "1,000.00", ""]).faults
    found = read(row, ["合计", "", "", total, ""])
    assert "D3" in found.faults[0].zh and "合计" in found.faults[0].zh


def test_a_sum_may_be_of_all_rows_or_of_those_that_were_paid() -> None:
    sent = [*SENT, answers.Sent(2, "FF-1-0002", CARDS[1], "和桂芬", 50_000, "sent")]
    rows = [["FF-1-0001", CARDS[0], "李文华", "1000.00", "成功"], ["FF-1-0002", CARDS[1], "和桂芬", "500.00", "失败"]]
    for total, good in (("1500.00", True), ("1000.00", True), ("2", False)):
        found = answers.read(layouts.layout("csv").answer, [HEAD, *rows, ["总计", "", "", total, ""]], sent, "FF-1", date(2026, 6, 15))
        assert (not found.faults) is good, total


@pytest.mark.parametrize("bank", ["=cmd|'/c calc'!A0", "+1", "@SUM(A1)", "工行|支行", "工行\n支行"])
def test_a_bank_that_is_a_formula_never_reaches_the_bank_file(bank: str) -> None:
    fault = gathering.account_fault(CARDS[0], "李文华", "李文华", bank=bank)
    assert fault is not None and fault.code == "BANK_SIGNS"


def test_an_honest_bank_is_none() -> None:
    assert gathering.account_fault(CARDS[0], "李文华", "李文华", bank="云岭农村商业银行（城关支行）") is None


def test_a_name_that_the_files_of_the_bank_cannot_write_is_told_before_the_seal(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A county whose bank still wants ASCII: what its file cannot hold is a sentence of the seal, not an error of the sending."""
    batch_id = office.gather(office.case(), layout="icbc")
    narrow = replace(layouts.layout("icbc"), encoding="ascii")
    monkeypatch.setattr(layouts, "layout", lambda name, root=None: narrow)
    with pytest.raises(Refused, match="李文华.*写不进这家银行的文件"):
        office.do(batches.seal, "finance", batch_id)


def test_two_differences_never_cancel_each_other() -> None:
    """300 yuan too little in the lines and 300 too much by the bank's word are two differences, not none."""
    found = reconciling.Banked("b", "FF-1", "sent", 100_000, 70_000, 0, 0, 40_000)
    assert found.difference == 60_000
    assert reconciling.Banked("b", "FF-1", "sent", 100_000, 130_000, 0, 0, 100_000).difference == 60_000
    assert reconciling.Banked("b", "FF-1", "sent", 100_000, 100_000, 0, 0, 100_000).difference == 0


def test_cases_that_differ_are_never_called_equal_because_their_sum_is() -> None:
    """One case paid too much and another too little by as much: the pool's sum fits, and the page does not say so."""
    odd = (reconciling.Odd("a", "FX-1", 40_000, 30_000), reconciling.Odd("b", "FX-2", 40_000, 50_000))
    page = Environment(extensions=["jinja2.ext.i18n"]).from_string(Path("web/templates/payments/reconcile.html").read_text("utf-8").split("{% macro gap")[1].partition(
        "{% endmacro %}")[0].join(("{% macro gap", "{% endmacro %}{{ gap(0, odd=odd) }}{{ gap(0) }}")))
    said = page.render(odd=odd, _=str, fen=str, tag=lambda words, kind, *icon: f"[{kind}]")
    assert said == "[bad][ok]"
