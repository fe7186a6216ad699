"""One case: start it, read it, fill it in, act on it, read its history."""

from __future__ import annotations

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from web.access import SIGNED_IN, access, person
from web.db import now, session
from web.language import lang
from workflow import engine, people, queries
from workflow.actors import Actor
from workflow.engine import CaseView
from workflow.engine.operations import OPERATIONS
from workflow.engine.start import AGENTS
from workflow.errors import NotFound
from workflow.records import Event, Organisation, Person

from . import blueprint, models
from .answers import answer, application, changes, faults, money, operation
from .bodies import case_id, digest, idempotency_key, limit, read
from .marks import speaks


@blueprint.post("/applications")
@access(SIGNED_IN)
@speaks(takes=models.NewApplication, gives=models.Application, status=201, problems=(403, 404, 422))
def new_application() -> ResponseReturnValue:
    """Open a draft with what is known so far; faults of single fields are kept and told as `warnings`."""
    wanted, actor = read(models.NewApplication), person()
    key = idempotency_key()
    request_digest = digest(session(), request.get_data(cache=True)) if key else None
    case = engine.started(session(), key, actor, request_digest)
    if case is not None:
        return answer(application(engine.look(session(), case, actor, now())), 201)
    applicant = _person(wanted.on_behalf_of, actor) if wanted.on_behalf_of else None
    case = engine.start(session(), wanted.programme, actor, now(), applicant_id=applicant, organisation_id=_union(wanted.organisation),
                        idem_key=key, request_digest=request_digest)
    messages = engine.save(session(), case, actor, now(), wanted.form, revision=1) if wanted.form else ()
    return answer(application(engine.look(session(), case, actor, now()), warnings=faults(messages)), 201)


@blueprint.get("/applications/<id>")
@access(SIGNED_IN)
@speaks(gives=models.Application, problems=(404,))
def one_application(id: str) -> ResponseReturnValue:
    """The case as the caller may see it, with what the caller may do."""
    return answer(_whole(case_id(id), person()))


@blueprint.patch("/applications/<id>")
@access(SIGNED_IN)
@speaks(takes=models.Changes, gives=models.Application, problems=(403, 404, 409, 422))
def change_application(id: str) -> ResponseReturnValue:
    """Keep values of the draft, or of the fields this step may edit."""
    wanted, actor = read(models.Changes), person()
    engine.look(session(), case_id(id), actor, now())        # out of scope is 404 before it is "not yours"
    messages = engine.save(session(), id, actor, now(), wanted.form, revision=wanted.revision)
    return answer(application(engine.look(session(), id, actor, now()), warnings=faults(messages)))


@blueprint.post("/applications/<id>/actions")
@access(SIGNED_IN)
@speaks(takes=models.Act, gives=models.Application, problems=(403, 404, 409, 422))
def act(id: str) -> ResponseReturnValue:
    """Take one step. Refusals tell every message at once, and nothing is written then."""
    wanted, actor = read(models.Act), person()
    key = idempotency_key()
    engine.look(session(), case_id(id), actor, now())
    engine.act(session(), id, wanted.trigger, actor, now(), revision=wanted.revision, comment=wanted.comment, form=wanted.form,
               dest=wanted.dest, amount=wanted.amount, declared=wanted.declared, correct=tuple(wanted.correct), idem_key=key)
    return answer(application(engine.look(session(), id, actor, now())))


@blueprint.post("/applications/<id>/operations")
@access(SIGNED_IN)
@speaks(takes=models.Operation, gives=models.Application, problems=(403, 404, 409, 422))
def operate(id: str) -> ResponseReturnValue:
    """Hand a task on, ask somebody, add a signer, urge and the like: who is asked changes, where the case stands does not.

    `to` is a person's id or the name of their account; where it is missing or will not do, the problem names who would.
    """
    wanted, actor = read(models.Operation), person()
    engine.operate(session(), case_id(id), wanted.operation, actor, now(), to=wanted.to, comment=wanted.comment, task_id=wanted.task,
                   idem_key=idempotency_key())
    return answer(_whole(id, actor))


@blueprint.get("/applications/<id>/events")
@access(SIGNED_IN)
@speaks(gives=models.Events, problems=(404,), query=("limit", "after"))
def events(id: str) -> ResponseReturnValue:
    """The history, oldest first. `hash` is SHA-256 over "bangfu-event/1\\0", the bytes of `prev` and of `body`."""
    actor = person()
    view = engine.look(session(), case_id(id), actor, now())
    most, after = limit(default=1000, most=1000), request.args.get("after", "0")
    first = int(after[:9]) if after.isascii() and after.isdigit() else 0
    everything, nobody = actor.holds("auditor"), "system" if lang() == "en" else "系统"
    told = [event for event in queries.events(session(), id) if event.seq > first][:most]
    links = {row.seq: row for row in session().execute(
        select(Event.seq, Event.prev, Event.body, Event.revision).where(Event.stream == id, Event.seq > first))}
    return answer(models.Events([_event(view, event, links[event.seq], nobody, everything=everything) for event in told]))


def _event(view: CaseView, event: queries.EventRow, link: Any, nobody: str, *, everything: bool) -> models.EventRow:
    # Its applicant learns how a vote ended, and of nobody how they voted.
    hidden = view.mine and not everything and event.kind in ("vote", "meeting")
    # What officers say to each other about handing it on stays between them.
    between = view.mine and not everything and event.kind in (*OPERATIONS, "hand_over") and event.role not in ("applicant", "agent")
    more: dict[str, Any] = {}
    if event.kind == "vote" and not hidden:
        more["voice"] = event.extra.get("vote")
    if event.extra.get("voices"):
        more["voices"] = event.extra["voices"]
    return models.EventRow(
        seq=event.seq, kind=event.kind, at=event.at, actor="" if hidden else event.who or nobody, role=event.role,
        on_behalf_of=None if hidden else event.behalf or None, trigger=None if hidden else event.trigger, from_state=event.from_state,
        to_state=event.to_state, amount=money(event.amount_fen), revision=link.revision, comment="" if hidden or between else event.comment,
        changes=changes(view, event.changes, everything=everything), prev=link.prev.hex(), hash=event.hash.hex(),
        body=link.body.decode(), **more)


def _whole(id: str, actor: Actor) -> models.Application:
    """The case with what the caller may do beside deciding."""
    view, offers = engine.look(session(), id, actor, now()), engine.operations_for(session(), id, actor, now())
    return application(view, operations=[operation(offer) for offer in offers])


def _union(code: str | None) -> int | None:
    """Return the union of this code. One the actor does not serve is refused like one that does not exist."""
    if code is None:
        return None
    found = session().scalar(select(Organisation.id).where(Organisation.code == code))
    if found is None:
        raise NotFound("organisation")
    return found


def _person(text: str, actor: Actor) -> str:
    """Return the person to file for, by id or identity number. Raises `NotFound` for whom the actor may not know of."""
    person = people.find(session(), text) if len(text) == 18 else session().get(Person, text)
    union = session().get(Organisation, person.union_id) if person and person.union_id else None
    near = union is not None and any(p.role in AGENTS and union.path.startswith(p.path) for p in actor.posts)
    if person is None or not near and person.id != actor.person_id:
        raise NotFound("person")
    return person.id
