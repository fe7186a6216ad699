"""The people of the demo county: officers with their offices and accounts, workers with their unions.

Passwords are hashed before the transaction begins, because that takes its time on purpose.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from workflow import people
from workflow.actors import COMMAND, Actor
from workflow.records import Organisation, Person

from .accounts import DEMO_ACCOUNTS, PASSWORD
from .invention import Invented, Inventor
from .places import CHAIRED, TWO_OFFICERS, VACANT, County

SINCE = date(2022, 1, 1)
FILED = 1                            # the worker whose family is on file, known by an account of their own
CHAIR = "chair"                      # the officer who applies for a whole union
_COUNTY_ROLES = (("handler", "county_handler"), ("leader", "county_leader"), ("finance", "finance"), ("cashier", "cashier"),
                 ("auditor", "auditor"), ("committee", "county_committee"))
_COLLEAGUES = (("committee2", "county_committee"), ("committee3", "county_committee"), ("committee4", "county_committee"),
               ("handler2", "county_handler"), ("handler3", "county_handler"), ("expert", "external"))


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker of the register with what only the demo remembers of them."""

    row: Person
    who: Invented
    union: Organisation
    township: bool                   # whether a township union stands above


@dataclass(slots=True)
class Register:
    """Who is there: `officers` by (role, organisation id), `workers` in order, the demo's own people by account name."""

    county: County
    officers: dict[tuple[str, int], list[Actor]] = field(default_factory=lambda: defaultdict(list))
    workers: list[Worker] = field(default_factory=list)
    known: dict[str, Actor] = field(default_factory=dict)
    colleague: Worker = field(init=False)    # an officer who applies for herself
    hashes: dict[str, str] = field(default_factory=dict)     # by account name
    _actors: dict[str, Actor] = field(default_factory=dict)      # by person

    def hashed(self, username: str) -> str:
        return self.hashes.get(username) or self.hashes[""]

    def agent_for(self, worker: Worker) -> Actor:
        """Return who files for this worker: their union's second officer, so that the first can decide."""
        return self.officers["grassroots", worker.union.id][1]

    def actor_of(self, session: Session, worker: Worker, now: datetime) -> Actor:
        """Return the worker as the one who acts, opening an account at the first time."""
        if worker.row.id not in self._actors:
            username = next((one.username for one in DEMO_ACCOUNTS[:2] if one.name == worker.who.name), worker.who.phone)
            self._actors[worker.row.id] = _account(session, self.hashed(username), worker.row, username, self.known["admin"], now)
        return self._actors[worker.row.id]


def hashes() -> dict[str, str]:
    """Return a hash of the demo password for each account people are told about, and "" for all others together.

    A real account never shares its salt; here two hundred of their own would take longer than all the rest.
    """
    people.check_password(PASSWORD)
    return {name: people.hash_password(PASSWORD) for name in ("", *(one.username for one in DEMO_ACCOUNTS))}


def enter(session: Session, county: County, made: dict[str, str], workers: int, now: datetime, dice: random.Random,
          step: Any) -> Register:
    """Enter officers and `workers` workers; `made` are the password hashes."""
    register = Register(county, hashes=made)
    inventor = Inventor(dice, frozenset(one.name for one in DEMO_ACCOUNTS) | {"周强"})
    known = {one.username: one for one in DEMO_ACCOUNTS}
    moment = now

    def officer(username: str, role: str, place: Organisation, name: str | None = None, union: Organisation | None = None) -> Actor:
        nonlocal moment
        moment += timedelta(minutes=2)
        admin = register.known.get("admin", COMMAND)
        who = inventor.person(1970, 1992, name=name, gender=_GENDERS.get(name or ""))
        if username == CHAIR:
            who = replace(who, name=known[username].name)
        row = _person(session, who, union or place, moment, admin, dice, member=True)
        account = people.add_account(session, row.id, username, register.hashed(username), actor=admin, now=moment)
        people.appoint(session, row.id, role, place.id, SINCE, None, actor=admin, now=moment)
        actor = people.actor_of(session, account.id, moment.date())
        register.officers[role, place.id].append(actor)
        register._actors[row.id] = actor
        if username in known:
            register.known[username] = actor
        if username == "grassroots":
            register.colleague = Worker(row, who, union or place, True)
        step(1)
        return actor

    officer("admin", "admin", county.county, known["admin"].name)
    for username, role in _COUNTY_ROLES:
        officer(username, role, county.county, known[username].name)
    for username, role in _COLLEAGUES:
        officer(username, role, county.county)
    for name, office in county.townships.items():
        first = name == "城关街道"
        officer("township" if first else f"xz{office.code[2:]}", "township", office, known["township"].name if first else None)
        if name == "青山镇":
            officer(f"xz{office.code[2:]}b", "township", office)
    for name, union in county.unions.items():
        if name != VACANT:
            first = name == "二建公司工会"
            officer("grassroots" if first else CHAIR if name == CHAIRED else f"jc{union.code[2:]}", "grassroots", union,
                    known["grassroots"].name if first else None)
        if name in TWO_OFFICERS:
            officer(f"jc{union.code[2:]}b", "grassroots", union, "周强" if name == "二建公司工会" else None)
    _workers(session, register, inventor, workers, moment, dice, step)
    return register


def _workers(session: Session, register: Register, inventor: Inventor, count: int, moment: datetime, dice: random.Random,
             step: Any) -> None:
    """Enter the workers: every 20th a model worker, nearly half of them migrants, a few not yet members."""
    unions = list(register.county.unions.values())
    ours = register.county.unions["二建公司工会"]
    above = {office.id for office in register.county.townships.values()}
    for number in range(count):
        moment += timedelta(seconds=40)
        model = "none" if number % 20 != 7 else ("province", "province", "nation", "city")[number // 20 % 4]
        union = ours if number == 0 or number % 9 == 4 else unions[(number + number // 20) % len(unions)]
        who = (inventor.person(1979, 1982, name=DEMO_ACCOUNTS[0].name, gender="male") if number == 0
               else inventor.person(*((1955, 1966) if model != "none" else (1968, 2001))))
        if number == FILED:
            who = replace(who, name=DEMO_ACCOUNTS[1].name)
        row = _person(session, who, union, moment, register.known["admin"], dice, member=number % 40 != 39 or model != "none",
                      migrant=number == 0 or model == "none" and number % 5 < 2, model_worker=model)
        register.workers.append(Worker(row, who, union, union.parent_id in above))
        step(1)


def _person(session: Session, who: Invented, union: Organisation, now: datetime, actor: Actor, dice: random.Random, *,
            member: bool, migrant: bool = False, model_worker: str = "none") -> Person:
    joined = date(dice.randrange(2008, 2021), dice.randrange(1, 13), dice.randrange(1, 28)) if member else None
    return people.add_person(
        session, now, actor, who.name, id_no=who.id_no, phone=who.phone, bank_card=who.bank_card, union_id=union.id,
        member_no=f"YL{joined.year}{who.phone[-4:]}" if joined else None, member_since=joined, migrant=migrant,
        model_worker=model_worker)


def _account(session: Session, hashed: str, row: Person, username: str, admin: Actor, now: datetime) -> Actor:
    account = people.add_account(session, row.id, username, hashed, actor=admin, now=now)
    return people.actor_of(session, account.id, now.date())


_GENDERS = {"周强": "male", "赵敏": "female", "陈刚": "male", "王莉": "female", "孙建国": "male", "何静": "female", "罗平": "male", "陈立": "male",
            "杨帆": "male"}
