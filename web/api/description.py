"""`openapi.json`: OpenAPI 3.1, made from the routes, their marks and the models that read and write."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from flask import current_app, jsonify
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from web.access import PUBLIC, access

from . import blueprint, models
from .marks import Speech

REFS = "#/components/schemas/{model}"
WHY = {
    400: "cannot be read", 401: "no token, or an expired one", 403: "not yours to do", 404: "unknown, or out of scope",
    409: "stale, or impossible now", 413: "too large", 422: "refused, with every message", 429: "too often; wait",
    501: "not available yet",
}
QUERY: dict[str, dict[str, Any]] = {
    "limit": {"type": "integer", "minimum": 1}, "after": {"type": "string"}, "code": {"type": "string"}, "programme": {"type": "string"},
    "from": {"type": "string", "format": "date"}, "to": {"type": "string", "format": "date"}, "org": {"type": "string"},
    "on": {"type": "string", "format": "date"}, "q": {"type": "string"}, "state": {"type": "string"}, "status": {"type": "string"},
    "category": {"type": "string"}, "due": {"type": "string"},
}


@blueprint.get("/openapi.json")
@access(PUBLIC)
def openapi() -> ResponseReturnValue:
    return jsonify(_description())


@lru_cache(maxsize=1)
def _description() -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    known: dict[tuple[type[BaseModel], str], None] = {(models.Problem, "serialization"): None}
    for rule in current_app.url_map.iter_rules():
        view = current_app.view_functions[rule.endpoint]
        speech = getattr(view, "speech", None)
        if not rule.endpoint.startswith("api.") or speech is None:
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            paths.setdefault(path, {})[method.lower()] = _operation(view, speech, path, method)
        known |= {(model, mode): None for model, mode in ((speech.takes, "validation"), (speech.gives, "serialization")) if model}
    _refs, schemas = models_json_schema(list(known), ref_template=REFS)  # type: ignore[arg-type]
    return {
        "openapi": "3.1.0", "info": {"title": "Bangfu 帮扶", "version": "1"},
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": schemas["$defs"], "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    }


def _operation(view: Any, speech: Speech, path: str, method: str) -> dict[str, Any]:
    public = PUBLIC in view.access
    refusals = {400, *speech.problems} | (set() if public else {401, 403})
    operation: dict[str, Any] = {
        "operationId": view.__name__, "summary": (view.__doc__ or "").strip().split("\n")[0],
        "parameters": _parameters(speech, path, method, public=public), "security": [] if public else [{"bearer": []}],
        "responses": {str(status): {"description": WHY[status], "content": {"application/problem+json": {"schema": _ref(models.Problem)}}}
                      for status in sorted(refusals)},
    }
    if speech.gives:
        operation["responses"][str(speech.status)] = {
            "description": "done" if method != "GET" else "found", "content": {"application/json": {"schema": _ref(speech.gives)}}}
    if speech.takes:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(speech.takes)}}}
    if speech.upload:
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": {
            "type": "object", "required": ["kind", "file"],
            "properties": {"kind": {"type": "string"}, "file": {"type": "string", "contentMediaType": "application/octet-stream"}}}}}}
    return operation


def _parameters(speech: Speech, path: str, method: str, *, public: bool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                                   for name in re.findall(r"{(\w+)}", path)]
    found += [{"name": name, "in": "query", "schema": QUERY[name]} for name in speech.query]
    if method == "POST" and not public and (speech.takes or speech.upload):
        found.append({"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 80},
                      "description": "the same key with the same request acts once"})
    return found


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REFS.format(model=model.__name__)}
