"""One route for every button of every programme: which buttons there are comes from the check that judges the POST."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow import engine
from workflow.engine import Action, CaseView, Done
from workflow.engine.judge import RETURN
from workflow.errors import Impossible, KeyReused, Message, NotYours, Refused, Stale
from workflow.language.definition import Definition, Field, Label
from workflow.language.fields import FieldFault, parse_value
from workflow.queries.pages import cursor

from .. import language
from ..access import DECIDERS, access, person
from ..db import keep, now, session
from ..show import called, yuan
from .keeping import Upload, attach, uploads
from .pane import pane, raw
from .queue import page
from .room import Filters, blueprint, filters, opinion, queue_page

NOT_CARRIED = ("csrf_token", "key", "trigger", "comment", "phrase", "dest", "correct", "confirmed", "declared")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that can be ticked on a return."""

    name: str
    label: str


@blueprint.post("/tasks/<case_id>/act")
@access(DECIDERS)
def act(case_id: str) -> ResponseReturnValue:
    """Carry out the button that was pressed, and open the next case of the queue."""
    sent, chosen = request.form, filters()
    view = engine.look(session(), case_id, person(), now())
    trigger, comment, revision = sent.get("trigger", ""), opinion(), sent.get("revision", 0, int)
    action = next((action for action in view.actions if action.trigger == trigger), None)
    files = uploads(view)
    try:
        amount = _amount(view)
        # Voices of others make nobody's page old: a voter is asked again however many have spoken in between.
        if action and (action.voice or revision == view.row.revision) and not sent.get("confirmed") and _must_confirm(view, action, amount):
            _kept(case_id, files)
            return _ask(view, action, comment, amount, chosen)
        following = _following(view, chosen)
        attach(case_id, files)
        done = engine.act(
            session(), case_id, trigger, person(), now(), revision=revision, comment=comment, form=raw(view, sent),
            dest=sent.get("dest") or None, amount=amount, declared="declared" in sent, correct=sent.getlist("correct"),
            idem_key=sent.get("key", "")[:120] or None, request_digest=_sent())
    except (Refused, NotYours) as refused:
        if isinstance(refused, NotYours) and any(message.field != "declared" for message in refused.messages):
            raise                    # a forgotten declaration is a gap in the form; anything else is not theirs to do
        return _again(case_id, view, action, refused.messages, comment, files, chosen), 422
    except (Stale, Impossible, KeyReused) as late:
        session().rollback()
        return render_template("review/stale.html", view=view, error=late, comment=comment, typed=_typed(view), filters=chosen), 409
    flash(_said(view, done, action))
    return redirect(following, 303)


def _sent() -> str:
    """A digest of the form as it was sent: what of it counts depends on where the case is, and the second time it is further."""
    pairs = sorted((name, value) for name, value in request.form.items(multi=True) if name not in ("csrf_token", "key"))
    return sha256(repr(pairs).encode("utf-8", "surrogatepass")).hexdigest()


def _typed(view: CaseView) -> list[tuple[str, str]]:
    """(label, words) of what was typed into the questions of a step that is over, so that it can be copied."""
    lang, fields = language.lang(), view.definition.form
    return [(fields[name[2:]].label.text(lang), value) for name, value in request.form.items(multi=True)
            if value and name.startswith("f.") and name[2:] in fields]


def _amount(view: CaseView) -> Decimal | None:
    """The amount set by hand, None where it was left as it stands. Raises `Refused` for what is no amount."""
    text = request.form.get("amount", "").strip()
    if not view.adjustable or not text:
        return None
    try:
        typed = parse_value(Field("amount", Label("核定金额", "Amount"), "money"), text)
    except FieldFault as fault:
        raise Refused([Message("AMOUNT", fault.message_zh, fault.message_en, "amount")]) from None
    return None if view.amount_fen is not None and typed * 100 == view.amount_fen else Decimal(typed)


def _must_confirm(view: CaseView, action: Action, amount: Decimal | None) -> bool:
    """Only what turns somebody away, sends back, overrides a check, or sets the amount by hand is asked twice."""
    return not action.forward and action.voice != "abstain" or amount is not None or any(flag.trigger == action.trigger for flag in view.flags)


