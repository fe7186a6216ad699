"""What people type into a form becomes one canonical value, or a sentence that says what to type."""

from __future__ import annotations

import json
import time
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.language.fields import (
    FieldFault,
    birth_date,
    from_json,
    gender,
    id_fault,
    json_schema,
    kind_of,
    mask,
    missing,
    normalise,
    parse_value,
    pattern_faults,
    show,
    to_json,
    warnings,
)
from workflow.language.kinds import Kind, Rows
from workflow.language.patterns import NAMED, matches

VALID_ID = "420106196506151236"


def spec(type: str, label: Any = "总收入", **more: Any) -> SimpleNamespace:
    return SimpleNamespace(type=type, label=label, **more)


def id_number(body: str) -> str:
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def refused(spec: Any, raw: object, **more: Any) -> FieldFault:
    with pytest.raises(FieldFault) as caught:
        parse_value(spec, raw, **more)
    return caught.value


@pytest.mark.parametrize(("type", "typed", "value"), [
    ("money", "48,960", Decimal("48960")), ("money", "４８９６０．５０元", Decimal("48960.5")),
    ("money", " ¥1,234,567.89 ", Decimal("1234567.89")), ("money", 48960, Decimal(48960)),
    ("money", 0.1, Decimal("0.1")), ("money", "-0", Decimal(0)), ("money", "48960.00", Decimal("48960")),
    ("money", Decimal("1E+3"), Decimal(1000)), ("money", "48960.", Decimal(48960)),
    ("int", "１２", 12), ("int", "12.0", 12), ("int", 7, 7), ("decimal", ".5", Decimal("0.5")),
    ("date", "2026年9月1日", date(2026, 9, 1)), ("date", "2026/9/1", date(2026, 9, 1)),
    ("date", "２０２６－０９－０１", date(2026, 9, 1)), ("date", "20260901", date(2026, 9, 1)),
    ("month", "2026年9月", date(2026, 9, 1)), ("month", "2026-09", date(2026, 9, 1)),
    ("bool", "是", True), ("bool", "off", False), ("bool", True, True), ("bool", "0", False),
    ("phone", "+86 138-0013-8000", "13800138000"), ("phone", "１３８００１３８０００", "13800138000"),
    ("bankcard", "6222 0212 3456 7896 217", "6222021234567896217"),
    ("usci", "91350100m000100y43", "91350100M000100Y43"),
    ("text", "  李\u200b小\u202e华\x00 ", "李小华"), ("note", "一\r\n二\t三\n", "一\n二 三"), ("text", "\u200b \u3000", None),
    ("text", "\ud800李", "李"),
])
def test_what_can_mean_one_thing_is_understood(type: str, typed: object, value: object) -> None:
    assert parse_value(spec(type), typed) == value


@pytest.mark.parametrize(("type", "typed"), [
    ("money", "1.5万"), ("money", "4,8960"), ("money", "48960.505"), ("money", "-1"), ("money", "1e5"),
    ("money", "NaN"), ("money", float("inf")), ("money", 10**30), ("money", "9" * 30), ("money", True), ("money", [1]),
    ("money", "100000000001"), ("money", "1 2 3 x"), ("int", "1.5"), ("int", "十二"), ("date", "2026-02-30"),
    ("date", "26-9-1"), ("date", "2026-9/1"), ("date", "1066-10-14"), ("month", "2026-13"), ("bool", "也许"),
    ("phone", "12800138000"), ("phone", "138001380001"), ("bankcard", "622202"), ("bankcard", 6222021234567896217),
    ("idcard", 420106196506151236), ("usci", "91350100M000100Y44"), ("text", "字" * 201), ("note", "字" * 2001),
    ("text", {"a": 1}), ("decimal", "0.1234567"),
])
def test_what_can_mean_two_things_or_none_is_refused_in_both_languages(type: str, typed: object) -> None:
    fault = refused(spec(type, SimpleNamespace(zh="总收入", en="Total income")), typed)
    assert "总收入" in fault.message_zh and "Total income" in fault.message_en


