"""Keeping a page of an application: what was typed, files added, files taken away. The one way to do it.

Pictures are decoded before the database is asked for its lock. Text is kept whatever becomes of the files, and a file
that cannot be taken never costs another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import request

from workflow import engine
from workflow.attachments import Clean, Store
from workflow.engine import CaseView
from workflow.errors import Message, NotFound, NotYours, Refused, Stale

from ..access import person
from ..db import abandon, now, reading, writing
from .steps import Faults, Step
from .typed import typed

MOST_AT_ONCE = 20


class Overtaken(Exception):
    """The case went on while the page was open; `typed` is what stood in it."""

    def __init__(self, typed: dict[str, Any]) -> None:
        self.typed = typed


@dataclass(frozen=True, slots=True)
class Saved:
    """The case before and after, the page that was kept, and files that were refused, by full name."""

    before: CaseView
    view: CaseView
    step: Step
    refused: Faults


def save(case_id: str, page: Callable[[CaseView], Step]) -> Saved:
    """Keep the request's form as the reader's draft. Raises `Overtaken`, `NotFound`, `Refused`."""
    me, time = person(), now()
    abandon()
    with reading() as session:
        before = engine.look(session, case_id, me, time)
        if not before.mine:
            raise NotFound
        if not before.edit:
            raise Overtaken(typed(request.form, before.definition.form.values()))
        step, store = page(before), session.info["store"]
    raw = typed(request.form, step.fields)
    files, refused = _checked(store, step)
    try:
        with writing() as session:
            engine.save(session, case_id, me, time, raw, revision=request.form.get("revision", 0, int))
            for attachment_id in request.form.getlist("remove"):
                engine.detach(session, case_id, attachment_id, me, time)
            for kind, clean in files:
                try:
                    engine.attach(session, case_id, kind, clean.name, clean, me, time)
                except Refused as error:        # too many of them; raised before anything is written
                    refused.setdefault(f"attachments.{kind}", error.messages)
    except (Stale, NotYours) as error:
        raise Overtaken(raw) from error
    with reading() as session:
        return Saved(before, engine.look(session, case_id, me, time), step, refused)


def _checked(store: Store, step: Step) -> tuple[list[tuple[str, Clean]], Faults]:
    """Return the files that can be kept, and what is wrong with the others, by full name, each said with its name."""
    good: list[tuple[str, Clean]] = []
    refused: dict[str, tuple[Message, ...]] = {}
    for kind in step.kinds:
        for file in request.files.getlist(f"file.{kind.name}")[:MOST_AT_ONCE]:
            if not file.filename:
                continue                        # the box was left empty
            try:
                good.append((kind.name, store.check(file.read(), file.filename, kind.accept)))
            except Refused as error:
                full = f"attachments.{kind.name}"
                refused[full] = refused.get(full, ()) + tuple(
                    Message(m.code, f"“{file.filename}”没有上传：{m.zh}", f"“{file.filename}” was not uploaded: {m.en}", full)
                    for m in error.messages)
    return good, refused
