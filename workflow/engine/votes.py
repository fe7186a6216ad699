"""Votes and parallel steps: who has a voice, what each said, and when the outcome is certain.

Every voter has one `ballot`, every branch one `branch` task, made when the case enters the step: whoever is appointed
later has no voice in it. A ballot is a decision of its own person; the step that follows is the system's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import bindparam, literal_column, select, update
from sqlalchemy.orm import Session

from .. import history, machine
from ..actors import Actor
from ..calendar import working_calendar
from ..errors import Impossible, Message, Refused, one
from ..language.definition import Definition, Label, State, Transition, Vote
from ..language.roles import role_label
from ..records import Case, CaseIdentity, Person, Task
from ..statements import Prepared, rows_changed, together
from . import deciding, tasks, telling
from .dossier import Dossier, local_day
from .duties import Standing, addressed, guard, holders
from .judge import flagged

ABSTAIN = "abstain"
AGREE, DISAGREE, NEITHER = Label("同意", "Agree"), Label("不同意", "Disagree"), Label("弃权", "Abstain")

_cases, _tasks, _people, _identities = (m.__table__ for m in (Case, Task, Person, CaseIdentity))
_COUNTED = Prepared(update(_cases).where(_cases.c.id == bindparam("case_id"), _cases.c.revision == bindparam("was")),
                    ("revision", "updated_at", "last_seq", "last_hash"))
_CAST = Prepared(update(_tasks).where(_tasks.c.id == bindparam("task_id")).values(
    status=literal_column("'done'"), vote=bindparam("voice"), closed_at=bindparam("at", type_=_tasks.c.closed_at.type),
    closed_by=bindparam("by")))
_NEXT = Prepared(update(_tasks).where(_tasks.c.id == bindparam("task_id")).values(status=literal_column("'open'")))


def outcome(vote: Vote, voices: Sequence[str | None]) -> Literal["pass", "fail"] | None:
    """Return the result as soon as no voice still to come can change it; None until then.

    `voices` has one entry a voter: `agree`, `disagree`, `abstain`, or None for who has not voted. An abstention counts
    as a voter who did not agree. Pure.
    """
    total, agree, left = len(voices), voices.count("agree"), voices.count(None)
    against = total - agree - left
    if vote.veto and "disagree" in voices:
        return "fail"
    if vote.mode == "any":
        passed, failed = agree > 0 or total == 0, total > 0 and against == total
    elif vote.mode in ("quorum", "ratio"):
        assert vote.share is not None
        needed = vote.share * total if vote.mode == "ratio" else vote.share
        passed, failed = total > 0 and agree >= needed, agree + left < needed
    else:
        passed, failed = agree == total, against > 0
    if failed:
        return "fail"
    heard = total - left >= min(vote.min_voters, total) and (left == 0 or not vote.veto)
    return "pass" if passed and heard else None


def is_ballot(dossier: Dossier, trigger: str, actor: Actor) -> bool:
    """Return whether a person who fires this trigger here gives their voice."""
    vote = dossier.definition.states[dossier.state].vote
    return vote is not None and actor.person_id is not None and trigger in (vote.on_pass, vote.on_fail, ABSTAIN)


def stale(dossier: Dossier, revision: int) -> bool:
    """Return whether more than other people's voices came in between: those alone make nobody's page stale."""
    given = sum(task.status == "done" for task in dossier.ballots)
    return not dossier.row.revision - given <= revision <= dossier.row.revision


def choices(state: State) -> tuple[tuple[str, Label, str], ...]:
    """Return (trigger, words, voice) of what a voter can say."""
    assert state.vote is not None
    said = [(state.vote.on_pass, AGREE, "agree"), (state.vote.on_fail, DISAGREE, "disagree")]
    return (*said, (ABSTAIN, NEITHER, "abstain")) if state.vote.mode in ("quorum", "ratio") else tuple(said)


def judged(session: Session, dossier: Dossier, trigger: str, actor: Actor, facts: Mapping[str, Any], *, comment: str,
           declared: bool) -> Standing:
    """Return on which ballot the actor speaks. Raises `NotYours`, `Impossible`, or `Refused` with every message."""
    definition, state = dossier.definition, dossier.definition.states[dossier.state]
    assert state.vote is not None
    if trigger not in {name for name, _, _ in choices(state)}:
        raise Impossible(one("NO_ABSTENTION", "本环节须同意或不同意，不能弃权", "Here one agrees or disagrees; nobody abstains"))
    way = _way(definition, state, state.vote.on_fail if trigger == state.vote.on_fail else state.vote.on_pass)
    found = guard(session, dossier, way, actor, declared=declared)
    assert found.task is not None
    if not comment.strip() and (owed := reasons_owed(definition, state, trigger, way, facts)):
        raise Refused(owed)
    return found


def reasons_owed(definition: Definition, state: State, trigger: str, way: Transition, facts: Mapping[str, Any]) -> list[Message]:
    """Return why whoever says this must give their reasons; empty where they need not."""
    if trigger == way.trigger and way.comment == "required":
        return [Message("COMMENT", "请写明意见或理由", "Please give your reasons", "comment")]
    return [Message("COMMENT", f"“{flag.label.zh}”需要您判断，请写明意见", f"“{flag.label.text('en')}” needs your judgement: "
                    "give your opinion", "comment") for flag in flagged(definition, state, way, facts)]


def cast(session: Session, dossier: Dossier, trigger: str, actor: Actor, now: datetime, facts: Mapping[str, Any], *,
         comment: str, declared: bool, idem_key: str | None, request: str | None) -> int:
    """Write one voice: an event, a decision, the ballot; return the event's seq. What follows from it is for the caller."""
    state = dossier.definition.states[dossier.state]
    standing = judged(session, dossier, trigger, actor, facts, comment=comment, declared=declared)
    ballot = standing.task
    assert ballot is not None
    voice = next(voice for name, _, voice in choices(state) if name == trigger)
    extra: dict[str, Any] = {"task": ballot.id, "vote": voice}
    if ballot.branch is not None:
        extra["branch"] = ballot.branch
    if declared:
        extra["declared"] = "no_relation"
    following = next((task for task in dossier.ballots if task.status == "waiting"), None)
    said = [(_CAST, {"task_id": ballot.id, "voice": voice, "at": now, "by": actor.person_id})]
    turn = following if voice == "agree" else None
    if turn is not None:
        said.append((_NEXT, {"task_id": turn.id}))
    seq = heard(session, dossier, "vote", trigger, standing, actor, now, facts, extra, said, comment=comment,
                idem_key=idem_key, request=request)
    if turn is not None and turn.person_id is not None:
        telling.ballots(session, dossier, [turn.person_id], dossier.state, seq, now, by=actor.person_id)
    return seq


