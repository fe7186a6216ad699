"""Which way the arrows point: the house's own rules, read from the source."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WORKFLOW = sorted((ROOT / "workflow").rglob("*.py"))
STANDALONE = ROOT / "workflow/history/verify.py"      # leaves the house with the auditor, so it has a clock of its own
EDGE = {"workflow/db.py"}                             # where `writing` is defined


@cache
def modules(path: Path) -> frozenset[str]:
    """Return the absolute dotted names that a file imports, at any depth of nesting."""
    package = list(path.relative_to(ROOT).with_suffix("").parts)
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[:-node.level] if node.level else []
            head = ".".join([*base, *([node.module] if node.module else [])])
            names |= {head, *(f"{head}.{alias.name}" for alias in node.names)}
    return frozenset(names)


def imports(path: Path, package: str) -> bool:
    return any(name == package or name.startswith(package + ".") for name in modules(path))


def where(package: str, room: str = "workflow") -> set[str]:
    return {str(path.relative_to(ROOT)) for path in (ROOT / room).rglob("*.py") if imports(path, package)}


@pytest.mark.parametrize("package", ["web", "flask", "flask_login", "wtforms"])
def test_workflow_never_imports_the_web(package: str) -> None:
    assert where(package) == set()


def test_importing_workflow_loads_no_web() -> None:
    code = ("import sys, workflow.engine, workflow.programmes, workflow.history, workflow.people;"
            "print([m for m in sys.modules if m.split('.')[0] in ('flask', 'web', 'werkzeug', 'jinja2')])")
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_each_heavy_library_has_one_room() -> None:
    assert where("transitions") == {"workflow/machine.py"}
    assert where("yaml") == {"workflow/language/scalars.py"}
    assert where("apscheduler") == {"workflow/timers/running.py"}
    assert where("yaml", "web") == set()
    assert where("transitions", "web") == set()


@pytest.mark.parametrize(("room", "above"), [
    ("workflow/language", ["workflow.machine", "workflow.engine", "workflow.records", "workflow.history", "sqlalchemy"]),
    ("workflow/records", ["workflow.engine", "workflow.machine", "workflow.language", "workflow.history"]),
    ("workflow/history", ["workflow.engine", "workflow.machine"]),
])
def test_a_room_does_not_know_those_above_it(room: str, above: list[str]) -> None:
    for path in (ROOT / room).rglob("*.py"):
        for package in above:
            assert not imports(path, package), f"{path.relative_to(ROOT)} imports {package}"


def test_the_machine_does_not_know_the_engine() -> None:
    for package in ("workflow.engine", "workflow.records", "workflow.history", "sqlalchemy"):
        assert not imports(ROOT / "workflow/machine.py", package)


@cache
def calls(path: Path) -> list[tuple[str, int]]:
    """Return every `x.y(…)` of a file as ("x.y", line), and `y(…)` as ("y", line)."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            found.append((ast.unparse(node.func), node.lineno))
    return found


def test_nothing_in_workflow_commits() -> None:
    for path in WORKFLOW:
        if str(path.relative_to(ROOT)) in EDGE:
            continue
        for name, line in calls(path):
            assert not name.endswith((".commit", ".rollback")), f"{path.relative_to(ROOT)}:{line} {name}"


def test_nothing_in_workflow_reads_the_clock() -> None:
    clocks = ("datetime.now", "datetime.utcnow", "date.today", "time.time")
    for path in WORKFLOW:
        if path == STANDALONE:
            continue
        for name, line in calls(path):
            assert not name.endswith(clocks), f"{path.relative_to(ROOT)}:{line} {name}"


def test_no_programme_and_no_state_is_named_in_python_or_html() -> None:
    keys = {path.name.split(".")[0] for path in (ROOT / "definitions").glob("*.v*.yaml")}
    for path in [*WORKFLOW, *(ROOT / "web").rglob("*.py"), *(ROOT / "web/templates").rglob("*.html")]:
        if (ROOT / "web/demo") in path.parents:
            continue                                  # the demo county tells stories about particular programmes
        text = path.read_text("utf-8")
        for key in keys:
            assert not re.search(rf"\b{key}\b", text), f"{path.relative_to(ROOT)} names the programme {key}"
