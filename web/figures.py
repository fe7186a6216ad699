"""Regional figures and params of programmes: what holds today, what is to come, and each entry with the two people behind it.

The handler enters, after seeing which open cases the new figure would touch; the leader confirms, seeing them again.
The rules are those of `workflow.figures`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from workflow import figures, programmes, queries
from workflow.actors import Post
from workflow.engine.facts import figures_for
from workflow.errors import NotFound, Refused
from workflow.figures import CONFIRMS, PROPOSES, READERS, Subject
from workflow.language.definition import Label
from workflow.language.figures import labels
from workflow.records import Organisation

from . import language
from .access import access, person
from .db import local, now, session

blueprint = Blueprint("figures", __name__, url_prefix="/figures")
_TYPED = ("of", "organisation", "value", "from_on", "title", "document")


@blueprint.get("")
@access(*READERS)
def listing() -> ResponseReturnValue:
    key, today, asked = request.args.get("programme", ""), local(now()).date(), _subjects()
    rows, place = figures.listed(session(), person()), _place()
    shown = [row for row in rows if row.definition_key == key]
    by_id = {row.id: row for row in rows}
    return render_template(
        "figures/list.html", standing=_standing(key, place, today, asked), place=place, by_id=by_id, key=key, programmes=_programmes(today),
        waiting=[row for row in rows if row.status == "open"], asked=asked, said=_said, words=_words, today=today,
        coming=[row for row in shown if row.status == "confirmed" and row.from_on > today and not row.ended_on and row.value is not None],
        past=[row for row in shown if row.status != "open" and not (row.status == "confirmed" and row.from_on > today and not row.ended_on
                                                                  and row.value is not None)],
        proposes=any(post.role == PROPOSES for post in person().posts))


@blueprint.get("/new")
@access(PROPOSES)
def form() -> ResponseReturnValue:
    return _form({"of": request.args.get("of", "")}, {}, 200)


@blueprint.post("/new")
@access(PROPOSES)
def enter() -> ResponseReturnValue:
    """First show whom it would touch; enter it when the same values come back with `sure`."""
    typed = {name: request.form.get(name, "").strip() for name in _TYPED}
    kind, key, name = _parts(typed["of"])
    place = next((one for one in _places() if str(one.id) == typed["organisation"]), None)
    if place is None:
        raise NotFound("figure")
    try:
        if "sure" in request.form:
            figure_id = figures.propose(session(), place.id, kind, name, typed["value"], _day(typed["from_on"]), typed["title"], typed["document"],
                                        person(), now(), key=key)
            flash(_("已录入，等负责人确认后执行"))
            return redirect(url_for(".figure", figure_id=figure_id), 303)
        values = figures.draft(session(), kind, key, name, typed["value"], _day(typed["from_on"]), typed["title"], typed["document"], now())
    except Refused as refused:
        ids = {"name": "of"}
        return _form(typed, {ids.get(m.field or "value", m.field or "value"): m.text(language.lang()) for m in refused.messages}, 422)
    subject = figures.subject(session(), kind, key, name)
    return render_template(
        "figures/look.html", typed=typed, subject=subject, place=place, value=figures.told(subject, values["value"], language.lang()),
        values=values, touched=queries.touched(session(), values | {"path": place.path, "level": place.level}, now()), words=_words)


@blueprint.get("/<figure_id>")
@access(*READERS)
def figure(figure_id: str) -> ResponseReturnValue:
    return _figure(figure_id, {}, {}, 200)


@blueprint.post("/<figure_id>/decide")
@access(CONFIRMS)
def decide(figure_id: str) -> ResponseReturnValue:
    figures.figure(session(), figure_id, person())               # out of scope: not found
    if request.form.get("answer") == "decline":
        figures.decline(session(), figure_id, person(), now())
        flash(_("已退回这一条，不执行"))
    else:
        figures.confirm(session(), figure_id, person(), now())
        flash(_("已确认；新提交的申请从生效日起按它办理，已提交的不变"))
    return redirect(url_for(".figure", figure_id=figure_id), 303)


@blueprint.post("/<figure_id>/withdraw")
@access(PROPOSES)
def withdraw(figure_id: str) -> ResponseReturnValue:
    figures.figure(session(), figure_id, person())
    typed = {name: request.form.get(name, "").strip() for name in ("title", "document")}
    try:
        proposal = figures.withdraw(session(), figure_id, typed["title"], typed["document"], person(), now())
    except Refused as refused:
        return _figure(figure_id, typed, {m.field or "title": m.text(language.lang()) for m in refused.messages}, 422)
    flash(_("已提出撤销，等负责人确认"))
    return redirect(url_for(".figure", figure_id=proposal), 303)


def _form(typed: Mapping[str, str], faults: Mapping[str, str], status: int) -> ResponseReturnValue:
    return render_template("figures/new.html", typed=typed, faults=faults, subjects=_subjects().values(), places=_places(), words=_words), status


def _figure(figure_id: str, typed: Mapping[str, str], faults: Mapping[str, str], status: int) -> ResponseReturnValue:
    row = figures.figure(session(), figure_id, person())
    covers = any(row.path.startswith(post.path) for post in person().posts)
    mine = any(post.role == PROPOSES and row.path.startswith(post.path) for post in person().posts)
    ended = figures.figure(session(), row.withdraws, person()) if row.withdraws else None
    page = render_template(
        "figures/figure.html", row=row, ended=ended, subject=_subject(row, _subjects()), said=_said, words=_words, typed=typed, faults=faults,
        touched=queries.touched(session(), row, now()) if covers and row.status == "open" else None, confirms=figures.may_decide(row, person()),
        withdraws=mine and row.status == "confirmed" and row.value is not None and not row.ended_on)
    return page, status


def _subjects() -> dict[str, Subject]:
    return {one.id: one for one in figures.subjects(session(), local(now()).date())}


def _subject(row: Any, asked: Mapping[str, Subject]) -> Subject:
    """What a row is about; of a programme no longer in force its own words."""
    known = asked.get(f"{row.kind}.{row.definition_key}.{row.name}")
    if known is not None and known.type == row.type:
        return known
    return Subject(row.kind, row.definition_key, row.name, row.type, Label(row.name), Label(row.definition_key) if row.definition_key else None)


def _said(row: Any, asked: Mapping[str, Subject]) -> str:
    return figures.told(_subject(row, asked), row.value, language.lang()) if row.value is not None else _("撤销")


def _words(subject: Subject, value: Any) -> str:
    return subject.said(value, language.lang()) or "—"


def _standing(key: str, place: Post | None, today: date, asked: Mapping[str, Subject]) -> list[tuple[Subject, Any, Mapping[str, Any]]]:
    """Return (figure, value, since when and by which document) of what holds today where the reader's own post is."""
    if place is None:
        return []
    known = programmes.current(session(), today)
    if not known:
        return []
    definition = next((one for one in known if one.key == key), known[0])
    if key and definition.key != key:
        return []
    held = figures_for(session(), definition, place.path, today, everything=True)
    room = "param" if key else "region"
    names = definition.params if key else labels()
    return [(asked[f"{room}.{key}.{name}"], held[room].get(name), held["origin"][room].get(name) or (
        {"source": definition.params[name].source} if key else {})) for name in names if f"{room}.{key}.{name}" in asked]


def _programmes(today: date) -> list[tuple[str, str]]:
    return [(one.key, one.title.text(language.lang())) for one in programmes.current(session(), today) if one.params]


def _place() -> Post | None:
    """Whose figures the list shows: those of the reader's own organisation, the nearest to the workers where they hold several posts."""
    posts = [post for post in person().posts if post.role in READERS]
    return max(posts, key=lambda post: len(post.path), default=None)


def _places() -> list[Any]:
    """The organisations a handler may enter figures for: their own and the townships below."""
    paths = sorted({post.path for post in person().posts if post.role == PROPOSES})
    places = Organisation.__table__
    return [row for path in paths for row in session().execute(select(places).where(
        places.c.path.like(path + "%"), places.c.level != "unit", places.c.active).order_by(places.c.path))]


def _parts(of: str) -> tuple[str, str, str]:
    kind, _dot, rest = of.partition(".")
    key, _dot, name = rest.rpartition(".")
    return kind if kind in ("region", "param") else "region", key, name


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
