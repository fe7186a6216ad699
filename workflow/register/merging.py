"""Two entries of the register that are one person: found, laid side by side, proposed by one officer and confirmed by another.

Nothing is deleted. The entry that goes points at the one that stays (`people.merged_into`); both keep their events and cases, and
are shown together. Two accounts are never merged, nor two different identity numbers. Every act is an event of both people's streams.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session, aliased

from .. import ids
from ..actors import Actor
from ..calendar import ZONE
from ..errors import NotFound, NotYours, Refused, one
from ..privacy import Kind, vault
from ..records import (
    Account,
    Appointment,
    GrantLine,
    HardshipFile,
    Household,
    HouseholdMember,
    Membership,
    MergeProposal,
    Organisation,
    Person,
)
from .households import locked_person, said
from .keeping import people_within, standing, told

MOST = 100
NUMBERS: tuple[tuple[str, Kind], ...] = (("id_no", "idcard"), ("phone", "phone"), ("bank_card", "bankcard"))
_SIDE: tuple[Any, ...] = (Person.id, Person.name, Person.born_on, Person.member_no, Organisation.name.label("union"))


def same_person(session: Session, person_id: str) -> list[str]:
    """Return every entry that is this person: the one that stays first, then those merged into it."""
    known = session.get(Person, person_id)
    stays = known.merged_into or person_id if known is not None else person_id
    return [stays, *session.scalars(select(Person.id).where(Person.merged_into == stays).order_by(Person.id))]


def duplicates(session: Session, actor: Actor) -> list[tuple[Row[Any], Row[Any], tuple[str, ...]]]:
    """Return pairs within scope that look like one person, with what they share: `phone`, `bank_card` or `born_on`, and the name."""
    first, other = aliased(Person), aliased(Person)
    shared = {"phone": first.phone_index == other.phone_index, "bank_card": first.bank_card_index == other.bank_card_index,
              "born_on": first.born_on == other.born_on}
    different = and_(first.id_no_index.is_not(None), other.id_no_index.is_not(None))     # two numbers are two people
    rows = session.execute(select(first.id.label("a"), other.id.label("b"), *(test.label(name) for name, test in shared.items())).where(
        first.name == other.name, first.id < other.id, first.merged_into.is_(None), other.merged_into.is_(None), or_(*shared.values()), ~different,
        people_within(actor, who=first), people_within(actor, who=other)).order_by(first.name, first.id, other.id).limit(MOST)).all()
    known: dict[str, Row[Any]] = {row.id: row for row in session.execute(
        select(*_SIDE).outerjoin(
            Organisation, Organisation.id == Person.union_id).where(Person.id.in_({side for row in rows for side in (row.a, row.b)})))} if rows else {}
    return [(known[row.a], known[row.b], tuple(name for name in shared if getattr(row, name))) for row in rows]


def propose(session: Session, stays_id: str, goes_id: str, reason: str, actor: Actor, now: datetime) -> str:
    """Propose that `goes_id` is the same person as `stays_id`, and return the proposal's id. It changes nothing yet."""
    reason = said(reason)
    stays, goes, role = _pair(session, stays_id, goes_id, actor)
    _refuse(session, stays, goes)
    if session.scalar(select(MergeProposal.id).where(MergeProposal.status == "open", or_(
            MergeProposal.goes_id.in_((stays_id, goes_id)), MergeProposal.stays_id.in_((stays_id, goes_id))))) is not None:
        raise Refused(one("MERGE_WAITS", "已有一项合并在等另一位经办人确认，请先处理完再提", "Another merge of these waits to be confirmed; settle it first"))
    row = MergeProposal(id=ids.new(now), stays_id=stays_id, goes_id=goes_id, reason=reason, proposed_by=actor.person_id, proposed_at=now, status="open")
    session.add(row)
    session.flush()
    _tell(session, "merge_propose", row, actor, role, now, comment=reason)
    return row.id


