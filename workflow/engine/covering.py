"""Mutual aid: who is covered from when to when. `cover.check` and `cover.open` for the enrolment, `cover.*` for the claim.

A programme that enrols says the days its period runs by its params `cover_from` and `cover_until`: month and day, the next to
come after the case was handed in, or full dates. One cover is opened for each row of its roster (`lines.each`), which may
say `age` on the first day of the period, `renewed` (covered in the period before) and `shares`; `language/check_covering.py`
holds definitions to that. A claim names the scheme by its param `scheme`; its `cover.*` are those of the cover that the
applicant has on the day `form.event_on`, or today where it asks for no such day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, literal, or_, select
from sqlalchemy.orm import Session

from ..errors import Message, Refused
from ..language.definition import Definition
from ..language.identity import birth_date, gender
from ..records import Case, Cover, GrantLine, Person
from ..statements import Rows
from .dossier import Dossier
from .entries import entries
from .households import STANDS

if TYPE_CHECKING:
    from .effects import Step

_covers, _lines, _cases, _people = Cover.__table__, GrantLine.__table__, Case.__table__, Person.__table__
_ADD = Rows(_covers, tuple(name for name in _covers.c.keys() if name != "id"))
OPEN, CHECK = "cover.open", "cover.check"
NO_COVER: Mapping[str, Any] = {"active": False, "start": None, "end": None, "since": None, "shares": 0, "granted": Decimal(0)}
_TOLD = 20                           # rows at fault that are told one by one
_GAP = timedelta(days=31)            # a period that ended so long before counts as the one before


def enrols(definition: Definition) -> bool:
    """Return whether this programme opens covers."""
    return any(OPEN in way.effects for way in definition.transitions)


def period(params: Mapping[str, Any], handed_in: date) -> tuple[date, date]:
    """Return the first and last day of the period that a case handed in on that day enrols for. Pure."""
    first = _next(str(params["cover_from"]), handed_in)
    return first, _next(str(params["cover_until"]), _later(first, int(params.get("cover_years") or 1) - 1))


def _next(said: str, after: date) -> date:
    """Return the day said, or the next such day of a year after `after`; 02-29 is the last of February."""
    if len(said) > 5:
        return date.fromisoformat(said)
    month, day = int(said[:2]), int(said[3:])
    for year in (after.year, after.year + 1):
        found = date(year, 3, 1) - timedelta(days=1) if (month, day) == (2, 29) else date(year, month, day)
        if found > after:
            return found
    raise ValueError(said)


def _later(day: date, years: int) -> date:
    """Return the same day so many years on; 02-29 is 02-28 where there is none."""
    return date(day.year + years, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)


def cover_facts(session: Session, dossier: Dossier, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return `cover.*` as they stand: of the period enrolled for, or of the cover a claim rests on."""
    if enrols(dossier.definition):
        return enrolment(facts["param"], facts["case"]["submitted_on"])
    day = facts["form"].get("event_on") or facts["today"]
    covers = covers_of(session, dossier.row.entry_id, facts["param"].get("scheme"))
    found = next((cover for cover in covers if cover.from_on <= day <= cover.until_on), None)
    if found is None:
        return dict(NO_COVER)
    since = found.from_on
    for earlier in covers:           # newest first: one that ends the day before goes on without a break
        if earlier.from_on < since and earlier.until_on >= since - timedelta(days=1):
            since = earlier.from_on
    granted = _granted(session, dossier, found.from_on, found.until_on)
    return {"active": True, "start": found.from_on, "end": found.until_on, "since": since, "shares": found.shares, "granted": granted}


def enrolment(params: Mapping[str, Any], handed_in: date) -> dict[str, Any]:
    """Return `cover.*` of a programme that enrols: the period, and nobody's cover yet. Pure, for golden cases too."""
    try:
        first, last = period(params, handed_in)
    except ValueError:               # a figure that somebody entered for their county: `check` tells whoever enrols
        return dict(NO_COVER)
    return {**NO_COVER, "start": first, "end": last}


