"""What answers about the register look like: files, households, people, what they were granted, and covers. Names and numbers are masked."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from .models import MoneyText

Category = Literal["deep", "relative", "accident", "dibao", "dibao_edge"]
Next = Field(description="give it as `after` for the following page")


class FileRow(BaseModel):
    id: str
    number: str
    household: str
    head: str = Field(description="masked")
    organisation: str
    category: Category
    status: Literal["on_file", "exited", "cancelled"]
    size: int
    opened_on: date
    reviewed_on: date = Field(description="of the last yearly review; at first the opening")
    ended_on: date | None
    overdue: bool = Field(description="a year has gone by since the last review")


class Files(BaseModel):
    items: list[FileRow]
    next: str | None = Next


class AidRow(BaseModel):
    programme: str
    value: str = Field(description="kind of value; figures of different kinds are never added")
    who: str = Field(description="masked")
    on: date | None
    status: Literal["held", "paid"]
    amount: MoneyText
    returned: MoneyText
    item: str | None
    quantity: int | None
    number: str | None
    application: str | None = Field(description="id of the case; null where the caller may not open it")


class MemberRow(BaseModel):
    person: str
    name: str = Field(description="masked")
    relation: str
    since: date
    until: date | None


class HouseholdFile(BaseModel):
    id: str
    number: str
    category: Category
    status: Literal["on_file", "exited", "cancelled"]
    opened_on: date
    reviewed_on: date
    ended_on: date | None
    reason: str = Field(description="why it ended")


class Household(BaseModel):
    id: str
    head: str = Field(description="masked")
    organisation: str
    members: list[MemberRow]
    files: list[HouseholdFile]
    aid: list[AidRow]


class StayRow(BaseModel):
    organisation: str
    since: date
    until: date | None


class Person(BaseModel):
    id: str = Field(description="of the entry that stays, where this one was merged into another")
    name: str = Field(description="masked")
    id_no: str = Field(description="masked; empty where the register has none")
    organisation: str
    household: str | None = Field(description="where they live now")
    memberships: list[StayRow]
    aid: list[AidRow]


class ClaimRow(BaseModel):
    application: str
    number: str | None
    state: str
    outcome: str | None


class CoverRow(BaseModel):
    id: int
    programme: str = Field(description="that enrolled them")
    title: str
    organisation: str
    name: str = Field(description="masked; empty once erased")
    id_no: str = Field(description="masked")
    person: str | None = Field(description="null where the register does not know them")
    from_on: date
    until_on: date
    shares: int
    state: Literal["running", "coming", "ended"]
    number: str | None = Field(description="of the enrolment")
    application: str | None = Field(description="id of the enrolment; null where the caller may not open it")
    claims: list[ClaimRow]


class Covers(BaseModel):
    items: list[CoverRow]
    next: str | None = Next
