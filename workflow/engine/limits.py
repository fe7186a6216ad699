"""What one beneficiary may get in all: `caps`, `excludes`, a file where one is required, stock for goods.

Counted over grant lines that are reserved or paid, of every programme concerned. `refuse` tells it before a button is
pressed; `hold` asks again with the beneficiaries' rows locked, so that two cases cannot both slip under one cap.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from .. import machine, programmes
from ..errors import Message, NotFound, Refused
from ..language.definition import Cap, State
from ..money import stock
from ..privacy import vault
from ..records import Case, GrantLine, Household, HouseholdMember, Organisation, Person
from . import covering, lines
from .dossier import Dossier
from .households import STANDS, file_refusals, household_of

_lines, _people, _cases, _members, _homes, _units = (m.__table__ for m in (GrantLine, Person, Case, HouseholdMember, Household, Organisation))
Key = bytes | tuple[Any, ...]         # whom something is asked for: the blind index of a number, or ("own", index, entry), ("household", id), ("organisation", id)


def refuse(session: Session, dossier: Dossier, trigger: str, dest: State, facts: Mapping[str, Any], amount_fen: int | None) -> None:
    """Raise `Refused` with every reason why this step cannot grant what the case asks for. Locks nothing."""
    definition, source = dossier.definition, dossier.definition.states[dossier.state]
    handed_in = source.kind == "draft" and not dest.final
    entering = lines.entering(definition, source.name, trigger, dest)
    if not (handed_in or entering):
        return
    found = file_refusals(definition, facts)
    if lines.granted(definition):
        planned, faults = lines.planned(dossier, facts, amount_fen)
        found += faults
        if not faults and (definition.caps or definition.excludes):
            found += _over(session, dossier, facts, planned)
        if entering and definition.lines is not None and definition.lines.goods is not None:
            found += stock.objections(session, dossier.id, lines.items(planned))
    if found:
        raise Refused(found)


def hold(session: Session, dossier: Dossier, facts: Mapping[str, Any], amount_fen: int | None) -> None:
    """Ask for caps and exclusions again, nobody else granting to the same people meanwhile. Raises `Refused`.

    Where a household or an organisation has the cap its row is locked too: two of its members are two people.
    """
    definition = dossier.definition
    covering.refuse_overtaken(session, dossier, facts)
    if not (definition.caps or definition.excludes):
        return
    planned, _ = lines.planned(dossier, facts, amount_fen)
    numbers = sorted({vault(session).blind("idcard", line.id_no) for line in planned if line.id_no})
    session.connection().execute(select(_people.c.id).where(or_(_people.c.id == dossier.row.entry_id, _people.c.id_no_index.in_(numbers)))
                                 .order_by(_people.c.id).with_for_update())
    whose = {cap.who for cap in definition.caps} | ({definition.beneficiary} if definition.excludes else set())
    if "household" in whose and (home := household_of(session, dossier.row.entry_id)) is not None:
        session.connection().execute(select(_homes.c.id).where(_homes.c.id == home).with_for_update(key_share=True))
    if "organisation" in whose:
        session.connection().execute(select(_units.c.id).where(_units.c.id == dossier.row.unit_id).with_for_update(key_share=True))
    if found := _over(session, dossier, facts, planned):
        raise Refused(found)


def _over(session: Session, dossier: Dossier, facts: Mapping[str, Any], planned: Sequence[lines.Line]) -> list[Message]:
    definition = dossier.definition
    found: list[Message] = []
    for cap in definition.caps:
        found += _cap(session, dossier, cap, facts, _asked(session, dossier, cap.who, planned))
    for key in definition.excludes:
        found += _excluded(session, dossier, key, facts, _asked(session, dossier, definition.beneficiary, planned))
    return found


def _asked(session: Session, dossier: Dossier, who: str, planned: Sequence[lines.Line]) -> dict[Key, int]:
    """Return what this case asks for each beneficiary, in 分. Whoever lives in no household that is known is one of their own."""
    asked: defaultdict[Key, int] = defaultdict(int)
    entry = dossier.row.entry_id
    if who == "organisation":
        asked["organisation", dossier.row.unit_id] += sum(line.amount_fen for line in planned)
        return dict(asked)
    home = household_of(session, entry) if who == "household" else None
    if home is not None:
        asked["household", home] += sum(line.amount_fen for line in planned)
        return dict(asked)
    box, own = vault(session), None
    for line in planned:
        if line.id_no is None and own is None:
            own = ("own", session.connection().execute(select(_people.c.id_no_index).where(_people.c.id == entry)).scalar_one(), entry)
        asked[box.blind("idcard", line.id_no) if line.id_no else own or ()] += line.amount_fen
    return dict(asked)


def _whose(key: Key) -> ColumnElement[bool]:
    """Return the condition on lines that are somebody's: by number and by entry, for a number may have been learnt or corrected since."""
    if isinstance(key, bytes):
        return _lines.c.id_index == key
    if key[0] == "organisation":
        theirs: ColumnElement[bool] = _lines.c.organisation_id == key[1]
        return theirs
    if key[0] == "household":
        return or_(_lines.c.household_id == key[1], _lines.c.person_id.in_(
            select(_members.c.person_id).where(_members.c.household_id == key[1], _members.c.until_on.is_(None))))
    return or_(_lines.c.person_id == key[2], *([] if key[1] is None else [_lines.c.id_index == key[1]]))


