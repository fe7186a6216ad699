"""A wrong name or identity number of somebody in the register: proposed by one officer, confirmed by another who types the number anew.

Cases keep what they said at the time. What was granted to the person goes on counting for them under the right number, and the
wrong one stays findable: `by_number` leads from it to the person. A number that another entry has is refused; then the two are one
person, and are merged once the wrong number of this entry is taken out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session, aliased

from .. import ids, people
from ..actors import Actor
from ..errors import NotFound, NotYours, Refused, one
from ..language import identity
from ..language.identity import mask
from ..privacy import vault
from ..records import Cover, GrantLine, Person, PersonCorrection
from .households import locked_person, said
from .keeping import people_within, standing, told
from .merging import _path

PLACE = "person_corrections.sealed"
_LONGEST = 100                       # characters of a name


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction as pages show it: (what stood, what stands instead), names in full, numbers masked; None where that does not change."""

    id: str
    person_id: str
    name: tuple[str, str] | None
    id_no: tuple[str, str] | None
    reason: str
    proposer: str
    proposed_by: str
    proposed_at: datetime
    status: str
    decider: str | None
    decided_at: datetime | None

    @property
    def typed_anew(self) -> bool:
        """Whether whoever confirms types the number from the paper."""
        return self.id_no is not None and bool(self.id_no[1])


def propose_correction(session: Session, person_id: str, actor: Actor, now: datetime, *, name: str = "", id_no: str | None = None, reason: str) -> str:
    """Propose another name or number (None: as it is, empty: none at all) and return the id of the correction. It changes nothing yet."""
    reason = said(reason)
    person, role = _kept(session, person_id, actor)
    before = _number(session, person)
    changes: dict[str, list[str | None]] = {}
    name = " ".join(name.split())
    if len(name) > _LONGEST:
        raise Refused(one("PERSON_NAME", f"姓名不超过 {_LONGEST} 字", f"A name has at most {_LONGEST} characters", "name"))
    if name and name != person.name:
        changes["name"] = [person.name, name]
    if id_no is not None:
        id_no = identity.normalise("idcard", id_no)
        if id_no and identity.id_fault(id_no, now.date()) is not None:
            raise Refused(one("ID_NO", "身份证号不正确，请核对", "The identity number is not right; check it", "id_no"))
        if id_no != before:
            _free(session, person, id_no)
            changes["id_no"] = [before or None, id_no or None]
    if not changes:
        raise Refused(one("NOTHING_CHANGES", "填写的与登记的相同，没有需要更正的", "This is what the register says already; nothing would change", "name"))
    if session.scalar(select(PersonCorrection.id).where(PersonCorrection.person_id == person_id, PersonCorrection.status == "open")) is not None:
        raise Refused(one("CORRECTION_WAITS", "这条登记已有一项更正在等另一位经办人确认，请先处理完再提",
                          "Another correction of this entry waits to be confirmed; settle it first", "reason"))
    row = PersonCorrection(id=ids.new(now), person_id=person_id, sealed=b"", old_index=person.id_no_index if "id_no" in changes else None, reason=reason,
                           proposed_by=actor.person_id, proposed_at=now, status="open")
    row.sealed = vault(session).seal_json(PLACE, row.id, changes)
    session.add(row)
    session.flush()
    told(session, f"person:{person_id}", "correct_propose", actor, role, person.union_id, now, {"correction": row.id, "what": sorted(changes)},
         {field: (old, new) for field, (old, new) in changes.items()}, reason)
    return row.id


def confirm_correction(session: Session, correction_id: str, actor: Actor, now: datetime, *, number: str = "") -> str:
    """Put right what another officer proposed; `number` is the new one, typed anew. Return the person's id."""
    row, person, role, changes = _waiting(session, correction_id, actor)
    for field, (old, _) in changes.items():
        if (person.name if field == "name" else _number(session, person) or None) != old:
            raise Refused(one("CORRECTION_STALE", "这条登记在提出以后又有变化，请退回后重新提出", "The entry has changed since; turn this down and propose it anew"))
    if "name" in changes:
        person.name = str(changes["name"][1])
    if "id_no" in changes:
        wanted = changes["id_no"][1] or ""
        if wanted and identity.normalise("idcard", number) != wanted:
            raise Refused(one("NUMBER_TYPED", "与提出的身份证号不一致，请对照证件再输入一遍；确有不同的，请退回",
                              "This is not the number that was proposed; type it from the paper again, or turn the correction down", "number"))
        _free(session, person, wanted)
        _renumber(session, person, wanted)
    row.status, row.decided_by, row.decided_at = "confirmed", actor.person_id, now
    session.flush()
    told(session, f"person:{person.id}", "correct", actor, role, person.union_id, now, {"correction": row.id, "what": sorted(changes)},
         {field: (old, new) for field, (old, new) in changes.items()})
    return person.id


def decline_correction(session: Session, correction_id: str, actor: Actor, now: datetime) -> str:
    """Turn down what another officer proposed. Return the person's id."""
    row, person, role, _ = _waiting(session, correction_id, actor)
    row.status, row.decided_by, row.decided_at = "declined", actor.person_id, now
    session.flush()
    told(session, f"person:{person.id}", "correct_decline", actor, role, person.union_id, now, {"correction": row.id})
    return person.id


