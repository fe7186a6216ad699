"""JSON under /api/v1: the same engine, scope and separation of duties as the pages, in one call each.

Callers show `Authorization: Bearer <token>`; cookies count for nothing here, so neither does CSRF. Refusals are RFC 9457
problem documents (`web/errors.py`). Money is text with two decimals, times are ISO 8601 in UTC. The description at
`/api/v1/openapi.json` is made from the models that read the requests (`models.py`), so it cannot promise anything else.
"""

from __future__ import annotations

from flask import Blueprint, request

from workflow.errors import BangfuError, one

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


class Unreadable(BangfuError):
    """The request cannot be read at all: not JSON, or with characters no database stores."""

    status = 400

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(one("UNREADABLE", zh, en))


@blueprint.before_request
def _storable() -> None:
    """PostgreSQL stores no NUL; refused here once instead of at every parameter."""
    if "\0" in request.path or any("\0" in value for value in request.args.values()):
        raise Unreadable("地址里有不能使用的字符", "The address holds a character that cannot be used")


from . import (  # noqa: E402
    applications,
    audit,
    batches,
    description,
    files,
    goods,
    later,
    lines,
    notices,
    payments,
    programmes,
    public,
    register,
    reports,
    tasks,
    tokens,
)

__all__ = ["applications", "audit", "batches", "blueprint", "description", "files", "goods", "later", "lines",
           "notices", "payments", "programmes", "public", "register", "reports", "tasks", "tokens"]