def _cap(session: Session, dossier: Dossier, cap: Cap, facts: Mapping[str, Any], asked: Mapping[Key, int]) -> list[Message]:
    definition = dossier.definition
    worth = machine.value(definition, cap.max, facts)
    if worth is None or not asked:
        return []
    most = int(Decimal(worth) * 100)
    conditions: list[ColumnElement[bool]] = [_lines.c.value == definition.value]
    if "*" not in cap.across:
        conditions.append(_lines.c.definition_key.in_({definition.key, *cap.across}))
    conditions += _period(cap, facts)
    before = _granted(session, dossier.id, asked, conditions)
    over = [who for who, fen in asked.items() if before.get(who, 0) + fen > most]
    if not over:
        return []
    had, fen = before.get(over[0], 0), asked[over[0]]
    zh = f"{cap.message.zh}（已有 {had / 100:,.2f} 元，本件 {fen / 100:,.2f} 元，上限 {most / 100:,.2f} 元）"
    en = f"{cap.message.text('en')} (so far {had / 100:,.2f} yuan, this case {fen / 100:,.2f}, at most {most / 100:,.2f})"
    if len(asked) > 1:
        zh, en = f"{zh}，名单中有 {len(over)} 人超出", f"{en}; {len(over)} people of the roster are over it"
    return [Message("CAP", zh, en, "amount")]


def _granted(session: Session, case_id: str, asked: Iterable[Key], conditions: Sequence[ColumnElement[bool]]) -> dict[Key, int]:
    connection, found = session.connection(), dict[Key, int]()
    standing = (_lines.c.case_id != case_id, _lines.c.status.in_(STANDS), *conditions)
    come = func.sum(_lines.c.amount_fen - _lines.c.returned_fen)
    numbers = sorted(key for key in asked if isinstance(key, bytes))
    for start in range(0, len(numbers), 500):
        for one, fen in connection.execute(select(_lines.c.id_index, come).where(
                _lines.c.id_index.in_(numbers[start:start + 500]), *standing).group_by(_lines.c.id_index)):
            found[one] = int(fen)
    for key in asked:
        if not isinstance(key, bytes):
            found[key] = int(connection.execute(select(come).where(_whose(key), *standing)).scalar() or 0)
    return found


def _period(cap: Cap, facts: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    if cap.per == "ever":
        return []
    if cap.per == "cycle":
        return [_lines.c.cycle == facts["case"]["cycle"]]
    first, last = window(cap.per, facts["today"])
    return [_lines.c.granted_on.between(first, last)]


def window(per: str, day: date) -> tuple[date, date]:
    """Return the first and last day of the month, calendar year or academic year (from 1 July) that `day` lies in."""
    if per == "month":
        following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        return day.replace(day=1), date.fromordinal(following.toordinal() - 1)
    if per == "academic_year":
        start = day.year - (day.month < 7)
        return date(start, 7, 1), date(start + 1, 6, 30)
    return date(day.year, 1, 1), date(day.year, 12, 31)


def _excluded(session: Session, dossier: Dossier, key: str, facts: Mapping[str, Any], asked: Mapping[Key, int]) -> list[Message]:
    """Return whether somebody here has been granted, or is held for, the programme `key` in the same cycle."""
    definition, wanted = dossier.definition, sorted(key for key in asked if isinstance(key, bytes))
    whose: list[ColumnElement[bool]] = [_lines.c.id_index.in_(wanted[start:start + 500]) for start in range(0, len(wanted), 500)]
    whose += [_whose(key) for key in asked if not isinstance(key, bytes)]
    first, last = window("academic_year" if definition.cycle.kind == "academic_year" else "calendar_year", facts["today"])
    for some in whose:
        row = session.connection().execute(
            select(_cases.c.number).join(_lines, _lines.c.case_id == _cases.c.id)
            .where(some, _lines.c.definition_key == key, _lines.c.status.in_(STANDS),
                   _lines.c.case_id != dossier.id, _lines.c.granted_on.between(first, last)).limit(1)).one_or_none()
        if row is not None:
            title = _title(session, key, facts["today"])
            return [Message("EXCLUDED", f"本周期已获“{title}”（{row.number}），不能再享受本项目",
                            f"“{title}” was granted in this cycle ({row.number}), which excludes this programme")]
    return []


def _title(session: Session, key: str, today: date) -> str:
    try:
        return programmes.in_force(session, key, today).title.zh
    except NotFound:
        return key
