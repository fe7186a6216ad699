"""Source text of an expression → tokens, or the first fault.

The reader is our own, so that it cannot be driven into Python's parser: no escapes, prefixes, comments, exotic
number forms or look-alike characters get past this file, and every token knows the character it starts at.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from unicodedata import normalize

from .expression_faults import ExpressionFault

MAX_CHARACTERS = 2_000
MAX_NESTING = 25
_MAX_DIGITS = 15


class Token(NamedTuple):
    kind: str                        # name number text mark end
    text: str
    start: int
    end: int


_TOKEN = re.compile(r"""
    (?P<space>[ \t\r\n]+)
  | (?P<name>[^\W\d]\w*)
  | (?P<number>[0-9]+(?:\.[0-9]+)?(?![\w.]))
  | (?P<text>'[^'\\]*'|"[^"\\]*")
  | (?P<mark>\*\*|//|==|!=|<=|>=|<<|>>|->|:=|\.\.\.|[-+*/%<>()\[\]{},.:=~&|^@;!?\#\\`$])
""", re.VERBOSE)

_FORBIDDEN_MARKS = {
    "**": ("不能用乘方", "Powers are not allowed"), ":=": ("不能赋值", "Assignments are not allowed"),
    "{": ("不能用花括号", "Braces are not allowed"), "}": ("不能用花括号", "Braces are not allowed"),
    "#": ("不能写注释", "Comments are not allowed"), "\\": ("不能用反斜线", "Backslashes are not allowed"),
    ":": ("不能用冒号", "Colons are not allowed"), "...": ("不能用省略号", "Ellipses are not allowed"),
    ";": ("只能写一个表达式", "Only one expression is allowed"),
}
_FORBIDDEN_WORDS = frozenset(
    "as assert async await break class continue def del elif except exec finally from global import is lambda "
    "nonlocal pass raise return try while with yield".split())
_FULL_WIDTH = "，。（）＞＜＝！：；“”‘’【】＋－×÷／％、　"


def tokenise(source: str) -> list[Token]:
    """Return the tokens of `source`, ended by an "end" token. Raises `ExpressionFault`."""
    if len(source) > MAX_CHARACTERS:
        raise ExpressionFault("EXPR_TOO_LONG", f"表达式超过 {MAX_CHARACTERS} 个字符，请拆成几个 calc",
                              f"Longer than {MAX_CHARACTERS} characters; split it into several calc entries")
    tokens: list[Token] = []
    depth = position = 0
    while position < len(source):
        found = _TOKEN.match(source, position)
        if found is None:
            raise _unreadable(source, position)
        start, position = position, found.end()
        kind, text = found.lastgroup, found.group()
        if kind == "space":
            continue
        token = Token(kind or "", text, start, position)
        _refuse_forbidden(token, tokens)
        depth += (text in "([") - (text in ")]") if kind == "mark" else 0
        if depth > MAX_NESTING:
            raise ExpressionFault("EXPR_TOO_LONG", f"括号超过 {MAX_NESTING} 层，请拆成几个 calc",
                                  f"More than {MAX_NESTING} nested brackets; split it", start)
        tokens.append(token)
    tokens.append(Token("end", "", len(source), len(source)))
    return tokens


def _refuse_forbidden(token: Token, before: list[Token]) -> None:
    kind, text, start, _ = token
    if kind == "name":
        if text.startswith("_") or "__" in text:
            raise ExpressionFault("EXPR_FORBIDDEN", f"名称“{text}”不能以下划线开头或含双下划线",
                                  f"The name {text!r} must not begin with or double an underscore", start)
        if normalize("NFKC", text) != text:
            raise ExpressionFault("EXPR_FORBIDDEN", f"“{text}”含有形似字符，请用普通字母重写",
                                  f"{text!r} has look-alike characters; retype it", start)
        if text in _FORBIDDEN_WORDS:
            hint = "，比较请写 == 或 !=" if text == "is" else ""
            raise ExpressionFault("EXPR_FORBIDDEN", f"不能用“{text}”{hint}", f"{text!r} is not allowed", start)
    elif kind == "number" and len(text) > _MAX_DIGITS + 1:
        raise ExpressionFault("EXPR_TOO_LONG", f"数字不能超过 {_MAX_DIGITS} 位",
                              f"Numbers have at most {_MAX_DIGITS} digits", start)
    elif kind == "text":
        if not text.isprintable():
            raise ExpressionFault("EXPR_FORBIDDEN", "引号内有看不见的字符", "Invisible characters in the text", start)
        if before and before[-1].end == start and before[-1].kind == "name" and before[-1].text.lower() in _PREFIXES:
            raise ExpressionFault("EXPR_FORBIDDEN", "引号前不能有字母", "Text prefixes are not allowed", start)
        if before and before[-1].kind == "text":
            raise ExpressionFault("EXPR_SYNTAX", "两段文字之间少了逗号", "A comma is missing between two texts", start)
    elif kind == "mark" and text in _FORBIDDEN_MARKS:
        raise ExpressionFault("EXPR_FORBIDDEN", *_FORBIDDEN_MARKS[text], start)
    elif kind == "number" and len(text) > 1 and text[0] == "0" and text[1] != ".":
        raise ExpressionFault("EXPR_SYNTAX", "整数不能以 0 开头；编号请加引号",
                              "Numbers do not begin with 0; quote a code", start)


_PREFIXES = frozenset("f b r u fr rf br rb t".split())


def _unreadable(source: str, position: int) -> ExpressionFault:
    character = source[position]
    if character in "'\"":
        if "\\" in source[position:].split(character)[1]:
            return ExpressionFault("EXPR_FORBIDDEN", "引号内不能用反斜线", "No backslashes in texts", position)
        return ExpressionFault("EXPR_SYNTAX", "引号没有成对", "The quote is not closed", position)
    if character.isascii() and character.isdigit():
        return ExpressionFault("EXPR_SYNTAX", "数字写法不对，请写成 1500 或 0.5",
                               "Write numbers as 1500 or 0.5", position)
    if character in _FULL_WIDTH:
        return ExpressionFault("EXPR_SYNTAX", f"“{character}”是全角符号，请改用半角",
                               f"{character!r} is a full-width character; use the ASCII one", position)
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    return ExpressionFault("EXPR_FORBIDDEN", f"不能用字符“{shown}”", f"The character {shown} is not allowed", position)
