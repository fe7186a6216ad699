"""Public notices in the demo county: the officer of 二建公司 has posted two cases, and somebody has objected to the first."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from tests.notices.wall import FORM, GRANT
from workflow import engine, people, programmes
from workflow.actors import COMMAND, Actor
from workflow.db import writing
from workflow.records import Account, Case, Notice

WORDS = "他家并不困难，请核实。"


def hang(sessions: sessionmaker[Session], now: datetime) -> None:
    """Post two cases of the demo's own worker, and one more that is over because its applicant took it back."""
    with writing(sessions) as session:
        programmes.publish(session, GRANT, "posted_grant.v1.yaml", COMMAND, now - timedelta(days=30))
    hung: list[str] = []
    for days, story in ((2, "住院治疗"), (1, "房屋受灾"), (1, "不再需要")):
        at = now - timedelta(days=days)
        with writing(sessions) as session:
            worker, officer = (_actor(session, name, at) for name in ("worker", "grassroots"))
            case_id = engine.start(session, "posted_grant", worker, at)
            engine.act(session, case_id, "submit", worker, at, revision=1, form=FORM | {"story": story})
            engine.act(session, case_id, "approve", officer, at, revision=2, comment="情况属实。")
        hung.append(case_id)
    with writing(sessions) as session:
        posted = session.execute(select(Notice.id, Notice.case_id).where(Notice.case_id.in_(hung)).order_by(Notice.starts_on, Notice.case_id)).all()
        engine.object_to(session, posted[0].id, WORDS, name="群众甲", phone="0879-7654321", now=now)
        revision = session.scalars(select(Case.revision).where(Case.id == posted[-1].case_id)).one()
        engine.act(session, posted[-1].case_id, "abandon", _actor(session, "worker", now), now, revision=revision)


def _actor(session: Session, username: str, at: datetime) -> Actor:
    account = session.scalars(select(Account.id).where(Account.username == username)).one()
    return people.actor_of(session, account, at.date())
