"""Spreadsheets that people hand in, as rows of cells: xlsx and csv, for imports xls too, nothing of them trusted.

A workbook is an archive of XML: it is unpacked and counted before anybody parses it, and parsed in a process of its own
with little memory and little time. Formulas are not carried out; what was last shown in the cell is what is read.
"""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from .errors import Refused, one

MAX_RATIO, MAX_ENTRIES = 100, 200
MAX_COLUMNS, MAX_CELL = 60, 2000
MEMORY = 1024 * 1024 * 1024
_ROOT = Path(__file__).resolve().parents[1]
_OLD = b"\xd0\xcf\x11\xe0"           # .xls, and anything with a password
Cell = str | int | float             # a number only where the sheet holds one as a number


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a sheet may be: MB as sent and unpacked, rows, and seconds for reading it."""

    size: int
    unpacked: int
    rows: int
    seconds: int


SMALL, LARGE = Limits(2, 50, 5_000, 20), Limits(16, 320, 60_000, 60)


def rows(data: bytes, separator: str = "") -> list[list[str]]:
    """Return the first sheet, cells as text without space around them, rows in which nothing stands left empty.

    `separator` is that of a text file, where it is known; otherwise commas or tabs. Raises `Refused` with what to do instead.
    """
    if data.startswith(_OLD):
        raise _refused("SHEET_OLD", "这是旧版 .xls 或加了密码的表格，请取消密码并另存为 .xlsx 再上传",
                       "This is an old .xls or has a password; save it as .xlsx without one")
    return [[_words(cell) for cell in row] for row in _read(data, SMALL, separator)]


def cells(data: bytes) -> list[list[Cell]]:
    """Return the first sheet of a long list, of an .xls too: text as `rows` has it, days as ISO text, numbers as numbers.

    Excel keeps 15 digits of a number: whoever reads identity or card numbers refuses one that comes as a number.
    """
    return _read(data, LARGE)


def _read(data: bytes, limits: Limits, separator: str = "") -> list[list[Cell]]:
    if not data:
        raise _refused("SHEET_EMPTY", "这个文件是空的，请重新选择", "This file is empty; choose it again")
    if len(data) > limits.size * 1024 * 1024:
        raise _refused("SHEET_LARGE", f"表格超过 {limits.size} MB，请删去图片和多余的工作表，或分成几次上传",
                       f"The sheet is over {limits.size} MB; remove pictures and other sheets, or send it in parts")
    if data.startswith(b"PK\x03\x04"):
        _fits(data, limits)
        found = _workbook(data, limits)
    elif data.startswith(_OLD):
        found = _workbook(data, limits)
    else:
        found = _csv(data, limits, separator)
    if len(found) > limits.rows:
        raise _refused("SHEET_LONG", f"表格超过 {limits.rows} 行，请分成几次上传", f"The sheet has over {limits.rows} rows; send it in parts")
    if not any(any(cell != "" for cell in row) for row in found):
        raise _refused("SHEET_EMPTY", "表格里没有内容，请填好后再上传", "There is nothing in this sheet; fill it in first")
    return found


def workbook(headings: Sequence[str], lines: Sequence[Sequence[str]], widths: Sequence[int], title: str) -> bytes:
    """Return an xlsx of text cells under bold headings."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet, bold, plain = book.add_worksheet(title), book.add_format({"bold": True, "bg_color": "#F6F4EF", "border": 1}), book.add_format({"num_format": "@"})
    for column, (heading, width) in enumerate(zip(headings, widths, strict=True)):
        sheet.set_column(column, column, width, plain)
        sheet.write_string(0, column, heading, bold)
    for number, line in enumerate(lines, 1):
        for column, cell in enumerate(line):
            sheet.write_string(number, column, cell, plain)
    sheet.freeze_panes(1, 0)
    book.close()
    return out.getvalue()


