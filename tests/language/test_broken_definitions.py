"""One sound programme, broken in one place at a time: each fault is refused with its code, at its line, alone."""

from __future__ import annotations

import random
import re

import pytest

from workflow.language import read

from .broken import SOUND, broken, line_of

NAME = "winter_aid.v2.yaml"

# name: (code, the place in the sound programme, how it is written instead[, what stands on the line of the fault])
# The fault is on the line of the place, unless `# here` marks another or the fourth part names it.
BROKEN: dict[str, tuple[str, ...]] = {
    # what YAML allows and this language does not
    "a key twice": ("YAML_DUPLICATE_KEY", "title: 送温暖\n", "title: 送温暖\ntitle: 又一个  # here\n"),
    "an anchor": ("YAML_ANCHOR", "title: 送温暖\n", "title: &t 送温暖  # here\n"),
    "an alias": ("YAML_ALIAS", "title: 送温暖\n", "title: *t  # here\n"),
    "a tag": ("YAML_TAG", "title: 送温暖\n", "title: !!python/name:os.system x  # here\n"),
    "a merge key": ("YAML_MERGE", "  line: {type: money, value: 1500}\n", "  <<: {a: 1}  # here\n"),
    "two documents": ("YAML_DOCUMENTS", "progress: [draft, check, review, pay_out, paid]\n", "--- # here\nkey: x\n"),
    "a bracket left open": ("YAML_SYNTAX", "unique: [applicant.id, case.cycle]\nparams:",
                            "unique: [applicant.id, case.cycle\nparams:  # here"),
    "a tab": ("YAML_SYNTAX", "  line: {type: money", "\tline: # here {type: money"),
    "a number too long": ("YAML_NUMBER", "title: 送温暖\n", "title: 53992119900101001123  # here\n"),
    # words
    "an unknown word": ("UNKNOWN_WORD", "title: 送温暖\n", "title: 送温暖\ncolour: red  # here\n"),
    "a misspelt word": ("UNKNOWN_WORD", "progress: [draft, check", "progres: [draft, check"),
    "a word left out": ("MISSING", "  - {name: paid, label: 已发放, final", "  - {name: paid, final"),
    "yes instead of true": ("BAD_TYPE", "final: true, outcome: lapsed", "final: yes, outcome: lapsed"),
    "a number for a label": ("BAD_TYPE", "label: 姓名", "label: 2026"),
    "an unknown field type": ("BAD_VALUE", "type: note", "type: memo"),
    "an unknown kind of state": ("BAD_VALUE", "label: 初审, kind: task", "label: 初审, kind: taks"),
    "a field name with a space": ("BAD_NAME", "  stage: {", "  st age: {"),
    "a state name in Chinese": ("BAD_NAME", "transitions:\n",
                                "  - {name: 关闭, label: 已关闭, final: true, outcome: closed}  # here\n"
                                "transitions:\n  - {trigger: close, label: 关闭, source: review, dest: 关闭}\n"),
    "a bad key": ("BAD_NAME", "key: winter_aid", "key: Winter-Aid"),
    "a choice without options": ("NO_OPTIONS", ", options: {low: 低, high: 高}", ""),
    "a default of the wrong type": ("BAD_DEFAULT", "{label: 收入, type: money,", "{label: 收入, type: money, default: abc,"),
    "a parameter of the wrong type": ("BAD_TYPE", "top: {type: money, value: 5000}", "top: {type: money, value: high}"),
    "limits the wrong way round": ("BAD_LIMITS", "min: 0, max: 99999", "min: 9, max: 8"),
    "a pattern that runs away": ("PATTERN_UNSAFE", "label: 姓名, type: text", "label: 姓名, pattern: '(a+)+', type: text"),
    "a gap in a table": ("BAD_TABLE", "[1000, null, 0.2]", "[1200, null, 0.2]"),
    "an impossible day": ("BAD_DATE", "from: 11-01", "from: 11-31"),
    # structure
    "a state twice": ("DUPLICATE_STATE", "  - {name: lapsed, label: 已作废",
                      "  - {name: withdrawn, label: 又一个, final: true, outcome: withdrawn}  # here\n"
                      "  - {name: lapsed, label: 已作废"),
    "an unknown source": ("UNKNOWN_STATE", "source: pay_out", "source: payout"),
    "an unknown dest": ("UNKNOWN_STATE", "source: check, dest: board", "source: check, dest: bord"),
    "an unknown first state": ("UNKNOWN_STATE", "initial: draft", "initial: start"),
    "an unknown state on the bar": ("UNKNOWN_STATE", "progress: [draft", "progress: [darft"),
    "an unknown state for an operation": ("UNKNOWN_STATE", "transfer: [check", "transfer: [chek"),
    "a state nothing leads to": ("UNREACHABLE_STATE", "transitions:\n",
                                 "  - {name: gone, label: 走不到, final: true, outcome: closed}  # here\ntransitions:\n"),
    "a dead end": ("DEAD_END", "transitions:\n",
                   "  - {name: stuck, label: 卡住, kind: task, actor: county, due: 5wd}  # here\n"
                   "transitions:\n  - {trigger: hold, label: 挂起, source: review, dest: stuck}\n"),
    "no way to an end": ("NO_END", "transitions:\n",
                         "  - {name: round, label: 打转, kind: task, actor: county, due: 5wd}  # here\n"
                         "transitions:\n  - {trigger: hold, label: 挂起, source: review, dest: round}\n"
                         "  - {trigger: again, label: 再来, source: round, dest: round}\n"),
    "no approved end": ("NO_APPROVED_END", "{name: paid, label: 已发放, final: true, outcome: approved}",
                        "{name: paid, label: 已发放, final: true, outcome: closed}", "states:"),
    "a loop of system moves": ("SYSTEM_LOOP", "transitions:\n",
                               "  - {name: turn, label: 转, kind: auto}\n"
                               "transitions:\n  - {trigger: hold, label: 挂起, source: review, dest: turn}\n"
                               "  - {trigger: again, label: 再来, source: turn, dest: turn, actor: system}  # here\n"
                               "  - {trigger: stop, label: 停, source: turn, dest: lapsed, actor: system}\n"),
    "a way out of an end": ("LEAVES_FINAL", "transitions:\n",
                            "transitions:\n  - {trigger: reopen, label: 重开, source: rejected, dest: review}  # here\n"),
    "returns without a limit": ("ENDLESS_RETURN", "return: {resubmit: restart, max: 3}", "return: {resubmit: restart}"),
    "a return to an end": ("RETURN_TO_END", "dest: [draft, check], restart", "dest: [draft, lapsed], restart"),
    "a first state that is no draft": ("INITIAL_NOT_DRAFT", "label: 填报, kind: draft", "label: 填报, kind: wait", "initial: draft"),
    "an end without an outcome": ("NO_OUTCOME", "final: true, outcome: lapsed", "final: true"),
    # routing
    "a route behind the default": ("SHADOWED_ROUTE", "transitions:\n",
                                   "transitions:\n"
                                   "  - {trigger: submit, label: 大额, source: draft, dest: check, require: [form]}\n",
                                   "label: 提交, source: draft"),
    "a route behind a wider one": ("SHADOWED_ROUTE", "  - {trigger: approve, label: 同意, source: review",
                                   "  - {trigger: approve, label: 重, source: review, dest: meeting, "
                                   "when: calc.amount > 4000}  # here\n  - {trigger: approve, label: 同意, source: review"),
    "routes without a default": ("NO_DEFAULT_ROUTE", "source: pay_out, dest: paid,", "source: pay_out, dest: paid, when: attachments.receipt > 1,"),
    "a trigger that is no name": ("TRIGGER_NAME", "trigger: withdraw,", "trigger: take-back,"),
    "a trigger the machine has": ("TRIGGER_NAME", "trigger: withdraw,", "trigger: to_withdrawn,"),
    # expressions
    "bad syntax": ("EXPR_SYNTAX", "expr: calc.per_head <= param.line", "expr: calc.per_head <= <= param.line"),
    "an unknown name": ("EXPR_UNKNOWN_NAME", "expr: calc.per_head <= param.line", "expr: calc.per_head <= param.lin"),
    "a forbidden construct": ("EXPR_FORBIDDEN", "when: calc.amount > 3000", "when: 'calc.amount ** 2 > 3000'"),
    "an unknown choice": ("EXPR_TYPE", "when: calc.amount > 3000", "when: form.stage > 3000"),
    "a number for yes or no": ("EXPR_TYPE", "when: calc.amount > 3000", "when: calc.amount + 3000"),
    "a circle of results": ("CALC_CYCLE", "  per_head: form.income / form.size", "  per_head: calc.per_head / form.size"),
    "a check without a message": ("CHECK_MESSAGE", ", message: 金额须大于零", ""),
    "a criterion without a message": ("CHECK_MESSAGE", ", message: 收入高于标准", ""),
    "a validate without a message": ("CHECK_MESSAGE", "label: 姓名, type: text,",
                                     "label: 姓名, validate: form.name != form.visit, type: text,"),
    "a guard nobody can fill": ("GUARD_UNFILLED", "dest: board, require: [form.visit]", "dest: board, require: [form.approved]"),
    "a check nobody can fill": ("GUARD_UNFILLED", "expr: calc.per_head <= param.line", "expr: form.approved <= param.line"),
    "a criterion at no trigger": ("UNKNOWN_TRIGGER", "at: submit", "at: check.submit"),
    "an unknown field to edit": ("UNKNOWN_FIELD", "edit: [form.visit, attachments.photo]", "edit: [form.visits, attachments.photo]"),
    "an unknown field to restart on": ("UNKNOWN_FIELD", "restart_if_changed: [form.income]", "restart_if_changed: [form.icome]"),
    "an unknown attachment": ("UNKNOWN_FIELD", "edit: [attachments.receipt]", "edit: [attachments.reciept]"),
    "a field both hidden and editable": ("EDIT_HIDDEN", "edit: [form.approved], batch", "edit: [form.approved], hide: [form.approved], batch"),
    "a correction of what is locked": ("EDIT_ONLY_LOCKED", "edit_only: [form.name]", "edit_only: [form.visit]"),
    "a batch of what does not exist": ("UNKNOWN_TRIGGER", "batch: [pay]", "batch: [paid]"),
    "a number without a sequence": ("NUMBER_PATTERN", "{year}-{seq:05d}", "{year}"),
    "a number with a field": ("NUMBER_PATTERN", "{year}-{seq:05d}", "{form.name}{year}-{seq:05d}"),
    # people
    "a step without actor": ("NO_ACTOR", "kind: task, actor: money,", "kind: task,"),
    "an unknown actor": ("UNKNOWN_ACTOR", "kind: task, actor: money,", "kind: task, actor: monney,"),
    "an unknown role": ("UNKNOWN_ROLE", "role: finance", "role: finanse"),
    "an unknown scope": ("BAD_SCOPE", "role: finance, scope: ancestor(county)", "role: finance, scope: ancestor(contry)"),
    "an unknown fallback": ("UNKNOWN_ACTOR", "fallback: county}", "fallback: nobody}"),
    "distinct names no state": ("DISTINCT_STATE", "distinct: [check", "distinct: [chek"),
    "distinct names no decision": ("DISTINCT_STATE", "distinct: [check", "distinct: [draft"),
    "an applicant who decides": ("APPLICANT_DECIDES", "label: 复审, kind: task, actor: county", "label: 复审, kind: task, actor: applicant"),
    "an applicant who approves": ("APPLICANT_DECIDES", "transitions:\n",
                                 "transitions:\n  - {trigger: skip, label: 跳过, source: check, dest: review, "
                                 "actor: applicant}  # here\n"),
    "an applicant who may decide": ("APPLICANT_DECIDES", "applicant_may_not_decide: true", "applicant_may_not_decide: false"),
    "an agent without paper": ("AGENT_PAPER", "  authorisation: {", "  paper: {", "apply:"),
    # time
    "a bad duration": ("BAD_DURATION", "{after: 3wd, every", "{after: 3 weeks, every"),
    "an escalation to nobody": ("TIMER_TARGET", "do: escalate, to: county", "do: escalate"),
    "a timer without trigger": ("TIMER_TARGET", "{after: 30d, do: fire, trigger: lapse}", "{after: 30d, do: fire}"),
    "a timer for another trigger": ("TIMER_TARGET", "do: fire, trigger: lapse", "do: fire, trigger: lapsed"),
    "a timer that approves": ("TIMER_DECIDES", "do: escalate, to: county", "do: fire, trigger: approve"),
    "a timer that does approve": ("TIMER_DECIDES", "do: escalate, to: county", "do: approve"),
    "a notice that never ends": ("NOTICE_ENDLESS", "    timers: [{after: 5wd, do: fire, trigger: posted}]\n", "    due: 5wd\n", "name: board"),
    "a notice cut short": ("NOTICE_SHORTENED", "{after: 5wd, do: fire, trigger: posted}", "{after: 2wd, do: fire, trigger: posted}"),
    "repeats without an interval": ("TIMER_TARGET", "every: 1wd, times: 3", "times: 3"),
    "a clock on an end": ("TIMER_STATE", "final: true, outcome: lapsed}", "final: true, outcome: lapsed, timers: [{after: 3d, do: remind}]}"),
    "a clock on a system step": ("TIMER_STATE", "transitions:\n",
                                 "  - {name: sort, label: 分流, kind: auto, timers: [{after: 3d, do: remind}]}  # here\n"
                                 "transitions:\n  - {trigger: hold, label: 挂起, source: review, dest: sort}\n"
                                 "  - {trigger: stop, label: 停, source: sort, dest: lapsed, actor: system}\n"),
    "a notice at no known place": ("UNKNOWN_PLACE", "mask: [form.name]}", "mask: [form.name], where: [website, unit_bord]}"),
    "a mask of what is not shown": ("UNKNOWN_FIELD", "mask: [form.name]}", "mask: [form.name, form.visit]}"),
    # operations
    "a draft handed on": ("OPERATION_KIND", "transfer: [check", "transfer: [draft, check"),
    "signers where nobody votes": ("OPERATION_KIND", "{transfer: [check, review],", "{transfer: [check, review], add_signer: [review],"),
    "an end that is urged": ("OPERATION_KIND", 'urge: "*"', "urge: [paid]"),
    "a notice that is claimed": ("OPERATION_KIND", "    kind: notice\n", "    kind: notice\n    claim: true  # here\n"),
    # votes
    "a vote that decides nothing": ("VOTE_SAME", "on_fail: reject}", "on_fail: approve}"),
    "a meeting entered by the applicant": ("PAPER_APPLICANT", "on_fail: reject}", "on_fail: reject, paper: applicant}"),
    # tables
    "a file in a table": ("BAD_COLUMNS", "  visit: {label", "  rows: {label: 明细, type: table, columns: {paper: {label: 单据, type: file}}}  # here\n  visit: {label"),
    "a person in a table": ("BAD_COLUMNS", "  visit: {label", "  rows: {label: 明细, type: table, columns: {who: {label: 人, type: person}}}  # here\n  visit: {label"),
    # people, unions and files
    "a file like an attachment": ("DUPLICATE_NAME", "  visit: {label", "  photo: {label: 照片, type: file}  # here\n  visit: {label"),
    "a file with a length": ("FILE_WORD", "  visit: {label", "  paper: {label: 函件, type: file, max: 3}  # here\n  visit: {label"),
    "a file in a notice": ("FILE_SHOWN", "show: [form.name, calc.payable]", "show: [form.name, attachments.photo, calc.payable]"),
    "a rule that reads a file": ("EXPR_UNKNOWN_NAME", "  visit: {label",
                                 "  paper: {label: 函件, type: file, required: form.paper}  # here\n  visit: {label"),
    "an actor through a text": ("BAD_SCOPE", "role: finance, scope: ancestor(county)", "role: finance, scope: field(form.name)"),
    "a result that leads nowhere": ("VOTE_RESULT", "on_fail: reject}", "on_fail: refuse}"),
    "a pass mark above one": ("VOTE_PASS", "pass: 2/3", "pass: 3/2"),
    "a quorum nobody reaches": ("VOTE_PASS", "mode: ratio, pass: 2/3", "mode: quorum, pass: 5"),
    # money
    "a hold in no state": ("HOLD_NOTHING", "hold_in: [meeting", "hold_in: [meting"),
    "a hold in an end": ("HOLD_FINAL", "hold_in: [meeting", "hold_in: [meeting, rejected"),
    "a hold of nothing": ("HOLD_NOTHING", "amount: {value: calc.amount, adjustable_in: [review], max: calc.payable}\n", ""),
    "a commit of nothing": ("COMMIT_NOTHING", "commit: pay_out.pay}", "commit: pay_out.paid}"),
    "a commit outside the hold": ("COMMIT_NOTHING", "hold_in: [meeting, pay_out]", "hold_in: [meeting]"),
    "an approval without a hold": ("UNHELD_END", "transitions:\n",
                                   "transitions:\n  - {trigger: grant, label: 直接发放, source: review, dest: paid}  # here\n"),
    "an amount moved after the hold": ("COMMIT_DIFFERS", "adjustable_in: [review]", "adjustable_in: [review, pay_out]"),
    "a field moved after the hold": ("COMMIT_DIFFERS", "edit: [attachments.receipt]", "edit: [attachments.receipt, form.approved]"),
    # privacy
    "data kept for hours": ("RETENTION", "progress: [draft, check, review, pay_out, paid]\n",
                            "progress: [draft, check, review, pay_out, paid]\nretention: 48h  # here\n"),
    "data kept for centuries": ("RETENTION", "progress: [draft, check, review, pay_out, paid]\n",
                                "progress: [draft, check, review, pay_out, paid]\nretention: 300 years  # here\n"),
    "a sensitive field in a notice": ("SENSITIVE_SHOWN", "show: [form.name, calc.payable]", "show: [form.name, form.id_no, calc.payable]"),
    "a sensitive field in a message": ("SENSITIVE_SHOWN", "message: 请上传回单", "message: '请上传 {form.id_no} 的回单'"),
    # versions
    "a migration to no state": ("UNKNOWN_STATE", "running: pin", "running: migrate, migrate_from: {1: {old: revew}}"),
    "a migration from the future": ("MIGRATION_VERSION", "running: pin", "running: migrate, migrate_from: {7: {old: review}}"),
    "an unknown flow": ("UNKNOWN_FLOW", "title: 送温暖\n", "title: 送温暖\nextends: no_such_flow@1  # here\n"),
}


