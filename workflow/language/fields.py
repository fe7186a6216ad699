"""Form fields: what was typed → a canonical value, that value → storage, screen, mask and API schema.

    text note int decimal money date month enum multi bool idcard bankcard phone usci org person file table

Values: text-like types str, int int, decimal and money Decimal (yuan), date date, month the date of its first day,
multi list of codes, bool bool, table list of dicts of these. A person is the id of the register, a union `#` and its id:
a `Register` finds them by what was typed, and `Named` carries the words that are shown for them. Nothing typed is None
([] for multi and table). A `file` is no value: it is a kind of attachment that is asked for among the questions.
A spec is anything with the attributes of `definition.Field`; labels may be text or have `zh` and `en`. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from workflow.errors import Message

from .identity import birth_date, gender, id_fault, luhn_holds, mask, normalise
from .kinds import Kind, Rows
from .patterns import NAMED, pattern_faults
from .reading_values import (
    REGISTERED,
    FieldFault,
    Register,
    Spec,
    is_empty,
    label_of,
    limits_of,
    options_of,
    parse_scalar,
    word,
)

__all__ = [
    "REGISTERED", "TYPES", "FieldFault", "Named", "Register", "Spec", "birth_date", "from_json", "gender", "id_fault", "json_schema", "kind_of", "mask",
    "missing", "most_rows", "nobody", "normalise", "options_of", "parse_value", "pattern_faults", "show", "to_json", "warnings",
]

TYPES = ("text note int decimal money date month enum multi bool idcard bankcard phone usci org person file "
         "table").split()
MAX_TABLE_ROWS = 2_000               # where the definition says no other `max`
MOST_TABLE_ROWS = 20_000             # whatever it says: as many as an expression may walk, so a saved table can always be calculated


class Named(str):
    """The id of a person or a union together with what people are shown for it, and what stands in a box for it."""

    shown: str
    typed: str

    def __new__(cls, value: str, shown: str, typed: str = "") -> Named:
        made = super().__new__(cls, value)
        made.shown, made.typed = shown, typed or shown
        return made


def nobody(_spec: Spec, _text: str) -> None:
    """The register for what stands as it was typed: nobody was found by it, and looking like an id does not help."""


def parse_value(spec: Any, raw: object, lang: Literal["zh", "en"] = "zh", *, required: bool = False,
                today: date | None = None, register: Register | None = None) -> Any:
    """Return the canonical value of what a page, an API caller or a spreadsheet sent.

    Raises `FieldFault`, which for a table has one message per wrong cell. `required` also refuses nothing typed;
    without it that is None, so that drafts can be saved. `today` refuses births in the future. Messages are always in
    both languages; `lang` chooses the one that `str()` of the fault gives. `register` finds people and unions.
    """
    if spec.type == "table":
        value: Any = _parse_table(spec, raw, lang, required=required, today=today, register=register)
    elif is_empty(raw):
        value = [] if spec.type == "multi" else None
    else:
        value = parse_scalar(spec, raw, today=today, lang=lang, register=register)
    if required and (fault := missing(spec, value)):
        raise fault
    return value


def missing(spec: Any, value: Any) -> FieldFault | None:
    """Return the fault of a required field that is not filled in: 请填写总收入，例如 48960."""
    if value is not None and value != []:
        return None
    label, asked = label_of(spec), word(spec.type)
    zh, en = label.zh, label.en or label.zh
    return FieldFault("FIELD_EMPTY", f"请{asked.verb_zh}{zh}{asked.example_zh}",
                      f"{asked.verb_en} {en}{asked.example_en}", getattr(spec, "name", None))


def _parse_table(spec: Any, raw: object, lang: Literal["zh", "en"], *, required: bool,
                 today: date | None, register: Register | None) -> list[dict[str, Any]]:
    label = label_of(spec)
    if raw is None or raw == "":
        raw = []
    if not isinstance(raw, (list, tuple)) or not all(isinstance(row, Mapping) for row in raw):
        raise FieldFault("FIELD_TYPE", f"{label.zh}要按行填写", f"Fill in {label.en or label.zh} row by row")
    most = most_rows(spec)
    if len(raw) > most:
        raise FieldFault("FIELD_TOO_MANY_ROWS", f"{label.zh}最多 {most} 行，请分批办理",
                         f"At most {most} rows in {label.en or label.zh}; split it")
    rows: list[dict[str, Any]] = []
    faults: list[Message] = []
    for number, row in enumerate(raw, start=1):
        if all(is_empty(cell) for cell in row.values()):
            continue                  # the blank row that pages and spreadsheets leave at the end
        rows.append(_parse_row(spec, row, number, faults, required=required, today=today, register=register))
    if faults:
        raise FieldFault.several(faults, lang)
    limits = limits_of(spec)
    if required and limits.least is not None and 0 < len(rows) < limits.least:
        raise FieldFault("FIELD_TOO_FEW_ROWS", f"{label.zh}至少 {limits.least} 行", f"At least {limits.least} rows")
    return rows


def most_rows(spec: Any) -> int:
    """Return how many rows a table may have."""
    return min(limits_of(spec).most or MAX_TABLE_ROWS, MOST_TABLE_ROWS)


def _parse_row(spec: Any, row: Mapping[str, Any], number: int, faults: list[Message], *, required: bool,
               today: date | None, register: Register | None) -> dict[str, Any]:
    parsed: dict[str, Any] = {}
    for unknown in [name for name in row if name not in spec.columns]:
        faults.append(Message("FIELD_UNKNOWN", f"第 {number} 行：没有“{unknown}”这一列，请删除",
                              f"Row {number}: there is no column {unknown!r}; remove it"))
    for name, column in spec.columns.items():
        needed = required and getattr(column, "required", False) is True
        try:
            parsed[name] = parse_value(column, row.get(name), required=needed, today=today, register=register)
        except FieldFault as fault:
            where = f"{getattr(spec, 'name', '')}.{number}.{name}".lstrip(".")
            faults.extend(Message(one.code, f"第 {number} 行：{one.zh}", f"Row {number}: {one.en}", where)
                          for one in fault.messages)
    return parsed


def warnings(spec: Any, value: Any) -> tuple[Message, ...]:
    """Return what looks wrong but may be right; whoever files the case is asked to look again."""
    if spec.type == "bankcard" and value and not luhn_holds(value):
        return (Message("BANKCARD_LUHN", "银行卡号的校验位不符，请对照卡面再核对一遍",
                        "The card's check digit does not fit; compare it with the card", getattr(spec, "name", None)),)
    if spec.type == "table":
        return tuple(
            Message(one.code, f"第 {number} 行：{one.zh}", f"Row {number}: {one.en}", one.field)
            for number, row in enumerate(value or (), start=1)
            for name, column in spec.columns.items() for one in warnings(column, row.get(name)))
    return ()


def to_json(spec: Any, value: Any) -> Any:
    """Return the canonical JSON value: money with two decimals and decimals as text, dates ISO, months YYYY-MM."""
    if value is None:
        return None
    if spec.type == "money":
        return f"{value:.2f}"
    if spec.type == "decimal":
        return f"{value:f}"
    if spec.type == "date":
        return str(value.isoformat())
    if spec.type == "month":
        return f"{value:%Y-%m}"
    if spec.type == "table":
        return [{name: to_json(column, row.get(name)) for name, column in spec.columns.items()} for row in value]
    return str(value) if spec.type in REGISTERED else value


def from_json(spec: Any, stored: Any) -> Any:
    """Return the value that `to_json` stored. Nothing is checked again: limits may have changed since."""
    if stored is None:
        return [] if spec.type in ("multi", "table") else None
    if spec.type in ("money", "decimal"):
        return Decimal(stored)
    if spec.type == "date":
        return date.fromisoformat(stored)
    if spec.type == "month":
        return date.fromisoformat(f"{stored}-01")
    if spec.type == "table":
        return [{name: from_json(column, row.get(name)) for name, column in spec.columns.items()} for row in stored]
    return stored


def show(spec: Any, value: Any, lang: Literal["zh", "en"] = "zh") -> str:
    """Return the value for people, unmasked; "" for what is empty."""
    zh = lang == "zh"
    if value is None or value == []:
        return ""
    if spec.type == "money":
        amount = f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"
        return f"{amount} 元" if zh else f"¥{amount}"
    if spec.type in ("int", "decimal"):
        return f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
    if spec.type == "date":
        return f"{value.year}年{value.month}月{value.day}日" if zh else str(value.isoformat())
    if spec.type == "month":
        return f"{value.year}年{value.month}月" if zh else f"{value:%Y-%m}"
    if spec.type == "bool":
        return ("是" if value else "否") if zh else ("Yes" if value else "No")
    if spec.type in ("enum", "multi"):
        options = options_of(spec)
        labels = [options[code].text(lang) if code in options else str(code)
                  for code in (value if spec.type == "multi" else [value])]
        return ("、" if zh else ", ").join(labels)
    if spec.type == "table":
        return f"{len(value)} 行" if zh else f"{len(value)} rows"
    return value.shown if isinstance(value, Named) else str(value)


def kind_of(spec: Any) -> Kind | Rows:
    """Return what expressions see of this field."""
    if spec.type == "table":
        kinds = {name: kind_of(column) for name, column in spec.columns.items()}
        return Rows({name: kind for name, kind in kinds.items() if isinstance(kind, Kind)})
    return _KINDS.get(spec.type, Kind.TEXT)


_KINDS = {"int": Kind.NUMBER, "decimal": Kind.NUMBER, "money": Kind.NUMBER, "date": Kind.DATE, "month": Kind.DATE,
          "bool": Kind.BOOL, "multi": Kind.LIST}


def json_schema(spec: Any) -> dict[str, Any]:
    """Return the JSON Schema of what the API takes for this field; the server checks more than a schema can say."""
    limits, options = limits_of(spec), list(options_of(spec))
    schema: dict[str, Any] = {"title": label_of(spec).zh}
    if spec.type == "table":
        columns = {name: json_schema(column) for name, column in spec.columns.items()}
        needed = [name for name, column in spec.columns.items()
                  if getattr(column, "required", False) is True and getattr(column, "visible", True) is True]
        row: dict[str, Any] = {"type": "object", "properties": columns, "additionalProperties": False}
        schema |= {"type": "array", "maxItems": most_rows(spec),
                   "items": row | ({"required": needed} if needed else {})}
    elif spec.type == "multi":
        schema |= {"type": "array", "items": {"enum": options}, "uniqueItems": True}
    elif spec.type == "enum":
        schema |= {"enum": options}
    elif spec.type == "int":
        schema |= {"type": "integer", "minimum": int(limits.least), "maximum": int(limits.most)}
    else:
        schema |= _SCHEMAS.get(spec.type, {"type": "string", "maxLength": limits.most})
    pattern = getattr(spec, "pattern", None)
    if pattern and spec.type == "text":
        schema["pattern"] = f"^(?:{NAMED.get(pattern, pattern)})$"
    return schema


_SCHEMAS: Mapping[str, dict[str, Any]] = {
    "bool": {"type": "boolean"}, "date": {"type": "string", "format": "date"},
    "month": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"},
    "money": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,2})?$"},
    "decimal": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,6})?$"},
    "idcard": {"type": "string", "pattern": "^[0-9]{17}[0-9X]$"},
    "phone": {"type": "string", "pattern": "^1[3-9][0-9]{9}$"},
    "bankcard": {"type": "string", "pattern": "^[0-9]{12,19}$"},
    "usci": {"type": "string", "pattern": "^[0-9A-Z]{18}$"},
}
