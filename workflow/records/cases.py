"""A case and everything that hangs on it. The engine is the only writer.

`cases.form` holds what is not sensitive as JSON; `sealed` holds the sensitive fields, encrypted and bound to the row.
Every UPDATE of a case row needs the event that explains it (a trigger refuses it otherwise); pending edits therefore
live beside it in `drafts`. Money is integer 分.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class Case(Base):
    __tablename__ = "cases"
    __table_args__ = (
        ForeignKeyConstraint(["definition_key", "definition_version"], ["releases.key", "releases.version"]),
        CheckConstraint("amount_fen IS NULL OR amount_fen >= 0", name="amount"),
        CheckConstraint("outcome IS NULL OR outcome IN ('approved','rejected','withdrawn','lapsed','closed')", name="outcome"),
        Index("ix_cases_path", "path", postgresql_ops={"path": "text_pattern_ops"}),
        Index("ix_cases_applicant_id_definition_key", "applicant_id", "definition_key"),
        Index("ix_cases_updated_at", "updated_at", "id"),
        Index("ix_cases_ended", "definition_digest", "ended_at", postgresql_where=text("erased_at IS NULL"), sqlite_where=text("erased_at IS NULL")),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[str | None] = mapped_column(String(60), unique=True)      # drawn at the first submission
    definition_key: Mapped[str] = mapped_column(String(60))
    definition_version: Mapped[int]
    definition_digest: Mapped[str] = mapped_column(String(64))
    applicant_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    filed_by: Mapped[str] = mapped_column(ForeignKey("people.id"))           # differs from the applicant under 代办
    unit_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)   # the applicant's union then
    path: Mapped[str] = mapped_column(String(200))                           # that union's path: what scope filters on
    state: Mapped[str] = mapped_column(String(60))
    revision: Mapped[int]                                                    # +1 on every action
    entry: Mapped[int]                                                       # seq of the event that entered `state`
    entered_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    cycle: Mapped[str | None] = mapped_column(String(40))
    outcome: Mapped[str | None] = mapped_column(String(10))
    ended_at: Mapped[datetime | None]
    amount_fen: Mapped[int | None] = mapped_column(BigInteger)
    adjusted_fen: Mapped[int | None] = mapped_column(BigInteger)             # set by hand where the definition allows
    form: Mapped[dict[str, Any]]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    figures: Mapped[dict[str, Any]]                                          # params and region figures of submission
    returned: Mapped[dict[str, Any] | None]                                  # an open return for correction
    last_seq: Mapped[int]
    last_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]                                       # personal data removed: retention is over


class Draft(Base):
    """What one person has typed and not yet sent; saving it touches nothing else."""

    __tablename__ = "drafts"

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    revision: Mapped[int]                                                    # of the case when it was typed
    form: Mapped[dict[str, Any]]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    comment: Mapped[str] = mapped_column(String(2000), default="")
    saved_at: Mapped[datetime]


class Task(Base):
    """Somebody's turn. Addressed to a role at an organisation, to one person, or to a role and now in one person's hands.

    `work` is the one task that carries the case on; a vote has one `ballot` a voter, a parallel step one `branch` a
    branch; `consult` asks for an opinion and `cc` lets somebody read: neither holds the case up.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint("status IN ('open','waiting','done','cancelled')", name="status"),
        CheckConstraint("kind IN ('work','ballot','branch','consult','cc')", name="kind"),
        CheckConstraint("vote IS NULL OR vote IN ('agree','disagree','abstain')", name="vote"),
        Index("ix_tasks_queue", "role", "organisation_id", "due_at", "id",
              postgresql_where=text("status = 'open' AND person_id IS NULL"),
              sqlite_where=text("status = 'open' AND person_id IS NULL")),
        Index("ix_tasks_person_open", "person_id", "due_at", "id",
              postgresql_where=text("status = 'open'"), sqlite_where=text("status = 'open'")),
        Index("ix_tasks_escalated", "escalated_role", "escalated_organisation_id", "due_at", "id",
              postgresql_where=text("status = 'open' AND escalated_role IS NOT NULL"),
              sqlite_where=text("status = 'open' AND escalated_role IS NOT NULL")),
        Index("ix_tasks_person_id_case_id", "person_id", "case_id"),
        Index("uq_tasks_case_open", "case_id", unique=True,
              postgresql_where=text("status = 'open' AND kind = 'work'"), sqlite_where=text("status = 'open' AND kind = 'work'")),
        Index("uq_tasks_ballot", "case_id", "entry", "person_id", unique=True,
              postgresql_where=text("kind = 'ballot' AND status <> 'cancelled'"),
              sqlite_where=text("kind = 'ballot' AND status <> 'cancelled'")),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    entry: Mapped[int]                                                       # seq of the event that entered the state
    state: Mapped[str] = mapped_column(String(60))
    definition_key: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(10), default="work")
    branch: Mapped[str | None] = mapped_column(String(60))                   # key of the branch of a parallel step
    place: Mapped[int | None]                                                # of a ballot or branch, from 1: the order, and the turn where they vote in sequence
    role: Mapped[str] = mapped_column(String(40))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))   # whose alone it is: applicant, voter, claimed, handed on
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))    # delegated: who gets it back
    asked_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))    # of a consult, a cc and an added voter
    claimed_at: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(String(10))
    vote: Mapped[str | None] = mapped_column(String(10))
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]                                                 # far future where nothing is promised
    touched_at: Mapped[datetime | None]                                      # the holder has begun (task.acted)
    flags: Mapped[list[Any]]                                                 # criteria left to a person when it opened
    resubmitted: Mapped[bool] = mapped_column(default=False)                 # comes back after a correction
    escalated_role: Mapped[str | None] = mapped_column(String(40))           # whose watch list it is on since its deadline
    escalated_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))


class Decision(Base):
    """Who decided what, on which facts. `snapshot` is the sealed facts, None once erased; its digest stands in the event."""

    __tablename__ = "decisions"
    __table_args__ = (Index("ix_decisions_actor_id_at", "actor_id", "at"),)

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(60))
    trigger: Mapped[str] = mapped_column(String(60))
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))    # None: the system
    role: Mapped[str] = mapped_column(String(40))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    at: Mapped[datetime]
    amount_fen: Mapped[int | None] = mapped_column(BigInteger)
    definition_digest: Mapped[str] = mapped_column(String(64))
    snapshot: Mapped[bytes | None] = mapped_column(LargeBinary)
    snapshot_digest: Mapped[str] = mapped_column(String(64))


class Attachment(Base):
    """A file of a case: stored encrypted under `stored_as`; removal is an event, the row stays."""

    __tablename__ = "attachments"

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    kind: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(255))                           # as the sender called it
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    stored_as: Mapped[str] = mapped_column(String(80), unique=True)
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    removed_at: Mapped[datetime | None]


class CaseKey(Base):
    """A `unique` tuple that a live or approved case holds: two cases cannot hold the same."""

    __tablename__ = "case_keys"

    definition_key: Mapped[str] = mapped_column(String(60), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)


class CaseIdentity(Base):
    """Blind index of every identity number, phone and card in a case: search and conflict of interest."""

    __tablename__ = "case_identities"
    __table_args__ = (Index("ix_case_identities_digest", "digest"),)

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    field: Mapped[str] = mapped_column(String(80), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))                            # idcard phone bankcard
    digest: Mapped[bytes] = mapped_column(LargeBinary(16))


class Counter(Base):
    """The next case number per organisation, programme and year; drawn in the case's own transaction: no gaps."""

    __tablename__ = "counters"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    definition_key: Mapped[str] = mapped_column(String(60), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]
