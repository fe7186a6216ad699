"""What a case grants, line by line, kept in step with the case inside its own transaction.

A case has one line for its applicant, or one a row of its roster. Lines are `open` while the case is under way, `held` from
the state that reserves their money or goods, `paid` by the step that spends it, `dropped` where nothing comes of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from .. import ids
from ..errors import Message, Refused
from ..language.definition import Definition, State
from ..language.expressions import Expr, Unanswerable
from ..money import holds, stock
from ..privacy import vault
from ..records import GrantLine, HouseholdMember, PaymentLine, Person
from ..statements import Rows
from .dossier import Dossier, local_day

_lines, _people, _members, _payments = (m.__table__ for m in (GrantLine, Person, HouseholdMember, PaymentLine))
_ADD = Rows(_lines)
_WRITTEN = tuple(name for name in _lines.c.keys() if name not in ("id", "sealed", "updated_at"))
_RESERVED = ("amount_fen", "item", "quantity")
_ONE_LINE_WORDS = ("name", "account", "holder", "bank")


@dataclass(frozen=True, slots=True)
class Line:
    """What one beneficiary gets: 分, or a number of an item (the key of its pool). `id_no` None: the applicant's own."""

    n: int
    id_no: str | None
    name: str | None
    account: str | None
    holder: str | None
    bank: str | None
    amount_fen: int
    item: str | None = None
    quantity: int | None = None


def granted(definition: Definition) -> bool:
    """Return whether cases of this programme grant anything that has lines."""
    return definition.amount is not None or definition.lines is not None


def planned(dossier: Dossier, facts: Mapping[str, Any], amount_fen: int | None) -> tuple[list[Line], list[Message]]:
    """Return the lines as the form has them now, and what is wrong with them. `amount_fen` is that of the case. Pure."""
    definition = dossier.definition
    rule, form = definition.lines, facts["form"]
    if rule is None or rule.each is None:
        return _single(dossier, facts, amount_fen)
    found: list[Line] = []
    faults: list[Message] = []
    label = definition.form[rule.each].label
    for n, row in enumerate(form.get(rule.each) or (), 1):
        said = {word: _text(definition, getattr(rule, word), facts, row) for word in ("person", *_ONE_LINE_WORDS)}
        fen = _fen(definition, rule.amount, facts, row) if rule.amount is not None else 0
        item, quantity = _goods(definition, facts, row)
        if not said["person"] or fen is None or fen < 0 or (rule.amount is not None and not fen and not quantity):
            faults.append(Message("LINE_EMPTY", f"“{label.zh}”第 {n} 行缺少身份证号、金额或数量，请补全", f"Row {n} of “{label.text('en')}” lacks an identity number, "
                                  "an amount or a quantity; complete it", f"form.{rule.each}.{n}"))
            continue
        found.append(Line(n, said["person"], said["name"], said["account"], said["holder"] or said["name"], said["bank"], fen, item, quantity))
    total = sum(line.amount_fen for line in found)
    if rule.amount is not None and amount_fen is not None and not faults and total != amount_fen:
        faults.append(Message("LINES_SUM", f"“{label.zh}”各行合计 {total / 100:,.2f} 元，与本件金额 {amount_fen / 100:,.2f} 元不一致，请核对",
                              f"The rows of “{label.text('en')}” come to {total / 100:,.2f} yuan, the case to {amount_fen / 100:,.2f}; check them", "amount"))
    return found, faults


def _single(dossier: Dossier, facts: Mapping[str, Any], amount_fen: int | None) -> tuple[list[Line], list[Message]]:
    definition, rule, form = dossier.definition, dossier.definition.lines, facts["form"]
    cards = [form.get(spec.name) for spec in definition.form.values() if spec.type == "bankcard" and form.get(spec.name)]
    said = {word: _text(definition, getattr(rule, word), facts, {}) for word in ("person", *_ONE_LINE_WORDS)} if rule else dict.fromkeys(("person", *_ONE_LINE_WORDS))
    whose = dossier.row.unit_name if definition.beneficiary == "organisation" else dossier.row.applicant_name
    name = said["name"] or whose
    item, quantity = _goods(definition, facts, {})
    return [Line(1, said["person"], name, said["account"] or (str(cards[0]) if cards else None), said["holder"] or name, said["bank"],
                 amount_fen or 0, item, quantity)], []


def items(lines: Sequence[Line | Row[Any]]) -> dict[str, int]:
    """Return how many of each item the lines need, by the key of its pool."""
    count: Counter[str] = Counter()
    for line in lines:
        if line.item is not None and line.quantity:
            count[line.item] += line.quantity
    return dict(count)


