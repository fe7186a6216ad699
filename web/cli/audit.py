"""`flask audit …`: check every history, seal it, carry one case away."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask import current_app
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from web.db import now, reading, writing
from workflow import engine, history
from workflow.actors import COMMAND
from workflow.errors import NotFound
from workflow.records import Case

from .sentences import Group, later, say

group = Group("audit", help="存证与审计 · histories and seals")


@group.command("verify")
@click.option("--seal", "files", type=click.Path(exists=True, dir_okay=False, path_type=Path), multiple=True,
              help="a seal an auditor kept; may be given several times")
def verify(files: tuple[Path, ...]) -> None:
    """Check every history, every seal and every sealed value; exit 1 where anything does not fit."""
    notes = [file.read_text(encoding="utf-8") for file in files]
    with reading() as session:
        found = history.verify(session, seal_notes=notes, progress=_progress())
    for message in found.unchecked:
        say(f"{message.zh}\n  {message.en}", err=True)
    say(f"已核对 {found.events} 条记录、{found.cases} 件申请、{found.seals} 次封存 · "
        f"Checked {found.events} events, {found.cases} cases, {found.seals} seals")
    if found.clean:
        say("全部相符 · Everything fits")
        return
    first, *others = found.items
    say(f"第一处不符：{first.zh}\n  First: {first.en}")
    for finding in others:
        say(f"{finding.zh}\n  {finding.en}")
    say(f"共 {len(found.items)} 处不符 · {len(found.items)} findings")
    click.get_current_context().exit(1)


@group.command("seal")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="the file the auditor keeps elsewhere")
def seal(out: Path | None) -> None:
    """Seal the histories so far, and print the note or write it to a file."""
    with writing() as session:
        note = history.seal(session, now(), origin(session))
    if out is None:
        click.echo(note, nl=False)
        return
    out.write_text(note, encoding="utf-8")
    say(f"已封存到 {out}，请交审计人员离线保存 · Sealed to {out}; keep it somewhere else")


@group.command("bundle")
@click.option("--case", "number", required=True, help="number (or id) of the case")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def bundle(number: str, out: Path) -> None:
    """Write one case with its proof and a checker that needs only Python."""
    with writing() as session:
        case = session.scalar(select(Case.id).where(or_(Case.number == number, Case.id == number)))
        if case is None:
            raise NotFound
        engine.record(session, case, "export", COMMAND, now(), {"format": "bundle"})
        history.seal(session, now(), origin(session))              # a bundle proves what has been sealed
    with reading() as session:
        data = history.bundle(session, [case], now())
    out.write_bytes(data)
    say(f"已写入 {out}；取出其中的 verify.py，运行 python verify.py {out} 核对 · "
        f"Wrote {out}; take verify.py out of it and run python verify.py {out}")


@group.command("tests")
@click.option("--json", "_as_json", is_flag=True)
def tests(_as_json: bool) -> None:
    """The automatic audit tests; they come with a later release."""
    later("疑点筛查尚未提供，将在后续版本开放", "Audit tests are not available yet; they come with a later release")


def origin(session: Session | None) -> str:
    """Return the name this log is sealed under, for good: that of its newest seal, else the host of this site."""
    last = history.newest(session) if session is not None else None
    return history.parse_note(last).origin if last else urlsplit(current_app.config["ORIGIN"]).hostname or "bangfu.localhost"


def _progress() -> Callable[[int, int], None] | None:
    """Return a bar on the terminal, and nothing where nobody looks."""
    stream = sys.stderr
    if not stream.isatty():
        return None

    def show(done: int, total: int) -> None:
        part = done / total if total else 1.0
        click.echo(f"\r{'█' * int(part * 30):░<30} {done}/{total}", nl=done >= total, err=True)
    return show