def confirm(session: Session, proposal_id: str, actor: Actor, now: datetime) -> None:
    """Merge what another officer proposed. Raises `Refused` where the two no longer fit, `NotYours`, `NotFound`."""
    row, stays, goes, role = _waiting(session, proposal_id, actor)
    _refuse(session, stays, goes)
    moved = _numbers(session, stays, goes)
    today = now.astimezone(ZONE).date()
    _memberships(session, stays, goes, now)
    _households(session, stays, goes, now)
    lines = session.execute(update(GrantLine).where(GrantLine.person_id == goes.id).values(person_id=stays.id)).rowcount  # type: ignore[attr-defined]
    if stays.id_no_index is not None:    # granted before a number was known, or under a wrong one: their caps count by the right one from here on
        session.execute(update(GrantLine).where(GrantLine.person_id == stays.id, GrantLine.id_index.is_(None), GrantLine.sealed.is_not(None))
                        .values(id_index=stays.id_no_index))
    goes.merged_into, goes.union_id = stays.id, None
    session.execute(update(Person).where(Person.merged_into == goes.id).values(merged_into=stays.id))
    _answer(session, row, "confirmed", actor, now)
    _tell(session, "merge", row, actor, role, now, {"on": today.isoformat(), "numbers": moved, "lines": lines})


def decline(session: Session, proposal_id: str, actor: Actor, now: datetime) -> None:
    """Turn down what another officer proposed."""
    row, _, _, role = _waiting(session, proposal_id, actor)
    _answer(session, row, "declined", actor, now)
    _tell(session, "merge_decline", row, actor, role, now)


def _pair(session: Session, stays_id: str, goes_id: str, actor: Actor) -> tuple[Person, Person, str]:
    """Return both entries, locked in one order, and the role in which both are kept."""
    if stays_id == goes_id:
        raise Refused(one("MERGE_ITSELF", "请选择两条不同的登记", "Choose two different entries"))
    found = {one_id: locked_person(session, one_id) for one_id in sorted((stays_id, goes_id))}
    if actor.person_id is None:
        raise NotYours(one("NO_PERSON", "合并须由经办人提出和确认", "People propose and confirm merges"))
    roles = [standing(actor, _path(session, person)) for person in found.values()]
    if actor.person_id in found:
        raise NotYours(one("MERGE_OWN", "涉及您本人的登记，须由他人办理", "One of the entries is you; somebody else must do this"))
    return found[stays_id], found[goes_id], roles[0]


def _path(session: Session, person: Person) -> str:
    """Return where an entry belongs: its union, or the household it lives in."""
    if person.union_id is not None:
        return session.get_one(Organisation, person.union_id).path
    path = session.scalar(select(Household.path).join(HouseholdMember, HouseholdMember.household_id == Household.id).where(
        HouseholdMember.person_id == person.id).order_by(HouseholdMember.until_on.is_not(None), HouseholdMember.id.desc()).limit(1))
    if path is None:
        raise NotFound("person")
    return path


def _refuse(session: Session, stays: Person, goes: Person) -> None:
    """Raise `Refused` with what must be put right by people first."""
    accounts = set(session.scalars(select(Account.person_id).where(Account.person_id.in_((stays.id, goes.id)))))
    if len(accounts) == 2:
        raise Refused(one("MERGE_ACCOUNTS", "两条登记各有一个登录账号，不能合并；请系统管理员先核实并停用、更正其中一个",
                          "Both entries have an account and cannot be merged; let the administrator look into it first"))
    if goes.id in accounts:
        raise Refused(one("MERGE_ACCOUNT", "被合并的一条有登录账号，请保留有账号的那一条", "The entry that would go has an account; keep that one instead"))
    if session.scalar(select(Appointment.id).where(Appointment.person_id == goes.id, Appointment.ends_on.is_(None)).limit(1)) is not None:
        raise Refused(one("MERGE_POSTS", "被合并的一条还有任职，请系统管理员先结束任职", "The entry that would go holds posts; let the administrator end them first"))
    if stays.id_no_index is not None and goes.id_no_index is not None and stays.id_no_index != goes.id_no_index:
        raise Refused(one("MERGE_NUMBERS", "两条登记的身份证号不同，不是同一个人；号码录错的请先更正", "The two have different identity numbers and are two people"))
    homes = {row.person_id: row.household_id for row in session.scalars(select(HouseholdMember).where(
        HouseholdMember.person_id.in_((stays.id, goes.id)), HouseholdMember.until_on.is_(None)))}
    if len(set(homes.values())) == 2:
        raise Refused(one("MERGE_HOUSEHOLDS", "两条登记属于两个家庭，请先从其中一户移出（在档的先办理注销），再合并",
                          "The two live in two households; let one leave theirs (and end its file) first"))


