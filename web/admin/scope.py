"""What one administrator looks after: their organisation and everything below it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, false, or_, select

from web.access import person
from web.db import session
from workflow.errors import NotFound
from workflow.records import Account, Appointment, Organisation, Person


def within() -> ColumnElement[bool]:
    """The condition on `organisations`."""
    paths = [post.path for post in person().posts if post.role == "admin"]
    return or_(*(Organisation.path.like(path + "%") for path in paths)) if paths else false()


def theirs() -> ColumnElement[bool]:
    """The condition on `people`: members of those unions, those who hold or held a post there, and those who belong nowhere yet."""
    ours = select(Organisation.id).where(within())
    return or_(
        Person.union_id.in_(ours),
        exists().where(Appointment.person_id == Person.id, Appointment.organisation_id.in_(ours)),
        and_(Person.union_id.is_(None), ~exists().where(Appointment.person_id == Person.id)))


def organisations() -> list[Organisation]:
    """Those in scope, parents before children."""
    return list(session().scalars(select(Organisation).where(within()).order_by(Organisation.path)))


def organisation(organisation_id: int | None) -> Organisation:
    found = session().scalar(select(Organisation).where(Organisation.id == organisation_id, within()))
    if found is None:
        raise NotFound("organisation")
    return found


def account(account_id: int) -> tuple[Account, Person]:
    found = session().execute(
        select(Account, Person).join(Person, Person.id == Account.person_id).where(Account.id == account_id, theirs())).first()
    if found is None:
        raise NotFound("account")
    return found[0], found[1]