def test_the_programme_they_are_made_from_is_sound() -> None:
    reading = read(SOUND, NAME)
    assert [str(fault) for fault in reading.faults if fault.code != "NOT_YET"] == []
    assert reading.definition is not None


@pytest.mark.parametrize("case", BROKEN, ids=[name.replace(" ", "_") for name in BROKEN])
def test_each_fault_is_told_with_its_code_and_line(case: str) -> None:
    code, place, instead, *where = BROKEN[case]
    text = broken(place, instead)
    marker = where[0] if where else "# here" if "# here" in instead else ""
    line = line_of(text, marker) if marker else SOUND[:SOUND.index(place)].count("\n") + 1
    reading = read(text, NAME)
    errors = [fault for fault in reading.faults if fault.severity == "error"]
    assert [(fault.code, fault.line) for fault in errors] == [(code, line)], [str(fault) for fault in errors]
    assert reading.definition is None
    assert errors[0].zh and errors[0].en and str(errors[0]).startswith(f"{NAME}:{line}:{errors[0].column}: {code} ")


def test_all_faults_of_a_file_are_told_in_one_pass() -> None:
    text = SOUND
    for case in ("an unknown word", "an unknown role", "a bad duration", "an unknown name", "a check without a message",
                 "distinct names no state", "a sensitive field in a notice", "a pass mark above one"):
        _, place, instead, *_ = BROKEN[case]
        assert text.count(place) == 1
        text = text.replace(place, instead)
    codes = {fault.code for fault in read(text, NAME).errors}
    assert codes >= {"UNKNOWN_WORD", "UNKNOWN_ROLE", "BAD_DURATION", "EXPR_UNKNOWN_NAME", "CHECK_MESSAGE",
                     "DISTINCT_STATE", "SENSITIVE_SHOWN", "VOTE_PASS"}


