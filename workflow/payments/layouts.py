"""What the files of a bank look like: `definitions/banks/<name>.yaml`, columns for what is sent and for what comes back.

They are styles: branches differ, and whoever keeps the county's installation changes headings and order to what their
bank gave them. A file that cannot be meant is refused with the line it stands in.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import Message, Refused
from ..language import scalars
from ..language.definition import Label
from ..language.faults import did_you_mean
from ..language.scalars import Node

BANKS = Path(__file__).resolve().parents[2] / "definitions" / "banks"
VALUES = ("n", "reference", "account", "holder", "bank", "amount", "purpose", "number", "date")
HEAD = ("number", "count", "total", "date")
COLUMNS = ("reference", "account", "holder", "amount", "status", "code", "message", "bank_ref", "day")
_FILE = ("ending", "encoding", "separator", "headings", "unit", "date", "head", "columns")
_ANSWER = ("separator", "unit", "dates", "columns", "paid", "failed", "waiting")
UNITS, ENDINGS = ("yuan", "fen"), ("csv", "txt")


@dataclass(frozen=True, slots=True)
class Column:
    heading: str
    value: str = ""                  # one of VALUES; or
    text: str = ""                   # the same in every line


@dataclass(frozen=True, slots=True)
class Answer:
    """How the bank's answer is read: headings per column, and which words mean paid, failed and not yet; `*` in failed: any other."""

    separator: str
    unit: str
    dates: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    paid: frozenset[str]
    failed: frozenset[str]
    waiting: frozenset[str]


@dataclass(frozen=True, slots=True)
class Layout:
    name: str
    title: Label
    ending: str
    encoding: str
    separator: str
    headings: bool
    unit: str
    date: str
    head: tuple[str, ...]
    columns: tuple[Column, ...]
    answer: Answer

    def write(self, lines: Iterable[Mapping[str, Any]], batch: Mapping[str, Any]) -> bytes:
        """Return the bank file. `lines` hold n, reference, account, holder, bank, purpose and amount (分), `batch` number, count,
        total (分) and date. Pure, and always the same bytes for the same batch."""
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=self.separator, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
        common = {"number": batch["number"], "count": str(batch["count"]), "total": self._money(batch["total"]),
                  "date": batch["date"].strftime(self.date)}
        if self.head:
            writer.writerow([common[word] for word in self.head])
        if self.headings:
            writer.writerow([column.heading for column in self.columns])
        for line in lines:
            known = {**common, **line, "n": str(line["n"]), "amount": self._money(line["amount"])}
            writer.writerow([column.text or known[column.value] or "" for column in self.columns])
        return out.getvalue().encode(self.encoding)

    def unwritable(self, text: str) -> str:
        """Return the signs of a text that this bank's encoding does not have."""
        return "".join(sign for sign in dict.fromkeys(text) if sign.encode(self.encoding, "ignore") == b"")

    def _money(self, fen: int) -> str:
        return str(fen) if self.unit == "fen" else f"{fen // 100}.{fen % 100:02d}"


def names(root: Path | None = None) -> list[str]:
    """Return the names of the layouts there are."""
    return sorted(path.stem for path in (root or BANKS).glob("*.yaml"))


def layout(name: str, root: Path | None = None) -> Layout:
    """Return the layout of this name. Raises `Refused` with every fault as `file:line`, or where there is none."""
    if name not in names(root):
        raise Refused([Message("NO_LAYOUT", f"没有银行文件样式“{name}”，可选：{'、'.join(names(root))}",
                               f"There is no bank layout '{name}'; there are: {', '.join(names(root))}", "layout")])
    path = (root or BANKS) / f"{name}.yaml"
    return _read(path, path.stat().st_mtime_ns)


def read(data: bytes, name: str) -> Layout:
    """Return the layout written in `data`. Raises `Refused` with every fault as `file:line`."""
    root, faults = scalars.parse(data, name)
    if root is None or faults:
        raise Refused([Message("LAYOUT", f"{name}:{one.line}: {one.zh}", f"{name}:{one.line}: {one.en}", "layout") for one in faults])
    sheet = _Sheet(root, name)
    found = sheet.layout()
    if sheet.faults:
        raise Refused(sheet.faults)
    return found


@lru_cache(maxsize=32)
def _read(path: Path, _changed: int) -> Layout:
    return read(path.read_bytes(), path.name)


