"""What requests and answers look like where money and goods are handled: batches of payments and the store."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from .models import NAME, PLAIN, Fault, Money, MoneyText, Request, Word

Code = Annotated[str, Field(max_length=40, pattern=PLAIN)]
Words = Annotated[str, Field(max_length=200, pattern=NAME)]
Number = Annotated[int, Field(ge=0, le=10**9)]
Year = Annotated[int | None, Field(ge=2000, le=2100, description="whose stock it is; this year where left out")]


class WaitingRow(BaseModel):
    grant_line: str
    case: str
    number: str
    payee: str = Field(description="masked")
    account: str = Field(description="masked")
    amount: MoneyText
    fault: Fault | None = Field(description="keeps it out of any batch")
    flags: list[Fault] = Field(description="must be explained before the batch is sealed")


class WaitingPayments(BaseModel):
    items: list[WaitingRow]


class NewBatch(Request):
    grant_lines: Annotated[list[Code], Field(max_length=2000, description="what GET /payments/waiting names")]
    method: Word = Field(default="bank", description="bank or cash")
    layout: Annotated[str | None, Field(max_length=40, pattern=PLAIN, description="of the bank's file")] = "csv"
    reason: Words = Field(default="", description="of cash")
    organisation: Annotated[str | None, Field(max_length=40, pattern=PLAIN, description="code, where the caller keeps the money of several")] = None


class ChangedLine(Request):
    what: Annotated[Word, Field(description="explain or drop")]
    n: Number
    note: Words = ""


class Reason(Request):
    reason: Words


class Sending(Request):
    declared: Annotated[bool, Field(description="related to none of the payees, where a programme asks")] = False


class Settled(BaseModel):
    done: int = Field(description="cases that went on")
    left: int = Field(description="cases that are paid and not carried on yet; ask again for the next of them")
    problems: list[Fault]


class BankFile(BaseModel):
    name: str
    sha256: str
    content: str = Field(description="base64")


class GoodsMoveRow(BaseModel):
    id: str
    kind: Literal["purchase", "count"]
    quantity: int
    price: MoneyText
    supplier: str
    document: str
    pool: str | None
    status: Literal["open", "confirmed", "declined"]
    proposed_by: str
    decided_by: str | None
    proposed_at: datetime


class GoodsRow(BaseModel):
    id: int
    organisation: str = Field(description="code")
    code: str
    name: str
    spec: str
    unit: str
    price: MoneyText
    active: bool
    total: int = Field(description="came in this year")
    held: int = Field(description="promised to lists")
    spent: int = Field(description="went out")
    left: int
    waits: str | None = Field(description="the purchase or stock-take that waits to be confirmed")


class Goods(BaseModel):
    items: list[GoodsRow]


class GoodsItem(GoodsRow):
    moves: list[GoodsMoveRow] = Field(description="newest first")


class NewItem(Request):
    place: Annotated[str, Field(max_length=40, pattern=PLAIN, description="code of the organisation whose store it is")]
    code: Code
    name: Words
    unit: Annotated[str, Field(max_length=40, pattern=NAME)]
    spec: Words = ""
    price: Money


class ChangedItem(Request):
    name: Words
    unit: Annotated[str, Field(max_length=40, pattern=NAME)]
    spec: Words = ""
    price: Money
    active: bool


class Purchase(Request):
    quantity: Number
    price: Money
    supplier: Words
    document: Words
    pool: Annotated[str | None, Field(max_length=80, pattern=PLAIN, description="key of the pool of money that pays")] = None
    reason: Words = ""
    year: Year = None


class Count(Request):
    counted: Number
    reason: Words
    year: Year = None


class Decided(Request):
    move: Code
    answer: Literal["confirm", "decline"]
