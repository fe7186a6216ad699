"""Moving running cases to a released version: first the dry run as a table, then each case by itself, and back again.

An administrator sees no case: the table names the union, the steps and the day, never a person or a number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue

from web.access import access, person
from web.db import abandon, now, reading, session, writing
from workflow import programmes
from workflow.engine import migrating
from workflow.errors import BangfuError, Message, NotYours, Refused, one
from workflow.language.definition import Definition

from . import blueprint
from .definitions import may_publish, running_in_earlier

MOST = 200                           # moved by one click, so that a page never takes minutes


@dataclass(frozen=True)
class Line:
    """One case of the table. `done` says in the past tense what has happened to it; None in the dry run."""

    row: migrating.Planned
    problems: tuple[Message, ...]
    done: bool | None = None


@blueprint.get("/definitions/<key>/<int:version>/migrate")
@access("admin")
def migrate_plan(key: str, version: int) -> ResponseReturnValue:
    into = programmes.definition(session(), key, version)
    if not may_publish():
        return _page(into, 0, {}, _NOT_ROOT)
    source = request.args.get("from", 0, int)
    running = running_in_earlier(into)
    source = source if source in running else max(running, default=0)
    return _page(into, source, running)


@blueprint.post("/definitions/<key>/<int:version>/migrate")
@access("admin")
def migrate_now(key: str, version: int) -> ResponseReturnValue:
    """Move what the dry run found fit. Each case is a transaction of its own: one that fails keeps no other back."""
    _allowed()
    actor, at, source = person(), now(), request.form.get("from", 0, int)
    abandon()
    with reading() as transaction:
        rows = migrating.plan(transaction, key, source, version, at)
    fit = [row for row in rows if not row.problems][:MOST]
    lines = [Line(row, row.problems, False) for row in rows if row.problems]
    for row in fit:
        try:
            with writing() as transaction:
                migrating.migrate_one(transaction, row.case_id, version, actor, at)
        except BangfuError as refusal:
            lines.append(Line(row, refusal.messages, False))
        else:
            lines.append(Line(row, (), True))
    return _after(key, version, source, lines)


@blueprint.post("/definitions/<key>/<int:version>/migrate/undo")
@access("admin")
def migrate_undo(key: str, version: int) -> ResponseReturnValue:
    """Put back every moved case on which nobody has acted since."""
    _allowed()
    actor, at, source = person(), now(), request.form.get("from", 0, int)
    abandon()
    with reading() as transaction:
        cases = migrating.moved(transaction, key, source, version)[:MOST]
    problems: list[Message] = []
    for case_id in cases:
        try:
            with writing() as transaction:
                migrating.undo_one(transaction, case_id, actor, at)
        except BangfuError as refusal:
            problems += refusal.messages
    return _after(key, version, source, [], undone=len(cases) - len(problems), kept=problems)


_NOT_ROOT = one("NOT_ROOT_MIGRATE", "迁移在办件要由最上级单位的系统管理员办理",
                "Only an administrator of the highest organisation may move running cases")


def _allowed() -> None:
    if not may_publish():
        raise NotYours(_NOT_ROOT)


def _page(into: Definition, source: int, running: dict[int, int], refused: tuple[Message, ...] = ()) -> ResponseReturnValue:
    lines: Iterable[Line] = ()
    if source:
        try:
            lines = [Line(row, row.problems) for row in migrating.plan(session(), into.key, source, into.version, now())]
        except Refused as refusal:
            refused = refusal.messages
    known = [release.version for release in programmes.releases(session()) if release.key == into.key and release.version < into.version]
    back = {} if refused else {version: count for version in known if (count := len(migrating.moved(session(), into.key, version, into.version)))}
    return render_template(
        "admin/migrate.html", definition=into, source=source, running=running, lines=lines, refused=refused, moved=0, back=back,
        old=programmes.definition(session(), into.key, source) if source else None, dry=True, undone=None, kept=())


def _after(key: str, version: int, source: int, lines: list[Line], undone: int | None = None,
           kept: Iterable[Message] = ()) -> ResponseReturnValue:
    with reading() as transaction:
        into, old = programmes.definition(transaction, key, version), programmes.definition(transaction, key, source)
        back = len(migrating.moved(transaction, key, source, version))
        left = len(migrating.plan(transaction, key, source, version, now()))
    return render_template(
        "admin/migrate.html", definition=into, source=source, running={source: left}, lines=lines, refused=(), old=old, dry=False,
        moved=sum(line.done is True for line in lines), back={source: back} if back else {}, undone=undone, kept=tuple(dict.fromkeys(kept)))
