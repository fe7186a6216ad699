"""Lists long enough for several sheets of paper: many people who get rice, and many who are paid."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from tests.browser.exchange import actor
from tests.goods.giving import GIVING, valid
from workflow import engine, goods, money, programmes
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.payments import batches, gathering
from workflow.records import Case

NAMES = "杨木和段李赵何罗陈周"


def person(n: int, money: str = "0") -> dict[str, Any]:
    """Somebody of their own, with a number and, where there is money, a card that nobody else has."""
    found = {"name": f"{NAMES[n % 10]}{'丽建秀雪文志国云平芳'[n // 10 % 10]}{'华军英梅'[n % 4]}", "id_no": valid(f"533221{1960 + n % 40}0307{n:03d}1"), "amount": money}
    return found | ({"card": card(n)} if money != "0" else {"item": "rice-10kg", "quantity": "2"})


def card(n: int) -> str:
    """A card number whose last digit is right."""
    digits = f"622848001{n:09d}"
    doubled = [int(digit) * (2 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(digits))]
    return digits + str(-sum(one // 10 + one % 10 for one in doubled) % 10)


def opened(sessions: sessionmaker[Session], now: datetime) -> None:
    """Release the programme, fill its pool and its store."""
    with writing(sessions) as session:
        programmes.publish(session, GIVING.replace("value: goods", "value: cash_grant"), "giving.v1.yaml", COMMAND, now)
        money.open_pool(session, f"YL/{now.year}/visits", 10_000_000, COMMAND, now)
        handler = actor(session, "handler", now)
        place = next(post.organisation_id for post in handler.posts if post.role == "county_handler")
        rice = goods.add(session, place, "rice-10kg", "大米", "袋", "10 kg", "58.50", handler, now)
        bought = goods.purchase(session, rice, "500", "58.50", "云岭粮油有限公司", "04417788", None, "两节慰问", handler, now)
        goods.confirm(session, bought, actor(session, "finance", now), now)


def delivering(sessions: sessionmaker[Session], now: datetime, roster: list[dict[str, Any]]) -> str:
    """Bring a list to its delivery and return the case."""
    with writing(sessions) as session:
        worker = actor(session, "worker", now)
        case_id = engine.start(session, "giving", worker, now)
        engine.act(session, case_id, "submit", worker, now, revision=1, form={"roster": roster})
    _agreed(sessions, now, case_id)
    return case_id


def sealed(sessions: sessionmaker[Session], now: datetime, count: int) -> str:
    """Seal a batch of so many payments and return it."""
    _agreed(sessions, now, delivering(sessions, now, [person(100 + n, f"{200 + n}") for n in range(count)]))
    with reading(sessions) as session:
        finance = actor(session, "finance", now)
        place = next(post.organisation_id for post in finance.posts if post.role == "finance")
        found = [line.grant_line_id for line in gathering.payable(session, place) if line.definition.key == "giving"]
    with writing(sessions) as session:
        batch_id = batches.make(session, finance, now, found, layout="icbc")
        batches.seal(session, batch_id, finance, now)
    return batch_id


def _agreed(sessions: sessionmaker[Session], now: datetime, case_id: str) -> None:
    with writing(sessions) as session:
        revision = session.scalars(select(Case.revision).where(Case.id == case_id)).one()
        engine.act(session, case_id, "approve", actor(session, "handler", now), now, revision=revision)
