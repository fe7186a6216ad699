"""Taking an objection from anybody, signed in or not: the same for the page and the API, and slowed down per address."""

from __future__ import annotations

from flask import request

from workflow import engine, people
from workflow.actors import Actor
from workflow.errors import BangfuError, Refused, one

from .db import abandon, now, reading, writing


class TooMany(BangfuError):
    """Somebody at this address has objected several times just now."""

    status = 429

    def __init__(self) -> None:
        super().__init__(one("OBJECTIONS_WAIT", "这个地址刚才提交得太多了，请过几分钟再试，或直接打电话反映",
                             "Too many were sent from this address just now; try again in a few minutes, or call"))


def take(notice_id: str, text: str, *, name: str, phone: str, actor: Actor | None, key: str | None = None) -> str:
    """Return the id of the objection. Raises `TooMany`, and what `engine.object_to` raises; then nothing has been written."""
    # Names of their own for these counts, so that nobody is kept from signing in by somebody who objects.
    what, whence = f"objection {notice_id[:20]}", f"objection {request.remote_addr or ''}"
    abandon()
    with reading() as own:
        try:
            people.attempt(own, what, whence, now())
        except Refused:
            raise TooMany from None
    with writing() as own:
        objection_id = engine.object_to(own, notice_id, text, name=name, phone=phone, now=now(), actor=actor, idem_key=key)
        people.failed(own, what, whence, now())
    return objection_id
