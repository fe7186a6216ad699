"""What one published version of a programme says, as frozen values.

The language parses YAML into these; machine, engine and pages read them and nothing else. Money is Decimal yuan,
durations are `Duration`, labels are bilingual `Label`s, expressions are compiled. Nothing here does any I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, Literal

from .expressions import Expr


@dataclass(frozen=True, slots=True)
class Label:
    """Words for people. `en` falls back to `zh`."""

    zh: str
    en: str = ""

    def text(self, lang: str = "zh") -> str:
        return self.en if lang == "en" and self.en else self.zh

    def __str__(self) -> str:
        return self.zh


@dataclass(frozen=True, slots=True)
class Duration:
    """`5wd` working days, `10d`, `48h`, `3months`, `10years`."""

    count: int
    unit: Literal["wd", "d", "h", "months", "years"]

    def __str__(self) -> str:
        return f"{self.count}{' ' if len(self.unit) > 2 else ''}{self.unit}"


@dataclass(frozen=True, slots=True)
class Basis:
    """A rule the programme rests on: document title, number and clause."""

    title: Label
    number: str = ""
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Param:
    name: str
    type: str
    value: Any                       # the default: Decimal, int, bool, date or text
    label: Label
    source: str = ""                 # where the figure comes from


@dataclass(frozen=True, slots=True)
class Table:
    """`lookup` or `progressive` rows; cells are Decimal, text or None (open end)."""

    name: str
    type: Literal["progressive", "lookup"]
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `required`, `visible` and `validate` are True/False or a compiled expression."""

    name: str
    label: Label
    type: str
    section: str = ""                # name of the section; its title is `Definition.sections[section]`
    help: Label = Label("")
    required: bool | Expr = False
    visible: bool | Expr = True
    default: Any = None
    min: Any = None
    max: Any = None
    options: Mapping[str, Label] = field(default_factory=dict)
    pattern: str | None = None
    sensitive: bool = False
    prefill: str | None = None
    validate: bool | Expr = True
    message: Label = Label("")
    columns: Mapping[str, Field] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AttachmentKind:
    name: str
    label: Label
    min: int = 0
    max: int = 10
    accept: tuple[str, ...] = ("jpg", "png", "webp", "pdf")
    required: bool | Expr = True     # True: `min` counts whenever `require` names attachments
    help: Label = Label("")
    section: str = ""
    visible: bool | Expr = True      # of a question of type `file`: whether it is asked
    answer: bool = False             # declared in the form: a question of type `file`


@dataclass(frozen=True, slots=True)
class Check:
    """A condition of a transition: refuses with `message` unless `expr` holds."""

    expr: Expr
    message: Label
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Criterion:
    """An eligibility check. `at` is `("submit", None)` style: (trigger, state or None for every source state)."""

    name: str
    label: Label
    expr: Expr
    message: Label
    basis: str
    trigger: str
    state: str | None
    on_fail: Literal["refuse", "flag"]


@dataclass(frozen=True, slots=True)
class Amount:
    value: Expr
    adjustable_in: tuple[str, ...] = ()
    max: Expr | None = None
    reason_required: bool = True


@dataclass(frozen=True, slots=True)
class ActorRule:
    """Who acts: `who == "applicant"`, or a role at the organisation that `scope` names."""

    name: str
    who: Literal["applicant"] | None = None
    role: str | None = None
    scope: str | None = None         # applicant.union | ancestor(LEVEL) | same_org | field(form.x)
    fallback: str | None = None      # another actor's name
    empty: Literal["admin", "fallback", "refuse"] = "admin"


@dataclass(frozen=True, slots=True)
class Separation:
    distinct: tuple[str, ...] = ()
    applicant_may_not_decide: bool = True
    relatives: Literal["declare"] | None = None


@dataclass(frozen=True, slots=True)
class Timer:
    """`do` remind: whose turn it is; escalate: put it on the watch list of `to` as well; fire: the system takes `trigger`."""

    after: Duration
    every: Duration | None
    times: int | None                # how often in all; None with `every`: until the state is left
    do: Literal["remind", "escalate", "fire"]
    to: str | None = None            # key of Definition.actors
    trigger: str | None = None


@dataclass(frozen=True, slots=True)
class Vote:
    """How the voices of a countersign or parallel step become one result, and where each result leads.

    `share` is the pass mark: a number of voices for `quorum`, a part of all voters for `ratio`, None otherwise. In a
    parallel step `mode` is its `join`.
    """

    mode: Literal["all", "any", "quorum", "ratio", "sequence"]
    share: Fraction | None
    min_voters: int
    veto: bool
    on_pass: str
    on_fail: str
    fail_dest: str | None = None
    on_empty: Literal["assign_admin", "refuse"] = "assign_admin"
    paper: str | None = None         # key of Definition.actors: who may enter the result of a meeting; None: the voters


