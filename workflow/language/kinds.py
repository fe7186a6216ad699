"""What kind of value an expression deals with, and which names it may read.

The kinds exist so that a clash such as `form.name > 5` is found when a definition is loaded, not when a worker
submits. Pure: nothing here evaluates anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal


class Kind(Enum):
    """A static type. ANY is "not known at load": it fits everywhere and is checked when evaluated."""

    NUMBER = "number"
    TEXT = "text"
    BOOL = "bool"
    DATE = "date"
    LIST = "list"
    ROWS = "rows"
    NONE = "none"
    ANY = "any"

    @property
    def zh(self) -> str:
        return _WORDS[self][0]

    @property
    def en(self) -> str:
        return _WORDS[self][1]


_WORDS = {
    Kind.NUMBER: ("数字", "a number"), Kind.TEXT: ("文字", "text"), Kind.BOOL: ("是或否", "yes or no"),
    Kind.DATE: ("日期", "a date"), Kind.LIST: ("列表", "a list"), Kind.ROWS: ("表格", "a table"),
    Kind.NONE: ("空", "empty"), Kind.ANY: ("任意值", "anything"),
}


@dataclass(frozen=True, slots=True)
class Rows:
    """A field of type `table`: its columns, which expressions read as `row.<column>`."""

    columns: Mapping[str, Kind]


@dataclass(frozen=True, slots=True)
class TableShape:
    """A policy table of the definition: what `lookup` and `progressive` need to know of it at load."""

    type: Literal["lookup", "progressive"]
    columns: tuple[Kind, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """Everything an expression may read.

    `facts` has dotted names (`form.income`, `today`); `options` has, for choices, the codes that exist
    (`form.stage`, or `form.roster.grade` for a column), so that a misspelt code is a fault and not a quiet "no".
    """

    facts: Mapping[str, Kind | Rows]
    tables: Mapping[str, TableShape] = field(default_factory=dict)
    options: Mapping[str, Collection[str]] = field(default_factory=dict)


# The facts the engine provides to every definition (vocabulary.md, Expressions). What a definition declares itself
# (form, attachments, param, region, calc) is added by whoever reads the definition.
ENGINE_FACTS: Mapping[str, Kind] = {
    "applicant.id": Kind.TEXT, "applicant.gender": Kind.TEXT, "applicant.age": Kind.NUMBER,
    "applicant.union": Kind.TEXT, "applicant.member": Kind.BOOL, "applicant.member_months": Kind.NUMBER,
    "applicant.migrant": Kind.BOOL, "applicant.model_worker": Kind.TEXT,
    "applicant.granted_this_cycle": Kind.NUMBER, "applicant.times_this_cycle": Kind.NUMBER,
    "applicant.times_ever": Kind.NUMBER,
    "household.on_file": Kind.BOOL, "household.category": Kind.TEXT, "household.size": Kind.NUMBER,
    "household.monthly_per_capita": Kind.NUMBER, "household.aid_this_year": Kind.NUMBER,
    "household.aid_items_this_year": Kind.NUMBER, "household.status": Kind.TEXT,
    "org.code": Kind.TEXT, "org.name": Kind.TEXT, "org.level": Kind.TEXT, "org.county": Kind.TEXT, "org.has_township": Kind.BOOL,
    "case.number": Kind.TEXT, "case.submitted_on": Kind.DATE, "case.cycle": Kind.TEXT, "case.year": Kind.NUMBER,
    "task.acted": Kind.BOOL, "task.resubmit_to": Kind.TEXT, "task.changed_material": Kind.BOOL,
    "budget.available": Kind.NUMBER, "today": Kind.DATE,
    "cover.active": Kind.BOOL, "cover.start": Kind.DATE, "cover.end": Kind.DATE, "cover.since": Kind.DATE,
    "cover.shares": Kind.NUMBER, "cover.granted": Kind.NUMBER,
}

ENGINE_OPTIONS: Mapping[str, Collection[str]] = {
    "applicant.model_worker": ("none", "city", "province", "nation"),
    "household.category": ("none", "deep", "relative", "accident", "dibao", "dibao_edge"),
    "household.status": ("none", "on_file", "exited", "cancelled"),
}


def fits(given: Kind, wanted: Kind) -> bool:
    return given is wanted or Kind.ANY in (given, wanted)


def joined(kinds: Collection[Kind]) -> Kind | None:
    """Return the one kind that all of `kinds` are, an empty value fitting any; None when they clash."""
    real = {kind for kind in kinds if kind is not Kind.NONE}
    if not real:
        return Kind.NONE
    if Kind.ANY in real:
        return Kind.ANY
    return real.pop() if len(real) == 1 else None
