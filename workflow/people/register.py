"""The register of workers and officers: one row a person, numbers checked, sealed and indexed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from .. import history, ids
from ..actors import Actor
from ..errors import Message, Refused
from ..language import identity
from ..language.fields import FieldFault, parse_value
from ..language.reading_values import Words
from ..organisations import actor_role
from ..privacy import Kind, Vault, vault
from ..records import Person


@dataclass(frozen=True, slots=True)
class _Number:
    name: str
    type: Kind
    label: Words


NUMBERS = (
    _Number("id_no", "idcard", Words("身份证号", "identity number")),
    _Number("phone", "phone", Words("手机号码", "mobile phone")),
    _Number("bank_card", "bankcard", Words("银行卡号", "bank card")),
)


def add_person(
    session: Session, now: datetime, actor: Actor, name: str, *, id_no: str | None = None, phone: str | None = None,
    bank_card: str | None = None, gender: str | None = None, born_on: date | None = None, union_id: int | None = None,
    member_no: str | None = None, member_since: date | None = None, migrant: bool = False, model_worker: str = "none",
) -> Person:
    """Add a person. Gender and date of birth come from the identity number where it is given.

    Raises `Refused` with every fault: an empty name, numbers that are wrong, a person who is in the register already.
    """
    name = " ".join(name.split())
    numbers, faults = _numbers({"id_no": id_no, "phone": phone, "bank_card": bank_card}, now)
    if not name:
        faults.insert(0, Message("PERSON_NAME", "请填写姓名", "Give the person's name", "name"))
    if faults:
        raise Refused(faults)
    box = vault(session)
    if "id_no" in numbers and find(session, numbers["id_no"]) is not None:
        raise Refused([Message("PERSON_KNOWN", "这个身份证号已经登记过，请直接选用已有的人员，不要重复登记",
                               "This identity number is in the register already; use that person", "id_no")])
    row, facts = entry(box, now, name, numbers, gender=gender, born_on=born_on, union_id=union_id, member_no=member_no, member_since=member_since,
                       migrant=migrant, model_worker=model_worker)
    person = Person(**row)
    session.add(person)
    session.flush()
    history.append_to(session, f"person:{person.id}", kind="add", at=now, actor=actor, role=actor_role(actor),
                      changes={key: (None, value) for key, value in facts.items() if value is not None})
    return person


def entry(
    box: Vault, now: datetime, name: str, numbers: Mapping[str, str], *, gender: str | None = None, born_on: date | None = None,
    union_id: int | None = None, member_no: str | None = None, member_since: date | None = None, migrant: bool = False, model_worker: str = "none",
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the row of a new person, every column of it, and what its first event tells. `numbers` are canonical."""
    known, person_id = numbers.get("id_no", ""), ids.new(now)
    row: dict[str, Any] = {
        "id": person_id, "name": name, "union_id": union_id, "member_no": member_no, "member_since": member_since,
        "migrant": migrant, "model_worker": model_worker, "created_at": now, "email_sealed": None, "merged_into": None,
        "gender": gender or identity.gender(known), "born_on": born_on or identity.birth_date(known),
    }
    for number in NUMBERS:
        text = numbers.get(number.name)
        row[f"{number.name}_sealed"] = box.seal(f"people.{number.name}", person_id, text.encode()) if text else None
        row[f"{number.name}_index"] = box.blind(number.type, text) if text else None
    facts: dict[str, Any] = {
        "name": name, **numbers, "gender": row["gender"], "born_on": _iso(row["born_on"]), "union_id": union_id,
        "member_no": member_no, "member_since": _iso(member_since), "migrant": migrant, "model_worker": model_worker,
    }
    return row, facts


def find(session: Session, id_no: str) -> Person | None:
    """Return the person with this identity number, however it is typed."""
    return session.scalar(select(Person).where(Person.id_no_index == vault(session).blind("idcard", id_no)))


def _numbers(raw: dict[str, str | None], now: datetime) -> tuple[dict[str, str], list[Message]]:
    """Return the canonical numbers that were given, and what is wrong with the others."""
    numbers: dict[str, str] = {}
    faults: list[Message] = []
    for number in NUMBERS:
        try:
            value = parse_value(number, raw[number.name], today=now.date())
        except FieldFault as fault:
            faults.extend(fault.messages)
        else:
            if value is not None:
                numbers[number.name] = value
    return numbers, faults


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
