"""The fixed pages in a real browser: nothing axe finds, no sideways scroll, no complaint of the content policy."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.serving import make_server

from tests.web.county import NOW, PASSWORD, County
from web import db
from workflow import programmes
from workflow.actors import COMMAND

pytestmark = pytest.mark.browser

ADMIN = ["/admin/accounts", "/admin/accounts/new", "/admin/accounts/3", "/admin/organisations", "/admin/definitions",
         "/admin/definitions/medical_aid/1", "/admin/definitions/files/medical_aid.v1.yaml", "/admin/unmanned", "/settings",
         "/settings/password", "/help", "/nothing"]


@pytest.fixture
def site(app: Flask, county: County) -> Iterator[str]:
    """The address of the application with its people and one released programme."""
    with app.app_context(), db.writing() as session:
        path = app.config["DEFINITIONS"] / "medical_aid.v1.yaml"
        programmes.publish(session, path.read_text(encoding="utf-8"), path.name, COMMAND, NOW)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


def enter(page, site: str, username: str) -> None:
    page.goto(f"{site}/sign-in")
    page.fill("#username", username)
    page.fill("#password", PASSWORD)
    page.click("form.card button.btn")
    page.wait_for_load_state()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("lang, size", [("zh", "normal"), ("en", "large")])
def test_nothing_to_complain_about(site, chromium, axe, lang, size, width):
    context = chromium.new_context(viewport={"width": width, "height": 850}, bypass_csp=False)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "Content Security Policy" in message.text else None)
    page.goto(f"{site}/sign-in?lang={lang}&size={size}")
    check(page, axe, "/sign-in", complaints)
    enter(page, site, "admin")
    for path in ADMIN:
        page.goto(site + path)
        check(page, axe, path, complaints)
    assert complaints == []
    context.close()


def check(page, axe: str, path: str, complaints: list[str]) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} scrolls sideways"
    # evaluate() runs beside the content policy, which would refuse an inserted script.
    found = page.evaluate(axe + "; axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']})")
    assert [(path, item["id"], item["nodes"][0]["html"]) for item in found["violations"]] == []


def test_narrow_pages_do_not_scroll_sideways(site, chromium):
    context = chromium.new_context(viewport={"width": 320, "height": 700})
    page = context.new_page()
    enter(page, site, "admin")
    for path in ADMIN:
        page.goto(site + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    context.close()


def test_everything_works_without_scripts(site, chromium):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    enter(page, site, "admin")
    page.click("text=新建账号")
    page.fill("#name", "周强")
    page.fill("#username", "zhouqiang")
    page.click("form.office button.btn.go")
    assert page.locator(".once").count() == 1
    page.goto(f"{site}/admin/definitions/files/medical_aid.v1.yaml")
    page.click("text=再检查一次")
    assert "检查 medical_aid.v1.yaml" in page.inner_text("h1")
    page.click("text=退出")
    assert page.url.endswith("/sign-in")
    context.close()


def test_a_double_click_sends_a_form_once(site, chromium):
    context = chromium.new_context()
    page = context.new_page()
    enter(page, site, "admin")
    page.goto(f"{site}/settings")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.dblclick("form.office button.btn.go")
    page.wait_for_selector(".flash")
    assert len(sent) == 1
    context.close()


def test_the_first_view_is_light_and_asks_no_other_host(site, chromium):
    context = chromium.new_context()
    page = context.new_page()
    hosts: list[str] = []
    weight: list[int] = []
    page.on("request", lambda request: hosts.append(request.url))
    page.on("response", lambda response: weight.append(len(response.body())))
    page.goto(f"{site}/sign-in")
    page.wait_for_load_state("networkidle")
    assert all(host.startswith((site, "data:")) for host in hosts)
    assert sum(weight) < 120 * 1024          # before compression
    context.close()