def _numbers(session: Session, stays: Person, goes: Person) -> list[str]:
    """Give the entry that stays the numbers it lacks, sealed anew for its own row. An identity number stands in one row only."""
    box, moved = vault(session), []
    for name, kind in NUMBERS:
        sealed = getattr(goes, f"{name}_sealed")
        if sealed is None or getattr(stays, f"{name}_sealed") is not None:
            continue
        text = box.open(f"people.{name}", goes.id, sealed).decode()
        if name == "id_no":
            goes.id_no_index = None
            session.flush()
        setattr(stays, f"{name}_sealed", box.seal(f"people.{name}", stays.id, text.encode()))
        setattr(stays, f"{name}_index", box.blind(kind, text))
        moved.append(name)
    stays.gender, stays.born_on = stays.gender or goes.gender, stays.born_on or goes.born_on
    session.flush()
    return moved


def _memberships(session: Session, stays: Person, goes: Person, now: datetime) -> None:
    """End the membership of the entry that goes; the one that stays takes it over where it has none."""
    today = now.astimezone(ZONE).date()
    open_rows = {row.person_id: row for row in session.scalars(select(Membership).where(
        Membership.person_id.in_((stays.id, goes.id)), Membership.until_on.is_(None)))}
    if (row := open_rows.get(goes.id)) is not None:
        row.until_on, row.reason = max(today, row.since_on), "合并登记"
        session.flush()
    if stays.union_id is None and goes.union_id is not None:
        stays.union_id, stays.member_since = goes.union_id, stays.member_since or goes.member_since
        stays.member_no = stays.member_no or goes.member_no
        if goes.member_since is not None:
            session.add(Membership(person_id=stays.id, organisation_id=goes.union_id, member_no=stays.member_no, since_on=goes.member_since, created_at=now))
        session.flush()


def _households(session: Session, stays: Person, goes: Person, now: datetime) -> None:
    """Let the entry that stays live where the other lived; the other's row ends today."""
    today = now.astimezone(ZONE).date()
    row = session.scalar(select(HouseholdMember).where(HouseholdMember.person_id == goes.id, HouseholdMember.until_on.is_(None)))
    if row is not None:
        row.until_on = max(today, row.since_on)
        session.flush()
        there = session.scalar(select(HouseholdMember).where(HouseholdMember.person_id == stays.id, HouseholdMember.until_on.is_(None)))
        if there is None:
            session.add(HouseholdMember(household_id=row.household_id, person_id=stays.id, relation=row.relation, since_on=row.since_on))
        elif row.relation == "head":
            there.relation = "head"
    session.execute(update(Household).where(Household.head_id == goes.id).values(head_id=stays.id, updated_at=now))
    session.execute(update(HardshipFile).where(HardshipFile.head_id == goes.id).values(head_id=stays.id, updated_at=now))
    session.flush()


def _waiting(session: Session, proposal_id: str, actor: Actor) -> tuple[MergeProposal, Person, Person, str]:
    row = session.get(MergeProposal, proposal_id, with_for_update=True)
    if row is None:
        raise NotFound("proposal")
    if row.status != "open":
        raise Refused(one("PROPOSAL_DECIDED", "这项合并已经处理，请刷新页面", "This merge has been decided already; reload the page"))
    stays, goes, role = _pair(session, row.stays_id, row.goes_id, actor)
    if row.proposed_by in {actor.person_id} | actor.stands_for:
        raise NotYours(one("TWO_PEOPLE", "自己提出的合并不能由自己确认，请由另一位经办人办理", "Nobody confirms what they proposed; another officer must"))
    return row, stays, goes, role


def _answer(session: Session, row: MergeProposal, status: str, actor: Actor, now: datetime) -> None:
    row.status, row.decided_by, row.decided_at = status, actor.person_id, now
    session.flush()


def _tell(session: Session, kind: str, row: MergeProposal, actor: Actor, role: str, now: datetime, extra: dict[str, Any] | None = None,
          comment: str = "") -> None:
    sides: Sequence[tuple[str, str]] = ((row.stays_id, row.goes_id), (row.goes_id, row.stays_id))
    for person_id, other in sides:
        told(session, f"person:{person_id}", kind, actor, role, None, now, {"proposal": row.id, "other": other, "stays": row.stays_id, **(extra or {})},
             comment=comment)
