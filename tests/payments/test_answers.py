"""The bank's answer: twice, in part, out of order, damaged. Every line is paid at most once, and the fault names the cell."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.payments.conftest import CARDS, Office
from tests.world import World
from workflow import spreadsheets
from workflow.db import reading
from workflow.errors import Refused
from workflow.payments import batches, layouts, settling
from workflow.payments import reading as shown

PEOPLE = ("worker", "nurse", "doctor", "basic", "first")


def several(office: Office, n: int = 3) -> list[str]:
    return [office.case(who, f"{(at + 1) * 100}", CARDS[at]) for at, who in enumerate(PEOPLE[:n])]


def test_the_same_answer_twice_changes_nothing(world: World, office: Office) -> None:
    cases = several(office)
    batch_id = office.sent(*cases)
    data = office.answer(batch_id, "成功", "成功", "成功")
    office.take(batch_id, data)
    events = [world.row(case_id).last_seq for case_id in cases]
    for again in (data, data + b"\r\n"):                     # the very file, and the same in another file
        taken = office.take(batch_id, again, "finance")
        assert (taken.fresh, taken.paid) == (0, 3)
    assert [world.row(case_id).last_seq for case_id in cases] == events
    assert office.paid() == 60_000 and office.spent() == (0, 60_000)
    office.clean()


def test_a_partial_failure_pays_the_others_and_is_issued_again_once(world: World, office: Office) -> None:
    cases = several(office)
    batch_id = office.sent(*cases)
    office.answered(batch_id, "成功", "失败", "成功")
    assert office.statuses(batch_id) == ["paid", "failed", "paid"] and [world.row(one).state for one in cases] == ["paid", "paying", "paid"]
    assert office.spent() == (20_000, 40_000)
    office.do(settling.close, "finance", batch_id)
    assert [flag.code for line in office.payable() for flag in line.flags] == ["FAILED_BEFORE"]
    world.act("cashier", cases[1], "return_to", dest="draft", comment="银行退票：户名不符")
    world.act("nurse", cases[1], "submit", form={"bank_card": CARDS[4]})
    world.act("clerk", cases[1], "approve")
    world.act("finance", cases[1], "approve")
    assert [line.flags for line in office.payable()] == [()]
    again = office.sent(cases[1])
    office.answered(again, "成功")
    assert world.row(cases[1]).state == "paid" and office.spent() == (0, 60_000) == (0, office.paid())
    with pytest.raises(Refused):
        office.gather(cases[1])                              # never a second time
    office.clean()


def test_rows_may_come_in_any_order_and_in_parts(world: World, office: Office) -> None:
    cases = several(office, 5)
    batch_id = office.sent(*cases)
    head, *rows = office.answer(batch_id, *["成功"] * 5).splitlines()
    random.Random(4).shuffle(rows)
    for part in (rows[:2], rows[2:]):
        office.take(batch_id, b"\r\n".join([head, *part]))
    assert office.statuses(batch_id) == ["paid"] * 5 and {world.row(one).state for one in cases} == {"paid"}


def test_rows_without_a_reference_are_told_by_account_and_amount(office: Office) -> None:
    batch_id = office.sent(*several(office, 2))
    text = office.answer(batch_id, "成功", "失败").decode().replace("FF-539921-2026-0001-000", "ZZ")
    office.take(batch_id, text.encode())
    assert office.statuses(batch_id) == ["paid", "failed"]


def damaged(change: Callable[[str], str]) -> Callable[[bytes], bytes]:
    return lambda data: change(data.decode()).encode()


@pytest.mark.parametrize(("change", "cell", "words"), [
    pytest.param(lambda text: text.replace(",100.00,", ",1OO.00,"), "D2", "读不懂", id="a letter in the amount"),
    pytest.param(lambda text: text.replace(",100.00,", ",900.00,"), "D2", "不一致", id="another amount"),
    pytest.param(lambda text: text.replace(CARDS[1], CARDS[3]), "B3", "不一致", id="another account"),
    pytest.param(lambda text: text.replace("李文华", "李文化"), "C2", "户名", id="another holder"),
    pytest.param(lambda text: text.replace("成功", "已受理", 1), "E2", "看不出成功还是失败", id="a result nobody knows"),
    pytest.param(lambda text: text[:text.rindex("成功")], "E4", "空的", id="cut off in the middle of a row"),
    pytest.param(lambda text: text.replace("2026-06-12", "2026-06-31", 1), "H2", "读不懂", id="a day that is none"),
    pytest.param(lambda text: text + text.splitlines()[1], "A5", "同一笔", id="a row twice"),
    pytest.param(lambda text: text.replace("FF-539921-2026-0001-0002", "FF-539921-2026-0007-0002"), "A3", "别的批次", id="a row of another batch"),
    pytest.param(lambda text: text + "ZZ,6228480010000000066,陌生人,5.00,成功,,,\r\n", "B5", "不在本批次", id="a row nobody sent"),
])
def test_a_damaged_answer_is_refused_whole_and_the_cell_is_named(office: Office, change: Callable[[str], str], cell: str, words: str) -> None:
    batch_id = office.sent(*several(office))
    data = damaged(change)(office.answer(batch_id, "成功", "成功", "成功"))
    with pytest.raises(Refused) as caught:
        office.take(batch_id, data)
    told = [message.zh for message in caught.value.messages]
    assert any(f"单元格 {cell}：" in one and words in one for one in told), told
    assert office.statuses(batch_id) == ["sent"] * 3 and office.spent() == (60_000, 0)


def test_an_answer_that_contradicts_an_earlier_one_is_refused(office: Office) -> None:
    batch_id = office.sent(*several(office, 2))
    office.answered(batch_id, "成功", "失败")
    for results, words in ((("失败", "失败"), "已按上次回单记为到账"), (("成功", "成功"), "不要重新发放")):
        with pytest.raises(Refused) as caught:
            office.answered(batch_id, *results)
        assert words in caught.value.messages[0].zh
    assert office.statuses(batch_id) == ["paid", "failed"]


def test_an_answer_for_a_batch_that_was_not_sent_is_refused(office: Office) -> None:
    batch_id = office.gather(*several(office, 1))
    data = office.answer(batch_id, "成功")
    for status in ("draft", "sealed"):
        with pytest.raises(Refused) as caught:
            office.take(batch_id, data)
        assert [m.code for m in caught.value.messages] == ["BATCH_STATUS"]
        if status == "draft":
            office.do(batches.seal, "finance", batch_id)
    assert office.statuses(batch_id) == ["open"]


@pytest.mark.parametrize(("name", "kind"), [("icbc", "xlsx"), ("abc", "csv"), ("rcc", "csv"), ("csv", "xlsx")])
def test_every_layout_goes_out_and_comes_back(world: World, office: Office, name: str, kind: str) -> None:
    cases = several(office, 2)
    batch_id = office.sent(*cases, layout=name)
    _, content = office.do(batches.export, "cashier", batch_id)
    layout = layouts.layout(name)
    assert CARDS[0] in content.decode(layout.encoding)
    answer = layout.answer
    words = [word for word in answer.columns if word != "code"]
    with reading(world.sessions) as session:
        row = shown.batch(session, batch_id, world.signed_in("finance"))
        sent = [settling._sent(session, row, line) for line in shown.lines(session, batch_id)]
    rows = [[{"reference": line.reference, "account": line.account, "holder": line.holder, "status": sorted(answer.paid)[0], "day": "20260612",
              "amount": str(line.amount) if answer.unit == "fen" else f"{line.amount / 100:,.2f}"}.get(word, "") for word in words] for line in sent]
    headings = [answer.columns[word][0] for word in words]
    if kind == "xlsx":
        data = spreadsheets.workbook(headings, rows, [20] * len(headings), "回单")
    else:
        data = "\r\n".join((answer.separator or "\t").join(cells) for cells in [headings, *rows]).encode("gb18030")
    office.take(batch_id, data)
    assert office.statuses(batch_id) == ["paid", "paid"] and {world.row(one).state for one in cases} == {"paid"}


def test_a_faulty_layout_is_refused_with_the_line(office: Office) -> None:
    text = """\
title: 某银行
file:
  encoding: gbk2312
  columns:
    - {heading: 账号, value: acount}
    - {heading: 户名, value: holder}
answer:
  columns: {account: [账号], amount: [金额], status: [结果]}
  paid: [成功]
  failed: [失败, 成功]
"""
    with pytest.raises(Refused) as caught:
        layouts.read(text.encode(), "bank.yaml")
    told = [message.zh for message in caught.value.messages]
    assert any(one.startswith("bank.yaml:5:") and "account" in one for one in told)
    assert any(one.startswith("bank.yaml:3:") for one in told) and any(one.startswith("bank.yaml:9:") for one in told)