def by_number(session: Session, id_no: str) -> tuple[str | None, bool]:
    """Return the id of the person with this number, and whether it is one they had by mistake and was put right."""
    known = people.find(session, id_no)
    if known is not None:
        return known.id, False
    index = vault(session).blind("idcard", id_no)
    found = session.scalar(select(PersonCorrection.person_id).where(PersonCorrection.old_index == index, PersonCorrection.status == "confirmed")
                           .order_by(PersonCorrection.decided_at.desc()).limit(1))
    return found, found is not None


def corrections(session: Session, actor: Actor, *, person_id: str | None = None, correction_id: str | None = None) -> list[Correction]:
    """Return the corrections in scope: those that wait, oldest first; of one person all, newest first."""
    proposer, decider = aliased(Person), aliased(Person)
    query = (select(PersonCorrection, proposer.name, decider.name).join(proposer, proposer.id == PersonCorrection.proposed_by)
             .outerjoin(decider, decider.id == PersonCorrection.decided_by)
             .where(PersonCorrection.person_id.in_(select(Person.id).where(people_within(actor)))))
    if correction_id is not None:
        query = query.where(PersonCorrection.id == correction_id)
    elif person_id is not None:
        query = query.where(PersonCorrection.person_id == person_id).order_by(PersonCorrection.id.desc())
    else:
        query = query.where(PersonCorrection.status == "open").order_by(PersonCorrection.id)
    return [_shown(session, row, by, then) for row, by, then in session.execute(query)]


def correction(session: Session, correction_id: str, actor: Actor) -> Correction:
    """Return one correction. Raises `NotFound` out of scope."""
    found = corrections(session, actor, correction_id=correction_id)
    if not found:
        raise NotFound("correction")
    return found[0]


def _shown(session: Session, row: PersonCorrection, proposer: str, decider: str | None) -> Correction:
    changes: dict[str, Sequence[str | None]] = vault(session).open_json(PLACE, row.id, row.sealed)
    name, number = changes.get("name"), changes.get("id_no")
    return Correction(
        row.id, row.person_id, (str(name[0]), str(name[1])) if name else None, (mask("idcard", number[0]), mask("idcard", number[1])) if number else None,
        row.reason, proposer, row.proposed_by, row.proposed_at, row.status, decider, row.decided_at)


def _kept(session: Session, person_id: str, actor: Actor) -> tuple[Person, str]:
    person = locked_person(session, person_id)
    if actor.person_id is None:
        raise NotYours(one("NO_PERSON", "更正须由经办人提出和确认", "People propose and confirm corrections"))
    role = standing(actor, _path(session, person))
    if person_id in {actor.person_id} | actor.stands_for:
        raise NotYours(one("CORRECT_OWN", "涉及您本人的登记，须由他人办理", "This entry is you; somebody else must do this"))
    return person, role


def _waiting(session: Session, correction_id: str, actor: Actor) -> tuple[PersonCorrection, Person, str, dict[str, list[Any]]]:
    row = session.get(PersonCorrection, correction_id, with_for_update=True)
    if row is None:
        raise NotFound("correction")
    person, role = _kept(session, row.person_id, actor)
    if row.status != "open":
        raise Refused(one("PROPOSAL_DECIDED", "这项更正已经处理，请刷新页面", "This correction has been decided already; reload the page"))
    if row.proposed_by in {actor.person_id} | actor.stands_for:
        raise NotYours(one("TWO_PEOPLE", "自己提出的更正不能由自己确认，请由另一位经办人办理", "Nobody confirms what they proposed; another officer must"))
    return row, person, role, vault(session).open_json(PLACE, row.id, row.sealed)


def _number(session: Session, person: Person) -> str:
    return vault(session).open("people.id_no", person.id, person.id_no_sealed).decode() if person.id_no_sealed else ""


def _free(session: Session, person: Person, id_no: str) -> None:
    """Raise `Refused` where another entry has this number."""
    other = people.find(session, id_no) if id_no else None
    if other is None or other.id == person.id:
        return
    way = ("请先把本条登记的身份证号更正为空，再提出合并", "take the number out of this entry first, then propose to merge") if person.id_no_index is not None else (
        "请提出合并", "propose to merge them")
    raise Refused(one("NUMBER_TAKEN", f"这个身份证号在登记册里属于另一条登记（{mask('name', other.name)}），不能更正为它；是同一个人的，{way[0]}",
                      f"This identity number belongs to another entry ({mask('name', other.name)}); if the two are one person, {way[1]}", "id_no"))


def _renumber(session: Session, person: Person, id_no: str) -> None:
    """Seal the right number, and let what was granted to the person, and their covers, count under it."""
    box, was = vault(session), person.id_no_index
    person.id_no_sealed = box.seal("people.id_no", person.id, id_no.encode()) if id_no else None
    person.id_no_index = box.blind("idcard", id_no) if id_no else None
    if not id_no:
        return
    person.gender, person.born_on = identity.gender(id_no), identity.birth_date(id_no)
    session.flush()
    session.execute(update(GrantLine).where(GrantLine.person_id == person.id, GrantLine.id_index.is_not_distinct_from(was), GrantLine.sealed.is_not(None))
                    .values(id_index=person.id_no_index).execution_options(synchronize_session=False))
    there = aliased(Cover)               # under the right number they may have been enrolled for the same period as well
    session.execute(update(Cover).where(
        Cover.person_id == person.id, Cover.id_index == was,
        ~exists().where(there.scheme == Cover.scheme, there.from_on == Cover.from_on, there.id_index == person.id_no_index)).values(
            id_index=person.id_no_index).execution_options(synchronize_session=False))