def status_after(definition: Definition, source: str, trigger: str, dest: State) -> str:
    """Return what the lines of a case are once `trigger` has led from `source` to `dest`."""
    budget = definition.budget
    if budget is not None and f"{source}.{trigger}" == budget.commit or budget is None and dest.outcome == "approved":
        return "paid"
    if dest.final:
        return "dropped"
    return "held" if budget is not None and dest.name in budget.hold_in else "open"


def entering(definition: Definition, source: str, trigger: str, dest: State) -> bool:
    """Return whether this very step reserves or pays what was not reserved before."""
    return (status_after(definition, source, trigger, dest) in ("held", "paid")
            and status_after(definition, "", "", definition.states[source]) == "open")


def settle(session: Session, dossier: Dossier, trigger: str, dest: State, facts: Mapping[str, Any], changed: bool, amount_fen: int | None,
           cycle: str | None, seq: int, now: datetime) -> int | None:
    """Bring the lines in step with what the case has become, and their goods with them; event `seq` explains it.

    Returns what is to be spent, in 分, where that is less than the amount of the case because lines were dropped.
    """
    definition, row = dossier.definition, dossier.row
    first = row.submitted_at is None
    if not granted(definition) or first and (cycle is None or dest.kind == "draft"):
        return None
    status = status_after(definition, row.state, trigger, dest)
    was = "open" if first else status_after(definition, "", "", definition.states[row.state])
    if not first and status == was and not changed and amount_fen == row.amount_fen:
        return None
    connection, today = session.connection(), local_day(now)
    plain = not first and definition.lines is None and not changed and amount_fen == row.amount_fen
    if plain and _marked(connection, row.id, status, was, today, now):
        return None
    there = [] if first else connection.execute(select(_lines).where(_lines.c.case_id == row.id).order_by(_lines.c.n)).all()
    if not there or changed or amount_fen != row.amount_fen:
        there = _rewritten(session, dossier, facts, amount_fen, cycle or row.cycle, there, now)
    live = [line for line in there if line.status in ("open", "held")]
    if was == "open" and status in ("held", "paid") and not live and any(line.status == "paid" for line in there):
        live = there = _granted_again(session, dossier, facts, amount_fen, cycle or row.cycle, there, now)
    if status != "open" or was != "open":
        _marked(connection, row.id, status, was, today, now)
    if status == "paid" and there and not live:
        raise Refused([Message("NOTHING_LEFT", "各行都已取消，没有可以支付或发放的，请退回或不予批准",
                               "Every line was dropped, so nothing is left to pay; return or reject the case")])
    if definition.lines is not None and definition.lines.goods is not None:
        stock.settle(session, row.id, items(live) if status in ("held", "paid") else {}, spend=status == "paid", seq=seq, now=now)
    spent = sum(line.amount_fen for line in live)
    return spent if status == "paid" and len(live) < len(there) else None


def _marked(connection: Connection, case_id: str, status: str, was: str, today: date, now: datetime) -> int:
    """Give the lines under way their new status and return how many there were."""
    values: dict[str, Any] = {"status": status, "updated_at": now}
    if status == "open" or was == "open":                    # released, or granted on this very day
        values["granted_on"] = None if status in ("open", "dropped") else today
    if status in ("held", "paid") and was == "open":         # the family may have changed since the case was handed in
        values["household_id"] = select(_members.c.household_id).where(_members.c.person_id == _lines.c.person_id, _members.c.until_on.is_(None)).scalar_subquery()
    if status == "paid":
        values["settled_on"] = today
    return connection.execute(update(_lines).where(_lines.c.case_id == case_id, _lines.c.status.in_(("open", "held"))).values(**values)).rowcount


