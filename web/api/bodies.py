"""What a caller sent: a JSON body as a model, page limits, the idempotency key. Each is read strictly and once."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import Any, NoReturn, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session

from web.signins import signed_in
from workflow.errors import Message, NotFound, Refused, one
from workflow.privacy import vault

from . import Unreadable

Model = TypeVar("Model", bound=BaseModel)
KEY = re.compile(r"[\x21-\x7e]{1,80}")
CASE_ID = re.compile(r"[0-9a-z]{20}")
LISTED = 50


def read(model: type[Model]) -> Model:
    """Return the body as `model`. Raises `Unreadable` (400) for what is not JSON, `Refused` (422) with every fault."""
    try:
        return model.model_validate(_json())
    except ValidationError as error:
        raise Refused([_said(fault) for fault in error.errors()]) from None


def limit(default: int = LISTED, most: int = 200) -> int:
    """Return how many rows are asked for, 1 to `most`."""
    text = request.args.get("limit", str(default))
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:6]) <= most:
        raise Refused(one("LIMIT", f"limit 应为 1 到 {most} 的整数", f"limit is a whole number from 1 to {most}", "limit"))
    return int(text)


def idempotency_key() -> str | None:
    """Return the caller's `Idempotency-Key`, kept apart from every other account's, or None."""
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return None
    if not KEY.fullmatch(given):
        raise Refused(one("IDEMPOTENCY_KEY", "Idempotency-Key 应为 1 到 80 个可见的 ASCII 字符",
                          "Idempotency-Key holds 1 to 80 visible ASCII characters", "Idempotency-Key"))
    user = signed_in()
    return f"api:{user.id if user else 0}:{given}"


def digest(session: Session, *parts: bytes) -> str:
    """Return a digest of a request, so that one idempotency key never stands for two. Keyed, because it stays in the
    history for good and a plain one would help to guess what was sent."""
    return vault(session).blind("key", b"".join(sha256(part).digest() for part in parts).hex()).hex()


def case_id(text: str) -> str:
    """Return `text` where it can be the id of a case. Raises `NotFound`."""
    if not CASE_ID.fullmatch(text):
        raise NotFound
    return text


def _json() -> Any:
    data = request.get_data(cache=True)
    try:
        # A number with a point stays text, so that 0.1 yuan never passes through a binary fraction; so does one too long to store.
        value = json.loads(data.decode("utf-8"), parse_float=str, parse_int=_whole, parse_constant=_no_number, object_pairs_hook=_once)
        json.dumps(value, ensure_ascii=False).encode()       # half a surrogate pair is in no alphabet
    except (ValueError, RecursionError):
        raise Unreadable("请求正文不是有效的 JSON（UTF-8）", "The body is not valid JSON in UTF-8") from None
    return value


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= 18 else digits


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return values


def _said(fault: Any) -> Message:
    """Return pydantic's fault as a sentence in both languages."""
    field = ".".join(map(str, fault["loc"])) or None
    kind, name = fault["type"], field or "body"
    if kind == "missing":
        return Message("MISSING", f"缺少“{name}”", f"“{name}” is missing", field)
    if kind == "extra_forbidden":
        return Message("UNKNOWN_FIELD", f"没有“{name}”这一项，请删除", f"There is no “{name}”; remove it", field)
    return Message("INVALID", f"“{name}”的内容或类型不对", f"“{name}”: {fault['msg']}", field)
