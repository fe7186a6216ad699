"""What `look` returns: one case as one reader sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.engine import Row

from ..errors import Message
from ..language.definition import Criterion, Definition, Label
from ..language.expressions import Explanation
from ..money import Balance


@dataclass(frozen=True, slots=True)
class Action:
    """One button. `blocked` says what stands in the way at the moment; `dests` are the choices of a return."""

    trigger: str
    label: Label
    dests: tuple[tuple[str, Label], ...]
    comment_required: bool
    ends: str | None                 # outcome of the state it leads to, where that is final
    blocked: tuple[Message, ...]
    forward: bool                    # leads on, as against a return, a refusal or a withdrawal
    edit_only: tuple[str, ...]       # on a return: what may be corrected, empty for everything
    voice: str | None = None         # one voice of several: agree, disagree, abstain; None: the step itself


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One eligibility check with what it rests on. `ok` None: cannot be told yet."""

    criterion: Criterion
    ok: bool | None
    why: Explanation | None


@dataclass(frozen=True, slots=True)
class Line:
    """One named sum. `counts` says that the amount rests on it."""

    name: str
    label: Label
    value: Any
    why: Explanation | None
    counts: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """Whose turn it is."""

    role: str
    organisation: str
    phone: str
    people: tuple[str, ...]
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Voice:
    """One voter, or one branch of a parallel step: who, whether they have spoken, and what they said."""

    task_id: str
    label: Label                     # of the branch; of the role in a vote
    people: tuple[str, ...]          # the voter; of a branch who may take it, or who did
    status: str                      # open, waiting (their turn comes later) or done
    vote: str | None
    at: datetime | None
    mine: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """One state of the step bar: `done`, `now` or `todo`; `at` is when it was left (done) or entered (now)."""

    name: str
    label: Label
    status: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Correction:
    """What the applicant (or an earlier step) was asked to put right. `comment` may hold personal data."""

    by_state: Label
    comment: str
    items: tuple[str, ...]
    edit_only: tuple[str, ...] | None
    direct: bool


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case as one reader sees it. `form` holds canonical values of the fields shown, draft included when editing."""

    row: Row[Any]                    # columns of `cases` plus applicant_name, unit_code, unit_name, gender, born_on …
    definition: Definition
    state_label: Label
    mine: bool                       # the reader is the applicant or filed it
    form: Mapping[str, Any]
    typed: Mapping[str, Any]         # raw texts in the draft that could not be parsed
    facts: Mapping[str, Any]
    edit: frozenset[str]             # full names the reader may change now; empty when it is not their turn
    shown: tuple[str, ...]           # form fields to show, in order
    actions: tuple[Action, ...]
    objections: tuple[Message, ...]  # why the reader, whose task it is, may not decide
    checks: tuple[CheckResult, ...]
    flags: tuple[Criterion, ...]     # checks left to the reader's judgement
    working: tuple[Line, ...]
    amount_fen: int | None           # as it stands; for a draft, as it would be
    adjustable: bool
    adjust_max: Decimal | None
    attachments: tuple[Row[Any], ...]    # live files: id kind name media_type size sha256 added_at added_by
    waiting: tuple[Waiting, ...]
    stages: tuple[Stage, ...]
    correction: Correction | None
    draft_saved_at: datetime | None
    draft_comment: str
    related: bool
    voices: tuple[Voice, ...]        # of a vote or parallel step the case is in, for officers; empty for its applicant
    heard: tuple[int, int]           # how many of them have spoken, and how many there are: for its applicant as well
    balance: Balance | None          # of the pool that pays, for officers, while something may still be reserved
    before: Mapping[str, Any]        # the stored form: what stood there before the reader began to change it
    erased: bool = False             # personal data were removed at the end of the retention period
