"""Money: what is approved was held first, what is paid is what was held, and nothing stays held at an end."""

from __future__ import annotations

from . import sources
from .faults import did_you_mean
from .sheet import Sheet
from .structure import Path


def check(sheet: Sheet) -> None:
    p = sheet.programme
    sources.check(sheet)
    if p.budget is None:
        _read_without(sheet)
        return
    for number, name in enumerate(p.budget.hold_in):
        path: Path = ("budget", "hold_in", number)
        state = sheet.states.get(name)
        if state is None and not sheet.may_name_state(name):
            zh, en = did_you_mean(name, sheet.states)
            sheet.error(path, "HOLD_NOTHING", f"没有状态“{name}”{zh}", f"There is no state '{name}'{en}")
        elif state is not None and state.final:
            sheet.error(path, "HOLD_FINAL", f"“{name}”是结束状态，占用的额度永远不会释放",
                        f"'{name}' is final; what is held there is never released")
    if not p.budget.hold_in:
        sheet.error(("budget",), "HOLD_NOTHING", "budget 要写 hold_in：在哪些状态占用额度", "The budget holds in no state", key=True)
    if p.budget.unit == "items":
        for path, expr in sheet.exprs.items():
            if "budget.available" in expr.names:
                sheet.error(path, "NO_BUDGET", "物品按种类各有库存，没有一个合计的 budget.available；库存不足时系统自己拒绝",
                            "Every item has a stock of its own, so there is no one budget.available; too little stock is refused anyway")
    if p.budget.unit == "money" and p.amount is None and p.lines is None:
        sheet.error(("budget",), "HOLD_NOTHING", "没有 amount 也没有 lines，不知道占用多少",
                    "With neither amount nor lines there is nothing to hold", key=True)
    _commit(sheet)
    if p.budget.unit == "money":
        _steady(sheet)


def _read_without(sheet: Sheet) -> None:
    for path, expr in sheet.exprs.items():
        if "budget.available" in expr.names:
            sheet.error(path, "NO_BUDGET", "用到了 budget.available，但没有写 budget：不知道查哪个资金池",
                        "budget.available is read, yet no budget says which pool it is of")


def _commit(sheet: Sheet) -> None:
    budget = sheet.programme.budget
    assert budget is not None
    if budget.commit is None:
        sheet.error(("budget",), "COMMIT_NOTHING", "budget 要写 commit：哪个动作真正花钱，例如 disbursing.pay",
                    "The budget needs 'commit', the trigger that spends, as in disbursing.pay", key=True)
        return
    state, _, trigger = budget.commit.partition(".")
    known = {f"{way.source}.{way.trigger}" for way in sheet.ways()}
    if budget.commit not in known and sheet.readable:
        zh, en = did_you_mean(budget.commit, known)
        sheet.error(("budget", "commit"), "COMMIT_NOTHING", f"没有“{budget.commit}”这一步{zh}",
                    f"There is no step '{budget.commit}'{en}")
    elif state not in budget.hold_in and sheet.may_name_state(state):
        sheet.error(("budget", "commit"), "COMMIT_NOTHING", f"“{state}”没有占用额度，不能在这里花",
                    f"Nothing is held in '{state}', so nothing can be spent there")


def _steady(sheet: Sheet) -> None:
    """Between hold and commit the amount must not move, or what is paid differs from what was reserved."""
    p = sheet.programme
    assert p.budget is not None
    if p.amount is None:
        return
    for number, name in enumerate(p.amount.adjustable_in):
        if name in p.budget.hold_in:
            sheet.error(("amount", "adjustable_in", number), "COMMIT_DIFFERS",
                        f"“{name}”已占用额度，再调整金额就与占用的不一致", f"'{name}' holds money; adjusting there changes what was held")
    read = _fields_read(sheet)
    for place, state in enumerate(p.states):
        if state.name in p.budget.hold_in:
            moved = sorted(read & set(sheet.editable(state)) - _corrected(sheet, state.name))
            if moved:
                sheet.error(("states", place, "edit"), "COMMIT_DIFFERS",
                            f"“{state.name}”已占用额度，还能改影响金额的“{'、'.join(moved)}”",
                            f"'{state.name}' holds money, yet {', '.join(moved)} may change the amount there")


def _corrected(sheet: Sheet, state: str) -> set[str]:
    """Return the roster where this state lets its accounts be corrected: the engine keeps every line's amount and payee there."""
    lines, ways = sheet.programme.lines, [way for way in sheet.programme.transitions if state in way.source and way.trigger != "return_to"]
    if lines is None or lines.each is None or not any("account.correct" in way.effects for way in ways):
        return set()
    return {f"form.{lines.each.removeprefix('form.')}"}


def _fields_read(sheet: Sheet) -> set[str]:
    expr = sheet.exprs.get(("amount", "value"))
    waiting = list(expr.names) if expr else []
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            inner = sheet.exprs.get(("calc", name.removeprefix("calc."))) if name.startswith("calc.") else None
            waiting.extend(inner.names if inner else ())
    return {name for name in seen if name.startswith(("form.", "attachments."))}


def held(sheet: Sheet) -> None:
    """Tell every approved end that can be reached without money having been held and spent on the way."""
    budget = sheet.programme.budget
    if budget is None or budget.commit is None or any(
            one.code in ("HOLD_NOTHING", "COMMIT_NOTHING") for one in sheet.faults):
        return
    start = (sheet.programme.initial, False)                  # state, spent
    seen, waiting, told = {start}, [start], set()
    while waiting:
        state, spent = waiting.pop()
        for way in sheet.ways():
            if way.source != state:
                continue
            paid = spent or (state in budget.hold_in and f"{state}.{way.trigger}" == budget.commit)
            if sheet.states[way.dest].outcome == "approved" and not paid:
                told.add(way.place)
            if (way.dest, paid) not in seen:
                seen.add((way.dest, paid))
                waiting.append((way.dest, paid))
    for place in sorted(told):
        words = sheet.programme.transitions[place]
        sheet.error(("transitions", place), "UNHELD_END",
                    f"“{'、'.join(words.source)}”的“{words.trigger}”不经占用和支出就到了已批准的结束状态",
                    f"'{words.trigger}' from '{', '.join(words.source)}' reaches an approved end without money held and spent")
