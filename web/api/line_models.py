"""What requests and answers about the lines of a case look like: the list, its duplicates, its signatures."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from .models import PLAIN, MoneyText, Request

Numbers = Annotated[list[Annotated[int, Field(ge=1, le=10**6)]], Field(min_length=1, max_length=5000, description="numbers of lines")]
Grounds = Annotated[str, Field(max_length=200)]


class Sign(Request):
    lines: Numbers
    method: Literal["paper", "phone"]
    beside: Annotated[str, Field(max_length=64, pattern=PLAIN, description="the second officer present: a person's id or the name of their account")]


class Strike(Request):
    lines: Numbers
    reason: Grounds


class Unsign(Request):
    line: Annotated[int, Field(ge=1, le=10**6)]
    reason: Grounds


class Marked(BaseModel):
    count: int = Field(description="lines that this request changed; 0 where it was carried out before")
    event: int


class DuplicateRow(BaseModel):
    kind: Literal["same_person", "same_account", "granted", "account_used"]
    row: int | None = Field(description="the other row of this list")
    number: str | None = Field(description="of the earlier grant; null where it is not the caller's to open")
    programme: str | None
    unit: str
    day: date | None
    amount: MoneyText | None
    granted: bool = Field(description="false: under way there, not granted yet")


class GrantLineRow(BaseModel):
    n: int
    name: str = Field(description="masked")
    id_no: str = Field(description="masked")
    amount: MoneyText
    item: str | None
    quantity: int | None
    status: Literal["open", "held", "paid", "dropped"]
    signed_at: datetime | None
    signed_before: list[str] = Field(description="the two officers")
    duplicates: list[DuplicateRow]


class GrantLines(BaseModel):
    count: int
    unsigned: int = Field(description="lines of goods that are neither signed for nor struck off")
    items: list[GrantLineRow]
    next: str | None = Field(description="give it as `after` for the following page")
