"""What the page tests share: the made-up county's words, its clock, and a visitor who behaves like a browser."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from workflow import people

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)       # a Friday, 10:00 in Shanghai
PASSWORD = "一句记得住的话2026"
HASH = people.hash_password(PASSWORD)


@dataclass
class Clock:
    """The application's clock; a test moves it."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class Visitor:
    """A browser: keeps cookies, sends the form token of the page it is on."""

    client: FlaskClient
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, headers=self.headers, **more)

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.token(), **(data or {})}, headers=self.headers, **more)

    def token(self) -> str:
        page = self.client.get("/help").text
        return re.search(r'name="csrf-token" content="([^"]+)"', page).group(1)

    def sign_in(self, username: str, password: str = PASSWORD, **data: str) -> TestResponse:
        return self.post("/sign-in", {"username": username, "password": password, **data})


@dataclass(frozen=True)
class County:
    """Ids of what `county` has made."""

    organisations: dict[str, int]
    accounts: dict[str, int]
    people: dict[str, str]


both = pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
"""For tests whose answer could differ between the two databases; the others run on SQLite."""


def addresses(app: Flask, method: str) -> list[tuple[str, frozenset[str]]]:
    """Every address that answers `method`, with made-up ids, and what its view declares."""
    found = []
    for rule in app.url_map.iter_rules():
        if method in rule.methods:
            values = {name: 1 if type(rule._converters[name]).__name__ == "IntegerConverter" else "x" for name in rule.arguments}
            path = app.url_map.bind("localhost").build(rule.endpoint, values, method)
            found.append((path, getattr(app.view_functions[rule.endpoint], "access", frozenset())))
    return found