def heard(session: Session, dossier: Dossier, kind: str, trigger: str, standing: Standing, actor: Actor, now: datetime,
          facts: Mapping[str, Any], extra: Mapping[str, Any], besides: Sequence[tuple[Prepared, Mapping[str, Any]]] = (), *,
          comment: str, idem_key: str | None, request: str | None) -> int:
    """Write a decision that leaves the case where it is: the event, the revision, the decision, and what goes with it."""
    row, connection = dossier.row, session.connection()
    held = deciding.snapshot(dossier, facts, dossier.form, row.figures, row.amount_fen)
    with together(connection):
        appended = history.append(
            session, stream=row.id, seq=row.last_seq + 1, prev=row.last_hash, kind=kind, at=now, actor=actor,
            role=standing.role, organisation_id=standing.organisation_id, on_behalf_of=standing.behalf, trigger=trigger,
            from_state=row.state, to_state=row.state, amount_fen=row.amount_fen, revision=row.revision + 1,
            definition_digest=row.definition_digest, snapshot_digest=held[1], idem_key=idem_key, request_digest=request,
            comment=comment, extra=extra)
        counted = _COUNTED(connection, {"case_id": row.id, "was": row.revision, "revision": row.revision + 1,
                                        "updated_at": now, "last_seq": appended.seq, "last_hash": appended.hash})
        deciding.decide(session, connection, dossier, appended.seq, trigger, now, actor_id=actor.person_id, role=standing.role,
                        organisation_id=standing.organisation_id, amount_fen=row.amount_fen, held=held)
        for statement, values in besides:
            statement(connection, values)
    if rows_changed(counted) != 1:
        raise Impossible(one("OVERTAKEN", "此件已有新的进展，请刷新页面", "This case has moved on; reload the page"))
    return appended.seq


