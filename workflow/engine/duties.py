"""Who may do this, and who may not for this case. The one guard: page, API, batch, timer and command all pass it.

Nobody is exempt. A role is looked up in the posts held today; separation of duties is judged from the decisions
already taken, by person, so that neither a second role nor a change of role gets round it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..actors import Actor
from ..errors import Message, NotYours, Refused, one
from ..language.definition import ActorRule, Transition
from ..language.roles import role_label
from ..records import Appointment, Task
from .dossier import Dossier
from .places import Place, above, at_level
from .registers import union_in


@dataclass(frozen=True, slots=True)
class Standing:
    """In which role, at which union, on which ballot or branch, and for whom who is away."""

    role: str
    organisation_id: int | None = None
    task: Row[Any] | None = None     # the ballot or branch; None for the case's one work task and outside any task
    behalf: str | None = None


def guard(session: Session, dossier: Dossier, transition: Transition, actor: Actor, *, declared: bool) -> Standing:
    """Return in what standing `actor` acts. Raises `NotYours` with every reason against it."""
    found = standing(session, dossier, transition, actor)
    if found is None:
        raise NotYours(_not_addressed(dossier, transition, actor))
    objections = conflicts(dossier, transition.source, actor, found.role, declared=declared, behalf=found.behalf)
    if objections:
        raise NotYours(objections)
    return found


def standing(session: Session, dossier: Dossier, transition: Transition, actor: Actor) -> Standing | None:
    """Return the standing in which this transition is addressed to `actor`, or None."""
    definition, row = dossier.definition, dossier.row
    state = definition.states[transition.source]
    key = transition.actor or state.actor
    result = state.vote is not None and transition.trigger in (state.vote.on_pass, state.vote.on_fail)
    if actor.person_id is None:
        return Standing("system") if key in (None, "system") or result else None
    if state.vote is not None and (result or transition.actor in (None, state.actor)):
        return _with_a_voice(dossier, actor)
    if key is None or key == "system":
        return None
    rule = definition.actors[key]
    if rule.who == "applicant":
        role = _as_applicant(dossier, actor)
        return Standing(role) if role else None
    if rule.role is None:
        return None
    if key == state.actor and row.task_id is not None:
        if row.task_owner_id is not None:
            return None              # delegated: whoever has it gives it back, and only its owner decides
        return in_post(actor, row.task_role, row.task_organisation_id, row.task_person_id)
    place = seat(session, dossier, rule)
    return in_post(actor, rule.role, place.id, None) if place is not None else None


def in_post(actor: Actor, role: str, organisation_id: int | None, person_id: str | None) -> Standing | None:
    """Return the actor's standing on a task of this role and union, which may be one person's alone.

    One's own post comes before that of somebody one stands in for.
    """
    posts = [post for post in actor.posts if (post.role, post.organisation_id) == (role, organisation_id)]
    for post in sorted(posts, key=lambda post: post.behalf is not None):
        if person_id in (None, post.behalf or actor.person_id):
            return Standing(role, organisation_id, behalf=post.behalf)
    return None


def keeping(dossier: Dossier, actor: Actor) -> Standing | None:
    """Return the standing of whoever looks after a notice or a wait, also where only the clock leads on from it."""
    row = dossier.row
    if dossier.definition.states[dossier.state].kind not in ("notice", "wait") or row.task_id is None or row.task_owner_id is not None:
        return None
    return in_post(actor, row.task_role, row.task_organisation_id, row.task_person_id)


def _with_a_voice(dossier: Dossier, actor: Actor) -> Standing | None:
    """Return the standing on the actor's open ballot or branch: their own first, then that of somebody who is away.

    Nobody has two voices in one vote, neither by a second role nor for somebody else.
    """
    mine = (actor.person_id, *actor.stands_for)
    if any(task.status == "done" and task.closed_by == actor.person_id for task in dossier.ballots):
        return None
    waiting = [task for task in dossier.ballots if task.status == "open" and task.owner_id is None]
    for person in mine:
        for task in waiting:
            if task.kind == "ballot" and task.person_id != person:
                continue
            found = in_post(actor, task.role, task.organisation_id, task.person_id) or (
                Standing(task.role, task.organisation_id) if task.asked_by and task.person_id == actor.person_id else None)
            if found is not None and (person == actor.person_id) == (found.behalf is None):
                return replace(found, task=task)
    return None


def _as_applicant(dossier: Dossier, actor: Actor) -> str | None:
    if dossier.definition.apply_who == "organisation":       # whoever has it in hand for the union now, not who began it
        return "applicant" if actor.person_id is not None and actor.person_id == dossier.row.filed_by else None
    if actor.person_id == dossier.row.applicant_id:
        return "applicant"
    return "agent" if actor.person_id == dossier.row.filed_by else None


def conflicts(dossier: Dossier, state: str, actor: Actor, role: str, *, declared: bool, behalf: str | None = None) -> list[Message]:
    """Return why this person may not decide here although the task is addressed to them; empty where nothing stands against it.

    Whoever stands in for somebody is judged as both: what the one may not decide the other cannot decide for them.
    """
    if role in ("applicant", "agent", "system"):
        return []
    definition, row = dossier.definition, dossier.row
    reasons: list[Message] = []
    both = {actor.person_id, behalf or actor.person_id}
    if actor.holds("auditor"):
        reasons.append(Message("AUDITOR", "经审人员只能查阅，不能办理", "Auditors may look but not decide"))
    if definition.separation.applicant_may_not_decide:
        if both & {row.applicant_id, row.filed_by}:
            reasons.append(Message("OWN_CASE", "这是您本人或您所代理的人申请或代办的事项，须由他人办理" if behalf else
                                   "这是您本人申请或代办的事项，须由他人办理",
                                   "You, or whom you stand in for, applied for or filed this case; somebody else must decide it"
                                   if behalf else "You applied for or filed this case; somebody else must decide it"))
        elif dossier.related or behalf in dossier.related_to:
            reasons.append(Message("RELATED", "本件登记的证件、电话或银行卡与您所代理的人相同，须回避" if not dossier.related else
                                   "本件登记的证件、电话或银行卡与您本人相同，须回避",
                                   "Your own identity number, phone or card, or that of whom you stand in for, stands in this case; you must stand aside"
                                   if behalf else "Your own identity number, phone or card stands in this case; you must stand aside"))
    distinct = definition.separation.distinct
    if state in distinct:
        before = next((d for d in dossier.decided if d.actor_id in both
                       and d.state != state and d.state in distinct), None)
        if before is not None:
            label = definition.states[before.state].label
            reasons.append(Message("SAME_PERSON", f"您{'或您所代理的人' if behalf else ''}已在“{label.zh}”环节办理过本件，同一人不能办理两个环节",
                                   f"You have already decided this case at “{label.text('en')}”"))
    if definition.separation.relatives == "declare" and not declared:
        reasons.append(Message("DECLARE", "请勾选“本人与申请人没有亲属关系”后再办理；有亲属关系的须回避",
                               "Declare that you are not related to the applicant, or stand aside", "declared"))
    return reasons


def seat(session: Session, dossier: Dossier, rule: ActorRule) -> Place | None:
    """Return the union whose office holders this rule addresses, or None where the tree or the form names none."""
    places = above(session, dossier.row.path)
    scope = rule.scope or "applicant.union"
    if scope == "same_org":          # of whoever had it last: the step that is being left, or the one before a sorting step
        last = session.connection().execute(_LAST_UNION, {"case_id": dossier.row.id}).scalar()
        return places[-1] if last is None else above(session, f"/{last}/")[0]
    if scope == "applicant.union":
        return places[-1]
    if scope.startswith("ancestor("):
        return at_level(places, scope[len("ancestor("):-1])
    chosen = union_in(dossier.form, scope.removeprefix("field(form.").removesuffix(")"))
    return above(session, f"/{chosen}/")[0] if chosen is not None else None


def addressed(session: Session, dossier: Dossier, key: str, today: date) -> tuple[str, Place | None]:
    """Return the role and union a new task goes to.

    `fallback` steps in where the tree has no such union, and where nobody holds the role there if the rule says so.
    With `empty: admin` the task stays addressed to the vacant role and stands on the administrator's list until
    somebody is appointed. Raises `Refused` with `empty: refuse`.
    """
    rule = dossier.definition.actors[key]
    seen = {key}
    while True:
        place = seat(session, dossier, rule)
        vacant = place is None or (rule.empty != "admin" or rule.fallback is not None) and not _held(
            session, rule.role or "", place.id, today)
        if not vacant or rule.fallback is None or rule.fallback in seen:
            break
        seen.add(rule.fallback)
        rule = dossier.definition.actors[rule.fallback]
    if vacant and rule.empty == "refuse" or place is None:
        label = role_label(rule.role or "")
        raise Refused(one("NOBODY", f"下一步应由“{label.zh}”办理，目前无人担任，请联系县总工会先行任命",
                          f"The next step belongs to “{label.text('en')}”, which nobody holds; ask the county union"))
    return rule.role or "applicant", place


def _held(session: Session, role: str, organisation_id: int, today: date) -> bool:
    return session.connection().execute(_HOLDER, {"role": role, "place": organisation_id, "today": today}).first() is not None


def holders(session: Session, role: str, organisation_id: int | None, today: date) -> tuple[str, ...]:
    """Return the people who hold this role there today, the longest in office first."""
    return tuple(dict.fromkeys(session.connection().execute(
        _HOLDERS, {"role": role, "place": organisation_id, "today": today}).scalars()))


_tasks = Task.__table__
_LAST_UNION = select(_tasks.c.organisation_id).where(
    _tasks.c.case_id == bindparam("case_id"), _tasks.c.organisation_id.is_not(None), _tasks.c.kind.in_(("work", "ballot", "branch")),
    _tasks.c.status != "cancelled").order_by(_tasks.c.entry.desc(), _tasks.c.place).limit(1)
_posts = Appointment.__table__
_HOLDER = select(_posts.c.id).where(
    _posts.c.role == bindparam("role"), _posts.c.organisation_id == bindparam("place"),
    _posts.c.starts_on <= bindparam("today"),
    or_(_posts.c.ends_on.is_(None), _posts.c.ends_on >= bindparam("today"))).limit(1)
_HOLDERS = _HOLDER.with_only_columns(_posts.c.person_id).limit(None).order_by(_posts.c.starts_on, _posts.c.id)


def _not_addressed(dossier: Dossier, transition: Transition, actor: Actor) -> tuple[Message, ...]:
    definition = dossier.definition
    key = transition.actor or definition.states[transition.source].actor
    rule = definition.actors.get(key or "")
    if any(task.status == "done" and task.closed_by == actor.person_id for task in dossier.ballots):
        return one("VOTED", "您已经表决过，一人一票，不能再表决", "You have voted already; one person has one vote")
    if dossier.row.task_owner_id is not None and dossier.row.task_person_id == actor.person_id:
        return one("DELEGATED", "本件是委派给您协办的，请填写意见后交回，由委派人决定",
                   "This case was delegated to you: give your opinion and hand it back; its owner decides")
    if dossier.row.task_id is not None and actor.holds(dossier.row.task_role, dossier.row.task_organisation_id):
        return one("TAKEN", "本件已由同事认领、转办或委派，正在其手上办理", "A colleague has taken this case or was given it")
    if rule is None:
        return one("SYSTEM_ONLY", "这一步由系统办理，不能由人操作", "Only the system takes this step")
    who = "申请人本人" if rule.who else f"“{role_label(rule.role or '').zh}”"
    return one("NOT_ADDRESSED", f"这一步由{who}办理，不在您的职责范围内。如有疑问请联系系统管理员",
               "This step belongs to somebody else's role; ask the administrator if you should hold it")
