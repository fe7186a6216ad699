"""Mutual aid in the small county: the two programmes as they stand, a member who has a number, and rosters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from tests.register.conftest import number
from tests.world import PEOPLE, World
from workflow import history, people
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.errors import Refused
from workflow.records import Cover, Pool

ROOT = Path(__file__).resolve().parents[2]
NOVEMBER, MAY = datetime(2026, 11, 16, 2, tzinfo=UTC), datetime(2027, 5, 17, 2, tzinfo=UTC)
MEMBER, OTHER, ELDER = number("53990119900307002"), number("53990119850510111"), number("53990119680101333")
CLAIM = {"name": "木秀英", "phone": "13887654321", "insurance": "worker", "hospital": "县医院", "level": "l2", "event_on": "2027-05-01",
         "discharged_on": "2027-05-10", "settlement_no": "JS001", "total": "30000", "basic": "20000", "supplementary": "0",
         "bank_name": "农信社", "bank_card": "6222021001116245702"}


def line(id_no: str = MEMBER, age: int | str = 36, name: str = "木秀英", **more: str) -> dict[str, Any]:
    return {"name": name, "id_no": id_no, "age": str(age), "insured": "true", "renewed": "false", "shares": "1"} | more


class Mutual:
    """Enrolment and claims by short name; files are not asked for, so that a test says what it is about."""

    def __init__(self, world: World) -> None:
        self.world = world
        for key in ("mutual_enrolment", "mutual_aid"):
            text = (ROOT / "definitions" / f"{key}.v1.yaml").read_text(encoding="utf-8").replace("min: 1, max", "min: 0, max")
            text = text.replace(", attachments.premium_receipt]", "]").replace(", attachments.receipt]}", "]}")
            world.publish(text, f"{key}.v1.yaml")
        with writing(world.sessions) as session:
            person = people.add_person(session, world.now, COMMAND, "木秀英", id_no=MEMBER, union_id=world.orgs["539921-01-01"], member_since=date(2018, 3, 1))
            world.ids["member"] = person.id

    def handed_in(self, roster: Sequence[Mapping[str, Any]], who: str = "basic") -> str:
        return self.world.submitted(who, "mutual_enrolment", {"union_name": "二建公司工会", "contact": "0879-1234567", "workers": "5000", "roster": list(roster)})

    def enrolled(self, roster: Sequence[Mapping[str, Any]], who: str = "basic") -> str:
        case_id = self.handed_in(roster, who)
        self.world.act("clerk", case_id, "approve", form={"check_note": "属实"}, comment="已对照上期名册")
        self.world.act(who, case_id, "pay_in", form={"paid_on": self.world.now.date().isoformat(), "receipt_no": "P1"})
        self.world.act("finance", case_id, "approve")
        return case_id

    def claim(self, **more: str) -> str:
        return self.world.submitted("member", "mutual_aid", CLAIM | {"id_no": MEMBER} | more)

    def covers(self) -> list[Cover]:
        with reading(self.world.sessions) as session:
            return list(session.scalars(select(Cover).order_by(Cover.from_on, Cover.n)))

    def pool(self) -> tuple[int, int]:
        with reading(self.world.sessions) as session:
            return tuple(session.execute(select(Pool.held, Pool.spent)).one())  # type: ignore[return-value]

    def clean(self) -> None:
        with reading(self.world.sessions) as session:
            assert not history.verify(session).items


def refused(found: Any) -> list[str]:
    error = found.value
    assert isinstance(error, Refused)
    return [message.code for message in error.messages]


@pytest.fixture
def mutual(sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch) -> Mutual:
    monkeypatch.setitem(PEOPLE, "member", ("木秀英", "539921-01-01", ()))     # the world signs people in by this list
    world = World(sessions, NOVEMBER)
    return Mutual(world)
