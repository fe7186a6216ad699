"""Every page, in Chinese and in English, on a desk and on a phone: nothing axe finds, nothing beyond the edge, nothing heavy."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.pages import MAIN, NO_PAGES, PAGES, addresses, ids
from tests.browser.visits import Site, Visit

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.browser
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MOST_BYTES = 60 * 1024
# Shifts of what is already shown; where a person has just pressed something the browser does not count them.
WATCH = """window.moved = 0; new PerformanceObserver(list => { for (const one of list.getEntries()) if (!one.hadRecentInput) window.moved += one.value })
.observe({type: 'layout-shift', buffered: true})"""


@pytest.fixture(scope="session")
def known(show: Site) -> dict[str, str]:
    return ids(show)


def test_the_list_knows_every_page(show: Site, known: dict[str, str]) -> None:
    urls = show.app.url_map.bind("127.0.0.1")
    listed = {urls.match(path.partition("?")[0], return_rule=True)[0].rule for path in addresses(PAGES, known) if "nothing" not in path}
    there = {rule.rule for rule in show.app.url_map.iter_rules() if "GET" in rule.methods and not rule.rule.startswith("/api/")}
    assert listed | NO_PAGES == there


def test_a_fault_would_be_found(show: Site, visiting: Callable[..., Visit], axe: str) -> None:
    page = visiting(show, None, 320).open("/help")
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"data:,\" width=\"900\" height=\"9\">')")
    assert "image-alt" in _found(page, axe, "/help")[0]
    assert _beyond(page, "/help")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("who", PAGES)
def test_nothing_to_find(show: Site, known: dict[str, str], visiting: Callable[..., Visit], axe: str, who: str, lang: str) -> None:
    me = visiting(show, None)
    me.open(f"/sign-in?lang={lang}")
    if who:
        me.sign_in(who)
    wrong: list[str] = []
    for path in addresses([who], known):
        page = me.open(path)
        assert page.get_attribute("html", "lang").startswith(lang), path
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        for width in (1440, 390, 320):
            page.set_viewport_size({"width": width, "height": 850})
            wrong += _beyond(page, f"{path} {width}")
            if width > 320:
                wrong += _found(page, axe, f"{path} {lang} {width}")
    assert wrong == []


@pytest.mark.parametrize("who, path", MAIN, ids=[path for _, path in MAIN])
def test_the_main_pages_in_large_type_and_closely(show: Site, known: dict[str, str], visiting: Callable[..., Visit], axe: str, who: str,
                                                  path: str) -> None:
    me = visiting(show, None, 390)
    me.context.add_init_script(WATCH)
    me.open("/sign-in?size=large")
    me.sign_in(who)
    page = me.open(path.format(**known))
    assert page.get_attribute("html", "data-size") == "large"
    wrong = _beyond(page, "large") + _found(page, axe, "large")
    page.set_viewport_size({"width": 320, "height": 700})
    wrong += _beyond(page, "large 320")

    me.open("/programmes?size=normal")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 844})
        answers: list[Any] = []
        page.on("response", lambda answer, kept=answers: kept.append(answer))
        _open_before_its_script(page, show.url + path.format(**known))
        assert page.evaluate("window.moved") == 0, f"{path} moves while it loads at {width} px"
    shown = [answer for answer in answers if "/files/" not in answer.url]
    assert len(shown) <= 5
    weight = sum(len(gzip.compress(answer.body(), 6)) for answer in shown if answer.status == 200)
    assert weight <= MOST_BYTES, f"{weight} bytes"
    small = page.evaluate("""[...document.querySelectorAll('main .btn.go, main .btn.yes, .dock .btn, .act .btn')]
        .filter(one => one.checkVisibility() && !one.closest('[popover]')).map(one => [one.innerText, one.getBoundingClientRect()])
        .filter(([, box]) => box.height < 44 || box.width < 44).map(([words, box]) => `${words} ${box.width} × ${box.height}`)""")
    assert wrong + small == []


def test_pages_that_only_a_post_shows(show: Site, known: dict[str, str], visiting: Callable[..., Visit], axe: str) -> None:
    """Faults on a page of the form, and the question that is asked before a case is sent back: nothing is decided here."""
    wrong: list[str] = []
    for width in (390, 1440):
        worker, officer = visiting(show, "worker", width), visiting(show, "handler", width)
        worker.open(f"/cases/{known['returned']}/form/2")
        worker.page.fill("#f-family_size", "many")
        worker.going("button.btn[name=go]")
        assert worker.focused() == "errs"
        wrong += _found(worker.page, axe, "faults") + _beyond(worker.page, "faults")
        worker.open(f"/cases/{known['returned']}/form/2")
        worker.page.fill("#f-family_size", "3")
        worker.going("button.btn[name=go]")
        officer.open(f"/tasks/{known['flagged']}")
        officer.going("button[value=return_to]")
        wrong += _found(officer.page, axe, "confirm") + _beyond(officer.page, "confirm")
        officer.page.evaluate("document.querySelectorAll('[required]').forEach(one => { one.required = false })")
        officer.going("main form.office button[name=trigger]")
        wrong += _found(officer.page, axe, "confirm again") + _beyond(officer.page, "confirm again")
    assert wrong == []


@pytest.mark.parametrize("who, path", [("worker", "/cases/{returned}/form/3"), ("handler", "/tasks/{flagged}")])
def test_the_tab_key_stops_at_nothing_hidden(show: Site, known: dict[str, str], visiting: Callable[..., Visit], who: str, path: str) -> None:
    """Reading order, a ring at every stop, and none of them under the dock."""
    me = visiting(show, who, 390)
    page = me.open(path.format(**known))
    stops: list[str] = []
    for _stop in range(120):
        page.keyboard.press("Tab")
        found = page.evaluate("""() => { const one = document.activeElement
            if (one === document.body) return null
            const box = one.getBoundingClientRect(), dock = (document.querySelector('.dock') ?? document.querySelector('.act')).getBoundingClientRect()
            const under = !one.closest('.dock, .act') && box.top >= dock.top - 1
            const style = getComputedStyle(one), around = getComputedStyle(one.closest('.in') ?? one)
            const ring = [style, around].some(s => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 1 || s.boxShadow !== 'none')
            return {name: one.id || one.name || one.innerText, under, ring} }""")
        if found is None or stops and found["name"] == stops[0]:
            break
        stops.append(found["name"])
        assert not found["under"], f"{found['name']} is under the dock"
        assert found["ring"], f"{found['name']} shows no ring"
    assert len(stops) > 10


def _open_before_its_script(page: Page, url: str) -> None:
    """Open a page as a slow line does: what it shows is painted before the script arrives."""
    held: list[Route] = []
    page.route("**/static/ui.js*", lambda route: held.append(route))  # noqa: PLW0108  Playwright marks its handlers, and cannot mark a method of a list
    page.goto(url, wait_until="commit")
    page.evaluate("new Promise(painted => new PerformanceObserver(painted).observe({type: 'paint', buffered: true}))")
    held.pop().continue_()
    page.unroute("**/static/ui.js*")
    page.wait_for_load_state("networkidle")


def _found(page: Page, axe: str, where: str) -> list[str]:
    """Run axe beside the content policy, which would refuse an inserted script."""
    found = page.evaluate(f"window.axe || (() => {{ {axe} }})(); axe.run(document, {{runOnly: {RULES}, resultTypes: ['violations']}})")
    return [f"{where}: {item['id']} {' '.join(item['nodes'][0]['html'].split())[:160]}" for item in found["violations"]]


def _beyond(page: Page, where: str) -> list[str]:
    """Say what reaches beyond the right edge of a page that scrolls sideways."""
    return page.evaluate("""where => document.documentElement.scrollWidth <= innerWidth ? [] : [`${where}: scrolls sideways: ` +
        [...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.scroll'))
        .slice(-3).map(one => one.outerHTML.slice(0, 120)).join(' ')]""", where)
