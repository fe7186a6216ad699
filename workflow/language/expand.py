"""A programme as written → the frozen `Definition` that machine, engine and pages read.

Wildcards and lists are written out, defaults filled in, expressions compiled in the order they depend on each other.
Whatever cannot be compiled is told on the sheet; the definition is then good for further checks only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import orjson

from . import definition as d
from . import fields, flow, granting
from .calculations import calculations
from .expressions import Expr, compile_expression
from .kinds import Kind, Names
from .names import cell, with_row
from .schema import Programme, Question
from .schema_flow import Condition
from .sheet import Sheet, Way
from .structure import Path
from .words import DECIMAL_TEXT, LEVELS, LabelWords, label

ALWAYS = compile_expression("True", Names({}))
_LABELS = {"submit": ("提交", "Submit"), "approve": ("同意", "Approve"), "reject": ("不同意", "Reject"),
           "return_to": ("退回", "Return"), "withdraw": ("撤回", "Withdraw"), "abandon": ("放弃申请", "Abandon"),
           "pay": ("已拨付", "Paid"), "lapse": ("逾期作废", "Lapsed")}


def expand(sheet: Sheet, document: Mapping[str, Any]) -> d.Definition:
    """Return the definition; `sheet.faults` says whether it may be used. `document` is what gets hashed."""
    p = sheet.programme
    calc = calculations(sheet)
    asked = {name: _field(sheet, ("form", name), name, question) for name, question in p.form.items()}
    form = {name: field for name, field in asked.items() if field.type != "file"}
    named = [question.section for question in p.form.values()] + [kind.section for kind in p.attachments.values()]
    sections = {_key(words): label(words) for words in named if words}
    if any(item.section is None for item in p.form.values()):
        sections = {"": d.Label("申请信息", "Application"), **sections}
    return d.Definition(
        key=p.key, version=p.version, title=label(p.title), summary=label(p.summary), initial=p.initial,
        number=p.number, basis=tuple(d.Basis(label(one.title), one.number, one.clause) for one in p.basis),
        effective_from=p.effective.start, effective_to=p.effective.end,
        apply_who=p.apply.who, apply_agent=p.apply.agent, beneficiary=p.beneficiary,
        intake=d.Intake(p.intake.start, p.intake.end, p.intake.late) if p.intake else None, cycle=_cycle(p),
        unique=tuple(_expression(sheet, ("unique", place), source) for place, source in enumerate(p.unique)),
        value=p.value or ("cash_grant" if p.amount or p.lines else "none"),
        params={name: d.Param(name, one.type, _param(sheet, name), label(one.label, name), one.source)
                for name, one in p.params.items()},
        tables={name: d.Table(name, one.type, tuple(one.columns), _rows(one.type, one.rows))
                for name, one in p.tables.items()},
        sections=sections, form=form,
        attachments={name: d.AttachmentKind(
            name, label(one.label), one.min, one.max, tuple(one.accept),
            _flag(sheet, ("attachments", name, "required"), one.required), label(one.help), _key(one.section))
            for name, one in p.attachments.items()} | flow.papers(sheet) | {
                name: _answered(field) for name, field in asked.items() if field.type == "file"},
        calc=calc, calc_labels={name: label(p.calc[name].label, name) for name in calc},
        criteria=_criteria(sheet), amount=_amount(sheet), budget=_budget(sheet),
        actors=_actors(p),
        separation=d.Separation(tuple(p.separation.distinct), p.separation.applicant_may_not_decide,
                                p.separation.relatives),
        return_max=p.defaults.returns.max or 3, states=flow.states(sheet), transitions=_transitions(sheet),
        progress=tuple(p.progress), digest=digest(document), document=document,
        operations=flow.operations(sheet), running=p.versioning.running,
        migrate_from={int(version): dict(names) for version, names in p.versioning.migrate_from.items() if version.isdigit()},
        requires_file=granting.requires_file(p), excludes=tuple(p.excludes), caps=granting.caps(sheet), lines=granting.lines(sheet),
        measure=d.Measure(p.measure.grain, label(p.measure.sentence)) if p.measure else None,
        sources=tuple(p.sources), retention=p.retention,
    )


def _answered(asked: d.Field) -> d.AttachmentKind:
    """Return a question of type `file` as what it is: one file, asked for on the page of its section."""
    return d.AttachmentKind(asked.name, asked.label, 1, 1, required=asked.required, help=asked.help, section=asked.section,
                            visible=asked.visible, answer=True)


def digest(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(document)).hexdigest()


def canonical(document: Mapping[str, Any]) -> bytes:
    """Return the one JSON form of an expanded definition that is hashed and kept."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def _key(words: LabelWords | None) -> str:
    return words.zh if words else ""