def _rewritten(session: Session, dossier: Dossier, facts: Mapping[str, Any], amount_fen: int | None, cycle: str | None,
               there: Sequence[Row[Any]], now: datetime) -> Sequence[Row[Any]]:
    """Write the lines as the form has them. What is reserved keeps its amounts: only who is paid where may change then."""
    definition = dossier.definition
    if any(line.status == "paid" for line in there) and not any(line.status in ("open", "held") for line in there):
        return there                     # a case that goes on after its money, as a loan does: what it notes then changes no line
    planned_lines, faults = planned(dossier, facts, amount_fen)
    if faults:                           # told by `judge` to whoever moves the case on; a return may leave them as they are
        if any(line.status in ("held", "paid") for line in there):
            raise Refused(faults)        # but not what is reserved, beside an amount and a hold that have changed
        return there
    rows = _rows(session, dossier, planned_lines, cycle, now)
    connection = session.connection()
    if any(line.status in ("held", "paid") for line in there):
        before = max((line.n for line in there if line.status == "paid"), default=0)     # of a case granted anew, lines stand behind those
        known, moved = {line.n - before: line for line in there}, []
        missing = {n for n, line in known.items() if line.status in ("open", "held")} - {fresh["n"] for fresh in rows}
        for fresh in rows:
            old = known.get(fresh["n"])
            if old is not None and old.status not in ("open", "held"):
                continue
            if old is None or missing or any(getattr(old, name) != fresh[name] for name in _RESERVED) or old.id_index != fresh["id_index"] and (
                    old.person_id is None or old.person_id != fresh["person_id"]):    # a number may have been learnt or corrected since
                raise Refused([Message("LINE_HELD", f"款物已经预留，名单上的人、金额和物品不能再改（第 {min(missing, default=fresh['n'])} 行），请先退回本件",
                                       f"Line {min(missing, default=fresh['n'])}: it is reserved who gets what; return the case first")])
            if not _as_it_stood(session, old, fresh, ("account_index",)):
                moved.append({"line": old.id, "account_index": fresh["account_index"], "sealed": _resealed(session, old.id, fresh), "updated_at": now})
        if moved:
            connection.execute(update(_lines).where(_lines.c.id == bindparam("line")), moved)
    elif there:
        _replaced(session, there, rows)
    elif rows:
        _added(connection, rows)
        if definition.lines is None:         # its one line is told from what was planned; nothing more is asked of it
            return []
    return connection.execute(select(_lines).where(_lines.c.case_id == dossier.id).order_by(_lines.c.n)).all()


def _granted_again(session: Session, dossier: Dossier, facts: Mapping[str, Any], amount_fen: int | None, cycle: str | None,
                   before: Sequence[Row[Any]], now: datetime) -> list[Row[Any]]:
    """Return new lines behind those that were paid: the money of these has come back, and the case is granted anew."""
    last = max(line.n for line in before)
    planned_lines, faults = planned(dossier, facts, amount_fen)
    if faults:
        raise Refused(faults)
    rows = _rows(session, dossier, [replace(line, n=last + line.n) for line in planned_lines], cycle, now)
    connection = session.connection()
    _added(connection, rows)
    return list(connection.execute(select(_lines).where(_lines.c.case_id == dossier.id, _lines.c.n > last).order_by(_lines.c.n)).all())


