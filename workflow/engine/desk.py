"""One case on somebody's desk: which of its tasks they hold and in what capacity, and whom they may name for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..actors import Actor, Post
from ..errors import BangfuError, Message, Refused, one
from ..language.roles import role_label
from ..records import Organisation, Person, Task
from . import duties, votes
from .dossier import Dossier, local_day
from .receiving import Candidate, fit, officers, unfit

_APPLYING = frozenset({"applicant", "agent"})
_tasks, _people, _units = Task.__table__, Person.__table__, Organisation.__table__


@dataclass(frozen=True, slots=True)
class Held:
    """A task somebody may do something with, and the post they do it in: their own, or that of whom they stand in for."""

    task: Row[Any]
    post: Post

    @property
    def role(self) -> str:
        return self.post.role

    def by(self, actor: Actor) -> Actor:
        """Return the actor in this capacity alone, as the event is to name them."""
        return replace(actor, posts=(self.post,))

    def owner(self, actor: Actor) -> str:
        """Return whose it is: the substitute's doings are those of whom they stand in for."""
        return self.post.behalf or actor.person_id or ""


@dataclass(slots=True)
class Desk:
    """A case, its open and waiting tasks, and who looks at them."""

    session: Session
    dossier: Dossier
    actor: Actor
    now: datetime
    tasks: tuple[Row[Any], ...]
    against: tuple[Message, ...] = ()        # why a task that is addressed to them is not theirs to hand on
    refusal: BangfuError | None = None       # a rule that stands in the way, whoever asks
    found: dict[tuple[str, int | None] | None, list[Candidate]] = field(default_factory=dict)     # who is fit: by post; None: the county

    @classmethod
    def opened(cls, session: Session, dossier: Dossier, actor: Actor, now: datetime) -> Desk:
        rows = session.connection().execute(select(_tasks).where(
            _tasks.c.case_id == dossier.id, _tasks.c.status.in_(("open", "waiting"))).order_by(_tasks.c.place, _tasks.c.id)).all()
        return cls(session, dossier, actor, now, tuple(rows))

    # --- which tasks -----------------------------------------------------------------------------------

    def opens(self, operation: str) -> bool:
        return self.dossier.state in self.dossier.definition.operations.get(operation, ())

    def turns(self, operation: str, *kinds: str) -> list[Held]:
        """Return the open tasks of these kinds that the actor holds and may work on, where the state opens the operation."""
        if not self.opens(operation):
            return []
        return [held for task in self.tasks if task.status == "open" and task.kind in kinds
                and (held := self._holding(task)) is not None and self._free(held)]

    def personal(self, kind: str) -> list[Held]:
        """Return the open tasks of this kind that are the actor's alone, or of somebody they stand in for."""
        return list(self._theirs(task for task in self.tasks if task.kind == kind and task.status == "open"))

    def in_hand(self, operation: str) -> list[Held]:
        return [held for held in self.personal("work") if self.opens(operation) and held.task.role not in _APPLYING]

    def delegated(self) -> list[Held]:
        """Return the tasks that the actor has delegated and may have back."""
        found = []
        for task in self.tasks:
            post = None if task.owner_id is None else self._post_of(task.owner_id, task)
            if post is not None:
                found.append(Held(task, post))
        return found

    def to_transfer(self) -> list[Held]:
        """Return what the actor may transfer: as its holder, as whom it was escalated to, or as the administrator of a
        union where nobody can act on it any more."""
        if not self.opens("transfer"):
            return []
        return [held for task in self.tasks if task.kind in ("work", "branch") and task.status == "open" and task.role not in _APPLYING
                and (held := self._transferring(task)) is not None]

    def voting(self, operation: str) -> list[Held]:
        """Return the ballots by which the actor has a say in who votes: their own; any, for whoever keeps the minutes."""
        if not self.opens(operation) or not self.dossier.ballots:
            return []
        mine = [held for held in self._theirs(self.dossier.ballots) if self._free(held)]
        post = self._secretary()
        return mine or ([Held(self.dossier.ballots[0], post)] if post is not None and self._free(Held(self.dossier.ballots[0], post)) else [])

    def removable(self) -> list[Held]:
        """Return the ballots not given yet that the actor may take away: those they added and their own; all of them for whoever
        keeps the minutes. Nobody takes away a voice the rules have called, or so many that the vote could not begin or pass."""
        held = self.voting("remove_signer")
        vote = self.dossier.definition.states[self.dossier.state].vote
        if not held or vote is None:
            return []
        mine, keeps = {self.actor.person_id, *self.actor.stands_for}, self._secretary() is not None
        found = [Held(task, held[0].post) for task in self.dossier.ballots
                 if task.status in ("open", "waiting") and (keeps or task.asked_by in mine or task.person_id in mine)]
        rest = [task.vote for task in self.dossier.ballots]
        if found:
            rest.remove(None)
        if len(rest) < votes.fewest(vote) or votes.outcome(vote, rest) == "fail":
            self.refusal = Refused(one("TOO_FEW_LEFT", f"减签后表决人不够，本环节至少要 {votes.fewest(vote)} 人且仍能通过",
                                       f"Too few voters would be left: at least {votes.fewest(vote)}, and enough to pass"))
            return []
        return found

    def _transferring(self, task: Row[Any]) -> Held | None:
        held = self._holding(task)
        if held is not None and self._free(held):
            return held
        for post in self.actor.posts:
            if task.escalated_role and (post.role, post.organisation_id) == (task.escalated_role, task.escalated_organisation_id):
                if self._free(Held(task, post)):
                    return Held(task, post)
        admins = [post for post in self.actor.posts if post.role == "admin"]
        if admins and task.organisation_id is not None:
            path = self.session.connection().execute(select(_units.c.path).where(_units.c.id == task.organisation_id)).scalar_one()
            above = next((post for post in admins if path.startswith(post.path)), None)
            if above is not None and self._nobody_can(task):
                return Held(task, above)
        return None

    def _nobody_can(self, task: Row[Any]) -> bool:
        able = {one.id for one in fit(self.session, self.dossier, officers(
            self.session, self.dossier, self.now, role=task.role, organisation_id=task.organisation_id), self.now)}
        return not able if task.person_id is None else (task.owner_id or task.person_id) not in able

    def _holding(self, task: Row[Any]) -> Held | None:
        if task.role in _APPLYING or task.owner_id is not None:
            return None
        if task.kind == "ballot":
            return next(self._theirs([task]), None)
        found = duties.in_post(self.actor, task.role, task.organisation_id, task.person_id)
        if found is None:
            return None
        return Held(task, next(post for post in self.actor.posts if (post.role, post.organisation_id, post.behalf) == (
            task.role, task.organisation_id, found.behalf)))

    def _theirs(self, tasks: Any) -> Iterator[Held]:
        for task in tasks:
            post = self._post_of(task.person_id, task)
            if post is not None:
                yield Held(task, post)

    def _post_of(self, person_id: str | None, task: Row[Any]) -> Post | None:
        """Return the post in which the actor does what is this person's: the one the task is addressed to before any other."""
        behalf = None if person_id == self.actor.person_id else person_id
        if person_id is None or behalf is not None and behalf not in self.actor.stands_for:
            return None
        posts = [post for post in self.actor.posts if post.behalf == behalf]
        return min(posts, default=None, key=lambda post: (post.role, post.organisation_id) != (task.role, task.organisation_id))

    def _secretary(self) -> Post | None:
        """Return the post in which the actor keeps the minutes of this vote, or None."""
        vote = self.dossier.definition.states[self.dossier.state].vote
        if vote is None or vote.paper is None:
            return None
        rule = self.dossier.definition.actors[vote.paper]
        place = duties.seat(self.session, self.dossier, rule) if rule.role else None
        return next((post for post in self.actor.posts if place and (post.role, post.organisation_id) == (rule.role, place.id)), None)

    def _free(self, held: Held) -> bool:
        """Return whether nothing stands against the actor's working on this case; what does is kept for the refusal."""
        against = duties.conflicts(self.dossier, self.dossier.state, self.actor, held.role, declared=True, behalf=held.post.behalf)
        self.against = tuple(against) or self.against
        return not against

    # --- whom ------------------------------------------------------------------------------------------

    def candidates(self, operation: str, held: Held) -> list[Candidate]:
        """Return whom the actor may name, those nearest to the case's county first."""
        barred, which = self._barred(operation, held), (held.task.role, held.task.organisation_id) if operation == "transfer" else None
        if which not in self.found:          # a page asks for the same people once an operation
            self.found[which] = fit(self.session, self.dossier, self._pool(operation, held), self.now)
        return [one for one in self.found[which] if one.id not in barred]

    def asked(self, operation: str, held: Held, person_id: str | None) -> tuple[Candidate | None, tuple[Message, ...]]:
        """Return this person as a candidate, and what stands against them."""
        found = self._pool(operation, held, person_id) if person_id is not None else []
        if not found:
            return None, ()
        barred = self._barred(operation, held)
        if found[0].id in barred:
            return None, tuple(message for message in (barred[found[0].id],) if message)
        return found[0], unfit(self.session, self.dossier, found, self.now).get(found[0].id, ())

    def _pool(self, operation: str, held: Held, only: str | None = None) -> list[Candidate]:
        if operation == "transfer":
            return officers(self.session, self.dossier, self.now, role=held.task.role, organisation_id=held.task.organisation_id, only=only)
        return officers(self.session, self.dossier, self.now, only=only)

    def _barred(self, operation: str, held: Held) -> dict[str | None, Message | None]:
        """Return who is out of the question here, and what to say about it."""
        oneself = {self.actor.person_id, held.post.behalf}
        barred: dict[str | None, Message | None] = dict.fromkeys(oneself)
        if operation == "transfer":
            barred = dict.fromkeys(oneself if self._holding(held.task) else set()) | {held.task.person_id: None}
        if operation == "add_signer" or held.task.kind == "branch" and operation == "transfer":
            barred |= dict.fromkeys(self._voices(but=held.task.id if operation == "transfer" else None), Message(
                "SECOND_BALLOT", "此人在本次表决中已有一票，一人只能一票", "This person has a voice in this vote already; one person has one", "to"))
        if operation in ("consult", "cc"):
            barred |= dict.fromkeys({task.person_id for task in self.tasks if task.kind == operation}, Message(
                "ASKED_ALREADY", "已经问过此人，还没有答复" if operation == "consult" else "已经抄送过此人", "This person has been asked already", "to"))
        return barred

    def _voices(self, but: str | None) -> set[str]:
        return {person for task in self.dossier.ballots if task.id != but for person in (task.person_id, task.closed_by) if person}

    def voter(self, task: Row[Any]) -> Candidate:
        """Return the person a ballot belongs to."""
        row = self.session.connection().execute(select(_people.c.name, _units.c.name.label("union")).outerjoin(
            _units, _units.c.id == task.organisation_id).where(_people.c.id == task.person_id)).one()
        return Candidate(task.person_id, row.name, task.role, task.organisation_id or 0, row.union or "")

    def whose_turn(self) -> list[str]:
        """Return the people the case waits for."""
        today, people = local_day(self.now), dict[str, None]()
        for task in self.tasks:
            if task.status == "open" and task.kind in ("work", "ballot", "branch"):
                people |= dict.fromkeys([task.person_id] if task.person_id else duties.holders(
                    self.session, task.role, task.organisation_id, today))
        return list(people)

    def taken_by(self) -> str:
        """Return the name of whose alone the case is, or of its role where it is in nobody's hand; empty for neither."""
        for task in self.tasks:
            if task.kind == "work" and task.person_id is not None:
                name = self.session.connection().execute(select(_people.c.name).where(_people.c.id == task.person_id)).scalar()
                return name or role_label(task.role).zh
        return ""