def _expression(sheet: Sheet, path: Path, source: str, want: Kind | None = None, names: Names | None = None) -> Expr:
    return sheet.compile(path, source, want, names) or ALWAYS


def _flag(sheet: Sheet, path: Path, value: bool | str, names: Names | None = None) -> bool | Expr:
    return value if isinstance(value, bool) else _expression(sheet, path, value, Kind.BOOL, names)


def _cycle(p: Programme) -> d.Cycle:
    name = p.cycle.name.zh
    kind: Literal["calendar_year", "academic_year", "named"] = "named"
    if name in ("calendar_year", "academic_year"):
        kind = name  # type: ignore[assignment]  # narrowed by the test above
    return d.Cycle(kind, "" if kind != "named" else name, p.cycle.start, p.cycle.end)


# --- the form -----------------------------------------------------------------------------------------


def _field(sheet: Sheet, path: Path, name: str, q: Question, names: Names | None = None) -> d.Field:
    inner = with_row(sheet.names, f"form.{name}") if q.type == "table" else None
    made = d.Field(
        name=name, label=label(q.label), type=q.type, section=_key(q.section), help=label(q.help),
        required=_flag(sheet, (*path, "required"), q.required, names),
        visible=_flag(sheet, (*path, "visible"), q.visible, names),
        min=_limit(sheet, (*path, "min"), q.type, q.min), max=_limit(sheet, (*path, "max"), q.type, q.max),
        options={code: label(words) for code, words in q.options.items()}, pattern=q.pattern, sensitive=q.sensitive,
        prefill=q.prefill, validate=_flag(sheet, (*path, "validate"), q.valid, names), message=label(q.message),
        columns={column: _field(sheet, (*path, "columns", column), column, words, inner)
                 for column, words in q.columns.items()})
    if q.default is None:
        return made
    try:
        return replace(made, default=fields.parse_value(made, q.default))
    except fields.FieldFault as refused:
        sheet.error((*path, "default"), "BAD_DEFAULT", f"默认值不能用：{refused.message_zh}",
                    f"The default cannot be used: {refused.message_en}")
        return made


def _limit(sheet: Sheet, path: Path, type: str, value: Any) -> Any:
    """Return `min` or `max` in the type it limits: an amount, a date, or a count of characters or rows."""
    if value is None:
        return None
    typed = type if type in ("money", "decimal", "date", "month") else "int"
    return _typed(sheet, path, typed, value)


def _typed(sheet: Sheet, path: Path, type: str, value: Any) -> Any:
    text = str(value)
    try:
        if type in ("money", "decimal") and not isinstance(value, bool) and DECIMAL_TEXT.match(text):
            return Decimal(text)
        if type == "int" and isinstance(value, int) and not isinstance(value, bool):
            return value
        if type == "bool" and isinstance(value, bool):
            return value
        if type in ("text", "enum") and isinstance(value, str):
            return value
        if type == "date" and isinstance(value, str) and len(value) == 10:
            return date.fromisoformat(value)
        if type == "month" and isinstance(value, str) and len(value) == 7:
            return date.fromisoformat(f"{value}-01")
    except ValueError:
        pass
    wanted = {"money": ("金额", "an amount"), "decimal": ("数字", "a number"), "int": ("整数", "a whole number"),
              "bool": ("true 或 false", "true or false"), "date": ("日期，例如 2026-07-01", "a date like 2026-07-01"),
              "month": ("月份，例如 2026-07", "a month like 2026-07")}.get(type, ("文字", "text"))
    sheet.error(path, "BAD_TYPE", f"“{text[:40]}”应为{wanted[0]}", f"'{text[:40]}' should be {wanted[1]}")
    return None


def _param(sheet: Sheet, name: str) -> Any:
    one = sheet.programme.params[name]
    value = _typed(sheet, ("params", name, "value"), one.type, one.value)
    if one.type == "enum" and value is not None and value not in one.options:
        sheet.error(("params", name, "value"), "BAD_VALUE", f"“{value}”不在 options 里", f"'{value}' is no option")
    return value