def test_the_sentence_says_what_to_type() -> None:
    assert refused(spec("money"), "", required=True).message_zh == "请填写总收入，例如 48960"
    assert refused(spec("money"), "很多").message_zh == "总收入要写成数字，例如 48960"
    assert str(refused(spec("money", SimpleNamespace(zh="总收入", en="Income")), "x", lang="en")).startswith("Income must")
    fault = missing(spec("enum", "就读阶段"), None)
    assert fault is not None and fault.message_zh == "请选择就读阶段"


def test_a_draft_may_leave_a_required_field_empty() -> None:
    assert parse_value(spec("money", required=True), "") is None
    assert parse_value(spec("multi", options={}), None) == []


def test_limits_of_the_definition_replace_the_usual_ones() -> None:
    assert parse_value(spec("money", min=Decimal(-5)), "-3") == -3
    assert refused(spec("int", min=1, max=20), "21").code == "FIELD_TOO_LARGE"
    assert refused(spec("text", max=3), "一二三四").code == "FIELD_TOO_LONG"
    assert refused(spec("date", min="2026-01-01"), "2025-12-31").code == "FIELD_TOO_SMALL"


def test_a_choice_takes_its_code_or_its_label_and_nothing_else() -> None:
    stage = spec("enum", options={"college": SimpleNamespace(zh="高等教育", en="College"), "high": "高中"})
    assert parse_value(stage, "college") == parse_value(stage, "高等教育") == "college"
    assert show(stage, "college", "en") == "College"
    assert refused(stage, "colege").message_zh == "总收入请从这些选项中选择：高等教育、高中"
    assert parse_value(spec("multi", options={"a": "甲", "b": "乙"}), ["b", "甲", "b"]) == ["a", "b"]


# Identity numbers

def test_a_person_born_before_the_county_codes_has_a_valid_number() -> None:
    assert id_fault(VALID_ID) is None
    assert birth_date(VALID_ID) == date(1965, 6, 15) and gender(VALID_ID) == "male"


@pytest.mark.parametrize("body", ["81000019900101001", "82000019900101001", "83000019900101001", "91112419810803002"])
def test_permits_of_hong_kong_macao_taiwan_and_foreign_residents_are_valid(body: str) -> None:
    assert id_fault(id_number(body)) is None


def test_every_single_wrong_character_of_an_id_number_is_detected() -> None:
    for number in (VALID_ID, id_number("53010219900101123"), id_number("11010119491001001"), id_number("83000019880229002")):
        assert id_fault(number) is None
        for place, right in enumerate(number):
            for wrong in "0123456789X":
                if wrong != right:
                    assert id_fault(number[:place] + wrong + number[place + 1:]) is not None


def test_most_swaps_of_neighbouring_digits_are_detected() -> None:
    for place in range(16):
        swapped = VALID_ID[:place] + VALID_ID[place + 1] + VALID_ID[place] + VALID_ID[place + 2:]
        assert swapped == VALID_ID or id_fault(swapped) is not None


@given(st.text(max_size=20))
def test_no_text_makes_the_identity_checks_fail_to_answer(text: str) -> None:
    id_fault(text), birth_date(text), gender(text), mask("idcard", text), normalise("idcard", text)


@pytest.mark.parametrize(("number", "code"), [
    (id_number("99010219900101123"), "PROVINCE"), (id_number("53010219900230123"), "DATE"),
    (id_number("53010218991231123"), "DATE"), ("420106650615123", "LENGTH"), ("42010619650615123Y", "CHARACTERS"),
    ("４２０１０６１９６５０６１５１２３６", "CHARACTERS"),
])
def test_a_wrong_id_number_is_told_why(number: str, code: str) -> None:
    assert id_fault(number) == code


