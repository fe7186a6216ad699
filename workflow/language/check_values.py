"""Values that must make sense on their own: fields, attachment kinds, tables, dates."""

from __future__ import annotations

from decimal import Decimal

from . import lunar
from .fields import TYPES, pattern_faults
from .schema import Question, TableRows
from .sheet import Sheet
from .structure import Path
from .words import DECIMAL_TEXT

_ACCEPTED = ("jpg", "png", "webp", "pdf")     # what attachments can be told apart by their bytes
_PRIVATE = ("idcard", "bankcard")
_NO_COLUMN = ("person", "file")               # a register or a file has one question of its own


def check(sheet: Sheet) -> None:
    p = sheet.programme
    for name, question in p.form.items():
        _field(sheet, ("form", name), question, in_table=False)
    for name, kind in p.attachments.items():
        if name in p.form and p.form[name].type == "file":
            sheet.error(("form", name), "DUPLICATE_NAME", f"attachments 里已有“{name}”，文件字段要另起名称",
                        f"There is a kind of attachment '{name}' already; name the file field otherwise", key=True)
        if kind.min > kind.max:
            sheet.error(("attachments", name, "min"), "BAD_LIMITS", "min 不能大于 max", "min is more than max")
        for number, extension in enumerate(kind.accept):
            if extension not in _ACCEPTED:
                sheet.error(("attachments", name, "accept", number), "BAD_VALUE",
                            f"不能接收“{extension}”，可以写：{'、'.join(_ACCEPTED)}",
                            f"'{extension}' cannot be accepted; known: {', '.join(_ACCEPTED)}")
    for name, table in p.tables.items():
        _table(sheet, ("tables", name), table)
    if p.intake and _yearly(p.intake.start) != _yearly(p.intake.end):
        sheet.error(("intake", "to"), "BAD_DATE", "from 和 to 要么都写年份，要么都不写",
                    "Either both days have a year or neither has")
    elif p.intake and (not _yearly(p.intake.start) and p.intake.end < p.intake.start or lunar.backwards(p.intake.start, p.intake.end)):
        sheet.error(("intake", "to"), "BAD_DATE", "受理截止日早于开始日", "The intake ends before it begins")
    if p.effective.start and p.effective.end and p.effective.end < p.effective.start:
        sheet.error(("effective", "to"), "BAD_DATE", "失效日早于生效日", "It ends before it begins")
    seen: set[str] = set()
    for place, criterion in enumerate(p.criteria):
        if criterion.name in seen:
            sheet.error(("criteria", place, "name"), "DUPLICATE_NAME", f"“{criterion.name}”重复",
                        f"'{criterion.name}' is repeated")
        seen.add(criterion.name)


def _yearly(day: str) -> bool:
    return len(day) == 5 or lunar.is_anchor(day)


def _field(sheet: Sheet, path: Path, q: Question, *, in_table: bool) -> None:
    assert q.type in TYPES
    if q.type in ("enum", "multi") and not q.options:
        sheet.error(path, "NO_OPTIONS", "选择题要写 options", "A choice needs options")
    if q.type not in ("enum", "multi") and q.options:
        sheet.error((*path, "options"), "BAD_OPTIONS", f"“{q.type}”类型不写 options",
                    f"A field of type '{q.type}' has no options", key=True)
    if q.type == "table" and (in_table or not q.columns):
        sheet.error((*path, "type") if in_table else path, "BAD_COLUMNS", "表格要写 columns，表格里不能再套表格",
                    "A table needs columns, and a column cannot be a table")
    if in_table and q.type in _NO_COLUMN:
        sheet.error((*path, "type"), "BAD_COLUMNS", f"表格的列不能是“{q.type}”类型，请放到表格外面单独提问",
                    f"A column cannot be of type '{q.type}'; ask for it outside the table")
    for word, said in (("default", q.default), ("prefill", q.prefill), ("pattern", q.pattern), ("min", q.min), ("max", q.max),
                       ("validate", None if q.valid is True else q.valid)):
        if q.type == "file" and said is not None:
            sheet.error((*path, word), "FILE_WORD", f"文件字段只收一个文件，不写 {word}；要几份或限定格式请写在 attachments",
                        f"A file field takes one file and has no '{word}'; for more files or other formats declare attachments", key=True)
    if q.type != "table" and q.columns:
        sheet.error((*path, "columns"), "BAD_COLUMNS", f"“{q.type}”类型不写 columns",
                    f"A field of type '{q.type}' has no columns", key=True)
    for code, zh, en in (pattern_faults(q.pattern) if q.pattern is not None else ()):
        sheet.error((*path, "pattern"), code, zh, en)
    made = None if in_table or sheet.definition is None else sheet.definition.form.get(str(path[-1]))
    if made is not None and made.min is not None and made.max is not None and made.min > made.max:
        sheet.error((*path, "min"), "BAD_LIMITS", "min 不能大于 max", "min is more than max")
    if q.valid is not True and q.message is None:
        sheet.error((*path, "validate"), "CHECK_MESSAGE", "有 validate 就要有 message，告诉填报人错在哪里",
                    "A field with 'validate' needs a message that says what is wrong")
    if q.type in _PRIVATE and not q.sensitive:
        sheet.warn((*path, "type"), "SENSITIVE_UNMARKED", "证件号和卡号应写 sensitive: true，否则不加密、不遮盖",
                   "Without 'sensitive: true' this is neither encrypted nor masked")
    for name, column in q.columns.items():
        _field(sheet, (*path, "columns", name), column, in_table=True)


def _table(sheet: Sheet, path: Path, table: TableRows) -> None:
    width = len(table.columns)
    if table.type == "progressive" and width != 3 or table.type == "lookup" and width < 2:
        sheet.error((*path, "columns"), "BAD_TABLE", "分段表要三列（from, to, rate），查找表至少两列",
                    "A progressive table has from, to and rate; a lookup table at least two columns")
        return
    for number, row in enumerate(table.rows):
        if len(row) != width:
            sheet.error((*path, "rows", number), "BAD_TABLE", f"这一行应有 {width} 格", f"This row needs {width} cells")
            return
    if not table.rows:
        sheet.error((*path, "rows"), "BAD_TABLE", "表里至少要有一行", "The table needs a row")
    elif table.type == "progressive":
        _bands(sheet, path, table)
    else:
        keys = [str(row[0]) for row in table.rows]
        for number, key in enumerate(keys):
            if key in keys[:number]:
                sheet.error((*path, "rows", number, 0), "BAD_TABLE", f"“{key}”重复", f"'{key}' is repeated")


def _bands(sheet: Sheet, path: Path, table: TableRows) -> None:
    """Bands must follow each other without a gap: an amount in a gap would silently earn nothing."""
    before: Decimal | None = Decimal(0)
    for number, (low, high, rate) in enumerate(table.rows):
        here = (*path, "rows", number)
        cells = [low, rate] if high is None else [low, high, rate]
        if not all(DECIMAL_TEXT.match(str(one)) and not isinstance(one, bool) for one in cells):
            sheet.error(here, "BAD_TABLE", "分段表里要写数字", "A progressive table has numbers")
            return
        start, end = Decimal(str(low)), None if high is None else Decimal(str(high))
        if before is None or (number and start != before) or (end is not None and end <= start):
            sheet.error(here, "BAD_TABLE", "各段要首尾相接、从小到大，只有最后一段可以不封顶",
                        "Bands follow each other upwards without gaps; only the last may be open")
            return
        before = end
