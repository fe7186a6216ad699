"""What every kind of message says, in Chinese and in English, and the only things that can be filled in. Pure.

A sentence is a `string.Template` with names from `PLACES`; data are never parsed as a format. A return is told in words
of its own: who has to correct something must never read that they were turned down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from typing import Any

from ..language.definition import Definition

PARAMS = frozenset({"number", "state", "version", "count", "due", "late", "from", "to", "channel", "lines"})
"""What `params` may hold: numbers, names of steps, counts and dates. Nothing that anybody typed."""
PLACES = frozenset({"case", "step", "version", "count", "due", "late", "begin", "end", "channel", "lines"})
"""What a sentence may mention."""
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Kind:
    """Subject and sentence in Chinese and English. `out`: which channels it may take besides the inbox."""

    title: tuple[str, str]
    words: tuple[str, str]
    out: frozenset[str] = frozenset({"email"})


_PHONE = frozenset({"email", "sms"})
_INBOX: frozenset[str] = frozenset()

KINDS: Mapping[str, Kind] = {
    # To whoever applies.
    "submitted": Kind(("申请已收到", "Application received"), (
        "您的申请$case已收到，可以随时登录查看进度。", "We have received your application $case. Sign in at any time to follow it."), _PHONE),
    "returned": Kind(("请补正材料", "Please correct your application"), (
        "您的申请$case退回补正：请登录查看要补充或更正的内容，改好后再次提交。申请继续有效。",
        "Your application $case came back for a correction: sign in to see what to add or change, then submit it again. It remains open."), _PHONE),
    "asked": Kind(("轮到您办理", "Your turn"), (
        "您的申请$case到了“$step”环节，请登录办理。", "Your application $case has come to “$step”; please sign in and complete it."), _PHONE),
    "notice_started": Kind(("申请开始公示", "Public notice begins"), (
        "您的申请$case开始公示，公示期$begin至$end。", "Your application $case is on public notice from $begin to $end."), _PHONE),
    "approved": Kind(("申请已办结", "Application completed"), (
        "您的申请$case已办结，结果：$step。", "Your application $case is completed: $step."), _PHONE),
    "paid": Kind(("款物已安排发放", "Payment arranged"), (
        "您的申请$case已安排发放，请留意查收。", "What your application $case was granted is on its way; please watch for it."), _PHONE),
    "rejected": Kind(("申请已办结", "Application completed"), (
        "您的申请$case已办结，结果：$step。请登录查看理由；有疑问请联系所在单位工会。",
        "Your application $case is completed: $step. Sign in to read the reasons; your union answers questions."), _PHONE),
    "ended": Kind(("申请已结束", "Application closed"), (
        "您的申请$case已结束：$step。", "Your application $case is closed: $step."), _PHONE),
    # To whoever has something to do.
    "ballot": Kind(("请您表决", "Your vote"), (
        "$case在“$step”环节等您发表意见。", "$case waits for your vote at “$step”.")),
    "transfer": Kind(("有事项转给您", "Handed to you"), (
        "$case已转给您办理（“$step”环节）。", "$case has been transferred to you (“$step”).")),
    "delegate": Kind(("有事项委派给您", "Delegated to you"), (
        "$case已委派给您（“$step”环节），提出意见后交回。", "$case has been delegated to you (“$step”); give your opinion and hand it back.")),
    "hand_back": Kind(("委派的事项已交回", "Handed back"), (
        "$case已交回给您（“$step”环节）。", "$case has been handed back to you (“$step”).")),
    "recall": Kind(("委派已收回", "Delegation recalled"), (
        "$case的委派已收回，不需要您再办理。", "The delegation of $case was recalled; you need not act on it.")),
    "claim": Kind(("事项已认领", "Claimed"), (
        "$case已由代理人为您认领（“$step”环节）。", "$case was claimed for you by who stands in for you (“$step”)."), _INBOX),
    "release": Kind(("事项已放回", "Released"), (
        "$case已放回待办（“$step”环节）。", "$case was put back into the queue (“$step”)."), _INBOX),
    "add_signer": Kind(("请您会签", "You were added as a signer"), (
        "$case在“$step”环节请您会签。", "You were added as a signer of $case at “$step”.")),
    "remove_signer": Kind(("不需要您会签了", "Your signature is not needed"), (
        "$case在“$step”环节不需要您会签了。", "Your signature on $case at “$step” is not needed any more.")),
    "consult": Kind(("有人征求您的意见", "Your opinion is asked"), (
        "$case在“$step”环节征求您的意见。", "Your opinion on $case is asked at “$step”.")),
    "reply": Kind(("征求的意见已答复", "Your question was answered"), (
        "您就$case征求的意见已有答复。", "The opinion you asked on $case has been given.")),
    "cc": Kind(("有事项抄送给您", "Copied to you"), (
        "$case抄送给您阅知（“$step”环节）。", "$case was copied to you for information (“$step”)."), _INBOX),
    "read": Kind(("抄送已阅", "Copy read"), ("$case的抄送已阅。", "The copy of $case was read."), _INBOX),
    "hand_over": Kind(("有事项移交给您", "Work handed over to you"), (
        "$count件待办移交给您，请登录查看。", "$count open cases were handed over to you; please sign in.")),
    "urge": Kind(("催办", "Urged"), (
        "$case有人催办，请尽快办理（“$step”环节）。", "Somebody urges $case; please deal with it soon (“$step”).")),
    "remind": Kind(("办理提醒", "Reminder"), (
        "$case在“$step”环节还没有办完，请登录办理。", "$case still waits at “$step”; please sign in and complete it."), _PHONE),
    "escalate": Kind(("督办", "Overdue"), (
        "$case在“$step”环节已超过时限，请督促办理。", "$case is past its time at “$step”; please see to it.")),
    "objection": Kind(("公示有异议", "Objection to a notice"), (
        "$case的公示收到异议，请登录核查。", "There is an objection to the notice of $case; please sign in and look into it.")),
    "migrated": Kind(("改按新版办法办理", "Moved to a new version"), (
        "$case改按第$version版办法办理，现在“$step”环节。", "$case now follows version $version of its rules; it stands at “$step”.")),
    "migrated_back": Kind(("恢复原来的办法", "Back to the former version"), (
        "$case恢复按第$version版办法办理，现在“$step”环节。", "$case follows version $version of its rules again; it stands at “$step”.")),
    "absence": Kind(("代理已安排", "Substitution arranged"), (
        "$begin至$end的代理已安排，请登录查看。", "A substitution from $begin to $end has been arranged; sign in to see it.")),
    "absence_end": Kind(("代理已取消", "Substitution ended"), (
        "$begin至$end的代理已取消或提前结束。", "The substitution from $begin to $end was called off or ended early.")),
    "digest": Kind(("今日待办", "Today's work"), (
        "待办$count件，今天到期$due件，逾期$late件。", "$count to do, $due due today, $late overdue.")),
    # To administrators.
    "timer_parked": Kind(("有定时任务停放", "A timer was set aside"), (
        "$case有一个定时任务没有执行成功，请到“定时任务”查看。", "A timer of $case did not get through; see “Timers”.")),
    "clock_back": Kind(("服务器时钟倒退", "The server's clock went back"), (
        "服务器时钟倒退，定时任务暂停等待，请到“定时任务”查看。", "The server's clock went back and timers wait; see “Timers”.")),
    "timers_paused": Kind(("定时任务已暂停", "Timers stand still"), (
        "服务器时钟异常，定时任务已暂停，请到“定时任务”确认。", "The server's clock jumped and timers stand still; confirm it under “Timers”.")),
    "undelivered": Kind(("有消息没有发出去", "Messages not delivered"), (
        "“$channel”有消息多次没有发出去，请到“消息发送”查看。", "Messages through “$channel” were not delivered; see “Messages sent”."), _INBOX),
    # To the group of a robot: offices and counts, no persons.
    "offices": Kind(("各单位今日待办", "Work of the offices today"), (
        "今天共待办$count件，今天到期$due件，逾期$late件。$lines", "Today: $count to do, $due due today, $late overdue. $lines"), _INBOX),
}

# A later release wrote it, and somebody went back.
_UNKNOWN = Kind(("消息", "Message"), ("有一条消息，请登录查看有关事项。", "There is a message for you; please sign in and look at your cases."), _INBOX)

CHANNELS: Mapping[str, tuple[str, str]] = {"email": ("电子邮件", "E-mail"), "sms": ("短信", "SMS"), "dingtalk": ("钉钉机器人", "DingTalk robot"),
                                           "wecom": ("企业微信机器人", "WeCom robot"), "feishu": ("飞书机器人", "Feishu robot")}


def checked(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the params as they are kept. Raises ValueError for anything that is not a number, a short name or a date."""
    for name, value in params.items():
        if name not in PARAMS:
            raise ValueError(f"a message has no place for {name!r}")
        if name == "lines":
            continue
        if isinstance(value, bool) or not (value is None or isinstance(value, int) or isinstance(value, str) and len(value) <= _LONGEST):
            raise ValueError(f"a message cannot hold this as {name!r}")
    return dict(params)


