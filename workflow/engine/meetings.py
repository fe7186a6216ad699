"""Meetings: opening a vote that had too few voters, and entering the result of a meeting held on paper (票决).

A paper result is one decision of the officer who enters it, with the minutes beside the case; the step that follows is
the system's, as after a vote. It never counts for more than the same voices given one by one would have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..actors import Actor
from ..attachments import Clean
from ..errors import BangfuError, Impossible, Message, NotFound, NotYours, Refused, one
from ..language.definition import State, Transition, Vote
from ..records import Case
from ..scope import visible
from . import duties, tasks, votes
from .act import conclude, digest, replayed
from .dossier import Dossier, local_day, open_dossier
from .duties import Standing
from .facts import facts_of
from .files import keep, note
from .moving import Done

MINUTES = "minutes"
"""The kind of file a meeting leaves behind."""


@dataclass(frozen=True, slots=True)
class Quorum:
    """How many voters a vote needs to begin, and how many there would be today."""

    state: State
    role: str
    needed: int
    there: int

    @property
    def enough(self) -> bool:
        return self.there >= self.needed


@dataclass(frozen=True, slots=True)
class Tally:
    """What the minutes of a meeting say about one case."""

    in_favour: int
    against: int
    abstained: int
    held_on: date
    passed: bool
    comment: str = ""

    @property
    def present(self) -> int:
        return self.in_favour + self.against + self.abstained


# --- calling the voters ------------------------------------------------------------------------------------


def quorum(session: Session, case_id: str, now: datetime) -> Quorum:
    """Return how it stands with the voters of a case that waits for them. Raises `NotFound` where it does not."""
    return _quorum(session, _waiting(open_dossier(session, case_id, Actor(None, ""))), now)


def convene(session: Session, case_id: str, actor: Actor, now: datetime) -> int:
    """Open the ballots of a vote that had too few voters, and return how many there are.

    Raises `NotFound` for whoever is no administrator at or above the case's union and for a case that waits for no
    voters: an administrator sees no case. Raises `Refused` while there are still too few.
    """
    dossier = open_dossier(session, case_id, actor, lock=True)
    row = dossier.row
    if not any(post.role == "admin" and row.path.startswith(post.path) for post in actor.posts):
        raise NotFound
    state = _waiting(dossier).definition.states[row.state]
    if actor.holds("auditor"):
        raise NotYours(one("AUDITOR", "经审人员只能查阅，不能办理", "Auditors may look but not decide"))
    found = _quorum(session, dossier, now)
    if not found.enough:
        raise votes.too_few(state, found.role, found.there)
    ballots = votes.ballots(session, dossier, state, row.entry, now, facts_of(session, dossier, now), None)
    connection = session.connection()
    note(session, dossier, "convene", actor, "admin", now, {"voters": len(ballots)})
    tasks.CLOSE(connection, {"task_id": row.task_id, "at": now, "by": actor.person_id})
    for ballot in ballots:
        tasks.OPEN(connection, ballot)
    return len(ballots)


def _waiting(dossier: Dossier) -> Dossier:
    state = dossier.definition.states[dossier.state]
    if state.kind != "countersign" or dossier.row.task_role != "admin":
        raise NotFound
    return dossier


def _quorum(session: Session, dossier: Dossier, now: datetime) -> Quorum:
    state = dossier.definition.states[dossier.state]
    assert state.vote is not None
    role, _, people = votes.voters(session, dossier, state, now, None)
    return Quorum(state, role, votes.fewest(state.vote), len(people))


# --- a result on paper -------------------------------------------------------------------------------------


def by_number(session: Session, number: str, actor: Actor) -> str | None:
    """Return the id of the case with this number that the actor may read or enter a result for, or None."""
    case_id = session.scalar(select(Case.id).where(Case.number == number))
    if case_id is None or session.scalar(select(Case.id).where(Case.id == case_id, visible(actor))):
        return case_id
    dossier = open_dossier(session, case_id, actor)
    return case_id if dossier.definition.states[dossier.state].vote and _seat(session, dossier, actor) else None


def try_result(session: Session, case_id: str, actor: Actor, now: datetime, tally: Tally, *, declared: bool = False) -> tuple[Message, ...]:
    """Return what stands against entering this result, empty where nothing does. Writes nothing."""
    dossier = open_dossier(session, case_id, actor)
    try:
        _judged(session, dossier, actor, now, facts_of(session, dossier, now), tally, declared=declared)
    except BangfuError as refusal:
        return refusal.messages
    return ()


def enter_result(session: Session, case_id: str, actor: Actor, now: datetime, *, in_favour: int, against: int, abstained: int,
                 held_on: date, minutes: Clean, passed: bool, comment: str = "", declared: bool = False,
                 idem_key: str | None = None) -> Done:
    """Carry a case on by the result of a meeting, with its minutes.

    Raises `NotYours` for whoever may not enter it, `Impossible` where the case is at no vote, `KeyReused`, or `Refused`
    with every message: somebody has voted online, the counts do not fit, the day does not fit, the result does not follow.
    """
    tally = Tally(in_favour, against, abstained, held_on, passed, comment)
    request = digest(session, case=case_id, who=actor.person_id, tally=repr(tally), minutes=minutes.sha256) if idem_key else None
    dossier = open_dossier(session, case_id, actor, lock=True, key=idem_key)
    if dossier.replay is not None:
        return replayed(session, dossier, request)
    facts = facts_of(session, dossier, now)
    standing, trigger = _judged(session, dossier, actor, now, facts, tally, declared=declared)
    file_id = keep(session, dossier, MINUTES, minutes, actor, standing.role, now)
    dossier = open_dossier(session, case_id, actor)                  # the file moved the head of its chain
    extra: dict[str, Any] = {"in_favour": in_favour, "against": against, "abstained": abstained,
                             "held_on": held_on.isoformat(), "minutes": file_id}
    if declared:
        extra["declared"] = "no_relation"
    seq = votes.heard(session, dossier, "meeting", trigger, standing, actor, now, facts, extra, comment=comment,
                      idem_key=idem_key, request=request)
    row = dossier.row
    done = Done(row.id, row.number, trigger, row.state, row.state, row.revision + 1, row.amount_fen, seq)
    return conclude(session, done, trigger, now, comment, {"voices": {
        "agree": in_favour, "disagree": against, "abstain": abstained, "voters": len(dossier.ballots)}, "meeting": seq})


def _judged(session: Session, dossier: Dossier, actor: Actor, now: datetime, facts: Mapping[str, Any], tally: Tally, *,
            declared: bool) -> tuple[Standing, str]:
    """Return in what standing the actor enters the result, and the trigger it leads to."""
    definition, state = dossier.definition, dossier.definition.states[dossier.state]
    vote = state.vote
    if vote is None or state.kind != "countersign":
        raise Impossible(one("NO_VOTE_HERE", f"此件现在是“{state.label.zh}”，不是表决环节，不能登记会议结果",
                             f"This case is at “{state.label.text('en')}”, which is no vote"))
    found = _seat(session, dossier, actor)
    if found is None:
        raise NotYours(one("NOT_ADDRESSED", "会议结果由本环节的表决人或指定的岗位登记，不在您的职责范围内",
                           "The result of a meeting is entered by its voters or the post named for it"))
    objections = duties.conflicts(dossier, state.name, actor, found.role, declared=declared, behalf=found.behalf)
    if objections:
        raise NotYours(objections)
    if dossier.row.task_id is not None:
        raise Impossible(one("NOT_CONVENED", "参加表决的人还不够，请系统管理员先任命并召集表决人",
                             "There are too few voters; the administrator must appoint and call them first"))
    owed = [*_counted(dossier, vote, tally), *_dated(dossier, tally, now)]
    trigger = vote.on_pass if tally.passed else vote.on_fail
    if not tally.comment.strip():
        way: Transition = next(way for way in definition.ways(state.name) if way.trigger == trigger)
        owed += votes.reasons_owed(definition, state, trigger, way, facts)
    if owed:
        raise Refused(owed)
    return found, trigger


def _seat(session: Session, dossier: Dossier, actor: Actor) -> Standing | None:
    """Return the standing of who may enter the result: the post the vote names for it, or else one of its voters."""
    definition, state = dossier.definition, dossier.definition.states[dossier.state]
    assert state.vote is not None
    if state.vote.paper is None:
        return next((Standing(task.role, task.organisation_id) for task in dossier.ballots
                     if actor.person_id is not None and task.person_id == actor.person_id), None)
    rule = definition.actors[state.vote.paper]
    place = duties.seat(session, dossier, rule) if rule.role is not None else None
    return duties.in_post(actor, rule.role or "", place.id, None) if place is not None else None


def _counted(dossier: Dossier, vote: Vote, tally: Tally) -> list[Message]:
    if any(task.status == "done" for task in dossier.ballots):
        return [Message("VOTED_ONLINE", "已经有人在系统里表决，不能再登记会议结果，请其余的人也在系统里表决",
                        "Somebody has voted here already; let the others vote here too instead of entering a meeting")]
    voters, present = len(dossier.ballots), tally.present
    if min(tally.in_favour, tally.against, tally.abstained) < 0:
        return [Message("COUNTS", "票数不能是负数", "Counts of votes cannot be negative", "in_favour")]
    if present > voters:
        return [Message("TOO_MANY_VOICES", f"同意、反对、弃权一共 {present} 票，多于参加表决的 {voters} 人",
                        f"{present} voices in all, but only {voters} voters", "in_favour")]
    if present < votes.fewest(vote):
        return [Message("TOO_FEW_VOICES", f"同意、反对、弃权一共 {present} 票，至少要 {votes.fewest(vote)} 人到会表决",
                        f"{present} voices in all; at least {votes.fewest(vote)} must take part", "in_favour")]
    given = result(vote, tally, voters)
    if given is None:
        return [Message("NOT_SETTLED", f"应参加 {voters} 人，到会表决 {present} 人：未到会的 {voters - present} 人仍可能改变结果，"
                        "请补齐他们的意见后再登记", f"{present} of {voters} voters spoke; the {voters - present} who did not could still change "
                        "the result: enter it once they have been heard", "passed")]
    if given != ("pass" if tally.passed else "fail"):
        zh, en = ("通过", "passed") if given == "pass" else ("不通过", "not passed")
        return [Message("RESULT_DIFFERS", f"结论与票数不符：同意 {tally.in_favour} 票、反对 {tally.against} 票、弃权 {tally.abstained} 票，"
                        f"按本环节的规则应为“{zh}”", f"The counts ({tally.in_favour} for, {tally.against} against, {tally.abstained} abstained) "
                        f"give “{en}” under the rule of this step", "passed")]
    return []


def result(vote: Vote, tally: Tally, voters: int) -> Literal["pass", "fail"] | None:
    """Return what the counts give: who was absent has not spoken, as in a vote online. None: they could still change it."""
    return votes.outcome(vote, ["agree"] * tally.in_favour + ["disagree"] * tally.against + ["abstain"] * tally.abstained
                         + [None] * (voters - tally.present))


def _dated(dossier: Dossier, tally: Tally, now: datetime) -> list[Message]:
    came = local_day(dossier.row.entered_at)
    if tally.held_on > local_day(now):
        return [Message("MEETING_AHEAD", "会议日期不能晚于今天", "The meeting cannot lie in the future", "held_on")]
    if tally.held_on < came:
        return [Message("MEETING_EARLY", f"会议日期早于此件到达本环节的日期（{came.isoformat()}），请核对",
                        f"The meeting was before the case came to this step ({came.isoformat()})", "held_on")]
    return []


__all__ = ["MINUTES", "Quorum", "Tally", "by_number", "convene", "enter_result", "quorum", "result", "try_result"]
