"""Everything one case shows an officer, gathered once for the page beside the queue, the full page and a refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from workflow import engine, queries
from workflow.engine import Action, CaseView
from workflow.engine.judge import RETURN
from workflow.errors import Message
from workflow.language.definition import AttachmentKind

from .. import language, sheet
from ..access import person
from ..apply.boxes import Box, boxes
from ..apply.typed import PREFIX, typed
from ..db import local, now, session
from ..voting import Voting, voting
from .correcting import Returned, corrected, returned
from .correcting import rows as mended
from .handed import Handed, handed
from .room import phrases

BLANK_ROWS = 2                       # below what a table holds: without JavaScript no row can be added


@dataclass(frozen=True)
class Pane:
    """One case and what was typed about it. `faults` are (id of the input or "", sentence)."""

    view: CaseView
    sections: list[tuple[str, list[sheet.Answer]]]
    checks: list[sheet.Check]
    working: list[tuple[str, str, str]]
    opinions: list[sheet.Opinion]
    voting: Voting | None            # the vote the case is in
    differences: list[tuple[str, str, str]]
    boxes: tuple[Box, ...]
    uploads: tuple[AttachmentKind, ...]
    phrases: list[str]
    faults: tuple[tuple[str, str], ...] = ()
    comment: str = ""
    typed: Mapping[str, Any] = field(default_factory=dict)
    opened: Mapping[str, str] = field(default_factory=dict)
    asked_for: str = ""              # the field the reader is about to open, for the question why

    handed: Handed = field(default_factory=Handed)
    standards: tuple[queries.Standard, ...] = ()
    returned: tuple[Returned, ...] = ()      # of a roster, what the bank sent back
    twice: int = 0                   # rows of a roster that stand twice there, or beside another grant, for whoever decides on it

    @property
    def flagged(self) -> list[sheet.Check]:
        return [check for check in self.checks if check.kind == "warn"] if self.view.flags else []

    @property
    def agree(self) -> Action | None:
        return next((action for action in self.view.actions if action.forward), None)

    @property
    def blocked(self) -> tuple[Message, ...]:
        """What still stands in the way of going on, told before the button is pressed."""
        return self.agree.blocked if self.agree else ()

    @property
    def declares(self) -> bool:
        return self.view.definition.separation.relatives == "declare" and bool(self.view.actions)

    @property
    def decides(self) -> bool:
        """The reader may press a button here as an officer; an applicant's own buttons are on the applicant's pages."""
        return bool(self.view.actions) and not self.view.objections and not self.applicants_turn

    @property
    def applicants_turn(self) -> bool:
        view = self.view
        actor = view.definition.actors.get(view.definition.states[view.row.state].actor or "")
        return view.mine and actor is not None and actor.who == "applicant"

    @staticmethod
    def key_of(action: Action, position: int) -> str:
        return "A" if action.forward and position == 0 else "R" if action.trigger == RETURN else ""


def pane(case_id: str, *, messages: Sequence[Message] = (), comment: str | None = None, opened: Mapping[str, str] | None = None,
         asked_for: str = "") -> Pane:
    """Return the case as the person of this request sees it; after a refusal with what they had typed."""
    view = engine.look(session(), case_id, person(), now())
    lang, sent = language.lang(), request.form
    events = queries.events(session(), case_id)
    if messages:
        view = replace(view, typed={**view.typed, **raw(view, sent)})
    by_field: dict[str, tuple[Message, ...]] = {}
    for message in messages:
        if message.field and message.field.startswith("form."):
            name = ".".join(message.field.split(".")[:2])
            by_field[name] = (*by_field.get(name, ()), message)
    roster = corrected(view)
    specs = [spec for name, spec in view.definition.form.items() if f"form.{name}" in view.edit and spec is not roster]
    resubmitted = any(event.trigger == RETURN for event in events)
    return Pane(
        view=view, sections=sheet.sections(view, opened or {}), checks=sheet.checks(view),
        working=sheet.working(view.definition, ((line.name, line.value, line.why) for line in view.working if line.counts)),
        opinions=sheet.opinions(view.definition, events, running=view.row.entry),
        voting=voting(view, events, (post.role for post in person().posts)),
        differences=sheet.since_return(view.definition, events) if resubmitted else [],
        boxes=boxes(view, specs, by_field, lang, change=request.args.get("change", ""),
                    more={spec.name: BLANK_ROWS for spec in specs if spec.type == "table"}),
        uploads=tuple(kind for name, kind in view.definition.attachments.items() if f"attachments.{name}" in view.edit),
        phrases=phrases(), faults=tuple((_input(message, specs), message.text(lang)) for message in messages),
        comment=view.draft_comment if comment is None else comment, typed=sent, opened=opened or {}, asked_for=asked_for,
        handed=handed(view, events), returned=returned(view), twice=_twice(view),
        standards=queries.standards(session(), view.definition, view.row.path, view.row.figures, local(now()).date()))


def raw(view: CaseView, sent: MultiDict[str, str]) -> dict[str, Any]:
    """Return {field: raw value} for the fields open at this step that came with the request, and for no others."""
    specs = [spec for name, spec in view.definition.form.items() if f"form.{name}" in view.edit]
    asked = {key.split(".")[1] for key in sent if key.startswith(PREFIX)}
    whole = MultiDict(sent.items(multi=True))
    whole.setlist("asked", sorted(asked | set(sent.getlist("asked"))))
    return typed(whole, specs) | mended(view, sent)


def _twice(view: CaseView) -> int:
    lines, state = view.definition.lines, view.definition.states[view.row.state]
    if lines is None or lines.each is None or view.mine or state.final or not view.actions:
        return 0
    return len({one.n for one in engine.duplicates(session(), view.row.id, person())})


def _input(message: Message, specs: Sequence[Any]) -> str:
    """Return the id of the input a message belongs to, or nothing where it is on no input of this page."""
    name = message.field or ""
    if name.startswith("form."):
        bare = name.removeprefix("form.")
        return "f-" + bare.replace(".", "-") if any(bare.partition(".")[0] == spec.name for spec in specs) else ""
    if name.startswith("attachments."):
        return "u-" + name.partition(".")[2]
    return {"comment": "op", "amount": "amount", "declared": "declared", "dest": "dest"}.get(name, "")
