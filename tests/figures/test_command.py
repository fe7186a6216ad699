"""`flask figures …`: entered by one account, confirmed by another, listed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.figures.conftest import GRANT
from tests.web.county import Clock
from tests.web.desk import NOW, Desks
from web import create_app, db


@pytest.fixture
def run(new_database: Callable[[str], Any], tmp_path: Path) -> Iterator[Callable[..., Any]]:
    with new_database("sqlite") as url:
        app: Flask = create_app({"TESTING": True, "DATABASE_URL": url, "SECRET_KEY": "k" * 32, "DATA_KEY": b"d" * 32, "CLOCK": Clock(NOW),
                                 "UPLOADS": str(tmp_path / "uploads")})
        Desks(app, GRANT)
        yield lambda *words: app.test_cli_runner().invoke(args=["figures", *words])
        db.database(app).engine.dispose()


def test_one_account_enters_and_another_confirms(run: Callable[..., Any]) -> None:
    paper = ("--org", "539921", "--title", "调整通知", "--number", "云岭民发〔2026〕30号")
    entered = run("propose", "grant.rate", "0.8", "2026-06-01", *paper, "--as", "clerk")
    assert entered.exit_code == 0, entered.output
    figure_id = entered.output.removeprefix("已录入 ").partition("，")[0]
    refused = run("confirm", figure_id, "--as", "clerk")
    assert refused.exit_code == 1 and run("confirm", figure_id, "--as", "leader").exit_code == 0
    listed = run("list").output
    assert figure_id in listed and "grant.rate\t云岭县总工会\t0.8\t2026-06-01\t调整通知 云岭民发〔2026〕30号\tconfirmed\t王莉\t孙建国" in listed


def test_what_does_not_fit_is_one_sentence(run: Callable[..., Any]) -> None:
    paper = ("--title", "调整通知", "--number", "云岭民发〔2026〕30号", "--as", "clerk")
    for words in (("dibao", "-5", "2026-06-01", "--org", "539921"), ("dibo", "5", "2026-06-01", "--org", "539921"), ("dibao", "5", "2026-06-01", "--org", "x")):
        refused = run("propose", *words, *paper)
        assert refused.exit_code == 1 and "Traceback" not in refused.output, refused.output
