"""An auditor: from a number to who approved the amount, checking the log, and taking the proof away."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.browser.visits import Site, Visit
from workflow.db import reading
from workflow.records import Case

pytestmark = pytest.mark.browser


def adjusted(site: Site) -> Case:
    """A paid case whose amount an officer changed."""
    with reading(site.sessions) as session:
        return session.scalars(select(Case).where(Case.adjusted_fen.is_not(None), Case.state == "paid")).first()


def test_who_approved_this_amount(site: Site, visit: Callable[..., Visit]) -> None:
    case = adjusted(site)
    me = visit("auditor")
    assert me.path == "/audit"
    me.actions = 0
    me.page.fill("#ft", case.number)
    me.going("form[role=search] button")
    if not me.path.startswith("/audit/cases/"):
        me.going(f"main a[href='/audit/cases/{case.id}']")
    assert me.actions <= 2
    assert me.path == f"/audit/cases/{case.id}"
    changed = me.page.locator("article.ev", has_text="金额").filter(has=me.page.locator("del")).first
    before, after = changed.locator("del").last.inner_text(), changed.locator("ins").last.inner_text()
    assert after.replace(",", "").startswith(f"{case.adjusted_fen / 100:.2f}".rstrip("0").rstrip("."))
    assert before != after
    assert changed.locator("time").get_attribute("datetime"), "when"
    approval = me.page.locator("article.ev", has_text="县级审批").first
    assert "孙建国" in approval.inner_text() and "县总工会负责人" in approval.inner_text(), "who, and in which post"


def test_checking_and_taking_the_proof_away(site: Site, visit: Callable[..., Visit], tmp_path: Path) -> None:
    case = adjusted(site)
    me = visit("auditor")
    me.open("/audit/verify")
    me.going("text=立即校验")
    assert "0 处问题" in me.page.inner_text("[role=status]")

    me.open(f"/audit/cases/{case.id}")
    assert me.says("记录完整，未被改动")
    me.click("text=导出取证包")
    me.page.fill("#br", "2026 年度经审")
    with me.page.expect_download() as download:
        me.click("#bundle button.go")
    bundle = tmp_path / "bundle.zip"
    download.value.save_as(bundle)
    with zipfile.ZipFile(bundle) as packed:
        program = next(name for name in packed.namelist() if name.endswith("verify.py"))
        (tmp_path / "verify.py").write_bytes(packed.read(program))
    # On a computer that has nothing but Python: no packages, no environment.
    checked = subprocess.run([sys.executable, "-I", "-S", "verify.py", "bundle.zip"], cwd=tmp_path, capture_output=True, text=True,
                             encoding="utf-8", env={"PYTHONIOENCODING": "utf-8"})
    assert checked.returncode == 0, checked.stdout + checked.stderr
    me.open("/audit/reads")
    assert me.says("2026 年度经审"), "the export is in the log"
