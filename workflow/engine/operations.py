"""Operations on tasks: handing work on, asking others, urging. They change who is asked, never where the case stands.

Which of them a state opens is in `Definition.operations`; the operations that answer one (交回, 收回, 放回, 答复, 已阅) come
with it. What a page offers and what `operate` allows come from the same rules: `WHERE` finds the tasks on which somebody
may do something, `whom` those they may name. Each is one event of the case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from .. import notifications
from ..actors import Actor
from ..errors import BangfuError, Impossible, KeyReused, Message, NotFound, NotYours, Refused, one
from ..language.definition import Label
from ..people.absences import substitutes_of
from ..records import Account, Case, Person
from ..scope import visible
from . import changing
from .act import digest, settle
from .desk import Desk, Held
from .dossier import Dossier, local_day, open_dossier
from .files import note
from .receiving import Candidate, described
from .urging import last_day_before, urge_from, urging

OPERATIONS: Mapping[str, Label] = {
    "claim": Label("认领", "Claim"), "release": Label("放回", "Put back"), "transfer": Label("转办", "Transfer"),
    "delegate": Label("委派", "Delegate"), "hand_back": Label("交回", "Hand back"), "recall": Label("收回", "Recall"),
    "add_signer": Label("加签", "Add a signer"), "remove_signer": Label("减签", "Remove a signer"),
    "consult": Label("沟通", "Consult"), "reply": Label("答复", "Reply"), "cc": Label("抄送", "Copy to"), "read": Label("已阅", "Read"),
    "urge": Label("催办", "Urge"),
}
COMES_WITH = {"release": "claim", "hand_back": "delegate", "recall": "delegate", "reply": "consult", "read": "cc"}
NAMES = frozenset({"transfer", "delegate", "add_signer", "remove_signer", "consult", "cc"})
"""Operations that need to know whom."""
OPINION = frozenset({"hand_back", "reply", "consult"})
"""Operations that are nothing without words."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One operation this reader may do now. `candidates` is None where nobody has to be named."""

    operation: str
    label: Label
    task_id: str
    branch: Label | None             # of a parallel step: which part
    candidates: tuple[Candidate, ...] | None
    opinion: bool                    # needs words


@dataclass(frozen=True, slots=True)
class Operated:
    """What an operation did. `replayed` means the same request had been carried out before."""

    case_id: str
    operation: str
    task_id: str | None
    to: str | None
    seq: int
    replayed: bool = False


def operate(session: Session, case_id: str, operation: str, actor: Actor, now: datetime, *, to: str | None = None, comment: str = "",
            task_id: str | None = None, idem_key: str | None = None, request_digest: str | None = None) -> Operated:
    """Carry out one operation and say what it did. `to` is a person's id or the name of their account.

    `task_id` says which, where several tasks would do. Raises `NotFound` out of scope, `NotYours`, `Impossible` where the
    state does not open it or somebody was faster, `KeyReused`, or `Refused` saying who may be named.
    """
    seen = session.execute(select(Case.id).where(Case.id == case_id, visible(actor))).first() is not None
    if not seen and not (operation == "transfer" and actor.holds("admin")):
        raise NotFound
    if operation not in OPERATIONS:
        raise Refused(one("NO_SUCH_OPERATION", f"没有“{operation}”这个操作", f"There is no operation {operation!r}", "operation"))
    request = None
    if idem_key:
        said = {"request": request_digest} if request_digest else {"to": to, "comment": comment, "task": task_id}
        request = digest(session, case=case_id, who=actor.person_id, operation=operation, **said)
    dossier = open_dossier(session, case_id, actor, lock=True, key=idem_key)
    if dossier.replay is not None:
        return _replayed(dossier, operation, request)
    desk = Desk.opened(session, dossier, actor, now)
    if operation == "urge":
        return _urge(desk, comment, idem_key, request)
    held = [one for one in WHERE[operation](desk) if task_id in (None, one.task.id)]
    if not held:
        raise _refusal(desk, operation) if seen else NotFound()
    chosen, candidate = _choose(desk, operation, held, to)
    if operation in OPINION and not comment.strip():
        raise Refused(one("COMMENT", "请写明意见或要沟通的问题", "Please give your opinion, or say what you ask", "comment"))
    return _carry_out(desk, operation, chosen, candidate, comment.strip(), idem_key, request)


