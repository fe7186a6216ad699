"""The sealed contents held against what the log committed to: comments, values, the facts of decisions, the form.

Part of `verify` where the key is there. Goes case by case, so that memory does not grow with the log: what the
events of a case changed, one after the other, must come to exactly what stands in its row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from ..errors import Damaged
from ..privacy import vault
from ..records import Case, Decision, Event
from .append import kept, open_details
from .findings import LAST, Report

PAGE = 500
_events, _cases, _decisions = Event.__table__.c, Case.__table__.c, Decision.__table__.c
_WHAT = (_events.stream, _events.seq, _events.at, _events.leaf_index, _events.body, _events.details)


def check(session: Session, report: Report, erased: set[str]) -> None:
    """Report every comment, value, snapshot and form that does not open or is not what was committed to.

    The forms of cases that lost contents otherwise than by right (`erased`) cannot be retraced and are left out; of a case
    erased rightly nothing may stand, as nothing is told of it any more.
    """
    for page in _pages(session):
        forms: dict[str, dict[str, Any]] = {row.id: {} for row in page}
        for event in session.execute(select(*_WHAT).where(_events.stream.in_(forms), _events.details.is_not(None))
                                     .order_by(_events.stream, _events.seq)):
            opened = _opened(session, report, event)
            if opened is None:
                erased.add(event.stream)             # already reported; the form cannot be retraced either
            else:
                forms[event.stream].update({name: new for name, (_, new) in opened["changes"].items()})
        for row in page:
            if row.id not in erased:
                _check_form(session, report, row, forms[row.id])
        _check_snapshots(session, report, list(forms))
    streaming = session.connection().execution_options(stream_results=True, yield_per=PAGE)
    for event in streaming.execute(select(*_WHAT).where(
            _events.details.is_not(None), ~exists().where(Case.id == Event.stream))):
        _opened(session, report, event)


def _pages(session: Session) -> Iterator[Sequence[Any]]:
    """Yield all cases, a page at a time."""
    last = ""
    while page := session.execute(
            select(_cases.id, _cases.form, _cases.sealed, _cases.last_seq)
            .where(_cases.id > last).order_by(_cases.id).limit(PAGE)).all():
        yield page
        last = page[-1].id


def _opened(session: Session, report: Report, event: Any) -> dict[str, Any] | None:
    try:
        opened = open_details(session, event.stream, event.seq, event.details)
        if opened is not None and kept(orjson.loads(event.body), opened):
            return opened
    except (Damaged, ValueError, TypeError, KeyError, AttributeError):
        pass                         # whatever is wrong inside, it is reported as one thing below
    position = LAST if event.leaf_index is None else event.leaf_index
    report.add("DETAILS", position, event.stream, event.seq, event.at.isoformat())
    return None


def _check_form(session: Session, report: Report, row: Any, changed: dict[str, Any]) -> None:
    """Compare what stands in the case with what its events made of it; empty fields are not stored."""
    try:
        stands = dict(row.form)
        if row.sealed is not None:
            stands |= vault(session).open_json("cases.sealed", row.id, row.sealed)
    except (Damaged, ValueError, TypeError):
        report.add("FORM_DAMAGED", LAST, row.id, row.last_seq)
        return
    told = {name[5:]: value for name, value in changed.items() if name.startswith("form.") and value is not None}
    for name in sorted(stands.keys() | told.keys()):
        if stands.get(name) != told.get(name):
            report.add("FORM", LAST, row.id, row.last_seq, name=name)


def _check_snapshots(session: Session, report: Report, case_ids: list[str]) -> None:
    rows = session.execute(
        select(_decisions.case_id, _decisions.seq, _decisions.at, _decisions.snapshot, _decisions.snapshot_digest,
               _events.leaf_index)
        .join(Event, and_(Event.stream == _decisions.case_id, Event.seq == _decisions.seq), isouter=True)
        .where(_decisions.case_id.in_(case_ids), _decisions.snapshot.is_not(None)))    # whether one may be gone is asked elsewhere
    for row in rows:
        try:
            plain = vault(session).open("decisions.snapshot", f"{row.case_id}:{row.seq}", row.snapshot)
            right = sha256(plain).hexdigest() == row.snapshot_digest
        except (Damaged, TypeError):
            right = False
        if not right:
            position = LAST if row.leaf_index is None else row.leaf_index
            report.add("SNAPSHOT", position, row.case_id, row.seq, row.at.isoformat())
