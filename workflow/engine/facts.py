"""The facts a definition may read about a case, as plain dictionaries. Built from rows, never lazy, never written back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, bindparam, case, func, select
from sqlalchemy.orm import Session

from ..figures import standing
from ..language.definition import Definition
from ..language.expressions import Expr, Unanswerable
from ..money import holds
from ..records import Case
from .covering import cover_facts, enrols
from .cycles import cycle_of
from .dossier import Dossier, local_day
from .entries import entries
from .households import household_facts
from .places import above, at_level, region
from .registers import coded

_cases = Case.__table__
_GRANTED = select(
    func.count(),
    func.coalesce(func.sum(case((_cases.c.cycle == bindparam("cycle"), 1), else_=0)), 0),
    func.coalesce(func.sum(case((_cases.c.cycle == bindparam("cycle"), _cases.c.amount_fen), else_=0)), 0),
).where(and_(_cases.c.definition_key == bindparam("key"), _cases.c.outcome == "approved", _cases.c.id != bindparam("me")))
_GRANTED_TO = {False: _GRANTED.where(_cases.c.applicant_id.in_(entries(bindparam("whose", type_=_cases.c.applicant_id.type)))),
               True: _GRANTED.where(_cases.c.unit_id == bindparam("whose"))}
"""What this programme has granted before: to the person, or to the union that applies through whichever officer."""

_BLANK_TASK = {"acted": False, "resubmit_to": None, "changed_material": False}


def facts_of(session: Session, dossier: Dossier, now: datetime, form: dict[str, Any] | None = None,
             changed: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the facts as they stand at `now`, with `form` in place of the stored one where given.

    Policy figures are those of the first submission; before it, those in force today.
    """
    row, definition, today = dossier.row, dossier.definition, local_day(now)
    cycle = row.cycle or cycle_of(definition, today)
    submitted = row.submitted_at or now
    places = above(session, row.path)
    county = at_level(places, "county")
    held = row.figures or figures_of(session, dossier, today)
    facts: dict[str, Any] = {
        "form": coded(session, definition, form if form is not None else dossier.form),
        "attachments": {kind: dossier.attached.get(kind, 0) for kind in definition.attachments},
        "param": figures_in(definition, held), "region": {k: Decimal(v) for k, v in held["region"].items()},
        "applicant": the_union(row) if definition.apply_who == "organisation" else applicant(row, today),
        "org": {"code": row.unit_code, "name": row.unit_name, "level": row.unit_level, "county": county.code if county else None,
                "has_township": at_level(places, "township") is not None},
        "case": {"number": row.number, "submitted_on": local_day(submitted), "cycle": cycle,
                 "year": local_day(submitted).year},
        "task": _task(dossier, changed), "today": today, "household": {}, "budget": {}, "cover": {},
    }
    union = definition.apply_who == "organisation"
    if reads(definition) & {"applicant.granted_this_cycle", "applicant.times_this_cycle", "applicant.times_ever"}:
        ever, times, fen = session.connection().execute(_GRANTED_TO[union], {
            "whose": row.unit_id if union else row.entry_id, "key": definition.key, "cycle": cycle, "me": row.id}).one()
        facts["applicant"] |= {"times_ever": ever, "times_this_cycle": int(times),
                               "granted_this_cycle": Decimal(int(fen)) / 100}
    if definition.requires_file is not None or any(name.startswith("household.") for name in reads(definition)):
        facts["household"] = household_facts(session, row.entry_id, row.id, today)
    if enrols(definition) or any(name.startswith("cover.") for name in reads(definition)):
        facts["cover"] = cover_facts(session, dossier, facts)
    if "budget.available" in reads(definition):
        facts["budget"]["available"] = holds.available(session, definition, facts, row.id)
    facts["calc"] = worked_out(definition, facts)
    return facts


def worked_out(definition: Definition, facts: dict[str, Any]) -> dict[str, Any]:
    """Return every `calc` in order; None where a field it needs is still empty, which no expression takes for false."""
    results: dict[str, Any] = {}
    facts["calc"] = results
    for name, expr in definition.calc.items():
        try:
            results[name] = expr.evaluate(facts, definition.tables)
        except Unanswerable:
            results[name] = None
    return results


def applicant(row: Any, today: date) -> dict[str, Any]:
    since = row.member_since
    return {
        "id": row.entry_id, "gender": row.gender, "age": years_between(row.born_on, today) if row.born_on else None,
        "union": row.unit_code, "member": since is not None,
        "member_months": months_between(since, today) if since else 0,
        "migrant": row.migrant, "model_worker": row.model_worker,
    }


