"""The commands of the timers: one sweep, the list, going on after a clock went wrong, and the process that ends when told to."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from tests.timers.ward import Ward
from web import db
from web.db import database
from workflow.db import reading, writing
from workflow.records import Case, Clock, Timer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def case_id(app) -> str:
    """A case that waits for the clock, which is due since a moment."""
    with app.app_context():
        ward = Ward(database(app).sessions)
    found = ward.cooling()
    moment = datetime.now(UTC) - timedelta(minutes=1)
    with writing(ward.sessions) as session:
        session.execute(update(Timer).where(Timer.case_id == found, Timer.status == "due").values(at=moment, due_at=moment))
    return found


def state(app, case_id: str) -> str:
    with reading(db.database(app).sessions) as session:
        return session.scalars(select(Case.state).where(Case.id == case_id)).one()


def test_a_sweep_prints_what_it_fired_and_the_next_one_nothing(run, app, case_id):
    listed = run("timers", "list")
    assert listed.exit_code == 0 and "XS-2026-0001" in listed.output and "等待 1 个" in listed.output
    first, again = run("timers", "sweep"), run("timers", "sweep")
    assert first.exit_code == again.exit_code == 0, first.output
    assert "XS-2026-0001" in first.output and "等待开户" in first.output and "Fired 1," in first.output
    assert "Fired 0," in again.output and state(app, case_id) == "paying"


def test_a_time_to_come_is_refused_but_in_the_demo(run, app, case_id):
    with writing(db.database(app).sessions) as session:
        session.execute(update(Timer).where(Timer.case_id == case_id, Timer.status == "due").values(at=datetime.now(UTC) + timedelta(days=9)))
    later = f"{datetime.now(UTC) + timedelta(days=10):%Y-%m-%dT%H:%M}"
    refused = run("timers", "sweep", "--now", later)
    assert refused.exit_code == 1 and "演示" in refused.stderr and "end notices early" in refused.stderr
    assert run("timers", "sweep", "--now", "gestern").exit_code == 1
    assert state(app, case_id) == "cooling"
    app.config["DEMO"] = True
    assert "Fired 1," in run("timers", "sweep", "--now", later).output and state(app, case_id) == "paying"
    assert "Fired 0," in run("timers", "sweep").output     # a made-up time leaves no trace on the clock


def test_a_clock_that_went_wrong_is_confirmed_by_an_administrator(run, app, case_id):
    assert run("timers", "confirm").exit_code == 1
    run("timers", "sweep", "--now", "2026-01-01T00:00")
    now = datetime.now(UTC)
    with writing(db.database(app).sessions) as session:
        session.add(Clock(name="timers", seen_at=now, swept_at=now, fired=0, paused_at=now,
                          reason="ahead 2026-11-21T07:00:00.000000Z 2026-12-21T07:00:00.000000Z"))
    for words in (("sweep",), ("sweep", "--now", "2026-01-01T00:00")):
        stopped = run("timers", *words)
        assert stopped.exit_code == 1 and "flask timers confirm" in stopped.stderr, stopped.output
    assert "flask timers confirm" in run("timers", "list").stderr
    assert run("timers", "confirm").exit_code == 0
    assert "Fired 1," in run("timers", "sweep").output


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("how", ["sigterm", "parent gone"])
def test_the_process_fires_what_is_due_and_ends_when_it_is_told_to(app, case_id, tmp_path, how):
    settings = {"BANGFU_DATABASE_URL": app.config["DATABASE_URL"], "BANGFU_SECRET_KEY": "k" * 32, "BANGFU_INSTANCE": str(tmp_path),
                "BANGFU_DATA_KEY": "ZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGQ="}
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("BANGFU_", "FLASK_"))}
    process = subprocess.Popen([sys.executable, "-m", "flask", "timers", "run", "--with-parent"], cwd=ROOT, env=clean | settings,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while state(app, case_id) != "paying" and time.monotonic() < until and process.poll() is None:
        time.sleep(0.1)
    if how == "sigterm":
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    out, err = process.communicate(timeout=30)             # closes its standard input, as a parent that dies does
    assert state(app, case_id) == "paying", err
    assert process.returncode == 0 and "已停止" in out and "Traceback" not in err, err
