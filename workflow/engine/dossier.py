"""What the engine reads about one case: the row, its people, its open task, its past decisions. Two SELECTs, three in a vote.

The decision path must stay near hand-written SQL, so it reads plain rows and no mapped objects.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, String, and_, bindparam, cast, func, literal, literal_column, null, select, union_all
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..actors import Actor
from ..errors import NotFound
from ..language.definition import Definition, Field
from ..language.fields import from_json
from ..privacy import vault
from ..programmes import by_digest
from ..records import Attachment, Case, CaseIdentity, Decision, Draft, Event, Organisation, Person, Task
from .lineage import renamed

ZONE = ZoneInfo("Asia/Shanghai")
NO_DUE = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision already taken on this case."""

    seq: int
    state: str
    trigger: str
    actor_id: str | None


@dataclass(slots=True)
class Dossier:
    """One case as read in this transaction. `form` holds canonical values, sensitive ones included."""

    row: Row[Any]
    definition: Definition
    form: dict[str, Any]
    decided: tuple[Decided, ...]
    attached: Mapping[str, int]
    related: bool                    # the actor's own identity number, phone or card stands in this case
    drafts: int                      # how many people have typed something here and not sent it
    replay: Row[Any] | None          # the event that already carries this request's idempotency key
    related_to: frozenset[str] = frozenset()   # of the people the actor stands in for, those of whom the same is true
    ballots: tuple[Row[Any], ...] = ()   # in a vote or a parallel step: its tasks of this stay, given and not, none cancelled
    draft: dict[str, Any] = field(default_factory=dict)
    figures: dict[tuple[str, date], dict[str, Any]] = field(default_factory=dict)   # policy in force by version and day, read once

    @property
    def id(self) -> str:
        return str(self.row.id)

    @property
    def state(self) -> str:
        return str(self.row.state)


_cases, _people, _units, _tasks, _drafts = (m.__table__ for m in (Case, Person, Organisation, Task, Draft))
_decisions, _files, _identities, _events = (m.__table__ for m in (Decision, Attachment, CaseIdentity, Event))

_CASE = (
    select(
        _cases,
        _people.c.name.label("applicant_name"), func.coalesce(_people.c.merged_into, _people.c.id).label("entry_id"),
        _people.c.gender, _people.c.born_on, _people.c.member_since,
        _people.c.migrant, _people.c.model_worker,
        _units.c.code.label("unit_code"), _units.c.name.label("unit_name"), _units.c.level.label("unit_level"),
        _units.c.region.label("unit_region"),
        _tasks.c.id.label("task_id"), _tasks.c.role.label("task_role"), _tasks.c.person_id.label("task_person_id"),
        _tasks.c.organisation_id.label("task_organisation_id"), _tasks.c.touched_at.label("task_touched_at"),
        _tasks.c.due_at.label("task_due_at"), _tasks.c.owner_id.label("task_owner_id"),
        _tasks.c.claimed_at.label("task_claimed_at"),
        _drafts.c.form.label("draft_form"), _drafts.c.sealed.label("draft_sealed"),
        _drafts.c.comment.label("draft_comment"), _drafts.c.saved_at.label("draft_saved_at"),
    )
    .join(_people, _people.c.id == _cases.c.applicant_id)
    .join(_units, _units.c.id == _cases.c.unit_id)
    .outerjoin(_tasks, and_(_tasks.c.case_id == _cases.c.id, _tasks.c.status == literal_column("'open'"),
                            _tasks.c.kind == literal_column("'work'")))
    # A draft typed against an earlier revision is not laid over what has happened since.
    .outerjoin(_drafts, and_(_drafts.c.case_id == _cases.c.id, _drafts.c.person_id == bindparam("me"),
                             _drafts.c.revision == _cases.c.revision))
    .where(_cases.c.id == bindparam("case_id"))
)
_CASE_LOCKED = _CASE.with_for_update(of=_cases)


def _text(column: Any) -> Any:
    return cast(column, String)