def the_union(row: Any) -> dict[str, Any]:
    """Return what is known of the applicant where a union applies: nothing of the person who files."""
    return {"id": row.unit_code, "union": row.unit_code} | dict.fromkeys(
        ("gender", "age", "member", "member_months", "migrant", "model_worker"))


def years_between(start: date, end: date) -> int:
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def months_between(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


def _task(dossier: Dossier, changed: frozenset[str]) -> dict[str, Any]:
    returned = dossier.row.returned
    if returned is None and dossier.row.task_touched_at is None:
        return _BLANK_TASK
    return {"acted": dossier.row.task_touched_at is not None,
            "resubmit_to": returned["from"] if returned and returned["resubmit"] == "direct" else None,
            "changed_material": bool(returned and changed & set(returned["restart_if_changed"]))}


def snapshot_figures(definition: Definition, place: str, day: date, entered: Iterable[standing.Entered] = (), *,
                     everything: bool = False) -> dict[str, Any]:
    """Return the policy figures in force on `day`, as JSON text: of the files, and of what officers `entered`. Pure.

    `origin` says since when and by which document each holds that does not stand in the definition; only of those that
    the rules read, or of `everything`.
    """
    entered = tuple(entered)
    rooms = {"param": standing.param_standing(definition, entered), "region": standing.region_standing(place, day, entered)}
    origin = {room: {name: {"from": one.start.isoformat(), "source": one.source} | ({"id": one.id} if one.id else {})
                     for name, one in known.items() if one.start is not None and (everything or f"{room}.{name}" in reads(definition))}
              for room, known in rooms.items()}
    held: dict[str, Any] = {room: {name: one.value for name, one in known.items()} for room, known in rooms.items()}
    return held | {"on": day.isoformat(), "origin": origin}


def figures_for(session: Session, definition: Definition, path: str, day: date, *, everything: bool = False) -> dict[str, Any]:
    """Return the policy figures in force for a union on `day`, to be pinned to a case when it is submitted."""
    entered = standing.entered_for(session, definition.key, path, day)
    return snapshot_figures(definition, region(session, path), day, entered, everything=everything)


def figures_of(session: Session, dossier: Dossier, day: date) -> dict[str, Any]:
    """Return `figures_for` a case on `day`. What is judged is what is then pinned: both read it here, and once."""
    which = dossier.definition.digest, day
    if which not in dossier.figures:
        dossier.figures[which] = figures_for(session, dossier.definition, dossier.row.path, day)
    return dossier.figures[which]


def snapshot_facts(definition: Definition, day: date, place: str = "") -> dict[str, Any]:
    """Return the policy figures of `day` as facts: `param` and `region`."""
    held = snapshot_figures(definition, place, day)
    return {"param": figures_in(definition, held), "region": {k: Decimal(v) for k, v in held["region"].items()}}


def figures_in(definition: Definition, held: dict[str, Any]) -> dict[str, Any]:
    """Return the pinned params with the types the definition gives them."""
    values: dict[str, Any] = {}
    for name, param in definition.params.items():
        stored = held["param"].get(name)
        values[name] = (Decimal(stored) if isinstance(param.value, Decimal) else
                        date.fromisoformat(stored) if isinstance(param.value, date) else stored)
    return values


_read: dict[str, frozenset[str]] = {}     # by definition digest


def reads(definition: Definition) -> frozenset[str]:
    """Return every fact name some expression of the definition reads."""
    names = _read.get(definition.digest)
    if names is None:
        names = _read[definition.digest] = frozenset(
            name for expr in expressions_of(definition) if isinstance(expr, Expr) for name in expr.names)
    return names


def expressions_of(definition: Definition) -> Iterator[Expr | bool | None]:
    """Yield every expression of the definition; some are plain True, False or None."""
    yield from definition.calc.values()
    yield from definition.unique
    yield from (criterion.expr for criterion in definition.criteria)
    for transition in definition.transitions:
        yield transition.when
        yield from (check.expr for check in transition.conditions)
    for spec in definition.form.values():
        yield from (spec.required, spec.visible, spec.validate)
        for column in spec.columns.values():
            yield from (column.required, column.visible, column.validate)
    yield from (kind.required for kind in definition.attachments.values())
    yield from (cap.max for cap in definition.caps)
    if definition.lines:
        rule = definition.lines
        yield from (rule.person, rule.name, rule.account, rule.holder, rule.bank, rule.amount)
        if rule.goods:
            yield from (rule.goods.item, rule.goods.quantity)
    if definition.amount:
        yield from (definition.amount.value, definition.amount.max)