def test_a_birth_in_the_future_is_refused_when_today_is_known() -> None:
    assert id_fault(id_number("53010220300101123"), date(2026, 11, 21)) == "DATE"
    assert refused(spec("idcard"), id_number("53010220300101123"), today=date(2026, 11, 21)).code == "IDCARD_DATE"


def test_full_width_digits_and_a_small_x_are_one_id_number() -> None:
    number = next(found for serial in range(1, 99, 2)
                  if (found := id_number(f"530102199001010{serial:02d}")).endswith("X"))
    wide = number.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"}).replace("X", "ｘ")
    assert parse_value(spec("idcard"), f" {wide} ") == number
    assert normalise("idcard", wide) == number


def test_a_luhn_failure_is_a_warning_and_not_a_refusal() -> None:
    card = spec("bankcard", "银行卡")
    assert parse_value(card, "6222021234567896210") == "6222021234567896210"
    assert [one.code for one in warnings(card, "6222021234567896210")] == ["BANKCARD_LUHN"]
    assert warnings(card, "4111111111111111") == ()


@pytest.mark.parametrize(("type", "value", "shown"), [
    ("idcard", "530102199001011234", "530102********1234"), ("phone", "13812346021", "138****6021"),
    ("bankcard", "6222021234567896217", "**** **** **** 6217"), ("name", "李小华", "李*华"), ("name", "张三", "张*"),
    ("name", "欧阳小华", "欧**华"), ("name", "王", "王"), ("text", "糖尿病", "****"), ("idcard", "12", "****"), ("phone", None, ""),
])
def test_masks_show_only_what_the_rules_allow(type: str, value: str | None, shown: str) -> None:
    assert mask(type, value) == shown


# Tables

ROSTER = spec("table", "名册", name="roster", max=3, columns={
    "name": spec("text", "姓名", required=True), "amount": spec("money", "金额"), "card": spec("bankcard", "卡号")})


def test_a_table_tells_every_wrong_cell_with_its_row() -> None:
    fault = refused(ROSTER, [{"name": "甲", "amount": "x"}, {}, {"amount": "5", "card": "1", "更": 2}], required=True)
    assert [one.code for one in fault.messages] == ["FIELD_NUMBER", "FIELD_UNKNOWN", "FIELD_EMPTY", "BANKCARD_FORM"]
    assert fault.message_zh == "第 1 行：金额要写成数字，例如 48960"
    assert fault.messages[0].field == "roster.1.amount"


def test_a_table_leaves_out_blank_rows_and_round_trips() -> None:
    rows = parse_value(ROSTER, [{"name": "甲", "amount": "1,000.5"}, {"name": " ", "amount": ""}])
    assert rows == [{"name": "甲", "amount": Decimal("1000.5"), "card": None}]
    stored = json.loads(json.dumps(to_json(ROSTER, rows)))
    assert stored[0]["amount"] == "1000.50" and from_json(ROSTER, stored) == rows
    assert kind_of(ROSTER) == Rows({"name": Kind.TEXT, "amount": Kind.NUMBER, "card": Kind.TEXT})
    assert [one.code for one in warnings(ROSTER, [{"card": "6222021234567896210"}])] == ["BANKCARD_LUHN"]


def test_a_table_with_too_many_rows_is_refused() -> None:
    assert refused(ROSTER, [{"name": str(n)} for n in range(4)]).code == "FIELD_TOO_MANY_ROWS"
    assert refused(spec("table", columns={}), [{"a": 1}] * 2001).code == "FIELD_TOO_MANY_ROWS"
    assert refused(ROSTER, "甲").code == "FIELD_TYPE"


