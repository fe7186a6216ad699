"""The shapes of requests and answers, named as the description names them. Requests are strict and closed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel, WithJsonSchema


def _yuan(value: object) -> object:
    """Money comes as text or as a whole number, never as a binary fraction."""
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else (
        Decimal(value) if isinstance(value, str) and value.replace(".", "", 1).isdecimal() and value.isascii() else value)


Money = Annotated[Decimal, BeforeValidator(_yuan), WithJsonSchema(
    {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,2})?$"}), Field(max_digits=14, decimal_places=2)]
MoneyText = Annotated[str, WithJsonSchema({"type": "string", "pattern": r"^[0-9]+\.[0-9]{2}$", "description": "yuan"})]
PLAIN = r"^[^\x00-\x1f\x7f]+$"         # PostgreSQL stores no NUL, and no name holds a control character
NAME = r"^[^\x00-\x1f\x7f]*$"
Word = Annotated[str, Field(max_length=60, pattern=PLAIN)]
CaseId = Annotated[str, Field(min_length=20, max_length=20)]
Comment = Annotated[str, Field(max_length=2000)]
Revision = Annotated[int, Field(ge=1, le=2**31 - 1)]
Form = Annotated[dict[str, Any], Field(description="raw values by field name, see the programme's `form`")]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Credentials(Request):
    username: Annotated[str, Field(max_length=64, pattern=PLAIN)]
    password: Annotated[str, Field(min_length=1, max_length=200)]


class NewApplication(Request):
    programme: Word
    form: Form = Field(default_factory=dict)
    on_behalf_of: Annotated[str | None, Field(max_length=40, pattern=PLAIN,
                                              description="a person's id or 18-digit identity number")] = None
    organisation: Annotated[str | None, Field(max_length=40, pattern=PLAIN, description="code of the union that applies, where a programme "
                                              "is applied for by unions; may be left out by whoever serves only one")] = None


class Changes(Request):
    form: Form
    revision: Revision


class Act(Request):
    trigger: Word
    revision: Revision
    comment: Comment = ""
    form: Form | None = None
    dest: Word | None = None
    amount: Money | None = None
    declared: bool = False
    correct: Annotated[list[Word], Field(max_length=200)] = Field(default_factory=list)


class Operation(Request):
    operation: Annotated[Word, Field(description="claim release transfer delegate hand_back recall add_signer remove_signer consult reply cc read urge")]
    to: Annotated[str | None, Field(max_length=64, pattern=PLAIN, description="a person's id or the name of their account")] = None
    comment: Comment = ""
    task: Annotated[Word | None, Field(description="which task, where several would do")] = None


class NewObjection(Request):
    text: Annotated[str, Field(min_length=5, max_length=2000)]
    name: Annotated[str, Field(max_length=50, pattern=NAME)] = ""
    phone: Annotated[str, Field(max_length=30, pattern=NAME)] = ""


class BatchItem(Request):
    id: CaseId
    revision: Revision


class Batch(Request):
    trigger: Word
    comment: Comment = ""
    items: Annotated[list[BatchItem], Field(min_length=1, max_length=200)]


class Fault(BaseModel):
    field: str | None
    message: str
    code: str


class Problem(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] = []


class Token(BaseModel):
    token: str
    expires_at: datetime


class ProgrammeRow(BaseModel):
    key: str
    version: int
    title: str
    summary: str
    intake: dict[str, str] | None


class AttachmentKind(BaseModel):
    kind: str
    label: str
    help: str
    min: int
    max: int
    accept: list[str]
    required: bool | None = Field(description="null: depends on what is filled in")


class Step(BaseModel):
    state: str
    label: str
    promised: str | None = Field(description="5wd working days, 10d days, 48h hours")
    promised_days: int | None


class Programme(ProgrammeRow):
    open: bool
    basis: list[dict[str, str]]
    form: dict[str, Any] = Field(description="JSON Schema of the form")
    attachments: list[AttachmentKind]
    steps: list[Step]


class ActionRow(BaseModel):
    trigger: str
    label: str
    dest: str | None = Field(default=None, description="where the state offers several destinations, one row each")
    blocked: list[Fault] | None = Field(default=None, description="what stands in the way at the moment")
    voice: Literal["agree", "disagree", "abstain"] | None = Field(
        default=None, description="in a vote or parallel step: what this trigger says as the caller's own voice; the step follows from all voices")


class VoiceRow(BaseModel):
    people: list[str] = Field(description="the voter; of a branch whoever may take it, or who did")
    branch: str | None = Field(default=None, description="label of the branch of a parallel step")
    vote: Literal["agree", "disagree", "abstain"] | None = Field(description="null: has not spoken")
    at: datetime | None


class Voting(BaseModel):
    rule: str = Field(description="when it passes, in words")
    heard: int
    voters: int = Field(description="0: too few, an administrator must call them first")
    voices: list[VoiceRow] | None = Field(default=None, description="left out for the applicant, who reads the counts alone")


class CandidateRow(BaseModel):
    id: str
    name: str
    role: str
    organisation: str


class OperationRow(BaseModel):
    operation: str
    label: str
    task: str | None = None
    candidates: list[CandidateRow] | None = Field(default=None, description="whom `to` may name; left out where nobody is named")


class LineRow(BaseModel):
    person: str
    amount: MoneyText


class WaitingRow(BaseModel):
    role: str
    label: str
    organisation: str
    people: list[str]
    due_at: datetime | None


class PathStep(BaseModel):
    state: str
    label: str
    role: str | None
    role_label: str | None
    organisation: str | None
    promised: str | None = Field(description="5wd: five working days; 10d, 48h, 3 months")
    by: date | None = Field(description="the latest day, if every step takes all its time; null where a step promises nothing")
    assumed: bool = Field(description="the way here hangs on what is not filled in yet")


class FigureRow(BaseModel):
    kind: str = Field(description="region or param")
    name: str
    label: str
    value: str | int | bool | None
    source: str = Field(description="the document, empty where the case was handed in before sources were kept")
    since: str | None = Field(default=None, description="the first day the figure was in force")
    today: str | int | bool | None = Field(description="what is in force today; it changes nothing about this application")


class Application(BaseModel):
    id: str
    number: str | None
    programme: str
    version: int
    state: str
    state_label: str
    form: dict[str, Any]
    amount: MoneyText | None
    lines: list[LineRow]
    revision: int
    actions: list[ActionRow]
    waiting_for: list[WaitingRow]
    operations: list[OperationRow] | None = Field(default=None, description="what the caller may do with the tasks of the case; with GET and operations")
    voting: Voting | None = Field(default=None, description="while the case is in a vote or a parallel step")
    path: list[PathStep] | None = Field(default=None, description="of a draft: the steps ahead if everybody agrees, with the latest day of each")
    figures: list[FigureRow] | None = Field(default=None, description="the figures of policy it goes by: those in force on the day it was handed in")
    warnings: list[Fault] | None = Field(default=None, description="after POST and PATCH: what is kept but not yet right")


class AttachmentRow(BaseModel):
    id: str
    kind: str
    sha256: str
    size: int


class EventRow(BaseModel):
    seq: int
    kind: str = Field(description="act moves the case; vote is one voice, meeting the result of a meeting on paper: after them the system acts")
    voice: str | None = Field(default=None, description="of a vote: agree, disagree, abstain")
    voices: dict[str, int] | None = Field(default=None, description="of the act that ended a vote: how many agreed, disagreed, abstained, of how many voters")
    at: datetime
    actor: str
    role: str
    on_behalf_of: str | None
    trigger: str | None
    from_state: str | None
    to_state: str | None
    amount: MoneyText | None
    revision: int | None
    comment: str
    changes: dict[str, list[Any]]
    prev: str
    hash: str = Field(description='hex SHA-256 of "bangfu-event/1\\0" + prev + body')
    body: str = Field(description="the exact text that was hashed")


class TaskRow(BaseModel):
    id: str
    number: str | None
    programme: str
    title: str
    state: str
    state_label: str
    applicant: str = Field(description="masked")
    unit: str
    amount: MoneyText | None
    due_at: datetime | None
    revision: int
    flags: list[str] = Field(description="criteria left to whoever decides")
    resubmitted: bool
    others_only: bool = Field(description="stands in the queue, but this caller may not decide it")
    kind: str = Field(default="work", description="work, ballot, branch; consult: an opinion is asked for")
    personal: bool = Field(default=False, description="theirs alone: claimed, handed on, a ballot, a consultation")
    delegated: bool = Field(default=False, description="to give an opinion on and hand back")
    behalf: str = Field(default="", description="who is away, where the caller stands in for them")


class Tasks(BaseModel):
    total: int = Field(description="501 means more than 500")
    items: list[TaskRow]
    next: str | None = Field(description="give it as `after` for the following page")


class NoticeLine(BaseModel):
    label: str
    value: str = Field(description="masked")


class NoticeRow(BaseModel):
    id: str
    programme: str
    title: str
    union: str
    phone: str
    starts_on: date
    ends_on: date = Field(description="the last day, included")
    ends_at: datetime
    lines: list[NoticeLine]


class Notices(BaseModel):
    total: int = Field(description="501 means more than 500")
    items: list[NoticeRow]
    next: str | None = Field(description="give it as `after` for the following page")


class ObjectionTaken(BaseModel):
    id: str


class BatchRow(BaseModel):
    id: str
    ok: bool
    state: str | None = None
    errors: list[Fault] | None = None


class Progress(BaseModel):
    number: str
    programme: str
    state: str
    state_label: str
    amount: MoneyText | None


class SealRow(BaseModel):
    size: int
    root: str
    sealed_at: datetime
    note: str


class Programmes(RootModel[list[ProgrammeRow]]):
    pass


class Events(RootModel[list[EventRow]]):
    pass


class BatchRows(RootModel[list[BatchRow]]):
    pass


class Seals(RootModel[list[SealRow]]):
    pass


class PaymentLineRow(BaseModel):
    n: int
    case: str
    number: str
    payee: str = Field(description="masked")
    account: str = Field(description="masked; empty for cash")
    amount: MoneyText
    status: Literal["open", "sent", "paid", "failed", "void"]
    reason: str | None = Field(default=None, description="of a failure: what the bank said")
    settled_on: date | None = None


class PaymentBatchRow(BaseModel):
    id: str
    number: str
    organisation: str
    method: Literal["bank", "cash"]
    layout: str | None
    status: Literal["draft", "sealed", "sent", "closed", "void"]
    count: int = Field(description="of the lines, as sealed")
    total: MoneyText
    digest: str | None = Field(description="SHA-256 over the lines, as printed on the approval sheet")
    file_sha256: str | None
    made_at: datetime


class PaymentBatch(PaymentBatchRow):
    lines: list[PaymentLineRow]


class PaymentBatches(BaseModel):
    items: list[PaymentBatchRow]
    next: str | None = Field(description="give it as `after` for the following page")


class PaymentAnswer(BaseModel):
    rows: int
    paid: int
    failed: int
    waiting: int = Field(description="rows that say: not yet")
    fresh: int = Field(description="payments that this answer settled; 0 where it was imported before")
    left: int = Field(description="cases that are paid and not carried on yet; send the answer again for the next of them")
    problems: list[Fault] = Field(description="why a case that is paid could not be carried on; it is tried again with the next answer")


class Sentence(BaseModel):
    zh: str
    en: str


class ReportRow(BaseModel):
    programme: str
    title: str
    value: str = Field(description="kind of value; figures of different kinds are never added")
    grain: str = Field(description="which of the counts the programme's own sentence gives")
    cases: int
    persons: int
    person_times: int
    households: int
    organisations: int
    batches: int
    amount: str = Field(description="yuan, less what has come back")
    quantity: int = Field(description="goods")
    sentence: Sentence


class Report(BaseModel):
    kind: str
    first: date
    last: date
    items: list[ReportRow]
