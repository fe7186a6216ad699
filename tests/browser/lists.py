"""A list of members that was looked over, with rows that are wrong, and a roster in a draft: for the pages that show them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from tests.browser.exchange import actor
from tests.imports.conftest import id_no, sheet
from tests.imports.test_rosters import TEXT
from workflow import engine, imports, programmes
from workflow.actors import COMMAND
from workflow.db import reading, writing


def lists(sessions: sessionmaker[Session], now: datetime) -> dict[str, str]:
    """Return the ids of the import and of the case with the roster."""
    data = sheet("姓名,身份证号,所属工会,会员号", f"罗一鸣,{id_no(901)},云岭县总工会,M1", f"罗二妮,{id_no(902)[:-1]}a,云岭县总工会,", f"罗三元,{id_no(903)},没有的工会,")
    found = imports.read(data, imports.KINDS["people"].columns, now.date())
    with reading(sessions) as session:
        handler = actor(session, "handler", now)
        place = next(post.organisation_id for post in handler.posts if post.role == "county_handler")
        looked = imports.look_over(session, "people", found, data, "2026年会员名册.xlsx", place, handler, now)
    with writing(sessions) as session:
        imported = imports.keep(session, looked)
        programmes.publish(session, TEXT, "roster_aid.v1.yaml", COMMAND, now)
        worker = actor(session, "worker", now)
        case_id = engine.start(session, "roster_aid", worker, now)
        engine.save(session, case_id, worker, now, {"roster": [{"name": "罗一鸣", "id_no": id_no(901), "amount": "500", "on": "2026-01-05"}]}, revision=1)
    return {"imported": imported, "roster": case_id}
