"""What one case shows about whose hand it is in, what others were asked, and what the reader may do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask import request

from workflow import engine, queries
from workflow.engine import CaseView, Offer
from workflow.engine.operations import OPERATIONS
from workflow.engine.receiving import described
from workflow.queries import EventRow, Hand

from .. import language
from ..access import person
from ..db import now, session

PLAIN = ("claim", "release", "recall", "read", "urge")
"""Operations that are one button: nobody is named and nothing has to be said."""
ANSWERS = ("reply", "hand_back")
"""What the reader owes somebody; it stands where a decision would."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One operation as a form: `people` are (id, words), None where nobody is named."""

    operation: str
    label: str
    task_id: str
    people: tuple[tuple[str, str], ...] | None
    opinion: bool
    said: str                        # what was typed before it was refused
    chosen: str


@dataclass(frozen=True, slots=True)
class Talk:
    """One thing said beside the decisions: a question, an answer, why a case was handed on."""

    label: str
    who: str
    to: str
    comment: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Handed:
    """`owed` are the answers asked of the reader, each with the question; `tried` is what was just refused."""

    hands: tuple[Hand, ...] = ()
    plain: tuple[Choice, ...] = ()
    named: tuple[Choice, ...] = ()
    owed: tuple[tuple[Choice, Talk | None], ...] = ()
    talk: tuple[Talk, ...] = ()
    tried: str = ""
    mine: frozenset[str] = field(default_factory=frozenset)

    def __bool__(self) -> bool:
        return bool(self.plain or self.named)


def handed(view: CaseView, events: Sequence[EventRow], typed: Mapping[str, str] | None = None) -> Handed:
    """Return it for the person of this request; an applicant sees none of it here."""
    if view.mine:
        return Handed()
    case_id, me = str(view.row.id), person()
    offers = () if view.row.ended_at is not None and not _left(events) else engine.operations_for(session(), case_id, me, now())
    typed = typed if typed is not None else request.form
    choices = [_choice(offer, typed) for offer in offers]
    talk = tuple(_talk(events))
    return Handed(
        tuple(queries.hands(session(), case_id)), tuple(one for one in choices if one.operation in PLAIN),
        tuple(one for one in choices if one.operation not in PLAIN + ANSWERS),
        tuple((one, _question(one, events)) for one in choices if one.operation in ANSWERS),
        talk, typed.get("operation", ""), frozenset({me.person_id or "", *me.stands_for}))


def _left(events: Iterable[EventRow]) -> bool:
    """Return whether something may still be open although the case is over: a copy nobody has read."""
    return any(event.kind == "cc" for event in events)


def _choice(offer: Offer, typed: Mapping[str, str]) -> Choice:
    lang, tried = language.lang(), typed.get("operation") == offer.operation and typed.get("task", "") in ("", offer.task_id)
    label = offer.label.text(lang) if offer.branch is None else f"{offer.label.text(lang)} {offer.branch.text(lang)}"
    people = None if offer.candidates is None else tuple((one.id, described(one, lang)) for one in offer.candidates)
    return Choice(offer.operation, label, offer.task_id, people, offer.opinion, typed.get("comment", "") if tried else "",
                  typed.get("to", "") if tried else "")


def _talk(events: Iterable[EventRow]) -> Iterable[Talk]:
    for event in events:
        if event.comment and (event.kind in OPERATIONS or event.kind == "hand_over"):
            label = OPERATIONS[event.kind].text(language.lang()) if event.kind in OPERATIONS else ""
            yield Talk(label, event.who if event.role not in ("applicant", "agent") else "", event.to, event.comment, event.at)


def _question(choice: Choice, events: Sequence[EventRow]) -> Talk | None:
    """Return what was asked: the last words with which this task was given."""
    asked = [event for event in events if event.kind in ("consult", "delegate") and event.extra.get("task") == choice.task_id]
    if not asked:
        return None
    return Talk(OPERATIONS[asked[-1].kind].text(language.lang()), asked[-1].who, asked[-1].to, asked[-1].comment, asked[-1].at)
