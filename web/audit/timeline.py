"""The history of a case in words: decisions as cards, everything else folded between them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _

from workflow.calendar import working_calendar
from workflow.engine.operations import OPERATIONS
from workflow.language.definition import Definition
from workflow.machine import name_of
from workflow.queries import EventRow

from .. import language, sheet, voting
from ..show import fen, mask_name, role_name, yuan


@dataclass(frozen=True, slots=True)
class Card:
    """One step that moved the case. `dot`: y went on, w back, refused or overridden, s the system."""

    seq: int
    at: datetime
    title: str
    who: str
    comment: str
    changes: list[tuple[str, str, str]]
    notes: tuple[str, ...]
    took: str
    dot: str
    first: bool                      # the first submission: its values are answers, not changes
    hash: str


@dataclass(frozen=True, slots=True)
class Small:
    """One event that moved nothing: a file, a look, a print."""

    seq: int
    at: datetime
    words: str
    who: str
    comment: str
    hash: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """One voice of a vote, or the result of a meeting on paper. `kind`: ok, bad or nothing, as tags are coloured."""

    seq: int
    at: datetime
    words: str
    kind: str
    who: str
    comment: str
    minutes: str                     # the id of the file
    hash: str


@dataclass(frozen=True, slots=True)
class Group:
    """A card with the voices that led to it, the voices of a vote still going on, or a run of small events between cards."""

    card: Card | None
    small: tuple[Small, ...] = ()
    heading: str = ""
    voices: tuple[Spoken, ...] = ()


def timeline(definition: Definition, events: Sequence[EventRow]) -> list[Group]:
    """Return the history, oldest first."""
    groups: list[Group] = []
    run: list[EventRow] = []
    voices: list[EventRow] = []
    entered: datetime | None = None
    amount: int | None = None
    for event in events:
        if event.kind != "act":
            (voices if event.kind in ("vote", "meeting") else run).append(event)
            continue
        groups += _folded(definition, run)
        groups.append(Group(_card(event.definition or definition, event, entered, amount), voices=_spoken(definition, voices)))
        run, voices = [], []
        entered, amount = event.at, event.amount_fen
    groups += _folded(definition, run)
    if voices:
        state = (voices[-1].definition or definition).states[voices[-1].from_state or ""]
        groups.append(Group(None, heading=f"{state.label.text(language.lang())}{_('：')}{_('表决中')}", voices=_spoken(definition, voices)))
    return groups


def _spoken(definition: Definition, events: Sequence[EventRow]) -> tuple[Spoken, ...]:
    lang, made = language.lang(), []
    for event in events:
        then = event.definition or definition
        branch = next((one.label.text(lang) for one in then.states[event.from_state or ""].branches if one.key == event.extra.get("branch")), "")
        kind = {"agree": "ok", "disagree": "bad"}.get(str(event.extra.get("vote", "")), "")
        made.append(Spoken(event.seq, event.at, " ".join(filter(None, (branch, voting.spoken(event)))), kind, _who(event), event.comment,
                           str(event.extra.get("minutes", "")), short(event.hash)))
    return tuple(made)


def short(digest: bytes) -> str:
    """ "9f3a…c21e": enough to compare by eye with a print."""
    text = digest.hex()
    return f"{text[:4]}…{text[-4:]}"


def _card(definition: Definition, event: EventRow, entered: datetime | None, before: int | None) -> Card:
    lang = language.lang()
    source = definition.states.get(event.from_state or "")
    pressed = sheet.trigger_label(definition, event)
    title = pressed if source is None or source.kind == "draft" else f"{source.label.text(lang)}{_('：')}{pressed}"
    changes = sheet.as_words(definition, event.changes)
    if "amount" not in event.changes and None not in (event.amount_fen, before) and event.amount_fen != before:
        changes.append((_("金额"), fen(before), fen(event.amount_fen)))
    end = definition.states.get(event.to_state or "")
    warn = (event.trigger == "return_to" or bool(event.extra.get("overridden"))
            or (end is not None and end.final and end.outcome != "approved") or (before is not None and before != event.amount_fen))
    return Card(
        event.seq, event.at, title, _who(event), "" if event.extra.get("voices") else event.comment, changes, tuple(_notes(definition, event)),
        _took(definition, event, entered), "s" if event.actor_id is None else "w" if warn else "y",
        "number" in event.extra, short(event.hash))


def _who(event: EventRow) -> str:
    if event.actor_id is None:
        return _("群众") if event.role == "public" else _("系统")
    # An applicant is a private person; who decides answers for it by name.
    private = event.role in ("applicant", "agent")
    parts = [event.organisation, mask_name(event.who) if event.role == "applicant" else event.who, role_name(event.role)]
    if event.behalf and event.role == "agent":
        parts.append(_("代 %(name)s 办理", name=mask_name(event.behalf)))
    elif event.behalf:               # an officer who is away answers for it by name, as whoever stands in does
        parts.append(_("代理 %(name)s 办理", name=event.behalf))
    how = {"batch": _("批量办理"), "api": _("接口"), "command": _("命令行"), "timer": _("定时")}.get(event.via)
    return " ".join(part for part in (*parts, how) if part and not (private and part == event.organisation))


def _notes(definition: Definition, event: EventRow) -> Iterable[str]:
    lang, extra = language.lang(), event.extra
    for name in extra.get("overridden", ()):
        criterion = next((c for c in definition.criteria if c.name == name), None)
        yield _("判断后放行：%(what)s", what=criterion.label.text(lang) if criterion else name)
    if extra.get("correct"):
        yield _("要求补正：%(what)s", what=_("、").join(name_of(definition, name).text(lang) for name in extra["correct"]))
    if extra.get("voices"):
        yield voting.counted(extra["voices"])
    if extra.get("declared"):
        yield _("声明与申请人没有亲属关系")
    if extra.get("direct"):
        yield _("补正后直接回到退回的环节")
    if extra.get("notice"):
        yield _("公示 %(from)s 至 %(to)s，异议 %(objections)s 条，照片 %(photos)s 张",
                **{name: extra.get(name, "") for name in ("from", "to", "objections", "photos")})
        if not extra.get("full"):
            yield _("公示没有期满就撤下")
    if extra.get("number"):
        yield _("受理编号 %(number)s", number=extra["number"])


def _took(definition: Definition, event: EventRow, entered: datetime | None) -> str:
    source = definition.states.get(event.from_state or "")
    if entered is None or source is None or source.kind == "draft":
        return ""
    calendar = working_calendar()
    used = calendar.working_days_between(entered, event.at)
    if source.due is None:
        return _("用时 %(used)s 个工作日", used=used)
    promised = calendar.working_days_between(entered, calendar.due(entered, source.due) - timedelta(microseconds=1))
    return _("用时 %(used)s 个工作日，时限 %(promised)s 个", used=used, promised=promised)


def _folded(definition: Definition, run: Sequence[EventRow]) -> list[Group]:
    if not run:
        return []
    small = tuple(Small(event.seq, event.at, _said(event.definition or definition, event), _who(event), event.comment, short(event.hash)) for event in run)
    kinds = dict.fromkeys(_kind(event.kind) for event in run)
    return [Group(None, small, _("、").join(kinds))]


def _kind(kind: str) -> str:
    words = {"start": _("开始填报"), "import": _("从历史台账导入"), "import_undo": _("撤销导入"),
             "attach": _("上传材料"), "detach": _("删除材料"), "reveal": _("查看完整信息"),
             "view_file": _("查看材料"), "print": _("打印"), "export": _("导出"), "verify": _("校验"), "remind": _("提醒"),
             "objection": _("公示异议"), "settle_objection": _("处理公示异议"), "notice_held": _("公示期满，异议未核查完"),
             "hand_over": _("移交"), "sign": _("登记签收"), "unsign": _("撤销签收"), "strike": _("取消发放"),
             "escalate": _("督办"), "convene": _("召集表决"),
             "erase": _("个人信息已按保存期限删除"), "propose_return": _("登记退款"),
             "return": _("款项退回"), "decline_return": _("退回退款登记"), "migrate": _("迁移到新版本"), "migrate_undo": _("撤回迁移")}
    operation = OPERATIONS.get(kind)
    return words.get(kind) or (operation.text(language.lang()) if operation else kind)


def _said(definition: Definition, event: EventRow) -> str:
    lang, extra = language.lang(), event.extra
    if event.kind in ("attach", "detach") and extra.get("kind") in definition.attachments:
        return f"{_kind(event.kind)} {definition.attachments[extra['kind']].label.text(lang)}"
    if event.kind == "reveal":
        fields = _("、").join(name_of(definition, f"form.{name}").text(lang) for name in extra.get("fields", ()))
        return f"{_kind(event.kind)} {fields}"
    if event.kind == "convene":
        return _("召集 %(count)s 名表决人", count=extra.get("voters"))
    if event.kind in ("migrate", "migrate_undo"):
        return _("%(what)s：第 %(before)s 版到第 %(after)s 版，环节“%(state)s”", what=_kind(event.kind), before=extra.get("from_version"),
                 after=extra.get("to_version"), state=definition.states[event.to_state].label.text(lang) if event.to_state in definition.states else "")
    if event.kind == "settle_objection":
        return f"{_kind(event.kind)}{_('：')}{_('成立') if extra.get('upheld') else _('不成立')}"
    if event.kind in ("propose_return", "return"):
        return f"{_kind(event.kind)} {yuan(extra.get('amount'))}"
    if event.to and event.kind != "claim":
        return _("%(what)s：%(name)s", what=_kind(event.kind), name=event.to)
    return _kind(event.kind)
