"""One typed answer → one canonical value, or the sentence that says how to write it.

People paste full-width digits, thousands separators, 元, and characters nobody can see; spreadsheets send labels in
place of codes. What can only mean one thing is understood; what could mean two is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, Protocol
from unicodedata import category, normalize

from workflow.errors import BangfuError, Message

from .identity import id_fault, normalise, usci_is_valid
from .patterns import matches


class Spec(Protocol):
    """What this package reads of a field; `min`, `max`, `options`, `pattern`, `columns`, `required`, `name` may be
    absent or None, and a label is text or has `zh` and `en`."""

    @property
    def type(self) -> str: ...
    @property
    def label(self) -> Any: ...


# Looks up what was typed in the register of people or of unions and returns the id it is kept as, or None where that names
# nobody, several, or somebody the reader may not know of: the three are told alike.
Register = Callable[[Spec, str], str | None]


class FieldFault(BangfuError):
    """What was typed cannot be taken; the sentence says what to type."""

    status = 422

    def __init__(self, code: str, message_zh: str, message_en: str, name: str | None = None,
                 lang: Literal["zh", "en"] = "zh") -> None:
        self.code, self.message_zh, self.message_en, self.lang = code, message_zh, message_en, lang
        super().__init__((Message(code, message_zh, message_en, name),))

    @classmethod
    def several(cls, messages: Sequence[Message], lang: Literal["zh", "en"] = "zh") -> FieldFault:
        """Return one fault with all of `messages`; its code and sentence are those of the first."""
        fault = cls(messages[0].code, messages[0].zh, messages[0].en, messages[0].field, lang)
        fault.messages = tuple(messages)
        return fault

    def __str__(self) -> str:
        return ("; " if self.lang == "en" else "；").join(message.text(self.lang) for message in self.messages)


@dataclass(frozen=True, slots=True)
class Words:
    """A label in two languages."""

    zh: str
    en: str = ""

    def text(self, lang: str = "zh") -> str:
        return self.en if lang == "en" and self.en else self.zh


@dataclass(frozen=True, slots=True)
class Asked:
    """How a type is asked for: the verb, and an example that can be typed as it stands."""

    verb_zh: str
    verb_en: str
    example_zh: str = ""
    example_en: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of a number its range, of text its length, of several choices or rows their count."""

    least: Any
    most: Any


def label_of(spec: Any) -> Words:
    return _words(spec.label)


def options_of(spec: Any) -> dict[str, Words]:
    """Return the codes of a choice with their labels, in order."""
    options = getattr(spec, "options", None) or {}
    if isinstance(options, Mapping):
        return {str(code): _words(label) for code, label in options.items()}
    return {str(code): Words(str(code)) for code in options}


def _words(label: Any) -> Words:
    return Words(label) if isinstance(label, str) else Words(str(label.zh), str(getattr(label, "en", "") or ""))


def word(type: str) -> Asked:
    return _ASKED.get(type, Asked("填写", "Fill in"))


def _example(verb_zh: str, verb_en: str, example: str) -> Asked:
    return Asked(verb_zh, verb_en, f"，例如 {example}", f", for example {example}")


_ASKED = {
    "money": _example("填写", "Fill in", "48960"), "int": _example("填写", "Fill in", "3"),
    "decimal": _example("填写", "Fill in", "0.5"), "date": _example("填写", "Fill in", "2026-09-01"),
    "month": _example("填写", "Fill in", "2026-09"), "phone": _example("填写", "Fill in", "13800138000"),
    "enum": Asked("选择", "Choose"), "multi": Asked("选择", "Choose"), "bool": Asked("选择", "Answer"),
    "org": Asked("选择", "Choose"), "person": Asked("选择", "Choose"), "file": Asked("上传", "Upload"),
}

# Where a definition says nothing. Money is bounded so that 分 fit a database integer and nothing is negative by
# accident; a definition that wants a negative amount says so with `min`.
_LIMITS: Mapping[str, tuple[Any, Any]] = {
    "text": (None, 200), "note": (None, 2000), "org": (None, 100), "person": (None, 100),
    "int": (-10**12, 10**12), "decimal": (Decimal(-10**12), Decimal(10**12)), "money": (Decimal(0), Decimal(10**11)),
}


def limits_of(spec: Any) -> Limits:
    least, most = getattr(spec, "min", None), getattr(spec, "max", None)
    default = _LIMITS.get(spec.type, (None, None))
    return Limits(default[0] if least is None else least, default[1] if most is None else most)


def is_empty(raw: object) -> bool:
    if isinstance(raw, str):
        return not clean(raw, lines=False)
    return raw is None or raw == [] or raw == ()


