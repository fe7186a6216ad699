"""The arithmetic of the field, traceable: each rule found, the document it was found in, and the golden case that holds it.

One row is a rule in words, its source in the register of sources (Sxx), the definition, the golden case that shows it, and
the amount in 分 that must come out. The golden cases themselves are run here too, so a row cannot be true on paper only.
`None` as the amount is a rule that grants nothing: then the refusal or the end named by the case is the result.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from workflow import golden
from workflow.language import read_path
from workflow.language.cases import GoldenCase, read_cases
from workflow.language.definition import Definition

DEFINITIONS = Path(__file__).resolve().parents[2] / "definitions"


class Rule(NamedTuple):
    """One rule of the field and the golden case that shows it."""

    words: str
    source: str
    file: str
    case: str
    fen: int | None


GRANTS = (
    Rule("培训补助：取得证书后，不超过本人实际支出", "S04", "training_aid.v1", "本人负担 1800 元，全额补助（S04）", 180_000),
    Rule("培训补助：最高 3000 元", "S04", "training_aid.v1", "本人负担 5200 元，最高 3000 元（S04）", 300_000),
    Rule("培训补助：没有证书不补", "S04", "training_aid.v1", "还没有取得证书（S04：取证后）", None),
)

WOMEN = (
    Rule("两癌：慰问金 2000 元", "S55", "two_cancer_aid.v1", "没有发生费用，慰问金 2000 元（S55）", 200_000),
    Rule("两癌：另加个人支付，最高 8000 元", "S55", "two_cancer_aid.v1", "个人支付 60000 元，医疗补助以 8000 元为限（S55）", 1_000_000),
    Rule("两癌：扣除已获的互助和大病救助", "S55", "two_cancer_aid.v1", "互助已给 15000、大病救助 6000，个人支付 25000，剩 4000（S55）", 600_000),
    Rule("女职工特病：36 元一份、两年", "S47", "women_illness_enrolment.v1", "一名女职工全部参加，36 元（S47）", 3_600),
    Rule("女职工特病：参加人数不少于女职工的 80 %", "S47", "women_illness_enrolment.v1", "正好一百人，八十人参加就够（S47）", 7_200),
    Rule("女职工特病：不足 100 人须全部参加", "S47", "women_illness_enrolment.v1", "不足一百人的单位少一人，不能参加（S47）", None),
    Rule("女职工特病：16 至 60 周岁", "S48", "women_illness_enrolment.v1", "61 周岁（S48）", None),
    Rule("女职工特病：南平 25 元", "S49", "women_illness_enrolment.v1", "每份 25 元、一年一期的地方（S49 南平）", 5_000),
    Rule("女职工特病：30 日内确诊不给付", "S48", "women_illness_cover.v1", "首次参保第 30 天确诊，不给付（S48）", 0),
    Rule("女职工特病：31 至 60 日 500 元", "S48", "women_illness_cover.v1", "首次参保第 31 天确诊，慰问金 500 元（S48）", 50_000),
    Rule("女职工特病：60 日后原位癌 2000 元", "S48", "women_illness_cover.v1", "首次参保第 61 天确诊原位癌，2000 元（S48）", 200_000),
    Rule("女职工特病：60 日后确诊 15000 元", "S48", "women_illness_cover.v1", "首次参保第 61 天确诊，15000 元（S48）", 1_500_000),
    Rule("女职工特病：给付后本期保障终止", "S48", "women_illness_cover.v1", "本期已给付 15000 元，保障已终止（S48）", None),
    Rule("女职工特病：既往疾病除外", "S48", "women_illness_cover.v1", "参保前一天查出的疾病除外（S48）", None),
    Rule("女职工特病：南平第一类 6000 元", "S49", "women_illness_cover.v1", "南平第一类 6000 元（S49）", 600_000),
    Rule("女职工特病：南平第二类 3000 元", "S49", "women_illness_cover.v1", "南平第二类 3000 元（S49）", 300_000),
    Rule("女职工特病：南平第三类 2000 元", "S49", "women_illness_cover.v1", "南平第三类 2000 元（S49）", 200_000),
    Rule("女职工特病：南平第四类 1000 元", "S49", "women_illness_cover.v1", "南平第四类 1000 元（S49）", 100_000),
    Rule("互助金申领：两年内", "S51", "women_illness_cover.v1", "确诊超过两年，权利终止（S51）", None),
    Rule("两癌：不得重复申领", "S55", "two_cancer_aid.v1", "已经领取过，不能重复（S55）", None),
)

RULES = (*GRANTS, *WOMEN)


@cache
def _read(file: str) -> tuple[Definition, dict[str, GoldenCase]]:
    definition = read_path(DEFINITIONS / f"{file}.yaml").definition
    assert definition is not None, file
    name = f"{file}.cases.yaml"
    reading = read_cases((DEFINITIONS / name).read_bytes(), name, definition)
    assert reading.faults == ()
    return definition, {case.name: case for case in reading.cases}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.file.split('.')[0]}-{rule.source}-{rule.words}")
def test_a_rule_found_is_a_golden_case_with_its_source(rule: Rule) -> None:
    definition, known = _read(rule.file)
    assert rule.case in known, f"{rule.file}.cases.yaml has no case {rule.case!r}"
    case = known[rule.case]
    assert re.search(rf"\b{rule.source}(?![0-9a-z])", case.name, re.ASCII), f"{case.name!r} does not cite {rule.source}"
    if rule.fen is None:
        assert case.refused or case.ends or case.flags
    else:
        assert case.amount is not None and case.amount * 100 == rule.fen
    assert [str(miss) for miss in golden.run_cases(definition, [case])] == []


def test_no_rule_stands_here_twice() -> None:
    assert len(set(RULES)) == len(RULES)
