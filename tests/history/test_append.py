"""One event: exact bytes, no personal data in clear, and contents that prove themselves."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256
from typing import Any

import hypothesis.strategies as st
import orjson
import pytest
from hypothesis import given
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from workflow import history
from workflow.db import writing
from workflow.errors import Damaged
from workflow.history.append import canonical, origin
from workflow.records import Event

from .county import ANN, START, furnish

JSON = st.recursive(st.none() | st.booleans() | st.integers(-2**53 + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4))


@pytest.fixture
def town(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    with writing(sessions) as session:
        furnish(session)
    return sessions


def add(session: Session, **more: Any) -> history.Appended:
    return history.append_to(session, "account:1", kind="note", at=START, actor=ANN, role="admin", **more)


def test_events_chain_from_the_name_of_their_stream(town: sessionmaker[Session]) -> None:
    with writing(town) as session:
        first, second = add(session), add(session)
        rows = session.scalars(select(Event).where(Event.stream == "account:1").order_by(Event.seq)).all()

    assert (first.seq, second.seq) == (1, 2)
    assert rows[0].prev == origin("account:1") == sha256(b"bangfu-stream/1\0account:1").digest()
    assert rows[1].prev == rows[0].hash == first.hash
    assert rows[1].hash == sha256(b"bangfu-event/1\0" + rows[1].prev + rows[1].body).digest()


def test_the_body_is_canonical_and_leaves_out_what_is_absent(town: sessionmaker[Session]) -> None:
    with writing(town) as session:
        add(session, amount_fen=380_000, extra={"b": [1, None], "a": "二"})
        body = session.scalars(select(Event.body).where(Event.stream == "account:1")).one()

    assert body.decode() == (
        '{"actor":"p-ann","amount":380000,"at":"2026-03-02T01:00:00.000000Z","extra":{"a":"二","b":[1,null]},"kind":"note",'
        '"role":"admin","seq":1,"stream":"account:1","v":1,"via":"page"}')


def test_a_time_of_another_zone_is_written_in_utc(town: sessionmaker[Session]) -> None:
    moment = datetime(2026, 3, 2, 9, 30, 0, 7, tzinfo=timezone(timedelta(hours=8)))
    with writing(town) as session:
        history.append_to(session, "account:1", kind="note", at=moment, actor=ANN, role="admin")
        row = session.scalars(select(Event).where(Event.stream == "account:1")).one()

    assert orjson.loads(row.body)["at"] == "2026-03-02T01:30:00.000007Z"
    assert row.at == moment


@pytest.mark.parametrize("value", [1.5, float("nan"), Decimal(1), datetime(2026, 1, 1, tzinfo=UTC), b"x", 2**53, {1: 2}, [{"a": 0.1}], {3}],
                         ids=repr)
def test_what_is_not_exact_is_refused_and_nothing_is_written(town: sessionmaker[Session], value: Any) -> None:
    with writing(town) as session:
        for more in ({"extra": {"x": value}}, {"changes": {"form.x": (None, value)}}):
            with pytest.raises(TypeError):
                add(session, **more)
        assert session.scalars(select(Event).where(Event.stream == "account:1")).all() == []


@given(JSON)
def test_python_alone_writes_the_same_canonical_bytes(value: Any) -> None:
    """So that `verify.py`, which has only `json`, hashes what orjson wrote."""
    assert canonical(value) == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_no_value_and_no_comment_stands_in_clear(town: sessionmaker[Session]) -> None:
    changes = {"form.id_no": (None, "320500199001011234"), "form.income": ("1.00", "2.00")}
    with writing(town) as session:
        add(session, comment="李大华家中失火", changes=changes)
        add(session, comment="李大华家中失火", changes=changes)
        rows = session.scalars(select(Event).where(Event.stream == "account:1").order_by(Event.seq)).all()
        opened = history.details(session, rows[0])

    for row in rows:
        for secret in ("320500199001011234", "李大华", "1.00"):
            assert secret.encode() not in row.body + row.details
    first, second = (orjson.loads(row.body) for row in rows)
    assert first["comment"] != second["comment"]
    assert first["changes"]["form.id_no"][1] != second["changes"]["form.id_no"][1]
    assert opened == {"comment": "李大华家中失火", "changes": {name: list(pair) for name, pair in changes.items()}}


def test_details_of_another_event_do_not_open(town: sessionmaker[Session]) -> None:
    with writing(town) as session:
        add(session, comment="甲")
        add(session, comment="乙")
        first, second = session.scalars(select(Event).where(Event.stream == "account:1").order_by(Event.seq)).all()
        session.expunge_all()
        second.details = first.details
        with pytest.raises(Damaged):
            history.details(session, second)


def test_details_resealed_with_the_key_still_break_their_commitment(town: sessionmaker[Session]) -> None:
    from workflow.privacy import vault

    with writing(town) as session:
        add(session, comment="同意")
        row = session.scalars(select(Event).where(Event.stream == "account:1")).one()
        session.expunge_all()
        opened = vault(session).open_json("events.details", "account:1:1", row.details)
        row.details = vault(session).seal_json("events.details", "account:1:1", {**opened, "comment": "不同意"})
        with pytest.raises(Damaged):
            history.details(session, row)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_writers_to_one_stream_wait_for_each_other(town: sessionmaker[Session]) -> None:
    faults: list[BaseException] = []

    def write() -> None:
        try:
            for _ in range(25):
                with writing(town) as session:
                    add(session)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    with town() as session:
        assert session.scalars(select(Event.seq).where(Event.stream == "account:1").order_by(Event.seq)).all() == list(range(1, 101))
        assert history.verify(session).clean
