"""送温暖慰问 from the plan to the closed batch, by the hands of nine people in their own browsers, money and goods."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.browser.conftest import copied
from tests.browser.eyes import Eyes
from tests.browser.payday import choose
from tests.browser.springtime import DUAN, HE, JANUARY, MU, YANG, prepare, workbook
from tests.browser.test_paying import answer
from tests.browser.visits import Site, Visit, photo
from tests.payments.conftest import CARDS
from workflow import spreadsheets

pytestmark = pytest.mark.browser
Visiting = Callable[..., Visit]


@pytest.fixture
def january(county: Path, tmp_path: Path) -> Iterator[Site]:
    """The county some weeks before the Spring Festival, with the programme released and its pool filled."""
    with copied(county, tmp_path, JANUARY) as site:
        prepare(site.sessions, site.now)
        yield site


@pytest.fixture
def people(january: Site, visiting: Visiting) -> Callable[[str], Visit]:
    """Everybody by the name of their account, each in a browser of their own, signed in when first asked for."""
    there: dict[str, Visit] = {}

    def enter(username: str) -> Visit:
        if username not in there:
            there[username] = visiting(january, username)
        return there[username]

    return enter


def test_from_the_plan_to_the_closed_batch(january: Site, people: Callable[[str], Visit], axe: str, tmp_path: Path) -> None:
    eyes = Eyes(axe)
    rice_is_bought(people("handler"), people("finance"))
    case_id = the_plan_is_decided(people, eyes)
    the_roster_is_mended(people("handler"), case_id, eyes, tmp_path)
    the_roster_is_checked_and_made_ready(people, case_id, eyes)
    what_was_given_is_signed_for(people("handler2"), case_id, eyes)
    first = the_batch_is_paid_in_part(people, case_id, eyes, tmp_path)
    the_account_is_corrected(people, case_id, eyes)
    the_rest_is_paid_and_everything_closed(people, case_id, first, eyes, tmp_path)
    assert january.case(case_id).state == "paid"
    assert eyes.wrong == []


def rice_is_bought(handler: Visit, finance: Visit) -> None:
    """Five bags: registered by one officer, confirmed by another."""
    handler.going("nav a:has-text('慰问品库存')")
    for box, value in (("code", "rice-10kg"), ("name", "大米"), ("spec", "10 kg 装"), ("unit", "袋"), ("price", "58.50")):
        handler.page.fill(f"#{box}", value)
    handler.going("main button:has-text('登记')")
    if "/goods/" not in handler.path:
        handler.going("main a:has-text('大米')")
    for box, value in (("quantity", "5"), ("supplier", "云岭粮油有限公司"), ("document", "04417788")):
        handler.page.fill(f"#{box}", value)
    handler.going("button:has-text('登记，等另一人确认')")
    finance.open(handler.path)
    finance.going("button:has-text('确认')")
    assert finance.says("已确认")


def the_plan_is_decided(people: Callable[[str], Visit], eyes: Eyes) -> str:
    """Planned by the county's officer, agreed to by the leader, passed by three of the committee."""
    handler = people("handler")
    handler.going("nav a:has-text('我能申请什么')")
    handler.going("main a:has-text('送温暖慰问')")
    handler.going("button:has-text('开始申报')")
    case_id = handler.path.split("/")[2]
    handler.going("main a[href*='/form/1']")
    page = handler.page
    page.check("text=春节")
    page.check("text=在档困难职工")
    for box, value in (("planned_people", "5"), ("planned_money", "2500"), ("planned_goods", "大米 10 kg 装 5 袋"),
                       ("visit_from", "2027-01-18"), ("visit_to", "2027-01-29")):
        page.fill(f"#f-{box}", value)
    handler.give("input[type=file]", photo("方案.jpg", 300, 400))
    eyes.look(handler, "plan filled in")
    handler.going("button.btn[name=go]")
    eyes.look(handler, "plan checked")
    page.check("#consent")
    handler.going("button:has-text('报送方案')")
    leader = people("leader")
    leader.open(f"/tasks/{case_id}")
    decide(leader, "approve")
    for who in ("committee", "committee2", "committee3"):
        member = people(who)
        member.open(f"/tasks/{case_id}")
        decide(member, "approve")
    return case_id


