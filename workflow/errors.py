"""Every way Bangfu says no.

Each exception carries its facts as attributes and a sentence in Chinese and in English that says what to do next.
They are raised where the fact is known and translated once, at the edge (`web/errors.py`), into a page or a problem
document. `status` is the HTTP status that edge uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """One sentence for people, and the field it belongs to (`form.x`, `attachments.x`) where there is one."""

    code: str
    zh: str
    en: str
    field: str | None = None

    def text(self, lang: str = "zh") -> str:
        return self.en if lang == "en" and self.en else self.zh


class BangfuError(Exception):
    """Something was refused."""

    status = 400

    def __init__(self, messages: Sequence[Message]) -> None:
        self.messages = tuple(messages)
        super().__init__("；".join(message.zh for message in self.messages))


def one(code: str, zh: str, en: str, field: str | None = None) -> tuple[Message, ...]:
    return (Message(code, zh, en, field),)


class Refused(BangfuError):
    """The rules of the programme, or what was filled in, do not allow this; every failing message is told."""

    status = 422


class NotFound(BangfuError):
    """There is no such thing, or it is out of the caller's scope: the two look the same."""

    status = 404

    def __init__(self, what: str = "case") -> None:
        self.what = what
        super().__init__(one("NOT_FOUND", "没有找到，或不在您的范围内", "Not found, or not within your scope"))


class NotYours(BangfuError):
    """This person may not do this: wrong role, wrong organisation, or separation of duties."""

    status = 403


class Stale(BangfuError):
    """The case has moved since the page was opened; `by` and `at` say who was faster and when."""

    status = 409

    def __init__(self, messages: Sequence[Message], *, by: str | None = None, at: object = None) -> None:
        self.by, self.at = by, at
        super().__init__(messages)


class Impossible(BangfuError):
    """No such step leads on from where the case is now."""

    status = 409


class KeyReused(BangfuError):
    """An idempotency key came back with a different request."""

    status = 422

    def __init__(self) -> None:
        super().__init__(one("KEY_REUSED", "同一个提交编号用于了不同的内容，请刷新页面后重新提交",
                             "This idempotency key was used for a different request; reload and submit again"))


class Busy(BangfuError):
    """The database could not give the lock in time; nothing was written, the same request may be sent again."""

    status = 503

    def __init__(self) -> None:
        super().__init__(one("BUSY", "系统正忙，本次操作没有写入，请稍后再点一次",
                             "The system is busy; nothing was written, please try again"))


class Damaged(BangfuError):
    """A stored record does not decrypt or does not match its digest: stop rather than go on."""

    status = 500
