"""`start`: open a case in its first state, empty but for what is known already."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from .. import history, ids, programmes
from ..actors import Actor, Post
from ..errors import KeyReused, Message, NotFound, NotYours, Refused, one
from ..language.definition import Definition
from ..language.fields import FieldFault, parse_value
from ..privacy import vault
from ..records import Case, Event, Organisation, Person
from . import covering, forms, tasks, timing
from .dossier import local_day

AGENTS = frozenset({"agent", "grassroots", "township"})
FILERS = frozenset({"grassroots", "township", "county_handler"})
"""Who hands in for their union where a programme says `who: organisation`."""


def start(session: Session, key: str, actor: Actor, now: datetime, *, applicant_id: str | None = None,
          organisation_id: int | None = None, idem_key: str | None = None, version: int | None = None, request_digest: str | None = None) -> str:
    """Open a draft of programme `key` for the actor, or for `applicant_id` under 代办, and return the case id.

    Where the union itself applies it is that of the actor's post, or the one `organisation_id` names where they serve several.

    The definition is the version in force today. `request_digest` stands for whatever else came with the request, so
    that the same key with other content is told apart. Raises `NotFound` for an unknown programme or person, `NotYours`
    where this person may not apply, `Refused` where the person belongs to no union yet, `KeyReused`.
    """
    known = started(session, idem_key, actor, request_digest)
    if known is not None:
        return known
    definition = programmes.definition(session, key, version) if version else programmes.in_force(session, key, local_day(now))
    person_id = applicant_id or actor.person_id
    row = session.execute(
        select(Person, Organisation.path).outerjoin(Organisation, Organisation.id == Person.union_id)
        .where(Person.id == person_id, Person.merged_into.is_(None))).one_or_none()
    if row is None:
        raise NotFound("person")
    person, path = row
    unit_id = person.union_id
    if definition.apply_who == "organisation":       # the union itself applies: the case lies where its officer holds the post
        unit_id, path = _union(definition, actor, applicant_id, organisation_id)
        role = "applicant"
    else:
        role = _role(definition, actor, person, path)
    if path is None:
        raise Refused(one("NO_UNION", "您还没有登记所属的基层工会，请先与单位工会或县总工会联系登记",
                          "You are not registered with a union yet; ask your union or the county union to register you"))
    case_id, state = ids.new(now), definition.states[definition.initial]
    form = first_values(session, definition, person, unit_id, local_day(now))
    plain, sealed = forms.stored(session, "cases", case_id, definition, form)
    appended = history.append(
        session, stream=case_id, seq=1, prev=None, kind="start", at=now, actor=actor, role=role,
        on_behalf_of=person.id if role == "agent" else None, to_state=state.name, revision=1,
        definition_digest=definition.digest, idem_key=idem_key, request_digest=request_digest,
        changes=forms.differences(definition, {}, form), extra={"programme": definition.key, "version": definition.version})
    session.connection().execute(insert(Case.__table__), {
        "id": case_id, "number": None, "definition_key": definition.key, "definition_version": definition.version,
        "definition_digest": definition.digest, "applicant_id": person.id, "filed_by": actor.person_id,
        "unit_id": unit_id, "path": path, "state": state.name, "revision": 1, "entry": 1, "entered_at": now,
        "due_at": None, "submitted_at": None, "cycle": None, "outcome": None, "ended_at": None, "amount_fen": None,
        "adjusted_fen": None, "form": plain, "sealed": sealed, "figures": {}, "returned": None, "last_seq": 1,
        "last_hash": appended.hash, "created_at": now, "updated_at": now})
    connection = session.connection()
    tasks.OPEN(connection, tasks.row(case_id, 1, state.name, definition.key, now, role="applicant", organisation_id=None,
                                     person_id=actor.person_id))
    for clock in timing.plan(state, case_id, 1, now):
        timing.PLAN(connection, clock)
    return case_id


def started(session: Session, idem_key: str | None, actor: Actor, request_digest: str | None = None) -> str | None:
    """Return the case this very request has opened before, or None. Raises `KeyReused` where the key was for another."""
    if idem_key is None:
        return None
    known = session.execute(select(Event.stream, Event.kind, Event.actor_id, Event.request_digest)
                            .where(Event.idem_key == idem_key)).one_or_none()
    if known is None:
        return None
    if (known.kind, known.actor_id, known.request_digest) != ("start", actor.person_id, request_digest):
        raise KeyReused
    return str(known.stream)


def _role(definition: Definition, actor: Actor, person: Person, path: str | None) -> str:
    """Return whether the actor applies for themself or files for somebody of their own union: as their agent, with the
    paper they signed, or to nominate them where the programme says `who: officer`, without one."""
    if actor.person_id is None:
        raise NotYours(one("NO_PERSON", "申请须由本人或代办人提出", "A person must apply"))
    if definition.apply_who == "person" and actor.person_id == person.id:
        return "applicant"
    serves = path is not None and any(p.role in AGENTS and path.startswith(p.path) for p in actor.posts)
    if definition.apply_who == "officer" and serves and actor.person_id != person.id:
        return "agent"
    if definition.apply_who != "person":
        raise NotYours(one("OFFICERS_FILE", "本项目由职工所属工会的经办人提名申报，个人不能申请，请与您的工会联系",
                           "Officers of a worker's union nominate for this programme; nobody applies themself, so ask your union"))
    if not definition.apply_agent or not serves:
        raise NotYours(one("NO_AGENT", "您不能为这位职工代办本项目：只有其所属工会的经办人可以代办，且项目须允许代办",
                           "You may not file for this person: only officers of their own union may, where the programme allows it"))
    return "agent"


def unions_of(definition: Definition, actor: Actor) -> dict[int, Post]:
    """Return the unions for which the actor may hand in, by id. A substitute hands in nothing: who files stands in the case by name."""
    roles = AGENTS if definition.beneficiary == "organisation" else FILERS   # a county does not grant itself what it decides on
    return {post.organisation_id: post for post in reversed(actor.posts) if post.role in roles and post.behalf is None}


def _union(definition: Definition, actor: Actor, applicant_id: str | None, organisation_id: int | None) -> tuple[int, str]:
    posts = unions_of(definition, actor)
    if actor.person_id is None or not posts or applicant_id not in (None, actor.person_id):
        raise NotYours(one("UNIONS_FILE", "个人不能申请，由单位工会申请：请由本单位工会经办人以工会名义申报",
                           "Nobody applies in person: an officer of the union hands in for it, so ask your union"))
    if organisation_id is None and len(posts) > 1:
        names = [post.organisation for post in posts.values()]
        raise Refused([Message("WHICH_UNION", f"您在{'、'.join(names)}都有任职，请选择为哪一个工会申报",
                               f"You serve {', '.join(names)}; choose for which union you hand in", "organisation")])
    chosen = next(iter(posts)) if organisation_id is None else organisation_id
    if chosen not in posts:
        raise NotFound("organisation")
    return chosen, posts[chosen].path


def first_values(session: Session, definition: Definition, person: Person, unit_id: int | None = None, today: date | None = None) -> dict[str, Any]:
    """Return the defaults, and what the register already knows, so that nobody types it twice; covers are those of `today`."""
    known = dict(known_of(session, person)) if definition.apply_who != "organisation" else {}
    known |= _of_union(session, person.union_id if unit_id is None else unit_id)
    if today is not None:
        known |= covering.prefilled(session, definition, person.id, today)
    form: dict[str, Any] = {}
    for name, spec in definition.form.items():
        raw = known.get(spec.prefill) if spec.prefill else None
        raw = spec.default if raw is None else raw
        if raw is None:
            continue
        try:
            form[name] = parse_value(spec, raw.isoformat() if isinstance(raw, date) else raw, "zh")
        except FieldFault:
            continue             # a register entry that does not fit the field is left for the applicant to type
    return form


def _of_union(session: Session, union_id: int | None) -> dict[str, Any]:
    """Return what `prefill` may name of the union that applies: `org.name`, `org.code`, `org.phone`."""
    union = session.get(Organisation, union_id) if union_id is not None else None
    if union is None:
        return {}
    return {"org.name": union.name, "org.code": union.code, "org.phone": union.phone or None, "applicant.union": f"#{union.id}"}


def known_of(session: Session, person: Person) -> Mapping[str, Any]:
    """Return what `prefill` may name: `applicant.name`, `.id_no`, `.phone`, `.bank_card`, `.member_no`, …"""
    box = vault(session)
    values: dict[str, Any] = {
        "applicant.id": person.id, "applicant.union": None if person.union_id is None else f"#{person.union_id}",
        "applicant.name": person.name, "applicant.gender": person.gender, "applicant.born_on": person.born_on,
        "applicant.member_no": person.member_no, "applicant.member_since": person.member_since,
        "applicant.migrant": person.migrant, "applicant.model_worker": person.model_worker,
    }
    for name in ("id_no", "phone", "bank_card"):
        sealed = getattr(person, f"{name}_sealed")
        if sealed is not None:
            values[f"applicant.{name}"] = box.open(f"people.{name}", person.id, sealed).decode()
    return values
