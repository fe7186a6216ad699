"""Filling in: the task list, one page a subject, and the page that answers a reviewer's list of corrections."""

from __future__ import annotations

from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.exceptions import NotFound as NoSuchPage

from workflow import engine
from workflow.engine import CaseView
from workflow.errors import BangfuError, Impossible, NotYours, Refused, Stale
from workflow.records import Event, Person

from .. import language
from ..access import access, person
from ..db import now, reading, writing
from ..show import when
from . import estimate
from .boxes import boxes
from .room import blueprint, forward, is_draft, own
from .saving import Overtaken, Saved, save
from .steps import Faults, Step, anchor, faults_of, some, status, step_with, steps_of, whole
from .typed import typed


@blueprint.get("/cases/<case_id>/form")
@access("applicant")
def tasks(case_id: str) -> ResponseReturnValue:
    """The task list of an application, or the reviewer's list of what must be corrected."""
    view = own(case_id)
    if not view.edit:
        return redirect(url_for(".progress", case_id=case_id), 303)
    if asked_for(view) and "all" not in request.args:
        return _correction(view, faults_of(view, complete=False))
    faults = faults_of(view, complete=True)
    steps = steps_of(view)
    return render_template("apply/tasks.html", view=view, steps=[(step, *status(view, step, faults)) for step in steps],
                           ready=not faults, draft=is_draft(view), give_up=[a for a in view.actions if not a.forward])


@blueprint.get("/cases/<case_id>/form/<int:number>")
@access("applicant")
def step(case_id: str, number: int) -> ResponseReturnValue:
    view = own(case_id)
    if not view.edit:
        return redirect(url_for(".progress", case_id=case_id), 303)
    return _page(view, _numbered(view, number), faults_of(view, complete=False))


@blueprint.post("/cases/<case_id>/form/<int:number>")
@access("applicant")
def keep_step(case_id: str, number: int) -> ResponseReturnValue:
    try:
        saved = save(case_id, lambda view: _numbered(view, number))
    except Overtaken as late:
        return overtaken(case_id, late.typed)
    if "X-Autosave" in request.headers:
        return _told(saved)
    back = _stays(saved)
    if back is not None:
        return redirect(url_for(".step", case_id=case_id, number=number, **back), 303)
    going_on = request.form.get("go") == "on"
    if not going_on and not saved.refused:       # what is wrong is kept as it was typed; nobody is held back by it
        flash(_("已保存，可以随时回来接着填"))
        return redirect(url_for(".tasks", case_id=case_id, all=1), 303)
    faults = _of(saved.step, faults_of(saved.view, complete=going_on) | saved.refused)
    if faults:
        return _page(saved.view, saved.step, faults), 422
    steps = steps_of(saved.view)
    if request.args.get("return") == "check" or number >= len(steps):
        return redirect(url_for(".check", case_id=case_id, _anchor="main"), 303)
    return redirect(url_for(".step", case_id=case_id, number=number + 1, _anchor="main"), 303)


@blueprint.post("/cases/<case_id>/form")
@access("applicant")
def correct(case_id: str) -> ResponseReturnValue:
    """Keep every answer to the reviewer's list and hand them back, all at once."""
    try:
        saved = save(case_id, lambda view: some(view, asked_for(view)))
    except Overtaken as late:
        return overtaken(case_id, late.typed)
    if "X-Autosave" in request.headers:
        return _told(saved)
    back = _stays(saved)
    if back is not None:
        return redirect(url_for(".tasks", case_id=case_id, **back), 303)
    view, action = saved.view, forward(saved.view)
    faults = faults_of(view, complete=True) | saved.refused
    if request.form.get("go") != "on" and not saved.refused:
        flash(_("已保存，可以随时回来接着填"))
        return redirect(url_for(".progress", case_id=case_id), 303)
    if faults or action is None:
        return _correction(view, faults), 422
    try:
        with writing() as session:
            engine.act(session, case_id, action.trigger, person(), now(), revision=view.row.revision,
                       idem_key=request.form.get("key") or None)
    except (Stale, NotYours, Impossible):
        return overtaken(case_id, typed(request.form, view.definition.form.values()))
    except Refused as refused:
        return _correction(view, faults, [message.text(language.lang()) for message in refused.messages]), 422
    flash(_("已重新提交，退回的事项一次都补齐了"))
    return redirect(url_for(".progress", case_id=case_id), 303)


def asked_for(view: CaseView) -> tuple[str, ...]:
    """Return the full names of what the reviewer ticked, or of all that may be corrected where that is little."""
    if view.correction is None:
        return ()
    names = [name if "." in name else f"form.{name}" if name in view.definition.form else f"attachments.{name}"
             for name in view.correction.items]
    return tuple(name for name in names or sorted(view.correction.edit_only or ()) if name in view.edit)


def _numbered(view: CaseView, number: int) -> Step:
    steps = steps_of(view)
    if not 1 <= number <= len(steps):
        raise NoSuchPage
    return steps[number - 1]


def _of(step: Step, faults: Faults) -> Faults:
    """The faults of one page, in the order of its questions."""
    return {name: faults[name] for name in step.names if name in faults}


def _page(view: CaseView, step: Step, faults: Faults) -> str:
    faults, lang, steps = _of(step, faults), language.lang(), steps_of(view)
    return render_template(
        "apply/step.html", view=view, step=step, steps=steps, boxes=_boxes(view, step, faults), lines=estimate.of(view, step, lang),
        summary=_summary(faults, lang), files=_files(view, step, faults), back=request.args.get("return"))


