"""A programme that unions apply for knows no person: what it would read of one is refused in the checker, not met empty by an officer."""

from __future__ import annotations

from .kinds import ENGINE_FACTS
from .sheet import Sheet

_OF_THE_UNION = frozenset({"applicant.id", "applicant.union", "applicant.times_this_cycle", "applicant.granted_this_cycle", "applicant.times_ever"})
_OF_PERSONS = frozenset(name for name in ENGINE_FACTS if name.startswith("applicant.")) - _OF_THE_UNION
_PREFILLED = frozenset({"org.name", "org.code", "org.phone", "applicant.union"})


def check(sheet: Sheet) -> None:
    p = sheet.programme
    union = p.apply.who == "organisation"
    if p.beneficiary == "organisation" and not union:
        sheet.error(("beneficiary",), "UNION_BENEFITS", "受益的是单位，就要由单位工会申请，请写 apply: {who: organisation}",
                    "What benefits an organisation is applied for by its union: write apply: {who: organisation}")
    if not union:
        return
    if p.apply.agent:
        sheet.error(("apply", "agent"), "UNION_AGENT", "由工会申请的项目没有代办，请去掉 agent", "A union applies through its own officers; there is no agent")
    persons = p.beneficiary == "person" and p.lines is not None
    for path, expr in sheet.exprs.items():
        for name in sorted(expr.names):
            if name in _OF_PERSONS or name.startswith("household.") and not persons:
                sheet.error(path, "UNION_NOT_PERSON", f"“{name}”说的是个人，本项目由工会申请，没有申请人个人的情况可读",
                            f"'{name}' is about a person; a union applies here, so there is no applicant whose data could be read")
    for place, question in p.form.items():
        if question.prefill is not None and question.prefill.startswith("applicant.") and question.prefill not in _PREFILLED:
            sheet.error(("form", place, "prefill"), "UNION_NOT_PERSON",
                        f"“{question.prefill}”是经办人个人的信息，不能带入工会的申请；可以写 org.name、org.code、org.phone",
                        f"'{question.prefill}' is the officer's own and does not belong in a union's application; org.name, org.code and org.phone do")
