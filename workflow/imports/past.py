"""Lists of cases that were decided before this system: each becomes a case that begins where it ended, with its own number.

Its only event is of the kind `import`. What it granted stands as a paid line, so it counts for caps and for duplicates like any
other. Nothing is judged anew: rules of today do not bind what was decided then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from .. import history, ids, programmes
from ..calendar import ZONE
from ..engine import forms, uniqueness
from ..engine.cycles import cycle_of
from ..engine.dossier import open_dossier
from ..engine.facts import facts_of
from ..engine.lines import granted
from ..engine.start import first_values
from ..errors import Refused
from ..language.definition import Definition, State
from ..language.fields import REGISTERED, from_json
from ..language.reading_values import Words
from ..records import Case, CaseKey, GrantLine, Organisation, Person
from . import persons
from .columns import Column, column
from .finding import neighbours
from .kinds import Desk, Item, Kind
from .persons import ID_NO, NAME, PAGE, UNIT
from .sheets import Line

_cases, _lines, _keys = Case.__table__, GrantLine.__table__, CaseKey.__table__


def past_cases(session: Session, key: str, as_of: date) -> Kind:
    """Return the kind for one programme, as the version in force on a day has it. Raises `NotFound`, `Refused`."""
    definition = programmes.in_force(session, key, as_of)
    return Kind("cases", Words(definition.title.zh, definition.title.text("en")), _columns(definition), frozenset({"county_handler"}), _gather,
                lambda desk, items: _judge(desk, items, definition), lambda desk, items: _write(desk, items, definition), _restore)


def _columns(definition: Definition) -> tuple[Column, ...]:
    final = {state.name: Words(state.label.zh, state.label.text("en")) for state in definition.states.values() if state.final}
    fixed = (
        column("number", "text", "办理编号", "case number", "受理编号", "案件编号", "编号", "审批编号", "文号", required=True, max=50, width=22),
        NAME, ID_NO, UNIT,
        column("amount", "money", "金额", "amount", "发放金额", "补助金额", "救助金额", "帮扶金额", "实发金额", "审批金额", width=12),
        column("submitted_on", "date", "申请日期", "applied on", "申请时间", "受理日期", width=14),
        column("ended_on", "date", "办结日期", "ended on", "发放日期", "批准日期", "审批日期", "支付日期", "发放时间", required=True, width=14),
        column("state", "enum", "办理结果", "result", "状态", "结果", "办理状态", options=final, width=12),
        column("cycle", "text", "周期", "cycle", "年度", max=40, width=10),
    )
    return (*fixed, *(Column(f"form.{spec.name}", spec.type, Words(spec.label.zh, spec.label.text("en")), spec=spec)
                      for spec in definition.form.values() if spec.type not in ("table", "file", *REGISTERED)))


def _gather(lines: Sequence[Line]) -> list[Item]:
    persons.twice(lines, "number", "办理编号", "case number")
    return [Item([line]) for line in lines]


def _judge(desk: Desk, items: Sequence[Item], definition: Definition) -> None:
    approved = [state for state in definition.states.values() if state.final and state.outcome == "approved"]
    people = persons.known(desk, [item.head for item in items])
    near = persons.within(desk, [person.union_id for person in people.values()])
    numbers = sorted({str(item.head.values["number"]) for item in items if item.head.values.get("number")})
    there = {row.number: row for start in range(0, len(numbers), PAGE) for row in desk.session.execute(
        select(_cases.c.number, _cases.c.definition_key, _cases.c.applicant_id, _cases.c.amount_fen, _cases.c.state, _cases.c.path).where(
            _cases.c.number.in_(numbers[start:start + PAGE])))}
    for item in items:
        line, values = item.head, item.head.values
        if values.get("state") is None and len(approved) == 1:
            values["state"] = approved[0].name
        elif values.get("state") is None:
            line.wrong("STATE", "请填写办理结果", "Fill in the result", "state")
        state = definition.states.get(values.get("state") or "")
        if state is not None and state.outcome == "approved" and granted(definition) and definition.value != "none" and values.get("amount") is None:
            line.wrong("EMPTY", "请填写金额", "Fill in the amount", "amount")
        if values.get("submitted_on") and values.get("ended_on") and values["ended_on"] < values["submitted_on"]:
            line.wrong("DAY_BEFORE", "办结日期不能早于申请日期", "The case ended before it was applied for", "ended_on")
        union = desk.union(line)
        if line.faults:
            continue
        person = people.get(values["id_no"])
        if person is None and union is None:
            line.wrong("UNKNOWN_PERSON", "人员库里没有这个身份证号，请先导入会员，或填写所属工会",
                       "Nobody in the register has this number; import the members first, or name the union", "id_no")
        elif person is not None and persons.reachable(line, person, near) and persons.same_name(line, person) and person.union_id is None and union is None:
            line.wrong("NO_UNION", "这位职工没有所属工会，请填写所属工会", "This worker belongs to no union; name one", "unit")
        held = there.get(values["number"])
        if held is not None and not line.faults:
            same = person is not None and (held.definition_key, held.applicant_id, held.amount_fen, held.state) == (
                definition.key, person.id, values.get("amount"), values["state"])
            if same:
                item.outcome = "same"
            else:
                line.wrong("NUMBER_TAKEN", "这个办理编号已有另一件，请核对", "There is another case of this number; check it", "number")
        item.found = {"person": person.id if person is not None else None}


def _write(desk: Desk, items: Sequence[Item], definition: Definition) -> None:
    made: list[tuple[str, dict[str, Any], State, Item]] = []
    known = [str(item.found["person"]) for item in items if item.found["person"] is not None]
    home = neighbours(desk, [], known).home
    for item in items:
        values, union = item.head.values, desk.union(item.head)
        person = (Person(**persons.add(desk, item, item.head, union)) if item.found["person"] is None      # only to be read: the desk writes it
                  else desk.session.get_one(Person, item.found["person"]))
        place = union or desk.session.get_one(Organisation, person.union_id)
        state, case_id = definition.states[values["state"]], ids.new(desk.now)
        typed = {name[5:]: from_json(definition.form[name[5:]], value) for name, value in values.items() if name.startswith("form.") and value is not None}
        form = {**first_values(desk.session, definition, person), **typed}
        plain, sealed = forms.stored(desk.session, "cases", case_id, definition, form)
        ended, cycle = _moment(values["ended_on"]), values.get("cycle") or cycle_of(definition, date.fromisoformat(values.get("submitted_on") or values["ended_on"]))
        case = {
            "id": case_id, "number": values["number"], "definition_key": definition.key, "definition_version": definition.version,
            "definition_digest": definition.digest, "applicant_id": person.id, "filed_by": person.id, "unit_id": place.id, "path": place.path, "state": state.name,
            "revision": 1, "entry": 1, "entered_at": ended, "due_at": None, "submitted_at": _moment(values.get("submitted_on") or values["ended_on"]),
            "cycle": cycle, "outcome": state.outcome, "ended_at": ended, "amount_fen": values.get("amount"), "adjusted_fen": None, "form": plain,
            "sealed": sealed, "figures": {}, "returned": None, "last_seq": 1, "last_hash": b"", "created_at": desk.now, "updated_at": desk.now, "erased_at": None}
        desk.add(_cases, case)
        desk.tell(case_id, "import", item, place.id, {"programme": definition.key, "version": definition.version, "number": values["number"],
                                                      "cycle": cycle, "ended_on": values["ended_on"]}, forms.differences(definition, {}, form), new=True,
                  to_state=state.name, amount_fen=values.get("amount"), revision=1, definition_digest=definition.digest)
        if granted(definition) and values.get("amount") is not None:
            desk.add(_lines, _line(desk, definition, case, person, values, home.get(person.id)))
        item.made = [["cases", case_id, case_id]]            # whoever was added for it stays when it is undone: so does the case
        made.append((case_id, form, state, item))
    desk.after = lambda: _take_tuples(desk, made)


def _line(desk: Desk, definition: Definition, case: dict[str, Any], person: Person, values: dict[str, Any], home: str | None) -> dict[str, Any]:
    line_id, day = ids.new(desk.now), date.fromisoformat(values["ended_on"])
    paid = case["outcome"] == "approved"
    said = {"name": person.name, "id_no": values["id_no"], "account": None, "holder": None, "bank": None}
    return {
        "id": line_id, "case_id": case["id"], "n": 1, "definition_key": definition.key, "value": definition.value, "cycle": case["cycle"],
        "unit_id": case["unit_id"], "path": case["path"], "person_id": person.id, "household_id": home, "organisation_id": None,
        "id_index": desk.box.blind("idcard", values["id_no"]), "account_index": None, "sealed": desk.box.seal_json("grant_lines.sealed", line_id, said),
        "amount_fen": values["amount"], "item": None, "quantity": None, "status": "paid" if paid else "dropped", "granted_on": day if paid else None,
        "settled_on": day if paid else None, "returned_fen": 0, "updated_at": desk.now}


def _take_tuples(desk: Desk, made: Sequence[tuple[str, dict[str, Any], State, Item]]) -> None:
    """Let what was approved stand in the way of a second one. Where two old cases share a tuple, the first one holds it."""
    for case_id, form, state, _ in made:
        if state.outcome != "approved":
            continue
        dossier = open_dossier(desk.session, case_id, desk.actor)
        if dossier.definition.unique:
            try:
                uniqueness.settle(desk.session, dossier, state, facts_of(desk.session, dossier, desk.now, form), first=True)
            except Refused:
                continue


def _restore(desk: Desk, table: str, key: str, values: dict[str, Any], item: Item) -> None:
    """A case cannot be taken out of the history: it ends as closed, grants nothing, and gives its number back."""
    if table != "cases":
        persons.restore(desk, key, values, item)
        return
    case = desk.session.get_one(Case, key)
    number = f"{case.number}#{case.id[-6:]}"
    link = history.append(
        desk.session, stream=key, seq=case.last_seq + 1, prev=case.last_hash, kind="import_undo", at=desk.now, actor=desk.actor, role=desk.role,
        organisation_id=case.unit_id, from_state=case.state, to_state=case.state, revision=case.revision + 1, definition_digest=case.definition_digest,
        extra={"import": desk.row.id, "row": item.head.n, "number": number})
    # What was paid stays paid in the books; taken back, it is returned in full, on no day that any cap counts.
    desk.session.execute(update(_lines).where(_lines.c.case_id == key).values(
        returned_fen=_lines.c.amount_fen, granted_on=None, settled_on=None, updated_at=desk.now))
    desk.session.execute(delete(_keys).where(_keys.c.case_id == key))
    desk.session.execute(update(_cases).where(_cases.c.id == key).values(
        number=number, amount_fen=None, outcome="closed", revision=case.revision + 1, last_seq=link.seq, last_hash=link.hash, updated_at=desk.now))


def _moment(day: str) -> datetime:
    """Noon of that day: a list says no hour."""
    return datetime.combine(date.fromisoformat(day), time(12), ZONE).astimezone(UTC)