def _ask(view: CaseView, action: Action, comment: str, amount: Decimal | None, chosen: Filters,
         messages: tuple[Message, ...] = ()) -> str:
    sent = request.form
    carried = [(name, value) for name, value in sent.items(multi=True) if name not in NOT_CARRIED]
    lang = language.lang()
    return render_template(
        "review/confirm.html", view=view, action=action, comment=comment, amount=amount, carried=carried, filters=chosen,
        items=_items(view, action) if action.trigger == RETURN else [], ticked=sent.getlist("correct"), dest=sent.get("dest", ""),
        declared="declared" in sent, declares=view.definition.separation.relatives == "declare",
        flags=[flag for flag in view.flags if flag.trigger == action.trigger],
        faults={{"comment": "op"}.get(m.field or "", m.field or f"m{n}"): m.text(lang) for n, m in enumerate(messages)})


def _items(view: CaseView, action: Action) -> list[tuple[str, list[Item]]]:
    """What may be asked for on a return, by section: the questions and files open at the step it goes back to."""
    definition, lang = view.definition, language.lang()
    dests = [name for name, _label in action.dests] or [
        way.dest for way in definition.ways(view.row.state) if way.trigger == action.trigger]
    allowed = set(action.edit_only) or {name for dest in dests for name in definition.states[dest].edit - definition.states[dest].hide}
    rooms: dict[str, list[Item]] = {}
    for name in view.shown:
        spec = definition.form[name]
        if f"form.{name}" in allowed:
            rooms.setdefault(_title(definition, spec.section), []).append(Item(f"form.{name}", spec.label.text(lang)))
    for kind, known in definition.attachments.items():
        if f"attachments.{kind}" in allowed:
            rooms.setdefault(_("材料"), []).append(Item(f"attachments.{kind}", known.label.text(lang)))
    return list(rooms.items())


def _title(definition: Definition, section: str) -> str:
    label = definition.sections.get(section)
    return (label.text(language.lang()) if label else "") or _("申请内容")


def _kept(case_id: str, files: Sequence[Upload]) -> None:
    """Keep the files that came along though the step is not taken yet: a page cannot hold a file and send it again."""
    if files:
        attach(case_id, files)
        keep()
        flash(_("已上传 %(count)s 份材料", count=len(files)))


def _again(case_id: str, view: CaseView, action: Action | None, messages: tuple[Message, ...], comment: str, files: Sequence[Upload],
           chosen: Filters) -> str:
    """The same page with what is wrong and what was typed; files that came along are kept all the same."""
    session().rollback()
    if not any((m.field or "").startswith("attachments.") for m in messages):
        _kept(case_id, files)
    if request.form.get("confirmed") and action and all(m.field in (None, "comment", "dest", "declared") for m in messages):
        return _ask(view, action, comment, None, chosen, messages)
    return page(pane(case_id, messages=messages, comment=comment))


def _following(view: CaseView, chosen: Filters) -> str:
    """The address of the case after this one in the filtered queue, else of the first, else of the empty queue."""
    row = view.row
    if row.task_id is not None:
        rows = queue_page(chosen, after=cursor(row.task_due_at, row.task_id), limit=1).rows
        rows = rows or tuple(other for other in queue_page(chosen, after=None, limit=2).rows if other.case_id != row.id)
        if rows:
            return chosen.address(f"/tasks/{rows[0].case_id}", after=None)
    return chosen.address("/tasks", after=None)


def _said(view: CaseView, done: Done, action: Action | None = None) -> str:
    """已同意 李*华，3,800 元"""
    lang = language.lang()
    if action is not None and action.voice is not None:
        said = _("已表决：%(voice)s，%(who)s", voice=action.label.text(lang), who=called(view.row))
        if done.to_state == done.from_state:
            return said
        return _("%(said)s。表决已有结果，现在到“%(state)s”", said=said, state=view.definition.states[done.to_state].label.text(lang))
    what = next((way.label.text(lang) for way in view.definition.ways(done.from_state) if way.trigger == done.trigger), done.trigger)
    who = called(view.row)
    if done.amount_fen is not None and done.trigger != RETURN:
        return _("已%(what)s %(who)s，%(amount)s", what=what, who=who, amount=yuan(done.amount_fen))
    return _("已%(what)s %(who)s", what=what, who=who)
