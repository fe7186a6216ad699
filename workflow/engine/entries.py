"""One person may stand in the register more than once: entries that were merged count as one wherever something is counted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, select, union_all

from ..records import MergeProposal, Person

_people, _merges = Person.__table__, MergeProposal.__table__


def entries(stays: ColumnElement[Any]) -> CompoundSelect[Any]:
    """Return the ids of every entry of the person whose entry `stays` is the one that stays: that one and those merged into it.

    Found through the merges, of which there are few; the register is large and has no index of them.
    """
    return union_all(select(stays), select(_merges.c.goes_id).join(_people, _people.c.id == _merges.c.goes_id).where(
        _merges.c.status == "confirmed", _people.c.merged_into == stays))
