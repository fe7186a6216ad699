"""`flask definitions …`: check, rehearse, publish, show and compare. Checking needs neither database nor secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import orjson
from flask import current_app

from web.db import now, reading, writing
from workflow import comparing, golden, language, programmes, rehearsal
from workflow.actors import COMMAND
from workflow.engine import migrating
from workflow.errors import BangfuError, Message, NotFound, Refused, one
from workflow.language import schema as vocabulary
from workflow.language.definition import Definition

from .diagram import mermaid, outline
from .sentences import Group, say

group = Group("definitions", help="项目定义 · programme definitions")
PATHS = click.Path(exists=True, path_type=Path)


@group.command("check")
@click.argument("paths", nargs=-1, type=PATHS)
@click.option("--json", "as_json", is_flag=True, help="a list of {file, line, column, code, severity, message}")
def check(paths: tuple[Path, ...], as_json: bool) -> None:
    """Tell every fault as file:line:col: CODE message; rehearse, and run the golden cases beside each file."""
    faults = [fault for path in _files(paths) for fault in _faults(path)]
    errors = sum(fault["severity"] == "error" for fault in faults)
    if as_json:
        click.echo(orjson.dumps(faults, option=orjson.OPT_INDENT_2).decode())
    else:
        for fault in faults:
            mark = "" if fault["severity"] == "error" else " (warning)"
            say(f"{fault['file']}:{fault['line']}:{fault['column']}: {fault['code']}{mark} {fault['message']}")
        say(f"检查 {len(_files(paths))} 个文件：{errors} 个错误，{len(faults) - errors} 个提醒 · "
            f"{len(_files(paths))} files: {errors} errors, {len(faults) - errors} warnings", err=bool(errors))
    if errors:
        click.get_current_context().exit(1)


@group.command("cases")
@click.argument("key")
@click.argument("path", metavar="CASES.yaml", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def cases(key: str, path: Path) -> None:
    """Run a file of golden cases against KEY or KEY@N; exit 1 on a miss."""
    missed = golden.run_file(_definition(key), path, _name(path))
    for miss in missed:
        say(f"{miss}\n  {miss.en}", err=True)
    if missed:
        click.get_current_context().exit(1)
    say("全部案例相符 · Every case fits")


@group.command("publish")
@click.argument("paths", nargs=-1, type=PATHS)
def publish(paths: tuple[Path, ...]) -> None:
    """Release new versions; a released file that has changed is refused. Each file is a transaction of its own."""
    failed = False
    for path in _files(paths):
        try:
            with writing() as session:
                done = programmes.publish(session, _text(path), _name(path), COMMAND, now(), flows=_flows(path))
        except BangfuError as refusal:
            failed = True
            for message in refusal.messages:
                say(f"{message.zh}\n  {message.en}", err=True)
            continue
        said = "已发布 · released" if done.fresh else "此前已发布，没有变化 · released before, unchanged"
        say(f"{done.key}@{done.version} {said} ({done.digest[:12]})")
    if failed:
        click.get_current_context().exit(1)


@group.command("show")
@click.argument("key")
@click.option("--mermaid", "as_diagram", is_flag=True, help="the diagram, in Mermaid")
@click.option("--json", "as_json", is_flag=True, help="the expanded document")
def show(key: str, as_diagram: bool, as_json: bool) -> None:
    """Show KEY or KEY@N as it was expanded."""
    definition = _definition(key)
    if as_diagram:
        click.echo(mermaid(definition), nl=False)
    elif as_json:
        click.echo(orjson.dumps(definition.document, option=orjson.OPT_INDENT_2).decode())
    else:
        click.echo(outline(definition), nl=False)


@group.command("diff")
@click.argument("before", metavar="KEY@N")
@click.argument("after", metavar="KEY@M")
def diff(before: str, after: str) -> None:
    """Tell in plain words what changed between two versions, by subject."""
    groups = comparing.compare(_definition(before), _definition(after))
    for group in groups:
        say(f"== {group.heading.zh} · {group.heading.en}")
        for change in group.changes:
            say(f"  {change.zh}\n    {change.en}")
    if not groups:
        say("没有变化 · Nothing changed")


@group.command("schema")
def schema() -> None:
    """Write definitions/schema.json, with which editors complete and check the YAML."""
    path = current_app.config["DEFINITIONS"] / "schema.json"
    path.write_text(vocabulary.json_schema_text(), encoding="utf-8")
    say(f"已写入 {path} · Wrote {path}")


@group.command("migrate")
@click.argument("before", metavar="KEY@N")
@click.argument("after", metavar="KEY@M")
@click.option("--dry-run", is_flag=True, help="tell what would become of every case and change nothing")
@click.option("--undo", is_flag=True, help="put moved cases back on which nobody has acted since")
def migrate(before: str, after: str, dry_run: bool, undo: bool) -> None:
    """Move running cases from KEY@N to KEY@M. Each case is a transaction and an event of its own; exit 1 where one stays."""
    key, was = _version(before)
    other, becomes = _version(after)
    if other != key:
        raise Refused(one("OTHER_PROGRAMME", "只能在同一个项目的两个版本之间迁移", "Cases move between versions of one programme only"))
    stayed = _undo(key, was, becomes, dry_run) if undo else _migrate(key, was, becomes, dry_run)
    if stayed:
        click.get_current_context().exit(1)


def _migrate(key: str, was: int, becomes: int, dry_run: bool) -> int:
    with reading() as session:
        into = programmes.definition(session, key, becomes)
        old = programmes.definition(session, key, was)
        rows = migrating.plan(session, key, was, becomes, now())
    stayed = 0
    for place, row in enumerate(rows, 1):
        dest = into.states[row.to_state].label if row.to_state in into.states else None
        line = f"[{place}/{len(rows)}] {row.number or row.case_id} {old.states[row.from_state].label.zh} → {dest.zh if dest else '?'}"
        problems = row.problems
        if not problems and not dry_run:
            try:
                with writing() as session:
                    migrating.migrate_one(session, row.case_id, becomes, COMMAND, now())
            except BangfuError as refusal:
                problems = refusal.messages
        stayed += bool(problems)
        say(f"{line} {'不迁移 · stays' if problems else '可迁移 · can move' if dry_run else '已迁移 · moved'}")
        for message in (*problems, *row.told):
            say(f"    {message.zh}\n    {message.en}")
    fit = f"可迁移 {len(rows) - stayed} 件 · {len(rows) - stayed} can move" if dry_run else f"已迁移 {len(rows) - stayed} 件 · {len(rows) - stayed} moved"
    say(f"{len(rows)} 件在办 · {len(rows)} running; {fit}; 留在原版 {stayed} 件 · {stayed} stay", err=bool(stayed))
    return stayed


def _undo(key: str, was: int, becomes: int, dry_run: bool) -> int:
    with reading() as session:
        found = migrating.moved(session, key, was, becomes)
    stayed = 0
    for place, case_id in enumerate(found, 1):
        line, problems = f"[{place}/{len(found)}] {case_id}", tuple[Message, ...]()
        if not dry_run:
            try:
                with writing() as session:
                    done = migrating.undo_one(session, case_id, COMMAND, now())
                line = f"[{place}/{len(found)}] {done.number or case_id}"
            except BangfuError as refusal:
                problems = refusal.messages
        stayed += bool(problems)
        say(f"{line} {'不能撤回 · stays' if problems else '迁移过 · was moved' if dry_run else '已撤回 · put back'}")
        for message in problems:
            say(f"    {message.zh}\n    {message.en}")
    say(f"{len(found)} 件迁移过，{stayed} 件不能撤回 · {len(found)} had moved, {stayed} could not be put back", err=bool(stayed))
    return stayed


def _version(text: str) -> tuple[str, int]:
    key, _, number = text.partition("@")
    if not (number.isascii() and number.isdigit()):
        raise Refused(one("VERSION", f"版本写作 {key}@3", f"Write a version as {key}@3"))
    return key, int(number)


def _files(paths: tuple[Path, ...]) -> list[Path]:
    """Return the definition files named, those in the folders named, or all in the tree."""
    found: list[Path] = []
    for path in paths or (current_app.config["DEFINITIONS"],):
        found += programmes.files(path) if path.is_dir() else [path]
    return found


def _faults(path: Path) -> list[dict[str, Any]]:
    name = _name(path)
    reading = language.read(path.read_bytes(), name, _flows(path))
    faults = [{"file": f.file, "line": f.line, "column": f.column, "code": f.code, "severity": f.severity,
               "message": f"{f.zh} · {f.en}"} for f in reading.faults]
    definition = reading.definition
    if definition is None or any(fault["severity"] == "error" for fault in faults):
        return faults
    found: list[tuple[str, int, Any]] = [(name, 1, problem) for problem in rehearsal.rehearse(definition).problems]
    beside = path.with_name(path.name.removesuffix(".yaml") + ".cases.yaml")
    if beside.is_file():
        found += [(miss.file, miss.line, miss) for miss in golden.run_file(definition, beside, _name(beside))]
    return faults + [{"file": file, "line": line, "column": 1, "code": wrong.code, "severity": "error",
                      "message": f"{wrong.zh} · {wrong.en}"} for file, line, wrong in found]


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        raise Refused(one("NOT_UTF8", f"{_name(path)} 不是 UTF-8 编码，请另存为 UTF-8",
                          f"{_name(path)} is not UTF-8; save it as UTF-8")) from None


def _definition(key: str) -> Definition:
    """Return KEY@N, or the newest KEY: from its file where there is one, else as released."""
    name, _, number = key.partition("@")
    if number and not (number.isascii() and number.isdigit()):
        raise Refused(one("VERSION", f"版本写作 {name}@3", f"Write a version as {name}@3"))
    version = int(number) if number else None
    files = {int(part): path for path in programmes.files(current_app.config["DEFINITIONS"])
             if path.name.startswith(f"{name}.v") and (part := path.name.removesuffix(".yaml").rpartition(".v")[2]).isdecimal()}
    chosen = version if version is not None else max(files, default=0)
    if chosen in files:
        path = files[chosen]
        found = language.read(path.read_bytes(), _name(path), _flows(path)).definition
        if found is None:
            raise Refused(one("FAULTY", f"{_name(path)} 有错误，请先运行 flask definitions check",
                              f"{_name(path)} has faults; run flask definitions check"))
        return found
    try:
        with reading() as session:
            return programmes.definition(session, name, version)
    except NotFound:
        raise Refused(one("NO_DEFINITION", f"没有 {key} 这个项目定义", f"There is no definition {key}")) from None


def _flows(path: Path) -> Path:
    """Flows stand beside the definition that uses them, else in the tree."""
    beside: Path = path.parent / "flows"
    return beside if beside.is_dir() else current_app.config["DEFINITIONS"] / "flows"


def _name(path: Path) -> str:
    """Return the path as people write it: from where they stand, where that is shorter."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
