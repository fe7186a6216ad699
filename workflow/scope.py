"""Who may see which cases. Every list, count, search, file and export takes this one filter."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, false, or_, select
from sqlalchemy.orm import aliased

from .actors import Actor
from .records import Case, Decision, Task

BELOW = frozenset({"grassroots", "township", "county_handler", "county_leader", "county_committee", "finance",
                   "cashier", "auditor"})
"""Roles that see every case filed at or below the organisation they are held at."""

# Under names of their own, so that a list of tasks or decisions can be asked for with this filter.
_Task, _Decision = aliased(Task), aliased(Decision)


def visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `cases` for what `actor` may read.

    People see their own cases and those they filed for others; officers and auditors those of their organisation and
    below, except drafts that were never handed in; any other role only what stands or stood open for it. Where the form
    says who acts, that is another union's case: its officers see it while it stands open for them, and after they
    have decided in it. An administrator looks after accounts, not cases, and sees none.
    """
    ways: list[ColumnElement[bool]] = []
    if actor.person_id is not None:
        ways.append(or_(Case.applicant_id == actor.person_id, Case.filed_by == actor.person_id))
    for post in actor.posts:
        if post.role in BELOW:
            ways.append(and_(Case.path.like(post.path + "%"), Case.submitted_at.is_not(None)))
            ways.append(exists().where(_Task.case_id == Case.id, _Task.status == "open", _Task.role == post.role,
                                       _Task.organisation_id == post.organisation_id))
            ways.append(exists().where(_Decision.case_id == Case.id, _Decision.role == post.role,
                                       _Decision.organisation_id == post.organisation_id))
        elif post.role not in ("admin", "applicant", "agent"):
            ways.append(exists().where(_Task.case_id == Case.id, _Task.role == post.role,
                                       _Task.organisation_id == post.organisation_id))
    if actor.posts and actor.person_id is not None:
        # What was handed to somebody in person (a ballot, a consultation, a copy) they may read wherever it lies.
        ways.append(Case.id.in_(select(_Task.case_id).where(
            _Task.person_id.in_((actor.person_id, *sorted(actor.stands_for))), _Task.role.not_in(("applicant", "agent")))))
    return or_(*ways) if ways else false()
