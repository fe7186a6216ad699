"""What is printed and signed, on A4 as the browser lays it out: how many pages, no row cut in two, every page with its headings."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.browser.crowds import delivering, opened, person, sealed
from tests.browser.household import at_home
from tests.browser.pdf import pages
from tests.browser.visits import Site, Visit

pytestmark = pytest.mark.browser
Entering = Callable[..., Visit]
MASKED = re.compile(r"\d{6}\*{8}\d{3}[\dX]")
TAIL = re.compile(r"尾号 \d{4}SW-")


def printed(me: Visit, path: str) -> list[str]:
    """The text of each page that comes out of the printer."""
    return pages(me.open(path).pdf(prefer_css_page_size=True))


def test_the_sheet_people_sign_on(site: Site, visit: Entering) -> None:
    """Ten people are one page; of sixty every page has the headings, the number of the list and room for the two officers."""
    opened(site.sessions, site.now)
    me = visit("handler")
    for count, rows in ((10, [10]), (40, [12, 13, 13, 2]), (60, [12, 13, 13, 13, 9])):
        case = delivering(site.sessions, site.now, [person(n) for n in range(count)])
        number = site.case(case).number
        sheets = printed(me, f"/tasks/{case}/lines/sheet")
        assert [len(MASKED.findall(text)) for text in sheets] == rows
        for n, text in enumerate(sheets, 1):
            assert all(words in text for words in ("本人签字", "扫码登记", "发放人(两人)签字", f"编号:{number}", f"{n} / {len(rows)}")), text
    small = me.page.evaluate("Math.min(...[...document.querySelectorAll('.qr')].map(one => one.getBoundingClientRect().width))")
    assert small >= 15 * 96 / 25.4                   # mm: a phone reads it at arm's length


def test_what_is_signed_before_paying(site: Site, visit: Entering) -> None:
    """The approval sheet of forty payments, and the list of them as it stands on its page: a table, not the cards of a phone."""
    opened(site.sessions, site.now)
    batch = sealed(site.sessions, site.now, 40)
    finance = visit("finance")
    first, second = printed(finance, f"/payments/{batch}/sheet")
    assert len(TAIL.findall(first)) + len(TAIL.findall(second)) == 40
    assert all("付款明细序号收款人" in text for text in (first, second)) and "8,780.00" in first and "合计 40 笔8,780.00" in second
    assert "签字:" not in first and second.count("签字:") == 3
    assert "1 / 2" in first and "2 / 2" in second
    listed = printed(finance, f"/payments/{batch}")
    assert len(listed) == 2 and all("序号收款人" in text for text in listed)


def test_the_form_for_a_visit(site: Site, visit: Entering) -> None:
    """One page; the address stands on it once its printing is recorded."""
    home = at_home(site.sessions, site.now)
    me = visit("handler")
    assert len(printed(me, f"/register/visits/{home['visited']}")) == 1
    me.going("button:has-text('打印（登记一次）')")
    sheet, = pages(me.page.pdf(prefer_css_page_size=True))
    assert "城关街道文化路12号3单元" in sheet and "人员二" in sheet
