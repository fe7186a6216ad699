"""The description is what the routes do."""

import json
import re

import pytest

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_every_route_is_described_with_a_sentence(app, caller):
    described = caller().get("/openapi.json").json
    routes = {(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower()) for rule in app.url_map.iter_rules()
              if rule.endpoint.startswith("api.") and rule.endpoint != "api.openapi" for method in rule.methods - {"HEAD", "OPTIONS"}}

    assert described["openapi"].startswith("3.1")
    assert {(path, method) for path, item in described["paths"].items() for method in item} == routes
    assert all(operation["summary"] for item in described["paths"].values() for operation in item.values())


def test_every_reference_leads_somewhere(caller):
    described = caller().get("/openapi.json").json
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(described)))

    assert names <= set(described["components"]["schemas"]) and "Application" in names


def test_requests_are_closed(caller):
    schemas = caller().get("/openapi.json").json["components"]["schemas"]

    for name in ("Act", "Batch", "BatchItem", "Changes", "Credentials", "NewApplication", "Operation"):
        assert schemas[name]["additionalProperties"] is False
