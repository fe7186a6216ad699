"""Programmes as data: which versions run, what a file would change, what is wrong with it, and releasing it.

A released version never changes; correcting it means releasing the next one. Only an administrator of a whole tree (at an
organisation without a parent in the register) may release, because a programme holds for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from web import language as tongue
from web.access import access, person
from web.cli.diagram import mermaid
from web.db import now, session
from workflow import comparing, language, programmes
from workflow.errors import Message, NotFound, NotYours, Refused, one
from workflow.language.definition import Definition
from workflow.records import Case, Release

from . import blueprint, rail

LARGEST = 256 * 1024


@dataclass(frozen=True)
class Shown:
    """A fault with the line it stands in and the place the caret points to."""

    line: int
    column: int
    code: str
    severity: str
    words: str
    source: str


@blueprint.get("/definitions")
@access("admin")
def definitions() -> ResponseReturnValue:
    releases = programmes.releases(session())
    released = {(r.key, r.version): r for r in releases}
    return render_template("admin/definitions.html", releases=releases, files=[_file(path, released) for path in _files()],
                           may_publish=may_publish())


@blueprint.get("/definitions/files/<name>")
@access("admin")
def definition_file(name: str) -> ResponseReturnValue:
    path = next((path for path in _files() if path.name == name), None)
    if path is None:
        raise NotFound("definition")
    return _checked(path.read_text(encoding="utf-8"), name)


@blueprint.post("/definitions/check")
@access("admin")
def check_definition() -> ResponseReturnValue:
    """Look at a file, or at what was typed over it. Writes nothing."""
    upload = request.files.get("file")
    if upload and upload.filename:
        raw = upload.read(LARGEST + 1)
        name = Path(upload.filename.replace("\\", "/")).name[:120]
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Refused(one("NOT_UTF8", "文件不是 UTF-8 编码，请另存为 UTF-8 后再上传", "The file is not UTF-8; save it as UTF-8 and upload it again")) from None
    else:
        text, name = request.form.get("text", "").replace("\r\n", "\n"), request.form.get("name", "")[:120] or "definition.yaml"
    if len(text) > LARGEST:
        raise Refused(one("DEFINITION_LARGE", "定义文件不能超过 256 KB", "A definition may not exceed 256 KB"))
    return _checked(text, name)


@blueprint.post("/definitions/publish")
@access("admin")
def publish_definition() -> ResponseReturnValue:
    if not may_publish():
        raise NotYours(one("NOT_ROOT", "发布项目要由最上级单位的系统管理员办理", "Only an administrator of the top organisation may release a programme"))
    text, name = request.form.get("text", "").replace("\r\n", "\n"), request.form.get("name", "")[:120] or "definition.yaml"
    try:
        done = programmes.publish(session(), text, name, person(), now(), flows=_flows())
    except Refused as refused:
        return _checked(text, name, refused.messages)
    flash(_("已发布 %(key)s 第 %(version)s 版", key=done.key, version=done.version) if done.fresh
          else _("%(key)s 第 %(version)s 版早已发布，没有变化", key=done.key, version=done.version))
    released = programmes.definition(session(), done.key, done.version)
    if released.running == "migrate" and running_in_earlier(released):
        return redirect(url_for(".migrate_plan", key=done.key, version=done.version), 303)
    return redirect(url_for(".release", key=done.key, version=done.version), 303)


@blueprint.get("/definitions/<key>/<int:version>")
@access("admin")
def release(key: str, version: int) -> ResponseReturnValue:
    definition = programmes.definition(session(), key, version)
    earlier = max((r.version for r in programmes.releases(session()) if r.key == key and r.version < version), default=None)
    groups = comparing.compare(programmes.definition(session(), key, earlier), definition) if earlier else ()
    running = running_in_earlier(definition) if may_publish() and definition.running == "migrate" else {}
    return render_template("admin/release.html", definition=definition, earlier=earlier, groups=groups, running=sum(running.values()),
                           rail=rail.of(definition, tongue.lang()), diagram=mermaid(definition))


def _checked(text: str, name: str, refused: tuple[Message, ...] = ()) -> ResponseReturnValue:
    reading = language.read(text, name, _flows())
    faults = [_shown(fault, text) for fault in reading.faults]
    good = reading.definition is not None and not any(fault.severity == "error" for fault in faults)
    definition, running = (reading.definition, _running(reading.definition)) if good and reading.definition else (None, None)
    released = session().get(Release, (definition.key, definition.version)) if definition else None
    page = render_template(
        "admin/definition_check.html", released=released, text=text, name=name, faults=faults, definition=definition, running=running,
        groups=comparing.compare(running, definition) if running and definition else (),
        rail=rail.of(definition, tongue.lang()) if definition else None, may_publish=may_publish(),
        refused=[m.text(tongue.lang()) for m in refused] if good else [])
    return page, 200 if good and not refused else 422


def running_in_earlier(into: Definition) -> dict[int, int]:
    """Return {earlier version: how many of its cases run}."""
    return {row.version: row.cases for row in session().execute(
        select(Case.definition_version.label("version"), func.count().label("cases"))
        .where(Case.definition_key == into.key, Case.definition_version < into.version, Case.outcome.is_(None))
        .group_by(Case.definition_version))}


def _running(definition: Definition) -> Definition | None:
    try:
        return programmes.definition(session(), definition.key)
    except NotFound:
        return None


def _shown(fault: language.Fault, text: str) -> Shown:
    lines = text.splitlines()
    source = lines[fault.line - 1] if 0 < fault.line <= len(lines) else ""
    return Shown(fault.line, fault.column, fault.code, fault.severity, fault.en if tongue.lang() == "en" else fault.zh, source)


def _files() -> list[Path]:
    return programmes.files(current_app.config["DEFINITIONS"])


def _flows() -> Path:
    folder: Path = current_app.config["DEFINITIONS"] / "flows"
    return folder


def _file(path: Path, released: dict[tuple[str, int], object]) -> dict[str, object]:
    stem, _sep, version = path.name.removesuffix(".yaml").rpartition(".v")
    known = released.get((stem, int(version))) if version.isdecimal() else None
    return {"name": path.name, "released": known}


def may_publish() -> bool:
    return any(post.role == "admin" and post.path.count("/") == 2 for post in person().posts)
