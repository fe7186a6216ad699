"""The sheet of 会议票决: its columns, and what is wrong with each row in words. Knows nothing of cases."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask_babel import gettext as _

from workflow import spreadsheets
from workflow.errors import Refused, one

from ..language import N_

MOST = 200
LONGEST = 500                        # characters of a remark
COLUMNS = (N_("案件编号"), N_("同意票"), N_("反对票"), N_("弃权票"), N_("结论"), N_("说明"))
NUMBER, IN_FAVOUR, AGAINST, ABSTAINED, RESULT, REMARK = range(6)
_ENGLISH = ("case number", "for", "against", "abstained", "result", "remark")
_WIDTHS = (30, 10, 10, 10, 12, 40)
_PASSED = {"通过": True, "同意": True, "passed": True, "pass": True, "yes": True,
           "不通过": False, "未通过": False, "不同意": False, "not passed": False, "fail": False, "failed": False, "no": False}


@dataclass(frozen=True, slots=True)
class Line:
    """One row: `place` is its number in the file, `typed` the counts as they stand there; `faults` are (column or "", sentence)."""

    place: int
    number: str
    counts: tuple[int, int, int] = (0, 0, 0)
    passed: bool | None = None
    remark: str = ""
    faults: tuple[tuple[str, str], ...] = ()
    typed: tuple[str, ...] = ()

    def but(self, *faults: tuple[str, str]) -> Line:
        return replace(self, faults=(*self.faults, *faults))


def template(numbers: Sequence[str]) -> bytes:
    """Return an empty sheet with the numbers of the cases that wait for a vote."""
    return spreadsheets.workbook([_(column) for column in COLUMNS], [[number] for number in numbers], _WIDTHS, _("会议票决"))


def read(data: bytes) -> list[Line]:
    """Return the rows of a sheet. Raises `Refused` where it is no such sheet."""
    rows = spreadsheets.rows(data)
    head, places = _headings(rows)
    lines: list[Line] = []
    seen: dict[str, int] = {}
    for place, row in enumerate(rows[head + 1:], head + 2):
        cells = [_plain(row[at]) if at is not None and at < len(row) else "" for at in places]
        if not any(cells):
            continue
        line = _line(place, cells)
        if line.number and line.number in seen:
            line = line.but((_(COLUMNS[NUMBER]), _("与第 %(row)s 行重复", row=seen[line.number])))
        seen.setdefault(line.number, place)
        lines.append(line)
    if not lines:
        raise Refused(one("SHEET_EMPTY", "表格里只有表头，没有案件，请填好后再上传", "There are headings and no cases; fill in the sheet first"))
    if len(lines) > MOST:
        raise Refused(one("SHEET_LONG", f"一次最多登记 {MOST} 件，这个表格有 {len(lines)} 件，请分成几次上传",
                          f"At most {MOST} cases at once; this sheet has {len(lines)}"))
    return lines


def _headings(rows: Sequence[Sequence[str]]) -> tuple[int, list[int | None]]:
    """Return in which row the headings stand, and in which column each of ours; a title above them is passed over."""
    for head, row in enumerate(rows[:10]):
        words = [_plain(cell).lower().replace(" ", "") for cell in row]
        names = [{column, english.replace(" ", "")} for column, english in zip(COLUMNS, _ENGLISH, strict=True)]
        places = [next((at for at, word in enumerate(words) if word in name), None) for name in names]
        if places[NUMBER] is None:
            continue
        missing = [column for column, at in zip(COLUMNS[:REMARK], places, strict=False) if at is None]
        if missing:
            raise Refused(one("SHEET_COLUMNS", f"表格缺少这些列：{' '.join(missing)}。请下载模板对照", "Columns are missing: " + ", ".join(
                _ENGLISH[COLUMNS.index(column)] for column in missing) + "; compare it with the template"))
        twice = [column for column, name in zip(COLUMNS, names, strict=True) if sum(word in name for word in words) > 1]
        if twice:
            raise Refused(one("SHEET_COLUMNS", f"“{twice[0]}”列出现了两次，请只留一列",
                              f"The column {_ENGLISH[COLUMNS.index(twice[0])]} is there twice"))
        return head, places
    raise Refused(one("SHEET_COLUMNS", "表格里没有“案件编号”这一列，请下载模板，按模板的表头填写",
                      "There is no column “Case number”; download the template and use its headings"))


def _line(place: int, cells: Sequence[str]) -> Line:
    faults = []
    number = "".join(cells[NUMBER].split())
    if not number:
        faults.append((_(COLUMNS[NUMBER]), _("没有填写")))
    counts = []
    for column in (IN_FAVOUR, AGAINST, ABSTAINED):
        cell = cells[column].removesuffix("票") or ("0" if column == ABSTAINED else "")
        whole = cell.isascii() and cell.isdigit() and len(cell) <= 3
        counts.append(int(cell) if whole else 0)
        if not whole:
            faults.append((_(COLUMNS[column]), _("应是 0 到 999 的整数，现在是“%(what)s”", what=cell[:20]) if cell else _("没有填写")))
    passed = _PASSED.get(cells[RESULT].lower())
    if passed is None:
        faults.append((_(COLUMNS[RESULT]), _("应填“通过”或“不通过”，现在是“%(what)s”", what=cells[RESULT][:20]) if cells[RESULT] else _("没有填写")))
    if len(cells[REMARK]) > LONGEST:
        faults.append((_(COLUMNS[REMARK]), _("最多 %(count)s 个字", count=LONGEST)))
    return Line(place, number[:60], (counts[0], counts[1], counts[2]), passed, cells[REMARK][:LONGEST], tuple(faults),
                tuple(cells[column][:20] for column in (IN_FAVOUR, AGAINST, ABSTAINED)))


def _plain(cell: str) -> str:
    """Full-width digits and letters are what Chinese input methods leave behind."""
    return unicodedata.normalize("NFKC", cell).strip()