def operations_for(session: Session, case_id: str, actor: Actor, now: datetime) -> tuple[Offer, ...]:
    """Return the operations this reader may do on the case now, with whom they may name; callers looked at the case first."""
    dossier = open_dossier(session, case_id, actor)
    desk = Desk.opened(session, dossier, actor, now)
    branches = {branch.key: branch.label for branch in dossier.definition.states[dossier.state].branches}
    offers = []
    for operation, label in OPERATIONS.items():
        if operation == "urge":
            if urging(dossier, actor, desk.tasks) and urge_from(session, dossier, desk.tasks) <= now:
                offers.append(Offer(operation, label, "", None, None, False))
            continue
        if operation == "remove_signer":
            ballots = WHERE[operation](desk)
            if ballots:
                offers.append(Offer(operation, label, "", None, tuple(desk.voter(one.task) for one in ballots), False))
            continue
        for held in WHERE[operation](desk):
            named = tuple(desk.candidates(operation, held)) if operation in NAMES else None
            if named != ():
                offers.append(Offer(operation, label, held.task.id, branches.get(held.task.branch or ""), named, operation in OPINION))
    return tuple(offers)


def urge_open_from(session: Session, case_id: str, actor: Actor, now: datetime) -> datetime | None:
    """Return from when this person may urge, which may have passed; None where they never may here."""
    dossier = open_dossier(session, case_id, actor)
    desk = Desk.opened(session, dossier, actor, now)
    return urge_from(session, dossier, desk.tasks) if urging(dossier, actor, desk.tasks) else None


# --- who may do what to which task -------------------------------------------------------------------------


WHERE: Mapping[str, Callable[[Desk], list[Held]]] = {
    "claim": lambda desk: [held for held in desk.turns("claim", "work") if held.task.person_id is None],
    "release": lambda desk: [held for held in desk.in_hand("claim") if held.task.owner_id is None],
    "transfer": lambda desk: desk.to_transfer(),
    "delegate": lambda desk: desk.turns("delegate", "work"),
    "hand_back": lambda desk: [held for held in desk.personal("work") if held.task.owner_id is not None],
    "recall": lambda desk: desk.delegated(),
    "add_signer": lambda desk: desk.voting("add_signer")[:1],
    "remove_signer": lambda desk: desk.removable(),
    "consult": lambda desk: desk.turns("consult", "work", "ballot", "branch")[:1],
    "reply": lambda desk: desk.personal("consult"),
    "cc": lambda desk: desk.turns("cc", "work", "ballot", "branch")[:1],
    "read": lambda desk: desk.personal("cc"),
}


def _choose(desk: Desk, operation: str, held: list[Held], to: str | None) -> tuple[Held, Candidate | None]:
    """Return on which task, and whom it concerns. Raises `Refused` with the names that would do."""
    if operation not in NAMES:
        return held[0], None
    person_id = _person(desk.session, to)
    if operation == "remove_signer":
        for one in held:
            if one.task.person_id == person_id:
                return one, desk.voter(one.task)
        raise _not_among(operation, to, [desk.voter(one.task) for one in held])
    reasons: tuple[Message, ...] = ()
    for one in held:
        found, why = desk.asked(operation, one, person_id)
        if found is not None and not why:
            return one, found
        reasons = reasons or why
    if reasons:
        raise Refused(reasons)
    raise _not_among(operation, to, desk.candidates(operation, held[0]))


def _person(session: Session, to: str | None) -> str | None:
    if not to:
        return None
    found = session.connection().execute(select(Person.__table__.c.id).where(Person.__table__.c.id == to)).scalar()
    return found or session.connection().execute(select(Account.__table__.c.person_id).where(
        Account.__table__.c.username == to.strip().lower())).scalar()


def _not_among(operation: str, to: str | None, candidates: list[Candidate]) -> Refused:
    label = OPERATIONS[operation]
    if not candidates:
        return Refused(one("NOBODY", f"目前没有可以{label.zh}的人", f"{label.en}: there is nobody to name at present", "to"))
    zh, en = "、".join(described(one) for one in candidates[:20]), "; ".join(described(one, "en") for one in candidates[:20])
    if not to:
        return Refused(one("TO", f"请选择{label.zh}给谁，可以选：{zh}", f"{label.en}: say whom; you may choose {en}", "to"))
    return Refused(one("NOT_A_CANDIDATE", f"不能{label.zh}给此人，可以选：{zh}", f"{label.en}: not possible with this person; you may choose {en}", "to"))