def decided(dossier: Dossier) -> str | None:
    """Return the trigger that the voices given so far lead to, or None while the outcome is open."""
    vote = dossier.definition.states[dossier.state].vote
    if vote is None or dossier.row.task_id is not None:      # a vote that nobody could be called to waits for people
        return None
    result = outcome(vote, [task.vote for task in dossier.ballots])
    return {"pass": vote.on_pass, "fail": vote.on_fail, None: None}[result]


def ballots(session: Session, dossier: Dossier, dest: State, entry: int, now: datetime,
            facts: Mapping[str, Any], by: str | None) -> list[dict[str, Any]]:
    """Return the tasks of everybody who has a voice in `dest`, as they stand on entering it by an act of `by`.

    Raises `Refused` where nobody has and the definition says so; otherwise the administrator is asked to see to it.
    """
    due = working_calendar().due(now, dest.due) if dest.due else None
    common = {"case_id": dossier.id, "entry": entry, "state": dest.name, "definition_key": dossier.row.definition_key,
              "now": now, "due_at": due}
    if dest.kind == "parallel":
        rows = []
        for number, branch in enumerate(dest.branches, 1):
            if branch.when is None or machine.holds(dossier.definition, branch.when, facts):
                role, place = addressed(session, dossier, branch.actor, local_day(now))
                rows.append(tasks.row(**common, kind="branch", branch=branch.key, place=number, role=role,
                                      organisation_id=place.id if place else None))
        return rows
    assert dest.vote is not None
    role, organisation_id, people = voters(session, dossier, dest, now, by)
    if len(people) < fewest(dest.vote):
        if dest.vote.on_empty == "refuse":
            raise too_few(dest, role, len(people))
        return [tasks.row(**common, role="admin", organisation_id=organisation_id)]
    sequence = dest.vote.mode == "sequence"
    return [tasks.row(**common, kind="ballot", role=role, organisation_id=organisation_id, person_id=person,
                      place=number, status="waiting" if sequence and number > 1 else "open")
            for number, person in enumerate(people, 1)]


def voters(session: Session, dossier: Dossier, dest: State, now: datetime, by: str | None) -> tuple[str, int | None, list[str]]:
    """Return (role, union, people) of who would have a voice in `dest` today, entered by an act of `by`."""
    role, place = addressed(session, dossier, dest.actor or "", local_day(now))
    organisation_id = place.id if place else None
    return role, organisation_id, _unconflicted(session, dossier, dest, holders(session, role, organisation_id, local_day(now)), by)


def fewest(vote: Vote) -> int:
    """Return how many voters a vote needs to begin."""
    return max(1, vote.min_voters)


def too_few(dest: State, role: str, there: int) -> Refused:
    assert dest.vote is not None
    label, needed = role_label(role), fewest(dest.vote)
    return Refused(one("NO_QUORUM", f"“{dest.label.zh}”至少要 {needed} 名“{label.zh}”，目前能参加的只有 {there} 人",
                       f"“{dest.label.text('en')}” needs at least {needed} of “{label.text('en')}”; {there} can take part"))


def _unconflicted(session: Session, dossier: Dossier, dest: State, people: Iterable[str], by: str | None) -> list[str]:
    """Leave out who must stand aside: it is their own case, they decided it at a separated step, their number is in it."""
    row, separation = dossier.row, dossier.definition.separation
    aside = {row.applicant_id, row.filed_by}
    if dest.name in separation.distinct:
        aside |= {one.actor_id for one in dossier.decided if one.state != dest.name and one.state in separation.distinct}
        aside |= {by} if dossier.state in separation.distinct else set()
    people = [person for person in people if person not in aside]
    related = session.connection().execute(
        select(_people.c.id).join(_identities, _identities.c.digest.in_(
            (_people.c.id_no_index, _people.c.phone_index, _people.c.bank_card_index)))
        .where(_identities.c.case_id == row.id, _people.c.id.in_(people))).scalars().all() if people else ()
    return [person for person in people if person not in related]


def _way(definition: Definition, state: State, trigger: str) -> Transition:
    return next(way for way in definition.ways(state.name) if way.trigger == trigger)


__all__ = ["ABSTAIN", "ballots", "cast", "choices", "decided", "fewest", "heard", "is_ballot", "judged", "outcome", "reasons_owed",
           "stale", "too_few", "voters"]
