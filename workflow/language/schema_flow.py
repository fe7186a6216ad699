"""The words of the flow: conditions, actors, states with their timers and votes, transitions, operations."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from .words import FEW, Expression, Label, Name, Scalar, Some, Someplaces, Span, Word

Kind = Literal["draft", "task", "countersign", "parallel", "notice", "wait", "auto"]


class Condition(Word):
    expr: Expression
    message: Label | None = None     # its absence is told by the checker, with a code of its own
    basis: str = ""


class Criterion(Condition):
    name: Name
    label: Label | None = None
    at: str = "submit"
    on_fail: Literal["refuse", "flag"] = "refuse"


class ActorWords(Word):
    who: Literal["applicant"] | None = None
    role: str | None = None
    scope: str | None = None
    fallback: str | None = None
    empty: Literal["admin", "fallback", "refuse"] | None = None


class Separation(Word):
    distinct: Annotated[list[str], FEW] = []
    applicant_may_not_decide: bool = True
    relatives: Literal["declare"] | None = None


class ReturnDefaults(Word):
    resubmit: Literal["restart", "direct"] = "restart"
    max: Annotated[int, Field(ge=1, le=99)] | None = None


class Defaults(Word):
    returns: ReturnDefaults = Field(default=ReturnDefaults(), alias="return")
    comment: dict[str, Literal["required", "optional"]] = {}


class Timer(Word):
    """`do` is free text here, so that a timer which approves is refused as that and not as an unknown word."""

    after: Span
    every: Span | None = None
    times: Annotated[int, Field(ge=1, le=100)] | None = None
    do: Annotated[str, WithJsonSchema({"enum": ["remind", "escalate", "fire"]})]
    to: str | None = None
    trigger: str | None = None


class Vote(Word):
    mode: Literal["all", "any", "quorum", "ratio", "sequence"]
    share: Scalar = Field(default=None, alias="pass")
    min_voters: Annotated[int, Field(ge=1, le=1000)] | None = None
    veto: bool = False
    on_pass: str | None = None
    on_fail: str | None = None
    on_empty: Literal["assign_admin", "refuse"] = "assign_admin"
    paper: str | None = None         # who may enter the result of a meeting held on paper; left out: the voters


class Branch(Word):
    key: Name
    label: Label | None = None
    actor: str
    when: Expression | None = None


class Notice(Word):
    days: Span
    show: Some = []
    mask: Some = []
    where: Some = []


class StateWords(Word):
    name: str
    label: Label
    kind: Kind | None = None
    actor: str | None = None
    edit: Some = []
    hide: Some = []
    due: Span | None = None
    timers: Annotated[list[Timer], FEW] = []
    batch: Some = []
    claim: bool = False
    vote: Vote | None = None
    branches: Annotated[list[Branch], FEW] = []
    join: Literal["all", "any"] | None = None
    on_pass: str | None = None
    on_fail: str | None = None
    fail_dest: str | None = None
    notice: Notice | None = None
    final: bool = False
    outcome: Literal["approved", "rejected", "withdrawn", "lapsed", "closed"] | None = None


class TransitionWords(Word):
    trigger: str
    label: Label | None = None
    source: Some
    dest: Some
    when: Expression | None = None
    conditions: Annotated[list[Condition], FEW] = []
    require: Some = []
    comment: Literal["required", "optional"] | None = None
    actor: str | None = None
    effects: Some = []
    resubmit: Literal["restart", "direct"] | None = None
    edit_only: Some | None = None
    restart_if_changed: Some = []


class Operations(Word):
    """Where tasks may be changed: a list of states, or `"*"`."""

    transfer: Someplaces = []
    delegate: Someplaces = []
    add_signer: Someplaces = []
    remove_signer: Someplaces = []
    consult: Someplaces = []
    cc: Someplaces = []
    urge: Someplaces = []
    claim: Someplaces = []
