"""How values are written on a page: money, times, deadlines, masked names, links. All are template globals."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, request
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from workflow.calendar import working_calendar
from workflow.language import called as names
from workflow.language.roles import roles
from workflow.language.sources import source_label
from workflow.programmes import by_digest

from . import language, messages, navigation
from .db import local, now, session
from .language import N_
from .signins import signed_in

LONG, FIRST = 200, 50                # a table of more rows than LONG is told by its first ones: nobody reads 20,000, and no browser likes them
NEVER = 9000                         # a task without a promised time is due in the far future


def first_rows(rows: Sequence[Any]) -> Sequence[Any]:
    """Return the rows of a table that a page shows: all of them, or the first of a long list."""
    return rows if len(rows) <= LONG else rows[:FIRST]


def beginning(shown: int, count: int) -> str:
    """Say under a table that it goes on; nothing where it does not."""
    return _("共 %(count)s 行，以上是前 %(shown)s 行", count=f"{count:,}", shown=shown) if shown < count else ""


def connect(app: Flask) -> None:
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        asset=asset, beginning=beginning, icon=icon, form_key=form_key, fen=fen, yuan=yuan, when=when, due_words=due_words, due_class=due_class, unsure=unsure,
        mask_name=mask_name, called=called, role_name=role_name, source_name=source_name, link=link, now=now)
    app.jinja_env.filters.update(device=device, duration=duration)
    app.context_processor(lambda: {
        "lang": language.lang(), "size": language.size(), "me": signed_in(), "union": app.config["UNION"],
        "nav": navigation.links, "home": navigation.section, "unread": messages.unread})


def asset(name: str) -> str:
    """The address of a static file with a hash of its content, so that it can be kept for a year."""
    path = Path(str(current_app.static_folder)) / name
    # Not url_for: the page that refuses a strange host name has no address to build from, and must still look like ours.
    return f"{current_app.static_url_path}/{name}?v={_digest(path, path.stat().st_mtime_ns)}"


@lru_cache(maxsize=64)
def _digest(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def icon(name: str, classes: str = "") -> Markup:
    """An icon of icons.svg beside a word; never alone."""
    return Markup('<svg class="i {}" aria-hidden="true"><use href="{}#{}"/></svg>').format(classes, asset("icons.svg"), name)


def form_key() -> str:
    """A fresh idempotency value for a form: the same form sent twice acts once."""
    return secrets.token_urlsafe(16)


def fen(amount: int | Decimal | None) -> str:
    """`380000` 分 or `Decimal("3800")` yuan as "3,800.00", for tables."""
    return "" if amount is None else f"{_yuan(amount):,.2f}"


def yuan(amount: int | Decimal | None) -> str:
    """The same in a sentence: "3,800 元"; 角 and 分 only where there are any."""
    if amount is None:
        return ""
    value = _yuan(amount)
    return _("%(amount)s 元", amount=f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}")


def _yuan(amount: int | Decimal) -> Decimal:
    return Decimal(amount) / 100 if isinstance(amount, int) else amount


def when(moment: datetime | None, form: str = "minute") -> str:
    """A time here: "2026-11-06 16:20"; `form="day"` "2026-11-06"; `form="short"` "11-06"."""
    if moment is None:
        return ""
    return local(moment).strftime({"minute": "%Y-%m-%d %H:%M", "day": "%Y-%m-%d", "short": "%m-%d"}[form])


def due_words(due: datetime | None) -> str:
    """ "今天到期", "剩 2 个工作日", "逾期 3 个工作日": from today to the last day of the promise; nothing where nothing is promised."""
    if due is None or due.year >= NEVER:
        return ""
    today, last = local(now()).date(), last_day(due)
    left = working_calendar().working_days_between(today, last)
    if now() >= due:
        return ngettext("逾期 %(num)s 个工作日", "逾期 %(num)s 个工作日", -left) if left else _("已逾期")
    if last == today:
        return _("今天到期")
    # With only days off in between it is over before anybody is at work again.
    return ngettext("剩 %(num)s 个工作日", "剩 %(num)s 个工作日", left) if left else _("%(day)s 到期", day=f"{last:%m-%d}")


def due_class(due: datetime | None) -> str:
    """The colour that goes with `due_words`: "late" past it, "soon" today and the working day before, else nothing."""
    if due is None or due.year >= NEVER:
        return ""
    if now() >= due:
        return "late"
    return "soon" if working_calendar().working_days_between(local(now()).date(), last_day(due)) <= 1 else ""


def last_day(due: datetime) -> date:
    """The day a promise ends with: its 24:00 is what the clock already calls the next one."""
    return local(due - timedelta(microseconds=1)).date()


def unsure(due: datetime | date | None, start: datetime | date | None = None) -> str:
    """ "（2027 年放假安排未公布，暂按周末推算）" beside a day that was counted without the holidays of its year; else nothing."""
    if due is None or due.year >= NEVER:
        return ""
    year = working_calendar().guessed(start or now(), due - timedelta(microseconds=1) if isinstance(due, datetime) else due)
    return _("（%(year)s 年放假安排未公布，暂按周末推算）", year=year) if year else ""


def called(row: Any, *, whole: bool = False) -> str:
    """Who applies, of a case's row: a union by its name; a person with one sign hidden, or `whole` where they read it themself."""
    definition = by_digest(session(), row.definition_digest)
    return str((names.whole_name if whole else names.called)(definition, row.applicant_name, row.unit_name))


def mask_name(name: str) -> str:
    """李*华, 张*: what lists show of a person."""
    if len(name) < 2:
        return name
    return f"{name[0]}*{name[-1]}" if len(name) > 2 else f"{name[0]}*"


def link(**changed: Any) -> str:
    """The address of this page with some of its query changed; None takes a part away."""
    args = request.args.to_dict(flat=False) | {k: [v] for k, v in changed.items()}
    pairs = [(k, v) for k, values in args.items() for v in values if v is not None]
    return request.path + ("?" + urlencode(pairs) if pairs else "")


def source_name(source: str | None) -> str:
    """What people call where money comes from."""
    return source_label(source).text(language.lang()) if source else _("未写明来源")


def role_name(role: str) -> str:
    """The words for a role; a role that only a definition names is shown as it stands there."""
    if role == "system":
        return _("系统")
    known = roles().get(role)
    return known.label.text(language.lang()) if known else role


def duration(text: object) -> str:
    """A `Duration` of a definition in words: "5wd" is "5 个工作日"."""
    number, unit = str(text).rstrip("abcdefghijklmnopqrstuvwxyz ").strip(), str(text).lstrip("0123456789 ")
    if unit not in ("wd", "d", "h", "months", "years"):
        return ""
    n = int(number)
    words = {"wd": ngettext("%(num)s 个工作日", "%(num)s 个工作日", n), "d": ngettext("%(num)s 天", "%(num)s 天", n),
             "h": ngettext("%(num)s 小时", "%(num)s 小时", n), "months": ngettext("%(num)s 个月", "%(num)s 个月", n),
             "years": ngettext("%(num)s 年", "%(num)s 年", n)}
    return words[unit]


def device(agent: str) -> str:
    """A browser's long name as people would say it: "Windows, Chrome"."""
    system = next((words for part, words in _SYSTEMS if part in agent), _("其他设备"))
    browser = next((words for part, words in _BROWSERS if part in agent), "")
    return system + _("，") + _(browser) if browser else system


_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"))
_BROWSERS = (("MicroMessenger", N_("微信")), ("DingTalk", N_("钉钉")), ("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
