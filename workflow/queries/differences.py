"""What has changed since the decision that set the amount: answers, the register, the household. Nothing of it changes the amount."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from ..calendar import ZONE
from ..engine.dossier import unsealed
from ..engine.households import household_facts
from ..engine.start import first_values
from ..language.definition import Definition, Field
from ..language.fields import from_json
from ..privacy import vault
from ..programmes import by_digest
from ..records import Case, Decision, HouseholdMember, Person

_members = HouseholdMember.__table__
HOUSEHOLD = ("size", "category", "status", "monthly_per_capita")


@dataclass(frozen=True, slots=True)
class Difference:
    """`kind`: form (answered otherwise since), register (of the applicant), household. `spec` of a field of the form."""

    kind: str
    name: str
    then: Any
    now: Any
    spec: Field | None = None


def since_decision(session: Session, case_id: str, seq: int, now: datetime) -> tuple[Difference, ...]:
    """Return what stood in the sealed facts of decision `seq` and is otherwise now; nothing where those are erased.

    Raises `Damaged` where the sealed facts do not open.
    """
    decision = session.execute(select(Decision.at, Decision.snapshot, Decision.definition_digest).where(
        Decision.case_id == case_id, Decision.seq == seq)).one()
    if decision.snapshot is None:
        return ()
    definition = by_digest(session, decision.definition_digest)
    case = session.execute(select(Case.applicant_id, Case.unit_id, Case.form, Case.sealed).where(Case.id == case_id)).one()
    stored = vault(session).open_json("decisions.snapshot", f"{case_id}:{seq}", decision.snapshot)["facts"]
    form = {name: from_json(spec, stored["form"][name]) for name, spec in definition.form.items() if stored["form"].get(name) is not None}
    later = unsealed(session, "cases", case_id, definition, case.form, case.sealed)
    found = [Difference("form", name, form.get(name), later.get(name), definition.form[name])
             for name in definition.form if _given(form.get(name)) != _given(later.get(name))]
    found += _register(session, definition, case.applicant_id, case.unit_id, form, {one.name for one in found})
    return (*found, *_household(session, case.applicant_id, case_id, stored.get("household") or {}, decision.at, now))


def _register(session: Session, definition: Definition, person_id: str, unit_id: int, form: dict[str, Any], told: set[str]) -> list[Difference]:
    """Answers that the register gives otherwise today."""
    person = session.get(Person, person_id)
    if person is None or person.merged_into is not None:
        return []
    today = first_values(session, definition, person, unit_id if definition.apply_who == "organisation" else None)
    return [Difference("register", name, form[name], today[name], spec) for name, spec in definition.form.items()
            if spec.prefill and name in today and name in form and name not in told and today[name] != form[name]]


def _household(session: Session, person_id: str, case_id: str, held: dict[str, Any], at: datetime, now: datetime) -> list[Difference]:
    today = household_facts(session, person_id, case_id, now.astimezone(ZONE).date())
    then = {name: held[name] for name in HOUSEHOLD if name in held}
    if "size" not in then:
        then["size"], today = _size(session, person_id, at.astimezone(ZONE).date()), {"size": _size(session, person_id, now.astimezone(ZONE).date())}
    return [Difference("household", name, then[name], today[name]) for name in HOUSEHOLD
            if name in then and name in today and str(then[name]) != str(today[name])]


def _size(session: Session, person_id: str, day: date) -> int:
    """How many people belonged to the household of a person on a day; 1 where the register knows of none."""
    on_day = (_members.c.since_on <= day, or_(_members.c.until_on.is_(None), _members.c.until_on > day))
    home = session.scalar(select(_members.c.household_id).where(_members.c.person_id == person_id, *on_day).limit(1))
    return 1 if home is None else session.scalar(select(func.count()).where(_members.c.household_id == home, *on_day)) or 1


def _given(value: Any) -> Any:
    return None if value == [] else value
