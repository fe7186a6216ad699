"""What the bank answered, row by row: which payment each row is of and what became of it, or the cell that is wrong.

Rows may come in any order and in parts. A row is found by its reference, or by account and amount where the bank lost
it; whatever belongs to no line of the batch, says something else than was sent, or says it twice, is a fault that
names its cell. Pure: what is written, and that nothing is while there is a fault, is for `batches`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from ..errors import Message, Refused, one
from ..language.identity import normalise
from ..language.reading_values import amount_written
from .layouts import Answer

LOOKED = 20                          # rows in which the headings must stand
MOST_FAULTS = 200                    # told of one file; whoever sent the wrong file need not read about every row of it
_TOTALS, _WHOLE = ("合计", "总计", "小计", "total"), ("合计", "总计", "total")
_MORE = re.compile(r"-\d{4,}\Z")


@dataclass(frozen=True, slots=True)
class Sent:
    """A line of the batch as it was sent; `status` is what is known of it so far."""

    n: int
    reference: str
    account: str
    holder: str
    amount: int
    status: str


@dataclass(frozen=True, slots=True)
class Told:
    """What the bank says of line `n`: paid or failed. `place` is the row in its file."""

    place: int
    n: int
    paid: bool
    code: str
    sentence: str
    bank_ref: str
    day: date | None


@dataclass(slots=True)
class Reading:
    told: list[Told] = field(default_factory=list)
    waiting: int = 0                 # rows that say: not yet
    rows: int = 0
    faults: list[Message] = field(default_factory=list)


def read(answer: Answer, rows: Sequence[Sequence[str]], sent: Sequence[Sent], batch: str, today: date) -> Reading:
    """Return what the rows of a file say of the lines of batch number `batch`. Raises `Refused` where it is no such file at all."""
    head, places = _headings(answer, rows)
    return _Reader(answer, places, sent, batch, today).read(rows[head + 1:], head + 2)


def _headings(answer: Answer, rows: Sequence[Sequence[str]]) -> tuple[int, dict[str, int]]:
    """Return the row of the headings (from 0) and the column of each word."""
    best: list[str] = []
    for number, row in enumerate(rows[:LOOKED]):
        cells = [_plain(cell) for cell in row]
        places = {word: next((cells.index(_plain(one)) for one in headings if _plain(one) in cells), -1) for word, headings in answer.columns.items()}
        missing = [answer.columns[word][0] for word in ("account", "amount", "status") if places[word] < 0]
        if not missing:
            return number, {word: at for word, at in places.items() if at >= 0}
        if len(missing) < 3 or not best:
            best = missing
    raise Refused(one("ANSWER_HEADINGS", f"回单里找不到“{'、'.join(best)}”列。请确认选对了银行样式，并上传带列名的回单文件",
                      f"There is no column {', '.join(best)} in this answer; check the layout, and send the file with its headings", "file"))


class _Reader:
    def __init__(self, answer: Answer, places: Mapping[str, int], sent: Sequence[Sent], batch: str, today: date) -> None:
        self.answer, self.places, self.batch, self.today = answer, places, batch, today
        self.lines = {line.n: line for line in sent}
        self.by_reference = {line.reference: line for line in sent}
        self.by_account: defaultdict[tuple[str, int], list[Sent]] = defaultdict(list)
        for line in sent:
            self.by_account[line.account, line.amount].append(line)
        self.unnamed: defaultdict[tuple[str, str], list[str]] = defaultdict(list)     # results of rows without a reference, by account and amount
        self.guessed: set[int] = set()
        self.seen: dict[int, int] = {}
        self.reading = Reading()
        self.sums: dict[bool, int] = {True: 0, False: 0}          # what the rows come to so far: the paid ones, the others

    def read(self, rows: Sequence[Sequence[str]], first: int) -> Reading:
        later: list[tuple[int, Sequence[str]]] = []
        for place, row in enumerate(rows, first):
            if len(self.reading.faults) >= MOST_FAULTS:
                break
            if not any(cell.strip() for cell in row):
                continue
            if self._totals(row):
                self._agrees(place, row)
                continue
            self._counted(row)
            self.reading.rows += 1
            if self._cell(row, "reference") in self.by_reference:
                self._row(place, row, self.by_reference[self._cell(row, "reference")])
            else:
                self.unnamed[normalise("bankcard", self._cell(row, "account")), self._cell(row, "amount")].append(self._cell(row, "status"))
                later.append((place, row))           # told by account and amount once those with a reference are out of the way
        for place, row in later:
            if len(self.reading.faults) >= MOST_FAULTS:
                break
            self._row(place, row, self._found(place, row))
        if not self.reading.rows:
            self._fault(first, "status", "文件里没有明细行", "There are no rows in this file")
        return self.reading

    def _row(self, place: int, row: Sequence[str], line: Sent | None) -> None:
        if line is None:
            return
        amount, faulty = self._amount(place, row), False
        for word, same in (("account", normalise("bankcard", self._cell(row, "account")) == line.account), ("amount", amount in (None, line.amount)),
                           ("holder", "holder" not in self.places or _name(self._cell(row, "holder")) == _name(line.holder))):
            if not same:
                faulty = True
                self._differs(place, row, word, line)
        if line.n in self.seen:
            self._fault(place, "reference" if "reference" in self.places else "account", f"与第 {self.seen[line.n]} 行是同一笔（{line.reference}），请删去重复的一行",
                        f"This is the same payment as row {self.seen[line.n]} ({line.reference}); remove one of them")
            return
        self.seen[line.n] = place
        paid = self._status(place, row)
        day = self._day(place, row)
        if paid is None or amount is None or faulty:
            return
        if line.status in ("paid", "failed") and (line.status == "paid") != paid:
            self._contradicts(place, line)
            return
        self.reading.told.append(Told(place, line.n, paid, self._cell(row, "code")[:40], self._cell(row, "message")[:200], self._cell(row, "bank_ref")[:80], day))

    def _found(self, place: int, row: Sequence[str]) -> Sent | None:
        """Return the line of a row whose reference says nothing of this batch; None, and a fault, where it is not one of ours."""
        said = self._cell(row, "reference")
        if _MORE.search(said) and not said.startswith(self.batch):
            self._fault(place, "reference", f"“{said}”不是本批次的编号，这一行属于别的批次", f"'{said}' is no reference of this batch; the row belongs to another")
            return None
        account, amount = normalise("bankcard", self._cell(row, "account")), self._amount(place, row)
        if not account:
            self._fault(place, "account", "账号是空的，看不出是哪一笔", "The account is empty, so nobody can tell which payment this is")
            return None
        if amount is None:
            return None
        same = self.by_account.get((account, amount), [])
        left = [line for line in same if line.n not in self.seen]
        if not same:
            self._fault(place, "account", f"账号尾号 {account[-4:]}、金额 {amount / 100:,.2f} 元的付款不在本批次里",
                        f"This batch has no payment of {amount / 100:,.2f} yuan to an account ending in {account[-4:]}")
            return None
        results = self.unnamed[account, self._cell(row, "amount")]
        if len(same) > 1 and (len(results) != len(left) + sum(line.n in self.guessed for line in same) or len(set(results)) > 1):
            self._fault(place, "account", "同一账号、同一金额有多笔，没有编号无法区分，请向银行要带编号的回单",
                        "Several payments have this account and amount; without a reference they cannot be told apart")
            return None
        found = left[0] if left else same[0]
        self.guessed.add(found.n)
        return found

    def _status(self, place: int, row: Sequence[str]) -> bool | None:
        said = self._cell(row, "status")
        if said in self.answer.paid:
            return True
        if said in self.answer.waiting:
            self.reading.waiting += 1
            return None
        if said in self.answer.failed or said and "*" in self.answer.failed:
            return False
        shown = f"“{said[:20]}”" if said else "空的"
        self._fault(place, "status", f"处理结果是{shown}，看不出成功还是失败", f"The result is {said[:20]!r}: neither paid nor failed")
        return None

    def _amount(self, place: int, row: Sequence[str]) -> int | None:
        said = self._cell(row, "amount")
        fen = self._read(said)
        if fen:
            return fen
        self._fault(place, "amount", f"金额“{said[:20]}”读不懂", f"The amount {said[:20]!r} cannot be read")
        return None

    def _day(self, place: int, row: Sequence[str]) -> date | None:
        said = self._cell(row, "day").partition(" ")[0]
        if not said:
            return None
        for pattern in self.answer.dates:
            try:
                found = datetime.strptime(said, pattern).date()  # noqa: DTZ007
            except ValueError:
                continue
            if date(2000, 1, 1) <= found <= self.today:
                return found
        self._fault(place, "day", f"日期“{said[:20]}”读不懂，或在今天之后", f"The day {said[:20]!r} cannot be read, or is after today")
        return None

    def _differs(self, place: int, row: Sequence[str], word: str, line: Sent) -> None:
        said = self._cell(row, word)
        if word == "account":
            number = "，表格可能把账号当成了数值" if "E+" in said.upper() or said.endswith("00") and said[:15] == line.account[:15] else ""
            self._fault(place, word, f"账号与发出的第 {line.n} 笔（尾号 {line.account[-4:]}）不一致{number}",
                        f"The account is not that of payment {line.n} as sent (ending in {line.account[-4:]})")
        elif word == "amount":
            self._fault(place, word, f"金额 {said} 与发出的第 {line.n} 笔（{line.amount / 100:,.2f} 元）不一致",
                        f"The amount {said} is not that of payment {line.n} as sent ({line.amount / 100:,.2f} yuan)")
        else:
            self._fault(place, word, f"户名与发出的第 {line.n} 笔不一致", f"The holder is not that of payment {line.n} as sent")

    def _contradicts(self, place: int, line: Sent) -> None:
        if line.status == "paid":
            self._fault(place, "status", f"第 {line.n} 笔已按上次回单记为到账，这里却是失败，请与银行核对；确属退汇的，请登记款项退回",
                        f"Payment {line.n} was booked as paid from an earlier answer, and here it failed; ask the bank, and enter money that came back as a repayment")
        else:
            self._fault(place, "status", f"第 {line.n} 笔上次回单为失败，这里却是成功，请与银行核对清楚，核清之前不要重新发放",
                        f"Payment {line.n} failed in an earlier answer, and here it is paid; ask the bank, and do not issue it again before")

    def _cell(self, row: Sequence[str], word: str) -> str:
        at = self.places.get(word, -1)
        return row[at].strip() if 0 <= at < len(row) else ""

    def _totals(self, row: Sequence[str]) -> bool:
        return not self._cell(row, "account") and not self._cell(row, "status") and any(
            cell.strip().lower().startswith(_TOTALS) for cell in row if cell)

    def _counted(self, row: Sequence[str]) -> None:
        fen = self._read(self._cell(row, "amount"))
        self.sums[self._cell(row, "status") in self.answer.paid] += fen or 0

    def _agrees(self, place: int, row: Sequence[str]) -> None:
        """A sum at the end is of all rows or of the paid ones; anything else, and rows are missing or were changed."""
        if not any(cell.strip().lower().startswith(_WHOLE) for cell in row if cell) or (said := self._cell(row, "amount")) == "":
            return
        if self._read(said) not in (self.sums[True], sum(self.sums.values())):
            whole, paid = (f"{fen / 100:,.2f}" for fen in (sum(self.sums.values()), self.sums[True]))
            self._fault(place, "amount", f"合计 {said[:20]} 与各行之和 {whole} 元（其中成功 {paid} 元）不一致，文件可能缺行或改过",
                        f"The sum {said[:20]} is not that of the rows, {whole} yuan, {paid} of them paid; rows may be missing or changed")

    def _read(self, said: str) -> int | None:
        """Return an amount as 分, or None."""
        plain = amount_written(said)
        if plain is None or (value := plain * (1 if self.answer.unit == "fen" else 100)) != value.to_integral_value() or not 0 <= value < 10**15:
            return None
        return int(value)

    def _fault(self, place: int, word: str, zh: str, en: str) -> None:
        cell = f"{column(self.places.get(word, 0))}{place}"
        message = Message("ANSWER_CELL", f"单元格 {cell}：{zh}", f"Cell {cell}: {en}", "file")
        if message not in self.reading.faults:
            self.reading.faults.append(message)


def column(at: int) -> str:
    """Return the letters of a column counted from 0: A … Z, AA …"""
    letters = ""
    while at >= 0:
        letters, at = chr(65 + at % 26) + letters, at // 26 - 1
    return letters


def _plain(text: str) -> str:
    return re.sub(r"[\s*：:]", "", text.replace("(", "（").replace(")", "）"))


def _name(text: str) -> str:
    return re.sub(r"[\s·•．.]", "", text)
