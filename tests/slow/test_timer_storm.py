"""Three thousand timers due at once and eight processes killed in the middle of firing them: each fires once (reliability.md F05)."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import func, select

from tests.timers import storming
from workflow import history
from workflow.db import make_engine, make_sessions, reading, writing
from workflow.privacy import Vault
from workflow.records import Event, Message, Timer

TIMERS, WORKERS, KILLS = 3000, 8, 40


@pytest.mark.slow
def test_three_thousand_timers_fire_once_each_in_a_storm_of_kills(database: str) -> None:
    storming.due(database, TIMERS)
    killed, seconds = storming.storm(database, WORKERS, KILLS)
    sessions = make_sessions(make_engine(database), Vault(b"k" * 32))
    fired = storming.once(sessions)
    with reading(sessions) as session:
        kinds = Counter(session.scalars(select(Timer.kind).where(Timer.status == "fired")))
        never = storming.left(session)
        twice = session.execute(select(Message.person_id).group_by(Message.person_id, Message.stream, Message.seq)
                                .having(func.count() > 1)).all()
    print(f"\n{make_engine(database).dialect.name}: {TIMERS:,} timers, {WORKERS} processes, {killed} kills: {fired:,} fired once "
          f"({', '.join(f'{kind} {count:,}' for kind, count in sorted(kinds.items()))}), 0 twice, {never} never, {seconds:.0f} s")
    assert (fired, never, twice) == (TIMERS, 0, []) and killed >= KILLS * 3 // 4
    with writing(sessions) as session:
        while history.sequence(session, 5000):
            pass
    with reading(sessions) as session:
        findings = history.verify(session)
        assert not findings.items, findings.items[:5]
        assert session.scalar(select(func.count()).select_from(Event).where(Event.stream == "system")) == 0
