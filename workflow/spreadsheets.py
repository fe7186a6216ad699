"""Spreadsheets that people hand in, as rows of text: xlsx and csv, nothing of them trusted.

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
from pathlib import Path

import orjson

from .errors import Refused, one

MAX_BYTES = 2 * 1024 * 1024
MAX_UNPACKED = 50 * 1024 * 1024
MAX_RATIO, MAX_ENTRIES = 100, 200
MAX_ROWS, MAX_COLUMNS, MAX_CELL = 5000, 60, 2000
SECONDS, MEMORY = 20, 1024 * 1024 * 1024
_ROOT = Path(__file__).resolve().parents[1]


def rows(data: bytes, separator: str = "") -> list[list[str]]:
    """Return the first sheet, cells as text without space around them, rows in which nothing stands left empty.

    `separator` is that of a text file; where it is left out, a comma or a tab, whichever the first line has.

    Raises `Refused` with what to do instead.
    """
    if not data:
        raise _refused("SHEET_EMPTY", "这个文件是空的，请重新选择", "This file is empty; choose it again")
    if len(data) > MAX_BYTES:
        raise _refused("SHEET_LARGE", "表格超过 2 MB，请删去图片和多余的工作表，或分成几次上传",
                       "The sheet is over 2 MB; remove pictures and other sheets, or send it in parts")
    if data.startswith(b"PK\x03\x04"):
        _fits(data)
        found = _workbook(data)
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        raise _refused("SHEET_OLD", "这是旧版 .xls 或加了密码的表格，请取消密码并另存为 .xlsx 再上传",
                       "This is an old .xls or has a password; save it as .xlsx without one")
    else:
        found = _csv(data, separator)
    if len(found) > MAX_ROWS:
        raise _refused("SHEET_LONG", f"表格超过 {MAX_ROWS} 行，请分成几次上传", f"The sheet has over {MAX_ROWS} rows; send it in parts")
    if not any(any(row) for row in found):
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


def _fits(data: bytes) -> None:
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
            left = min(MAX_UNPACKED, MAX_RATIO * len(data))
            for entry in entries:
                with archive.open(entry) as part:
                    while piece := part.read(1024 * 1024):
                        left -= len(piece)
                        if left < 0:
                            raise large
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise _broken() from error


def _workbook(data: bytes) -> list[list[str]]:
    try:
        # The parser is compiled code: whatever a hostile file makes of it ends with the process.
        done = subprocess.run([sys.executable, "-m", "workflow.spreadsheets"], input=data, capture_output=True, timeout=SECONDS,
                              cwd=_ROOT, check=False)
    except subprocess.TimeoutExpired as error:
        raise _broken() from error
    if done.returncode != 0:
        raise _broken()
    found: list[list[str]] = orjson.loads(done.stdout)
    return found


def _csv(data: bytes, separator: str = "") -> list[list[str]]:
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
        found: list[list[str]] = []
        for row in reader:
            found.append([cell.strip()[:MAX_CELL] for cell in row[:MAX_COLUMNS]])
            if len(found) > MAX_ROWS:
                break
    except csv.Error as error:
        raise _broken() from error
    return found


def _broken() -> Refused:
    return _refused("SHEET_BROKEN", "表格打不开，可能已损坏。请在 Excel 或 WPS 里打开，另存为 .xlsx 再上传",
                    "The sheet does not open and may be damaged; open it in a spreadsheet program, save it as .xlsx and send it again")


def _refused(code: str, zh: str, en: str) -> Refused:
    return Refused(one(code, zh, en))


def _words(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell).strip()[:MAX_CELL]


def _child() -> None:
    """Read a workbook from standard input and write its first sheet as JSON."""
    try:
        import resource
    except ImportError:                                      # Windows knows no such limits; the time limit holds there
        pass
    else:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    from python_calamine import CalamineWorkbook

    sheet = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read())).get_sheet_by_index(0)
    lines = []
    for row in sheet.iter_rows():
        lines.append([_words(cell) for cell in row[:MAX_COLUMNS]])
        if len(lines) > MAX_ROWS:
            break
    sys.stdout.buffer.write(orjson.dumps(lines))


if __name__ == "__main__":
    _child()