def prefilled(session: Session, definition: Definition, person_id: str, today: date) -> dict[str, Any]:
    """Return `membership.from` and `.until` where a question is filled in with them: the cover of today, of the scheme or of any."""
    if not any((spec.prefill or "").startswith("membership.") for spec in definition.form.values()):
        return {}
    scheme = definition.params["scheme"].value if "scheme" in definition.params else None
    found = next((cover for cover in covers_of(session, person_id, scheme) if cover.from_on <= today <= cover.until_on), None)
    return {} if found is None else {"membership.from": found.from_on, "membership.until": found.until_on}


def covers_of(session: Session, person_id: str, scheme: str | None) -> Sequence[Any]:
    """Return the covers of a person, newest first, under one scheme or any."""
    index = session.connection().execute(select(_people.c.id_no_index).where(_people.c.id == person_id)).scalar()
    whose = [_covers.c.person_id == person_id, *([] if index is None else [_covers.c.id_index == index])]
    query = select(_covers).where(or_(*whose)).order_by(_covers.c.from_on.desc(), _covers.c.id.desc())
    return session.connection().execute(query if scheme is None else query.where(_covers.c.scheme == scheme)).all()


def _granted(session: Session, dossier: Dossier, first: date, last: date) -> Decimal:
    """Return what other claims of this programme have been granted or are held for, whose day lies in the same period."""
    total = 0
    for form, fen in session.connection().execute(
            select(_cases.c.form, func.sum(_lines.c.amount_fen - _lines.c.returned_fen)).join(_lines, _lines.c.case_id == _cases.c.id)
            .where(_cases.c.applicant_id.in_(entries(literal(dossier.row.entry_id))), _cases.c.definition_key == dossier.definition.key, _cases.c.id != dossier.id,
                   _lines.c.status.in_(STANDS)).group_by(_cases.c.id)):
        day = (form or {}).get("event_on")
        if day is None or first.isoformat() <= str(day) <= last.isoformat():
            total += int(fen)
    return Decimal(total) / 100


def refuse_overtaken(session: Session, dossier: Dossier, facts: Mapping[str, Any]) -> None:
    """Refuse to reserve money for a claim while another of the same person has just been granted: one cap is not used twice."""
    if not facts["cover"].get("active"):
        return
    session.connection().execute(select(_people.c.id).where(_people.c.id == dossier.row.entry_id).with_for_update())
    if cover_facts(session, dossier, facts)["granted"] != facts["cover"]["granted"]:
        raise Refused([Message("COVER_OVERTAKEN", "这位职工本保障期的另一件理赔刚刚办理，请刷新后重新核算",
                               "Another claim of this person in the same period has just been granted; look again and calculate afresh", "amount")])


def check(step: Step) -> None:
    """Refuse a roster with somebody twice, covered already, of another age than their number says, or not covered before."""
    found = list(_faults(step, _roster(step)))
    if found:
        more = [] if len(found) <= _TOLD else [Message("COVER_MORE", f"另有 {len(found) - _TOLD} 行有同样的问题", f"{len(found) - _TOLD} more rows are at fault")]
        raise Refused(found[:_TOLD] + more)


def open_covers(step: Step) -> None:
    """Open one cover for each line of the case that was not dropped. Asks again what `check` asks: months may lie between."""
    lines = _roster(step)
    check(step)
    first, last = step.facts["cover"]["start"], step.facts["cover"]["end"]
    row, table = step.dossier.row, _table(step)
    rows = [{"scheme": step.dossier.definition.key, "cycle": row.cycle, "case_id": row.id, "n": line.n, "unit_id": row.unit_id, "path": row.path,
             "person_id": line.person_id, "id_index": line.id_index, "from_on": first, "until_on": last,
             "shares": int(table[line.n - 1].get("shares") or 1), "opened_at": step.now} for line in lines]
    if not rows:
        raise Refused([Message("COVER_NOBODY", "名册里没有人，不能参保", "There is nobody on the roster to enrol")])
    _ADD(step.session.connection(), rows)


EFFECTS = {CHECK: check, OPEN: open_covers}


