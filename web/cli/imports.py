"""`flask orgs import`, `flask people import`, `flask files import`, `flask cases import`, and `flask imports …`.

Without `--apply` a list is only looked over and nothing is written. Exit code 1 where rows are wrong, also when the others were imported.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from web.db import local, now, reading, writing
from workflow import imports
from workflow.actors import COMMAND
from workflow.errors import NotFound, Refused, one
from workflow.records import Organisation

from .organisations import group as orgs
from .sentences import Group, say

people = Group("people", help="人员 · the register of workers")
files = Group("files", help="困难职工档案 · hardship files")
cases = Group("cases", help="业务件 · cases")
group = Group("imports", help="导入 · lists that were imported")
SHOWN = 20
_WORDS = {"new": "新增 new", "changed": "变更 changed", "same": "一致 same", "fault": "有误 wrong", "undone": "已撤销 undone", "kept": "保留 kept"}
Command = Callable[..., Any]


def _options(command: Command) -> Command:
    for option in (
        click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
        click.option("--org", "code", help="code of the organisation whose list it is; the topmost one where left out"),
        click.option("--apply", "really", is_flag=True, help="导入，而不只是检查 · import, not only look it over"),
        click.option("--faults", "out", type=click.Path(dir_okay=False, path_type=Path), help="write the wrong rows into this xlsx"),
    ):
        command = option(command)
    return command


@orgs.command("import")
@_options
def orgs_import(**words: Any) -> None:
    """Import unions from a sheet: code, name, level and the code of the one above."""
    _import("orgs", **words)


@people.command("import")
@_options
def people_import(**words: Any) -> None:
    """Import members from a sheet: names, identity numbers, unions."""
    _import("people", **words)


@files.command("import")
@_options
def files_import(**words: Any) -> None:
    """Import hardship files from a sheet: a row a person, the households together."""
    _import("files", **words)


@cases.command("import")
@click.argument("key")
@_options
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="the version of the programme in force on this day; today's where left out")
def cases_import(key: str, as_of: datetime | None, **words: Any) -> None:
    """Import past cases of programme KEY from a sheet, with their numbers and amounts; they are marked as imported."""
    _import("cases", subject=key, as_of=(as_of or local(now())).date(), **words)


@group.command("list")
def listing() -> None:
    """List the latest imports: id, kind, file, status, how far, rows by outcome."""
    with reading() as session:
        for row in imports.imports(session, COMMAND):
            say("\t".join((row.id, row.kind, row.file_name, row.status, f"{row.done}/{row.items}", _counted(row.counts))))


@group.command("continue")
@click.argument("import_id")
def go_on(import_id: str) -> None:
    """Carry on an import that was interrupted."""
    _run(import_id)


@group.command("undo")
@click.argument("import_id")
def undo(import_id: str) -> None:
    """Take an import back; rows used or changed since stay and are named."""
    with writing() as session:
        imports.undo(session, import_id, COMMAND, now())
    _slices(import_id, imports.undo_on)
    with reading() as session:
        row = imports.one_import(session, import_id, COMMAND)
        kept = imports.rows(session, import_id, ["kept"], limit=SHOWN)
        say(_counted(row.counts))
        for n, _, said in kept:
            for fault in imports.faults_of(said):
                say(_told(n, fault), err=True)
    if kept:
        click.get_current_context().exit(1)


def _import(kind: str, file: Path, code: str | None, really: bool, out: Path | None, **about: Any) -> None:
    data, time = file.read_bytes(), now()
    with reading() as session:
        columns = imports.kind(session, kind, **about).columns
    sheet = imports.read(data, columns, local(time).date())
    with reading() as session:
        found = imports.look_over(session, kind, sheet, data, file.name, _place(session, code), COMMAND, time, **about)
    faults = [_told(line.n, fault) for line in found.wrong for fault in line.faults]
    if out is not None and faults:
        out.write_bytes(imports.faulty_sheet(sheet.headings, [(line.cells, line.faults) for line in found.wrong]))
    say(_counted(found.row["counts"]))
    for words in faults[:SHOWN]:
        say(words, err=True)
    if len(faults) > SHOWN:
        say(f"……共 {len(faults)} 处，用 --faults 文件名.xlsx 导出全部 · {len(faults)} in all; --faults FILE.xlsx has them", err=True)
    if not found.row["items"]:
        say("没有需要导入的行，系统没有变动 · Nothing to import; nothing has changed")
    elif really:
        with writing() as session:
            import_id = imports.keep(session, found)
            imports.confirm(session, import_id, COMMAND, time)
        _run(import_id)
    else:
        say("以上只是检查，没有写入；加 --apply 导入 · This was a dry run; add --apply to import")
    if faults:
        click.get_current_context().exit(1)


def _run(import_id: str) -> None:
    _slices(import_id, imports.carry_on)
    with reading() as session:
        row = imports.one_import(session, import_id, COMMAND)
        say(f"导入完成（{import_id}）：{_counted(row.counts)}，撤销用 flask imports undo {import_id} · Imported")


def _slices(import_id: str, step: Callable[..., bool]) -> None:
    with reading() as session:
        row = imports.one_import(session, import_id, COMMAND)
    with click.progressbar(length=row.items, label="进度 progress") as bar:
        more, done = True, row.done
        bar.update(done)
        while more:
            with writing() as session:
                more = step(session, import_id, COMMAND, now())
            with reading() as session:
                reached = imports.one_import(session, import_id, COMMAND).done
            bar.update(reached - done)
            done = reached


def _place(session: Any, code: str | None) -> int:
    """Return the organisation of that code, or the only one nothing is above."""
    query = select(Organisation.id).where(Organisation.code == code) if code else select(Organisation.id).where(Organisation.parent_id.is_(None))
    found = session.scalars(query).all()
    if code and not found:
        raise NotFound("organisation")
    if len(found) != 1:
        raise Refused(one("NO_ORG", "请先登记最上级组织，或用 --org 指明导入到哪个组织", "Register the topmost union first, or name one with --org"))
    return int(found[0])


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{_WORDS[name]} {n}" for name, n in counts.items() if n) + " (行 rows)"


def _told(n: int, fault: imports.Fault) -> str:
    return f"{fault.cell or f'第 {n} 行 row {n}'}: {fault.message.zh}\n  {fault.message.en}"