def _replaced(session: Session, there: Sequence[Row[Any]], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write new lines over those under way. A line keeps its id: a payment the bank sent back still refers to it.

    A roster has 20,000 rows and most steps change none of them: a line that says what it said is left alone.
    """
    connection, known, written, added, moved = session.connection(), {line.n: line for line in there}, set(), [], []
    for fresh in rows:
        old = known.get(fresh["n"])
        if old is None:
            added.append(fresh)
            continue
        written.add(old.id)
        if not _as_it_stood(session, old, fresh, _WRITTEN):
            moved.append({name: fresh[name] for name in (*_WRITTEN, "updated_at")} | {"line": old.id, "sealed": _resealed(session, old.id, fresh)})
    if moved:
        connection.execute(update(_lines).where(_lines.c.id == bindparam("line")), moved)
    _added(connection, added)
    surplus = [line.id for line in there if line.id not in written]
    tried = set(connection.execute(select(_payments.c.grant_line_id).where(_payments.c.grant_line_id.in_(surplus))).scalars()) if surplus else set()
    if tried:
        connection.execute(update(_lines).where(_lines.c.id.in_(tried)).values(status="dropped"))
    if set(surplus) - tried:
        connection.execute(delete(_lines).where(_lines.c.id.in_(set(surplus) - tried)))


def _as_it_stood(session: Session, old: Row[Any], fresh: Mapping[str, Any], columns: Sequence[str]) -> bool:
    """Say whether a line that stands says what the form says now, in these columns and in what is sealed."""
    mapping = old._mapping
    return all(mapping[name] == fresh[name] for name in columns) and (
        old.sealed is not None and vault(session).open_json("grant_lines.sealed", old.id, old.sealed) == fresh["said"])


def _added(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if len(rows) > 1:
        _ADD(connection, rows)
    elif rows:                           # most cases grant one line: not worth a COPY
        connection.execute(insert(_lines), [{name: value for name, value in rows[0].items() if name != "said"}])


def _rows(session: Session, dossier: Dossier, lines: Sequence[Line], cycle: str | None, now: datetime) -> list[dict[str, Any]]:
    """Return the rows of new lines. Whoever the register knows by their number is named; the others have their blind index."""
    definition, row, box = dossier.definition, dossier.row, vault(session)
    connection = session.connection()
    indexes = {line.n: box.blind("idcard", line.id_no) for line in lines if line.id_no}
    organisation = row.unit_id if definition.beneficiary == "organisation" else None
    known: dict[bytes, str] = {}
    homes: dict[str, str | None] = {}
    own = None
    seen = select(_people.c.id, _people.c.id_no_index, _members.c.household_id).outerjoin(
        _members, (_members.c.person_id == _people.c.id) & _members.c.until_on.is_(None))
    wanted = sorted(set(indexes.values()))
    for start in range(0, len(wanted), 500):
        for one in connection.execute(seen.where(_people.c.id_no_index.in_(wanted[start:start + 500]))):
            known[one.id_no_index], homes[one.id] = one.id, one.household_id
    if organisation is None and any(line.id_no is None for line in lines):
        one = connection.execute(seen.where(_people.c.id == row.entry_id)).one()
        own, homes[one.id] = one.id_no_index, one.household_id
    whose = {line.n: (known.get(indexes[line.n]) if line.n in indexes else None if organisation is not None else row.entry_id) for line in lines}
    made = []
    for line in lines:
        line_id = ids.new(now)
        person = whose[line.n]
        said = {"name": line.name, "id_no": line.id_no, "account": line.account, "holder": line.holder, "bank": line.bank}
        made.append({
            "id": line_id, "case_id": row.id, "n": line.n, "definition_key": definition.key, "value": definition.value, "cycle": cycle,
            "unit_id": row.unit_id, "path": row.path, "person_id": person, "household_id": homes.get(person or ""),
            "organisation_id": organisation, "id_index": indexes.get(line.n, own if line.id_no is None else None),
            "account_index": box.blind("bankcard", line.account) if line.account else None,
            "sealed": box.seal_json("grant_lines.sealed", line_id, said), "amount_fen": line.amount_fen, "item": line.item,
            "quantity": line.quantity, "status": "open", "granted_on": None, "settled_on": None, "returned_fen": 0, "updated_at": now,
            "said": said})
    return made


def _resealed(session: Session, line_id: str, fresh: Mapping[str, Any]) -> bytes:
    return vault(session).seal_json("grant_lines.sealed", line_id, fresh["said"])


def lines_of(session: Session, case_id: str) -> Sequence[Row[Any]]:
    """Return the lines of a case in order, without what is sealed in them."""
    columns = [column for column in _lines.c if column.name != "sealed"]
    return session.execute(select(*columns).where(_lines.c.case_id == case_id).order_by(_lines.c.n)).all()


def opened(session: Session, line_id: str, sealed: bytes | None) -> dict[str, str | None]:
    """Return {name, id_no, account, holder, bank} of one line; empty where it was erased."""
    said: dict[str, str | None] = {} if sealed is None else vault(session).open_json("grant_lines.sealed", line_id, sealed)
    return {word: said.get(word) for word in ("name", "id_no", "account", "holder", "bank")}


def _goods(definition: Definition, facts: Mapping[str, Any], row: Mapping[str, Any]) -> tuple[str | None, int | None]:
    rule = definition.lines.goods if definition.lines else None
    if rule is None:
        return None, None
    code, number = _value(definition, rule.item, facts, row), _value(definition, rule.quantity, facts, row)
    if not code or not isinstance(number, (int, Decimal)) or number <= 0 or number != int(number):
        return None, None
    return f"{holds.pattern(rule.stock, definition, facts)}/{code}", int(number)


def _value(definition: Definition, expr: Expr | None, facts: Mapping[str, Any], row: Mapping[str, Any]) -> Any:
    if expr is None:
        return None
    try:
        return expr.evaluate({**facts, "row": row}, definition.tables)
    except Unanswerable:
        return None


def _text(definition: Definition, expr: Expr | None, facts: Mapping[str, Any], row: Mapping[str, Any]) -> str | None:
    value = _value(definition, expr, facts, row)
    return None if value in (None, "") else str(value)


def _fen(definition: Definition, expr: Expr | None, facts: Mapping[str, Any], row: Mapping[str, Any]) -> int | None:
    value = _value(definition, expr, facts, row)
    return None if value is None else int((Decimal(value) * 100).quantize(Decimal(1), rounding="ROUND_HALF_UP"))


__all__ = ["Line", "granted", "items", "lines_of", "opened", "planned", "settle", "status_after"]
