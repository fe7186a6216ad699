"""Tokens → clauses: the subset of Python's expression grammar that definitions may use.

Precedence and associativity are Python's, lowest first: `a if c else b`, or, and, not, comparisons (chained, in,
not in), + -, * / // %, signs. A test compares them with Python's own reading of random expressions.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NoReturn

from . import functions
from .checking import Checker
from .clauses import Clause
from .expression_faults import ExpressionFault
from .kinds import Kind, Names, Rows
from .tokens import MAX_NESTING, Token, tokenise

_KEYWORDS = frozenset("and or not in if else for True False None".split())
_CONSTANTS = {"True": True, "False": False, "None": None}
_COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">="))


def read(source: str, names: Names) -> tuple[Clause | None, Checker]:
    """Return the checked clause of `source`, or None when it could not be read, and what was found on the way."""
    check = Checker(source, names)
    try:
        return _Reader(source, check).whole(), check
    except ExpressionFault as fault:
        check.faults.append(fault)
        return None, check


class _Reader:
    """Recursive descent over the tokens; `at` is the next one."""

    def __init__(self, source: str, check: Checker) -> None:
        self.tokens, self.check = tokenise(source), check
        self.at = self.nesting = 0

    def whole(self) -> Clause:
        if self.next.kind == "end":
            raise ExpressionFault("EXPR_SYNTAX", "表达式是空的", "The expression is empty")
        clause = self.conditional()
        if self.next.kind != "end":
            self.unexpected()
        return clause

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def sees(self, *texts: str) -> bool:
        return self.next.kind in ("mark", "name") and self.next.text in texts

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += token.kind != "end"
        return token

    def expect(self, text: str) -> Token:
        if not self.sees(text):
            self.unexpected(text)
        return self.take()

    def deeper(self, read: Callable[[], Clause]) -> Clause:
        """Read one level further in; signs, `not` and `else` nest as brackets do."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise ExpressionFault("EXPR_TOO_LONG", f"嵌套超过 {MAX_NESTING} 层，请拆成几个 calc",
                                  f"Nested more than {MAX_NESTING} levels; split it", self.next.start)
        clause = read()
        self.nesting -= 1
        return clause

    def conditional(self) -> Clause:
        then = self.either()
        if not self.sees("if"):
            return then
        self.take()
        test = self.either()
        self.expect("else")
        return self.check.choice(then, test, self.deeper(self.conditional))

    def either(self) -> Clause:
        return self.joined_by("or", lambda: self.joined_by("and", self.denial))

    def joined_by(self, word: str, read: Callable[[], Clause]) -> Clause:
        parts = [read()]
        while self.sees(word):
            self.take()
            parts.append(read())
        return parts[0] if len(parts) == 1 else self.check.both(word, parts)

    def denial(self) -> Clause:
        if self.sees("not"):
            start = self.take().start
            return self.check.negation(self.deeper(self.denial), start)
        return self.comparison()

    def comparison(self) -> Clause:
        left = self.sum()
        found: list[Clause] = []
        while mark := self.comparing():
            right = self.sum()
            found.append(self.check.comparison(mark, left, right))
            left = right
        if not found:
            return left
        return found[0] if len(found) == 1 else self.check.both("and", found)

    def comparing(self) -> str | None:
        if self.next.kind == "mark" and self.next.text in _COMPARISONS or self.sees("in"):
            return self.take().text
        if self.sees("not") and self.tokens[self.at + 1].text == "in":
            self.at += 2
            return "not in"
        return None

    def sum(self) -> Clause:
        return self.leftwards(("+", "-"), self.product)

    def product(self) -> Clause:
        return self.leftwards(("*", "/", "//", "%"), self.signed)

    def leftwards(self, marks: tuple[str, ...], read: Callable[[], Clause]) -> Clause:
        left = read()
        while self.next.kind == "mark" and self.next.text in marks:
            mark = self.take().text
            left = self.check.arithmetic(mark, left, read())
        return left

    def signed(self) -> Clause:
        if self.next.kind == "mark" and self.next.text in ("+", "-"):
            mark = self.take()
            return self.check.sign(mark.text, self.deeper(self.signed), mark.start)
        return self.primary()

    def primary(self) -> Clause:
        token = self.next
        if token.kind == "number":
            self.take()
            value = Decimal(token.text) if "." in token.text else int(token.text)
            clause = self.check.literal(value, token.start, token.end)
        elif token.kind == "text":
            self.take()
            clause = self.check.literal(token.text[1:-1], token.start, token.end)
        elif token.kind == "name" and token.text in _CONSTANTS:
            self.take()
            clause = self.check.literal(_CONSTANTS[token.text], token.start, token.end)
        elif token.kind == "name" and token.text not in _KEYWORDS:
            clause = self.named()
        elif self.sees("("):
            clause = self.bracketed()
        elif self.sees("["):
            clause = self.listing()
        else:
            self.unexpected()
        if self.sees("[", "(", "."):
            self.forbid_after(clause)
        return clause

    def forbid_after(self, clause: Clause) -> NoReturn:
        zh, en = {"[": ("取下标", "subscripts"), "(": ("这样调用", "such calls"), ".": ("取属性", "attributes")}[
            self.next.text]
        raise ExpressionFault("EXPR_FORBIDDEN", f"“{clause.text}”后面不能{zh}", f"No {en} after {clause.text!r}",
                              self.next.start)

    def bracketed(self) -> Clause:
        """Read `( … )`; the clause keeps its brackets, or the text of what it is part of would lose one."""
        start = self.take().start
        clause = self.deeper(self.conditional)
        if self.sees(","):
            raise ExpressionFault("EXPR_FORBIDDEN", "列表请用方括号，例如 ['a', 'b']",
                                  "Write lists in square brackets, as in ['a', 'b']", self.next.start)
        return self.check.wider(clause, start, self.expect(")").end)

    def listing(self) -> Clause:
        start = self.take().start
        parts = self.separated("]")
        return self.check.listing(parts, start, self.take().end)

    def separated(self, closing: str) -> list[Clause]:
        """Read parts between commas up to, and not including, `closing`."""
        parts: list[Clause] = []
        while not self.sees(closing):
            parts.append(self.deeper(self.conditional))
            if not self.sees(closing):
                self.expect(",")
        return parts

    def path(self) -> tuple[list[str], int, int]:
        first = self.take()
        steps, end = [first.text], first.end
        while self.sees("."):
            self.take()
            step = self.take()
            if step.kind != "name":
                raise ExpressionFault("EXPR_SYNTAX", "点后面要写名称", "Write a name after the dot", step.start)
            steps.append(step.text)
            end = step.end
        return steps, first.start, end

    def named(self) -> Clause:
        steps, start, end = self.path()
        if not self.sees("("):
            return self.check.name(steps, start, end)
        if len(steps) > 1:
            raise ExpressionFault("EXPR_FORBIDDEN", f"不能调用“{'.'.join(steps)}”", "Only functions are called", start)
        self.take()
        header = self.comprehension()
        if header is not None:
            return self.gathered(steps[0], start, header)
        parts = self.separated(")")
        return functions.call(self.check, steps[0], parts, start, self.take().end)

    def comprehension(self) -> int | None:
        """Return where `for` is when this call holds a comprehension: its variable is used before it is named."""
        depth = 0
        for position in range(self.at, len(self.tokens)):
            token = self.tokens[position]
            if token.kind == "mark":
                depth += (token.text in "([") - (token.text in ")]")
                if depth < 0:
                    return None
            elif depth == 0 and token.kind == "name" and token.text == "for":
                return position
        return None

    def gathered(self, function: str, start: int, header: int) -> Clause:
        if function not in functions.GATHERERS or self.check.row is not None:
            raise ExpressionFault("EXPR_FORBIDDEN", "for 只能写在 sum、any、all、count、min、max 里，且不能嵌套",
                                  "Only sum, any, all, count, min, max take a for, and not inside another",
                                  self.tokens[header].start)
        element_at, self.at = self.at, header + 1
        variable = self.variable()
        self.expect("in")
        table = self.table()
        rows = self.check.names.facts.get(table.name or "")
        self.check.row = (variable, table.name or "", rows if isinstance(rows, Rows) else None)
        tests_at, self.at = self.at, element_at
        element = self.element(variable, header)
        self.at = tests_at
        tests: list[Clause] = []
        while self.sees("if"):
            self.take()
            tests.append(self.deeper(self.either))
        self.check.row = None
        return functions.gather(self.check, function, table, element, tests, start, self.expect(")").end)

    def variable(self) -> str:
        token = self.take()
        roots = {name.split(".")[0] for name in self.check.names.facts}
        if token.kind != "name" or token.text in _KEYWORDS | roots | functions.FUNCTIONS:
            raise ExpressionFault("EXPR_FORBIDDEN", "for 后面要写一个新名字，例如 row",
                                  "Write a new name after for, such as row", token.start)
        return token.text

    def table(self) -> Clause:
        if self.next.kind != "name" or self.next.text in _KEYWORDS:
            self.unexpected()
        table = self.check.name(*self.path())
        self.check.need(table, Kind.ROWS)
        return table

    def element(self, variable: str, header: int) -> Clause | None:
        """Read what is gathered; the bare variable, which only `count` takes, is None."""
        if self.at + 1 == header and self.next.text == variable:
            return None
        element = self.deeper(self.conditional)
        if self.at != header:
            self.unexpected()
        return element

    def unexpected(self, wanted: str = "") -> NoReturn:
        """Say what was found instead of what the grammar needs here."""
        token = self.next
        if token.text == "=" and token.kind == "mark":
            zh, en = "判断相等请写 ==，不能赋值，也不能用参数名", "Write == for equality; no assignments, no keywords"
        elif token.text == "for" or token.text in ("*", "~", "@", "&", "|", "^", "<<", ">>", "->"):
            code_zh = f"这里不能用“{token.text}”"
            raise ExpressionFault("EXPR_FORBIDDEN", code_zh, f"{token.text!r} is not allowed here", token.start)
        elif token.kind == "end":
            zh, en = "表达式没有写完" + (f"，缺少“{wanted}”" if wanted else ""), "The expression is not finished"
        else:
            zh = f"这里不应该是“{token.text[:40]}”" + (f"，应为“{wanted}”" if wanted else "")
            en = f"Unexpected {token.text[:40]!r}" + (f", {wanted!r} is needed" if wanted else "")
        raise ExpressionFault("EXPR_SYNTAX", zh, en, token.start)
