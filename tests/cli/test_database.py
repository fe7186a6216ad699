"""The schema commands, and what is said when something is not there."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _flask(tmp_path: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("BANGFU_", "FLASK_"))}
    return subprocess.run([sys.executable, "-m", "flask", *words], cwd=ROOT, capture_output=True, text=True, check=False,
                          env=clean | {"BANGFU_INSTANCE": str(tmp_path)} | settings)


def test_upgrade_then_check_agree(run):
    assert run("db", "upgrade").exit_code == 0
    done = run("db", "check")
    assert done.exit_code == 0, done.output


def test_a_missing_secret_and_a_missing_schema_are_one_sentence(tmp_path):
    missing = _flask(tmp_path, "accounts", "list")
    assert missing.returncode == 1 and "BANGFU_SECRET_KEY" in missing.stderr and "Traceback" not in missing.stderr

    empty = _flask(tmp_path, "accounts", "list", BANGFU_DEMO="1")
    assert empty.returncode == 1 and "flask db upgrade" in empty.stderr and "Traceback" not in empty.stderr

    other = _flask(tmp_path, "db", "check", BANGFU_DATABASE_URL="mysql://x/y")
    assert other.returncode == 1 and "Traceback" not in other.stderr


def test_checking_definitions_needs_neither_secrets_nor_a_database(tmp_path):
    assert _flask(tmp_path, "definitions", "show", "medical_aid@1").returncode == 0
    assert list(tmp_path.iterdir()) == []
