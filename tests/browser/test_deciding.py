"""An officer's desk by keyboard: one key a case, keys that know when to be silent, three cases at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.visits import Site, Visit

pytestmark = pytest.mark.browser
STATE = "county_approval"


def test_a_clean_case_takes_one_key(site: Site, visit: Callable[..., Visit]) -> None:
    first = site.clean_tasks(STATE)[0]
    me = visit("leader")
    assert me.path == "/tasks", "an officer begins with what waits"
    me.open(f"/tasks/{first}")
    me.actions = 0
    me.going_by("a")
    assert me.actions == 1
    assert site.case(first).state != STATE
    assert me.focused() == "ch", "the next case's heading has the focus"
    assert me.path.startswith("/tasks") and first not in me.path
    status = me.page.locator("[role=status]:visible").first
    assert "已" in status.inner_text() and "元" in status.inner_text(), "and the status line says what was done"


def test_from_the_sign_in_to_the_first_decision_it_is_three_actions(site: Site, visit: Callable[..., Visit]) -> None:
    me = visit("leader")                                       # the first of them
    case = me.page.get_attribute(".rows [aria-current]", "href").partition("?")[0].rpartition("/")[2]
    me.going_by("a")
    assert me.page.locator("[role=status]:visible").count()
    assert site.case(case).state != STATE
    assert me.actions <= 3


def test_the_keys_move_tick_and_explain(site: Site, visit: Callable[..., Visit]) -> None:
    me = visit("leader")
    page = me.page
    start = page.get_attribute(".rows [aria-current]", "href")
    me.going_by("j")
    after = page.get_attribute(".rows [aria-current]", "href")
    assert after != start
    me.going_by("k")
    assert page.get_attribute(".rows [aria-current]", "href") == start
    me.key("x")
    assert page.locator("[name=s]:checked").count() == 1
    assert page.inner_text("[data-count=s]") == "1"
    me.key("?")
    assert page.locator("#keys").is_visible()
    me.key("Escape")
    assert not page.locator("#keys").is_visible()
    me.key("/")
    assert me.focused() == "q"


def test_keys_are_letters_in_a_box(site: Site, visit: Callable[..., Visit]) -> None:
    case = site.clean_tasks(STATE)[0]
    me = visit("leader")
    me.open(f"/tasks/{case}")
    me.page.focus("#op")
    me.page.keyboard.type("ajxk?r")
    assert me.page.input_value("#op") == "ajxk?r"
    assert f"/tasks/{case}" in me.path and site.case(case).state == STATE
    me.page.fill("#op", "同意。")
    with me.page.expect_navigation():
        me.page.keyboard.press("Control+Enter")                # from the box itself
    assert site.case(case).state == "finance_check"


def test_keys_can_be_switched_off(site: Site, visit: Callable[..., Visit]) -> None:
    case = site.clean_tasks(STATE)[0]
    me = visit("leader")
    me.open("/settings")
    me.page.uncheck("[name=shortcuts]")
    me.going("text=保存设置")
    me.open(f"/tasks/{case}")
    for key in ("a", "j", "x", "?"):
        me.page.keyboard.press(key)
    assert me.page.evaluate("document.readyState") == "complete"
    assert me.path == f"/tasks/{case}" and site.case(case).state == STATE
    assert me.page.locator("[name=s]:checked").count() == 0
    me.going("button[name=trigger][value=approve]")            # the button is there all the same
    assert site.case(case).state == "finance_check"


def test_what_needs_judging_wants_a_word_and_a_second_look(site: Site, visit: Callable[..., Visit]) -> None:
    me = visit("handler")
    me.going(".row:has(.tag.warn) a >> nth=0")
    case = me.path.partition("?")[0].rpartition("/")[2]
    state = site.case(case).state
    me.key("a")
    assert me.focused() == "op", "the key leads to the box first"
    assert site.case(case).state == state
    me.page.keyboard.type("已电话核实，情况属实。")
    with me.page.expect_navigation():
        me.page.keyboard.press("Control+Enter")
    assert me.says("由您判断") and site.case(case).state == state
    me.going("button[name=trigger]")
    assert site.case(case).state != state


def test_three_at_once(site: Site, visit: Callable[..., Visit]) -> None:
    chosen = site.clean_tasks(STATE)[:3]
    me = visit("leader")
    for case in chosen:
        me.page.check(f"[name=s][value^='{case}:']")
    assert me.page.inner_text("[data-count=s]") == "3"
    me.going("button:has-text('一起办理')")
    assert me.says("可以办理 3 件")
    me.going("main button.yes")
    assert "已办理 3 件" in me.page.inner_text("[role=status]")
    assert all(site.case(case).state != STATE for case in chosen)
