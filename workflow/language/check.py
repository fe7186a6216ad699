"""What the checker refuses, family by family. Each family is one function over the sheet and tells its own faults.

A family that judges the whole graph is silent while the graph itself is misread: a mistyped state would otherwise be
reported as ten unreachable ones.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import (
    check_covering,
    check_expressions,
    check_filing,
    check_money,
    check_operations,
    check_people,
    check_privacy,
    check_references,
    check_routes,
    check_structure,
    check_time,
    check_union,
    check_values,
    check_versions,
    check_votes,
    granting,
)
from .definition import Definition
from .sheet import Sheet


def check(sheet: Sheet, *, released: str | None, earlier: Mapping[int, Definition]) -> None:
    """Tell everything wrong with the meaning of a programme."""
    check_structure.names(sheet)
    check_references.check(sheet)
    check_values.check(sheet)
    check_expressions.check(sheet)
    check_people.check(sheet)
    check_time.check(sheet)
    check_votes.check(sheet)
    check_operations.check(sheet)
    check_money.check(sheet)
    check_filing.check(sheet)
    check_covering.check(sheet)
    check_union.check(sheet)
    granting.check(sheet)
    check_privacy.check(sheet)
    check_versions.check(sheet, released, earlier)
    if sheet.readable:
        check_structure.graph_of(sheet)
        check_routes.check(sheet)
        check_expressions.unfilled(sheet)
        check_people.applicant(sheet)
        check_time.deciding(sheet)
        check_money.held(sheet)