class _Sheet:
    """One layout file being read; faults gather with the lines they stand in."""

    def __init__(self, root: Node, name: str) -> None:
        self.root, self.name = root, name
        self.faults: list[Message] = []

    def layout(self) -> Layout:
        self._keys((), ("title", "file", "answer"))
        self._keys(("file",), _FILE)
        self._keys(("answer",), _ANSWER)
        title = self._plain("title")
        columns = tuple(self._column(at) for at, _one in enumerate(self._list("file", "columns")))
        written = [column.value for column in columns]
        for word in ("account", "holder", "amount", "reference"):
            if word not in written:
                self._fault(("file", "columns"), f"银行文件里没有“{word}”这一列", f"The bank file has no column '{word}'")
        head = tuple(str(one) for one in self._list("file", "head"))
        for at, word in enumerate(head):
            self._known(("file", "head", at), word, HEAD)
        return Layout(
            Path(self.name).stem, Label(title["zh"], title.get("en", "")) if isinstance(title, dict) and "zh" in title else Label(str(title or self.name)),
            self._one("file", "ending", "csv", ENDINGS), self._encoding(), self._separator("file"), self._plain("file", "headings") is not False,
            self._one("file", "unit", "yuan", UNITS), str(self._plain("file", "date") or "%Y%m%d"), head, columns, self._answer())

    def _answer(self) -> Answer:
        columns: dict[str, tuple[str, ...]] = {}
        written = self._plain("answer", "columns")
        for word, headings in (written if isinstance(written, dict) else {}).items():
            self._known(("answer", "columns", word), word, COLUMNS)
            columns[word] = tuple(map(str, headings)) if isinstance(headings, list) else (str(headings),)
        for word in ("account", "amount", "status"):
            if word not in columns:
                self._fault(("answer", "columns"), f"回单里没有“{word}”这一列", f"The answer has no column '{word}'")
        words = {name: frozenset(map(str, self._list("answer", name))) for name in ("paid", "failed", "waiting")}
        for name in ("paid", "failed"):
            if not words[name]:
                self._fault(("answer", name), f"没有写哪些结果算“{name}”", f"Nothing says which results mean '{name}'")
        if twice := words["paid"] & words["failed"] | words["paid"] & words["waiting"]:
            self._fault(("answer", "paid"), f"“{'、'.join(sorted(twice))}”既算成功又不算成功", f"{', '.join(sorted(twice))} means two things")
        dates = tuple(str(one) for one in self._list("answer", "dates")) or ("%Y-%m-%d",)
        return Answer(self._separator("answer") if self.root.get("answer", "separator") else "", self._one("answer", "unit", "yuan", UNITS), dates, columns,
                      words["paid"], words["failed"], words["waiting"])

    def _column(self, at: int) -> Column:
        path = ("file", "columns", at)
        one = self._plain(*path)
        if not isinstance(one, dict) or not one.get("heading") or ("value" in one) == ("text" in one):
            self._fault(path, "一列要写 heading，再写 value 或 text 之一", "A column has a heading, and either a value or a text")
            return Column("")
        if "value" in one:
            self._known((*path, "value"), str(one["value"]), VALUES)
        return Column(str(one["heading"]), str(one.get("value", "")), str(one.get("text", "")))

    def _encoding(self) -> str:
        written = str(self._plain("file", "encoding") or "utf-8")
        try:
            codecs.lookup(written)
        except LookupError:
            self._fault(("file", "encoding"), f"不认识编码“{written}”", f"There is no encoding '{written}'")
            return "utf-8"
        return written

    def _separator(self, part: str) -> str:
        written = self._plain(part, "separator")
        separator = "," if written is None else str(written).replace("\\t", "\t")
        if len(separator) != 1 or separator.isalnum() or separator in "\"\r\n":
            self._fault((part, "separator"), "分隔符要写一个符号，例如 , 或 |", "The separator is one sign, such as , or |")
            return ","
        return separator

    def _one(self, part: str, key: str, default: str, known: Sequence[str]) -> str:
        written = self._plain(part, key)
        if written is None:
            return default
        self._known((part, key), str(written), known)
        return str(written)

    def _known(self, path: tuple[str | int, ...], word: str, known: Sequence[str]) -> None:
        if word not in known:
            zh, en = did_you_mean(word, known)
            self._fault(path, f"不认识“{word}”{zh}", f"Unknown '{word}'{en}")

    def _keys(self, path: tuple[str | int, ...], known: Sequence[str]) -> None:
        found = self._plain(*path)
        if not isinstance(found, dict):
            self._fault(path, f"要写 {'、'.join(known)}", f"{', '.join(known)} belong here")
            return
        for key in found:
            if key not in known:
                self._known((*path, key), str(key), known)

    def _plain(self, *path: str | int) -> Any:
        node = self.root.get(*path)
        return None if node is None else node.plain()

    def _list(self, *path: str | int) -> list[Any]:
        found = self._plain(*path)
        return found if isinstance(found, list) else [] if found is None else [found]

    def _fault(self, path: tuple[str | int, ...], zh: str, en: str) -> None:
        line = self.root.key_at(*path).line
        self.faults.append(Message("LAYOUT", f"{self.name}:{line}: {zh}", f"{self.name}:{line}: {en}", "layout"))
