"""A small county for tests: unions, people with posts, and programmes published from the text beside the test.

    world = World(sessions)
    world.publish(TEXT)
    case_id = world.submitted("worker", "demo_aid", {...})
    world.act("clerk", case_id, "approve")
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from workflow import engine, organisations, people, programmes
from workflow.actors import COMMAND, Actor, Post
from workflow.calendar import ZONE
from workflow.db import reading, writing
from workflow.records import Case, Organisation

NOW = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)        # Monday, 10:00 in the office
TREE = (("53", "某省总工会", "province", None), ("5399", "某市总工会", "prefecture", "53"),
        ("539921", "云岭县总工会", "county", "5399"), ("539921-01", "城关街道工会", "township", "539921"),
        ("539921-01-01", "二建公司工会", "unit", "539921-01"), ("539921-02", "县医院工会", "unit", "539921"),
        ("539922", "邻县总工会", "county", "5399"), ("539922-01", "邻县水厂工会", "unit", "539922"))
PEOPLE = {
    "worker": ("李文华", "539921-01-01", ()), "nurse": ("和桂芬", "539921-02", ()),
    "basic": ("赵敏", "539921-01-01", (("grassroots", "539921-01-01"),)),
    "hospital": ("周强", "539921-02", (("grassroots", "539921-02"),)),
    "town": ("陈刚", "539921-01", (("township", "539921-01"),)),
    "clerk": ("王莉", "539921", (("county_handler", "539921"),)),
    "clerk2": ("刘芳", "539921", (("county_handler", "539921"),)),
    "leader": ("孙建国", "539921", (("county_leader", "539921"),)),
    "finance": ("何静", "539921", (("finance", "539921"),)),
    "cashier": ("罗平", "539921", (("cashier", "539921"),)),
    "auditor": ("陈立", "539921", (("auditor", "539921"),)),
    "admin": ("张伟", "539921", (("admin", "539921"),)),
    "double": ("马英", "539921", (("county_handler", "539921"), ("county_leader", "539921"))),
    "first": ("高岩", "539921", (("county_committee", "539921"),)),
    "second": ("段敏", "539921", (("county_committee", "539921"),)),
    "third": ("施洁", "539921", (("county_committee", "539921"),)),
    "fourth": ("尹波", "539921", (("county_committee", "539921"),)),
    "doctor": ("许宁", "539921", (("external", "539921"),)),
    "outsider": ("木松", "539922", (("county_handler", "539922"),)),
    "far_worker": ("杨军", "539922-01", ()),
}


class World:
    """People by short name, and one method a thing they do; each call is its own transaction."""

    def __init__(self, sessions: sessionmaker[Session], now: datetime = NOW) -> None:
        self.sessions, self.now = sessions, now
        self.orgs: dict[str, int] = {}
        self.ids: dict[str, str] = {}
        self.accounts: dict[str, int] = {}
        with writing(sessions) as session:
            for code, name, level, parent in TREE:
                row = organisations.add(session, code, name, level, self.orgs.get(parent or ""), now - timedelta(days=2000),
                                        COMMAND, region="539921" if code == "539921" else "", phone="0879-1234567")
                self.orgs[code] = row.id
            for short, (name, code, posts) in PEOPLE.items():
                person = people.add_person(session, now - timedelta(days=1500), COMMAND, name, union_id=self.orgs[code],
                                           member_since=date(2018, 3, 1), migrant=True, born_on=date(1980, 1, 2),
                                           gender="male")
                self.ids[short] = person.id
                for role, place in posts:
                    people.appoint(session, person.id, role, self.orgs[place], date(2020, 1, 1), None, actor=COMMAND, now=now)

    def open_accounts(self) -> None:
        """Give everybody an account: work is handed only to people who can sign in."""
        with writing(self.sessions) as session:
            for short, person_id in self.ids.items():
                self.accounts[short] = people.add_account(session, person_id, short, "no password", actor=COMMAND, now=self.now).id

    def signed_in(self, short: str) -> Actor:
        """Return the person as a request would: with their posts of today, and those of whom they stand in for."""
        with reading(self.sessions) as session:
            return people.actor_of(session, self.accounts[short], self.now.astimezone(ZONE).date())

    def operate(self, short: str, case_id: str, operation: str, to: str | None = None, **more: Any) -> engine.Operated:
        with writing(self.sessions) as session:
            return engine.operate(session, case_id, operation, self.signed_in(short), self.now, to=self.ids.get(to or "", to), **more)

    def actor(self, short: str, via: str = "page") -> Actor:
        """Return the person with the posts they hold, as a request would."""
        name, _, posts = PEOPLE[short]
        with reading(self.sessions) as session:
            paths = {row.code: row for row in session.scalars(select(Organisation))}
            return Actor(self.ids[short], name, tuple(Post(role, paths[c].id, paths[c].path, paths[c].name) for role, c in posts),
                         via=via)  # type: ignore[arg-type]

    def publish(self, text: str, name: str = "test.v1.yaml") -> None:
        with writing(self.sessions) as session:
            programmes.publish(session, text, name, COMMAND, self.now)

    def start(self, short: str, key: str, **more: Any) -> str:
        with writing(self.sessions) as session:
            return engine.start(session, key, self.actor(short), self.now, **more)

    def act(self, short: str, case_id: str, trigger: str, *, revision: int | None = None, via: str = "page", **more: Any) -> engine.Done:
        actor = self.actor(short, via)
        revision = self.row(case_id).revision if revision is None else revision
        with writing(self.sessions) as session:
            return engine.act(session, case_id, trigger, actor, self.now, revision=revision, **more)

    def save(self, short: str, case_id: str, form: Mapping[str, Any]) -> Any:
        actor, revision = self.actor(short), self.row(case_id).revision
        with writing(self.sessions) as session:
            return engine.save(session, case_id, actor, self.now, form, revision=revision)

    def submitted(self, short: str, key: str, form: Mapping[str, Any]) -> str:
        case_id = self.start(short, key)
        self.act(short, case_id, "submit", form=form)
        return case_id

    def look(self, short: str, case_id: str) -> engine.CaseView:
        actor = self.actor(short)
        with reading(self.sessions) as session:
            return engine.look(session, case_id, actor, self.now)

    def row(self, case_id: str) -> Case:
        with reading(self.sessions) as session:
            return session.scalars(select(Case).where(Case.id == case_id)).one()
