"""The blueprint of the officer's room, and the filters of its queue as they stand in every address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from flask import Blueprint, request
from flask_babel import gettext as _

from workflow import queries
from workflow.language.definition import Definition
from workflow.queries import Page, TaskRow, pages
from workflow.queries.queue import Due

from .. import sheet
from ..access import person
from ..db import now, session
from ..signins import signed_in

blueprint = Blueprint("review", __name__)
PAGE = 50


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader narrowed the queue to; carried along from case to case, so that the next one is from it too."""

    programme: str | None = None
    due: Due | None = None
    resubmitted: bool | None = None
    q: str | None = None
    after: str | None = None

    def address(self, path: str, **changed: Any) -> str:
        """Return `path` with these filters, some of them changed; None takes one away."""
        given = {"programme": self.programme, "due": self.due, "resubmitted": "1" if self.resubmitted else None, "q": self.q,
                 "after": self.after, **changed}
        pairs = {name: value for name, value in given.items() if value}
        return path + ("?" + urlencode(pairs) if pairs else "")

    @property
    def narrowed(self) -> bool:
        return bool(self.programme or self.due or self.resubmitted or self.q)


def filters() -> Filters:
    args = request.args
    due = args.get("due")
    return Filters(
        args.get("programme") or None, cast(Due, due) if due in ("soon", "overdue") else None,
        True if args.get("resubmitted") == "1" else None, (args.get("q") or "").strip()[:60] or None, args.get("after") or None)


def queue_page(chosen: Filters, *, after: str | None, limit: int = PAGE) -> Page[TaskRow]:
    return queries.tasks(session(), person(), now(), limit=limit, after=after, programme=chosen.programme, due=chosen.due,
                         resubmitted=chosen.resubmitted, q=chosen.q)


def phrases() -> list[str]:
    """The reader's own quick phrases, or ours until they have some."""
    user = signed_in()
    return (user.phrases if user else []) or [_("情况属实，同意。"), _("请补充材料原件照片。"), _("请说明其他救助情况。")]


def opinion() -> str:
    """The opinion typed; without JavaScript a chosen phrase stands for it or is added to it."""
    comment, phrase = request.form.get("comment", "").strip()[:2000], request.form.get("phrase", "").strip()
    return comment if not phrase or phrase in comment else f"{comment} {phrase}".strip()


@blueprint.app_template_global("counted")
def counted(total: int) -> str:
    """ "37", or "500+" where counting stopped."""
    return pages.counted(total)


@blueprint.app_template_filter("cells")
def cells(answer: sheet.Answer) -> tuple[list[str], list[list[str]]]:
    return sheet.cells(answer)


@blueprint.app_template_filter("trim_zeros")
def trim_zeros(amount: str) -> str:
    """3,800.00 as 3,800, where an amount stands alone and large."""
    return amount.removesuffix(".00")


@blueprint.app_template_global("button_words")
def button_words(definition: Definition, state: str, trigger: str) -> str:
    """The words of a button that was pressed in `state`."""
    return sheet.button(definition, state, trigger)
