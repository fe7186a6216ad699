"""抽查复核 by page: drawn once, the list with its proof, findings written down beside the files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from click.testing import Result
from sqlalchemy import text

from tests.acceptance.conftest import app, clock, enter, run, world  # noqa: F401  # the whole product in front of the small county
from tests.acceptance.newcomer import Newcomer
from tests.world import World
from web import db
from workflow import register
from workflow.actors import COMMAND

Enter = Callable[[str], Newcomer]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_the_county_draws_and_writes_down_what_it_found(world: World, enter: Enter, run: Callable[..., Result]) -> None:  # noqa: F811
    with db.db.writing(world.sessions) as session:
        home = register.open_household(session, world.ids["worker"], COMMAND, world.now)
        register.open_file(session, home, "KN-01", COMMAND, world.now, role="system", category="deep", size=1, per_capita_fen=1, opened_on=date(2026, 1, 1))
    clerk = enter("clerk")
    clerk.open("/register").follow("抽查复核").press("抽取", percent="29")
    assert clerk.status == 422 and "抽查比例为 30 至 100" in clerk.page.words
    clerk.press("抽取", percent="30")
    assert "按种子重抽，名单一致" in clerk.page.words and "KN-01" in clerk.page.words and "李*华" in clerk.page.words
    clerk.press("登记", result="wrong", note="")
    assert clerk.status == 422 and "请写明复核发现的情况" in clerk.page.words
    clerk.press("登记", result="wrong", note="已购商品房")
    assert "不符合条件" in clerk.page.words and "已购商品房" in clerk.page.words and "已复核 1 份" in clerk.page.words
    auditor = enter("auditor")
    auditor.open("/register/samples").follow("2026 年")
    assert "按种子重抽，名单一致" in auditor.page.words and "登记结果" not in auditor.page.words
    clerk.open("/register/samples").press("抽取", percent="30")
    assert clerk.status == 422 and "一年只抽一次" in clerk.page.words
    listed = run("files", "samples").output
    assert "2026" in listed and "30" in listed
    again = run("files", "redraw", listed.split()[0])
    assert again.exit_code == 0 and "KN-01" in again.output and "一致 · the same" in again.output
    with db.db.writing(world.sessions) as session:
        session.execute(text("UPDATE file_samples SET seed = 'cd'"))
    assert run("files", "redraw", listed.split()[0]).exit_code == 1 and run("files", "redraw", "0" * 20).exit_code == 1
