"""Somebody in front of a browser without JavaScript, who knows a page only by what stands on it.

Forms are read from the HTML and sent as a browser would send them: hidden inputs, boxes that are ticked already, inputs
that stand outside their form, the button that was pressed and the address it names. Redirects are followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin

from flask.testing import FlaskClient


@dataclass
class Control:
    """One thing in a form that sends something."""

    tag: str
    attributes: dict[str, str]
    form: str
    words: str = ""                                  # of a button, of a text area
    options: list[str] = field(default_factory=list)
    chosen: str | None = None                        # of a select

    @property
    def name(self) -> str:
        return self.attributes.get("name", "")

    @property
    def kind(self) -> str:
        return self.attributes.get("type", "submit" if self.tag == "button" else "text") if self.tag != "textarea" else "area"


class Reader(HTMLParser):
    """The forms, controls and readable words of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self.controls: list[Control] = []
        self.links: list[tuple[str, str]] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.heard: list[str] = []
        self._form = ""
        self._open: Control | None = None
        self._link: tuple[str, list[str]] | None = None
        self._silent = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append((tag, attributes))
        if tag in ("script", "style", "svg"):
            self._silent += 1
        if tag == "form":
            self._form = attributes.get("id") or f"#{len(self.forms)}"
            self.forms[self._form] = attributes
        elif tag in ("input", "select", "textarea", "button"):
            control = Control(tag, attributes, attributes.get("form", self._form))
            self.controls.append(control)
            self._open = control if tag != "input" else self._open
        elif tag == "option" and self._open is not None:
            self._open.options.append(attributes.get("value", ""))
            if "selected" in attributes or self._open.chosen is None:
                self._open.chosen = attributes.get("value", "")
        elif tag == "a":
            self._link = (attributes.get("href", ""), [])

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "svg"):
            self._silent -= 1
        if tag == "form":
            self._form = ""
        elif tag in ("select", "textarea", "button"):
            self._open = None
        elif tag == "a" and self._link is not None:
            self.links.append((self._link[0], "".join(self._link[1])))
            self._link = None

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._open.tag in ("button", "textarea"):
            self._open.words += data
        if self._link is not None:
            self._link[1].append(data)
        if not self._silent:
            self.heard.append(data)

    @property
    def words(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.heard))


class Newcomer:
    """A browser with its cookies, on one page at a time."""

    def __init__(self, client: FlaskClient) -> None:
        self.client, self.url, self.status, self.text = client, "/", 0, ""
        self.page = Reader("")

    def open(self, path: str, method: str = "GET", data: Mapping[str, Any] | None = None) -> Newcomer:
        """Go there and wherever it leads. A fault of ours ends the test at once."""
        for _hop in range(6):
            answer = self.client.open(path, method=method, data=data)
            assert answer.status_code < 500, f"{method} {path}: {answer.status_code}\n{answer.text[:3000]}"
            if answer.status_code not in (302, 303):
                break
            path, method, data = urljoin(path, answer.headers["Location"]), "GET", None
        self.url, self.status = path, answer.status_code
        self.text = answer.text if answer.mimetype.startswith("text/") else ""
        self.page = Reader(self.text)
        return self

    def sign_in(self, username: str, password: str) -> Newcomer:
        self.open("/sign-in").press("登录", username=username, password=password)
        assert "/sign-in" not in self.url, self.page.words
        return self

    def follow(self, words: str) -> Newcomer:
        """Follow the first link with these words."""
        href = next((href for href, said in self.page.links if words in said), None)
        assert href is not None, f"no link “{words}” on {self.url}: {[said for _href, said in self.page.links]}"
        return self.open(urljoin(self.url, href))

    def button(self, words: str, value: str | None = None) -> Control:
        found = [one for one in self.page.controls if one.tag == "button" and one.kind == "submit" and words in one.words.split()
                 or one.tag == "button" and one.kind == "submit" and one.words.strip().startswith(words)]
        found = [one for one in found if value is None or one.attributes.get("value") == value]
        assert found, f"no button “{words}” on {self.url} ({self.status}): {self.page.words[:3000]}"
        return found[-1]

    def press(self, words: str, value: str | None = None, **typed: Any) -> Newcomer:
        """Press a button after typing; `typed` may name inputs with `__` for a dot, lists are several ticks or files."""
        button = self.button(words, value)
        form = self.page.forms[button.form]
        wanted = {name.replace("__", "."): given for name, given in typed.items()}
        sent = list(self._held(button.form, wanted))
        for name, given in wanted.items():
            assert any(one.name == name and one.form == button.form for one in self.page.controls), \
                f"no box “{name}” on {self.url}: {[one.name for one in self.page.controls if one.form == button.form]}"
            sent += [(name, one) for one in given] if isinstance(given, list) else [(name, given)]
        if button.name:
            sent.append((button.name, button.attributes.get("value", "")))
        path = urljoin(self.url, button.attributes.get("formaction") or form.get("action") or self.url)
        data: dict[str, list[Any]] = {}
        for name, given in sent:
            data.setdefault(name, []).append(given)
        if form.get("method", "get").lower() == "get":
            return self.open(path.partition("?")[0] + "?" + urlencode(data, doseq=True))
        return self.open(path.partition("#")[0], "POST", data)

    def _held(self, form: str, typed: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
        """What the form would send if nobody touched it, less what was typed over."""
        for one in self.page.controls:
            if one.form != form or not one.name or one.name in typed or one.tag == "button" or one.kind == "file":
                continue
            if one.tag == "select":
                yield one.name, one.chosen or ""
            elif one.kind == "area":
                yield one.name, one.words.strip("\n")
            elif one.kind not in ("checkbox", "radio") or "checked" in one.attributes:
                yield one.name, one.attributes.get("value", "on" if one.kind in ("checkbox", "radio") else "")

    def hidden(self) -> dict[str, str]:
        """What the forms of this page carry unseen: token, key, revision."""
        return {one.name: one.attributes.get("value", "") for one in self.page.controls if one.name in ("csrf_token", "key", "revision")}

    def form_token(self) -> str:
        return next(attributes["content"] for tag, attributes in self.page.tags if tag == "meta" and attributes.get("name") == "csrf-token")

    def box(self, name: str) -> str:
        """What stands in a box now."""
        one = next(one for one in self.page.controls if one.name == name)
        return one.words.strip() if one.tag == "textarea" else one.attributes.get("value", "")
