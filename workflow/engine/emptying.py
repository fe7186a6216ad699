"""What an erased case leaves empty: its own contents, and what of it stands elsewhere.

Elsewhere is the hardship file it opened, the batches that paid it, and the list it was imported from. Words sealed in the
events of a household or a batch go too, and then an `erase` event of that stream names the case and the steps it empties; the
verifier accepts those steps as empty for as long as the case itself was erased rightly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from .. import history
from ..actors import Actor
from ..calendar import working_calendar
from ..language.definition import Definition
from ..records import (
    Attachment,
    Case,
    CaseIdentity,
    Cover,
    Decision,
    Draft,
    Event,
    GrantLine,
    HardshipFile,
    Household,
    HouseholdMember,
    Import,
    ImportRow,
    Notice,
    Objection,
    PaymentBatch,
    PaymentLine,
    Repayment,
    SampledFile,
)

_drafts, _identities, _decisions, _events, _files, _notices, _objections, _lines, _payments, _repayments, _rows = (m.__table__ for m in (
    Draft, CaseIdentity, Decision, Event, Attachment, Notice, Objection, GrantLine, PaymentLine, Repayment, ImportRow))
Said = Callable[[str, Mapping[str, Any]], bool]


def empty(session: Session, case_id: str, definition: Definition, seq: int, actor: Actor, role: str, now: datetime) -> None:
    """Empty everything that holds personal data of a case; what came after event `seq`, which says so, cannot be."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")     # what is freed is overwritten, not only forgotten
    _imported(session, case_id, definition, now)
    for statement in (
        delete(_drafts).where(_drafts.c.case_id == case_id),
        delete(_identities).where(_identities.c.case_id == case_id),
        update(_events).where(_events.c.stream == case_id, _events.c.seq < seq, _events.c.details.is_not(None)).values(details=None),
        update(_decisions).where(_decisions.c.case_id == case_id, _decisions.c.snapshot.is_not(None)).values(snapshot=None),
        update(_files).where(_files.c.case_id == case_id).values(name=""),         # people put names and numbers into it
        update(_notices).where(_notices.c.case_id == case_id).values(content=[]),
        update(_objections).where(_objections.c.case_id == case_id).values(sealed=None),
        update(_repayments).where(_repayments.c.case_id == case_id).values(reason=""),
        update(_lines).where(_lines.c.case_id == case_id).values(sealed=None, id_index=None, account_index=None),
        update(Cover.__table__).where(Cover.case_id == case_id).values(id_index=None),
    ):
        connection.execute(statement)
    _paid(session, case_id, actor, role, now)
    _filed(session, case_id, actor, role, now)


def _imported(session: Session, case_id: str, definition: Definition, now: datetime) -> None:
    """Empty the row it was imported from, and what that list refused once the list has been kept as long as the case had to be."""
    body = session.scalar(select(Event.body).where(Event.stream == case_id, Event.seq == 1, Event.kind == "import"))
    said = _extra(body)
    listed = session.get(Import, said["import"]) if "import" in said else None
    if listed is None:
        return
    session.execute(update(_rows).where(_rows.c.import_id == listed.id, _rows.c.n == said["row"]).values(sealed=None))
    if definition.retention is not None and working_calendar().due(listed.at, definition.retention) <= now:
        session.execute(update(_rows).where(_rows.c.import_id == listed.id, _rows.c.sealed.is_not(None)).values(sealed=None))


def _paid(session: Session, case_id: str, actor: Actor, role: str, now: datetime) -> None:
    """Empty what was written of its payments; the bank's codes and reference numbers stay."""
    mine = session.execute(select(PaymentLine.id, PaymentLine.batch_id, PaymentBatch.organisation_id)
                           .join(PaymentBatch, PaymentBatch.id == PaymentLine.batch_id).where(PaymentLine.case_id == case_id)).all()
    session.execute(update(_payments).where(_payments.c.case_id == case_id).values(sealed=None, note="", sentence=""))
    ids = {line.id for line in mine}
    for batch, unit in sorted({(line.batch_id, line.organisation_id) for line in mine}):
        _silence(session, f"payment:{batch}", case_id, unit, actor, role, now,
                 lambda _, extra: extra.get("line") in ids or extra.get("case") == case_id)


def _filed(session: Session, case_id: str, actor: Actor, role: str, now: datetime) -> None:
    """Empty what was written of its hardship file; the household's address goes with the last that anybody there needs it for."""
    for file in session.scalars(select(HardshipFile).where(HardshipFile.case_id == case_id)).all():
        file.end_reason, file.updated_at = "", now
        left = _left(session, file.household_id)
        if left:
            session.execute(update(Household).where(Household.id == file.household_id).values(address_sealed=None, updated_at=now))
        for sample_id in session.scalars(select(SampledFile.sample_id).where(SampledFile.file_id == file.id)).all():
            session.execute(update(SampledFile.__table__).where(SampledFile.sample_id == sample_id, SampledFile.file_id == file.id).values(note_sealed=None))
            _silence(session, f"sample:{sample_id}", case_id, file.unit_id, actor, role, now, lambda _, extra, file_id=file.id: extra.get("file") == file_id)  # type: ignore[misc]
        _silence(session, f"household:{file.household_id}", case_id, file.unit_id, actor, role, now,
                 lambda kind, extra, file_id=file.id, left=left: left or extra.get("file") == file_id)  # type: ignore[misc]
    session.flush()


def _left(session: Session, household_id: str) -> bool:
    """Whether no other file is kept of the household, and no case of those who have lived there is."""
    kept = exists().where(Case.id == HardshipFile.case_id, Case.erased_at.is_(None))
    if session.scalar(select(HardshipFile.id).where(HardshipFile.household_id == household_id, HardshipFile.case_id.is_(None) | kept).limit(1)) is not None:
        return False
    return session.scalar(select(Case.id).where(Case.erased_at.is_(None), Case.applicant_id.in_(select(HouseholdMember.person_id).where(
        HouseholdMember.household_id == household_id))).limit(1)) is None


def _silence(session: Session, stream: str, case_id: str, unit: int | None, actor: Actor, role: str, now: datetime, meant: Said) -> None:
    """Take the sealed words out of the events of another stream that are about the case, and leave the event that says so."""
    seqs = [row.seq for row in session.execute(select(Event.seq, Event.kind, Event.body).where(Event.stream == stream, Event.details.is_not(None))
                                               .order_by(Event.seq)) if row.kind != "erase" and meant(row.kind, _extra(row.body))]
    if seqs:
        history.append_to(session, stream, kind="erase", at=now, actor=actor, role=role, organisation_id=unit, extra={"case": case_id, "events": seqs})
        session.execute(update(_events).where(_events.c.stream == stream, _events.c.seq.in_(seqs)).values(details=None))


def _extra(body: bytes | None) -> dict[str, Any]:
    return {} if body is None else dict(orjson.loads(body).get("extra", {}))
