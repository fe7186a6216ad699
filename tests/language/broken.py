"""A small programme that uses every family of words and has no fault, to be broken one line at a time."""

SOUND = """\
schema: 1
key: winter_aid
version: 2
title: 送温暖
initial: draft
number: "SW-{org.code}-{year}-{seq:05d}"
intake: {from: 11-01, to: 02-28}
apply: {who: person, agent: true}
unique: [applicant.id, case.cycle]
params:
  line: {type: money, value: 1500}
  top: {type: money, value: 5000}
tables:
  bands: {type: progressive, columns: [from, to, rate], rows: [[0, 1000, 0.5], [1000, null, 0.2]]}
form:
  name: {label: 姓名, type: text, required: true}
  id_no: {label: 身份证号, type: idcard, required: true, sensitive: true}
  stage: {label: 阶段, type: enum, options: {low: 低, high: 高}, required: true}
  income: {label: 收入, type: money, min: 0, max: 99999, required: true}
  size: {label: 人口, type: int, min: 1, required: true}
  visit: {label: 走访情况, type: note}
  approved: {label: 核定金额, type: money}
attachments:
  authorisation: {label: 委托书, min: 0, max: 2}
  photo: {label: 照片, min: 0, max: 3}
  receipt: {label: 回单, min: 0, max: 3}
calc:
  per_head: form.income / form.size
  payable: round2(progressive('bands', param.top - calc.per_head))
  amount: coalesce(form.approved, calc.payable)
criteria:
  - {name: poor, expr: calc.per_head <= param.line, message: 收入高于标准, at: submit}
amount: {value: calc.amount, adjustable_in: [review], max: calc.payable}
budget: {pool: "{org.county}/{year}/winter", hold_in: [meeting, pay_out], commit: pay_out.pay}
actors:
  applicant: {who: applicant}
  grassroots: {role: grassroots, scope: applicant.union, fallback: county}
  county: {role: county_handler, scope: ancestor(county)}
  committee: {role: county_committee, scope: ancestor(county)}
  money: {role: finance, scope: ancestor(county)}
separation: {distinct: [check, review, pay_out], applicant_may_not_decide: true}
defaults:
  return: {resubmit: restart, max: 3}
  comment: {return: required, reject: required}
states:
  - {name: draft, label: 填报, kind: draft, actor: applicant, edit: [form.*, attachments.*], hide: [form.visit, form.approved],
     timers: [{after: 30d, do: fire, trigger: lapse}]}
  - {name: check, label: 初审, kind: task, actor: grassroots, edit: [form.visit, attachments.photo], due: 5wd,
     timers: [{after: 3wd, every: 1wd, times: 3, do: remind}, {after: 7wd, do: escalate, to: county}]}
  - name: board
    label: 公示
    kind: notice
    actor: grassroots
    notice: {days: 5wd, show: [form.name, calc.payable], mask: [form.name]}
    timers: [{after: 5wd, do: fire, trigger: posted}]
  - {name: review, label: 复审, kind: task, actor: county, edit: [form.approved], batch: [approve], due: 5wd}
  - name: meeting
    label: 集体研究
    kind: countersign
    actor: committee
    due: 5wd
    vote: {mode: ratio, pass: 2/3, min_voters: 3, on_pass: approve, on_fail: reject}
  - {name: pay_out, label: 发放, kind: task, actor: money, edit: [attachments.receipt], batch: [pay], due: 5wd}
  - {name: paid, label: 已发放, final: true, outcome: approved}
  - {name: rejected, label: 不予帮扶, final: true, outcome: rejected}
  - {name: withdrawn, label: 已撤回, final: true, outcome: withdrawn}
  - {name: lapsed, label: 已作废, final: true, outcome: lapsed}
transitions:
  - {trigger: submit, label: 提交, source: draft, dest: check, require: [form, attachments]}
  - {trigger: lapse, label: 作废, source: draft, dest: lapsed, actor: system}
  - {trigger: approve, label: 同意, source: check, dest: board, require: [form.visit]}
  - {trigger: posted, label: 公示期满, source: board, dest: review, actor: system}
  - {trigger: reject, label: 有异议, source: board, dest: rejected, comment: required}
  - {trigger: approve, label: 上会, source: review, dest: meeting, when: calc.amount > 3000}
  - {trigger: approve, label: 同意, source: review, dest: pay_out,
     conditions: [{expr: calc.amount > 0, message: 金额须大于零}]}
  - {trigger: approve, label: 通过, source: meeting, dest: pay_out, actor: system}
  - {trigger: reject, label: 未通过, source: meeting, dest: rejected, actor: system}
  - {trigger: reject, label: 不同意, source: [check, review], dest: rejected}
  - {trigger: return_to, label: 退回, source: review, dest: [draft, check], restart_if_changed: [form.income]}
  - {trigger: return_to, label: 退回核对, source: check, dest: draft, edit_only: [form.name]}
  - {trigger: pay, label: 已打款, source: pay_out, dest: paid,
     conditions: [{expr: attachments.receipt >= 1, message: 请上传回单}]}
  - {trigger: withdraw, label: 撤回, source: check, dest: withdrawn, actor: applicant}
operations: {transfer: [check, review], urge: "*"}
versioning: {running: pin}
progress: [draft, check, review, pay_out, paid]
"""


def broken(old: str, new: str) -> str:
    """Return the programme with the one place `old` written as `new`; asking for a place that is not there fails."""
    assert SOUND.count(old) == 1, f"{old!r} stands there {SOUND.count(old)} times"
    return SOUND.replace(old, new)


def line_of(text: str, marker: str = "# here") -> int:
    """Return the line on which `marker` stands."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if marker in line)
