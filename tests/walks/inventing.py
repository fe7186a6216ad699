"""Programmes nobody has thought of: drawn step by step from the words of people and time, always free of faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

ROLES = ("grassroots", "county_handler", "county_leader", "finance", "cashier")
HEAD = """
schema: 1
key: {key}
version: 1
title: 随机项目
initial: draft
form:
  cost: {{label: 费用, type: money, required: true, min: 1}}
  note: {{label: 说明, type: text}}
calc:
  amount: form.cost
amount: {{value: calc.amount}}
actors:
  applicant: {{who: applicant}}
  grassroots: {{role: grassroots, scope: applicant.union}}
  county_handler: {{role: county_handler, scope: ancestor(county)}}
  county_leader: {{role: county_leader, scope: ancestor(county)}}
  finance: {{role: finance, scope: ancestor(county)}}
  cashier: {{role: cashier, scope: ancestor(county)}}
  committee: {{role: county_committee, scope: ancestor(county)}}
  medical: {{role: external, scope: ancestor(county)}}
  township: {{role: township, scope: ancestor(township), fallback: committee}}
defaults: {{return: {{resubmit: {resubmit}, max: 3}}, comment: {{return: required, reject: required}}}}
separation: {{distinct: [{distinct}]}}
states:
  - {{name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*], timers: [{{after: 20d, do: remind}}, {{after: 60d, do: fire, trigger: lapse}}]}}
"""
TAIL = """  - {name: paid, label: 已付, final: true, outcome: approved}
  - {name: rejected, label: 不批, final: true, outcome: rejected}
  - {name: withdrawn, label: 放弃, final: true, outcome: withdrawn}
  - {name: lapsed, label: 逾期, final: true, outcome: lapsed}
transitions:
  - {trigger: lapse, label: 逾期, source: draft, dest: lapsed, actor: system}
  - {trigger: abandon, label: 放弃, source: draft, dest: withdrawn, actor: applicant}
"""
VOTES = (
    "mode: all", "mode: any", "mode: sequence", "mode: quorum, pass: 2", "mode: ratio, pass: 2/3, min_voters: 3",
    "mode: ratio, pass: 1/2, veto: true", "mode: quorum, pass: 3, min_voters: 3, veto: true",
)
TIMERS = "timers: [{after: 2wd, every: 1wd, times: 2, do: remind}, {after: 4wd, do: escalate, to: county_leader}]"


def programme(draw: Callable[[st.SearchStrategy[Any]], Any], key: str) -> str:
    """Return the text of a programme of two to six steps between the form and the payment."""
    roles = list(ROLES[:-1])
    middle: list[tuple[str, str, str]] = []               # name, kind, words
    for number in range(draw(st.integers(2, 6))):
        kind = draw(st.sampled_from(("task", "task", "countersign", "parallel", "notice", "wait", "auto")))
        if kind in ("task", "wait") and not roles:
            kind = "notice"
        if kind == "auto" and (not middle or middle[-1][1] == "auto"):
            kind = "notice"
        name = f"s{number}"
        if kind in ("task", "wait"):
            role = roles.pop(draw(st.integers(0, len(roles) - 1)))
            claim = ", claim: true" if draw(st.booleans()) else ""
            timers = TIMERS if role != "county_leader" else "timers: [{after: 2wd, do: remind}]"
            if kind == "wait":
                timers = "timers: [{after: 3wd, do: fire, trigger: resume}]"
            words = f"actor: {role}, due: 5wd{claim if kind == 'task' else ''}, {timers}"
        elif kind == "countersign":
            words = f"actor: committee, due: 5wd, {TIMERS}, vote: {{{draw(st.sampled_from(VOTES))}, on_pass: approve, on_fail: reject}}"
        elif kind == "parallel":
            when = draw(st.sampled_from(("", ", when: calc.amount > 500")))
            words = (f"join: {draw(st.sampled_from(('all', 'any')))}, due: 5wd, {TIMERS}, on_pass: approve, on_fail: reject, branches: "
                     f"[{{key: a, label: 甲, actor: medical}}, {{key: b, label: 乙, actor: township{when}}}]")
        elif kind == "notice":
            words = ("actor: grassroots, notice: {days: 5wd, show: [calc.amount], where: [website]}, "
                     "timers: [{after: 5wd, do: fire, trigger: notice_passed}]")
        else:
            words = ""
        middle.append((name, kind, words))
    names = [name for name, _, _ in middle] + ["paying"]
    distinct = [name for name, kind, _ in middle if kind in ("task", "countersign")] + ["paying"]
    text = HEAD.format(key=key, resubmit=draw(st.sampled_from(("restart", "direct"))), distinct=", ".join(distinct))
    for name, kind, words in middle:
        text += f"  - {{name: {name}, label: 环节{name[1:]}, kind: {kind}{', ' + words if words else ''}}}\n"
    text += "  - {name: paying, label: 支付, kind: task, actor: cashier, due: 3wd}\n" + TAIL
    text += f"  - {{trigger: submit, label: 提交, source: draft, dest: {names[0]}, require: [form]}}\n"
    tasks = ["draft"]                                     # where a return may go
    for place, (name, kind, _) in enumerate(middle):
        onward = names[place + 1]
        if kind == "auto":
            text += f"  - {{trigger: route, label: 大额, source: {name}, dest: {names[-1]}, when: calc.amount > 5000, actor: system}}\n"
            text += f"  - {{trigger: route, label: 小额, source: {name}, dest: {onward}, actor: system}}\n"
            continue
        if kind in ("notice", "wait"):
            text += f"  - {{trigger: {'notice_passed' if kind == 'notice' else 'resume'}, label: 期满, source: {name}, dest: {onward}, actor: system}}\n"
        else:
            system = ", actor: system" if kind in ("countersign", "parallel") else ""
            text += f"  - {{trigger: approve, label: 同意, source: {name}, dest: {onward}{system}}}\n"
            text += f"  - {{trigger: reject, label: 不同意, source: {name}, dest: rejected{system}}}\n"
        if kind != "notice" and draw(st.booleans()):
            back = draw(st.lists(st.sampled_from(tasks), min_size=1, max_size=2, unique=True))
            text += f"  - {{trigger: return_to, label: 退回, source: {name}, dest: [{', '.join(back)}]}}\n"
        if kind in ("task", "notice") and draw(st.booleans()):
            text += f"  - {{trigger: withdraw, label: 撤回, source: {name}, dest: draft, actor: applicant}}\n"
        if kind == "task":
            tasks.append(name)
    text += "  - {trigger: pay, label: 已付, source: paying, dest: paid}\n  - {trigger: reject, label: 不付, source: paying, dest: rejected}\n"
    text += "  - {trigger: return_to, label: 退回, source: paying, dest: [draft]}\n"
    working = ", ".join(name for name, kind, _ in middle if kind == "task") or "paying"
    voting = ", ".join(name for name, kind, _ in middle if kind == "countersign")
    text += f"operations:\n  transfer: [{working}]\n  delegate: [{working}]\n  consult: [{working}]\n  cc: \"*\"\n  urge: \"*\"\n"
    if voting:
        text += f"  add_signer: [{voting}]\n  remove_signer: [{voting}]\n"
    return text