def title(kind: str, lang: str) -> str:
    """Return the short words that stand over a message."""
    return _of(KINDS[kind].title if kind in KINDS else _UNKNOWN.title, lang)


def words(kind: str, params: Mapping[str, Any], definition: Definition | None, lang: str) -> str:
    """Return the whole sentence of a message; `definition` is that of its case, and gives title and step their words."""
    known = {
        "case": _case(params, definition, lang), "step": _step(params, definition, lang), "version": params.get("version", ""),
        "count": params.get("count", 0), "due": params.get("due", 0), "late": params.get("late", 0),
        "begin": params.get("from", ""), "end": params.get("to", ""), "lines": _lines(params.get("lines", ()), lang),
        "channel": _of(CHANNELS.get(str(params.get("channel")), ("", "")), lang)}
    return Template(_of((KINDS[kind] if kind in KINDS else _UNKNOWN).words, lang)).substitute(known).strip()


def _of(pair: tuple[str, str], lang: str) -> str:
    return pair[1] if lang == "en" else pair[0]


def _case(params: Mapping[str, Any], definition: Definition | None, lang: str) -> str:
    number, name = params.get("number") or "", definition.title.text(lang) if definition else ""
    if lang == "en":
        return " ".join(filter(None, (f"“{name}”" if name else "", f"({number})" if number and name else number))) or "a case"
    return f"“{name}”（{number}）" if name and number else f"“{name}”" if name else number or "一件申请"


def _step(params: Mapping[str, Any], definition: Definition | None, lang: str) -> str:
    state = definition.states.get(str(params.get("state"))) if definition else None
    return state.label.text(lang) if state else str(params.get("state") or "")


def _lines(rows: Any, lang: str) -> str:
    """Return offices with their counts, one after the other: each row is [office, to do, due today, overdue]."""
    if lang == "en":
        return "; ".join(f"{office}: {count} to do, {due} due today, {late} overdue" for office, count, due, late in rows)
    return "；".join(f"{office}待办{count}件，今天到期{due}件，逾期{late}件" for office, count, due, late in rows)
