"""Unions, accounts and tokens from the command line, then used."""

import pytest

from tests.api.conftest import Caller

PASSWORD = "一句记得住的话2026"


@pytest.fixture
def county(run):
    assert run("orgs", "add", "5301", "云岭县总工会", "--level", "county", "--region", "530121").exit_code == 0
    assert run("orgs", "add", "5301-1", "二建公司工会", "--level", "unit", "--parent", "5301").exit_code == 0


def test_an_account_is_opened_appointed_and_gets_a_token(app, run, county):
    added = run("accounts", "add", "wangli", "--role", "county_handler", "--org", "5301", "--name", "王莉", "--password", PASSWORD)
    assert added.exit_code == 0, added.output
    token = run("accounts", "token", "wangli").stdout.strip()

    assert Caller(app, token).get("/tasks").json == {"total": 0, "items": [], "next": None}
    assert run("accounts", "disable", "wangli").exit_code == 0
    assert Caller(app, token).get("/tasks").status_code == 401
    assert run("accounts", "token", "wangli").exit_code == 1


def test_a_password_is_asked_for_and_never_printed(run, county):
    done = run("accounts", "add", "lihua", "--role", "applicant", "--org", "5301-1", input=f"{PASSWORD}\n{PASSWORD}\n")

    assert done.exit_code == 0 and PASSWORD not in done.output


@pytest.mark.parametrize("words, said", [
    (("accounts", "add", "a1", "--role", "county_handler", "--org", "none", "--password", PASSWORD), "没有代码为 none 的组织"),
    (("accounts", "add", "a1", "--role", "king", "--org", "5301", "--password", PASSWORD), "king"),
    (("accounts", "add", "a1", "--role", "applicant", "--org", "5301", "--password", "short"), "密码至少"),
    (("accounts", "token", "nobody"), "没有找到"),
    (("orgs", "add", "5301", "再来一次", "--level", "county"), "5301"),
    (("orgs", "add", "9", "单位", "--level", "unit", "--parent", "8"), "没有代码为 8 的组织"),
])
def test_refusals_are_sentences_in_two_languages_without_a_trace(run, county, words, said):
    done = run(*words)

    assert done.exit_code == 1 and said in done.stderr and "\n  " in done.stderr
    assert "Traceback" not in done.output and not isinstance(done.exception, BaseException) or done.exception.code == 1


def test_a_refused_account_leaves_nobody_in_the_register(app, run, county):
    run("accounts", "add", "a1", "--role", "king", "--org", "5301", "--password", PASSWORD)

    assert run("accounts", "list").stdout == ""
