"""The sheet for the wall, printed by a browser: one page of A4, whatever stands on it; and the pages around it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.serving import make_server

from tests.notices.test_web import Board
from tests.notices.wall import GRANT, SECRETS
from tests.web.county import PASSWORD, Clock
from tests.web.desk import NOW
from web import create_app, db

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
A4 = (595, 842)                      # points

# Twelve more lines, each as long as a sheet takes.
MORE = "".join(f"  extra{n}: {{label: {{zh: 补充说明第{n}项, en: More {n}}}, type: note}}\n" for n in range(12))
LONG = GRANT.replace("key: posted_grant", "key: long_grant").replace("GS-", "LG-").replace("calc:\n", MORE + "calc:\n", 1).replace(
    "form.story, ", "form.story, " + "".join(f"form.extra{n}, " for n in range(12)))


@pytest.fixture(scope="module")
def place(new_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Board, Clock]]:
    """The address of the application, the board behind it, and its clock."""
    clock = Clock(NOW)
    with new_database("sqlite") as url:
        app = create_app({"TESTING": True, "DATABASE_URL": url, "SECRET_KEY": "k" * 32, "DATA_KEY": b"d" * 32, "CLOCK": clock,
                          "UPLOADS": str(tmp_path_factory.mktemp("uploads")), "UNION": "云岭县总工会"})
        board = Board(app, GRANT)
        board.publish(LONG, "long_grant.v1.yaml")
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.port}", board, clock
        server.shutdown()
        thread.join()
        db.database(app).engine.dispose()


@pytest.fixture
def officer(chromium: Browser, place: tuple[str, Board, Clock]) -> Iterator[Callable[..., Page]]:
    """`officer("basic", width)` is a page on which that officer is signed in."""
    contexts = []

    def enter(short: str, width: int = 1440) -> Page:
        contexts.append(chromium.new_context(viewport={"width": width, "height": 900}, locale="zh-CN"))
        page = contexts[-1].new_page()
        page.goto(f"{place[0]}/sign-in")
        page.fill("#username", short)
        page.fill("#password", PASSWORD)
        with page.expect_navigation():
            page.click("form.card button.btn")
        return page

    yield enter
    for context in contexts:
        context.close()


def printed(page: Page, address: str) -> bytes:
    page.goto(address)
    return page.pdf(prefer_css_page_size=True)


def sheets(pdf: bytes) -> list[tuple[int, int]]:
    """The pages of a PDF of Chromium's, as (width, height) in whole points."""
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([0-9.]+) ([0-9.]+)\s*\]", pdf)
    assert len(boxes) == len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))
    return [(round(float(width)), round(float(height))) for width, height in boxes]


def test_a_poster_is_exactly_one_page_of_a4(place: tuple[str, Board, Clock], officer: Callable[..., Page]) -> None:
    url, board, _clock = place
    notice = board.notice(board.posted())
    page = officer("basic")
    assert sheets(printed(page, f"{url}/notices/{notice.id}/poster")) == [A4]
    words = page.inner_text("main")
    for expected in ("公　示", "李*华", "3,800 元", "2026年6月15日 至 2026年6月23日", "5 个工作日", "0879-1234567", "实名或匿名", "二建公司工会（盖章）"):
        assert expected in words, expected
    assert [secret for secret in SECRETS if secret in page.content()] == []
    assert page.locator("img.qr").evaluate("one => one.complete && one.naturalWidth > 0")
    assert page.locator("h1").evaluate("one => getComputedStyle(one).fontFamily").find("serif") >= 0


def test_the_fullest_poster_is_one_page_too(place: tuple[str, Board, Clock], officer: Callable[..., Page]) -> None:
    url, board, _clock = place
    form = {"child": "李小凤凰", "story": "住院治疗" * 100, "cost": "7600", "bank_card": "6228480010000077313"} | {
        f"extra{n}": "家中老人长期卧床需要照料" * 3 for n in range(12)}
    case_id = board.submitted("worker", "long_grant", form)
    board.act("basic", case_id, "approve")
    assert len(board.notice(case_id).content) == 17
    page = officer("basic")
    for lang in ("zh", "en"):
        assert sheets(printed(page, f"{url}/notices/{board.notice(case_id).id}/poster?lang={lang}")) == [A4]


def test_several_notices_are_printed_as_one_list(place: tuple[str, Board, Clock], officer: Callable[..., Page]) -> None:
    url, board, _clock = place
    for number in range(3):
        board.posted("nurse", "hospital", story=f"第{number}件")
    page = officer("hospital")
    page.goto(f"{url}/tasks/notices")
    page.click("text=3 件印在一张表上")
    assert page.locator("tbody tr").count() == 3
    assert sheets(page.pdf(prefer_css_page_size=True)) == [A4]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [1440, 390, 320])
def test_nothing_to_find_on_any_page_of_notices(place: tuple[str, Board, Clock], officer: Callable[..., Page], axe: str, width: int,
                                                lang: str) -> None:
    url, board, clock = place
    case_id = board.posted()
    clock.at = board.now
    board.object(case_id, name="群众甲", phone="0879-7654321")
    notice = board.notice(case_id)
    page = officer("basic", width)
    wrong: list[str] = []
    for path in ("/notices", f"/notices/{notice.id}", "/notices/none", "/tasks/notices", "/tasks/notices?over=1", f"/notices/{notice.id}/poster",
                 f"/notices/poster?union={notice.organisation_id}&programme=posted_grant"):
        page.goto(f"{url}{path}{'&' if '?' in path else '?'}lang={lang}")
        found = page.evaluate(f"window.axe || (() => {{ {axe} }})(); axe.run(document, {{runOnly: {RULES}, resultTypes: ['violations']}})")
        wrong += [f"{path}: {item['id']} {item['nodes'][0]['html'][:120]}" for item in found["violations"]]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{path} scrolls sideways")
    assert wrong == []


def test_an_objection_is_made_and_settled_without_scripts(place: tuple[str, Board, Clock], chromium: Browser) -> None:
    url, board, clock = place
    case_id = board.posted()
    clock.at = board.now
    anybody, clerk = (chromium.new_context(java_script_enabled=False, locale="zh-CN").new_page() for _ in range(2))
    anybody.goto(f"{url}/notices/{board.notice(case_id).id}")
    anybody.fill("#text", "他家并不困难，请核实。")
    anybody.click("text=提交异议")
    assert "您的异议已经登记" in anybody.inner_text("main")
    clerk.goto(f"{url}/sign-in")
    clerk.fill("#username", "basic")
    clerk.fill("#password", PASSWORD)
    clerk.click("form.card button.btn")
    clerk.goto(f"{url}/tasks/notices")
    card = clerk.locator(f"#n-{board.notice(case_id).id}")
    card.locator("textarea").fill("已入户核实，确有困难。")
    card.locator("button[value=no]").click()
    assert "异议已处理：不成立" in clerk.inner_text("main")
    assert [one.status for one in board.objections(case_id)] == ["dismissed"]
    for page in (anybody, clerk):
        page.context.close()