def _refusal(desk: Desk, operation: str) -> BangfuError:
    """Say why there is no task on which this person may do this."""
    dossier, label = desk.dossier, OPERATIONS[operation]
    if operation not in COMES_WITH and dossier.state not in dossier.definition.operations.get(operation, ()):
        state = dossier.definition.states[dossier.state].label
        return Impossible(one("OPERATION_CLOSED", f"“{state.zh}”环节没有开放{label.zh}", f"“{state.text('en')}” does not open “{label.en}”"))
    if operation == "claim" and (taken := desk.taken_by()):
        return Impossible(one("TAKEN", f"本件已由{taken}认领或正在其手上办理", f"{taken} has taken this case already"))
    if desk.refusal is not None:
        return desk.refusal
    if desk.against:
        return NotYours(desk.against)
    if operation in COMES_WITH:
        return NotYours(one("NOTHING_TO_DO", f"您手上没有可以{label.zh}的事项，请刷新页面查看", "There is nothing of yours to do this with; reload the page"))
    return NotYours(one("NOT_HOLDER", f"本件现在不在您手上，不能{label.zh}", f"This case is not with you now; “{label.en}” is for whoever holds it"))


# --- doing it ----------------------------------------------------------------------------------------------


def _carry_out(desk: Desk, operation: str, held: Held, candidate: Candidate | None, comment: str, idem_key: str | None,
               request: str | None) -> Operated:
    session, dossier, task = desk.session, desk.dossier, held.task
    done = changing.CHANGES[operation](desk, held, candidate)
    extra: dict[str, object] = {"task": done.task_id, "operation": operation}
    extra |= {name: value for name, value in (("from", done.left), ("to", done.to)) if value is not None}
    seq = note(session, dossier, operation, held.by(desk.actor), held.role, desk.now, extra, comment=comment, idem_key=idem_key, request_digest=request)
    for statement in done.statements:
        session.connection().execute(statement)
    _tell(desk, operation, [person for person in (done.to, *done.also) if person], seq)
    if task.kind == "ballot" and operation in ("add_signer", "remove_signer"):
        settle(session, dossier.id, desk.now)
    return Operated(dossier.id, operation, done.task_id, done.to, seq)


def _urge(desk: Desk, comment: str, idem_key: str | None, request: str | None) -> Operated:
    dossier, actor = desk.dossier, desk.actor
    role = urging(dossier, actor, desk.tasks)
    if role is None:
        raise _refusal(desk, "urge") if dossier.state not in dossier.definition.operations.get("urge", ()) else NotYours(one(
            "NOT_TO_URGE", "本件现在没有可以催办的人：轮到您自己，或正等申请人办理", "There is nobody for you to urge: it is your own turn, or the applicant's"))
    first = urge_from(desk.session, dossier, desk.tasks)
    if desk.now < first:
        day = local_day(first).isoformat()
        raise Refused(one("URGE_EARLY", f"还不能催办：承诺的期限未到，或今天已经催过；{day} 起可以催办",
                          f"Too early to urge: the promised date has not passed, or it was urged today; possible from {day}"))
    people = desk.whose_turn()
    seq = note(desk.session, dossier, "urge", actor, role, desk.now, {"told": len(people)}, comment=comment.strip(), idem_key=idem_key,
               request_digest=request)
    _tell(desk, "urge", people, seq)
    return Operated(dossier.id, "urge", None, None, seq)


def _tell(desk: Desk, kind: str, people: list[str], seq: int) -> None:
    """Tell these people, and whoever stands in for one of them today."""
    reached = [*people, *substitutes_of(desk.session, people, local_day(desk.now))] if people else []
    notifications.tell(desk.session, [person for person in reached if person != desk.actor.person_id], kind, desk.now, stream=desk.dossier.id,
                       seq=seq, case_id=desk.dossier.id, params={"number": desk.dossier.row.number, "state": desk.dossier.state})


def _replayed(dossier: Dossier, operation: str, request: str | None) -> Operated:
    event = dossier.replay
    assert event is not None
    if (event.stream, event.kind, event.request_digest) != (dossier.id, operation, request):
        raise KeyReused
    extra = orjson.loads(event.body).get("extra", {})
    return Operated(dossier.id, operation, extra.get("task"), extra.get("to"), event.seq, replayed=True)


__all__ = ["COMES_WITH", "NAMES", "OPERATIONS", "OPINION", "Candidate", "Offer", "Operated", "last_day_before", "operate", "operations_for",
           "urge_open_from"]
