"""Sealing, verifying and carrying away from the command line."""

import sys
import zipfile
from subprocess import run as start

import pytest
from sqlalchemy import text

from web import db


@pytest.fixture
def county(run):
    run("orgs", "add", "5301", "云岭县总工会", "--level", "county")
    run("orgs", "add", "5301-1", "二建公司工会", "--level", "unit", "--parent", "5301")


def test_an_untouched_history_fits_its_seal(run, county, tmp_path):
    note = tmp_path / "seal.txt"
    assert run("audit", "seal", "--out", note).exit_code == 0
    done = run("audit", "verify", "--seal", note)

    assert done.exit_code == 0 and "全部相符" in done.output
    assert run("audit", "seal").stdout == note.read_text(encoding="utf-8")


def test_the_first_broken_record_is_named_and_ends_with_1(app, run, county, tmp_path):
    run("audit", "seal", "--out", tmp_path / "seal.txt")
    engine = db.database(app).engine.execution_options(tx="write")
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events'")).scalars().all()
            for name in names:
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("ALTER TABLE events DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE events SET role = 'admin' WHERE seq = 1"))

    done = run("audit", "verify", "--seal", tmp_path / "seal.txt")

    assert done.exit_code == 1 and "第一处不符" in done.output and "role" in done.output
    assert "2 findings" in done.output


def test_a_bundle_needs_a_case(run, tmp_path):
    done = run("audit", "bundle", "--case", "SD-1", "--out", tmp_path / "x.zip")

    assert done.exit_code == 1 and "没有找到" in done.output and not (tmp_path / "x.zip").exists()


def test_audit_tests_come_later_and_say_so(run):
    assert run("audit", "tests", "--json").exit_code == 2


def test_a_bundle_checks_itself_with_python_alone(app, run, tmp_path):
    from tests.api.conftest import AID, FORM
    from tests.world import World

    world = World(db.database(app).sessions)
    world.publish(AID)
    case = world.submitted("worker", "aid", FORM)
    out = tmp_path / "case.zip"

    done = run("audit", "bundle", "--case", world.row(case).number, "--out", out)

    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(out) as archive:
        archive.extractall(tmp_path / "case")
    program = next((tmp_path / "case").rglob("verify.py"))
    checked = start([sys.executable, "-I", str(program), str(out)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert run("audit", "verify").exit_code == 0