def the_roster_is_mended(handler: Visit, case_id: str, eyes: Eyes, folder: Path) -> None:
    """A list with three faults is refused cell by cell, its faults are taken home, and the mended list is handed in."""
    page = handler.open("/cases")
    handler.going(f"main a[href*='{case_id}']")
    handler.going("main a[href$='/form']")
    handler.going("main a[href*='/form/']")
    eyes.look(handler, "the step of the roster")
    handler.going("main a[href*='/roster/']")
    wrong = replace(YANG, id_no=YANG.id_no[:-1] + "9")
    page.set_input_files("#sheet", workbook("名单.xlsx", [wrong, MU, HE, replace(DUAN, card="")]))
    handler.going("button:has-text('检查并放进草稿')")
    eyes.look(handler, "roster with faults")
    assert handler.says("C2：身份证号有一位写错了") and handler.says("F5：请填写银行卡号") and handler.says("一行都没有放进草稿")
    page.set_input_files("#sheet", workbook("名单.xlsx", [wrong, MU, HE, replace(DUAN, card="")]))
    with page.expect_download() as sheet:
        handler.click("button:has-text('检查并下载有误的行')")
    sheet.value.save_as(folder / "faults.xlsx")
    faulty = spreadsheets.rows((folder / "faults.xlsx").read_bytes())
    assert [row[1] for row in faulty[1:]] == [YANG.name, DUAN.name] and "身份证号有一位写错了" in faulty[1][-1]
    page.set_input_files("#sheet", workbook("名单.xlsx", [YANG, MU, HE, DUAN, HE]))
    handler.going("button:has-text('检查并放进草稿')")
    eyes.look(handler, "roster in the draft")
    assert handler.says("草稿里有 5 行") and handler.says("第 3、5 行是同一个人")
    handler.open(f"/cases/{case_id}/check")
    eyes.look(handler, "roster to be handed in")
    page.check("#consent")
    handler.going("button:has-text('报送名单')")


def the_roster_is_checked_and_made_ready(people: Callable[[str], Visit], case_id: str, eyes: Eyes) -> None:
    officer, finance = people("handler2"), people("finance")
    officer.open(f"/tasks/{case_id}")
    officer.going("a:has-text('名单、查重和签收')")
    eyes.look(officer, "who stands there twice")
    assert officer.says("与第 3 行是同一人")
    officer.open(f"/tasks/{case_id}")
    officer.page.fill("#op", "和秀英在名单里有两行，请删去一行")
    officer.going("#act button[value=return_to]")
    eyes.look(officer, "roster to be returned")
    officer.going("#confirm button[value=return_to]")
    handler = people("handler")
    handler.open(f"/cases/{case_id}")
    handler.open(f"/cases/{case_id}/roster/roster")
    handler.page.set_input_files("#sheet", workbook("名单.xlsx", [YANG, MU, HE, DUAN]))
    handler.going("button:has-text('检查并放进草稿')")
    handler.open(f"/cases/{case_id}/check")
    handler.page.check("#consent")
    handler.going("button:has-text('报送名单')")
    officer.open(f"/tasks/{case_id}")
    decide(officer, "approve")
    finance.open(f"/tasks/{case_id}")
    eyes.look(finance, "money and goods to be made ready")
    assert finance.says("批后余额 700.00")
    decide(finance, "approve", prepared_on="2027-01-11")


def what_was_given_is_signed_for(officer: Visit, case_id: str, eyes: Eyes) -> None:
    """The sheet is printed, signed and photographed; who was away is struck off, and the bag goes back to the store."""
    page = officer.open(f"/tasks/{case_id}")
    officer.going("a:has-text('名单、查重和签收')")
    officer.going("a:has-text('签收表')")
    officer.going("button:has-text('记录并打印')")
    officer.going("a:has-text('返回')")
    officer.open(f"/tasks/{case_id}")
    page.set_input_files("#u-signed_sheet", photo("签收表.jpg", 400, 300))
    page.set_input_files("#u-visit_photo", photo("慰问.jpg", 400, 300))
    page.fill("#f-delivered_on", "2027-01-11")
    page.fill("#f-delivery_note", "城关街道，段云、赵敏两人到场")
    officer.going("button:has-text('保存并上传，先不办理')")
    eyes.look(officer, "delivery, sheet uploaded")
    officer.going("a:has-text('名单、查重和签收')")
    for n in (1, 2):
        page.check(f"input[name=line][value='{n}']")
    page.select_option("#with", index=1)
    officer.going("button:has-text('登记选中的已签收')")
    page.check("input[name=line][value='3']")
    page.fill("#reason", "外出务工，春节后回来")
    officer.going("button:has-text('取消选中的')")
    eyes.look(officer, "signed and struck off")
    officer.open(f"/tasks/{case_id}")
    decide(officer, "approve")


