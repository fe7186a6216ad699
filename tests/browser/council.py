"""A vote in the demo county: three of its officers sit on the committee, and one case waits for them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, sessionmaker

from workflow import engine, people, programmes
from workflow.actors import COMMAND, Actor
from workflow.db import writing
from workflow.records import Account, Appointment

VOTERS = ("leader", "finance", "cashier")
COUNCIL = """
schema: 1
key: council_grant
version: 1
title: {zh: 集体研究救助, en: Aid decided by a committee}
initial: draft
number: "JT-{org.code}-{year}-{seq:04d}"
form:
  story: {label: {zh: 困难说明, en: Hardship}, type: text, required: true}
  cost: {label: {zh: 费用, en: Cost}, type: money, required: true}
calc:
  amount: {label: {zh: 应发, en: Due}, expr: form.cost}
amount: {value: calc.amount}
actors:
  applicant: {who: applicant}
  county: {role: county_handler, scope: ancestor(county)}
  committee: {role: county_committee, scope: ancestor(county)}
separation: {distinct: []}
defaults: {return: {max: 3}, comment: {reject: required, return: required}}
states:
  - {name: draft, label: {zh: 填报, en: Application}, kind: draft, actor: applicant, edit: [form.*]}
  - {name: review, label: {zh: 县级审核, en: County review}, kind: task, actor: county, due: 5wd}
  - {name: meeting, label: {zh: 集体研究, en: Committee}, kind: countersign, actor: committee, due: 5wd,
     vote: {mode: ratio, pass: 2/3, min_voters: 3, on_pass: approve, on_fail: reject}}
  - {name: granted, label: {zh: 已批准, en: Granted}, final: true, outcome: approved}
  - {name: rejected, label: {zh: 不予批准, en: Refused}, final: true, outcome: rejected}
transitions:
  - {trigger: submit, label: {zh: 提交, en: Submit}, source: draft, dest: review, require: [form]}
  - {trigger: approve, label: {zh: 提交研究, en: Send to committee}, source: review, dest: meeting}
  - {trigger: approve, label: {zh: 通过, en: Passed}, source: meeting, dest: granted, actor: system}
  - {trigger: reject, label: {zh: 未通过, en: Not passed}, source: meeting, dest: rejected, actor: system}
  - {trigger: return_to, label: {zh: 退回审核, en: Back to review}, source: meeting, dest: [review]}
progress: [draft, review, meeting, granted]
"""


def sit(sessions: sessionmaker[Session], now: datetime) -> str:
    """Release the programme, appoint the committee, and bring one case of the demo's own worker before it; return its id."""
    at = now - timedelta(days=1)
    with writing(sessions) as session:
        programmes.publish(session, COUNCIL, "council_grant.v1.yaml", COMMAND, at)
        session.execute(delete(Appointment).where(Appointment.role == "county_committee"))       # three sit here, not the demo's four
        for username in VOTERS:
            person = session.scalars(select(Account.person_id).where(Account.username == username)).one()
            county = session.scalars(select(Appointment.organisation_id).where(Appointment.person_id == person)).first()
            people.appoint(session, person, "county_committee", county or 0, date(2020, 1, 1), None, actor=COMMAND, now=at)
    return bring(sessions, now)


def bring(sessions: sessionmaker[Session], now: datetime, story: str = "住院治疗，自付部分较多。") -> str:
    at = now - timedelta(days=1)
    with writing(sessions) as session:
        worker, handler = (_actor(session, name, at) for name in ("worker", "handler"))
        case_id = engine.start(session, "council_grant", worker, at)
        engine.act(session, case_id, "submit", worker, at, revision=1, form={"story": story, "cost": "3600"})
        engine.act(session, case_id, "approve", handler, at, revision=2, comment="材料齐全，提交研究。")
    return case_id


def _actor(session: Session, username: str, at: datetime) -> Actor:
    account = session.scalars(select(Account.id).where(Account.username == username)).one()
    return people.actor_of(session, account, at.date())
