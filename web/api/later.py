"""Addresses that are promised and not served yet: they say so instead of pretending."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from web.access import access
from web.errors import problem
from workflow.errors import one

from . import blueprint
from .marks import speaks


@blueprint.get("/audit/tests")
@access("auditor")
@speaks(problems=(501,))
def audit_tests() -> ResponseReturnValue:
    """The automatic audit tests, which come with a later release."""
    return problem(501, one("NOT_YET", "疑点筛查尚未提供，将在后续版本开放", "Audit tests are not available yet; they come with a later release"))