def test_a_misspelt_word_is_guessed() -> None:
    reading = read(broken("progress: [draft, check", "progres: [draft, check"), NAME)
    assert "是否想写“progress”" in reading.errors[0].zh and "did you mean 'progress'" in reading.errors[0].en


def test_a_fault_in_an_expression_points_into_it() -> None:
    text = broken("expr: calc.per_head <= param.line", "expr: calc.per_head <= param.lin")
    fault = read(text, NAME).errors[0]
    assert text.splitlines()[fault.line - 1][fault.column - 1:].startswith("param.lin,")


def test_a_human_step_without_any_timer_is_a_warning() -> None:
    reading = read(broken("batch: [pay], due: 5wd", "batch: [pay]"), NAME)
    assert [fault.code for fault in reading.faults if fault.code != "NOT_YET"] == ["NO_TIMER"]
    assert reading.definition is not None


def test_an_escalation_to_whoever_acts_there_is_a_warning() -> None:
    text = broken("do: escalate, to: county}", "do: escalate, to: grassroots}")
    told = [(fault.code, fault.severity, fault.line) for fault in read(text, NAME).faults]
    assert told == [("ESCALATES_TO_SELF", "warning", line_of(text, "do: escalate"))]


def test_a_failed_vote_with_several_ways_back_names_one() -> None:
    text = broken("on_fail: reject}", "on_fail: return_to}").replace(
        "source: meeting, dest: rejected, actor: system}", "source: meeting, dest: rejected}").replace(
        "source: review, dest: [draft, check], restart", "source: [review, meeting], dest: [draft, check], restart")
    told = [(fault.code, fault.line) for fault in read(text, NAME).errors]
    assert told == [("VOTE_DEST", line_of(text, "on_fail: return_to}"))]
    assert not read(text.replace("    kind: countersign\n", "    kind: countersign\n    fail_dest: draft\n"), NAME).errors


