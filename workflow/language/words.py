"""The small words of the vocabulary: labels, names, durations, dates, numbers, expressions as they stand in a file.

Each is a pydantic annotation that reads both what YAML gives (`Decimal`) and what a published document gives (the
same number as text), so that reading a document again yields the identical definition. Refusals carry a code of ours
and a sentence in Chinese and in English.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from . import lunar
from .definition import Duration
from .definition import Label as Words

LEVELS = ("unit", "township", "county", "prefecture", "province")
DECIMAL_TEXT = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?\Z", re.ASCII)
_DURATION = re.compile(r"([1-9][0-9]{0,3}) ?(wd|d|h|months?|years?)\Z", re.ASCII)
_MONTH_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z", re.ASCII)


def refusal(code: str, zh: str, en: str) -> PydanticCustomError:
    """Return the error a validator raises; `structure.py` turns it into a fault with its place."""
    safe = {"zh": zh, "en": en}
    return PydanticCustomError(code, "{en}", safe)


class Word(BaseModel):
    """A mapping of the vocabulary: unknown keys are faults, and text is never quietly read as a number or a flag."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=False,
                              arbitrary_types_allowed=True)


class LabelWords(Word):
    """Words for people in Chinese and, where given, in English."""

    zh: Annotated[str, Field(min_length=1)]
    en: str = ""


def _label(value: Any) -> Any:
    return {"zh": value} if isinstance(value, str) else value


_LABEL_SCHEMA = {"anyOf": [{"type": "string", "minLength": 1}, {
    "type": "object", "properties": {"zh": {"type": "string"}, "en": {"type": "string"}}, "required": ["zh"],
    "additionalProperties": False}]}
Label = Annotated[LabelWords, BeforeValidator(_label), WithJsonSchema(_LABEL_SCHEMA)]


def label(words: LabelWords | None, otherwise: str = "") -> Words:
    """Return the frozen words, or `otherwise` where nothing is written."""
    return Words(words.zh, words.en) if words else Words(otherwise)


def _source(value: Any) -> str:
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, (bool, int, Decimal)):
        return str(value)
    raise refusal("EXPR_SYNTAX", "这里要写表达式", "Write an expression here")


Expression = Annotated[str, PlainValidator(_source), WithJsonSchema(
    {"anyOf": [{"type": "string", "maxLength": 2000}, {"type": "number"}, {"type": "boolean"}]})]


def _flag(value: Any) -> bool | str:
    return value if isinstance(value, bool) else _source(value)


Flag = Annotated[bool | str, PlainValidator(_flag), WithJsonSchema(
    {"anyOf": [{"type": "boolean"}, {"type": "string", "maxLength": 2000}]})]


def _number(value: Any) -> Decimal:
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and DECIMAL_TEXT.match(value):
        return Decimal(value)
    raise refusal("BAD_NUMBER", "这里要写数字", "Write a number here")


Number = Annotated[Decimal, PlainValidator(_number), WithJsonSchema({"type": "number"})]


def _duration(value: Any) -> Duration:
    found = _DURATION.match(value) if isinstance(value, str) else None
    if not found:
        raise refusal("BAD_DURATION", f"时间“{value}”写法不对，可以写 5wd（工作日）、10d、48h、3months、10years",
                      f"'{value}' is no duration; write 5wd (working days), 10d, 48h, 3months or 10years")
    unit = {"month": "months", "year": "years"}.get(found[2], found[2])
    return Duration(int(found[1]), unit)  # type: ignore[arg-type]  # the pattern allows no other unit


Span = Annotated[Duration, PlainValidator(_duration), WithJsonSchema(
    {"type": "string", "pattern": r"^[1-9][0-9]{0,3} ?(wd|d|h|months?|years?)$"})]


def _day(value: Any) -> date:
    try:
        if isinstance(value, str) and len(value) == 10:
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise refusal("BAD_DATE", f"日期“{value}”写法不对，应为 2026-07-01", f"'{value}' is no date; write 2026-07-01")


Day = Annotated[date, PlainValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]


def _day_of_year(value: Any) -> str:
    if isinstance(value, str) and _MONTH_DAY.match(value):
        month, day = (int(part) for part in value.split("-"))
        if day <= (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]:
            return value
    elif isinstance(value, str) and lunar.is_anchor(value):
        return value
    elif isinstance(value, str) and len(value) == 10:
        return _day(value).isoformat()
    raise refusal("BAD_DATE", f"日期“{value}”写法不对，应为 07-01（每年）、2026-07-01，或节日前后几天，例如 春节-30d（{'、'.join(lunar.FEASTS)}）",
                  f"'{value}' is no date; write 07-01 (every year), 2026-07-01 or days around a feast, such as 春节-30d")


DayOfYear = Annotated[str, PlainValidator(_day_of_year), WithJsonSchema(
    {"type": "string", "pattern": rf"^(([0-9]{{4}}-)?[0-9]{{2}}-[0-9]{{2}}|({'|'.join(lunar.FEASTS)})([+-](0|[1-9][0-9]{{0,2}})d)?)$"})]


def bad_name(name: str) -> bool:
    """Return whether `name` cannot be written in an expression: Python normalises identifiers to NFKC."""
    return (not name.isidentifier() or name.startswith("_") or keyword.iskeyword(name) or len(name) > 60
            or unicodedata.normalize("NFKC", name) != name)


def _name(value: str) -> str:
    if bad_name(value):
        raise refusal("BAD_NAME", f"名称“{value}”不能用：要以字母开头，只含字母、数字和下划线",
                      f"'{value}' cannot be a name: begin with a letter; letters, digits and underscores only")
    return value


Name = Annotated[str, AfterValidator(_name)]


def _some(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


# Limits on how many: far above any programme, low enough that a hostile one is refused in a moment.
FEW, MANY = Field(max_length=50), Field(max_length=300)
Some = Annotated[list[str], Field(max_length=100), BeforeValidator(_some), WithJsonSchema(
    {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})]
Someplaces = Annotated[list[str], Field(max_length=100), BeforeValidator(_some), WithJsonSchema(
    {"anyOf": [{"const": "*"}, {"type": "array", "items": {"type": "string"}}]})]


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool, int, Decimal)):
        return value
    raise refusal("BAD_VALUE", "这里要写一个值，不能是列表或多个键", "Write one value here, not a list or a mapping")


Scalar = Annotated[Any, PlainValidator(_scalar), WithJsonSchema({"type": ["string", "number", "boolean", "null"]})]


def _anything(value: Any) -> Any:
    return value


Anything = Annotated[Any, PlainValidator(_anything), WithJsonSchema({})]
