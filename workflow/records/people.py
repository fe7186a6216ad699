"""People, their accounts, the roles they hold and for how long, and how they are signed in.

A person is a worker, an officer, or both: one row, so that "same person" is one comparison. Identity number, phone
and bank card are sealed (`*_sealed`, AES-GCM bound to the row) and compared by blind index (`*_index`).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class Person(Base):
    __tablename__ = "people"

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), index=True)
    gender: Mapped[str | None] = mapped_column(String(6))            # male | female
    born_on: Mapped[date | None]
    id_no_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    id_no_index: Mapped[bytes | None] = mapped_column(LargeBinary(16), unique=True)
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary(16), index=True)
    bank_card_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    bank_card_index: Mapped[bytes | None] = mapped_column(LargeBinary(16), index=True)
    email_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    union_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)   # 所属基层工会
    member_no: Mapped[str | None] = mapped_column(String(40))
    member_since: Mapped[date | None]                                # 入会日期; None: not a member
    migrant: Mapped[bool] = mapped_column(default=False)             # 农民工
    model_worker: Mapped[str] = mapped_column(String(10), default="none")   # none city province nation
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("people.id"))   # found to be the same person as this one
    created_at: Mapped[datetime]


class Account(Base):
    __tablename__ = "accounts"
    __table_args__ = (CheckConstraint("status IN ('active','disabled')", name="status"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), unique=True)   # one account a person
    password_hash: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(10), default="active")
    must_change: Mapped[bool] = mapped_column(default=False)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)   # lang, size, shortcuts, phrases
    created_at: Mapped[datetime]


class Appointment(Base):
    """A role held at one organisation from a day (inclusive) to a day (inclusive, None: open)."""

    __tablename__ = "appointments"
    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="period"),
        Index("ix_appointments_role_organisation_id", "role", "organisation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    role: Mapped[str] = mapped_column(String(40))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    appointed_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]


class SignIn(Base):
    """A browser session. The cookie holds a random key, the row its SHA-256."""

    __tablename__ = "sign_ins"

    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(45), default="")
    device: Mapped[str] = mapped_column(String(200), default="")


class Absence(Base):
    """Somebody is away and somebody else acts for them, from a day to a day, both included."""

    __tablename__ = "absences"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="period"),
        CheckConstraint("person_id <> substitute_id", name="somebody_else"),
        Index("ix_absences_substitute_id", "substitute_id", "ends_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    substitute_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(200), default="")
    arranged_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]


class ApiToken(Base):
    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Throttle(Base):
    """Failed sign-ins by account name and by address; visible to auditors, shared by all workers."""

    __tablename__ = "throttles"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
