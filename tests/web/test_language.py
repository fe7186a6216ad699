"""Chinese by default, English and large type by link, cookie or account."""

from __future__ import annotations


def test_chinese_and_normal_type_unless_somebody_asks(visitor):
    browser = visitor()
    browser.headers = {"Accept-Language": "en"}
    assert '<html lang="zh-CN">' in browser.get("/sign-in").text


def test_a_link_chooses_and_the_browser_remembers(visitor):
    browser = visitor()
    assert '<html lang="en" data-size="large">' in browser.get("/help?lang=en&size=large").text
    assert '<html lang="en" data-size="large">' in browser.get("/sign-in").text
    assert '<html lang="zh-CN">' in browser.get("/sign-in?lang=zh&size=normal").text


def test_nonsense_changes_nothing(visitor):
    answer = visitor().get("/help?lang=fr&size=huge")
    assert '<html lang="zh-CN">' in answer.text
    assert not any(cookie.startswith(("lang=", "size=")) for cookie in answer.headers.getlist("Set-Cookie"))


def test_the_switch_keeps_the_page_and_its_filter(signed_in):
    page = signed_in("admin").get("/admin/accounts?q=%E7%8E%8B").text
    assert 'href="/admin/accounts?q=%E7%8E%8B&amp;lang=en"' in page
