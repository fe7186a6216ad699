"""What a case does to the register: `file.open`, `file.renew`, `file.exit`, `file.cancel`, and `file.visited` before them.

They read the form by convention, which the checker holds definitions to (`language/check_filing.py`, docs/hardship-files.md):
`form.category`, the table `form.family` of everybody who lives with the applicant (name, id_no, relation), `calc.per_capita`,
`form.end_reason`, and the officers of the visit `form.visitor_1` and `form.visitor_2`. Each raises `Refused`; then the step has not
happened either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from .. import register
from ..errors import Message, Refused, one
from ..language.check_filing import VISITORS
from ..language.identity import mask
from ..organisations import actor_role
from ..privacy import vault
from ..records import Appointment, HardshipFile, HouseholdMember, Organisation, Person
from .dossier import local_day
from .judge import fen

if TYPE_CHECKING:
    from .effects import Step


def visited(step: Step) -> None:
    """Refuse a visit that two officers did not make, and a family of whom somebody stands in another file already."""
    _two_officers(step)
    _not_twice(step)


def open_file(step: Step) -> None:
    """Enter the household with everybody who lives in it, and open its file under the number of the case."""
    session, row, today = step.session, step.dossier.row, local_day(step.now)
    role, category = actor_role(step.actor), _category(step)
    home = register.household_now(session, row.applicant_id)
    _not_twice(step)
    if (own := _own_number(step)) is not None:
        register.remember_number(session, row.applicant_id, own[1], step.actor, step.now, role=role, field=f"form.{own[0]}")
    if home is None:
        home = register.open_household(session, row.applicant_id, step.actor, step.now, address=str(step.form.get("address") or ""), since=today, role=role)
    for person, relation in _family(step):
        _settle_in(step, home, person, relation, role)
    register.open_file(session, home, step.number or row.id, step.actor, step.now, role=role, category=category, size=_size(step),
                       per_capita_fen=_per_capita(step), opened_on=today, case_id=row.id, head_id=row.applicant_id, unit_id=row.unit_id, path=row.path)


def renew(step: Step) -> None:
    """Keep the file for another year with the family, category and income that the review has found."""
    file, role, today = _file(step), actor_role(step.actor), local_day(step.now)
    category, family = _category(step), _family(step)
    _not_twice(step)
    for person, relation in family:
        _settle_in(step, file.household_id, person, relation, role)
    listed = {person for person, _ in family} | {step.dossier.row.applicant_id, file.head_id}
    gone = step.session.execute(select(HouseholdMember.person_id).where(
        HouseholdMember.household_id == file.household_id, HouseholdMember.until_on.is_(None), HouseholdMember.relation != "head",
        HouseholdMember.person_id.not_in(listed))).scalars().all()
    for person in gone:
        register.remove_member(step.session, file.household_id, person, today, "复核时已不共同生活", step.actor, step.now, role=role)
    register.renew(step.session, file, step.actor, step.now, role=role, category=category, size=_size(step), per_capita_fen=_per_capita(step), on=today)


def leave(step: Step) -> None:
    """End the file because the household no longer needs it (脱困撤档)."""
    _end(step, "exited")


def cancel(step: Step) -> None:
    """End the file for another reason: death, a wrong recognition, a move (注销)."""
    _end(step, "cancelled")


EFFECTS: Mapping[str, Callable[[Step], None]] = {
    "file.visited": visited, "file.open": open_file, "file.renew": renew, "file.exit": leave, "file.cancel": cancel}


def _end(step: Step, status: str) -> None:
    spec, said = step.dossier.definition.form["end_reason"], step.form.get("end_reason")
    if not said:
        raise Refused(one("REQUIRED", f"请填写“{spec.label.zh}”", f"Please fill in “{spec.label.text('en')}”", "form.end_reason"))
    reason = spec.options[said].zh if said in spec.options else str(said)
    register.end(step.session, _file(step), status, reason, step.actor, step.now, role=actor_role(step.actor), on=local_day(step.now))


def _own_number(step: Step) -> tuple[str, str] | None:
    """Return the field that asks for the applicant's own identity number, and what stands in it; None where nothing does."""
    return next(((name, str(step.form[name])) for name, spec in step.dossier.definition.form.items()
                 if spec.type == "idcard" and spec.prefill == "applicant.id_no" and step.form.get(name)), None)


def _file(step: Step) -> HardshipFile:
    """Return the open file of this case, locked."""
    found = step.session.scalar(select(HardshipFile).where(HardshipFile.case_id == step.dossier.id, HardshipFile.status == "on_file").with_for_update())
    if found is None:
        raise Refused(one("NO_OPEN_FILE", "这件没有在档的档案，不能办理这一步", "There is no open file of this case, so this step cannot be taken"))
    return found


