"""Issued equals signed: what the signatures for goods have to say about a step of a case."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..errors import Refused, one
from ..language.definition import Definition, State
from ..records import GrantLine, LineSignature
from . import paying
from .dossier import Dossier

SHEET = "signed_sheet"               # the kind of file that is the signed paper, where a programme has it
RETURN = "return_to"
_lines, _signatures = GrantLine.__table__, LineSignature.__table__


def refuse(session: Session, dossier: Dossier, trigger: str, dest: State) -> None:
    """Raise `Refused` where issued would not equal signed: on the way out of the delivery, and in the step that spends.

    What somebody has signed for is gone from the store, so a case with signatures never goes back to where nothing is held.
    """
    definition, state, budget = dossier.definition, dossier.state, dossier.definition.budget
    if budget is None or not issues(definition) or state not in budget.hold_in:
        return
    marked_in = marked(definition)
    leaves = dest.name in budget.hold_in and trigger != RETURN and (
        state in marked_in and dest.name not in marked_in or dest.name == budget.commit.partition(".")[0] != state)
    if leaves or paying.commits(definition, state, trigger):
        left = unsigned(session, dossier.id)
        if left:
            raise Refused(one("UNSIGNED", f"发放数与签收数不一致：还有 {left} 人没有签收，也没有注明原因取消，请补登记或取消后再办",
                              f"Issued does not equal signed: {left} people have neither signed nor been struck off with a reason", "lines"))
    elif dest.name not in budget.hold_in:
        signed = session.connection().execute(select(func.count()).select_from(_signatures).where(_signatures.c.case_id == dossier.id)).scalar_one()
        if signed:
            raise Refused(one("SIGNED_ALREADY", f"已有 {signed} 人签收，物品已经发出，不能退出发放；没有发出的请逐行取消",
                              f"{signed} people have signed, so their goods are gone; strike off the lines that were not given instead"))


def marked(definition: Definition) -> frozenset[str]:
    """Return the states in which signatures are marked: those that hold the goods, and of them those where the signed sheet is handed in."""
    held = definition.budget.hold_in if definition.budget is not None and issues(definition) else frozenset()
    return frozenset(name for name in held if f"attachments.{SHEET}" in definition.states[name].edit) or held


def issues(definition: Definition) -> bool:
    """Return whether cases of this programme give goods, which somebody signs for."""
    return definition.lines is not None and definition.lines.goods is not None


def unsigned(session: Session, case_id: str) -> int:
    """Return how many lines of goods are neither signed for nor struck off."""
    return int(session.connection().execute(select(func.count()).select_from(_lines.outerjoin(_signatures, _signatures.c.line_id == _lines.c.id)).where(
        _lines.c.case_id == case_id, _lines.c.item.is_not(None), _lines.c.status.in_(("open", "held")), _signatures.c.line_id.is_(None))).scalar_one())
