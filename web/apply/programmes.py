"""我能申请什么, 办事指南 and 帮我看看: what a programme asks and gives, before anything is filled in.

帮我看看 asks only what the programmes themselves judge by: yes-or-no and choice questions that a criterion rests on alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from workflow import engine, programmes, queries
from workflow.engine.cycles import effective, intake_open
from workflow.engine.facts import months_between, years_between
from workflow.engine.households import UNKNOWN, file_refusals, household_facts
from workflow.engine.path import outline
from workflow.errors import Message, NotFound
from workflow.language.definition import Criterion, Definition, Field
from workflow.language.expressions import Unanswerable
from workflow.language.fields import FieldFault, parse_value
from workflow.records import Organisation, Person

from .. import language
from ..access import PUBLIC, access, actor, person
from ..db import local, now, session
from ..wording import param, worded
from .room import blueprint, may_file_for_others, offices

QUESTIONS = 8


@dataclass(frozen=True, slots=True)
class Offer:
    """One programme on the list. `refused` holds why it cannot apply, by what is known or was answered."""

    definition: Definition
    open: bool
    refused: tuple[Any, ...] = ()


@blueprint.get("/programmes")
@access(PUBLIC)
def home() -> ResponseReturnValue:
    """Everything open now; my own running cases first; what cannot apply, folded away with the reason."""
    today, me = local(now()).date(), actor()
    known = _known(today) if me else {}
    files = me is not None and may_file_for_others()
    definitions = [d for d in programmes.current(session(), today) if d.apply_who == "person" or d.apply_who == "officer" and files
                   or d.apply_who == "organisation" and me is not None and engine.unions_of(d, me)]
    questions = _questions(definitions)
    answers = _answers(questions)
    fileless = _fileless(definitions, today, files=files)
    offers = [Offer(d, intake_open(d, today), (*fileless.get(d.key, ()), *_refusals(d, known, answers, today))) for d in definitions]
    cases = [row for row in queries.my_cases(session(), me).rows if row.outcome is None] if me else []
    return render_template(
        "apply/home.html", cases=cases, questions=questions, answered=bool(answers), agent=files,
        offers=[offer for offer in offers if offer.open and not offer.refused],
        closed=[offer for offer in offers if not offer.open], unfit=[offer for offer in offers if offer.open and offer.refused])


@blueprint.get("/programmes/<key>")
@access(PUBLIC)
def guide(key: str) -> ResponseReturnValue:
    """The official guide: conditions, documents, standards, steps with promised days, whom to ask."""
    today, lang = local(now()).date(), language.lang()
    definition = _current(key, today)
    me = actor()
    unions, for_others = _unions(), me is not None and may_file_for_others()
    sums = [(definition.calc_labels[name].text(lang), worded(definition, expr, lang)) for name, expr in definition.calc.items()
            if name in definition.calc_labels]
    return render_template(
        "apply/guide.html", definition=definition, open=effective(definition, today) and intake_open(definition, today),
        criteria=[c for c in definition.criteria if c.on_fail == "refuse"], looked=[c for c in definition.criteria if c.on_fail == "flag"],
        checks=_checks(definition), fileless=_fileless([definition], today, files=for_others).get(key, ()), sums=sums, amount=_amount(definition, lang),
        params=[(p.label.text(lang) or p.name, param(definition, p.name), p.source) for p in definition.params.values()],
        steps=outline(definition, now()),
        kinds=[k for k in definition.attachments.values() if any(f"attachments.{k.name}" in s.edit for s in definition.states.values()
                                                                if s.kind == "draft")],
        unions=unions, nominated=definition.apply_who == "officer", union_files=definition.apply_who == "organisation",
        files=engine.unions_of(definition, me) if me is not None and definition.apply_who == "organisation" else {},
        agent=for_others and (definition.apply_agent or definition.apply_who == "officer"))


@blueprint.post("/apply/<key>")
@access("applicant")
def start(key: str) -> ResponseReturnValue:
    """Open a draft for oneself, or for the worker chosen under 代办; the same form sent twice opens one."""
    case_id = engine.start(session(), key, person(), now(), applicant_id=request.form.get("applicant") or None,
                           organisation_id=_number(request.form.get("organisation")),
                           idem_key=request.form.get("key") or None)
    return redirect(url_for(".tasks", case_id=case_id), 303)


def _number(text: str | None) -> int | None:
    """The id of the union chosen; what is no number names none of them."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound("organisation")
    return int(text)


def _amount(definition: Definition, lang: str) -> str:
    """How the amount is worked out; nothing where it is one of the sums that are listed before it."""
    rule = definition.amount
    if rule is None or rule.value.clause.word == "name" and rule.value.source.partition(".")[2] in definition.calc_labels:
        return ""
    return worded(definition, rule.value, lang)