def _fits(data: bytes, limits: Limits) -> None:
    """Unpack every part, counting what really comes out: sizes named inside an archive are only its word."""
    large = _refused("SHEET_BOMB", "这个表格解开后异常庞大，没有读取。请新建一个表格，把内容粘贴进去再上传",
                     "This sheet unpacks to an unreasonable size and was not read; paste its content into a new one")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise large
            if "xl/workbook.xml" not in archive.namelist():
                raise _refused("SHEET_KIND", "这不是 Excel 表格，请上传 .xlsx 或 .csv 文件", "This is no spreadsheet; send an .xlsx or .csv file")
            left = min(limits.unpacked * 1024 * 1024, MAX_RATIO * len(data))
            for entry in entries:
                with archive.open(entry) as part:
                    while piece := part.read(1024 * 1024):
                        left -= len(piece)
                        if left < 0:
                            raise large
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise _broken() from error


def _workbook(data: bytes, limits: Limits) -> list[list[Cell]]:
    try:
        # The parser is compiled code: whatever a hostile file makes of it ends with the process.
        done = subprocess.run([sys.executable, "-m", "workflow.spreadsheets", str(limits.rows), str(limits.seconds)], input=data, capture_output=True,
                              timeout=limits.seconds, cwd=_ROOT, check=False)
    except subprocess.TimeoutExpired as error:
        raise _broken() from error
    if done.returncode != 0:
        raise _broken()
    found: list[list[Cell]] = orjson.loads(done.stdout)
    return found


def _csv(data: bytes, limits: Limits, separator: str) -> list[list[Cell]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise _refused("SHEET_KIND", "这不是表格，请上传 .xlsx 或 .csv 文件", "This is no spreadsheet; send an .xlsx or .csv file")
    if any(ord(sign) < 32 and sign not in "\t\r\n" for sign in text):
        raise _refused("SHEET_KIND", "这不是表格，请上传 .xlsx 或 .csv 文件", "This is no spreadsheet; send an .xlsx or .csv file")
    first = text.partition("\n")[0]
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator or ("\t" if "\t" in first and "," not in first else ","))
        found: list[list[Cell]] = []
        for row in reader:
            found.append([cell.strip()[:MAX_CELL] for cell in row[:MAX_COLUMNS]])
            if len(found) > limits.rows:
                break
    except csv.Error as error:
        raise _broken() from error
    return found


def _broken() -> Refused:
    return _refused("SHEET_BROKEN", "表格打不开，可能已损坏。请在 Excel 或 WPS 里打开，另存为 .xlsx 再上传",
                    "The sheet does not open and may be damaged; open it in a spreadsheet program, save it as .xlsx and send it again")


def _refused(code: str, zh: str, en: str) -> Refused:
    return Refused(one(code, zh, en))


def _words(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell)


def _plain(cell: object) -> Cell:
    """A cell as it travels: whole numbers as such where they fit, days without the midnight they come with."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, (int, float)):
        return int(cell) if cell == cell // 1 and abs(cell) < 2**63 else float(cell)
    if isinstance(cell, datetime) and (cell.hour, cell.minute, cell.second) == (0, 0, 0):
        cell = cell.date()
    return str(cell).strip()[:MAX_CELL]


def _child() -> None:
    """Read a workbook from standard input and write its first sheet as JSON. Arguments: rows and seconds at most."""
    most, seconds = int(sys.argv[1]), int(sys.argv[2])
    try:
        import resource
    except ImportError:                                      # Windows knows no such limits; the time limit holds there
        pass
    else:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    from python_calamine import CalamineWorkbook

    sheet = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read())).get_sheet_by_index(0)
    lines = []
    for row in sheet.iter_rows():
        lines.append([_plain(cell) for cell in row[:MAX_COLUMNS]])
        if len(lines) > most:
            break
    sys.stdout.buffer.write(orjson.dumps(lines))


if __name__ == "__main__":
    _child()
