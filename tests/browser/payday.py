"""Money that waits to be paid in the demo county: a programme with a pool, and three cases at the cashier's."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from tests.browser.exchange import actor
from tests.browser.visits import Visit
from tests.payments.conftest import CARDS, PAID
from workflow import engine, money, people, programmes
from workflow.actors import COMMAND, Actor
from workflow.db import reading, writing
from workflow.payments import batches, gathering
from workflow.records import Case, Person

AMOUNTS = ("1200", "860.50", "3000")


def payday(sessions: sessionmaker[Session], now: datetime) -> list[str]:
    """Release the programme, fill its pool, and bring three cases to the cashier; the second and third share an account."""
    at = now - timedelta(days=3)
    with writing(sessions) as session:
        programmes.publish(session, PAID, "paid_grant.v1.yaml", COMMAND, at)
        money.open_pool(session, "YL/2026/paid", 10_000_000, COMMAND, at)
        worker = actor(session, "worker", at)
        union = session.scalars(select(Person.union_id).where(Person.id == worker.person_id)).one()
        others = [people.add_person(session, at, COMMAND, name, union_id=union) for name in ("段丽华", "杨志强")]
        who = [worker, *(Actor(person.id, person.name) for person in others)]
    made = []
    for applicant, amount, card in zip(who, AMOUNTS, (CARDS[0], CARDS[1], CARDS[1]), strict=True):
        with writing(sessions) as session:
            case_id = engine.start(session, "paid_grant", applicant, at)
            engine.act(session, case_id, "submit", applicant, at, revision=1, form={"cost": amount, "bank_card": card})
        for officer, trigger in (("handler", "approve"), ("finance", "approve")):
            with writing(sessions) as session:
                revision = session.scalars(select(Case.revision).where(Case.id == case_id)).one()
                engine.act(session, case_id, trigger, actor(session, officer, at), at, revision=revision)
        made.append(case_id)
    return made


def choose(finance: Visit, cases: Collection[str]) -> int:
    """Of what waits to be gathered, leave only the lines of these cases ticked; return how many. The demo has money waiting too."""
    kept = 0
    for row in finance.page.locator("tr:has(input[name=line])").all():
        wanted = any(row.locator(f"a[href='/tasks/{case_id}']").count() for case_id in cases)
        row.locator("input[name=line]").set_checked(wanted)
        kept += wanted
    return kept


def sealed(sessions: sessionmaker[Session], now: datetime) -> str:
    """Gather the first case into a batch and seal it; return its id."""
    with reading(sessions) as session:
        finance = actor(session, "finance", now)
        place = next(post.organisation_id for post in finance.posts if post.role == "finance")
        first = next(one for one in gathering.payable(session, place) if one.definition.key == "paid_grant")
    with writing(sessions) as session:
        batch_id = batches.make(session, finance, now, [first.grant_line_id], layout="icbc")
        batches.seal(session, batch_id, finance, now)
    return batch_id