def _current(key: str, today: date) -> Definition:
    try:
        return programmes.in_force(session(), key, today)
    except NotFound:
        return programmes.definition(session(), key)      # run out or not begun: the page says so


def _checks(definition: Definition) -> list[Any]:
    """What the first step refuses beyond the criteria; each message once."""
    return [*file_refusals(definition, {"household": UNKNOWN}),
            *dict.fromkeys(check.message for way in definition.ways(definition.initial) for check in way.conditions)]


def _fileless(definitions: list[Definition], today: date, *, files: bool) -> dict[str, list[Message]]:
    """Why the reader's own household cannot have a programme: said before a form is typed that is refused at its end.

    Whoever may file for others is not told: it is their file that counts then.
    """
    me = actor()
    asked = [d for d in definitions if d.requires_file is not None and d.apply_who == "person" and not (files and d.apply_agent)]
    if me is None or me.person_id is None or not asked:
        return {}
    facts = {"household": household_facts(session(), me.person_id, "", today)}
    return {d.key: found for d in asked if (found := file_refusals(d, facts))}


def _unions() -> list[Any]:
    """Whom to ask: one's own union and the county's above it; for strangers every county union with a phone."""
    me = actor()
    if me is not None:
        path = session().scalar(select(Organisation.path).join(Person, Person.union_id == Organisation.id).where(Person.id == me.person_id))
        if path:
            return [office for office in offices(path) if office.phone]
    return list(session().execute(select(Organisation.name, Organisation.phone).where(
        Organisation.level == "county", Organisation.active, Organisation.phone != "").order_by(Organisation.id).limit(3)))


# --- 帮我看看 ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Question:
    """One question that some programmes judge by. The same words with the same choices are asked once."""

    name: str
    spec: Field
    fields: tuple[tuple[str, str], ...]      # (programme, field) it answers


def _questions(definitions: list[Definition]) -> list[Question]:
    found: dict[tuple[Any, ...], list[tuple[str, str]]] = {}
    specs: dict[tuple[Any, ...], Field] = {}
    for definition in definitions:
        for criterion in _simple(definition):
            for name in criterion.expr.names:
                if name.startswith("form."):
                    spec = definition.form[name[5:]]
                    sign = (spec.label.zh, spec.type, tuple(spec.options))
                    specs.setdefault(sign, spec)
                    if (definition.key, spec.name) not in found.setdefault(sign, []):
                        found[sign].append((definition.key, spec.name))
    return [Question(f"q{number}", specs[sign], tuple(fields)) for number, (sign, fields) in enumerate(found.items(), 1)][:QUESTIONS]


def _simple(definition: Definition) -> Iterator[Criterion]:
    """The refusing criteria that rest on the register, on figures, and on questions answered by a tick alone."""
    for criterion in definition.criteria:
        names = criterion.expr.names
        if criterion.on_fail == "refuse" and all(
                name.startswith("param.") or name in _REGISTER or name == "today"
                or name.startswith("form.") and definition.form[name[5:]].type in ("bool", "enum") for name in names):
            yield criterion


_REGISTER = frozenset({"applicant.age", "applicant.gender", "applicant.member", "applicant.member_months", "applicant.migrant",
                       "applicant.model_worker"})


def _answers(questions: list[Question]) -> dict[tuple[str, str], Any]:
    answers: dict[tuple[str, str], Any] = {}
    for question in questions:
        try:
            value = parse_value(question.spec, request.args.get(question.name, ""))
        except FieldFault:
            continue
        if value is not None:
            answers |= dict.fromkeys(question.fields, value)
    return answers


def _known(today: date) -> dict[str, Any]:
    """What the register says of the reader, as the engine's facts name it."""
    me = session().get_one(Person, person().person_id)
    return {"gender": me.gender, "age": years_between(me.born_on, today) if me.born_on else None,
            "member": me.member_since is not None, "migrant": me.migrant, "model_worker": me.model_worker,
            "member_months": months_between(me.member_since, today) if me.member_since else 0}


def _refusals(definition: Definition, known: dict[str, Any], answers: dict[tuple[str, str], Any], today: date) -> Iterator[Any]:
    facts = {"applicant": known, "today": today, "param": {name: param.value for name, param in definition.params.items()},
             "form": {field: value for (key, field), value in answers.items() if key == definition.key}}
    for criterion in _simple(definition):
        try:
            if not criterion.expr.holds(facts, definition.tables):
                yield criterion.message
        except Unanswerable:
            continue                     # not asked, not answered or not known: nothing is ruled out