def clean(text: str, *, lines: bool) -> str:
    """Return the text without control, bidi, zero-width and unpaired characters, trimmed; with `lines`, line breaks
    stay. What remains is stored as typed; look-alikes are folded where texts are compared (`normalise`), not here."""
    if text.isprintable():               # nothing to take out but the space around it; long lists are mostly this
        return text.strip()
    if lines:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        kept = "".join(" " if one == "\t" else one for one in text if one in "\n\t" or _visible(one))
        return "\n".join(line.rstrip() for line in kept.split("\n")).strip()
    return "".join(" " if one in "\t\n\r\u2028\u2029" else one for one in text
                   if one in "\t\n\r\u2028\u2029" or _visible(one)).strip()


def _visible(character: str) -> bool:
    return category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def parse_scalar(spec: Any, raw: object, *, today: date | None, lang: Literal["zh", "en"], register: Register | None = None) -> Any:
    """Return the canonical value of something typed for any type but `table`. Raises `FieldFault`.

    Without a `register` a person or a union is taken by the id it is kept as, and by nothing else.
    """
    try:
        if spec.type in REGISTERED:
            return _registered(spec, raw, register)
        return _PARSERS[spec.type](spec, raw, today)
    except _Wrong as wrong:
        label = label_of(spec)
        raise FieldFault(wrong.code, f"{label.zh}{wrong.zh}", f"{label.en or label.zh} {wrong.en}",
                         getattr(spec, "name", None), lang) from None