def _category(step: Step) -> str:
    category = str(step.form.get("category") or "")
    if category not in register.CATEGORIES:
        label = step.dossier.definition.form["category"].label
        raise Refused(one("REQUIRED", f"请选择“{label.zh}”", f"Please fill in “{label.text('en')}”", "form.category"))
    return category


def _size(step: Step) -> int:
    return 1 + len(step.form.get("family") or ())


def _per_capita(step: Step) -> int | None:
    worth = step.facts["calc"].get("per_capita")
    return None if worth is None else fen(worth)


def _family(step: Step) -> list[tuple[str, str]]:
    """Return (person, relation) of everybody in the table, added to the register where they were not in it.

    Raises `Refused` with every row at fault: the applicant themself, somebody twice, a number under another name.
    """
    known = step.session.execute(select(Person.id, Person.name).where(Person.id == step.dossier.row.applicant_id)).one()
    found: list[tuple[str, str]] = []
    faults: list[Message] = []
    for n, line in enumerate(step.form.get("family") or (), 1):
        place = f"form.family.{n}.id_no"
        try:
            person = register.found_or_added(step.session, str(line.get("name") or ""), str(line.get("id_no") or ""), step.actor, step.now, field=place)
        except Refused as refused:
            faults += [Message(m.code, f"家庭成员第 {n} 行：{m.zh}", f"Family, row {n}: {m.en}", place) for m in refused.messages]
            continue
        if person == known.id:
            faults.append(Message("FAMILY_SELF", f"家庭成员第 {n} 行是申请人本人，请删除这一行", f"Family, row {n} is the applicant; remove it", place))
        elif person in {one_of for one_of, _ in found}:
            faults.append(Message("FAMILY_TWICE", f"家庭成员第 {n} 行重复，请删除这一行", f"Family, row {n} is listed twice; remove it", place))
        else:
            found.append((person, str(line.get("relation") or "other")))
    if faults:
        raise Refused(faults)
    return found


def _not_twice(step: Step) -> None:
    """不重复建档: neither the applicant nor anybody of the family stands in an open file of another case."""
    box = vault(step.session)
    indexes = {box.blind("idcard", str(line["id_no"])) for line in step.form.get("family") or () if line.get("id_no")}
    if (own := _own_number(step)) is not None:
        indexes.add(box.blind("idcard", own[1]))
    found = register.number_elsewhere(step.session, [step.dossier.row.applicant_id], indexes, but_case=step.dossier.id)
    if found:
        raise Refused([Message("FILED_ALREADY", f"{name}已在另一份在档档案中（编号 {number}），同一人不重复建档",
                               f"{name} stands in another open file already (number {number}); nobody is filed twice") for name, number in found])


def _settle_in(step: Step, home: str, person: str, relation: str, role: str) -> None:
    """Let somebody live in this household: they come from no other, or from one without a file that they do not head."""
    there = register.household_now(step.session, person)
    if there == home:
        return
    today = local_day(step.now)
    if there is not None:
        register.remove_member(step.session, there, person, today, "并入另一户", step.actor, step.now, role=role)
    register.add_member(step.session, home, person, relation if relation in register.RELATIONS else "other", today, step.actor, step.now, role=role)


def _two_officers(step: Step) -> None:
    """入户走访 is done by two people who hold office at the union or above it, none of them the applicant (domain.md B1, S19 S20)."""
    definition, row = step.dossier.definition, step.dossier.row
    asked = [name for name in VISITORS if name in definition.form]
    chosen = [str(step.form[name]) for name in asked if step.form.get(name)]
    if len(chosen) < len(asked):
        raise Refused([Message("REQUIRED", f"请填写“{definition.form[name].label.zh}”", f"Please fill in “{definition.form[name].label.text('en')}”", f"form.{name}")
                       for name in asked if not step.form.get(name)])
    if len(set(chosen)) < len(chosen):
        raise Refused(one("VISITORS", "入户走访须由两名不同的工作人员进行", "A home visit is made by two different officers", f"form.{asked[-1]}"))
    today = local_day(step.now)
    faults: list[Message] = []
    for name, person in zip(asked, chosen, strict=True):
        held = step.session.execute(select(Organisation.path).join(Appointment, Appointment.organisation_id == Organisation.id).where(
            Appointment.person_id == person, Appointment.starts_on <= today, or_(Appointment.ends_on.is_(None), Appointment.ends_on >= today))).scalars()
        if person == row.applicant_id or not any(row.path.startswith(path) for path in held):
            who = step.session.execute(select(Person.name).where(Person.id == person)).scalar() or ""
            faults.append(Message("VISITOR_OFFICE", f"{mask('name', who)}在本单位或上级工会没有任职，不能作为入户人员",
                                  f"{mask('name', who)} holds no office at this union or above it and cannot make the visit", f"form.{name}"))
    if faults:
        raise Refused(faults)

