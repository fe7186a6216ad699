"""Working the amount out again: from the facts as they stood at the decision, by the rules the case is pinned to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import takewhile
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..engine.facts import figures_in, worked_out
from ..engine.judge import behind, fen
from ..engine.registers import coded
from ..language.definition import Definition
from ..language.expressions import Explanation, Unanswerable
from ..language.fields import from_json
from ..privacy import vault
from ..programmes import by_digest
from ..records import Case, Decision


@dataclass(frozen=True, slots=True)
class Recalculation:
    """`worked_out_fen` by the rules, `recorded_fen` as it stands on the case, both 分.

    `by_hand` says that the recorded amount was set by an officer, as the definition allows up to `limit_fen`.
    """

    seq: int                         # of the decision whose facts were used
    at: datetime
    definition: Definition
    lines: tuple[tuple[str, Any, Explanation | None], ...]   # (name of the calc, value, how)
    worked_out_fen: int | None
    recorded_fen: int | None
    by_hand: bool
    limit_fen: int | None

    @property
    def same(self) -> bool:
        return self.worked_out_fen == self.recorded_fen

    @property
    def explained(self) -> bool:
        """The recorded amount is what the rules give, or was set by hand within their limit."""
        return self.same or (self.by_hand and self.recorded_fen is not None
                             and (self.limit_fen is None or self.recorded_fen <= self.limit_fen))


def recalculate(session: Session, case_id: str) -> Recalculation | None:
    """Return the amount worked out again; None where the programme grants no money, nothing has been decided yet, or the facts are erased.

    The facts are those sealed with the decision that set the amount as it stands. Raises `Damaged` where the sealed facts do not open.
    """
    case = session.execute(select(Case.definition_digest, Case.amount_fen, Case.adjusted_fen).where(Case.id == case_id)).one()
    if by_digest(session, case.definition_digest).amount is None:
        return None
    decisions = session.execute(select(Decision.seq, Decision.at, Decision.snapshot, Decision.amount_fen, Decision.definition_digest)
                                .where(Decision.case_id == case_id).order_by(Decision.seq.desc())).all()
    standing = list(takewhile(lambda decision: decision.amount_fen == case.amount_fen, decisions))
    if not standing:
        return None
    last = standing[-1]              # later decisions carried the amount on as it was
    definition = by_digest(session, last.definition_digest)      # of that day: the case may have moved to a later version since
    rule = definition.amount
    if rule is None:
        return None
    if last.snapshot is None:        # the facts were erased with the retention period
        return None
    held = vault(session).open_json("decisions.snapshot", f"{case_id}:{last.seq}", last.snapshot)
    facts = _facts(session, definition, held)
    lines = tuple((name, facts["calc"].get(name), _explained(definition, expr, facts)) for name, expr in definition.calc.items()
                  if f"calc.{name}" in behind(definition))
    worth = _value(definition, rule.value, facts)
    limit = _value(definition, rule.max, facts) if rule.max is not None else None
    return Recalculation(
        last.seq, last.at, definition, lines, None if worth is None else fen(worth),
        None if case.amount_fen is None else int(case.amount_fen), case.adjusted_fen is not None,
        None if limit is None else fen(limit))


def _facts(session: Session, definition: Definition, held: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sealed facts with the types they had: JSON keeps money as text."""
    stored = held["facts"]
    form = {name: from_json(spec, stored["form"][name]) if stored["form"].get(name) is not None else None
            for name, spec in definition.form.items()}
    facts: dict[str, Any] = {
        **{room: _typed(values) for room, values in stored.items() if room not in ("form", "param", "calc", "today")},
        "form": coded(session, definition, form), "param": figures_in(definition, held["figures"]) if held.get("figures") else _typed(stored["param"]),
        "today": date.fromisoformat(stored["today"]),
    }
    facts["calc"] = worked_out(definition, facts)
    return facts


_TEXTS = frozenset({"id", "gender", "union", "model_worker", "code", "level", "county", "number", "cycle", "resubmit_to"})


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Money came out of JSON as text; what the rules know as text stays text."""
    return {name: value if name in _TEXTS or not isinstance(value, str) else _number_or_date(value)
            for name, value in values.items()}


def _number_or_date(text: str) -> Any:
    try:
        return Decimal(text)
    except InvalidOperation:
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text


def _value(definition: Definition, expr: Any, facts: Mapping[str, Any]) -> Any:
    try:
        return expr.evaluate(facts, definition.tables)
    except Unanswerable:
        return None


def _explained(definition: Definition, expr: Any, facts: Mapping[str, Any]) -> Explanation | None:
    try:
        explanation: Explanation = expr.explain(facts, definition.tables)
        return explanation
    except Unanswerable:
        return None
