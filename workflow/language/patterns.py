"""Patterns of text fields: a name from a short list, or a regular expression that cannot run away.

A definition is untrusted, and Python's matcher can need longer than the universe for `(a+)+`. So a pattern is read
before it is used: no repeat inside a repeat, no choice inside a repeat, no look-around or back-references, and the
number of ways to split a text among all the repeats stays small.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from re import _parser  # type: ignore[attr-defined]  # the one way to read a pattern exactly as `re` will
from typing import Any

MAX_PATTERN = 200
MAX_MATCHED = 200                    # characters of text that a pattern is tried on
_MAX_WAYS = 50_000                   # about a millisecond of matching; two open repeats, not three

NAMED: dict[str, str] = {
    "digits": r"[0-9]+", "letters": r"[A-Za-z]+", "code": r"[0-9A-Za-z-]+", "postcode": r"[0-9]{6}",
    "year": r"(?:19|20)[0-9]{2}", "landline": r"0[0-9]{2,3}-?[0-9]{7,8}",
    "email": r"[0-9A-Za-z._%+-]{1,64}@[0-9A-Za-z.-]{1,100}",
    "plate": r"[\u4e00-\u9fff][A-Z][0-9A-Z]{5,6}", "passport": r"[A-Z]{1,2}[0-9]{7,8}",
    "chinese": r"[\u4e00-\u9fff·]+",
}


def pattern_faults(pattern: object) -> list[tuple[str, str, str]]:
    """Return (code, Chinese, English) for everything that forbids this pattern; [] when it may be used."""
    if not isinstance(pattern, str) or not pattern:
        return [("PATTERN_SYNTAX", "pattern 要写文字", "A pattern is text")]
    if pattern in NAMED:
        return []
    if len(pattern) > MAX_PATTERN:
        return [("PATTERN_TOO_LONG", f"pattern 不能超过 {MAX_PATTERN} 个字符", f"At most {MAX_PATTERN} characters")]
    if not pattern.isprintable():
        return [("PATTERN_FORBIDDEN", "pattern 含有看不见的字符", "The pattern has invisible characters")]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")               # `[[a]` only warns today and will mean something else later
            parsed = _parser.parse(pattern)
        ways = _ways(parsed, inside=False)
        if parsed.state.flags & ~re.UNICODE:
            raise _Unsafe("不能用 (?i) 这类开关", "Inline flags are not allowed")
    except _Unsafe as unsafe:
        return [("PATTERN_UNSAFE", f"pattern {unsafe.zh}", unsafe.en)]
    except (re.error, OverflowError, RecursionError, ValueError, Warning) as error:
        return [("PATTERN_SYNTAX", f"pattern 写法不对：{error}", f"The pattern cannot be read: {error}")]
    if ways > _MAX_WAYS:
        return [("PATTERN_UNSAFE", "pattern 里不定长的重复太多，请写明次数，例如 {1,10}",
                 "Too many open repeats; give their counts, as in {1,10}")]
    return []


def matches(pattern: str, text: str) -> bool:
    """Return whether the whole of `text` fits. Raises `ValueError` for a pattern that may not be used."""
    return len(text) <= MAX_MATCHED and _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    if found := pattern_faults(pattern):
        raise ValueError(found[0][2])
    return re.compile(NAMED.get(pattern, pattern))


class _Unsafe(Exception):
    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(en)


def _ways(parsed: Any, *, inside: bool) -> int:
    """Return an upper bound of the ways to try `parsed`. Raises `_Unsafe`; `inside` a repeat nothing may vary."""
    ways = 1
    for operation, argument in parsed:
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            low, high, repeated = argument
            varies = low != high
            if varies and inside:
                raise _Unsafe("不能在重复里再写重复", "A repeat must not be inside a repeat")
            if low > MAX_MATCHED:
                raise _Unsafe(f"重复次数不能超过 {MAX_MATCHED}", f"At most {MAX_MATCHED} repeats")
            _ways(repeated, inside=True)
            ways *= min(int(high), MAX_MATCHED) - low + 1 if varies else 1
        elif name == "BRANCH":
            if inside:
                raise _Unsafe("不能在重复里写“|”", "No choice inside a repeat")
            ways *= sum(_ways(branch, inside=False) for branch in argument[1])
        elif name == "SUBPATTERN":
            if argument[1] or argument[2]:
                raise _Unsafe("不能用 (?i) 这类开关", "Inline flags are not allowed")
            ways *= _ways(argument[3], inside=inside)
        elif name not in ("LITERAL", "NOT_LITERAL", "IN", "ANY", "AT"):
            raise _Unsafe("不能用断言、反向引用等写法", "Look-around and back-references are not allowed")
    return ways
