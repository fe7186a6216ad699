"""Who may do this, and who may not for this case. The one guard: page, API, batch, timer and command all pass it.

Nobody is exempt. A role is looked up in the posts held today; separation of duties is judged from the decisions
already taken, by person, so that neither a second role nor a change of role gets round it.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from ..actors import Actor
from ..errors import Message, NotYours, Refused, one
from ..language.definition import ActorRule, Transition
from ..language.roles import role_label
from ..records import Appointment
from .dossier import Dossier
from .places import Place, above, at_level


def guard(session: Session, dossier: Dossier, transition: Transition, actor: Actor, *, declared: bool) -> str:
    """Return the role `actor` acts in. Raises `NotYours` with every reason against it."""
    role = standing(session, dossier, transition, actor)
    if role is None:
        raise NotYours(_not_addressed(dossier, transition))
    objections = conflicts(dossier, transition.source, actor, role, declared=declared)
    if objections:
        raise NotYours(objections)
    return role


def standing(session: Session, dossier: Dossier, transition: Transition, actor: Actor) -> str | None:
    """Return the role in which this transition is addressed to `actor`, or None."""
    definition, row = dossier.definition, dossier.row
    key = transition.actor or definition.states[transition.source].actor
    if actor.person_id is None:
        return "system" if key in (None, "system") else None
    if key is None or key == "system":
        return None
    rule = definition.actors[key]
    if rule.who == "applicant":
        return _as_applicant(dossier, actor)
    if rule.role is None:
        return None
    own_task = key == definition.states[transition.source].actor and row.task_id is not None
    if own_task:
        return str(row.task_role) if actor.holds(row.task_role, row.task_organisation_id) else None
    place = seat(session, dossier, rule)
    return rule.role if place is not None and actor.holds(rule.role, place.id) else None


def _as_applicant(dossier: Dossier, actor: Actor) -> str | None:
    if actor.person_id == dossier.row.applicant_id:
        return "applicant"
    return "agent" if actor.person_id == dossier.row.filed_by else None


def conflicts(dossier: Dossier, state: str, actor: Actor, role: str, *, declared: bool) -> list[Message]:
    """Return why this person may not decide here although the task is addressed to them; empty where nothing stands against it."""
    if role in ("applicant", "agent", "system"):
        return []
    definition, row = dossier.definition, dossier.row
    reasons: list[Message] = []
    if actor.holds("auditor"):
        reasons.append(Message("AUDITOR", "经审人员只能查阅，不能办理", "Auditors may look but not decide"))
    if definition.separation.applicant_may_not_decide:
        if actor.person_id in (row.applicant_id, row.filed_by):
            reasons.append(Message("OWN_CASE", "这是您本人申请或代办的事项，须由他人办理",
                                   "You applied for or filed this case; somebody else must decide it"))
        elif dossier.related:
            reasons.append(Message("RELATED", "本件登记的证件、电话或银行卡与您本人相同，须回避",
                                   "Your own identity number, phone or card stands in this case; you must stand aside"))
    distinct = definition.separation.distinct
    if state in distinct:
        before = next((d for d in dossier.decided if d.actor_id == actor.person_id
                       and d.state != state and d.state in distinct), None)
        if before is not None:
            label = definition.states[before.state].label
            reasons.append(Message("SAME_PERSON", f"您已在“{label.zh}”环节办理过本件，同一人不能办理两个环节",
                                   f"You have already decided this case at “{label.text('en')}”"))
    if definition.separation.relatives == "declare" and not declared:
        reasons.append(Message("DECLARE", "请勾选“本人与申请人没有亲属关系”后再办理；有亲属关系的须回避",
                               "Declare that you are not related to the applicant, or stand aside", "declared"))
    return reasons


def seat(session: Session, dossier: Dossier, rule: ActorRule) -> Place | None:
    """Return the union whose office holders this rule addresses, or None where the tree or the form names none."""
    places = above(session, dossier.row.path)
    scope = rule.scope or "applicant.union"
    if scope in ("applicant.union", "same_org"):
        return places[-1]
    if scope.startswith("ancestor("):
        return at_level(places, scope[len("ancestor("):-1])
    return None


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


_posts = Appointment.__table__
_HOLDER = select(_posts.c.id).where(
    _posts.c.role == bindparam("role"), _posts.c.organisation_id == bindparam("place"),
    _posts.c.starts_on <= bindparam("today"),
    or_(_posts.c.ends_on.is_(None), _posts.c.ends_on >= bindparam("today"))).limit(1)


def _not_addressed(dossier: Dossier, transition: Transition) -> tuple[Message, ...]:
    definition = dossier.definition
    key = transition.actor or definition.states[transition.source].actor
    rule = definition.actors.get(key or "")
    if rule is None:
        return one("SYSTEM_ONLY", "这一步由系统办理，不能由人操作", "Only the system takes this step")
    who = "申请人本人" if rule.who else f"“{role_label(rule.role or '').zh}”"
    return one("NOT_ADDRESSED", f"这一步由{who}办理，不在您的职责范围内。如有疑问请联系系统管理员",
               "This step belongs to somebody else's role; ask the administrator if you should hold it")
