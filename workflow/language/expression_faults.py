"""The two ways an expression is refused: when it is loaded, and when it cannot be answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from workflow.errors import BangfuError, one


class ExpressionFault(BangfuError):
    """The expression may not be published as written; `offset` is the character where the trouble begins."""

    def __init__(self, code: str, message_zh: str, message_en: str, offset: int = 0) -> None:
        self.code, self.message_zh, self.message_en, self.offset = code, message_zh, message_en, offset
        super().__init__(one(code, message_zh, message_en))

    def __repr__(self) -> str:
        return f"ExpressionFault({self.code!r}, {self.message_zh!r}, offset={self.offset})"


class Unanswerable(BangfuError):
    """The expression has no answer for these facts, which is not the same as "no".

    `names` are the dotted names to blame (`form.income`; a cell is `form.roster.amount`, with its `row` counted
    from 1). `reason` is one of EMPTY DIVISION_BY_ZERO WRONG_TYPE TOO_LARGE NO_ROW NO_ROWS TOO_MANY_ROWS.
    """

    status = 422

    def __init__(self, reason: str, names: Iterable[str] = (), row: int | None = None) -> None:
        self.reason, self.names, self.row = reason, tuple(dict.fromkeys(names)), row
        first = self.names[0] if self.names else None
        super().__init__(one(f"EXPR_{reason}", self.text(), self.text(lang="en"), first))

    def text(self, label: Callable[[str], str] = str, lang: str = "zh") -> str:
        """Return the sentence for people; `label` turns a dotted name into the words on the form."""
        if lang == "en":
            names = ", ".join(label(name) for name in self.names) or "this value"
            return _REASONS[self.reason][1].format(names=names) + (f" (row {self.row})" if self.row else "")
        names = "、".join(f"“{label(name)}”" for name in self.names) or "相关内容"
        return (f"第 {self.row} 行：" if self.row else "") + _REASONS[self.reason][0].format(names=names)


_REASONS = {
    "EMPTY": ("请先填写{names}", "Fill in {names} first"),
    "DIVISION_BY_ZERO": ("{names}不能为零，请改正后再试", "{names} must not be zero; correct it and try again"),
    "WRONG_TYPE": ("{names}的内容不是需要的类型，请检查", "{names} is not the kind of value needed here; check it"),
    "TOO_LARGE": ("计算结果过大，请检查{names}", "The result is too large; check {names}"),
    "NO_ROW": ("标准表里没有与{names}对应的一行，请检查填写的内容",
               "The policy table has no row for {names}; check it"),
    "NO_ROWS": ("{names}至少要有一行", "{names} needs at least one row"),
    "TOO_MANY_ROWS": ("{names}的行数过多，请分批办理", "{names} has too many rows; split it"),
}
