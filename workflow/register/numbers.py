"""An identity number that the register lacked and officers have seen: written down when a file is opened, never changed here."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from .. import people
from ..actors import Actor
from ..errors import Refused, one
from ..language import identity
from ..language.identity import mask
from ..privacy import vault
from .households import locked_person
from .keeping import told


def remember_number(session: Session, person_id: str, id_no: str, actor: Actor, now: datetime, *, role: str, field: str = "id_no") -> None:
    """Give a person the identity number they are known by, where the register has none.

    Raises `Refused` where the number belongs to another entry: then the two are one person, or one of them is wrong.
    """
    person = locked_person(session, person_id)
    if person.id_no_index is not None:
        return
    id_no = identity.normalise("idcard", id_no)
    other = people.find(session, id_no)
    if other is not None:
        raise Refused(one("NUMBER_TAKEN", f"这个身份证号在登记册里属于另一条登记（{mask('name', other.name)}），请先核对；是同一个人的，先在档案里合并",
                          f"This identity number belongs to another entry ({mask('name', other.name)}); check it, and merge the two if they are one person",
                          field))
    box = vault(session)
    person.id_no_sealed, person.id_no_index = box.seal("people.id_no", person.id, id_no.encode()), box.blind("idcard", id_no)
    person.gender, person.born_on = person.gender or identity.gender(id_no), person.born_on or identity.birth_date(id_no)
    session.flush()
    told(session, f"person:{person.id}", "change", actor, role, person.union_id, now, {}, {"id_no": (None, id_no)})
