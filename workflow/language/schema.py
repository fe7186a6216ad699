"""Every word of the definition language, as models; `definitions/schema.json` is generated from them.

    python -m workflow.language > definitions/schema.json

The models say which words exist and what shape their values have; `check*.py` says what they must mean together.
Defaults belong to `schema: 1`: a published document is kept as written and expanded again when it is read, so a
default changes only together with that number.

Beyond the vocabulary page: `calc` takes `{expr, label}`, criteria, params and branches a `label`, params a `source`
and `options`, attachment kinds `section` and `help`, `on_pass`, `on_fail`, `fail_dest` of a parallel state may stand
in the state itself (`fail_dest` also says where a failed vote goes whose trigger has several dests), `vote.paper` names
the actor who may enter the result of a meeting held on paper, a state may say `claim: true`, and
a flow may also give `initial`, `params`, `form`, `attachments`, `calc` and `progress`.
`required`, `visible` and `validate` of a table's column may also read `row.<column>` and are judged row by row; a column
is no `table`, `person` or `file`. The kinds of file `notice_photo` (every notice) and `minutes` (every countersign) are
there without being declared; a definition that declares one of that name gives it its own label and limits. `where` of
a notice is any of `unit_board website village_board wechat`. The days of `intake` may hang on a feast: `春节-30d`, `中秋`
(`lunar.py` lists them).
A `file` field takes one file and is a kind of attachment of that name, asked for among the questions of its section:
rules count it as `attachments.<name>`. A `person` or `org` field is kept by id; rules read a person's id (as
`applicant.id`) and a union's code (as `org.code`); `prefill` knows `applicant.id` and `applicant.union`, and
of the union `org.name`, `org.code` and `org.phone`. `membership.from` and `membership.until` are the days of the
applicant's cover today; `cover.*` are read as `check_covering.py` says. Where a union applies (`apply.who: organisation`) rules read nothing of a
person, and the three counts `applicant.times_…`, `granted_…` are those of the union. The scope
`same_org` is the union of the step before, that of the applicant where no union has acted yet.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from .schema_flow import (
    ActorWords,
    Criterion,
    Defaults,
    Operations,
    Separation,
    StateWords,
    TransitionWords,
)
from .words import (
    FEW,
    MANY,
    Anything,
    Day,
    DayOfYear,
    Expression,
    Flag,
    Label,
    Name,
    Scalar,
    Some,
    Someplaces,
    Span,
    Word,
)

FieldType = Literal["text", "note", "int", "decimal", "money", "date", "month", "enum", "multi", "bool", "idcard",
                    "bankcard", "phone", "usci", "org", "person", "file", "table"]
Value = Literal["cash_grant", "goods", "service", "loan_facilitated", "pool_payout", "recovered", "premium_collected",
                "funds_raised", "none"]


def _options(value: Any) -> Any:
    return {str(item): str(item) for item in value} if isinstance(value, list) else value


class Question(Word):
    """One question of the form, or one column of a table."""

    label: Label
    type: FieldType
    section: Label | None = None
    help: Label | None = None
    required: Flag = False
    visible: Flag = True
    default: Anything = None
    min: Scalar = None
    max: Scalar = None
    options: Annotated[dict[str, Label], MANY, BeforeValidator(_options)] = {}
    pattern: str | None = None
    sensitive: bool = False
    prefill: str | None = None
    valid: Flag = Field(default=True, alias="validate")
    message: Label | None = None
    columns: Annotated[dict[Name, Question], FEW] = {}


class Attachment(Word):
    """A kind of file that is asked for."""

    label: Label
    min: Annotated[int, Field(ge=0, le=100)] = 0
    max: Annotated[int, Field(ge=1, le=100)] = 10
    accept: Annotated[list[str], FEW] = ["jpg", "png", "webp", "pdf"]
    required: Flag = True
    help: Label | None = None
    section: Label | None = None


class Param(Word):
    """A policy number."""

    type: Literal["int", "decimal", "money", "text", "bool", "date", "enum"]
    value: Scalar = Field(alias="value")
    label: Label | None = None
    source: str = ""
    options: Annotated[dict[str, Label], MANY, BeforeValidator(_options)] = {}


class TableRows(Word):
    type: Literal["progressive", "lookup"]
    columns: list[str]
    rows: list[list[Scalar]]


class Calculation(Word):
    expr: Expression
    label: Label | None = None


def _calculation(value: Any) -> Any:
    return value if isinstance(value, dict) else {"expr": value}


Calc = Annotated[Calculation, BeforeValidator(_calculation), WithJsonSchema(
    {"anyOf": [{"type": "string", "maxLength": 2000}, {"type": "number"}, {"type": "boolean"}, {
        "type": "object", "properties": {"expr": {"type": "string"}, "label": {}}, "required": ["expr"],
        "additionalProperties": False}]})]


class Basis(Word):
    """A rule the programme encodes."""

    title: Label
    number: str = ""
    clause: str = ""


class Effective(Word):
    start: Day | None = Field(default=None, alias="from")
    end: Day | None = Field(default=None, alias="to")


class Apply(Word):
    who: Literal["person", "organisation", "officer"] = "person"
    agent: bool = False


class Intake(Word):
    start: DayOfYear = Field(alias="from")
    end: DayOfYear = Field(alias="to")
    late: Literal["refuse", "next_cycle"] = "refuse"


class NamedCycle(Word):
    name: Label
    start: DayOfYear = Field(alias="from")
    end: DayOfYear = Field(alias="to")


def _cycle(value: Any) -> Any:
    if value in ("calendar_year", "academic_year"):
        start, end = ("01-01", "12-31") if value == "calendar_year" else ("09-01", "08-31")
        return {"name": value, "from": start, "to": end}
    return value


CycleWords = Annotated[NamedCycle, BeforeValidator(_cycle), WithJsonSchema(
    {"anyOf": [{"enum": ["calendar_year", "academic_year"]}, {
        "type": "object", "properties": {"name": {}, "from": {"type": "string"}, "to": {"type": "string"}},
        "required": ["name", "from", "to"], "additionalProperties": False}]})]


class RequiresFile(Word):
    states: Some = []
    categories: Some = []


class Measure(Word):
    grain: Literal["persons", "person_times", "households", "organisations", "batches", "cases"]
    sentence: Label | None = None


class Cap(Word):
    """How much one beneficiary may get over a time, from this programme and from those in `across`."""

    who: Literal["person", "household", "organisation"]
    per: Literal["calendar_year", "academic_year", "cycle", "month", "ever"]
    across: Someplaces = []
    max: Expression
    message: Label | None = None


class Goods(Word):
    """Goods of a line: the code of the item, how many, and the pools they come from (`stock`/item)."""

    item: Expression
    quantity: Expression
    stock: str = "{org.county}/{year}/goods"


class Lines(Word):
    """What a case grants, one line a row of the table `each`, or one in all."""

    each: str | None = None
    person: Expression | None = None
    name: Expression | None = None
    account: Expression | None = None
    holder: Expression | None = None
    bank: Expression | None = None
    amount: Expression | None = None
    goods: Goods | None = None


class Amount(Word):
    value: Expression
    adjustable_in: Some = []
    max: Expression | None = None
    reason_required: bool = True


class Budget(Word):
    pool: str
    unit: Literal["money", "heads", "items"] = "money"
    hold_in: Some = []
    commit: str | None = None


class Versioning(Word):
    running: Literal["pin", "migrate"] = "pin"
    migrate_from: dict[str, dict[str, str]] = {}


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


class Programme(Word):
    """One version of one aid programme."""

    vocabulary: Literal[1] = Field(alias="schema")
    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
    version: Annotated[int, Field(ge=1, le=9999)]
    title: Label
    summary: Label | None = None
    extends: str | None = None
    initial: str
    number: str = "{key}-{org.code}-{year}-{seq:05d}"
    basis: Annotated[list[Basis], FEW, BeforeValidator(_listed)] = []
    effective: Effective = Effective()
    apply: Apply = Apply()
    beneficiary: Literal["person", "household", "organisation"] = "person"
    intake: Intake | None = None
    cycle: CycleWords = NamedCycle.model_validate(_cycle("calendar_year") | {"name": {"zh": "calendar_year"}})
    unique: Annotated[list[Expression], FEW, BeforeValidator(lambda v: [v] if isinstance(v, str) else v)] = []
    requires_file: RequiresFile | None = None
    excludes: Some = []
    value: Value | None = None
    measure: Measure | None = None
    params: Annotated[dict[Name, Param], MANY] = {}
    tables: Annotated[dict[Name, TableRows], FEW] = {}
    form: Annotated[dict[Name, Question], MANY] = {}
    attachments: Annotated[dict[Name, Attachment], FEW] = {}
    calc: Annotated[dict[Name, Calc], MANY] = {}
    criteria: Annotated[list[Criterion], FEW] = []
    caps: Annotated[list[Cap], FEW, BeforeValidator(_listed)] = []
    lines: Lines | None = None
    amount: Amount | None = None
    budget: Budget | None = None
    sources: Some = []
    actors: Annotated[dict[Name, ActorWords], FEW] = {}
    separation: Separation = Separation()
    defaults: Defaults = Defaults()
    states: Annotated[list[StateWords], FEW]
    transitions: Annotated[list[TransitionWords], MANY]
    operations: Operations = Operations()
    progress: Annotated[list[str], FEW] = []
    versioning: Versioning = Versioning()
    retention: Span | None = None


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema that editors complete and check the YAML with."""
    schema = Programme.model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "帮扶项目 · aid programme", **{
        key: value for key, value in schema.items() if key != "title"}}


def json_schema_text() -> str:
    return json.dumps(json_schema(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
