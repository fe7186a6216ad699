"""A household in the demo county: the demo's own worker with a file, two entries that may be one person, and a visit to be made."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session, sessionmaker

from tests.browser.exchange import actor
from tests.register.conftest import SON, WIFE
from workflow import engine, people, programmes, register
from workflow.actors import COMMAND
from workflow.db import writing
from workflow.records import Person

VISITED = """
schema: 1
key: visited_grant
version: 1
title: {zh: 入户救助, en: Aid after a visit}
initial: draft
number: "RH-{org.code}-{year}-{seq:04d}"
form:
  address: {label: {zh: 现住址, en: Address}, type: text, required: true, sensitive: true}
  cause_note: {label: {zh: 困难说明, en: Hardship}, type: note, required: true}
  family: {label: {zh: 家庭成员, en: Family}, type: table, columns: {name: {label: {zh: 姓名, en: Name}, type: text}, age: {label: {zh: 年龄, en: Age}, type: int}}}
  checklist: {label: {zh: 走访内容, en: Points}, type: multi, options: {asked: {zh: 一访：访本人和邻里, en: Asked}, looked: {zh: 二看：看住房, en: Looked}}}
  visitor_1: {label: {zh: 入户人员一, en: First officer}, type: person}
  visitor_2: {label: {zh: 入户人员二, en: Second officer}, type: person}
actors: {applicant: {who: applicant}, county: {role: county_handler, scope: ancestor(county)}}
separation: {distinct: []}
defaults: {return: {max: 3}, comment: {reject: required}}
states:
  - {name: draft, label: {zh: 填报, en: Application}, kind: draft, actor: applicant, edit: [form.address, form.cause_note, form.family]}
  - {name: visit, label: {zh: 入户走访, en: Home visit}, kind: task, actor: county, due: 5wd, edit: [form.checklist, form.visitor_1, form.visitor_2]}
  - {name: granted, label: {zh: 已批准, en: Granted}, final: true, outcome: approved}
  - {name: rejected, label: {zh: 不予批准, en: Refused}, final: true, outcome: rejected}
transitions:
  - {trigger: submit, label: {zh: 提交, en: Submit}, source: draft, dest: visit, require: [form]}
  - {trigger: approve, label: {zh: 属实, en: Confirm}, source: visit, dest: granted, effects: [file.visited]}
  - {trigger: reject, label: {zh: 不予批准, en: Refuse}, source: visit, dest: rejected}
"""


def at_home(sessions: sessionmaker[Session], now: datetime) -> dict[str, str]:
    """Return the ids of the household, of its head, of two entries that look alike, and of the case to be visited for."""
    at = now - timedelta(days=9)
    with writing(sessions) as session:
        programmes.publish(session, VISITED, "visited_grant.v1.yaml", COMMAND, at)
        worker = actor(session, "worker", at)
        head = session.get_one(Person, worker.person_id)
        if (home := register.household_now(session, head.id)) is None:
            home = register.open_household(session, head.id, COMMAND, at, address="城关街道文化路12号3单元")
        for name, id_no, relation in (("张丽", WIFE, "spouse"), ("李明", SON, "child")):
            person = register.found_or_added(session, name, id_no, COMMAND, at)
            register.add_member(session, home, person, relation, at.date() - timedelta(days=900), COMMAND, at)
        register.open_file(session, home, "KD-2025-00017", COMMAND, at, role="system", category="deep", size=3, per_capita_fen=66_667,
                           opened_on=at.date() - timedelta(days=500))
        twins = [people.add_person(session, at, COMMAND, "段小红", union_id=head.union_id, phone="13811112222", member_since=date(2019, 5, 1)).id for _ in range(2)]
        handler = actor(session, "handler", at)
        county = next(post.organisation_id for post in handler.posts if post.role == "county_handler")
        sample = register.draw(session, county, 30, handler, at)
        register.propose_correction(session, twins[0], actor(session, "handler", at), at, name="段晓红", reason="核对身份证原件")
        case_id = engine.start(session, "visited_grant", worker, at)
        engine.act(session, case_id, "submit", worker, at, revision=1, form={
            "address": "城关街道文化路12号3单元", "cause_note": "住院治疗，自付部分较多。", "family": [{"name": "张丽", "age": "44"}]})
    return {"household": home, "head": head.id, "twin": twins[0], "other": twins[1], "visited": case_id, "sample": sample}
