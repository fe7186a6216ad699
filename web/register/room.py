"""The blueprint of the register, the words of its codes, and what its forms send."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask import Blueprint, request
from flask_babel import gettext as _
from sqlalchemy import or_, select

from workflow import register
from workflow.errors import Refused, one
from workflow.records import Organisation

from .. import language
from ..access import actor
from ..db import session

blueprint = Blueprint("register", __name__, url_prefix="/register")
PAGE = 50


def categories() -> dict[str, str]:
    return {"deep": _("深度困难"), "relative": _("相对困难"), "accident": _("意外致困"), "dibao": _("低保户"), "dibao_edge": _("低保边缘户")}


def statuses() -> dict[str, str]:
    return {"on_file": _("在档"), "exited": _("已脱困"), "cancelled": _("已注销")}


def relations() -> dict[str, str]:
    return {"head": _("户主"), "spouse": _("配偶"), "child": _("子女"), "parent": _("父母"), "grandparent": _("祖父母"), "grandchild": _("孙子女"),
            "sibling": _("兄弟姐妹"), "other": _("其他")}


def values() -> dict[str, str]:
    """The kinds of value, which are never added together."""
    return {"cash_grant": _("救助金"), "goods": _("物资"), "service": _("服务"), "loan_facilitated": _("协助贷款"), "pool_payout": _("互助金"),
            "recovered": _("追回款项"), "premium_collected": _("收取的互助费"), "funds_raised": _("筹集资金"), "none": _("其他")}


@blueprint.context_processor
def words() -> dict[str, object]:
    """What every page of the register needs: the words of its codes, and whether this reader keeps it."""
    return {"categories": categories(), "statuses": statuses(), "relations": relations(), "values": values(), "keeps": keeps(),
            "others": {code: said for code, said in relations().items() if code != "head"}, "any_category": {"": _("不限"), **categories()}}


@blueprint.app_context_processor
def everywhere() -> dict[str, object]:
    """What pages of other rooms need to lead here."""
    return {"reads_register": lambda: _holds_one(register.READERS)}


def keeps() -> bool:
    return _holds_one(register.KEEPERS) and not _holds_one(frozenset({"auditor"}))


def _holds_one(roles: frozenset[str]) -> bool:
    me = actor()                         # nobody, where an error page is made for a stranger
    return me is not None and any(post.role in roles for post in me.posts)


def typed(*names: str) -> dict[str, str]:
    return {name: request.form.get(name, "").strip() for name in names}


def told(refused: Refused, place: str) -> dict[str, str]:
    """Return the sentences by the box they belong to; what belongs to none stands at the first, `place`."""
    return {message.field or place: message.text(language.lang()) for message in refused.messages}


def day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(one("DAY", "请选择日期", "Choose a day", field)) from None


def union_by(text: str, field: str = "union") -> int:
    """Return the id of the union with this code or name. Raises `Refused` where there is none, or several."""
    found = session().scalars(select(Organisation.id).where(
        Organisation.active, or_(Organisation.code == text, Organisation.name == text)).limit(2)).all()
    if not text or len(found) != 1:
        raise Refused(one("UNION", "请填写工会的编码或全称", "Give the code or the full name of the union", field))
    return found[0]


def summed(aid: list[register.Aid]) -> Mapping[str, int]:
    """Return the money of each kind of value in 分, what came back taken off. Kinds are never added together."""
    sums: dict[str, int] = {}
    for one_line in aid:
        if one_line.amount_fen:
            sums[one_line.value] = sums.get(one_line.value, 0) + one_line.amount_fen - one_line.returned_fen
    return sums
