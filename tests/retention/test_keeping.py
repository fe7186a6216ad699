"""How long: the programme says it in years or months, the day after the last one is the first to erase, and no day before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.money.conftest import CARD, KEY
from tests.money.conftest import GRANT as PAID_GRANT
from tests.retention.conftest import TEXT, Archive
from workflow import language, money, queries
from workflow.actors import COMMAND
from workflow.calendar import ZONE
from workflow.db import reading, writing
from workflow.engine.erasing import kept_until
from workflow.errors import Impossible, NotFound, NotYours, Refused
from workflow.history.verify import kept_until as kept_at_home
from workflow.language.definition import Duration
from workflow.records import Attachment, CaseIdentity, Decision, Draft, Event, Notice, Objection


def read(retention: str) -> language.Reading:
    return language.read(TEXT.replace("retention: 10 years", f"retention: {retention}"), "posted_grant.v1.yaml")


@pytest.mark.parametrize(("words", "kept"), [("10 years", Duration(10, "years")), ("18 months", Duration(18, "months")), ("1 year", Duration(1, "years"))])
def test_years_and_months_are_read(words: str, kept: Duration) -> None:
    definition = read(words).definition
    assert definition is not None and definition.retention == kept


@pytest.mark.parametrize("words", ["10 d", "48h", "5wd", "11 months", "101 years", "1201 months"])
def test_nonsense_is_refused_in_a_sentence(words: str) -> None:
    faults = [fault for fault in read(words).faults if fault.severity == "error"]
    assert [fault.code for fault in faults] == ["RETENTION"] and "保存期限" in faults[0].zh and faults[0].en
    assert faults[0].line == TEXT[:TEXT.index("retention")].count("\n") + 1


def test_a_duration_that_is_none_is_refused_where_it_stands() -> None:
    assert [fault.code for fault in read("for ever").faults if fault.severity == "error"] == ["BAD_DURATION"]


@pytest.mark.parametrize(("ended", "words", "first_day"), [
    ("2016-03-31", "10 years", "2026-04-01"), ("2016-02-29", "10 years", "2026-03-01"), ("2016-02-29", "12 years", "2028-03-01"),
    ("2015-12-31", "18 months", "2017-07-01"), ("2016-08-31", "30 months", "2019-03-01"), ("2016-01-01", "1 year", "2017-01-02")])
def test_the_last_day_counts_whole(ended: str, words: str, first_day: str) -> None:
    """At home `verify.py` counts without our calendar and must come to the same moment."""
    definition = read(words).definition
    assert definition is not None
    for hour in (0, 12, 23):
        moment = datetime.fromisoformat(f"{ended}T{hour:02d}:30:00").replace(tzinfo=ZONE).astimezone(UTC)
        until = kept_until(definition, moment)
        assert until is not None and until == datetime.fromisoformat(first_day).replace(tzinfo=ZONE)
        assert kept_at_home(moment.isoformat(), str(definition.retention)) == until.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    assert kept_until(replace(definition, retention=None), moment) is None


def test_not_a_minute_before_and_then_everything_goes(archive: Archive) -> None:
    case_id, before = archive.ended(), archive.findings()
    assert before == []
    ended = archive.row(case_id).ended_at
    definition = archive.look("clerk", case_id).definition
    until = kept_until(definition, ended)
    archive.now = until - timedelta(minutes=1)
    with pytest.raises(Refused, match="保存期限还没有满"):
        archive.erase(case_id)
    with reading(archive.sessions) as session:
        assert queries.due(session, COMMAND, archive.now).rows == ()
    archive.now = until
    with reading(archive.sessions) as session:
        page = queries.due(session, archive.actor("admin"), archive.now)
        assert [(row.case_id, row.since, row.blocked) for row in page.rows] == [(case_id, until, None)] and page.total == 1
        assert queries.due(session, archive.actor("clerk"), archive.now).rows == ()
        assert queries.due(session, archive.actor("auditor"), archive.now).total == 0
    kept = archive.row(case_id)
    archive.erase(case_id, archive.actor("admin"))
    row = archive.row(case_id)
    assert (row.form, row.sealed, row.erased_at) == ({}, None, archive.now)
    for name in ("number", "definition_digest", "state", "outcome", "ended_at", "amount_fen", "applicant_id", "path", "submitted_at", "figures"):
        assert getattr(row, name) == getattr(kept, name), name
    with reading(archive.sessions) as session:
        assert session.query(Draft).count() == session.query(CaseIdentity).filter_by(case_id=case_id).count() == 0
        decisions = session.query(Decision).filter_by(case_id=case_id).all()
        assert len(decisions) > 3 and all(one.snapshot is None and one.snapshot_digest and one.actor_id is not None or one.role == "system" for one in decisions)
        assert {notice.content == [] for notice in session.query(Notice)} == {True} == {one.sealed is None for one in session.query(Objection)}
        assert [(file.name, len(file.sha256)) for file in session.query(Attachment)] == [("", 64)]
        events = session.query(Event).filter_by(stream=case_id).order_by(Event.seq).all()
        assert events[-1].kind == "erase" and events[-1].details is not None and not any(event.details for event in events[:-1])
        assert queries.due(session, COMMAND, archive.now).rows == ()
    assert archive.findings() == []
    with pytest.raises(Impossible, match="已经按保存期限删除"):
        archive.erase(case_id)


def test_who_may_not_and_what_stands_in_the_way(archive: Archive) -> None:
    case_id = archive.ended()
    archive.later()
    for who in ("clerk", "auditor", "outsider", "worker"):
        with pytest.raises(NotFound):
            archive.erase(case_id, archive.actor(who))
    with pytest.raises(Refused, match="理由"):
        archive.erase(case_id, archive.actor("admin"), reason=" ")
    fresh = archive.posted()
    with pytest.raises(Refused, match="还没有办结"):
        archive.erase(fresh, archive.actor("admin"))
    assert archive.row(case_id).erased_at is None and archive.findings() == []


def test_an_administrator_does_not_erase_their_own(archive: Archive) -> None:
    archive.ids["admin"], keep = archive.ids["worker"], archive.ids["admin"]
    case_id = archive.ended()
    archive.later()
    with pytest.raises(NotYours, match="本人"):
        archive.erase(case_id, archive.actor("admin"))
    archive.ids["admin"] = keep
    archive.erase(case_id, archive.actor("admin"))


def test_a_programme_without_a_period_keeps_for_good(archive: Archive) -> None:
    archive.publish(TEXT.replace("key: posted_grant", "key: for_good").replace("retention: 10 years\n", "").replace("GS-", "FG-"), "for_good.v1.yaml")
    case_id = archive.start("worker", "for_good")
    archive.act("worker", case_id, "submit", form={"child": "李小凤凰", "cost": "1", "bank_card": CARD})
    archive.act("basic", case_id, "reject", comment="不符合条件")
    archive.later(60)
    with pytest.raises(Refused, match="没有规定保存期限"):
        archive.erase(case_id)


def test_open_money_and_open_doubts_hold_it(archive: Archive, dba: object) -> None:
    archive.publish(PAID_GRANT.replace("initial: draft\n", "initial: draft\nretention: 1 year\n"), "grant.v1.yaml")
    with writing(archive.sessions) as session:
        money.open_pool(session, KEY, 500_000, COMMAND, archive.now)
    case_id = archive.submitted("worker", "grant", {"cost": "1000", "bank_card": CARD})
    archive.act("clerk", case_id, "approve")
    archive.act("leader", case_id, "approve")
    archive.act("cashier", case_id, "pay")
    objected = archive.ended()
    archive.later(12)
    # Neither can happen by the engine's own doing: a case does not end with either of them open. So they are put there by hand.
    dba(f"UPDATE holds SET status = 'open', resolved_at = NULL WHERE case_id = '{case_id}';"  # type: ignore[operator]
        f" UPDATE objections SET status = 'open' WHERE case_id = '{objected}'")
    with pytest.raises(Refused, match="预留资金"):
        archive.erase(case_id)
    with pytest.raises(Refused, match="异议"):
        archive.erase(objected)
    with reading(archive.sessions) as session:
        assert {row.blocked.code for row in queries.due(session, COMMAND, archive.now).rows if row.blocked} == {"ERASE_HOLD", "ERASE_OBJECTION"}
    dba(f"UPDATE holds SET status = 'spent' WHERE case_id = '{case_id}'")  # type: ignore[operator]
    archive.erase(case_id)
    assert archive.row(case_id).amount_fen == 100_000
