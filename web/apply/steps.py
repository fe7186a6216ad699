"""Which question stands on which page of an application, and what is wrong with it so far. Pure.

A page is one section of the definition. Files without a section of their own come last, on a page of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import gettext as _

from workflow.engine import CaseView
from workflow.engine.forms import invalid
from workflow.engine.judge import missing
from workflow.engine.rows import told
from workflow.errors import Message, Refused
from workflow.language.definition import AttachmentKind, Field, Label
from workflow.language.fields import FieldFault, nobody, parse_value
from workflow.machine import holds

from .room import way_on

Faults = dict[str, tuple[Message, ...]]     # by full name: form.income, attachments.invoice


@dataclass(frozen=True, slots=True)
class Step:
    """One page. `number` counts from 1; the last page of all, 核对后提交, is not among the steps."""

    number: int
    title: Label
    fields: tuple[Field, ...]
    kinds: tuple[AttachmentKind, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return (*(f"form.{spec.name}" for spec in self.fields), *(f"attachments.{kind.name}" for kind in self.kinds))


def steps_of(view: CaseView) -> tuple[Step, ...]:
    """Return the pages of what may be changed now. A page none of whose questions applies is left out."""
    definition = view.definition
    fields = [spec for spec in definition.form.values() if f"form.{spec.name}" in view.edit]
    kinds = [kind for kind in definition.attachments.values() if f"attachments.{kind.name}" in view.edit and (
        told(definition, kind.visible, view.facts) or any(row.kind == kind.name for row in view.attachments))]
    named = [name for name in definition.sections if name]
    rooms: list[tuple[Label, list[Field], list[AttachmentKind]]] = [
        (definition.sections[name], [spec for spec in fields if spec.section == name],
         [kind for kind in kinds if kind.section == name]) for name in named]
    rooms.append((definition.sections.get("") or _OTHER, [spec for spec in fields if spec.section not in named],
                  [kind for kind in kinds if kind.answer and kind.section not in named]))
    rooms.append((_FILES, [], [kind for kind in kinds if not kind.answer and kind.section not in named]))
    asked = [room for room in rooms if room[2] or any(spec.name in view.shown for spec in room[1])]
    return tuple(Step(number, title, tuple(specs), tuple(files)) for number, (title, specs, files) in enumerate(asked, 1))


_OTHER = Label("填写内容", "Your application")
_FILES = Label("上传材料", "Documents")


def whole(view: CaseView) -> Step:
    """Return everything that may be changed now as if it were one page."""
    return some(view, view.edit)


def some(view: CaseView, names: Iterable[str]) -> Step:
    """Return these full names as one page, in the form's order."""
    wanted = frozenset(names) & view.edit
    return Step(1, _OTHER, tuple(f for f in view.definition.form.values() if f"form.{f.name}" in wanted),
                tuple(k for k in view.definition.attachments.values() if f"attachments.{k.name}" in wanted))


def faults_of(view: CaseView, *, complete: bool) -> Faults:
    """Return what is wrong, by full name; with `complete` also what is still missing to hand it in."""
    faults: Faults = {}
    for name, raw in view.typed.items():
        spec = view.definition.form[name]
        try:
            parse_value(spec, raw, register=nobody)
        except FieldFault as fault:
            faults[f"form.{name}"] = tuple(fault.messages)
    known = [name for name in view.shown if f"form.{name}" in view.edit and f"form.{name}" not in faults]
    cells: set[str] = set()              # a question has one message, a table one for every cell
    messages = invalid(view.definition, view.form, view.facts, known)
    way = way_on(view)
    if complete and way is not None:
        messages += missing(view.definition, view.definition.states[view.row.state], way, view.facts)
    for message in messages:
        name = ".".join((message.field or "").split(".")[:2])        # the question a cell of a table belongs to
        if name in view.edit and not _untold(view, name) and (name not in faults or name != message.field and name in cells):
            faults[name] = (*faults.get(name, ()), message)
            cells |= {name} if name != message.field else set()
    return faults


def _untold(view: CaseView, name: str) -> bool:
    """Whether a question is on the page only because it cannot be told yet that it applies: nobody is blamed for it."""
    spec = view.definition.form.get(name.removeprefix("form."))
    if spec is None or isinstance(spec.visible, bool) or view.form.get(spec.name) is not None:
        return False
    try:
        holds(view.definition, spec.visible, view.facts)
    except Refused:
        return True
    return False


def status(view: CaseView, step: Step, faults: Faults) -> tuple[str, str]:
    """Return (word for the class, words for people) of one page in the task list."""
    mine = [message for name in step.names for message in faults.get(name, ())]
    lacking = [message for message in mine if message.code in ("REQUIRED", "EMPTY", "FILES_MISSING")]
    if len(mine) > len(lacking):
        return "bad", _("需修改")
    filled = any(view.form.get(spec.name) not in (None, "", []) and view.form.get(spec.name) != _default(spec)
                 for spec in step.fields) or any(row.kind in {k.name for k in step.kinds} for row in view.attachments)
    if lacking:
        return ("todo", _("还差 %(count)s 项", count=len(lacking))) if filled else ("todo", _("未开始"))
    return ("done", _("已完成")) if filled else ("free", _("选填，未填写"))


def _default(spec: Field) -> object:
    try:
        return None if spec.default is None else parse_value(spec, spec.default)
    except FieldFault:
        return None


def step_with(steps: tuple[Step, ...], name: str | None) -> Step | None:
    """Return the page on which the field or file `name` is asked for."""
    return next((step for step in steps if name in step.names), None)


def anchor(name: str) -> str:
    """Return the id of the first box of `form.x` or `attachments.x`."""
    room, _dot, leaf = name.partition(".")
    return f"{'a' if room == 'attachments' else 'f'}-{leaf.replace('.', '-')}"
