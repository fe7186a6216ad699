"""Households: opened for a head, members taken in and let out with their relation and day. Nobody is in two at once.

Every change is an event of the stream `household:<id>`. `role` is given where a step of a case does the work: then the engine
has judged who may; otherwise the keeper of the household's union must.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .. import ids, people
from ..actors import Actor
from ..calendar import ZONE
from ..errors import NotFound, Refused, one
from ..language.check_filing import RELATIONS
from ..language.identity import mask
from ..privacy import vault
from ..records import HardshipFile, Household, HouseholdMember, Organisation, Person
from .keeping import standing, told

PLACE = "households.address"
_FAR = 200                           # characters of an address


def open_household(session: Session, head_id: str, actor: Actor, now: datetime, *, address: str = "", since: date | None = None,
                   role: str | None = None) -> str:
    """Open the household of a worker and return its id. It belongs to the worker's union.

    Raises `Refused` where the worker has no union or lives in a household already, `NotFound`, `NotYours`.
    """
    head = locked_person(session, head_id)
    union = session.get(Organisation, head.union_id) if head.union_id is not None else None
    if union is None:
        raise Refused(one("HEAD_UNION", f"{head.name}没有所属工会，不能作为户主建立家庭；请先登记会籍",
                          f"{head.name} belongs to no union and cannot head a household; enter a membership first", "id_no"))
    role = role or standing(actor, union.path)
    _free(session, head)
    row = Household(id=ids.new(now), head_id=head.id, unit_id=union.id, path=union.path, created_at=now, updated_at=now)
    row.address_sealed = _sealed(session, row.id, address)
    session.add(row)
    session.flush()
    day = since or now.astimezone(ZONE).date()
    session.add(HouseholdMember(household_id=row.id, person_id=head.id, relation="head", since_on=day))
    session.flush()
    told(session, f"household:{row.id}", "open", actor, role, union.id, now, {"head": head.id, "since": day.isoformat()},
         {"address": (None, address.strip())} if address.strip() else {})
    return row.id


def add_member(session: Session, household_id: str, person_id: str, relation: str, since: date, actor: Actor, now: datetime, *,
               role: str | None = None) -> None:
    """Take a person into a household. Raises `Refused` for somebody who lives in one, and for a day to come."""
    row, role = _kept(session, household_id, actor, role)
    if relation not in RELATIONS:
        raise Refused(one("RELATION", "请选择与户主的关系", "Choose the relation to the head", "relation"))
    _not_after(since, now, "since")
    one_more = locked_person(session, person_id)
    _free(session, one_more)
    session.add(HouseholdMember(household_id=row.id, person_id=person_id, relation=relation, since_on=since))
    row.updated_at = now
    session.flush()
    told(session, f"household:{row.id}", "join", actor, role, row.unit_id, now,
         {"person": person_id, "relation": relation, "since": since.isoformat()})


def remove_member(session: Session, household_id: str, person_id: str, until: date, reason: str, actor: Actor, now: datetime, *,
                  role: str | None = None) -> None:
    """Let a member leave on a day, for a reason (分户、婚嫁、去世…). The head leaves last, and never an open file."""
    row, role = _kept(session, household_id, actor, role)
    if person_id == row.head_id:
        _last(session, row)
    reason = said(reason)
    _not_after(until, now, "until")
    member = _member(session, household_id, person_id)
    if until < member.since_on:
        raise Refused(one("DAY_BEFORE", f"移出日期不能早于加入日期 {member.since_on}", f"The day is before they joined, {member.since_on}", "until"))
    member.until_on = until
    row.updated_at = now
    session.flush()
    told(session, f"household:{row.id}", "leave", actor, role, row.unit_id, now, {"person": person_id, "until": until.isoformat()}, comment=reason)


def change_head(session: Session, household_id: str, person_id: str, actor: Actor, now: datetime, *, relation: str = "other",
                role: str | None = None) -> None:
    """Make another member head; `relation` is that of the former head to the new one. An open file keeps its number."""
    row, role = _kept(session, household_id, actor, role)
    if relation not in RELATIONS:
        raise Refused(one("RELATION", "请选择与户主的关系", "Choose the relation to the head", "relation"))
    coming = _member(session, household_id, person_id)
    if person_id == row.head_id:
        return
    person = session.get_one(Person, person_id)
    union = session.get(Organisation, person.union_id) if person.union_id is not None else None
    if union is None:
        raise Refused(one("HEAD_UNION", f"{person.name}没有所属工会，不能作为户主；请先登记会籍",
                          f"{person.name} belongs to no union and cannot be head; enter a membership first", "person"))
    former, row.head_id = row.head_id, person_id
    going = _member(session, household_id, former)
    coming.relation, going.relation = "head", relation
    session.flush()
    file = open_file_of(session, household_id)
    if file is not None and file.head_id == former:
        file.head_id, file.updated_at = person_id, now
    told(session, f"household:{row.id}", "head", actor, role, row.unit_id, now, {"from": former, "to": person_id, "relation": relation})
    rehouse(session, row, union, actor, role, now)


def rehouse(session: Session, row: Household, union: Organisation, actor: Actor, role: str, now: datetime) -> None:
    """Let a household and its open file follow its head to another union."""
    row.updated_at = now
    if row.unit_id != union.id:
        before, row.unit_id, row.path = row.unit_id, union.id, union.path
        file = open_file_of(session, row.id)
        if file is not None and file.head_id == row.head_id:
            file.unit_id, file.path, file.updated_at = union.id, union.path, now
        session.flush()
        told(session, f"household:{row.id}", "move", actor, role, union.id, now, {"from": before, "to": union.id, "file": file.id if file else None})
    session.flush()


def move_address(session: Session, household_id: str, address: str, actor: Actor, now: datetime) -> None:
    """Keep another address. What is the same already leaves no event."""
    row, role = _kept(session, household_id, actor, None)
    before = vault(session).open(PLACE, row.id, row.address_sealed).decode() if row.address_sealed else ""
    if address.strip() == before:
        return
    row.address_sealed, row.updated_at = _sealed(session, row.id, address), now
    session.flush()
    told(session, f"household:{row.id}", "address", actor, role, row.unit_id, now, {}, {"address": (before or None, address.strip() or None)})


def found_or_added(session: Session, name: str, id_no: str, actor: Actor, now: datetime, *, union_id: int | None = None,
                   field: str = "id_no") -> str:
    """Return the id of the person with this identity number, added to the register where they were not in it.

    Raises `Refused` where the number is wrong, or is in the register under another name.
    """
    known = people.find(session, id_no) if id_no else None
    if known is None:
        if not id_no:
            raise Refused(one("MEMBER_ID", "请填写身份证号", "Give the identity number", field))
        return people.add_person(session, now, actor, name, id_no=id_no, union_id=union_id).id
    if "".join(known.name.split()) != "".join(name.split()):
        raise Refused(one("MEMBER_NAME", f"这个身份证号登记的姓名是{mask('name', known.name)}，与填写的“{name.strip()}”不一致，请核对",
                          f"This identity number is registered for {mask('name', known.name)}, not “{name.strip()}”; check it", field))
    return known.id


def household_now(session: Session, person_id: str) -> str | None:
    """Return the id of the household a person lives in today, or None."""
    return session.scalar(select(HouseholdMember.household_id).where(HouseholdMember.person_id == person_id, HouseholdMember.until_on.is_(None)))


def open_file_of(session: Session, household_id: str) -> HardshipFile | None:
    return session.scalar(select(HardshipFile).where(HardshipFile.household_id == household_id, HardshipFile.status == "on_file"))


def said(reason: str) -> str:
    """Return the reason as it is kept. Raises `Refused` for none."""
    reason = " ".join(reason.split())
    if not 2 <= len(reason) <= 200:
        raise Refused(one("REASON", "请写明原因，不超过 200 字", "Say why, in at most 200 characters", "reason"))
    return reason


def locked_person(session: Session, person_id: str) -> Person:
    """Return the person, locked. Raises `NotFound`; `Refused` for one that was merged into another."""
    person = session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise NotFound("person")
    if person.merged_into is not None:
        raise Refused(one("MERGED", f"{person.name}的这条登记已并入另一条，请选用保留的那一条", f"This entry of {person.name} was merged; use the one that was kept"))
    return person


def _free(session: Session, person: Person) -> None:
    there = session.scalar(select(HouseholdMember.household_id).where(HouseholdMember.person_id == person.id, HouseholdMember.until_on.is_(None)))
    if there is not None:
        head = session.scalar(select(Person.name).join(Household, Household.head_id == Person.id).where(Household.id == there)) or ""
        raise Refused(one("IN_A_HOUSEHOLD", f"{mask('name', person.name)}已在{mask('name', head)}的家庭里，一个人不能同时属于两户，请先从那一户移出",
                          f"{mask('name', person.name)} lives in the household of {mask('name', head)}; nobody is in two, so let them leave that one first",
                          "id_no"))


def _last(session: Session, row: Household) -> None:
    """Raise `Refused` where the head is not the last of a household without an open file."""
    others = session.scalar(select(func.count()).where(HouseholdMember.household_id == row.id, HouseholdMember.until_on.is_(None),
                                                       HouseholdMember.person_id != row.head_id))
    if others:
        raise Refused(one("HEAD_STAYS", "户主不能移出，请先把户主改为其他成员", "The head cannot leave; make another member head first", "person"))
    file = open_file_of(session, row.id)
    if file is not None:
        raise Refused(one("HEAD_ON_FILE", f"这一户在档（编号 {file.number}），户主不能移出，请先办理撤档或注销",
                          f"This household has an open file ({file.number}); end it before the head leaves", "person"))


def _kept(session: Session, household_id: str, actor: Actor, role: str | None) -> tuple[Household, str]:
    row = session.get(Household, household_id, with_for_update=True)
    if row is None:
        raise NotFound("household")
    return row, role or standing(actor, row.path)


def _member(session: Session, household_id: str, person_id: str) -> HouseholdMember:
    member = session.scalar(select(HouseholdMember).where(HouseholdMember.household_id == household_id, HouseholdMember.person_id == person_id,
                                                          HouseholdMember.until_on.is_(None)))
    if member is None:
        raise NotFound("member")
    return member


def _not_after(day: date, now: datetime, field: str) -> None:
    if day > now.astimezone(ZONE).date():
        raise Refused(one("DAY_TO_COME", "日期不能晚于今天", "The day cannot be after today", field))


def _sealed(session: Session, household_id: str, address: str) -> bytes | None:
    address = " ".join(address.split())
    if len(address) > _FAR:
        raise Refused(one("ADDRESS", f"住址不超过 {_FAR} 字", f"An address has at most {_FAR} characters", "address"))
    return vault(session).seal(PLACE, household_id, address.encode()) if address else None