@pytest.mark.parametrize(("type", "value", "stored", "zh", "en"), [
    ("money", Decimal("48960.5"), "48960.50", "48,960.50 元", "¥48,960.50"), ("money", Decimal(3800), "3800.00", "3,800 元", "¥3,800"),
    ("date", date(2026, 9, 1), "2026-09-01", "2026年9月1日", "2026-09-01"),
    ("month", date(2026, 9, 1), "2026-09", "2026年9月", "2026-09"), ("bool", False, False, "否", "No"),
    ("decimal", Decimal("0.000001"), "0.000001", "0.000001", "0.000001"), ("int", 1200, 1200, "1,200", "1,200"),
    ("text", "甲", "甲", "甲", "甲"), ("text", None, None, "", ""),
])
def test_values_are_stored_and_shown_in_one_way(type: str, value: object, stored: object, zh: str, en: str) -> None:
    assert to_json(spec(type), value) == stored and from_json(spec(type), stored) == value
    assert show(spec(type), value) == zh and show(spec(type), value, "en") == en


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_money_survives_typing_storing_and_reading(amount: Decimal) -> None:
    assert from_json(spec("money"), to_json(spec("money"), parse_value(spec("money"), f"{amount:,.2f}"))) == amount


@given(st.sampled_from(["money", "int", "decimal", "date", "month", "bool", "phone", "bankcard", "usci", "idcard", "text", "note"]),
       st.text(max_size=60) | st.integers() | st.floats() | st.none() | st.lists(st.integers(), max_size=3))
def test_whatever_is_typed_gives_a_value_or_a_field_fault(type: str, typed: object) -> None:
    try:
        value = parse_value(spec(type), typed)
    except FieldFault:
        return
    json.dumps(to_json(spec(type), value), ensure_ascii=False).encode()
    assert from_json(spec(type), to_json(spec(type), value)) == value


def test_the_schema_describes_what_the_api_takes() -> None:
    assert json_schema(ROSTER)["items"]["required"] == ["name"]
    assert json_schema(spec("int", min=1, max=20)) == {"title": "总收入", "type": "integer", "minimum": 1, "maximum": 20}
    assert json_schema(spec("text"))["maxLength"] == 200
    for type in ("money", "date", "month", "phone", "idcard", "bankcard", "usci", "decimal", "bool", "enum", "multi", "file"):
        json.dumps(json_schema(spec(type, options={"a": "甲"})))


# Patterns

@pytest.mark.parametrize("pattern", [
    "(a+)+", "(a*)*b", "(a|a)*", "(a|ab)*c", r"\d*\d*\d*x", r"(\w+\s?)*$", "(.*a){20}", "([a-z]+)*", "(?i)a", "(?=a)a",
    r"(a)\1", "(?P<n>a)(?P=n)", "a{999999999999}", "a{9999}", "(((", "[", "a" * 201, "", "a\x00b", "[[a]]", "(?#x)(?>a+)",
    "(a?){30}", "(?<=a)b", "(?:(?:a+)b)+", "*",
])
def test_patterns_that_could_run_away_are_refused(pattern: str) -> None:
    began = time.thread_time()
    assert pattern_faults(pattern)
    assert time.thread_time() - began < 0.1
    with pytest.raises(ValueError):
        matches(pattern, "a")


@pytest.mark.parametrize("pattern", [*NAMED, r"[A-Z]{2}\d{6}", r"\d+-\d+", "(?:甲|乙)号", r"(\d{3},)+", "A?B?C?"])
def test_patterns_that_stay_small_are_allowed_and_fast(pattern: str) -> None:
    assert pattern_faults(pattern) == []
    for text in ("1" * 199 + "x", "a" * 200, "甲" * 200, "1-" * 100):
        began = time.thread_time()
        matches(pattern, text)
        assert time.thread_time() - began < 0.05


def test_a_text_must_fit_its_pattern_as_a_whole() -> None:
    ticket = spec("text", "票号", pattern=r"[A-Z]{2}\d{6}")
    assert parse_value(ticket, "AB123456") == "AB123456"
    assert refused(ticket, "AB123456\u200b7").code == "FIELD_PATTERN"
    assert refused(spec("text", "票号", pattern="(a+)+"), "aaa").code == "FIELD_PATTERN"
