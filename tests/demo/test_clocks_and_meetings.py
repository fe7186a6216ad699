"""What the demo county shows of clocks, notices, meetings and colleagues, on a Friday, on a Saturday and months later."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from tests.conftest import NewDatabase
from tests.demo.test_demo_county import Steps
from web import demo
from workflow import history
from workflow.attachments import Store
from workflow.db import make_engine, make_sessions, reading
from workflow.privacy import Vault
from workflow.records import Absence, Case, Event, Message, Notice, Objection, Pool, Task, Timer


@pytest.mark.parametrize("now", [datetime(2026, 11, 21, 8, 30, tzinfo=UTC), datetime(2027, 3, 3, 1, 30, tzinfo=UTC)],
                         ids=["saturday", "next spring"])
def test_clocks_notices_meetings_and_colleagues(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory, now: datetime) -> None:
    vault = Vault(b"demo" * 8)
    store = Store(tmp_path_factory.mktemp("uploads"), vault)
    with new_database("sqlite") as url:
        sessions = make_sessions(make_engine(url), vault, store)
        demo.load(sessions, store, now, Steps(), cases=1, workers=200)
        with reading(sessions) as session:
            found = history.verify(session)
            assert found.clean, [item.zh for item in found.items]
            told = Case.definition_key.in_(("accident_aid", "study_aid"))
            open_now = session.scalars(select(Notice).join(Case, Case.id == Notice.case_id).where(Case.state == "unit_notice", told)).all()
            assert len([one for one in open_now if one.ends_at > now]) == 3 and len(open_now) == 4
            assert session.scalar(select(func.count()).select_from(Timer).where(Timer.status == "held")) == 1
            assert set(session.scalars(select(Objection.status))) == {"open", "upheld"}
            voting = session.execute(select(Task.case_id, func.count(Task.vote)).join(Case, Case.id == Task.case_id).where(
                Task.kind == "ballot", Case.state == "county_meeting", told).group_by(Task.case_id)).all()
            assert sorted(given for _, given in voting) == [0, 2]
            assert {"accident_aid", "study_aid"} <= set(session.scalars(select(Case.definition_key).distinct()))
            assert set(session.scalars(select(Timer.kind).where(Timer.status == "fired"))) == {"remind", "escalate", "fire"}
            assert session.scalar(select(func.count()).select_from(Event).where(Event.kind == "hand_over", Event.stream.like("person:%"))) == 1
            assert {"claim", "delegate", "consult"} <= set(session.scalars(select(Event.kind).distinct()))
            assert session.scalar(select(func.count()).select_from(Absence)) == 1
            assert session.scalars(select(Pool.total).where(Pool.key.like("%/aid"))).one() == 68_000_000
            assert session.scalar(select(func.count()).select_from(Message)) > 20
        sessions.kw["bind"].dispose()
