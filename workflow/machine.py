"""A definition compiled for `transitions`: if this person does this, which state comes next, or why not?

One flat machine per definition version, shared by every case and thread; the row it moves is a throw-away value.
It decides and changes nothing else. This is the only module that imports `transitions`, and no text from a
definition ever reaches the library as a callback name: callbacks are our own functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from transitions import EventData, Machine

from .errors import Impossible, Message, Refused, one
from .language.definition import Definition, Label, Transition
from .language.expressions import Expr, Unanswerable
from .language.figures import labels

Facts = Mapping[str, Any]
More = Callable[[Transition], list[Message]]


@dataclass(frozen=True, slots=True)
class Step:
    """Where a trigger leads: the transition taken and the state it ends in."""

    transition: Transition
    dest: str


@dataclass(slots=True)
class _Row:
    state: str


@dataclass(slots=True)
class _Question:
    """What one firing is about; handed to the callbacks as `question`."""

    definition: Definition
    facts: Facts
    more: More | None
    dest: str | None
    taken: Transition | None = None


def step(definition: Definition, state: str, facts: Facts, trigger: str, *, dest: str | None = None,
         back_to: str | None = None, more: More | None = None) -> Step:
    """Return where `trigger` leads from `state`.

    Pure: decides, changes nothing. `dest` names the chosen state where the definition offers several; `back_to` is
    the state that returned the case for correction, when it goes straight back there. `more` adds the engine's own
    messages (missing fields, criteria) so that all of them are told at once. Raises `Refused` with every failing
    message, `Impossible` where no such step leads on.
    """
    event = _machine(definition).events.get(trigger)
    row = _Row(state)
    question = _Question(definition, facts, more, dest)
    if event is None or state not in event.transitions:
        raise Impossible(one("NO_SUCH_STEP", f"现在的环节“{_label(definition, state)}”不能做这个操作，请刷新页面",
                             "This step is not possible now; reload the page"))
    if not event.trigger(row, question=question) or question.taken is None:
        raise Impossible(one("NO_ROUTE", "没有符合条件的去向，请联系管理员检查项目定义" if dest is None
                             else "不能退到所选的环节，请重新选择",
                             "No route fits; choose another destination or ask the administrator"))
    return Step(question.taken, back_to or row.state)


def holds(definition: Definition, expr: Expr, facts: Facts) -> bool:
    """Return whether `expr` is true. Raises `Refused` naming the empty fields where it cannot be told."""
    try:
        return expr.holds(facts, definition.tables)
    except Unanswerable as unanswerable:
        raise Refused(unanswered(definition, unanswerable, facts)) from None


def value(definition: Definition, expr: Expr, facts: Facts) -> Any:
    """Return what `expr` works out to. Raises `Refused` naming the fields it needs where they are empty."""
    try:
        return expr.evaluate(facts, definition.tables)
    except Unanswerable as unanswerable:
        raise Refused(unanswered(definition, unanswerable, facts)) from None


def unanswered(definition: Definition, unanswerable: Unanswerable, facts: Facts) -> list[Message]:
    """Return one message per empty field behind an expression that could not be worked out."""
    names: dict[str, None] = {}
    _roots(definition, unanswerable.names, facts, names)
    if not names:
        return list(one("UNANSWERABLE", f"无法计算：{unanswerable}", f"Cannot be worked out: {unanswerable}"))
    return [Message("EMPTY", f"请先填写“{label.zh}”", f"Please fill in “{label.text('en')}” first", name)
            for name in names for label in [name_of(definition, name)]]


def _roots(definition: Definition, names: Any, facts: Facts, found: dict[str, None]) -> None:
    """Follow calc names down to the fields that are empty."""
    for name in names:
        room, _, leaf = name.partition(".")
        if room != "calc" or leaf not in definition.calc:
            found[name] = None
            continue
        try:
            definition.calc[leaf].evaluate(facts, definition.tables)
        except Unanswerable as deeper:
            _roots(definition, deeper.names, facts, found)


def name_of(definition: Definition, name: str) -> Label:
    """Return what people call a dotted fact name."""
    room, _, leaf = name.partition(".")
    if room == "form" and leaf in definition.form:
        return definition.form[leaf].label
    if room == "attachments" and leaf in definition.attachments:
        return definition.attachments[leaf].label
    if room == "param" and leaf in definition.params:
        return definition.params[leaf].label
    if room == "calc" and leaf in definition.calc_labels:
        return definition.calc_labels[leaf]
    if room == "region" and leaf in labels():
        return labels()[leaf]
    return _FACT_LABELS.get(name, Label(name, name))


_FACT_LABELS = {
    "applicant.age": Label("申请人年龄", "applicant's age"), "applicant.gender": Label("申请人性别", "applicant's gender"),
    "applicant.member": Label("工会会员", "union member"), "applicant.migrant": Label("农民工", "migrant worker"),
    "applicant.member_months": Label("入会月数", "months of membership"),
    "applicant.model_worker": Label("劳模级别", "model-worker grade"), "applicant.id": Label("申请人", "applicant"),
    "applicant.union": Label("所属工会", "union"),
    "applicant.granted_this_cycle": Label("本周期已获本项目金额（元）", "granted this cycle (yuan)"),
    "applicant.times_this_cycle": Label("本周期已获本项目次数", "grants this cycle"),
    "applicant.times_ever": Label("历年已获本项目次数", "grants ever"),
    "org.level": Label("工会层级", "union level"), "org.code": Label("工会代码", "union code"), "org.name": Label("工会名称", "union name"),
    "org.county": Label("所属县", "county"), "org.has_township": Label("有乡镇工会", "has a township union"),
    "case.cycle": Label("申请周期", "cycle"), "case.year": Label("申请年度", "year"),
    "budget.available": Label("预算余额", "budget left"),
    "household.on_file": Label("在档困难家庭", "household on file"), "household.category": Label("困难类别", "category of hardship"),
    "household.size": Label("家庭人口", "people in the household"),
    "household.monthly_per_capita": Label("档案中的家庭人均月收入（元）", "monthly income per head on file (yuan)"),
    "household.aid_this_year": Label("家庭本年已获帮扶（元）", "household's aid this year (yuan)"),
    "household.aid_items_this_year": Label("家庭本年已获帮扶项数", "household's programmes this year"),
    "household.status": Label("档案状态", "state of the file"),
    "cover.active": Label("当时在互助保障期内", "covered by mutual aid on that day"), "cover.start": Label("本期保障开始日", "cover from"),
    "cover.end": Label("本期保障截止日", "cover until"), "cover.since": Label("连续参保起始日", "covered without a break since"),
    "cover.shares": Label("参保份数", "shares of the cover"), "cover.granted": Label("本保障期已获给付（元）", "granted in this period (yuan)"),
    "case.number": Label("编号", "number"), "case.submitted_on": Label("提交日期", "submitted on"),
    "task.acted": Label("对方已开始办理", "work has begun"), "today": Label("今天", "today"),
}


def _label(definition: Definition, state: str) -> str:
    return definition.states[state].label.zh if state in definition.states else state


def _routes(place: int) -> Callable[[EventData], bool]:
    """`when` chooses: False lets the library try the next transition of the same trigger."""

    def route(event: EventData) -> bool:
        question: _Question = event.kwargs["question"]
        transition = question.definition.transitions[place]
        if transition.chosen and question.dest is not None and question.dest != transition.dest:
            return False
        return transition.when is None or holds(question.definition, transition.when, question.facts)

    return route


def _refuses(place: int) -> Callable[[EventData], bool]:
    """`conditions` refuse: they raise, so that a failed check can never fall through to a laxer route."""

    def refuse(event: EventData) -> bool:
        question: _Question = event.kwargs["question"]
        transition = question.definition.transitions[place]
        messages = question.more(transition) if question.more else []
        for check in transition.conditions:
            try:
                if not holds(question.definition, check.expr, question.facts):
                    messages.append(Message("CONDITION", check.message.zh, check.message.text("en")))
            except Refused as empty:
                messages.extend(message for message in empty.messages if message not in messages)
        if messages:
            raise Refused(messages)
        question.taken = transition
        return True

    return refuse


_machines: dict[str, Machine] = {}     # by definition digest: content-addressed, so never stale


def _machine(definition: Definition) -> Machine:
    machine = _machines.get(definition.digest)
    if machine is None:
        machine = Machine(model=None, states=list(definition.states), initial=definition.initial,
                          auto_transitions=False, send_event=True, queued=False)
        # By place, not by object: another reading of the same file has other objects and the same digest.
        for place, transition in enumerate(definition.transitions):
            machine.add_transition(transition.trigger, transition.source, transition.dest,
                                   conditions=[_routes(place), _refuses(place)])
        _machines[definition.digest] = machine
    return machine
