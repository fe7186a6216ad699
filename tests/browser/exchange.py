"""Work that changes hands in the demo county: a programme that opens every operation, and a second officer at its step."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from web.demo import PASSWORD
from workflow import engine, people, programmes
from workflow.actors import COMMAND, Actor
from workflow.db import writing
from workflow.records import Account, Appointment, Person

COLLEAGUE = "colleague"
GRANT = """
schema: 1
key: handed_grant
version: 1
title: {zh: 交办救助, en: Aid that changes hands}
initial: draft
number: "JB-{org.code}-{year}-{seq:04d}"
form:
  story: {label: {zh: 困难说明, en: Hardship}, type: text, required: true}
  cost: {label: {zh: 费用, en: Cost}, type: money, required: true}
calc:
  amount: {label: {zh: 应发, en: Due}, expr: form.cost}
amount: {value: calc.amount}
actors:
  applicant: {who: applicant}
  county: {role: county_handler, scope: ancestor(county)}
separation: {distinct: []}
defaults: {return: {max: 3}, comment: {reject: required, return: required}}
states:
  - {name: draft, label: {zh: 填报, en: Application}, kind: draft, actor: applicant, edit: [form.*]}
  - {name: review, label: {zh: 县级审核, en: County review}, kind: task, actor: county, claim: true, due: 3wd}
  - {name: granted, label: {zh: 已批准, en: Granted}, final: true, outcome: approved}
  - {name: rejected, label: {zh: 不予批准, en: Refused}, final: true, outcome: rejected}
transitions:
  - {trigger: submit, label: {zh: 提交, en: Submit}, source: draft, dest: review, require: [form]}
  - {trigger: approve, label: {zh: 同意, en: Approve}, source: review, dest: granted}
  - {trigger: reject, label: {zh: 不予批准, en: Refuse}, source: review, dest: rejected}
operations: {transfer: [review], delegate: [review], consult: [review], cc: "*", urge: "*"}
progress: [draft, review, granted]
"""


def deal(sessions: sessionmaker[Session], now: datetime) -> str:
    """Release the programme, put a second officer at its step, and file a case two weeks ago; return its id."""
    at = now - timedelta(days=14)
    with writing(sessions) as session:
        programmes.publish(session, GRANT, "handed_grant.v1.yaml", COMMAND, at)
        person = session.scalars(select(Account.person_id).where(Account.username == "handler")).one()
        county = session.scalars(select(Appointment.organisation_id).where(Appointment.person_id == person)).first() or 0
        colleague: Person = people.add_person(session, at, COMMAND, "段云", union_id=county)
        people.add_account(session, colleague.id, COLLEAGUE, people.hash_password(PASSWORD), actor=COMMAND, now=at)
        people.appoint(session, colleague.id, "county_handler", county, date(2020, 1, 1), None, actor=COMMAND, now=at)
        worker = actor(session, "worker", at)
        case_id = engine.start(session, "handed_grant", worker, at)
        engine.act(session, case_id, "submit", worker, at, revision=1, form={"story": "住院治疗，自付部分较多。", "cost": "3600"})
    return case_id


def hand_over(sessions: sessionmaker[Session], case_id: str, now: datetime) -> int:
    """Let the handler claim the case, ask somebody, and hand everything over; return the number of the receipt."""
    with writing(sessions) as session:
        handler, to = actor(session, "handler", now), actor(session, COLLEAGUE, now)
        engine.operate(session, case_id, "claim", handler, now)
        engine.operate(session, case_id, "consult", handler, now, to="finance", comment="资金是否足够？")
        return engine.hand_over(session, handler.person_id or "", to.person_id or "", handler, now, reason="轮岗").seq


def actor(session: Session, username: str, at: datetime) -> Actor:
    account = session.scalars(select(Account.id).where(Account.username == username)).one()
    return people.actor_of(session, account, at.date())