_me = _people.alias("me")
_BESIDE = union_all(
    select(literal("decided").label("what"), cast(_decisions.c.seq, BigInteger).label("n"), _decisions.c.state.label("a"),
           _decisions.c.trigger.label("b"), _decisions.c.actor_id.label("c"))
    .where(_decisions.c.case_id == bindparam("case_id")),
    select(literal("files"), func.count(), _files.c.kind, _text(null()), _text(null()))
    .where(_files.c.case_id == bindparam("case_id"), _files.c.removed_at.is_(None)).group_by(_files.c.kind),
    select(literal("drafts"), func.count(), _text(null()), _text(null()), _text(null()))
    .where(_drafts.c.case_id == bindparam("case_id")),
    select(literal("related"), cast(1, BigInteger), _identities.c.field, _text(null()), _text(null()))
    .join(_me, _identities.c.digest.in_((_me.c.id_no_index, _me.c.phone_index, _me.c.bank_card_index)))
    .where(_identities.c.case_id == bindparam("case_id"), _me.c.id == bindparam("me")),
    # Not joined to the case: asked before its row is locked, it would miss what the lock was waited for.
    select(literal("replay"), _events.c.id, _text(null()), _text(null()), _text(null()))
    .where(_events.c.idem_key == bindparam("key", type_=_events.c.idem_key.type)),
)
_BALLOTS = select(_tasks).where(
    _tasks.c.case_id == bindparam("case_id"), _tasks.c.entry == bindparam("entry"), _tasks.c.kind.in_(("ballot", "branch")),
    _tasks.c.status != "cancelled").order_by(_tasks.c.place, _tasks.c.id)
_RELATED_TO = select(_me.c.id).join(_identities, _identities.c.digest.in_((_me.c.id_no_index, _me.c.phone_index, _me.c.bank_card_index))).where(
    _identities.c.case_id == bindparam("case_id"), _me.c.id.in_(bindparam("people", expanding=True)))
_REPLAY = select(_events).where(_events.c.id == bindparam("event"))


def open_dossier(session: Session, case_id: str, actor: Actor, *, lock: bool = False, key: str | None = None) -> Dossier:
    """Return the case, with its row locked when `lock`. Raises `NotFound` where there is none.

    Scope is not judged here: acting is judged by the duties, reading by `scope.visible`.
    """
    connection = session.connection()
    names = {"case_id": case_id, "me": actor.person_id or "", "key": key}
    row = connection.execute(_CASE_LOCKED if lock else _CASE, names).one_or_none()
    if row is None:
        raise NotFound
    decided, attached, related, drafts, replay = [], {}, False, 0, None
    for what, n, a, b, c in connection.execute(_BESIDE, names).all():
        if what == "decided":
            decided.append(Decided(n, a, b, c))
        elif what == "files":
            attached[a] = n
        elif what == "drafts":
            drafts = n
        elif what == "replay":
            replay = connection.execute(_REPLAY, {"event": n}).one()
        else:
            related = True
    definition = by_digest(session, row.definition_digest)
    if definition.migrate_from and decided:
        called = renamed(session, case_id, definition)
        decided = [replace(d, state=called.get(d.seq, d.state)) for d in decided]
    votes = definition.states[row.state].vote is not None
    return Dossier(
        ballots=tuple(connection.execute(_BALLOTS, {"case_id": case_id, "entry": row.entry})) if votes else (),
        row=row, definition=definition, form=unsealed(session, "cases", case_id, definition, row.form, row.sealed),
        decided=tuple(sorted(decided, key=lambda d: d.seq)), attached=attached, related=related, drafts=drafts,
        replay=replay,
        related_to=related_to(session, case_id, actor.stands_for) if actor.stands_for else frozenset(),
        draft=draft_values(session, row) if row.draft_form is not None else {},
    )


def related_to(session: Session, case_id: str, people: Collection[str]) -> frozenset[str]:
    """Return those of these people whose own identity number, phone or card stands in the case."""
    return frozenset(session.connection().execute(_RELATED_TO, {"case_id": case_id, "people": sorted(people)}).scalars())


def unsealed(session: Session, table: str, row_id: str, definition: Definition, plain: Mapping[str, Any],
             sealed: bytes | None) -> dict[str, Any]:
    """Return the form's canonical values, opened and parsed; fields never filled in are `empty`."""
    stored = dict(plain)
    if sealed is not None:
        stored |= vault(session).open_json(f"{table}.sealed", row_id, sealed)
    return {name: from_json(spec, stored[name]) if stored.get(name) is not None else empty(spec)
            for name, spec in definition.form.items()}


def empty(spec: Field) -> Any:
    """Return what a field holds before anything is filled in: no rows, no choices, or None."""
    return [] if spec.type in ("multi", "table") else None


def draft_values(session: Session, row: Row[Any]) -> dict[str, Any]:
    """Return what the reader has typed and not sent: `{field: {"v": canonical JSON}} or {"r": raw text}}`."""
    typed: dict[str, Any] = dict(row.draft_form)
    if row.draft_sealed is not None:
        typed |= vault(session).open_json("drafts.sealed", str(row.id), row.draft_sealed)
    return typed


def local_day(moment: datetime) -> date:
    """Return the day on the wall calendar of the office."""
    return moment.astimezone(ZONE).date()