@dataclass(frozen=True, slots=True)
class Branch:
    """One part of a parallel step; `when` False on entering leaves it out."""

    key: str
    label: Label
    actor: str
    when: Expr | None = None


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """What is posted, for how long, and where. `show` and `mask` are fact names (`form.x`, `calc.y`, `applicant.name`)."""

    days: Duration
    show: tuple[str, ...] = ()
    mask: frozenset[str] = frozenset()
    where: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    name: str
    label: Label
    kind: Literal["draft", "task", "countersign", "parallel", "notice", "wait", "auto", "final"]
    actor: str | None = None         # key of Definition.actors; None for final and auto
    edit: frozenset[str] = frozenset()   # full names, wildcards expanded: form.x, attachments.y
    hide: frozenset[str] = frozenset()
    due: Duration | None = None
    batch: frozenset[str] = frozenset()
    final: bool = False
    outcome: str | None = None       # approved rejected withdrawn lapsed closed
    timers: tuple[Timer, ...] = ()
    claim: bool = False              # whoever takes it first has it alone
    vote: Vote | None = None         # of kinds countersign and parallel
    branches: tuple[Branch, ...] = ()
    notice: NoticeRule | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """One way on. A YAML transition with several sources or dests is one Transition per (source, dest)."""

    trigger: str
    label: Label
    source: str
    dest: str
    when: Expr | None
    conditions: tuple[Check, ...]
    require: tuple[str, ...]         # form.x, attachments.y; `form`, `attachments`: all required that may be filled in here
    comment: Literal["required", "optional"]
    actor: str | None                # key of Definition.actors, "system", or None: the state's actor
    chosen: bool = False             # `dest` was a list: whoever acts chooses (return_to)
    edit_only: frozenset[str] | None = None
    resubmit: Literal["restart", "direct"] | None = None
    restart_if_changed: frozenset[str] = frozenset()
    effects: tuple[str, ...] = ()    # registered names, in the order they are brought about


@dataclass(frozen=True, slots=True)
class Budget:
    """Which pool pays, where its money is held, and the one step that spends it."""

    pool: str                        # a pattern: {org.county}/{year}/aid
    unit: Literal["money", "heads", "items"]
    hold_in: frozenset[str]
    commit: str                      # state.trigger


@dataclass(frozen=True, slots=True)
class RequiresFile:
    """先建档、后帮扶: the states of a hardship file that will do (`none`: no file is needed) and its categories; empty: any."""

    states: tuple[str, ...] = ("on_file",)
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cap:
    """How much one beneficiary may have been granted or be held for, over `per`, in yuan.

    `across` names other programmes that count too; `"*"` in it means every programme.
    """

    who: Literal["person", "household", "organisation"]
    per: Literal["calendar_year", "academic_year", "cycle", "month", "ever"]
    across: frozenset[str]
    max: Expr
    message: Label


@dataclass(frozen=True, slots=True)
class Goods:
    item: Expr
    quantity: Expr
    stock: str                       # a pattern; the pool of an item is `stock`/item


@dataclass(frozen=True, slots=True)
class Lines:
    """What a case grants, one line a row of the table `each`; None: one line in all. Expressions may read `row.<column>`."""

    each: str | None                 # name of the table field
    person: Expr | None = None       # identity number
    name: Expr | None = None
    account: Expr | None = None
    holder: Expr | None = None
    bank: Expr | None = None
    amount: Expr | None = None       # yuan; None: the amount of the case, or goods only
    goods: Goods | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """How reports count this programme, and the sentence they say it with: `…{person_times}人次…{amount_wan}万元`."""

    grain: Literal["persons", "person_times", "households", "organisations", "batches", "cases"]
    sentence: Label                  # empty: the report's own words


@dataclass(frozen=True, slots=True)
class Cycle:
    kind: Literal["calendar_year", "academic_year", "named"]
    name: str = ""
    start: str = "01-01"             # MM-DD or YYYY-MM-DD
    end: str = "12-31"


@dataclass(frozen=True, slots=True)
class Intake:
    start: str                       # MM-DD (yearly) or YYYY-MM-DD
    end: str
    late: Literal["refuse", "next_cycle"] = "refuse"


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of one programme, expanded (`extends` merged), compiled and immutable."""

    key: str
    version: int
    title: Label
    summary: Label
    initial: str
    number: str
    basis: tuple[Basis, ...]
    effective_from: date | None
    effective_to: date | None
    apply_who: Literal["person", "organisation", "officer"]
    apply_agent: bool
    beneficiary: Literal["person", "household", "organisation"]
    intake: Intake | None
    cycle: Cycle
    unique: tuple[Expr, ...]
    value: str
    params: Mapping[str, Param]
    tables: Mapping[str, Table]
    sections: Mapping[str, Label]    # in order; "" is the section of fields without one
    form: Mapping[str, Field]        # in order
    attachments: Mapping[str, AttachmentKind]
    calc: Mapping[str, Expr]         # in dependency order
    calc_labels: Mapping[str, Label]
    criteria: tuple[Criterion, ...]
    amount: Amount | None
    actors: Mapping[str, ActorRule]
    separation: Separation
    return_max: int
    states: Mapping[str, State]      # in order
    transitions: tuple[Transition, ...]   # in the file's order
    progress: tuple[str, ...]
    digest: str                      # hex SHA-256 of the canonical JSON of `document`
    document: Mapping[str, Any]      # the expanded YAML as plain JSON values (Decimals as text), what is hashed
    budget: Budget | None = None
    operations: Mapping[str, frozenset[str]] = field(default_factory=dict)   # operation -> the states it is open in
    running: Literal["pin", "migrate"] = "pin"
    migrate_from: Mapping[int, Mapping[str, str]] = field(default_factory=dict)   # version -> {its state: ours}
    requires_file: RequiresFile | None = None
    excludes: tuple[str, ...] = ()   # keys of programmes that may not be granted to the same beneficiary in the same cycle
    caps: tuple[Cap, ...] = ()
    lines: Lines | None = None
    measure: Measure | None = None
    sources: tuple[str, ...] = ()    # which fund sources may pay, in the order they are tried; empty: any
    retention: Duration | None = None   # how long personal data are kept after the end; None: for good

    def ways(self, state: str) -> tuple[Transition, ...]:
        """The transitions that leave `state`, in the file's order."""
        return tuple(t for t in self.transitions if t.source == state)
