"""What the register knows of the family of whoever applies: `household.*` for expressions, and 先建档、后帮扶.

Read when a case is judged, never written back: what was decided on stands in the snapshot of the decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from ..errors import Message
from ..language.definition import Definition
from ..records import GrantLine, HardshipFile, HouseholdMember

_members, _files, _lines = HouseholdMember.__table__, HardshipFile.__table__, GrantLine.__table__
_HOUSEHOLD = select(_members.c.household_id).where(_members.c.person_id == bindparam("person"), _members.c.until_on.is_(None))
_FILE = select(_files).where(_files.c.household_id == bindparam("household")).order_by(
    (_files.c.status == "on_file").desc(), _files.c.opened_on.desc(), _files.c.id.desc()).limit(1)
_SIZE = select(func.count()).where(_members.c.household_id == bindparam("household"), _members.c.until_on.is_(None))
UNKNOWN: Mapping[str, Any] = {"on_file": False, "status": "none", "category": "none", "size": 1, "monthly_per_capita": None,
                              "aid_this_year": Decimal(0), "aid_items_this_year": 0}
STANDS = ("held", "paid")             # a line that counts as granted


def household_of(session: Session, person_id: str) -> str | None:
    """Return the id of the household a person belongs to now, or None."""
    found = session.connection().execute(_HOUSEHOLD, {"person": person_id}).scalar_one_or_none()
    return None if found is None else str(found)


def household_facts(session: Session, person_id: str, case_id: str, today: date) -> dict[str, Any]:
    """Return `household.*` for an applicant. Aid is cash granted or reserved this calendar year, in yuan, this case aside."""
    household = household_of(session, person_id)
    facts = {**UNKNOWN}
    connection = session.connection()
    whose = _lines.c.person_id == person_id
    if household is not None:
        whose = or_(whose, _lines.c.household_id == household)
        facts["size"] = connection.execute(_SIZE, {"household": household}).scalar_one()
        file = connection.execute(_FILE, {"household": household}).one_or_none()
        if file is not None:
            facts |= {"on_file": file.status == "on_file", "status": file.status}
            if file.status == "on_file":
                facts |= {"category": file.category, "size": file.size, "monthly_per_capita":
                          None if file.monthly_per_capita_fen is None else Decimal(file.monthly_per_capita_fen) / 100}
    fen, programmes = connection.execute(
        select(func.coalesce(func.sum(_lines.c.amount_fen - _lines.c.returned_fen), 0), func.count(_lines.c.definition_key.distinct()))
        .where(whose, _lines.c.case_id != case_id, _lines.c.status.in_(STANDS), _lines.c.value == "cash_grant",
               _lines.c.granted_on >= date(today.year, 1, 1), _lines.c.granted_on <= date(today.year, 12, 31))).one()
    return facts | {"aid_this_year": Decimal(int(fen)) / 100, "aid_items_this_year": programmes}


_WORDS = {"deep": ("深度困难", "deep"), "relative": ("相对困难", "relative"), "accident": ("意外致困", "accident"),
          "dibao": ("低保户", "minimum living standard"), "dibao_edge": ("低保边缘户", "near the minimum living standard")}


def file_refusals(definition: Definition, facts: Mapping[str, Any]) -> list[Message]:
    """Return why the household's file does not do for this programme. Pure, for golden cases too."""
    rule, known = definition.requires_file, {**UNKNOWN, **facts["household"]}
    if rule is None:
        return []
    status = known["status"] if known["status"] != "none" or not known["on_file"] else "on_file"
    if status not in rule.states and not ("none" in rule.states and status in ("exited", "cancelled")):
        return [Message("NO_FILE", "本项目先建档、后帮扶：您家还没有在档的困难职工档案，请先向单位工会申请建档",
                        "This programme is for households with a hardship file; apply for one at your union first", "household")]
    if status == "on_file" and rule.categories and known["category"] not in rule.categories:
        names = [_WORDS[name] for name in rule.categories]
        return [Message("FILE_CATEGORY", f"本项目只面向{'、'.join(zh for zh, _ in names)}家庭，您家的档案类别不在其中",
                        f"This programme is for the categories {', '.join(en for _, en in names)}; your household's file is of another", "household")]
    return []
