"""Cases from before: they begin where they ended, count for what comes after, and verify like any other."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from tests.imports.conftest import Office, id_no, sheet
from workflow.db import reading, writing
from workflow.engine.households import household_facts
from workflow.history import verify
from workflow.records import Case, CaseKey, Event, GrantLine

TEXT = """
schema: 1
key: past_aid
version: 1
title: {zh: 生活救助, en: Living aid}
initial: draft
number: "SH-{org.code}-{year}-{seq:04d}"
unique: [applicant.id, case.cycle]
form:
  id_no: {label: 身份证号, type: idcard, sensitive: true, prefill: applicant.id_no}
  cost: {label: 自付费用, type: money, required: true, min: 0}
  reason: {label: 困难原因, type: note, required: true, sensitive: true}
amount: {value: form.cost * 0.5}
actors:
  applicant: {who: applicant}
  county: {role: county_handler, scope: ancestor(county)}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*]}
  - {name: check, label: 审核, kind: task, actor: county, due: 5wd}
  - {name: paid, label: 已发放, final: true, outcome: approved}
  - {name: rejected, label: 未批准, final: true, outcome: rejected}
transitions:
  - {trigger: submit, label: 提交申请, source: draft, dest: check, require: [form]}
  - {trigger: approve, label: 同意, source: check, dest: paid}
  - {trigger: reject, label: 不予批准, source: check, dest: rejected}
"""
HEAD = "受理编号,姓名,身份证号,单位,发放金额,申请日期,发放日期,办理结果,自付费用,困难原因"
ROWS = (f"云工助〔2026〕1号,李一,{id_no(1)},县医院工会,1200.50,2026-02-01,2026-03-05,已发放,2401,重病",
        f"云工助〔2026〕2号,张二,{id_no(2)},县医院工会,,2026-02-01,2026-03-05,未批准,100,",
        f"云工助〔2026〕3号,王三,{id_no(3)},,800,2026-02-01,2026-03-05,已发放,,", f"云工助〔2026〕4号,赵四,{id_no(4)},县医院工会,,2026-02-01,2026-03-05,,,")
ABOUT = {"subject": "past_aid", "as_of": date(2026, 6, 15)}


def test_past_cases_stand_in_their_final_state_and_count(office: Office) -> None:
    office.world.publish(TEXT, "past_aid.v1.yaml")
    import_id = office.run("cases", sheet(HEAD, *ROWS), **ABOUT)
    assert office.counts(import_id) == {"new": 2, "fault": 2}
    assert [one.partition("：")[2][:12] for one in office.faults(import_id)] == ["人员库里没有这个身份证号", "请填写金额"]
    with reading(office.sessions) as session:
        case = session.scalars(select(Case).where(Case.number == "云工助〔2026〕1号")).one()
        assert (case.state, case.outcome, case.amount_fen, case.cycle) == ("paid", "approved", 120050, "2026") and "重病" not in str(case.form)
        event = session.scalars(select(Event).where(Event.stream == case.id)).one()
        assert (event.kind, event.seq, event.to_state) == ("import", 1, "paid")
        line = session.scalars(select(GrantLine)).one()
        assert (line.status, line.amount_fen, str(line.granted_on)) == ("paid", 120050, "2026-03-05")
        assert household_facts(session, case.applicant_id, "", date(2026, 6, 15))["aid_this_year"] == 1200.50
        assert session.scalars(select(CaseKey.case_id)).all() == [case.id]
        assert verify(session).clean
    assert office.counts(office.run("cases", sheet(HEAD, *ROWS[:2]), **ABOUT)) == {"same": 2}


def test_undoing_a_past_case_leaves_its_history_and_gives_the_number_back(office: Office) -> None:
    office.world.publish(TEXT, "past_aid.v1.yaml")
    import_id = office.run("cases", sheet(HEAD, ROWS[0]), **ABOUT)
    office.undo(import_id)
    assert office.counts(import_id) == {"undone": 1}
    with reading(office.sessions) as session:
        case = session.scalars(select(Case)).one()
        assert case.outcome == "closed" and case.number != "云工助〔2026〕1号"
        assert session.execute(select(GrantLine.returned_fen, GrantLine.granted_on)).one() == (120050, None)
        assert household_facts(session, case.applicant_id, "", date(2026, 6, 15))["aid_items_this_year"] == 0
        assert verify(session).clean
    with writing(office.sessions) as session:
        assert session.scalars(select(CaseKey)).all() == []
    assert office.counts(office.run("cases", sheet(HEAD, ROWS[0]), **ABOUT)) == {"new": 1}
