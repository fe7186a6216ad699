"""People and unions as answers: found by what somebody types, as far as they may know, and shown by name.

Nobody learns from a field who is in the register: an applicant finds themself alone, an officer the people of the
unions they hold office at and their colleagues above, and whoever is not found, found twice or out of reach is told in the same words. A union's
name and code are no secret. In the form stand ids; rules read a union's code, as `org.code` is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from ..actors import Actor
from ..language.definition import Definition, Field
from ..language.fields import REGISTERED, Named, Register, mask
from ..privacy import vault
from ..records import Appointment, Organisation, Person
from ..scope import BELOW
from .dossier import Dossier

_NAME_AND_DIGITS = re.compile(r"(?P<name>.*[^\s,，0-9])[\s,，]*(?P<digits>[0-9]{3}[0-9Xx])\Z")
_CODE_BEHIND = re.compile(r".*[（(]([^（）()]+)[）)]\Z")
_MOST = 50                           # people of one name that are looked through; a longer list is a number to be typed whole


def register(session: Session, dossier: Dossier, actor: Actor) -> Register:
    """Return how this person's answers are looked up. What stands there already may be sent again as it is."""
    stands = frozenset(ids(dossier.definition, dossier.form))

    def find(spec: Any, text: str) -> str | None:
        if text in stands:
            return text
        return _person(session, actor, text) if spec.type == "person" else _union(session, text)

    return find


def _person(session: Session, actor: Actor, text: str) -> str | None:
    near = [Person.id == actor.person_id]
    places = [Organisation.path.like(post.path + "%") for post in actor.posts if post.role in BELOW]
    if places:
        near.append(Person.union_id.in_(select(Organisation.id).where(or_(*places))))
        # Officers of the unions above are colleagues, and no secret: a home visit is made with one of them.
        above = {int(number) for post in actor.posts if post.role in BELOW for number in post.path.split("/") if number}
        near.append(exists().where(Appointment.person_id == Person.id, Appointment.organisation_id.in_(above), Appointment.ends_on.is_(None)))
    box, digits = vault(session), ""
    if REGISTERED["person"].fullmatch(text):
        which = Person.id == text
    elif re.fullmatch("[0-9]{17}[0-9Xx]", text):
        which = Person.id_no_index == box.blind("idcard", text.upper())
    elif named := _NAME_AND_DIGITS.fullmatch(text):
        which, digits = Person.name == named["name"].strip(), named["digits"].upper()
    else:
        which = Person.member_no == text
    found = session.scalars(select(Person).where(which, Person.merged_into.is_(None), or_(*near)).order_by(Person.id).limit(_MOST)).all()
    fitting = [one.id for one in found if not digits or one.id_no_sealed is not None
               and box.open("people.id_no", one.id, one.id_no_sealed).decode().endswith(digits)]
    return fitting[0] if len(fitting) == 1 else None


def _union(session: Session, text: str) -> str | None:
    if REGISTERED["org"].fullmatch(text):
        which: Any = [Organisation.id == int(text[1:])]
    else:
        behind = _CODE_BEHIND.fullmatch(text)
        which = [Organisation.code.in_([text, *(behind.groups() if behind else ())]), Organisation.name == text]
    for condition in which:
        found = session.scalars(select(Organisation.id).where(condition, Organisation.active).limit(2)).all()
        if len(found) == 1:
            return f"#{found[0]}"
    return None


def named(session: Session, definition: Definition, form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form with the words that are shown for people, masked, and for unions."""
    people, unions = list(ids(definition, form, "person")), list(ids(definition, form, "org"))
    words: dict[str, str] = {}
    if people:
        for person_id, name in session.execute(select(Person.id, Person.name).where(Person.id.in_(people))):
            words[person_id] = Named(person_id, mask("name", name))
    if unions:
        for number, code, name in _unions(session, unions):
            words[f"#{number}"] = Named(f"#{number}", name, f"{name}（{code}）")
    return _put(definition, form, words)


def coded(session: Session, definition: Definition, form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form as rules read it: with the code of a union in place of its id."""
    unions = list(ids(definition, form, "org"))
    return _put(definition, form, {f"#{number}": code for number, code, _ in _unions(session, unions)} if unions else {})


def _unions(session: Session, unions: Collection[str]) -> Iterator[tuple[int, str, str]]:
    for row in session.execute(select(Organisation.id, Organisation.code, Organisation.name).where(
            Organisation.id.in_([int(one[1:]) for one in unions]))):
        yield row.id, row.code, row.name


def _put(definition: Definition, form: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    if not words:
        return dict(form)
    return {name: _worded(definition.form[name], value, words) if name in definition.form else value for name, value in form.items()}


def _worded(spec: Field, value: Any, words: Mapping[str, str]) -> Any:
    if spec.type in REGISTERED:
        return words.get(value, value)
    if spec.type == "table" and value and any(column.type in REGISTERED for column in spec.columns.values()):
        return [{name: _worded(spec.columns[name], cell, words) if name in spec.columns else cell for name, cell in row.items()}
                for row in value]
    return value


def ids(definition: Definition, form: Mapping[str, Any], *types: str) -> Iterator[str]:
    """Yield the ids of people and unions (or of one of them) that stand in a form, in its tables too."""
    wanted: Collection[str] = types or REGISTERED
    for name, spec in definition.form.items():
        value = form.get(name)
        if spec.type in wanted and isinstance(value, str):
            yield value
        elif spec.type == "table":
            for row in value or ():
                yield from (row[column] for column, inner in spec.columns.items()
                            if inner.type in wanted and isinstance(row.get(column), str))


def union_in(form: Mapping[str, Any], name: str) -> int | None:
    """Return the id of the union that `form.x` names, or None where it is empty."""
    value = form.get(name)
    return int(value[1:]) if isinstance(value, str) and REGISTERED["org"].fullmatch(value) else None