def the_batch_is_paid_in_part(people: Callable[[str], Visit], case_id: str, eyes: Eyes, folder: Path) -> str:
    """Signatures checked, three payments gathered, sealed and sent; one comes back. Return the address of the batch."""
    second, finance, cashier = people("finance2"), people("finance"), people("cashier")
    second.open(f"/tasks/{case_id}")
    decide(second, "approve")
    finance.going("nav a:has-text('发放批次')")
    finance.going("a:has-text('汇集待发放的')")
    assert choose(finance, [case_id]) == 3
    finance.page.select_option("#layout", "icbc")
    finance.going("main button.go")
    eyes.look(finance, "batch gathered")
    finance.going("text=核对无误，封存")
    assert finance.says("已封存")
    eyes.look(finance, "batch sealed")
    batch = finance.path
    finance.open(batch + "/sheet")
    told = sent(cashier, batch, folder, ["成功", "成功", "失败"])
    give_answer(cashier, told)
    eyes.look(cashier, "batch answered")
    assert cashier.says("户名不符")
    return batch


def the_account_is_corrected(people: Callable[[str], Visit], case_id: str, eyes: Eyes) -> None:
    """The cashier sends the case back for it, the officer writes the right card beside the line, the second accountant checks."""
    cashier, officer, second = people("cashier"), people("handler2"), people("finance2")
    cashier.going(f"main a[href='/tasks/{case_id}']")
    eyes.look(cashier, "paid in part")
    cashier.page.fill("#op", "第 3 行户名不符，请与本人核对卡号")
    cashier.going("#act button[value=return_to]")
    cashier.page.check("input[name=dest][value=correcting]")
    eyes.look(cashier, "sent back for the account")
    cashier.going("#confirm button[value=return_to]")
    officer.open(f"/tasks/{case_id}")
    eyes.look(officer, "account to be corrected")
    assert officer.says("银行退回：户名不符。原账户尾号 0033。") and officer.says("段*梅")
    officer.going("#act button[value=approve]")
    assert officer.says("第 4 笔退票的账户没有更正")
    officer.page.fill("[id='line.4.card']", CARDS[3])
    eyes.look(officer, "account not corrected yet")
    decide(officer, "approve")
    second.open(f"/tasks/{case_id}")
    decide(second, "approve")


def the_rest_is_paid_and_everything_closed(people: Callable[[str], Visit], case_id: str, first: str, eyes: Eyes, folder: Path) -> None:
    """The corrected line goes out alone in a second batch; then the three accounts agree and both batches are closed."""
    finance, cashier = people("finance"), people("cashier")
    finance.open("/payments/new")
    assert choose(finance, [case_id]) == 1
    finance.going("main button.go")
    finance.going("text=核对无误，封存")
    second = finance.path
    told = sent(cashier, second, folder, ["成功"])
    for _ in range(2):                                   # the second time nothing changes
        give_answer(cashier, told)
    eyes.look(cashier, "everything paid")
    assert cashier.says("已经导入过")
    for batch in (first, second):
        finance.open(batch)
        finance.going("button:has-text('关闭')")
        assert finance.says("已关闭")
    eyes.look(finance, "batch closed")
    finance.going("nav a:has-text('发放批次')")
    finance.going("a:has-text('三账核对')")
    eyes.look(finance, "three accounts")
    assert finance.says("相符") and finance.page.locator(".tag.bad").count() == 0


def sent(cashier: Visit, batch: str, folder: Path, results: list[str]) -> bytes:
    """The cashier sends the batch and downloads its file; return what the bank makes of it."""
    cashier.open(batch)
    cashier.going("button:has-text('确认发出')")
    with cashier.page.expect_download() as file:
        cashier.click("text=下载银行文件")
    file.value.save_as(folder / "bank.csv")
    return answer(folder / "bank.csv", results)


def give_answer(cashier: Visit, told: bytes) -> None:
    cashier.page.set_input_files("#file", {"name": "回单.csv", "mimeType": "text/csv", "buffer": told})
    cashier.going("form:has(#file) button")


def decide(officer: Visit, trigger: str, **form: str) -> None:
    for name, value in form.items():
        officer.page.fill(f"#f-{name}", value)
    officer.page.fill("#op", "已核实")
    officer.going(f"#act button[value={trigger}]")
    if officer.page.locator("#confirm").count():
        officer.going(f"#confirm button[value={trigger}]")
