"""The small county with people who have numbers, and a programme that asks for a person, a union and a file."""

import pytest
from sqlalchemy.orm import Session, sessionmaker

from tests.world import World
from workflow import people
from workflow.actors import COMMAND
from workflow.db import writing

SECONDED = """
schema: 1
key: seconded
version: 1
title: {zh: 借调职工补助, en: Aid for the seconded}
initial: draft
number: "JD-{org.code}-{year}-{seq:04d}"
form:
  host: {label: 借调单位工会, type: org, required: true, section: 借调}
  letter: {label: 借调函, type: file, required: true, section: 借调}
  injured: {label: 受伤, type: bool, required: true, section: 伤情}
  proof: {label: 诊断证明, type: file, required: true, visible: form.injured, section: 伤情}
  oneself: {label: 本人, type: person}
  visits: {label: 走访单位, type: table, columns: {where: {label: 工会, type: org}, note: {label: 说明, type: text}}}
  contact: {label: 联系人, type: person}
calc:
  elsewhere: {label: 不在本单位, expr: form.host != org.code}
  amount: 100
criteria:
  - {name: elsewhere, expr: calc.elsewhere, message: 借调单位不能是本单位, at: submit}
amount: {value: calc.amount}
actors:
  applicant: {who: applicant}
  grassroots: {role: grassroots, scope: applicant.union}
  host: {role: grassroots, scope: field(form.host), fallback: county}
  county: {role: county_handler, scope: ancestor(county)}
defaults: {return: {resubmit: restart, max: 3}}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*], hide: [form.contact, form.visits]}
  - {name: host_check, label: 借调单位核实, kind: task, actor: host, edit: [form.contact, form.visits], due: 3wd}
  - {name: own_check, label: 本单位核实, kind: task, actor: grassroots, edit: [form.contact, form.visits], due: 3wd}
  - {name: granted, label: 已发放, final: true, outcome: approved}
  - {name: rejected, label: 不予发放, final: true, outcome: rejected}
transitions:
  - {trigger: submit, label: 提交, source: draft, dest: host_check, require: [form]}
  - {trigger: approve, label: 属实, source: host_check, dest: own_check}
  - {trigger: approve, label: 同意, source: own_check, dest: granted}
  - {trigger: return_to, label: 退回, source: host_check, dest: draft, edit_only: [form.letter]}
  - {trigger: reject, label: 不同意, source: [host_check, own_check], dest: rejected}
"""


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> World:
    made = World(sessions)
    made.publish(SECONDED, "seconded.v1.yaml")
    with writing(sessions) as session:
        for short, code, name in (("twin", "539921-01-01", "李文华"), ("namesake", "539921-02", "李文华")):
            made.ids[short] = people.add_person(session, made.now, COMMAND, name, id_no=_number(short), union_id=made.orgs[code]).id
    return made


def _number(short: str) -> str:
    from workflow.language.identity import id_fault

    body = {"twin": "53990119800102001", "namesake": "53990119810102002"}[short]
    return next(body + last for last in "0123456789X" if id_fault(body + last) is None)