class _Wrong(Exception):
    """The rest of the sentence that begins with the field's label."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        self.code, self.zh, self.en = code, zh, en
        super().__init__(zh)


def _typed(raw: object, *, lines: bool = False) -> str:
    if isinstance(raw, bool) or not isinstance(raw, (str, int)):
        raise _Wrong("FIELD_TYPE", "要写成文字", "must be text")
    return clean(str(raw), lines=lines)


def _text(spec: Any, raw: object, today: date | None) -> str:
    text = _typed(raw, lines=spec.type == "note")
    limits = limits_of(spec)
    if limits.most is not None and len(text) > limits.most:
        raise _Wrong("FIELD_TOO_LONG", f"最多 {limits.most} 个字，现在有 {len(text)} 个，请缩短",
                     f"takes at most {limits.most} characters, not {len(text)}; shorten it")
    if limits.least is not None and len(text) < limits.least:
        raise _Wrong("FIELD_TOO_SHORT", f"至少 {limits.least} 个字", f"takes at least {limits.least} characters")
    pattern = getattr(spec, "pattern", None)
    try:
        if pattern and not matches(pattern, text):
            raise _Wrong("FIELD_PATTERN", "的格式不对，请对照填写说明修改",
                         "does not have the required form; correct it")
    except ValueError:
        raise _Wrong("FIELD_PATTERN", "的格式规则不能使用，请联系管理员",
                     "has an unusable pattern; tell the administrator") from None
    return text


REGISTERED: Mapping[str, re.Pattern[str]] = {"person": re.compile("[0-9a-z]{20}", re.ASCII), "org": re.compile("#[1-9][0-9]{0,17}", re.ASCII)}
_UNKNOWN = {
    "person": ("没有找到：请写姓名和证件号后四位，例如 李文华 1234，或写完整的会员号、证件号；只能填您可以查询的人",
               "was not found: give the name and the last four digits of the identity number, such as 李文华 1234, or a whole"
               " member or identity number, of somebody you may look up"),
    "org": ("没有找到：请写工会的代码或全称", "was not found: give the union's code or its full name"),
}


def _registered(spec: Any, raw: object, register: Register | None) -> str:
    text = _text(spec, raw, None)
    found = register(spec, text) if register is not None else text if REGISTERED[spec.type].fullmatch(text) else None
    if found is None:
        raise _Wrong(f"FIELD_{spec.type.upper()}", *_UNKNOWN[spec.type])
    return found


_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")


def _number(raw: object, example: str, unit: str = "") -> Decimal:
    """Return the number typed; at most 22 characters, because no amount of ours has more."""
    wrong = _Wrong("FIELD_NUMBER", f"要写成数字，例如 {example}", f"must be a number, for example {example}")
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float, Decimal)):
        raise wrong
    if isinstance(raw, int) and abs(raw) >= 10**20:
        raise wrong
    # A JSON float is taken by its shortest text (0.1 is 0.1), never by its binary value.
    text = normalize("NFKC", clean(str(raw) if not isinstance(raw, Decimal) else f"{raw:f}", lines=False))
    text = text.replace("−", "-").replace(" ", "")
    if unit:
        text = text.removeprefix("¥").removeprefix("RMB").removesuffix(unit)
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if len(text) > 22 or not _NUMBER.fullmatch(text):
        raise wrong
    return Decimal(text) or Decimal(0)     # -0 would be printed as such


def amount_written(text: str) -> Decimal | None:
    """Return the yuan somebody wrote, with thousands marked or not, in full width or with ¥ and 元; None for what is no such number.

    No powers of ten and no underscores: nobody writes those who means money, and 1,50 is neither 1.50 nor 150.
    """
    plain = "".join(normalize("NFKC", text).split()).replace("−", "-").removeprefix("¥").removesuffix("元")
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    return Decimal(plain) if len(plain) <= 22 and _NUMBER.fullmatch(plain) else None


def _within(spec: Any, value: Any, shown: Callable[[Any], str] = str) -> None:
    limits = limits_of(spec)
    if limits.least is not None and value < limits.least:
        raise _Wrong("FIELD_TOO_SMALL", f"不能小于 {shown(limits.least)}", f"must be at least {shown(limits.least)}")
    if limits.most is not None and value > limits.most:
        raise _Wrong("FIELD_TOO_LARGE", f"不能大于 {shown(limits.most)}", f"must be at most {shown(limits.most)}")


def _int(spec: Any, raw: object, today: date | None) -> int:
    value = _number(raw, "3")
    if value != value.to_integral_value():
        raise _Wrong("FIELD_NUMBER", "要写成整数，例如 3", "must be a whole number, for example 3")
    _within(spec, int(value))
    return int(value)


def _decimal(spec: Any, raw: object, today: date | None) -> Decimal:
    value = _plain(_number(raw, "0.5"))
    if -int(value.as_tuple().exponent) > 6:
        raise _Wrong("FIELD_PLACES", "最多六位小数", "takes at most six decimals")
    _within(spec, value)
    return value


def _money(spec: Any, raw: object, today: date | None) -> Decimal:
    value = _plain(_number(raw, "48960", "元"))
    if -int(value.as_tuple().exponent) > 2:
        raise _Wrong("FIELD_PLACES", "最多两位小数（精确到分），例如 48960.50",
                     "takes at most two decimals, for example 48960.50")
    _within(spec, value)
    return value


def _plain(value: Decimal) -> Decimal:
    """Return the number without trailing zeros after the point, and never with an exponent."""
    text = f"{value:f}"
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)


_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})-([0-9]{1,2})|/([0-9]{1,2})/([0-9]{1,2})|\.([0-9]{1,2})\.([0-9]{1,2})"
                   r"|年([0-9]{1,2})月([0-9]{1,2})日|([0-9]{2})([0-9]{2}))")
_MONTH = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})|/([0-9]{1,2})|\.([0-9]{1,2})|年([0-9]{1,2})月|([0-9]{2}))")


def _date(spec: Any, raw: object, today: date | None) -> date:
    return _calendar(spec, raw, _DATE, "2026-09-01")


def _month(spec: Any, raw: object, today: date | None) -> date:
    return _calendar(spec, raw, _MONTH, "2026-09").replace(day=1)


def _calendar(spec: Any, raw: object, form: re.Pattern[str], example: str) -> date:
    wrong = _Wrong("FIELD_DATE", f"要写成日期，例如 {example}", f"must be a date, for example {example}")
    if isinstance(raw, date) and not isinstance(raw, datetime):
        value = raw
    else:
        found = form.fullmatch(normalize("NFKC", _typed(raw)).replace(" ", ""))
        if found is None:
            raise wrong
        parts = [int(part) for part in found.groups() if part is not None]
        try:
            value = date(parts[0], parts[1], parts[2] if len(parts) > 2 else 1)
        except ValueError:
            raise wrong from None
    if not 1900 <= value.year <= 2100:
        raise _Wrong("FIELD_DATE", "的年份要在 1900 到 2100 之间", "must be a year from 1900 to 2100")
    limits = limits_of(spec)
    for limit, code, zh, en in ((limits.least, "FIELD_TOO_SMALL", "不能早于", "must not be before"),
                                (limits.most, "FIELD_TOO_LARGE", "不能晚于", "must not be after")):
        bound = date.fromisoformat(limit if len(limit) > 7 else f"{limit}-01") if isinstance(limit, str) else limit
        if bound is not None and (value < bound if code == "FIELD_TOO_SMALL" else value > bound):
            raise _Wrong(code, f"{zh} {bound}", f"{en} {bound}")
    return value


_YES = frozenset("true 1 on yes y 是 有 对 √".split())
_NO = frozenset("false 0 off no n 否 无 没有 错 ×".split())


def _bool(spec: Any, raw: object, today: date | None) -> bool:
    if isinstance(raw, bool):
        return raw
    text = normalize("NFKC", _typed(raw)).lower()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise _Wrong("FIELD_BOOL", "请选择是或否", "must be yes or no")


def _enum(spec: Any, raw: object, today: date | None) -> str:
    return _chosen(spec, _typed(raw))


def _chosen(spec: Any, text: str) -> str:
    options = options_of(spec)
    if text in options:
        return text
    labelled = [code for code, label in options.items() if text in (label.zh, label.en) and text]
    if len(labelled) == 1:
        return labelled[0]
    choices = "、".join(label.zh for label in options.values())
    raise _Wrong("FIELD_OPTION", f"请从这些选项中选择：{choices}",
                 "must be one of: " + ", ".join(label.text("en") for label in options.values()))


def _multi(spec: Any, raw: object, today: date | None) -> list[str]:
    given: Iterable[object] = re.split("[,，、;；]", raw) if isinstance(raw, str) else raw  # type: ignore[assignment]
    if not isinstance(given, (list, tuple)) or len(given) > 1000:
        raise _Wrong("FIELD_TYPE", "要写成列表", "must be a list")
    chosen = {_chosen(spec, _typed(one)) for one in given if not is_empty(one)}
    limits = limits_of(spec)
    if limits.most is not None and len(chosen) > limits.most:
        raise _Wrong("FIELD_TOO_LARGE", f"最多选 {limits.most} 项", f"takes at most {limits.most} choices")
    if limits.least is not None and len(chosen) < limits.least:
        raise _Wrong("FIELD_TOO_SMALL", f"至少选 {limits.least} 项", f"takes at least {limits.least} choices")
    return [code for code in options_of(spec) if code in chosen]


_ID_SENTENCES = {
    "LENGTH": ("要填 18 位，请对照证件核对", "must have 18 characters; compare it with the card"),
    "CHARACTERS": ("只能有数字，最后一位可以是 X，请对照证件核对",
                   "takes digits, and X at the end; compare it with the card"),
    "PROVINCE": ("开头的地区代码不对，请对照证件核对", "begins with an unknown region; compare it with the card"),
    "DATE": ("中的出生日期不对，请对照证件核对", "holds an impossible date of birth; compare it with the card"),
    "CHECKSUM": ("有一位写错了，请对照证件逐位核对", "has a wrong digit; compare it with the card"),
}


def _number_text(raw: object) -> str:
    if isinstance(raw, (int, float)):
        # Excel keeps 15 digits of a number: what it sends as one is already wrong, and must not be guessed at.
        raise _Wrong("FIELD_TYPE", "要按文字填写，不能是数值格式", "must be sent as text, not as a number")
    return normalize("NFKC", _typed(raw))


def _idcard(spec: Any, raw: object, today: date | None) -> str:
    value = "".join(_number_text(raw).split()).upper()
    if fault := id_fault(value, today):
        raise _Wrong(f"IDCARD_{fault}", *_ID_SENTENCES[fault])
    return value


def _bankcard(spec: Any, raw: object, today: date | None) -> str:
    value = re.sub(r"[\s-]", "", _number_text(raw))
    if not re.fullmatch("[0-9]{12,19}", value):
        raise _Wrong("BANKCARD_FORM", "要填 12 到 19 位数字，请对照卡面核对",
                     "must have 12 to 19 digits; compare it with the card")
    return value


def _phone(spec: Any, raw: object, today: date | None) -> str:
    typed = str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else _number_text(raw)
    if re.fullmatch(r"\+?[0-9\s-]{1,30}", typed) and re.fullmatch("1[3-9][0-9]{9}", found := normalise("phone", typed)):
        return found
    raise _Wrong("PHONE_FORM", "要填 11 位手机号，例如 13800138000",
                 "must be an 11-digit mobile number, for example 13800138000")


def _usci(spec: Any, raw: object, today: date | None) -> str:
    value = re.sub(r"[\s-]", "", _number_text(raw)).upper()
    if not usci_is_valid(value):
        raise _Wrong("USCI_FORM", "要填 18 位统一社会信用代码，请对照证书逐位核对",
                     "must be the 18-character unified social credit code; compare it with the certificate")
    return value


_PARSERS: Mapping[str, Callable[[Any, object, date | None], Any]] = {
    "text": _text, "note": _text, "int": _int, "decimal": _decimal,
    "money": _money, "date": _date, "month": _month, "bool": _bool, "enum": _enum, "multi": _multi,
    "idcard": _idcard, "bankcard": _bankcard, "phone": _phone, "usci": _usci,
}
