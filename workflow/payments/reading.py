"""Batches and their lines as people may see them. Read only; every list takes the scope filter."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..actors import Actor
from ..engine.lines import opened
from ..engine.paying import payment_of
from ..errors import NotFound
from ..language.identity import mask
from ..records import Case, GrantLine, Organisation, PaymentAnswer, PaymentBatch, PaymentLine, Person

READERS = frozenset({"finance", "cashier", "county_leader", "auditor"})
_batches, _lines, _answers, _cases = (m.__table__ for m in (PaymentBatch, PaymentLine, PaymentAnswer, Case))
_grants = GrantLine.__table__
_SIZE = _batches.c.count.label("size")       # a row of a result is a tuple, whose own `count` is something else
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class SentBack:
    """A line of a case whose newest payment the bank did not make, and what it said."""

    n: int
    name: str | None
    account: str | None
    amount_fen: int
    why: str


def sent_back(session: Session, case_id: str) -> list[SentBack]:
    """Return the lines of a case that wait for another account, in order. The caller has seen that the case is in scope."""
    newest = {row.grant_line_id: row for row in session.execute(select(
        _lines.c.grant_line_id, _lines.c.status, _lines.c.sentence, _lines.c.code).where(_lines.c.case_id == case_id, _lines.c.status != "void").order_by(_lines.c.id))}
    held = session.execute(select(_grants.c.id, _grants.c.n, _grants.c.sealed, _grants.c.amount_fen).where(
        _grants.c.case_id == case_id, _grants.c.status == "held").order_by(_grants.c.n)).all()
    found = []
    for line in held:
        last = newest.get(line.id)
        if last is not None and last.status == "failed":
            said = opened(session, line.id, line.sealed)
            found.append(SentBack(line.n, said["name"], said["account"], line.amount_fen, last.sentence or last.code or "—"))
    return found


def visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `payment_batches` for what `actor` may read: those of their organisation and below it.

    The command line is no person and reads them all.
    """
    if actor.via == "command" and actor.person_id is None:
        return PaymentBatch.id.is_not(None)
    paths = {post.path for post in actor.posts if post.role in READERS}
    return or_(*(PaymentBatch.path.like(path + "%") for path in sorted(paths))) if paths else false()


def batches(session: Session, actor: Actor, *, after: str | None = None, limit: int = 50) -> Sequence[Row[Any]]:
    """Return the batches in scope with their organisation's name, newest first, of which the id is below `after`."""
    query = select(_batches, _SIZE, Organisation.name.label("organisation")).join(Organisation, Organisation.id == _batches.c.organisation_id)
    if after:
        query = query.where(_batches.c.id < after)
    return session.execute(query.where(visible(actor)).order_by(_batches.c.id.desc()).limit(limit)).all()


def batch(session: Session, batch_id: str, actor: Actor) -> Row[Any]:
    """Return one batch with its organisation's name. Raises `NotFound` out of scope."""
    row = session.execute(select(_batches, _SIZE, Organisation.name.label("organisation"), Organisation.code.label("organisation_code")).join(
        Organisation, Organisation.id == _batches.c.organisation_id).where(_batches.c.id == batch_id, visible(actor))).one_or_none()
    if row is None:
        raise NotFound("batch")
    return row


def by_number(session: Session, number: str, actor: Actor) -> Row[Any]:
    """Return the batch with this number. Raises `NotFound` out of scope."""
    found = session.execute(select(_batches.c.id).where(_batches.c.number == number.strip(), visible(actor))).scalar_one_or_none()
    if found is None:
        raise NotFound("batch")
    return batch(session, found, actor)


def lines(session: Session, batch_id: str, case_id: str | None = None) -> Sequence[Row[Any]]:
    """Return the lines of a batch in order, or those of one case, with number, state and definition of their cases. Sealed: see `shown`."""
    query = select(
        _lines, _cases.c.number.label("case_number"), _cases.c.state.label("case_state"), _cases.c.definition_key, _cases.c.definition_digest,
        _cases.c.applicant_id, _cases.c.filed_by).join(_cases, _cases.c.id == _lines.c.case_id).where(_lines.c.batch_id == batch_id).order_by(_lines.c.n)
    return session.execute(query if case_id is None else query.where(_lines.c.case_id == case_id)).all()


def shown(session: Session, line: Row[Any]) -> dict[str, str]:
    """Return payee and account of a line as lists may show them: the name whole, the account by its last four digits."""
    said = payment_of(session, line)
    return {"name": said["name"] or "", "holder": said["holder"] or "", "bank": said["bank"] or "", "account": mask("bankcard", said["account"])}


def answers(session: Session, batch_id: str) -> Sequence[Row[Any]]:
    """Return the bank's answers to a batch, oldest first, with the name of whoever imported them."""
    return session.execute(select(_answers, Person.name.label("who")).join(Person, Person.id == _answers.c.by)
                           .where(_answers.c.batch_id == batch_id).order_by(_answers.c.id)).all()


def names(session: Session, row: Row[Any]) -> Mapping[str, str]:
    """Return who did what with a batch: {made, sealed, confirmed, sent, closed} and their names."""
    ids = {word: getattr(row, f"{word}_by") for word in ("made", "sealed", "confirmed", "sent", "closed")}
    known = {one.id: one.name for one in session.execute(select(Person.id, Person.name).where(Person.id.in_({one for one in ids.values() if one})))}
    return {word: known[one] for word, one in ids.items() if one}


def chunks(keys: Collection[Key], size: int = 500) -> Iterator[list[Key]]:
    """Return the keys in lists that fit one query."""
    whole = list(keys)
    for start in range(0, len(whole), size):
        yield whole[start:start + size]
