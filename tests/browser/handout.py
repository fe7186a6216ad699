"""Goods in the demo county: an item in the store, and a list of which some have signed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from tests.browser.exchange import actor
from tests.goods.giving import GIVING, row
from workflow import engine, goods, money, programmes
from workflow.actors import COMMAND
from workflow.db import writing
from workflow.records import Case, GrantLine


def handout(sessions: sessionmaker[Session], now: datetime) -> dict[str, str]:
    """Release the programme, buy rice, and hand it out: one has signed, one was not reached, one stands there twice."""
    with writing(sessions) as session:
        programmes.publish(session, GIVING, "giving.v1.yaml", COMMAND, now)
        money.open_pool(session, f"YL/{now.year}/visits", 1_000_000, COMMAND, now)
        handler, finance = actor(session, "handler", now), actor(session, "finance", now)
        place = next(post.organisation_id for post in handler.posts if post.role == "county_handler")
        item = goods.add(session, place, "rice-10kg", "大米", "袋", "10 kg", "58.50", handler, now)
        bought = goods.purchase(session, item, "20", "58.50", "云岭粮油有限公司", "04417788", None, "两节慰问", handler, now)
        goods.confirm(session, bought, finance, now)
        goods.count(session, item, "19", "年终盘点，破损一袋", handler, now)
    with writing(sessions) as session:
        worker = actor(session, "worker", now)
        case_id = engine.start(session, "giving", worker, now)
        engine.act(session, case_id, "submit", worker, now, revision=1, form={"roster": [row(0, "300", card=0), row(1), row(2), row(1)]})
    with writing(sessions) as session:
        revision = session.scalars(select(Case.revision).where(Case.id == case_id)).one()
        engine.act(session, case_id, "approve", actor(session, "handler", now), now, revision=revision)
    with writing(sessions) as session:
        handler = actor(session, "handler", now)
        beside = engine.companions(session, case_id, handler, now)[0]
        engine.sign(session, case_id, [1], "phone", beside.id, handler, now)
        engine.strike(session, case_id, [3], "外出务工，联系不上", handler, now)
        line = session.scalars(select(GrantLine.id).where(GrantLine.case_id == case_id, GrantLine.n == 2)).one()
    return {"item": str(item), "listed": case_id, "line": line}