def _correction(view: CaseView, faults: Faults, refused: list[str] | None = None) -> str:
    step, lang, steps = some(view, asked_for(view)), language.lang(), steps_of(view)
    # What is wrong elsewhere stands in the list too, with the way there.
    elsewhere = [(url_for(".step", case_id=view.row.id, number=place.number) + f"#{anchor(name)}", messages[0].text(lang))
                 for name, messages in faults.items() if name not in step.names and (place := step_with(steps, name))]
    return render_template(
        "apply/correction.html", view=view, step=step, boxes=_boxes(view, step, faults, before=True), refused=refused or [],
        summary=_summary(_of(step, faults), lang), elsewhere=elsewhere, files=_files(view, step, faults),
        more=len(whole(view).names) > len(step.names), action=forward(view))


def _boxes(view: CaseView, step: Step, faults: Faults, *, before: bool = False) -> Any:
    more = {request.args["more"]: 1} if "more" in request.args else {}
    return boxes(view, step.fields, faults, language.lang(), change=request.args.get("change", ""), more=more, before=before)


def _summary(faults: Faults, lang: str) -> dict[str, str]:
    """Anchor to sentence, for the list above the form: the same words as beside the box."""
    return {anchor(f"form.{(message.field or '').removeprefix('form.')}" if _in_table(message.field, name) else name): message.text(lang)
            for name, messages in faults.items() for message in messages[:5]}


def _in_table(field: str | None, name: str) -> bool:
    """Whether a fault is that of one cell: `members.2.income` of `form.members`."""
    return field is not None and f"form.{field.removeprefix('form.')}".startswith(f"{name}.")


def _files(view: CaseView, step: Step, faults: Faults) -> list[tuple[Any, list[Any], list[str]]]:
    """(kind, its files, what is wrong) for every kind of this page."""
    lang = language.lang()
    return [(kind, [row for row in view.attachments if row.kind == kind.name],
             [message.text(lang) for message in faults.get(f"attachments.{kind.name}", ())]) for kind in step.kinds]


def _stays(saved: Saved) -> dict[str, str] | None:
    """Where to go on the same page, after a button that belongs to it; None when the page is done with."""
    form = request.form
    back = {"return": request.args["return"]} if "return" in request.args else {}
    if saved.refused:
        return None
    if "add" in form:
        return back | {"more": form["add"], "_anchor": _new_row(saved, form["add"])}
    if "drop" in form:
        return back | {"_anchor": anchor(f"form.{form['drop'].partition('.')[0]}")}
    if "change" in form:
        return back | {"change": form["change"], "_anchor": anchor(f"form.{form['change']}")}
    if "remove" in form:
        return back | {"_anchor": anchor(saved.step.names[-1])}
    if "upload" in form:
        return back | {"_anchor": anchor(f"attachments.{form['upload']}")}
    appeared = [spec for spec in saved.step.fields if spec.name in saved.view.shown and spec.name not in saved.before.shown]
    if appeared and form.get("go") == "on":
        names = _("、").join(spec.label.text(language.lang()) for spec in appeared)
        flash(_("根据您的选择，这一页还要填：%(names)s", names=names))
        return back | {"_anchor": anchor(f"form.{appeared[0].name}")}
    return None


def _new_row(saved: Saved, name: str) -> str:
    """The id of the first box in the row that was added: the address scrolls there."""
    spec = saved.view.definition.form.get(name)
    rows = saved.view.typed.get(name) or saved.view.form.get(name) or []
    return f"f-{name}-{len(rows) + 1}-{next(iter(spec.columns))}" if spec and spec.columns else "main"


def _told(saved: Saved) -> ResponseReturnValue:
    """What the page needs to know after saving itself: when, which questions apply now, and the working."""
    lang = language.lang()
    return jsonify(saved=_("草稿已于 %(at)s 保存", at=when(now())[-5:]),
                   hidden=[f"f-{spec.name}" for spec in saved.step.fields if spec.name not in saved.view.shown],
                   shown=[f"f-{spec.name}" for spec in saved.step.fields if spec.name in saved.view.shown],
                   calc=render_template("apply/calc.html", lines=estimate.of(saved.view, saved.step, lang)))


def overtaken(case_id: str, raw: dict[str, Any], error: BangfuError | None = None) -> ResponseReturnValue:
    """The case went on in the meantime: who, what, when, and everything that was typed, so that it is not lost.

    `error` is raised again where the case did not move: then it is not a matter of time but of rights.
    """
    with reading() as session:
        view = engine.look(session, case_id, person(), now())
        if error is not None and not view.mine:
            raise error
        last = session.execute(
            select(Event.trigger, Event.from_state, Event.at, Person.name).outerjoin(Person, Person.id == Event.actor_id)
            .where(Event.stream == case_id, Event.kind.in_(("start", "act"))).order_by(Event.seq.desc()).limit(1)).one()
    if "X-Autosave" in request.headers:
        return jsonify(saved=_("此件已有新的进展，您刚填的内容没有保存，请打开最新页面")), 409
    action = next((way.label for way in view.definition.transitions if way.trigger == last.trigger
                   and way.source == last.from_state), None)
    fields = view.definition.form
    kept = [(fields[name].label, value) for name, value in raw.items() if value and isinstance(value, str) and name in fields]
    return render_template("apply/overtaken.html", view=view, by=last.name or _("系统"), at=last.at, action=action, kept=kept), 409
