"""参保名册: who is covered, within scope, found by name and number, with their enrolment and claims; the page, the csv and the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select

from tests.acceptance.conftest import app, clock, enter, run, world  # noqa: F401  # the whole product in front of the small county
from tests.acceptance.newcomer import Newcomer
from tests.covers.conftest import CLAIM, MAY, MEMBER, NOVEMBER, OTHER, Mutual, line
from tests.web.county import PASSWORD, Clock
from tests.world import PEOPLE, World
from web import db
from workflow import people, register
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.records import Cover, Event

Enter = Callable[[str], Newcomer]


@pytest.fixture
def mutual(world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Mutual:  # noqa: F811
    """Two are enrolled by the worker's union, one of them known to the register; the known one claims in May."""
    monkeypatch.setitem(PEOPLE, "member", ("木秀英", "539921-01-01", ()))
    clock.at = world.now = NOVEMBER
    mutual = Mutual(world)
    mutual.enrolled([line(), line(OTHER, 41, "和建军")])
    clock.at = world.now = MAY
    return mutual


def listed(mutual: Mutual, who: str = "clerk", **asked: Any) -> list[tuple[str, str, str]]:
    with reading(mutual.world.sessions) as session:
        rows, _after = register.covers(session, mutual.world.actor(who), mutual.world.now.date(), **asked)
        return [(row.name, row.id_no, row.state) for row in rows]


def test_whoever_is_on_a_roster_is_listed_masked_and_found(mutual: Mutual) -> None:
    both = listed(mutual)
    assert [name for name, _, _ in both] == ["和*军", "木*英"] and {state for _, _, state in both} == {"running"}
    assert all(OTHER[6:14] not in number and number for _, number, _ in both)
    assert [name for name, _, _ in listed(mutual, text="木")] == ["木*英"] and listed(mutual, text="和") == []       # sealed: by number only
    assert [name for name, _, _ in listed(mutual, id_no=OTHER)] == ["和*军"] == [name for name, _, _ in listed(mutual, id_no=OTHER, on=date(2027, 1, 1))]
    assert listed(mutual, on=date(2026, 12, 31)) == listed(mutual, state="ended") == listed(mutual, unit="县医院") == listed(mutual, scheme="nothing") == []
    assert len(listed(mutual, state="running", unit="539921-01-01", scheme="mutual_enrolment", on=date(2027, 12, 31))) == 2
    with reading(mutual.world.sessions) as session:
        assert set(register.schemes(session, mutual.world.actor("clerk"))) == {"mutual_enrolment"}


def test_nobody_sees_beyond_their_scope(mutual: Mutual) -> None:
    for who, seen in (("basic", 2), ("town", 2), ("auditor", 2), ("hospital", 0), ("outsider", 0), ("worker", 0), ("admin", 0)):
        assert len(listed(mutual, who)) == seen, who


def test_a_page_goes_on_where_the_last_one_ended(mutual: Mutual) -> None:
    with writing(mutual.world.sessions) as session:
        first = session.execute(select(Cover.__table__).order_by(Cover.id)).mappings().first()
        session.execute(insert(Cover.__table__), [{**{name: value for name, value in first.items() if name != "id"}, "n": 100 + n, "id_index": bytes([n]) * 16,
                                                   "person_id": None} for n in range(5)])
    with reading(mutual.world.sessions) as session:
        seen, after = [], None
        while True:
            rows, after = register.covers(session, mutual.world.actor("clerk"), mutual.world.now.date(), after=after, limit=3)
            seen += [row.id for row in rows]
            if after is None:
                break
    assert len(seen) == len(set(seen)) == 7 and seen == sorted(seen, reverse=True)


def test_the_claim_stands_beside_the_cover(mutual: Mutual) -> None:
    claim = mutual.world.submitted("member", "mutual_aid", CLAIM)
    with reading(mutual.world.sessions) as session:
        rows, _ = register.covers(session, mutual.world.actor("clerk"), mutual.world.now.date())
        assert {row.name: [one.case_id for one in row.claims] for row in rows} == {"木*英": [claim], "和*军": []}
        assert all(row.case_id for row in rows)


def test_somebody_registered_later_is_known_by_their_number(mutual: Mutual) -> None:
    with writing(mutual.world.sessions) as session:
        known = people.add_person(session, mutual.world.now, COMMAND, "和建军", id_no=OTHER, union_id=mutual.world.orgs["539921-01-01"]).id
    with reading(mutual.world.sessions) as session:
        rows, _ = register.covers(session, mutual.world.actor("clerk"), mutual.world.now.date(), text="和建")
        assert [row.person_id for row in rows] == [known]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_page_finds_and_the_csv_is_masked_and_recorded(mutual: Mutual, enter: Enter) -> None:  # noqa: F811
    clerk = enter("clerk")
    clerk.open("/register").follow("参保名册")
    assert "木*英" in clerk.page.words and "和*军" in clerk.page.words and "2027-12-31" in clerk.page.words and MEMBER not in clerk.page.words
    clerk.open("/register/covers").press("查找", number=OTHER)
    assert clerk.status == 200 and "和*军" in clerk.page.words and "木*英" not in clerk.page.words
    clerk.open("/register/covers").press("查找", number="123")
    assert clerk.status == 422 and "身份证号不正确" in clerk.page.words
    clerk.open("/register/covers?state=running").press("导出 CSV")
    assert clerk.status == 200 and "木*英" in clerk.page.words and MEMBER not in clerk.page.words
    with db.db.reading(mutual.world.sessions) as session:
        assert session.scalars(select(Event.kind).where(Event.stream == "covers:list")).all() == ["export"]
    mutual.clean()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_outsiders_read_the_register_by_the_api(mutual: Mutual, app: Flask) -> None:  # noqa: F811
    client = app.test_client()

    def get(who: str, path: str) -> Any:
        token = client.post("/api/v1/tokens", json={"username": who, "password": PASSWORD}).json["token"]
        return client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"})

    found = get("clerk", "/covers?on=2027-03-01&limit=1").json
    assert [row["name"] for row in found["items"]] == ["和*军"] and found["next"]
    assert [row["name"] for row in get("clerk", f"/covers?after={found['next']}").json["items"]] == ["木*英"]
    assert get("hospital", "/covers").json == {"items": [], "next": None} and get("worker", "/covers").status_code == 403
    assert get("clerk", "/covers?on=never").status_code == 422
    member = mutual.world.ids["member"]
    with writing(mutual.world.sessions) as session:
        home = register.open_household(session, member, COMMAND, mutual.world.now)
        register.open_file(session, home, "KN-7", COMMAND, mutual.world.now, role="system", category="deep", size=1, per_capita_fen=1, opened_on=date(2027, 1, 1))
    shown = get("clerk", f"/register/people/{member}").json
    assert (shown["name"], shown["household"], shown["aid"][0]["amount"]) == ("木*英", home, "120.00") and MEMBER not in str(shown)
    files = get("auditor", "/register/files?q=KN-7").json["items"]
    assert [(file["number"], file["head"], file["household"]) for file in files] == [("KN-7", "木*英", home)]
    house = get("basic", f"/register/households/{home}").json
    assert (house["members"][0]["relation"], house["files"][0]["number"], house["aid"][0]["value"]) == ("head", "KN-7", "premium_collected")
    for path in (f"/register/people/{member}", f"/register/households/{home}"):
        assert get("hospital", path).status_code == 404
