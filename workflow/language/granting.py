"""What a programme grants, to whom, and within which limits: `lines`, `caps`, `requires_file`, as written → as carried out."""

from __future__ import annotations

from . import definition as d
from .expressions import Expr, compile_expression
from .faults import did_you_mean
from .kinds import ENGINE_OPTIONS, Kind, Names
from .names import with_row
from .schema import Programme
from .sheet import Sheet
from .structure import Path
from .words import label

_NOTHING = compile_expression("0", Names({}))
_WORDS = (("person", Kind.TEXT), ("name", Kind.TEXT), ("account", Kind.TEXT), ("holder", Kind.TEXT), ("bank", Kind.TEXT), ("amount", Kind.NUMBER))


def requires_file(p: Programme) -> d.RequiresFile | None:
    one = p.requires_file
    return None if one is None else d.RequiresFile(tuple(one.states) or ("on_file",), tuple(one.categories))


def caps(sheet: Sheet) -> tuple[d.Cap, ...]:
    return tuple(d.Cap(cap.who, cap.per, frozenset(cap.across),
                       sheet.compile(("caps", place, "max"), cap.max, Kind.NUMBER) or _NOTHING, label(cap.message))
                 for place, cap in enumerate(sheet.programme.caps))


def lines(sheet: Sheet) -> d.Lines | None:
    """Return what is granted line by line. Expressions may read `row.<column>` of the table that `each` names."""
    words = sheet.programme.lines
    if words is None:
        return None
    table = words.each.removeprefix("form.") if words.each else None
    names = with_row(sheet.names, f"form.{table}") if table else sheet.names
    found: dict[str, Expr | None] = {}
    for word, kind in _WORDS:
        source = getattr(words, word)
        found[word] = None if source is None else sheet.compile(("lines", word), source, kind, names)
    goods = None
    if words.goods is not None:
        item = sheet.compile(("lines", "goods", "item"), words.goods.item, Kind.TEXT, names)
        quantity = sheet.compile(("lines", "goods", "quantity"), words.goods.quantity, Kind.NUMBER, names)
        budget = sheet.programme.budget
        stock = budget.pool if budget is not None and budget.unit == "items" else words.goods.stock
        goods = d.Goods(item or _NOTHING, quantity or _NOTHING, stock)
    return d.Lines(table, **found, goods=goods)


# --- what cannot be meant -----------------------------------------------------------------------------


def check(sheet: Sheet) -> None:
    """Tell lines that name nobody or nothing, files and caps that do not exist, and programmes that exclude themselves."""
    p = sheet.programme
    _lines(sheet)
    if p.requires_file is not None:
        _known(sheet, ("requires_file", "states"), p.requires_file.states, ENGINE_OPTIONS["household.status"])
        _known(sheet, ("requires_file", "categories"), p.requires_file.categories, ENGINE_OPTIONS["household.category"])
    for place, key in enumerate(p.excludes):
        if key == p.key:
            sheet.error(("excludes", place), "EXCLUDES_ITSELF", "项目不能排斥自己；同一项目只准一次请用 unique 或 caps",
                        "A programme cannot exclude itself; use unique or caps for once only")
    granted = p.amount is not None or p.lines is not None
    for word, there in (("caps", bool(p.caps)), ("excludes", bool(p.excludes))):
        if there and not granted:
            sheet.error((word,), "NOTHING_GRANTED", f"没有 amount 也没有 lines，{word} 无从计算", f"With neither amount nor lines there is nothing for {word} to count",
                        key=True)


def _lines(sheet: Sheet) -> None:
    p, words = sheet.programme, sheet.programme.lines
    if words is None:
        if p.budget is not None and p.budget.unit == "items":
            _no_goods(sheet)
        return
    if words.each:
        name = words.each.removeprefix("form.")
        question = p.form.get(name)
        if question is None and f"form.{name}" not in sheet.structure.set_aside:
            zh, en = did_you_mean(words.each, sheet.members("form"))
            sheet.error(("lines", "each"), "UNKNOWN_FIELD", f"没有字段“{words.each}”{zh}", f"There is no field '{words.each}'{en}")
        elif question is not None and question.type != "table":
            sheet.error(("lines", "each"), "LINES_TABLE", f"“{words.each}”不是表格，不能逐行发放", f"'{words.each}' is no table, so it has no rows to grant")
        if words.person is None:
            sheet.error(("lines",), "LINES_PERSON", "逐行发放要写 person：每行是谁（身份证号）", "Lines of a roster need 'person': whose identity number", key=True)
        if words.amount is None and words.goods is None:
            sheet.error(("lines",), "LINES_NOTHING", "lines 要写 amount 或 goods：每行给什么", "Lines need 'amount' or 'goods': what each one gets", key=True)
    if words.amount is not None and p.amount is None:
        sheet.error(("lines", "amount"), "LINES_SUM", "逐行有金额时要写 amount：合计怎么算，例如 sum(row.amount for row in form.roster)",
                    "Where lines have amounts, 'amount' says their total, as in sum(row.amount for row in form.roster)")
    if words.each and p.amount is not None and p.amount.adjustable_in:
        sheet.error(("amount", "adjustable_in"), "LINES_ADJUST", "逐行发放的金额不能整体调整，请退回修改名单",
                    "The total of a roster cannot be adjusted; return the case to change its rows")
    if p.budget is not None and p.budget.unit == "items" and words.goods is None:
        _no_goods(sheet)
    if words.goods is not None and p.budget is None:
        sheet.error(("lines", "goods"), "LINES_GOODS", "发放物品要写 budget：在哪些状态占用库存、哪一步发出",
                    "Goods need a budget: where they are held and which step issues them")


def _no_goods(sheet: Sheet) -> None:
    sheet.error(("budget", "unit"), "LINES_GOODS", "按件计的资金池要写 lines.goods：哪种物品、多少件",
                "A pool of items needs lines.goods: which item, and how many")


def _known(sheet: Sheet, path: Path, written: list[str], known: object) -> None:
    options = [str(one) for one in known]  # type: ignore[attr-defined]  # a collection of codes
    for place, name in enumerate(written):
        if name not in options:
            zh, en = did_you_mean(name, options)
            sheet.error((*path, place), "BAD_VALUE", f"不认识“{name}”{zh}；可以写：{'、'.join(options)}", f"Unknown '{name}'{en}; known: {', '.join(options)}")