def _rows(type: str, rows: list[list[Any]]) -> tuple[tuple[Any, ...], ...]:
    if type == "progressive":
        return tuple(tuple(Decimal(str(one)) if DECIMAL_TEXT.match(str(one)) else None for one in row) for row in rows)
    return tuple(tuple(cell(one) for one in row) for row in rows)


# --- rules --------------------------------------------------------------------------------------------


def _criteria(sheet: Sheet) -> tuple[d.Criterion, ...]:
    found = []
    for place, one in enumerate(sheet.programme.criteria):
        state, _, trigger = one.at.rpartition(".")
        found.append(d.Criterion(
            one.name, label(one.label or one.message, one.name),
            _expression(sheet, ("criteria", place, "expr"), one.expr, Kind.BOOL),
            label(one.message), one.basis, trigger, state or None, one.on_fail))
    return tuple(found)


def _amount(sheet: Sheet) -> d.Amount | None:
    one = sheet.programme.amount
    if one is None:
        return None
    most = _expression(sheet, ("amount", "max"), one.max, Kind.NUMBER) if one.max else None
    return d.Amount(_expression(sheet, ("amount", "value"), one.value, Kind.NUMBER), tuple(one.adjustable_in), most,
                    one.reason_required)


def _budget(sheet: Sheet) -> d.Budget | None:
    one = sheet.programme.budget
    return None if one is None else d.Budget(one.pool, one.unit, frozenset(one.hold_in), one.commit or "")


def _checks(sheet: Sheet, path: Path, conditions: Iterable[Condition]) -> tuple[d.Check, ...]:
    return tuple(d.Check(_expression(sheet, (*path, place, "expr"), one.expr, Kind.BOOL), label(one.message), one.basis)
                 for place, one in enumerate(conditions))


def _actors(p: Programme) -> dict[str, d.ActorRule]:
    """A fallback may be another actor or, for short, a role: then that role at its own level, or where the actor is."""
    found = {name: d.ActorRule(name, one.who, one.role, one.scope, one.fallback,
                               one.empty or ("fallback" if one.fallback else "admin"))
             for name, one in p.actors.items()}
    for one in p.actors.values():
        if one.fallback and one.fallback not in found:
            scope = f"ancestor({one.fallback})" if one.fallback in LEVELS else one.scope
            found[one.fallback] = d.ActorRule(one.fallback, None, one.fallback, scope)
    return found


# --- the flow -----------------------------------------------------------------------------------------


def _transitions(sheet: Sheet) -> tuple[d.Transition, ...]:
    routes = {place: _expression(sheet, ("transitions", place, "when"), words.when, Kind.BOOL)
              for place, words in enumerate(sheet.programme.transitions) if words.when is not None}
    checks = {place: _checks(sheet, ("transitions", place, "conditions"), words.conditions)
              for place, words in enumerate(sheet.programme.transitions)}
    return tuple(_transition(sheet, way, routes.get(way.place), checks[way.place])
                 for way in sheet.ways() if way.source in sheet.states and way.dest in sheet.states)


def _transition(sheet: Sheet, way: Way, when: Expr | None, conditions: tuple[d.Check, ...]) -> d.Transition:
    words, defaults = way.words, sheet.programme.defaults
    returns = way.trigger == "return_to"
    zh, en = _LABELS.get(way.trigger, (way.trigger, way.trigger))
    return d.Transition(
        way.trigger, label(words.label) if words.label else d.Label(zh, en), way.source, way.dest, when, conditions,
        _required(sheet, way), words.comment or defaults.comment.get(
            "return" if returns and "return_to" not in defaults.comment else way.trigger, "optional"),
        words.actor, way.chosen, None if words.edit_only is None else frozenset(sheet.spread(words.edit_only)),
        words.resubmit or (defaults.returns.resubmit if returns else None),
        frozenset(sheet.spread(words.restart_if_changed)), tuple(words.effects))


def _required(sheet: Sheet, way: Way) -> tuple[str, ...]:
    """Return what must be filled in: single names are asked for whatever their field says; `form` and `attachments`
    stay as they are and mean what is required of all that this step may fill in, judged case by case."""
    groups = {"form": "form", "form.*": "form", "attachments": "attachments", "attachments.*": "attachments"}
    return tuple(dict.fromkeys(one for name in way.words.require
                               for one in ([groups[name]] if name in groups else sheet.spread([name]))))
