"""What stands in the header: the rooms a person may enter with the posts they hold today."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from flask_babel import gettext as _

from .access import actor, words_of


@dataclass(frozen=True)
class Link:
    path: str
    label: str
    current: bool


def section() -> str:
    """Where `/` leads this person: to what they are here to do."""
    someone = actor()
    words = words_of(someone) if someone else frozenset()
    for word, path in (("decider", "/tasks"), ("auditor", "/audit"), ("admin", "/admin/accounts"), ("signed_in", "/programmes")):
        if word in words:
            return path
    return "/sign-in"


def links() -> list[Link]:
    someone = actor()
    if someone is None:
        return []
    words = words_of(someone)
    rooms = [
        ("decider", "/tasks", _("待我审批")),
        ("decider", "/done", _("已办")),
        ("decider", "/tasks/watch", _("督办")),
        ("decider", "/tasks/copies", _("抄送我的")),
        ("decider", "/tasks/notices", _("公示与异议")),
        ("register", "/register", _("困难职工档案")),
        ("funds", "/funds", _("资金台账")),
        ("figures", "/figures", _("标准与参数")),
        ("funds", "/goods", _("慰问品库存")),
        ("payments", "/payments", _("发放批次")),
        ("funds", "/reports", _("统计报表")),
        ("importer", "/imports", _("导入")),
        ("auditor", "/audit", _("案件追溯")),
        ("auditor", "/audit/verify", _("完整性校验")),
        ("auditor", "/audit/seals", _("封存")),
        ("auditor", "/audit/reads", _("查阅记录")),
        ("admin", "/admin/accounts", _("用户")),
        ("admin", "/admin/organisations", _("单位")),
        ("admin", "/admin/definitions", _("项目定义")),
        ("admin", "/admin/calendar", _("节假日")),
        ("admin", "/admin/unmanned", _("无人办理")),
        ("admin", "/admin/timers", _("定时任务")),
        ("admin", "/admin/messages", _("消息发送")),
        ("admin", "/admin/retention", _("保存期限")),
    ]
    # An officer is a worker too; their own applications stand last.
    rooms += [("applicant", "/programmes", _("我能申请什么")), ("applicant", "/cases", _("我的申请"))]
    open_to_me = [(path, label) for word, path, label in rooms if word in words]
    here = max((path for path, _label in open_to_me if _inside(path)), key=len, default=None)
    return [Link(path, label, path == here) for path, label in open_to_me]


def _inside(path: str) -> bool:
    return request.path == path or request.path.startswith(path + "/")
