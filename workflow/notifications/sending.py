"""Taking messages out of the house: lease a row, send it outside any transaction, mark it.

Whoever dies in between has sent it once or not at all; the next sender carries on with the same key. So a message arrives
at least once, and a receiver that looks at the key takes it once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session, sessionmaker

from ..calendar import ZONE
from ..db import reading, writing
from ..errors import BangfuError, Damaged
from ..privacy import vault
from ..programmes import by_digest
from ..timers.clock import administrators
from . import outbox, tell
from .channels import Channels
from .letters import Letter, Undelivered
from .sentences import title, words

log = logging.getLogger("bangfu.messages")
_PLACE = {"email": "people.email", "sms": "people.phone"}
LONGEST = timedelta(seconds=40)      # of one call: whoever stops the process waits no longer than that and one message


@dataclass(frozen=True, slots=True)
class Sent:
    """How many messages were delivered, put off, given up, and had nobody to go to."""

    sent: int = 0
    failed: int = 0
    dead: int = 0
    skipped: int = 0

    def __bool__(self) -> bool:
        return bool(self.sent or self.failed or self.dead or self.skipped)


def send_due(sessions: sessionmaker[Session], now: datetime, channels: Channels, *, limit: int = 500,
             seconds: Callable[[], float] = time.monotonic) -> Sent:
    """Send what is due, one message after the other; nothing in quiet hours. Any number of processes may do so at once."""
    began, count = seconds(), {"sent": 0, "failed": 0, "dead": 0, "skipped": 0}
    if not channels.names or channels.quiet.over(now) != now:
        return Sent()
    with reading(sessions) as session:
        if not outbox.waiting(session, now, channels.names):
            return Sent()
    for _ in range(limit):
        passed = timedelta(seconds=seconds() - began)
        if passed > LONGEST:
            break
        result = _one(sessions, now + passed, channels)
        if result is None:
            break
        count[result] += 1
    return Sent(**count)


def _one(sessions: sessionmaker[Session], now: datetime, channels: Channels) -> str | None:
    """Send the next message and return what became of it; None where none is due."""
    with writing(sessions) as session:
        taken = outbox.take(session, now, channels.names)
        if taken is None:
            return None
        letter = _letter(session, taken, channels, now)
        if not isinstance(letter, Letter):
            outbox.skipped(session, taken, letter)
            return "skipped"
    try:
        if taken.attempts > len(outbox.WAITS) + 1:           # whoever tried before did not live to say what came of it
            raise Undelivered("发送进程多次中断 every sender died of it", for_good=True)
        channels.by_name[taken.channel].send(letter)
    except Undelivered as error:
        return _failed(sessions, taken, str(error), now, for_good=error.for_good)
    except Exception as error:                               # one message must not keep all the others in the house
        log.exception("message %s", taken.key)
        return _failed(sessions, taken, type(error).__name__, now)
    with writing(sessions) as session:
        outbox.sent(session, taken, now)
    return "sent"


def _failed(sessions: sessionmaker[Session], taken: outbox.Taken, why: str, now: datetime, *, for_good: bool = False) -> str:
    with writing(sessions) as session:
        if not outbox.failed(session, taken, why, now, for_good=for_good):
            return "failed"
        # Once a day and channel, and in the inbox only: the way out is what failed.
        day = now.astimezone(ZONE).date()
        tell(session, administrators(session, now), "undelivered", now, stream=f"undelivered:{taken.channel}:{day}", seq=0,
             params={"channel": taken.channel})
    return "dead"


def _letter(session: Session, taken: outbox.Taken, channels: Channels, now: datetime) -> Letter | str:
    """Return the letter, or why there is none."""
    if not taken.wanted:
        return "本人已关闭 switched off"
    to = ""
    if taken.channel in _PLACE:
        if taken.address is None or taken.person_id is None:
            return "没有地址 no address"
        try:
            to = vault(session).open(_PLACE[taken.channel], taken.person_id, taken.address).decode()
        except Damaged:
            return "地址打不开 the address does not open"
    try:
        definition = by_digest(session, taken.digest) if taken.digest else None
    except BangfuError:
        return "规则打不开 the rules of its case do not open"
    lang = taken.lang if taken.channel in _PLACE else "zh"
    said = words(taken.kind, taken.params, definition, lang)
    return Letter(taken.key, to, _subject(taken, channels, lang), _text(taken, said, channels, lang), now)


def _subject(taken: outbox.Taken, channels: Channels, lang: str) -> str:
    return f"{title(taken.kind, lang)} · {channels.union}" if lang == "en" else f"【{channels.union}】{title(taken.kind, lang)}"


def _text(taken: outbox.Taken, said: str, channels: Channels, lang: str) -> str:
    """Return what stands in it. A robot and an SMS have no other place for the key than the end of the text."""
    if taken.channel == "email":
        where = channels.origin or ("the site" if lang == "en" else "系统")
        foot = f"Sign in at {where}. This message was sent automatically; please do not answer it." if lang == "en" else (
            f"请登录{where}查看。本邮件由系统自动发出，请勿回复。")
        return f"{said}\n\n{foot}\n{channels.union}\n"
    return f"[{channels.union}] {said} ({taken.key})" if lang == "en" else f"【{channels.union}】{said}（{taken.key}）"