def _roster(step: Step) -> Sequence[Any]:
    return step.session.connection().execute(
        select(_lines.c.n, _lines.c.id_index, _lines.c.person_id).where(_lines.c.case_id == step.dossier.id, _lines.c.status != "dropped")
        .order_by(_lines.c.n)).all()


def _table(step: Step) -> Sequence[Mapping[str, Any]]:
    rule = step.dossier.definition.lines
    return (step.form.get(rule.each or "") or ()) if rule else ()


def _faults(step: Step, lines: Sequence[Any]) -> Iterator[Message]:
    first, last = step.facts["cover"]["start"], step.facts["cover"]["end"]
    if first is None or last < first:
        yield Message("COVER_PERIOD", "本期保障的起止日期有误，请核对参数 cover_from、cover_until",
                      "The days of the period are wrong; check the figures cover_from and cover_until")
        return
    if first <= step.facts["case"]["submitted_on"]:
        yield Message("COVER_BEGUN", f"本期保障自 {first} 开始，已经不能再参保", f"The period began on {first}; nobody can be enrolled for it any more")
        return
    table, each = _table(step), step.dossier.definition.lines.each if step.dossier.definition.lines else ""
    numbers = next((name for name, spec in step.dossier.definition.form[each or ""].columns.items() if spec.type == "idcard"), "")
    twice = Counter(line.id_index for line in lines)
    covered, before, known = _standing(step, lines, first, last)
    for line in lines:
        row, place = table[line.n - 1], f"form.{each}.{line.n}.{numbers}"
        zh, en = f"名册第 {line.n} 行：", f"Row {line.n}: "
        born = birth_date(str(row.get(numbers) or ""))
        age = None if born is None else first.year - born.year - ((first.month, first.day) < (born.month, born.day))
        if twice[line.id_index] > 1:
            yield Message("COVER_TWICE", f"{zh}同一身份证号在名册里出现多次", f"{en}the identity number stands more than once on the roster", place)
        if line.id_index in covered:
            yield Message("COVER_ALREADY", f"{zh}这位职工本期已经参保，不能重复参保", f"{en}this worker is enrolled for the period already", place)
        if age is not None and row.get("age") is not None and int(row["age"]) != age:
            yield Message("COVER_AGE", f"{zh}按身份证号，{first} 时为 {age} 周岁，不是 {row['age']} 周岁",
                          f"{en}by the identity number they are {age} on {first}, not {row['age']}", place)
        told, real = row.get("gender"), gender(str(row.get(numbers) or ""))
        if real and told in ("male", "female") and told != real:
            yield Message("COVER_GENDER", f"{zh}按身份证号，性别与名册写的不同", f"{en}the identity number says another gender", place)
        if known and row.get("renewed") and line.id_index not in before:
            yield Message("COVER_NOT_RENEWED", f"{zh}名册写明上期已参保，但没有查到上期的保障",
                          f"{en}said to have been covered before, yet there is no such cover", place)


def _standing(step: Step, lines: Sequence[Any], first: date, last: date) -> tuple[set[bytes], set[bytes], bool]:
    """Return who is covered in this period already, who was in the one before, and whether anything is known of that one.

    In the first year nothing is: whoever is renewed then stands in the paper rosters only, and a person must look.
    """
    connection, scheme = step.session.connection(), step.dossier.definition.key
    ended = _covers.c.until_on.between(first - _GAP, first - timedelta(days=1))
    known = connection.execute(select(_covers.c.id).where(_covers.c.scheme == scheme, ended).limit(1)).first() is not None
    covered, before, wanted = set[bytes](), set[bytes](), sorted({line.id_index for line in lines})
    for start in range(0, len(wanted), 500):
        for index, until in connection.execute(select(_covers.c.id_index, _covers.c.until_on).where(
                _covers.c.scheme == scheme, _covers.c.id_index.in_(wanted[start:start + 500]), _covers.c.from_on <= last, _covers.c.until_on >= first - _GAP)):
            (covered if until >= first else before).add(index)
    return covered, before, known