def test_branches_that_may_all_be_left_out_are_a_warning() -> None:
    text = broken("""    kind: countersign
    actor: committee
    due: 5wd
    vote: {mode: ratio, pass: 2/3, min_voters: 3, on_pass: approve, on_fail: reject}
""", """    kind: parallel
    due: 5wd
    join: all
    branches: [{key: one, actor: committee, when: form.size > 1}, {key: two, actor: county, when: form.size > 3}]
    on_pass: approve
    on_fail: reject
""")
    told = [(fault.code, fault.severity, fault.line) for fault in read(text, NAME).faults]
    assert told == [("BRANCH_NONE", "warning", line_of(text, "branches:"))]
    assert read(text.replace("{key: one, actor: committee, when: form.size > 1}", "{key: one, actor: committee}"), NAME).faults == ()


@pytest.mark.parametrize("seed", range(4))
def test_no_mutilated_file_breaks_the_reader(seed: int) -> None:
    """Whatever is typed, the answer is a definition or at least one error, never a stack trace."""
    chance, words = random.Random(seed), re.findall(r"\w+|[^\w]", SOUND)
    junk = ["", "1", "null", "[]", "{}", "true", "- ", "1.5", "x: ", "*", "~", "[[1]]", "{a: {b: 1}}", "-5", "\n", "  "]
    for _ in range(60):
        mutilated = list(words)
        for _ in range(chance.randint(1, 5)):
            mutilated[chance.randrange(len(words))] = chance.choice([chance.choice(junk), chance.choice(words)])
        reading = read("".join(mutilated), NAME)
        assert reading.definition is not None or reading.errors
